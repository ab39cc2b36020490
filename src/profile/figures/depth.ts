/** Reports to figures against depth: the network and its ablations, or several kept runs over one another. */

import { BLOCK_METRICS } from '../metrics.ts';
import type { BlockMetric, BlockProfile, Interval, ProfileReport } from '../types.ts';
import type { Figure, FigureLine, FigurePoint } from './figure.ts';
import { formatNumber } from './figure.ts';
import type { NamedReport, Variant } from './variants.ts';
import { variantsOf } from './variants.ts';

type Read = (block: BlockProfile) => { readonly value: number | null; readonly band: Interval | null };

const follow =
  (metric: BlockMetric): Read =>
  (block) => ({ value: BLOCK_METRICS[metric].read(block), band: block.intervals[metric] ?? null });

interface Quantity extends Pick<Figure, 'id' | 'title' | 'scale'> {
  readonly read: Read;
  readonly reach?: readonly [number, number];
  readonly rule?: number;
}

const QUANTITIES: readonly Quantity[] = [
  {
    id: 'gradient',
    title: 'Gradient norm ‖∂L/∂y‖ at each block’s output',
    scale: 'log',
    read: follow('gradientNorm'),
  },
  {
    id: 'gradient-moment',
    title: 'Gradient second moment E[g²]',
    scale: 'log',
    read: follow('gradientSecondMoment'),
  },
  {
    id: 'activation',
    title: 'Activation second moment E[y²]',
    scale: 'log',
    read: follow('activationSecondMoment'),
  },
  {
    id: 'channel-variance',
    title: 'Average channel variance of the stream',
    scale: 'log',
    read: follow('activationVariance'),
  },
  {
    id: 'branch-ratio',
    title: 'Branch / stream variance ρ',
    scale: 'log',
    rule: 1,
    read: follow('branchRatio'),
  },
];

/** Every figure that the reports hold numbers for, the most telling first. Places are the blocks of the first report. */
export function depthFigures(shown: readonly NamedReport[]): readonly Figure[] {
  const [first] = shown;
  if (!first) return [];
  const variants = variantsOf(shown);
  const axis = axisOf(shown);
  const over = (quantity: Quantity, from = variants): Figure => ({
    ...axis,
    id: quantity.id,
    title: quantity.title,
    note: null,
    scale: quantity.scale,
    reach: quantity.reach ?? null,
    rule: quantity.rule ?? null,
    lines: from.map((variant) => lineOf(variant, axis.blocks, first.report, quantity)),
  });
  const networks = variants.filter(({ isNetwork }) => isNetwork);
  const [gradient, moment, activation, variance, ratio] = QUANTITIES.map((quantity) => over(quantity));
  const figures = [
    { ...gradient!, note: growthNote(gradient!) },
    activation!,
    splitFigure(networks, axis, first.report),
    pathsFigure(networks),
    ratio!,
    over(
      {
        id: 'cosine',
        title: 'Cosine of skip and branch gradient',
        scale: 'linear',
        reach: [-0.1, 0.1],
        rule: 0,
        read: follow('cosine'),
      },
      networks,
    ),
    over({
      id: 'identity-share',
      title: 'Identity share of the gradient',
      scale: 'linear',
      reach: [0, 1],
      read: follow('identityShare'),
    }),
    variance!,
    moment!,
    over({
      id: 'dead',
      title: 'Share of dead channels',
      scale: 'linear',
      reach: [0, 0.1],
      read: ({ deadFraction }) => ({ value: deadFraction, band: null }),
    }),
    shatteringFigure(networks, axis),
    timeFigure(networks, axis, first.report),
  ];
  return figures.filter((figure): figure is Figure => figure !== null && isTelling(figure));
}

/** More lines than this say their growth better than words. */
const MOST_NOTED = 3;

