/** What `skipscope profile` prints for people: the verdict, the blocks, and on request everything else. */

import { backendOf, remarksOf, weightsOf } from '../profile/figures/conditions.ts';
import { costsOf } from '../profile/figures/costs.ts';
import { describeOutputs } from '../profile/loss.ts';
import type { ReportDifference } from '../profile/compare.ts';
import type { BlockProfile, Interval, ProfileReport, ProfileRun } from '../profile/types.ts';
import { formatDiagnostic, formatNumber, paint, table } from './format.ts';

export interface TextOptions {
  /** Every figure of each block, and the parameters. */
  readonly metrics: boolean;
}

type Style = Parameters<typeof paint>[1];

const STYLES: Readonly<Record<ProfileRun['verdict']['kind'], Style>> = {
  ...{ healthy: 'bold', unclear: 'yellow', unmeasured: 'dim' },
  ...{ explodes: 'red', vanishes: 'red', blocked: 'red', shatters: 'red', 'non-finite': 'red' },
};

const verdictOf = ({ verdict }: ProfileRun): string => paint(verdict.text, STYLES[verdict.kind]);

export function describe(report: ProfileReport, options: TextOptions): string {
  const { precision, mode, batch, lossKind, outputs, passMs, loss } = report;
  const heads = describeOutputs(outputs);
  const lines = [
    paint(report.model, 'bold'),
    verdictOf(report),
    '',
    `  backend  ${backendOf(report)}, ${precision}, ${mode} mode`,
    `  batch    ${batch}, ${weightsOf(report)}, ${lossKind}`,
    `  loss     ${formatNumber(loss)}${heads === null ? '' : ` (${heads})`}`,
    `  pass     ${passMs.toFixed(1)} ms, statistics included`,
    '',
    ...costsOf(report),
    '',
    blockTable(report, options),
  ];
  if (options.metrics) lines.push('', parameterTable(report), ...operatorTable(report));
  lines.push(...deepLines(report));
  for (const ablation of report.ablations) {
    const { kind, paramsChange } = ablation;
    const change = paramsChange === 0 ? 'same parameters' : `${paramsChange > 0 ? '+' : ''}${paramsChange} parameters`;
    lines.push('', paint(`Ablation ${kind} (${change}), loss ${formatNumber(ablation.loss)}`, 'bold'));
    lines.push(verdictOf(ablation), '', blockTable(ablation, options));
    if (options.metrics) lines.push('', parameterTable(ablation));
  }
  if (report.findings.length) lines.push('', ...report.findings.map(formatDiagnostic));
  return lines.join('\n');
}

interface Column {
  readonly head: string;
  /** Only with `--metrics`. */
  readonly extra?: true;
  cell(block: BlockProfile): string;
}

const milliseconds = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
const share = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);
/** Three digits: a column is scanned, not read. */
const short = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? '–'
    : value === 0
      ? '0'
      : Math.abs(value) < 1e-3
        ? value.toExponential(2)
        : value.toPrecision(3);
const between = (interval: Interval | undefined): string =>
  interval ? `${short(interval.low)} … ${short(interval.high)}` : '–';

const COLUMNS: readonly Column[] = [
  { head: 'E[y²]', cell: ({ activation }) => short(activation.secondMoment) },
  { head: 'ACV', extra: true, cell: ({ activation }) => short(activation.channelVariance) },
  { head: 'ACSM', extra: true, cell: ({ activation }) => short(activation.channelSquaredMean) },
  { head: 'E[g²]', cell: ({ gradient }) => short(gradient?.secondMoment) },
  { head: '95 % interval', extra: true, cell: ({ intervals }) => between(intervals.gradientSecondMoment) },
  { head: '|g|', extra: true, cell: ({ gradient }) => short(gradient?.l2) },
  { head: 'Var F / Var x', cell: ({ branchRatio }) => short(branchRatio) },
  { head: '|g| skip', cell: ({ skipGradNorm }) => short(skipGradNorm) },
  { head: '|g| branch', cell: ({ branchGradNorm }) => short(branchGradNorm) },
  { head: 'cosine', cell: ({ cosine }) => (cosine === null ? '–' : cosine.toFixed(2)) },
  { head: 'r', extra: true, cell: ({ branchGain }) => short(branchGain) },
  { head: 'identity', extra: true, cell: ({ identityShare }) => short(identityShare) },
  { head: 'zero', extra: true, cell: ({ activation }) => share(activation.zeroFraction) },
  { head: 'dead', extra: true, cell: ({ deadFraction }) => share(deadFraction) },
  { head: 'forward ms', cell: ({ forwardMs }) => milliseconds(forwardMs) },
  { head: 'backward ms', cell: ({ backwardMs }) => milliseconds(backwardMs) },
];

