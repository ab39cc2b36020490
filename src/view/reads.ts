/** What each node is drawn as reading, which differs from its operands where a dense block joins everything so far. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Node, ValueId } from '../ir/graph.ts';
import type { GraphIndex } from './graphIndex.ts';

export interface Reads {
  /** Blocks that end in the node. */
  merging(node: Node): readonly ResidualBlock[];
  /** Data values, without repetition, as their makers drawn make them. */
  of(node: Node): readonly ValueId[];
  /** Nodes that are drawn as reading the value. */
  readers(value: ValueId): readonly Node[];
}

export function readsOf(index: GraphIndex, blocks: readonly ResidualBlock[]): Reads {
  const byMerge = new Map<number, ResidualBlock[]>();
  for (const block of blocks)
    if (block.merge !== null) byMerge.set(block.merge, [...(byMerge.get(block.merge) ?? []), block]);
  const merging = (node: Node): readonly ResidualBlock[] => byMerge.get(node.id) ?? [];
  const known = new Map<number, readonly ValueId[]>();
  const of = (node: Node): readonly ValueId[] => {
    let found = known.get(node.id);
    if (!found) {
      const data = [...operands(index, node, merging(node))].filter((value) => index.isData(value));
      found = [...new Set(data.map(index.origin))];
      known.set(node.id, found);
    }
    return found;
  };
  const readers = new Map<ValueId, Node[]>();
  for (const node of index.graph.nodes)
    for (const value of index.isPassing(node) ? [] : of(node)) {
      const list = readers.get(value);
      if (list) list.push(node);
      else readers.set(value, [node]);
    }
  return { merging, of, readers: (value) => readers.get(value) ?? [] };
}

/**
 * Where a dense block joins its result to everything that was joined before, that is one skip from the join before, not
 * one from each of the layers so far: [[a, b], c] is [a, b, c].
 */
function operands(index: GraphIndex, node: Node, merging: readonly ResidualBlock[]): ReadonlySet<ValueId> {
  const inputs = node.inputs.filter((input) => input !== null);
  for (const { kind, fork } of merging) {
    const before = kind === 'dense' ? index.producer(fork) : undefined;
    if (before?.op !== 'Concat' || before.inputs.length < 2 || node.op !== 'Concat') continue;
    if (before.attrs['axis'] !== node.attrs['axis']) continue;
    if (before.inputs.every((value, at) => node.inputs[at] === value))
      return new Set([fork, ...inputs.slice(before.inputs.length)]);
  }
  return new Set(inputs);
}
