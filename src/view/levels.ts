/** One level of an outline: residual blocks with branch, shortcut and merge, modules, and single operations. */

import type { ResidualBlock } from '../analysis/types.ts';
import { sameRange } from '../ir/diagnostic.ts';
import type { Node } from '../ir/graph.ts';
import { isWithin } from '../ir/query.ts';
import { foldRuns } from './runs.ts';
import type { Item } from './item.ts';
import { skipKindOf } from './item.ts';
import { isMove } from './label.ts';
import type { Context } from './items.ts';
import { definitionOf, groupItem, leafItem, mergeItem, shortcutLabel, summarise, unique } from './items.ts';

/** Fewer operations than this are drawn one by one, not as a module of their own. */
const MODULE_SIZE = 4;

export interface NestedBlock {
  readonly block: ResidualBlock;
  readonly children: NestedBlock[];
}

/** Blocks whose branch is drawn as a box; the others only give their skip edges a look. */
export const isBoxed = (block: ResidualBlock): boolean => block.kind !== 'long-skip';

export function nestBlocks(blocks: readonly ResidualBlock[]): NestedBlock[] {
  const nested = blocks.map((block) => ({ block, children: [] as NestedBlock[], branch: new Set(block.branch) }));
  const bySize = [...nested].sort((a, b) => a.branch.size - b.branch.size);
  const tops: NestedBlock[] = [];
  for (const entry of nested) {
    const mark = entry.block.merge ?? entry.block.branch[0];
    const parent = bySize.find(
      (other) =>
        other !== entry &&
        isBoxed(other.block) &&
        other.branch.size > entry.branch.size &&
        mark !== undefined &&
        other.branch.has(mark),
    );
    (parent?.children ?? tops).push(entry);
  }
  return tops;
}

type Part = 'branch' | 'shortcut' | 'merge';

