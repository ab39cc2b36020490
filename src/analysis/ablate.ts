/** The same network with its skips changed: science.md, "Honest comparisons". Graph in, graph out. */

import type { Graph, Node, Value, ValueId } from '../ir/graph.ts';
import { sameShape, tensorType } from '../ir/type.ts';
import type { Ablation, ResidualBlock } from './types.ts';

/** Where a parameter or node is no longer needed it goes; every other value keeps its id and its name. */
export function ablate(graph: Graph, blocks: readonly ResidualBlock[], ablation: Ablation): Graph {
  return ablateWithBlocks(graph, blocks, ablation).graph;
}

/**
 * The changed network, and the blocks in terms of its nodes. A block whose skip went has `skip: 'none'`; its fork and
 * output are the values they were. The very same graph where there is nothing to change: no skip is added, or none of the
 * kind.
 * @throws if `lesion` names no block, or one that is not an add
 */
export function ablateWithBlocks(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  ablation: Ablation,
): { graph: Graph; blocks: readonly ResidualBlock[] } {
  const changes = new Map<number, Change>();
  const merged = new Map<ValueId, ResidualBlock>();
  for (const block of blocks) {
    if (block.merge === null) continue;
    // (x + F(x)) + G(x): once x is gone from the inner add, the outer one adds two branches.
    const inner = block.skipInput === null ? undefined : merged.get(block.skipInput);
    const change = inner?.fork === block.fork ? null : changeOf(graph, block, ablation);
    if (change) changes.set(block.merge, change);
    merged.set(graph.nodes[block.merge]!.outputs[0]!, block);
  }
  const only = ablation.kind === 'lesion' ? ablation.block : ablation.at;
  if (only !== undefined && changes.size === 0 && !(ablation.kind === 'scaled' && ablation.factor === 1))
    throw new Error(`'${only}' is not a residual block whose skip can be changed so`);
  if (changes.size === 0) return { graph, blocks };
  const values: Value[] = [...graph.values];
  const rewritten = graph.nodes.flatMap((node) => rewrite(values, node, changes.get(node.id)));
  const before = liveValues(graph.nodes, graph.outputs);
  const after = liveValues(rewritten, graph.outputs);
  const needed = rewritten.filter((node) => {
    const live = (set: ReadonlySet<ValueId>): boolean => node.outputs.some((output) => set.has(output));
    return live(after) || !live(before);
  });
  const renumbered = new Map(needed.map((node, id) => [node.id, id]));
  const nodes = needed.map((node, id) => ({ ...node, id }));
  const parameters = graph.parameters.filter(({ value }) => after.has(value) || !before.has(value));
  const moved = (ids: readonly number[]): number[] => ids.flatMap((id) => renumbered.get(id) ?? []);
  return {
    graph: { ...graph, values, nodes, parameters },
    blocks: blocks.map((block) => {
      const { head, branch, shortcut, tail, merge } = block;
      const places = { head: moved(head), branch: moved(branch), shortcut: moved(shortcut), tail: moved(tail) };
      const change = merge === null ? undefined : changes.get(merge);
      if (change?.keep === undefined) {
        const at = merge === null ? undefined : renumbered.get(merge);
        const scaled = change?.scale && at !== undefined ? nodes[at - 1] : undefined;
        const kept = { ...block, ...places, merge: at ?? null };
        if (change?.after !== undefined && at !== undefined) return { ...kept, tail: [at + 1, ...kept.tail] };
        // The product stands right before its merge, and is now the end of the skip.
        return scaled ? { ...kept, skipInput: scaled.outputs[0]!, shortcut: [...kept.shortcut, scaled.id] } : kept;
      }
      const gone = { skip: 'none', kind: 'plain', merge: null, skipInput: null, branchInput: null } as const;
      return { ...block, ...places, ...gone };
    }),
  };
}

/**
 * `keep`: the one operand that stays. `scale`: the operand that is multiplied, and by how much. `after`: what the sum is
 * multiplied by.
 */
interface Change {
  readonly after?: number;
  readonly keep?: ValueId;
  readonly scale?: { readonly operand: ValueId; readonly factor: number };
}

function changeOf(graph: Graph, block: ResidualBlock, ablation: Ablation): Change | null {
  const { skip, skipInput, branchInput, merge } = block;
  if (merge === null || skipInput === null || branchInput === null || skip === 'concat' || skip === 'none') return null;
  if (ablation.kind !== 'lesion' && ablation.at !== undefined && ablation.at !== block.path) return null;
  const shapeOf = (value: ValueId) => graph.values[value]!.type.shape;
  const sum = shapeOf(graph.nodes[merge]!.outputs[0]!);
  const fits = (value: ValueId): boolean => sameShape(shapeOf(value), sum);
  switch (ablation.kind) {
    case 'plain':
      return fits(branchInput) ? { keep: branchInput } : null;
    case 'identity':
      return skip === 'identity' && fits(branchInput) ? { keep: branchInput } : null;
    case 'scaled':
      return ablation.factor === 1 ? null : { scale: { operand: skipInput, factor: ablation.factor } };
    case 'scale-matched':
      return { after: Math.SQRT1_2 };
    case 'lesion':
      return block.path === ablation.block && fits(skipInput) ? { keep: skipInput } : null;
  }
}

/** The merge makes the same value as before, so that everything after it stays as it is. */
function rewrite(values: Value[], node: Node, change: Change | undefined): readonly Node[] {
  if (change?.keep !== undefined)
    return [{ ...node, op: 'Identity', inputs: [change.keep], attrs: {}, problems: [], inPlace: false }];
  const operand = change?.after === undefined ? change?.scale?.operand : node.outputs[0]!;
  if (operand === undefined) return [node];
  const { type } = values[operand]!;
  const factor = values.length;
  const made = factor + 1;
  values.push({
    id: factor,
    name: '',
    type: tensorType(type.dtype, []),
    data: [change!.after ?? change!.scale!.factor],
  });
  values.push({ id: made, name: '', type });
  const product: Node = { ...node, id: -made, op: 'Mul', inputs: [], attrs: {}, problems: [], inPlace: false };
  if (change!.after !== undefined)
    return [
      { ...node, outputs: [made, ...node.outputs.slice(1)] },
      { ...product, inputs: [made, factor] },
    ];
  return [
    { ...product, inputs: [operand, factor], outputs: [made] },
    { ...node, inputs: node.inputs.map((input) => (input === operand ? made : input)) },
  ];
}

/** As the command line spells it: `plain`, `scaled:0.5`, `lesion:layer1.0`, `plain@layer2.0` for one block. */
export function labelOf(ablation: Ablation): string {
  if (ablation.kind === 'lesion') return `lesion:${ablation.block}`;
  const kind = ablation.kind === 'scaled' ? `scaled:${ablation.factor}` : ablation.kind;
  return ablation.at === undefined ? kind : `${kind}@${ablation.at}`;
}

function liveValues(nodes: readonly Node[], outputs: readonly ValueId[]): ReadonlySet<ValueId> {
  const live = new Set(outputs);
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((output) => live.has(output))) continue;
    for (const input of node.inputs) if (input !== null) live.add(input);
  }
  return live;
}
