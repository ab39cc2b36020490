/** What the figures of a profile say of the design, as diagnostics on the lines that it comes from. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Diagnostic, Location } from '../ir/diagnostic.ts';
import { ownPlace } from '../ir/diagnostic.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { valueOf } from '../ir/query.ts';
import { elementCount } from '../ir/type.ts';
import type { Measured } from './report.ts';
import type { PathProfile, Verdict } from './types.ts';

/** Thresholds of science's choosing that no measurement backs: every message with one says so. */
const DEAD = 0.1;
const FEWEST_SAMPLES = 64;
const LONG_PATHS = 1 / 3;
const UNCALIBRATED = '(The threshold is a rule of thumb.)';

interface Finding {
  readonly code: string;
  readonly severity: Diagnostic['severity'];
  readonly place: Location | null;
  /** Module path or block path that it was found in. */
  readonly where: string;
  /** The sentence for one or several places in the network, worst first. */
  readonly say: (where: string) => string;
}

/** At most one diagnostic for each code and line; blocks that share a line are named together. */
export function findingsOf(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  run: Measured & { readonly verdict: Verdict },
  paths: PathProfile | null,
): readonly Diagnostic[] {
  const found = [
    ...smallBatches(graph),
    ...run.blocks.flatMap((measured, index): Finding[] => {
      const block = blocks[index]!;
      const { path, activation, deadFraction } = measured;
      const common = { place: placeOf(graph, block), where: path || 'the network' };
      const all: Finding[] = [];
      if ((deadFraction ?? 0) > DEAD)
        all.push({
          ...common,
          ...{ code: 'dead-channels', severity: 'warning' },
          say: (where) =>
            `${percent(deadFraction!)} of a rectifier's channels are zero on the whole batch in ${where}; they get no gradient. ${UNCALIBRATED}`,
        });
      const { channelVariance: variance, channelSquaredMean: squaredMean } = activation;
      if (block.kind !== 'post-activation' && variance !== null && squaredMean !== null && squaredMean > variance)
        all.push({
          ...common,
          ...{ code: 'mean-shift', severity: 'info' },
          say: (where) =>
            `The stream's mean outweighs its variance after ${where}: average channel squared mean ${squaredMean.toPrecision(3)}, variance ${variance.toPrecision(3)}. ${UNCALIBRATED}`,
        });
      return all;
    }),
    ...longPaths(graph, blocks, paths),
    ...byVerdict(graph, blocks, run.verdict),
  ];
  const groups = new Map<string, Finding[]>();
  for (const finding of found) {
    if (!finding.place) continue;
    const { file, range } = finding.place;
    const key = `${finding.code} ${file}:${range.start.line}:${range.start.character}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map((group): Diagnostic => {
    const [first] = group;
    const where = group.length > 1 ? `${first!.where} and ${group.length - 1} more` : first!.where;
    const { code, severity, place, say } = first!;
    return { file: place!.file, range: place!.range, severity, code, message: say(where), related: [] };
  });
}

/** Batch norms whose statistics come from few numbers. */
function smallBatches(graph: Graph): Finding[] {
  return graph.nodes.flatMap((node): Finding[] => {
    if (node.op !== 'BatchNormalization' || node.attrs['training_mode'] !== 1) return [];
    const { shape } = valueOf(graph, node.inputs[0]!).type;
    const samples = (elementCount(shape) ?? Infinity) / (shape?.[1] ?? 1);
    if (samples >= FEWEST_SAMPLES) return [];
    return [
      {
        ...{ code: 'small-batch-statistics', severity: 'info', place: ownPlace(node.frames), where: node.module },
        say: (where) =>
          `Batch norm in ${where} takes mean and variance from ${samples} numbers a channel (batch × positions): its gradient is noisy below ${FEWEST_SAMPLES}. ${UNCALIBRATED}`,
      },
    ];
  });
}

function longPaths(graph: Graph, blocks: readonly ResidualBlock[], paths: PathProfile | null): Finding[] {
  if (!paths || paths.branches < 6 || paths.meanLength <= paths.branches * LONG_PATHS) return [];
  const { meanLength, branches } = paths;
  return [
    {
      ...{ code: 'long-paths', severity: 'info', place: blocks[0] ? placeOf(graph, blocks[0]) : null, where: '' },
      say: () =>
        `The gradient came through ${meanLength.toFixed(1)} of ${branches} branches on average: more than a third, so skips do little of the work. ${UNCALIBRATED}`,
    },
  ];
}

/** A verdict that something is wrong is said where the blocks that it names are written. */
function byVerdict(graph: Graph, blocks: readonly ResidualBlock[], verdict: Verdict): Finding[] {
  if (['healthy', 'unclear', 'unmeasured'].includes(verdict.kind)) return [];
  const named = verdict.evidence.flatMap((one) => one.blocks);
  const block = blocks.find(({ path }) => named.includes(path)) ?? blocks[0];
  if (!block) return [];
  const code = `gradient-${verdict.kind}`;
  return [{ code, severity: 'warning', place: placeOf(graph, block), where: block.path, say: () => verdict.text }];
}

const placeOf = (graph: Graph, block: ResidualBlock): Location | null => {
  const node: Node | undefined = graph.nodes[block.merge ?? block.branch.at(-1) ?? -1];
  return (node ? ownPlace(node.frames) : null) ?? block.location;
};

const percent = (share: number): string => `${Math.round(100 * share)} %`;