function blockTable({ blocks }: ProfileRun, { metrics }: TextOptions): string {
  if (blocks.length === 0) return 'No residual blocks.';
  const chosen = COLUMNS.filter(
    ({ extra, cell }) => (metrics || !extra) && blocks.some((block) => cell(block) !== '–'),
  );
  const rows = blocks.map((block) => [block.path || '(root)', ...chosen.map(({ cell }) => cell(block))]);
  return table(
    [['block', ...chosen.map(({ head }) => head)], ...rows],
    chosen.map((_, index) => index + 1),
  );
}

function parameterTable({ parameters }: ProfileRun): string {
  const rows = Object.entries(parameters).map(([name, { gradNorm, weightNorm, gradToWeight }]) => [
    ...[name, formatNumber(gradNorm), formatNumber(weightNorm), short(gradToWeight)],
  ]);
  return table([['parameter', '|grad|', '|weight|', 'ratio'], ...rows], [1, 2, 3]);
}

function operatorTable({ timing }: ProfileReport): string[] {
  if (!timing?.operators.length) return [];
  const rows = timing.operators.map(({ op, calls, forwardMs, backwardMs }) => [
    ...[op, String(calls), milliseconds(forwardMs), milliseconds(backwardMs)],
  ]);
  return ['', table([['operator', 'calls', 'forward ms', 'backward ms'], ...rows], [1, 2, 3])];
}

function deepLines(report: ProfileReport): string[] {
  const { paths, shattering } = report;
  const lines = [...remarksOf(report)];
  if (paths) {
    const { meanLength, branches, identityShare } = paths;
    lines.push(
      `Paths: the gradient at the first block came through ${meanLength.toFixed(2)} of ${branches} branches on average (by squared norm); |G₀|/|g₀| = ${short(identityShare)}.`,
    );
    const most = Math.max(...paths.norms);
    const shown = paths.norms.findLastIndex((norm) => norm > most / 1000) + 1;
    const rows = paths.norms
      .slice(0, shown)
      .map((norm, k) => [String(k), short(norm), '#'.repeat(Math.round((40 * norm) / most))]);
    lines.push(table([['branches', '|G|', ''], ...rows], [0, 1]));
  }
  if (shattering) {
    const at = shattering.input === null ? '' : ` ${shattering.input.toFixed(3)} at the input`;
    const blocks = shattering.blocks.map(({ path, cosine }) => `${path} ${cosine.toFixed(3)}`).join(', ');
    lines.push(`Shattering (mean cosine of the gradients of ${shattering.samples} samples):${at}; ${blocks}.`);
  }
  return lines.length ? ['', ...lines] : [];
}

/** @param names of the two variants */
export function describeDifference(difference: ReportDifference, names: readonly [string, string]): string {
  const { blocks, parameters, loss, caveats } = difference;
  const lines = [paint(`${names[1]} against ${names[0]}`, 'bold')];
  for (const caveat of caveats) lines.push(paint(`  not measured alike: ${caveat}`, 'yellow'));
  lines.push(`  loss        ${formatNumber(loss?.a ?? null)} → ${formatNumber(loss?.b ?? null)}`);
  const only = (which: readonly string[], name: string): string[] =>
    which.length
      ? [`  only ${name}: ${which.slice(0, 6).join(', ')}${which.length > 6 ? ` and ${which.length - 6} more` : ''}`]
      : [];
  lines.push(`  parameters  ${parameters.both} by the same name`);
  lines.push(...only(parameters.onlyA, names[0]), ...only(parameters.onlyB, names[1]), '');
  const change = (
    block: ReportDifference['blocks'][number],
    metric: 'activationSecondMoment' | 'gradientSecondMoment' | 'branchRatio' | 'branchGain',
  ): string => {
    const found = block.metrics[metric];
    if (!found) return '–';
    return `×${short(found.change)}${found.apart ? ' *' : found.apart === null ? '' : '  '}`;
  };
  const rows = blocks.map((block) => [
    block.path || '(root)',
    ...(block.in === 'both'
      ? (['activationSecondMoment', 'gradientSecondMoment', 'branchRatio', 'branchGain'] as const).map((name) =>
          change(block, name),
        )
      : [`only ${block.in === 'a' ? names[0] : names[1]}`, '', '', '']),
  ]);
  lines.push(table([['block', 'E[y²]', 'E[g²]', 'Var F / Var x', 'r'], ...rows], [1, 2, 3, 4]));
  lines.push(paint('* the 95 % intervals of the two are apart', 'dim'));
  return lines.join('\n');
}
