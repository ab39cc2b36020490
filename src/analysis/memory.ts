/** When each tensor of a forward pass is alive: the peak of activation memory, and what each skip adds to it. */

import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { producers } from '../ir/query.ts';
import { bytesOf } from './cost.ts';
import type { ResidualBlock } from './types.ts';

/** How long one skip connection holds a tensor that nothing else needs any more. */
export interface SkipLifetime {
  /** Of the residual block. */
  readonly path: string;
  /** Operations that run from the fork to the merge: while they do, the skip's tensor stays. */
  readonly steps: number;
  /** Of what the skip carries into the merge; null when its shape is unknown. */
  readonly bytes: number | null;
  /** Its part of the bytes that are alive at the network's peak; 0 when it is not held there, null when unknown. */
  readonly shareOfPeak: number | null;
}

export interface MemoryUse {
  /** Bytes of activations alive while each node runs, by node id: its inputs, its outputs, and what is kept for later. */
  readonly alive: readonly number[];
  readonly peak: { readonly bytes: number; readonly node: number };
  /** True when some shapes are unknown: then all figures are lower bounds. */
  readonly isPartial: boolean;
  readonly skips: readonly SkipLifetime[];
}

/** Outputs that share their first input's memory, as torch's views do. */
const VIEWS: ReadonlySet<string> = new Set(
  'Reshape Flatten Squeeze Unsqueeze Identity Transpose Slice Split Expand'.split(' '),
);

const isAlias = (graph: Graph, { op, inPlace, attrs, inputs }: Node): boolean =>
  inputs[0] !== null &&
  (VIEWS.has(op) || inPlace || (op === 'Dropout' && !graph.training && attrs['training_mode'] !== 1));

/**
 * A pass without gradients, in the order of the graph: a tensor is freed after its last reader. Parameters, buffers and
 * constants are not activations; views and in-place results own no memory. What a training step saves for its backward
 * pass comes on top.
 */
export function measureMemory(graph: Graph, blocks: readonly ResidualBlock[]): MemoryUse {
  const owner = ownersOf(graph);
  const producer = producers(graph);
  const count = graph.nodes.length;
  const born = new Map<ValueId, number>();
  const dies = new Map<ValueId, number>();
  for (const value of graph.inputs) born.set(value, 0);
  graph.nodes.forEach((node, at) => {
    for (const output of node.outputs) if (owner.get(output) === output) born.set(output, at);
    for (const value of [...node.inputs, ...node.outputs]) {
      const root = value === null ? undefined : owner.get(value);
      if (root !== undefined) dies.set(root, at);
    }
  });
  for (const output of graph.outputs) {
    const root = owner.get(output);
    if (root !== undefined) dies.set(root, count - 1);
  }

  let isPartial = false;
  const change = new Array<number>(count + 1).fill(0);
  for (const [value, at] of born) {
    const bytes = bytesOf(graph.values[value]!.type);
    if (bytes === null) isPartial = true;
    change[at]! += bytes ?? 0;
    change[(dies.get(value) ?? at) + 1]! -= bytes ?? 0;
  }
  const alive: number[] = [];
  let sum = 0;
  for (let at = 0; at < count; at++) alive.push((sum += change[at]!));
  const node = alive.reduce((best, bytes, at) => (bytes > alive[best]! ? at : best), 0);
  const peak = { bytes: alive[node] ?? 0, node };

  const skips = blocks.flatMap((block): SkipLifetime[] => {
    const { merge, skipInput, fork, path } = block;
    if (merge === null || skipInput === null) return [];
    const from = producer[fork]?.id ?? 0;
    const carried = owner.get(skipInput) ?? skipInput;
    const bytes = bytesOf(graph.values[carried]!.type);
    // The fork's tensor is held until a shortcut has read it; from then on it is what the shortcut made.
    const made = Math.max(from, born.get(carried) ?? from);
    const held = node > made && node <= merge ? bytes : node > from && node <= made ? forkBytes(graph, owner, fork) : 0;
    const shareOfPeak = held === null || !peak.bytes ? null : held / peak.bytes;
    return [{ path, steps: merge - from, bytes, shareOfPeak }];
  });
  return { alive, peak, isPartial, skips };
}

const forkBytes = (graph: Graph, owner: ReadonlyMap<ValueId, ValueId>, fork: ValueId): number | null =>
  bytesOf(graph.values[owner.get(fork) ?? fork]!.type);

/** For each activation, the one whose memory it lives in. Weights, and what is made of weights alone, are absent. */
function ownersOf(graph: Graph): ReadonlyMap<ValueId, ValueId> {
  const owner = new Map<ValueId, ValueId>(graph.inputs.map((value) => [value, value]));
  for (const node of graph.nodes) {
    if (!node.inputs.some((input) => input !== null && owner.has(input))) continue;
    const source = isAlias(graph, node) ? owner.get(node.inputs[0]!) : undefined;
    for (const output of node.outputs) if (!graph.values[output]!.data) owner.set(output, source ?? output);
  }
  return owner;
}
