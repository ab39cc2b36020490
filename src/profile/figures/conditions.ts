/** What a report's figures were measured with, and what they say, in words. */

import type { Evidence, ProfileReport, Verdict } from '../types.ts';
import { describeOutputs } from '../loss.ts';
import { formatNumber } from './figure.ts';
import { ablationName } from './variants.ts';

/** What every figure was measured with: short phrases. */
export function conditionsOf(report: ProfileReport): readonly string[] {
  const { batch, mode, lossKind, precision, passMs, loss, outputs, ablations, seeds } = report;
  const losses = {
    'given-labels': 'cross-entropy',
    'random-labels': 'cross-entropy on random labels',
    cotangent: 'random unit cotangent',
  };
  const modes = { train: 'train mode', eval: 'eval mode', 'calibrated-eval': 'calibrated eval mode' };
  return [
    backendOf(report),
    precision,
    modes[mode],
    `batch ${batch}`,
    weightsOf(report),
    ...(loss === null ? [losses[lossKind]] : [`${losses[lossKind]}: ${formatNumber(loss)}`]),
    ...[describeOutputs(outputs)].filter((text) => text !== null),
    `${formatNumber(passMs)} ms a pass`,
    ...ablations.map(({ kind, paramsChange }) => `${ablationName(kind)}: ${difference(paramsChange)}`),
    ...(seeds > 1 ? ['bands: 95 % confidence of the mean over the draws'] : []),
  ];
}

/** `5 weight draws`, `weights of resnet.pth`. */
export const weightsOf = ({ seeds, weightsFile }: Pick<ProfileReport, 'seeds' | 'weightsFile'>): string =>
  weightsFile === null ? `${seeds} weight ${seeds === 1 ? 'draw' : 'draws'}` : `weights of ${weightsFile}`;

/** `WebGPU (NVIDIA …)`, `WebAssembly, 2 threads`. */
export function backendOf({ backend }: Pick<ProfileReport, 'backend'>): string {
  const { provider, device, software, threads } = backend;
  return provider === 'webgpu'
    ? `WebGPU (${device}${software ? ', in software' : ''})`
    : `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

const difference = (params: number): string =>
  params === 0 ? 'same parameters' : `${params > 0 ? '+' : '−'}${Math.abs(params).toLocaleString('en')} parameters`;

/** The network's verdict, and those of what it was compared with. */
export const verdictsOf = (report: ProfileReport): readonly { readonly name: string; readonly verdict: Verdict }[] => [
  { name: report.ablations.length ? 'with skips' : '', verdict: report.verdict },
  ...report.ablations.map(({ kind, verdict }) => ({ name: ablationName(kind), verdict })),
];

/** What was asked for beside the figures against depth: the Jacobian in a sentence, and what could not be measured. */
export function remarksOf({ jacobian, notMeasured }: ProfileReport): readonly string[] {
  if (!jacobian) return notMeasured;
  const { mean, variance, largest, probes } = jacobian;
  const figures = `mean ${formatNumber(mean)}, variance ${formatNumber(variance)}, largest at least ${formatNumber(largest)}`;
  return [`Jacobian of the stream, eigenvalues of J Jᵀ (${probes} probes): ${figures}.`, ...notMeasured];
}

/** `g² per block toward the input: 1.02 (95 %: 1.01 to 1.03); at most ×1.1`. */
export function describeEvidence({ what, value, interval, threshold, calibrated }: Evidence): string {
  const spread = interval ? ` (95 %: ${formatNumber(interval.low)} to ${formatNumber(interval.high)})` : '';
  const against = threshold === null ? '' : `; ${threshold}${calibrated ? '' : ', not calibrated'}`;
  return `${what}: ${formatNumber(value)}${spread}${against}`;
}