/** Items of one level in execution order, a block's branch before its shortcut before its merge. */
export function buildLevel(
  context: Context,
  nodes: readonly Node[],
  blocks: readonly NestedBlock[],
  base: string,
): Item[] {
  const owner = new Map<number, { block: NestedBlock; part: Part }>();
  const claim = (ids: readonly number[], block: NestedBlock, part: Part): void => {
    for (const id of ids) if (!owner.has(id)) owner.set(id, { block, part });
  };
  for (const nested of blocks) {
    const { block } = nested;
    if (isBoxed(block)) {
      claim(block.branch, nested, 'branch');
      claim(block.shortcut, nested, 'shortcut');
    }
    if (block.merge !== null) claim([block.merge, ...block.tail], nested, 'merge');
  }

  const parts = new Map<NestedBlock, Partial<Record<Part, Node[]>>>();
  const order: { block: NestedBlock; part: Part }[] = [];
  const free: Node[][] = [];
  let open = false;
  for (const node of nodes) {
    const found = owner.get(node.id);
    if (!found) {
      if (open) free.at(-1)!.push(node);
      else free.push([node]);
      open = true;
      continue;
    }
    open = false;
    const own = parts.get(found.block) ?? {};
    parts.set(found.block, own);
    const list = own[found.part];
    if (list) list.push(node);
    else {
      own[found.part] = [node];
      order.push(found);
    }
  }
  const items: { at: number; item: Item }[] = [];
  for (const { block, part } of order) {
    const { branch, ...rest } = parts.get(block)!;
    const own = part === 'branch' ? branch! : rest[part]!;
    // A shortcut often runs before its branch; it is drawn beside it, so it comes after it.
    const at = part === 'shortcut' && branch ? Math.max(own[0]!.id, branch[0]!.id) + 0.5 : own[0]!.id;
    items.push({ at, item: blockPart(context, own, block, part) });
  }
  for (const run of free) for (const item of leaves(context, run, base)) items.push({ at: item.nodes[0] ?? 0, item });
  return items.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

function blockPart(context: Context, nodes: readonly Node[], nested: NestedBlock, part: Part): Item {
  const { block } = nested;
  const path = block.path;
  if (part === 'merge') return mergeItem(context, nodes, block);
  const children = buildLevel(context, nodes, part === 'branch' ? nested.children : [], block.module);
  if (part === 'branch') {
    return groupItem(context, {
      id: unique(context, `${path}/branch`),
      role: 'branch',
      label: branchLabel(context, block),
      path,
      children: foldRuns(context, children),
      block,
      summary: summarise(children),
      location: definitionOf(context, block.module) ?? children[0]?.location ?? null,
    });
  }
  return groupItem(context, {
    id: unique(context, `${path}/shortcut`),
    role: 'shortcut',
    label: shortcutLabel(children),
    path,
    children,
    block,
    skip: skipKindOf(block),
  });
}

/** The class of the part that forms the branch where a module holds several blocks: `SelfAttention`, `mlp`. */
function branchLabel({ index }: Context, { path, module, class: name }: ResidualBlock): string {
  const part = path === module ? undefined : index.module(path);
  if (part) return part.builtin ? path.slice(path.lastIndexOf('.') + 1) : part.class;
  return name || 'F(x)';
}

/** Leaf operations, the calls of one framework module as one, and modules with many operations as groups. */
function leaves(context: Context, nodes: readonly Node[], base: string): Item[] {
  const runs: Node[][] = [];
  let last: Node | undefined;
  for (const node of nodes) {
    const fused = last && last.module === node.module && context.index.isLeafModule(node.module);
    if ((fused && joined(last!, node)) || (last && isOneMove(last, node))) runs.at(-1)!.push(node);
    else runs.push([node]);
    last = node;
  }
  return groupModules(context, runs, base);
}

/** One call that moves data about and computes nothing, `torch.roll`, is one leaf, however many operators it is. */
const isOneMove = (a: Node, b: Node): boolean => {
  const [place, other] = [a.frames[0], b.frames[0]];
  if (!place || !other || a.module !== b.module || a.origin !== b.origin || !isMove(a) || !isMove(b)) return false;
  return place.file === other.file && sameRange(place.range, other.range);
};

/** Two calls of a module that is used twice in a row are two leaves: the second does not read the first alone. */
const joined = (a: Node, b: Node): boolean => b.op !== a.op || b.inputs.length > 1;

/**
 * Groups neighbouring leaves of the shallowest module below `base` that holds enough of them and no residual block, and is
 * run as a whole. A module that holds all of them says no more than its container does, unless blocks stand beside it.
 */
function groupModules(context: Context, runs: readonly Node[][], base: string): Item[] {
  const counts = new Map<string, number>();
  for (const run of runs)
    for (const path of between(base, run[0]!.module)) counts.set(path, (counts.get(path) ?? 0) + 1);
  const beside = base === '' && context.blocks.length > 0;
  const key = (run: readonly Node[]): string =>
    between(base, run[0]!.module).find((path) => {
      const count = counts.get(path) ?? 0;
      if (count < MODULE_SIZE || (count === runs.length && !beside)) return false;
      const module = context.index.module(path);
      return !context.holders.has(path) && module !== undefined && !module.holds;
    }) ?? '';
  const items: Item[] = [];
  for (let at = 0; at < runs.length;) {
    const path = key(runs[at]!);
    let end = at + 1;
    while (path && end < runs.length && key(runs[end]!) === path) end++;
    if (path && end - at >= MODULE_SIZE) items.push(moduleItem(context, runs.slice(at, end), path));
    else for (const run of runs.slice(at, end)) items.push(leafItem(context, run));
    at = end;
  }
  return items;
}

function moduleItem(context: Context, runs: readonly Node[][], path: string): Item {
  const children = groupModules(context, runs, path);
  const module = context.index.module(path)!;
  return groupItem(context, {
    id: unique(context, `${path}/module`),
    role: 'module',
    label: module.class || path,
    path,
    children: foldRuns(context, children),
    location: module.created ?? module.defined,
    openByDefault: module.builtin && children.length <= 24,
    summary: summarise(children),
  });
}

/** Module paths strictly below `base` down to `path`, shallowest first. */
function between(base: string, path: string): string[] {
  if (path === base || !isWithin(path, base)) return [];
  const result: string[] = [];
  for (let at = path.indexOf('.', base ? base.length + 1 : 0); at > 0; at = path.indexOf('.', at + 1))
    result.push(path.slice(0, at));
  return [...result, path];
}
