/** Two reports beside each other: what differs, and which differences are more than the spread over the seeds. Pure. */

import { BLOCK_METRICS, METRIC_NAMES } from './metrics.ts';
import type { BlockMetric, BlockProfile, ProfileReport } from './types.ts';

export interface MetricDifference {
  readonly a: number;
  readonly b: number;
  /** b / a for figures whose logarithms are averaged, b − a for cosines. */
  readonly change: number;
  /** Whether the two 95 % intervals are apart; null where either report has one seed. */
  readonly apart: boolean | null;
}

export interface BlockDifference {
  readonly path: string;
  readonly in: 'both' | 'a' | 'b';
  readonly metrics: Readonly<Partial<Record<BlockMetric, MetricDifference>>>;
}

export interface ReportDifference {
  /** Why the figures are not measured alike (batch, seeds, mode, loss, backend); empty when they are. */
  readonly caveats: readonly string[];
  /** In the order of `b`, with what only `a` has at its end. */
  readonly blocks: readonly BlockDifference[];
  /** Parameters by name that one of the two lacks. */
  readonly parameters: { readonly onlyA: readonly string[]; readonly onlyB: readonly string[]; readonly both: number };
  readonly loss: MetricDifference | null;
}

/** Blocks and parameters are matched by name. Each block counts once, whatever its place. */
export function compareReports(a: ProfileReport, b: ProfileReport): ReportDifference {
  const own = new Map(a.blocks.map((block) => [block.path, block]));
  const other = new Set(b.blocks.map(({ path }) => path));
  const names = { a: Object.keys(a.parameters), b: Object.keys(b.parameters) };
  const known = { a: new Set(names.a), b: new Set(names.b) };
  return {
    caveats: caveatsOf(a, b),
    blocks: [
      ...b.blocks.map((block): BlockDifference => {
        const twin = own.get(block.path);
        return { path: block.path, in: twin ? 'both' : 'b', metrics: twin ? differences(twin, block) : {} };
      }),
      ...a.blocks
        .filter(({ path }) => !other.has(path))
        .map(({ path }): BlockDifference => ({ path, in: 'a', metrics: {} })),
    ],
    parameters: {
      onlyA: names.a.filter((name) => !known.b.has(name)),
      onlyB: names.b.filter((name) => !known.a.has(name)),
      both: names.a.filter((name) => known.b.has(name)).length,
    },
    loss: a.loss === null || b.loss === null ? null : { a: a.loss, b: b.loss, change: b.loss - a.loss, apart: null },
  };
}

function differences(a: BlockProfile, b: BlockProfile): BlockDifference['metrics'] {
  const found: Partial<Record<BlockMetric, MetricDifference>> = {};
  for (const name of METRIC_NAMES) {
    const { read, scale } = BLOCK_METRICS[name];
    const [before, after] = [read(a), read(b)];
    if (before === null || after === null) continue;
    const [first, second] = [a.intervals[name], b.intervals[name]];
    const apart = first && second ? first.high < second.low || second.high < first.low : null;
    found[name] = { a: before, b: after, change: scale === 'log' ? after / before : after - before, apart };
  }
  return found;
}

function caveatsOf(a: ProfileReport, b: ProfileReport): string[] {
  const same: readonly [string, string | number, string | number][] = [
    ['batch', a.batch, b.batch],
    ['seeds', a.seeds, b.seeds],
    ['mode', a.mode, b.mode],
    ['loss', a.lossKind, b.lossKind],
    ['backend', a.backend.provider, b.backend.provider],
  ];
  return same.filter(([, one, two]) => one !== two).map(([what, one, two]) => `${what}: ${one} against ${two}`);
}