/** How much larger the quantity is where the network begins than where it ends; null where that is nothing to compare. */
function growthNote({ lines }: Figure): string | null {
  const growths = lines.flatMap(({ label, points }) => {
    const known = points.filter((point) => point !== null);
    return known.length > 1 ? [`${label} ×${formatNumber(known[0]!.value / known.at(-1)!.value)}`] : [];
  });
  return growths.length === 0 || growths.length > MOST_NOTED ? null : `first over last block: ${growths.join(', ')}`;
}

type Axis = Pick<Figure, 'xTitle' | 'xs' | 'xFormat' | 'stages'> & { readonly blocks: readonly string[] };

/** As long as the deepest network that is shown. */
function axisOf(shown: readonly NamedReport[]): Axis {
  const blocks = shown
    .map(({ report }) => report.blocks.map(({ path }) => path))
    .reduce((longest, paths) =>
      paths.length > longest.length ? [...longest, ...paths.slice(longest.length)] : longest,
    );
  return {
    xTitle: 'block (input → output)',
    xs: blocks.map((_, at) => at + 1),
    xFormat: 'plain',
    blocks,
    stages: stagesOf(shown[0]!.report.blocks.map(({ path }) => path)),
  };
}

/** Runs of blocks in the same module: `layer1.0`, `layer1.1`. None where they would name single blocks. */
export function stagesOf(paths: readonly string[]): Figure['stages'] {
  const stages: { label: string; from: number; to: number }[] = [];
  paths.forEach((path, at) => {
    const label = path.replace(/#\d+$/, '').split('.').slice(0, -1).join('.');
    const current = stages.at(-1);
    if (current?.label === label) current.to = at;
    else stages.push({ label, from: at, to: at });
  });
  return stages.length > 1 && stages.length <= Math.max(4, paths.length / 2) ? stages : [];
}

/** By name where the networks share their blocks, else by depth. */
function lineOf(variant: Variant, axis: readonly string[], first: ProfileReport, quantity: Quantity): FigureLine {
  const { label, shortLabel, colour, dash, run, report } = variant;
  const byPath = new Map(run.blocks.map((block) => [block.path, block]));
  const known = new Set(first.blocks.map(({ path }) => path));
  const sharesNames = report.blocks.length === known.size && report.blocks.every(({ path }) => known.has(path));
  const block = (path: string, at: number): BlockProfile | undefined =>
    sharesNames ? byPath.get(path) : byPath.get(report.blocks[at]?.path ?? '');
  return { label, shortLabel, colour, dash, points: axis.map((path, at) => pointOf(block(path, at), quantity)) };
}

function pointOf(
  block: BlockProfile | undefined,
  { read, scale }: Pick<Quantity, 'read' | 'scale'>,
): FigurePoint | null {
  if (!block) return null;
  const { value, band } = read(block);
  if (value === null || !Number.isFinite(value) || (scale === 'log' && value <= 0)) return null;
  const isDrawn = band !== null && Number.isFinite(band.low) && Number.isFinite(band.high);
  return { value, band: isDrawn && (scale === 'linear' || band.low > 0) ? band : null };
}

const isTelling = ({ lines }: Figure): boolean =>
  lines.some(({ points }) => points.some((point) => point !== null && point.value !== 0));

/** What the skip and the branch carry back to the block's input. */
function splitFigure(networks: readonly Variant[], axis: Axis, first: ProfileReport): Figure {
  const read = (metric: 'skipGradNorm' | 'branchGradNorm'): Quantity => ({
    id: metric,
    title: '',
    scale: 'log',
    read: follow(metric),
  });
  const several = networks.length > 1;
  const named = (variant: Variant, part: string): Pick<FigureLine, 'label' | 'shortLabel'> => ({
    label: several ? `${variant.label}: ${part}` : `through the ${part}`,
    shortLabel: part,
  });
  const lines = networks.flatMap((variant) => [
    { ...lineOf(variant, axis.blocks, first, read('skipGradNorm')), ...named(variant, 'skip') },
    {
      ...lineOf(variant, axis.blocks, first, read('branchGradNorm')),
      ...named(variant, 'branch'),
      ...(!several && { colour: BRANCH }),
      dash: 2,
    },
  ]);
  return {
    ...axis,
    id: 'split',
    title: 'Gradient at the block’s input, by way',
    note: null,
    scale: 'log',
    reach: null,
    rule: null,
    lines,
  };
}

/** A colour that no ablation near the front of the list has. */
const BRANCH = 3;

/** The gradient at the start of the stream, by the number of branches that it came through. */
function pathsFigure(networks: readonly Variant[]): Figure | null {
  const measured = networks.filter(({ report }) => report.paths);
  const longest = Math.max(0, ...measured.map(({ report }) => report.paths!.norms.length));
  if (longest === 0) return null;
  return {
    id: 'paths',
    title: 'Gradient by branches traversed ‖G_k‖',
    note: measured
      .map(({ report }) => `mean ${formatShort(report.paths!.meanLength)} of ${report.paths!.branches}`)
      .join(', '),
    scale: 'log',
    reach: null,
    rule: null,
    xTitle: 'branches traversed',
    xs: Array.from({ length: longest }, (_, at) => at),
    xFormat: 'plain',
    blocks: null,
    stages: [],
    lines: measured.map(({ label, shortLabel, colour, dash, report }) => ({
      label,
      shortLabel,
      colour,
      dash,
      points: Array.from({ length: longest }, (_, at) => {
        const value = report.paths!.norms[at];
        return value !== undefined && value > 0 ? { value, band: null } : null;
      }),
    })),
  };
}

/** How alike the gradients of different samples are at each block's input: 0 is white noise, 1 the same for all. */
function shatteringFigure(networks: readonly Variant[], axis: Axis): Figure | null {
  const measured = networks.filter(({ report }) => report.shattering);
  if (measured.length === 0) return null;
  return {
    ...axis,
    id: 'shattering',
    title: 'Mean cosine of samples’ gradients',
    note: measured
      .map(({ report: { shattering } }) => {
        const { samples, input } = shattering!;
        return `${samples} samples${input === null ? '' : `; at the network’s input ${input.toFixed(3)}`}`;
      })
      .join(', '),
    scale: 'linear',
    reach: [0, 0.1],
    rule: 0,
    lines: measured.map(({ label, shortLabel, colour, dash, report }) => ({
      ...{ label, shortLabel, colour, dash },
      points: axis.blocks.map((_, at) => {
        const found = report.shattering!.blocks.find(({ path }) => path === report.blocks[at]?.path);
        return found ? { value: found.cosine, band: null } : null;
      }),
    })),
  };
}

const formatShort = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));

function timeFigure(networks: readonly Variant[], axis: Axis, first: ProfileReport): Figure {
  const several = networks.length > 1;
  const line = (variant: Variant, backward: boolean): FigureLine => {
    const read: Read = (block) =>
      backward
        ? { value: block.backwardMs, band: block.backwardSpread }
        : { value: block.forwardMs, band: block.forwardSpread };
    const label = backward ? 'backward' : 'forward';
    return {
      ...lineOf(variant, axis.blocks, first, { id: 'time', title: '', scale: 'linear', read }),
      label: several ? `${variant.label}: ${label}` : label,
      shortLabel: label,
      ...(backward && { dash: 2, ...(!several && { colour: BRANCH }) }),
    };
  };
  const lines = networks.flatMap((variant) => [line(variant, false), line(variant, true)]);
  return {
    ...axis,
    id: 'time',
    title: 'Time, ms',
    note: `${first.timing?.method === 'segments' ? 'each block run by itself' : 'kernels alone'}; bands are quartiles over passes`,
    scale: 'linear',
    reach: [0, 0],
    rule: null,
    lines: lines.filter(({ points }) => points.some((point) => point !== null)),
  };
}
