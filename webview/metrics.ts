/** Quantities that the graph can be coloured by, and the colour scale. */

import type { MemoryUse, SkipLifetime } from '../src/analysis/memory.ts';
import { formatNumber } from '../src/profile/figures/figure.ts';
import type { BlockProfile, ProfileReport } from '../src/profile/types.ts';
import { activationBytes } from '../src/view/activationBytes.ts';
import { formatBytes, formatCount, formatMacs, formatParams } from '../src/view/label.ts';
import type { Item } from '../src/view/item.ts';
import type { Outline } from '../src/view/outline.ts';

export type MetricId =
  | 'none'
  | 'params'
  | 'macs'
  | 'memory'
  | 'skipSteps'
  | 'skipPeak'
  | 'gradient'
  | 'activation'
  | 'branchRatio'
  | 'skipShare'
  | 'branchGain'
  | 'identityShare'
  | 'dead'
  | 'time'
  | 'backwardTime';

/** What is known of memory without a profile. */
export interface MemoryFacts {
  /** Bytes of the tensors that the item's operations make. */
  bytesOf(item: Item): number | null;
  skipOf(path: string): SkipLifetime | undefined;
}

export function memoryFacts(outline: Outline, { skips }: MemoryUse): MemoryFacts {
  const byPath = new Map(skips.map((skip) => [skip.path, skip]));
  return { bytesOf: (item) => activationBytes(item, outline), skipOf: (path) => byPath.get(path) };
}

export interface Metric {
  readonly id: MetricId;
  readonly label: string;
  /** Reads it from a profile; null where it is known without one. */
  readonly read: ((profile: BlockProfile) => number | null) | null;
  /** Null where the item has no such value. */
  value(item: Item, profile: BlockProfile | undefined, facts: MemoryFacts): number | null;
  format(value: number): string;
}

const measured = (
  id: MetricId,
  label: string,
  read: (profile: BlockProfile) => number | null,
  format: Metric['format'] = formatNumber,
): Metric => ({
  id,
  label,
  read,
  value: (item, profile) => (item.role === 'branch' && profile ? read(profile) : null),
  format,
});

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
const milliseconds = (value: number): string => `${formatNumber(value)} ms`;

const cost = (item: Item, value: number | null): number | null =>
  item.role === 'merge' || item.role === 'input' || item.role === 'output' || item.role === 'model' ? null : value;

/** On the box of the block; a skip across other blocks has none, so its merge stands for it. */
const ofSkip = (item: Item, skipOf: MemoryFacts['skipOf']): SkipLifetime | undefined =>
  item.block && (item.role === 'branch' || (item.role === 'merge' && item.block.kind === 'long-skip'))
    ? skipOf(item.block.path)
    : undefined;

export const METRICS: readonly Metric[] = [
  { id: 'none', label: 'nothing', read: null, value: () => null, format: formatCount },
  {
    id: 'params',
    label: 'parameters',
    read: null,
    value: (item) => cost(item, item.params || null),
    format: formatParams,
  },
  { id: 'macs', label: 'MACs', read: null, value: (item) => cost(item, item.macs || null), format: formatMacs },
  {
    id: 'memory',
    label: 'activation memory',
    read: null,
    value: (item, _, { bytesOf }) => cost(item, bytesOf(item) || null),
    format: formatBytes,
  },
  {
    id: 'skipSteps',
    label: 'skip lifetime',
    read: null,
    value: (item, _, { skipOf }) => ofSkip(item, skipOf)?.steps ?? null,
    format: (steps) => `${steps} ${steps === 1 ? 'op' : 'ops'}`,
  },
  {
    id: 'skipPeak',
    label: 'skip share of peak memory',
    read: null,
    value: (item, _, { skipOf }) => ofSkip(item, skipOf)?.shareOfPeak ?? null,
    format: percent,
  },
  measured('gradient', 'gradient norm', ({ gradient }) => gradient?.l2 ?? null),
  measured('activation', 'activation E[y²]', ({ activation }) => activation.secondMoment),
  measured('branchRatio', 'branch / stream variance', ({ branchRatio }) => branchRatio),
  measured('skipShare', 'gradient through the skip', skipShare, percent),
  measured('branchGain', 'branch gain r', ({ branchGain }) => branchGain),
  measured('identityShare', 'identity share of the gradient', ({ identityShare }) => identityShare),
  measured('dead', 'dead channels', ({ deadFraction }) => deadFraction, percent),
  measured('time', 'forward time', ({ forwardMs }) => forwardMs, milliseconds),
  measured('backwardTime', 'backward time', ({ backwardMs }) => backwardMs, milliseconds),
];

/** Share of the skip in the two gradients that meet at the block's input, by norm. */
function skipShare({ skipGradNorm: skip, branchGradNorm: branch }: BlockProfile): number | null {
  return skip === null || branch === null || skip + branch === 0 ? null : skip / (skip + branch);
}

export const profileByPath = (report: ProfileReport | null): ReadonlyMap<string, BlockProfile> =>
  new Map((report?.blocks ?? []).map((block) => [block.path, block]));

/** Maps values to [0, 1], in decades where they span more than one. */
export function scaleOf(values: readonly number[]): {
  readonly min: number;
  readonly max: number;
  at(value: number): number;
} {
  const finite = values.filter(Number.isFinite);
  const [min, max] = [Math.min(...finite), Math.max(...finite)];
  const log = min > 0 && max / min > 10;
  const warp = log ? Math.log : (value: number): number => value;
  const width = warp(max) - warp(min);
  return { min, max, at: (value) => (width > 0 ? Math.min(1, Math.max(0, (warp(value) - warp(min)) / width)) : 0.5) };
}

// Cividis at equal steps: even in lightness and the same for the colour-blind (Nuñez et al. 2018).
const STOPS = ['#00224e', '#2a3f6d', '#575d6d', '#7d7c78', '#a59c74', '#d2c060', '#fee838'];

export function colourAt(position: number): string {
  const scaled = Math.min(1, Math.max(0, position)) * (STOPS.length - 1);
  const at = Math.min(STOPS.length - 2, Math.floor(scaled));
  const channel = (hex: string, index: number): number => parseInt(hex.slice(1 + 2 * index, 3 + 2 * index), 16);
  const mix = [0, 1, 2].map((index) => {
    const [a, b] = [channel(STOPS[at]!, index), channel(STOPS[at + 1]!, index)];
    return Math.round(a + (b - a) * (scaled - at));
  });
  return `rgb(${mix.join(', ')})`;
}
