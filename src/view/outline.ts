/** The full hierarchy of a network: model → stages → blocks → operations. What is open is decided later, by the scene. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Graph, ValueId } from '../ir/graph.ts';
import { findGates } from './gates.ts';
import type { GraphIndex } from './graphIndex.ts';
import { indexGraph } from './graphIndex.ts';
import type { Item } from './item.ts';
import type { Context } from './items.ts';
import { groupItem, inputItem, outputItem } from './items.ts';
import { buildLevel, isBoxed, nestBlocks } from './levels.ts';
import type { Reads } from './reads.ts';
import { readsOf } from './reads.ts';
import { groupStages } from './stages.ts';

export interface Outline {
  readonly index: GraphIndex;
  readonly reads: Reads;
  /** For each multiplication that closes a gate, the value that skips to it. */
  readonly gates: ReadonlyMap<number, ValueId>;
  readonly root: Item;
  readonly blocks: readonly ResidualBlock[];
  /** The leaf that each drawn graph node belongs to, by node id. */
  readonly leafOf: ReadonlyMap<number, Item>;
  readonly parentOf: ReadonlyMap<string, Item>;
  readonly items: ReadonlyMap<string, Item>;
  /** An item's place among the children of its group. */
  readonly positionOf: ReadonlyMap<string, number>;
  /** The item that stands for each data input of the graph. */
  readonly inputOf: ReadonlyMap<ValueId, Item>;
}

/** @param tags by item id: neighbours with different tags are never folded into one run */
export function outlineOf(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  tags: ReadonlyMap<string, string> = new Map(),
): Outline {
  const index = indexGraph(graph);
  const drawn = graph.nodes.filter(
    (node) => !index.isPassing(node) && node.outputs.some((output) => index.isData(output)),
  );
  const reads = readsOf(index, blocks);
  const gates = findGates(index);
  const context: Context = {
    index,
    reads,
    gates,
    blocks,
    holders: holdersOf(graph, blocks),
    ids: new Map(),
    costs: new Map(),
    tags,
  };
  const tops = nestBlocks(blocks);
  const levels = buildLevel(context, drawn, tops, '');
  const inputs = graph.inputs.map((value) => inputItem(context, value));
  const outputs = graph.outputs.filter((value) => index.isData(value)).map((value) => outputItem(context, value));
  const children = [...inputs, ...groupStages(context, levels, tops), ...outputs];
  const root = groupItem(context, { id: '', role: 'model', label: graph.name, path: '', children });

  const leafOf = new Map<number, Item>();
  const parentOf = new Map<string, Item>();
  const items = new Map<string, Item>();
  const positionOf = new Map<string, number>();
  const walk = (item: Item): void => {
    items.set(item.id, item);
    if (!item.children.length) for (const node of item.nodes) leafOf.set(node, item);
    item.children.forEach((child, at) => {
      parentOf.set(child.id, item);
      positionOf.set(child.id, at);
      walk(child);
    });
  };
  walk(root);
  const inputOf = new Map(graph.inputs.map((value, at) => [value, inputs[at]!] as const));
  return { index, reads, gates, root, blocks, leafOf, parentOf, items, positionOf, inputOf };
}

/** Paths of the modules that hold a block, or the merge of a long skip, or are it. */
function holdersOf(graph: Graph, blocks: readonly ResidualBlock[]): ReadonlySet<string> {
  const holders = new Set<string>();
  for (const block of blocks)
    for (const path of [
      ...(isBoxed(block) ? [block.module] : []),
      ...(block.merge === null ? [] : [graph.nodes[block.merge]!.module]),
    ])
      for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) holders.add(path.slice(0, end));
  return holders;
}

/** What is open when a model is seen for the first time: the stages, and containers without a residual block. */
export const defaultExpanded = (outline: Outline): ReadonlySet<string> =>
  new Set([...outline.items.values()].filter((item) => item.openByDefault).map((item) => item.id));

/** Everything that can be open; runs are then drawn one by one. */
export const allExpanded = (outline: Outline): ReadonlySet<string> =>
  new Set([...outline.items.values()].filter((item) => item.children.length).map((item) => item.id));
