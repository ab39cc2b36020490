/** The full hierarchy of a network: model → stages → blocks → operations. What is open is decided later, by the scene. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Location } from '../ir/diagnostic.ts';
import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { isWithin } from '../ir/query.ts';
import type { Shape } from '../ir/type.ts';
import { elementCount } from '../ir/type.ts';
import { costOf } from '../ops/infer.ts';
import type { GraphIndex } from './graphIndex.ts';
import { indexGraph } from './graphIndex.ts';
import type { OpFamily } from './label.ts';
import { familyOf, leadNode, opLabel } from './label.ts';

export type ItemRole = 'model' | 'stage' | 'branch' | 'shortcut' | 'module' | 'merge' | 'op' | 'input' | 'output';

/** The look of a skip connection. */
export type SkipKind = 'identity' | 'projection' | 'concat' | 'long';
export type SkipCounts = Readonly<Partial<Record<SkipKind, number>>>;

/** How the skip of a block is drawn. */
export const skipKindOf = ({ kind, skip }: ResidualBlock): SkipKind =>
  kind === 'long-skip'
    ? 'long'
    : kind === 'dense' || skip === 'concat'
      ? 'concat'
      : skip === 'projection'
        ? skip
        : 'identity';

/** One thing that can be drawn. Ids are module paths with a role, so they stay when the rest of the model changes. */
export interface Item {
  readonly id: string;
  readonly role: ItemRole;
  /** Empty for leaves. */
  readonly children: readonly Item[];
  /** First line on the box. */
  readonly label: string;
  /** Second line: what a closed branch consists of. */
  readonly summary: string;
  readonly path: string;
  readonly class: string;
  readonly family: OpFamily;
  /** Ids of the graph nodes that the item stands for, its children's included, in execution order. */
  readonly nodes: readonly number[];
  /** The residual block that a branch, shortcut or merge belongs to. */
  readonly block: ResidualBlock | null;
  /** Name of the activation that follows the add inside the block: `ReLU`. */
  readonly tail: string;
  readonly problem: string | null;
  /** How many merges inside have a skip, by what the skip is. */
  readonly skips: SkipCounts;
  readonly params: number;
  readonly macs: number | null;
  readonly outputShape: Shape;
  readonly location: Location | null;
  /** Open when nobody has chosen. */
  readonly openByDefault: boolean;
}

export interface Outline {
  readonly index: GraphIndex;
  readonly root: Item;
  readonly blocks: readonly ResidualBlock[];
  /** The leaf that each drawn graph node belongs to, by node id. */
  readonly leafOf: ReadonlyMap<number, Item>;
  readonly parentOf: ReadonlyMap<string, Item>;
  readonly items: ReadonlyMap<string, Item>;
  /** The item that stands for each data input of the graph. */
  readonly inputOf: ReadonlyMap<ValueId, Item>;
}

/** Fewer operations than this are drawn one by one, not as a module of their own. */
const MODULE_SIZE = 4;

export function outlineOf(graph: Graph, blocks: readonly ResidualBlock[]): Outline {
  const index = indexGraph(graph);
  const drawn = graph.nodes.filter((node) => node.outputs.some((output) => index.isData(output)));
  const context: Context = { index, ids: new Map(), blocks };
  const tops = nestBlocks(blocks);
  const levels = buildLevel(context, drawn, tops, '');
  const inputs = graph.inputs.map((value) => inputItem(context, value));
  const outputs = graph.outputs.filter((value) => index.isData(value)).map((value) => outputItem(context, value));
  const children = [...inputs, ...groupStages(context, levels, tops), ...outputs];
  const root = groupItem(context, { id: '', role: 'model', label: graph.name, path: '', children });

  const leafOf = new Map<number, Item>();
  const parentOf = new Map<string, Item>();
  const items = new Map<string, Item>();
  const walk = (item: Item): void => {
    items.set(item.id, item);
    if (!item.children.length) for (const node of item.nodes) leafOf.set(node, item);
    for (const child of item.children) {
      parentOf.set(child.id, item);
      walk(child);
    }
  };
  walk(root);
  const inputOf = new Map(graph.inputs.map((value, at) => [value, inputs[at]!] as const));
  return { index, root, blocks, leafOf, parentOf, items, inputOf };
}

/** What is open when a model is seen for the first time: the stages, and containers without a residual block. */
export const defaultExpanded = (outline: Outline): ReadonlySet<string> =>
  new Set([...outline.items.values()].filter((item) => item.openByDefault).map((item) => item.id));

interface Context {
  readonly index: GraphIndex;
  readonly blocks: readonly ResidualBlock[];
  readonly ids: Map<string, number>;
}

/** The id itself the first time, then with `#2`, `#3`. */
function unique({ ids }: Context, id: string): string {
  const count = (ids.get(id) ?? 0) + 1;
  ids.set(id, count);
  return count === 1 ? id : `${id}#${count}`;
}

interface NestedBlock {
  readonly block: ResidualBlock;
  readonly children: NestedBlock[];
}

/** Blocks whose branch is drawn as a box; the others only give their skip edges a look. */
const isBoxed = (block: ResidualBlock): boolean => block.kind !== 'long-skip';

function nestBlocks(blocks: readonly ResidualBlock[]): NestedBlock[] {
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

/** Items of one level in execution order, a block's branch before its shortcut before its merge. */
function buildLevel(context: Context, nodes: readonly Node[], blocks: readonly NestedBlock[], base: string): Item[] {
  const owner = new Map<number, { block: NestedBlock; part: 'branch' | 'shortcut' | 'merge' }>();
  const claim = (ids: readonly number[], block: NestedBlock, part: 'branch' | 'shortcut' | 'merge'): void => {
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

  const parts = new Map<string, Node[]>();
  const free: Node[][] = [];
  let open = false;
  const order: { key: string; block: NestedBlock; part: 'branch' | 'shortcut' | 'merge' }[] = [];
  for (const node of nodes) {
    const found = owner.get(node.id);
    if (!found) {
      if (open) free.at(-1)!.push(node);
      else free.push([node]);
      open = true;
      continue;
    }
    open = false;
    const key = `${blocks.indexOf(found.block)}/${found.part}`;
    const list = parts.get(key);
    if (list) list.push(node);
    else {
      parts.set(key, [node]);
      order.push({ key, ...found });
    }
  }
  const items: { at: number; item: Item }[] = [];
  for (const { key, block, part } of order) {
    const own = parts.get(key)!;
    // A shortcut often runs before its branch; it is drawn beside it, so it comes after it.
    const branch = parts.get(`${blocks.indexOf(block)}/branch`);
    const at = part === 'shortcut' && branch ? Math.max(own[0]!.id, branch[0]!.id) + 0.5 : own[0]!.id;
    items.push({ at, item: blockPart(context, own, block, part) });
  }
  for (const run of free) for (const item of leaves(context, run, base)) items.push({ at: item.nodes[0] ?? 0, item });
  return items.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

function blockPart(context: Context, nodes: readonly Node[], nested: NestedBlock, part: string): Item {
  const { block } = nested;
  const path = block.path;
  if (part === 'merge') return mergeItem(context, nodes, block);
  const base = block.module;
  const children = buildLevel(context, nodes, part === 'branch' ? nested.children : [], base);
  if (part === 'branch') {
    return groupItem(context, {
      id: unique(context, `${path}/branch`),
      role: 'branch',
      label: branchLabel(context, block),
      path,
      children,
      block,
      summary: summarise(children),
      location: definitionOf(context, block.module) ?? children[0]?.location ?? null,
    });
  }
  const label = shortcutLabel(children);
  return groupItem(context, {
    id: unique(context, `${path}/shortcut`),
    role: 'shortcut',
    label,
    path,
    children,
    block,
  });
}

/** The class of the part that forms the branch where a module holds several blocks: `SelfAttention`, `mlp`. */
function branchLabel({ index }: Context, { path, module, class: name }: ResidualBlock): string {
  const part = path === module ? undefined : index.module(path);
  if (part) return part.builtin ? path.slice(path.lastIndexOf('.') + 1) : part.class;
  return name || 'F(x)';
}

const definitionOf = ({ index }: Context, path: string): Location | null => index.module(path)?.defined ?? null;

/** `1×1, /2` for a projection; `pad, /2` for a shortcut without parameters. */
function shortcutLabel(children: readonly Item[]): string {
  const conv = children.find((item) => item.family === 'conv' || item.family === 'linear');
  if (conv) return conv.label.replace(/^conv /, '').replace(/, \d+(?=,|$)/, '');
  const named = children.map((item) => item.label).filter((label) => label === 'pad' || label.includes('pool'));
  const slice = children.some((item) => item.label === 'slice');
  return (
    [...new Set([...(slice ? ['subsample'] : []), ...named])].join(', ') || children.map((c) => c.label).join(', ')
  );
}

/** `1×1 · 3×3, /2 · 1×1`: the operations of a closed branch that carry weights. */
function summarise(children: readonly Item[]): string {
  const weighty = children.filter((item) => item.family === 'conv' || item.family === 'linear' || item.children.length);
  const texts = weighty.map((item) => item.label.replace(/^conv /, '').replace(/, \d+(?=,|$)/, ''));
  const short = texts.length > 4 ? [...texts.slice(0, 3), `+${texts.length - 3}`] : texts;
  return (
    short.join(' · ') ||
    children
      .slice(0, 3)
      .map((item) => item.label)
      .join(' · ')
  );
}

function mergeItem(context: Context, nodes: readonly Node[], block: ResidualBlock): Item {
  const { index } = context;
  const merge = index.graph.nodes[block.merge!]!;
  const tail = block.tail.map((id) => opLabel(index, index.graph.nodes[id]!)).join(' → ');
  const lead = measure(context, nodes);
  return {
    ...lead,
    id: unique(context, `${block.path}/merge`),
    role: 'merge',
    label: merge.op === 'Concat' ? '∥' : merge.op === 'Mul' ? '×' : '+',
    path: block.path,
    class: block.class,
    family: 'combine',
    block,
    tail,
    outputShape: block.outputShape,
    location: block.location ?? lead.location,
  };
}

/** Leaf operations, the calls of one framework module as one, and modules with many operations as groups. */
function leaves(context: Context, nodes: readonly Node[], base: string): Item[] {
  const runs: Node[][] = [];
  let last: Node | undefined;
  for (const node of nodes) {
    const fused = last && last.module === node.module && context.index.isLeafModule(node.module);
    if (fused && joined(last!, node)) runs.at(-1)!.push(node);
    else runs.push([node]);
    last = node;
  }
  return groupModules(context, runs, base);
}

/** Two calls of a module that is used twice in a row are two leaves: the second does not read the first alone. */
const joined = (a: Node, b: Node): boolean => b.op !== a.op || b.inputs.length > 1;

/** Groups neighbouring leaves of the shallowest module below `base` that holds enough of them, but not all. */
function groupModules(context: Context, runs: readonly Node[][], base: string): Item[] {
  const counts = new Map<string, number>();
  for (const run of runs)
    for (const path of between(base, run[0]!.module)) counts.set(path, (counts.get(path) ?? 0) + 1);
  const key = (run: readonly Node[]): string =>
    between(base, run[0]!.module).find((path) => {
      const count = counts.get(path) ?? 0;
      return count >= MODULE_SIZE && count < runs.length && context.index.module(path) !== undefined;
    }) ?? '';
  const items: Item[] = [];
  for (let at = 0; at < runs.length;) {
    const path = key(runs[at]!);
    let end = at + 1;
    while (path && end < runs.length && key(runs[end]!) === path) end++;
    if (path && end - at >= MODULE_SIZE) {
      const children = groupModules(context, runs.slice(at, end), path);
      const module = context.index.module(path)!;
      const label = module.class || path;
      const location = module.created ?? module.defined;
      const openByDefault = module.builtin;
      const id = unique(context, `${path}/module`);
      items.push(
        groupItem(context, {
          id,
          role: 'module',
          label,
          path,
          children,
          location,
          openByDefault,
          summary: summarise(children),
        }),
      );
    } else for (const run of runs.slice(at, end)) items.push(leafItem(context, run));
    at = end;
  }
  return items;
}

/** Module paths strictly below `base` down to `path`, shallowest first. */
function between(base: string, path: string): string[] {
  if (path === base || !isWithin(path, base)) return [];
  const result: string[] = [];
  for (let at = path.indexOf('.', base ? base.length + 1 : 0); at > 0; at = path.indexOf('.', at + 1))
    result.push(path.slice(0, at));
  return [...result, path];
}

function leafItem(context: Context, nodes: readonly Node[]): Item {
  const { index } = context;
  const lead = leadNode(nodes);
  const fused = index.isLeafModule(lead.module);
  const module = index.module(lead.module);
  return {
    ...measure(context, nodes),
    id: unique(context, fused ? lead.module : `${lead.module}/${lead.op}`),
    role: 'op',
    label: opLabel(index, lead),
    path: lead.module,
    class: fused ? (module?.class ?? '') : lead.op,
    family: familyOf(lead.op),
  };
}

/** Cost, shape, place and problems of some nodes together. */
function measure({ index }: Context, nodes: readonly Node[]): Item {
  const { graph } = index;
  const parameters = new Set<ValueId>();
  let macs: number | null = 0;
  for (const node of nodes) {
    const cost = costOf(graph, node);
    macs = macs === null || cost === null ? null : macs + cost.macs;
    for (const input of node.inputs)
      if (input !== null && !index.isData(input)) for (const value of index.parametersOf(input)) parameters.add(value);
  }
  let params = 0;
  for (const value of parameters)
    if (!index.parameter(value)!.buffer) params += elementCount(graph.values[value]!.type.shape) ?? 0;
  const last = nodes.at(-1);
  return {
    ...BLANK,
    nodes: nodes.map((node) => node.id),
    params,
    macs,
    problem: nodes.flatMap((node) => node.problems)[0]?.message ?? null,
    outputShape: last ? (graph.values[last.outputs[0]!]?.type.shape ?? null) : null,
    location: nodes[0]?.frames[0] ?? null,
  };
}

const BLANK: Item = {
  id: '',
  role: 'op',
  children: [],
  label: '',
  summary: '',
  path: '',
  class: '',
  family: 'other',
  nodes: [],
  block: null,
  tail: '',
  problem: null,
  skips: {},
  params: 0,
  macs: 0,
  outputShape: null,
  location: null,
  openByDefault: false,
};

function groupItem(
  context: Context,
  given: Partial<Item> & Pick<Item, 'id' | 'role' | 'label' | 'path' | 'children'>,
): Item {
  const ids = given.children.flatMap((child) => child.nodes).sort((a, b) => a - b);
  const own = measure(
    context,
    ids.map((id) => context.index.graph.nodes[id]!),
  );
  return { ...own, class: context.index.module(given.path)?.class ?? '', skips: countSkips(given.children), ...given };
}

function countSkips(children: readonly Item[]): SkipCounts {
  const counts: Partial<Record<SkipKind, number>> = {};
  const add = (kind: SkipKind, count: number): void => void (counts[kind] = (counts[kind] ?? 0) + count);
  for (const { role, block, skips } of children) {
    if (role === 'merge' && block && block.skip !== 'none') add(skipKindOf(block), 1);
    for (const [kind, count] of Object.entries(skips)) add(kind as SkipKind, count);
  }
  return counts;
}

function inputItem(context: Context, value: ValueId): Item {
  const { name, type } = context.index.graph.values[value]!;
  return {
    ...BLANK,
    id: unique(context, `/input:${name}`),
    role: 'input',
    label: name || 'input',
    outputShape: type.shape,
  };
}

function outputItem(context: Context, value: ValueId): Item {
  const { type } = context.index.graph.values[value]!;
  return { ...BLANK, id: unique(context, '/output'), role: 'output', label: 'output', outputShape: type.shape };
}

/** Puts runs of blocks that share a container into stages; a container that holds every block is cut where the shape changes. */
function groupStages(context: Context, items: readonly Item[], tops: readonly NestedBlock[]): Item[] {
  const keys = new Set(tops.map(({ block }) => parentPath(block.module)).filter((path) => path !== ''));
  const keyOf = (item: Item): string => {
    for (let path = item.path.replace(/#\d+$/, ''); path; path = parentPath(path)) if (keys.has(path)) return path;
    return '';
  };
  const shapes = new Map<string, Set<string>>();
  for (const item of items) {
    // Joined channels grow from block to block without a new stage.
    if (item.role !== 'merge' || !item.block || !isBoxed(item.block) || item.block.kind === 'dense') continue;
    const key = keyOf(item);
    shapes.set(key, (shapes.get(key) ?? new Set()).add(String(item.outputShape)));
  }
  const cut = (key: string): boolean => keys.size === 1 && (shapes.get(key)?.size ?? 0) > 1;

  const result: Item[] = [];
  for (let at = 0; at < items.length;) {
    const key = keyOf(items[at]!);
    let end = at + 1;
    while (end < items.length && keyOf(items[end]!) === key) end++;
    const run = items.slice(at, end);
    at = end;
    if (!key || !run.some((item) => item.role === 'merge' || item.role === 'branch')) result.push(...run);
    else for (const part of cut(key) ? cutByShape(run) : [run]) result.push(stageItem(context, key, part));
  }
  return result;
}

function cutByShape(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [[]];
  let shape: string | null = null;
  for (const item of items) {
    const next: string | null = item.role === 'branch' ? String(item.block?.outputShape) : shape;
    if (shape !== null && next !== shape) parts.push([]);
    shape = next;
    parts.at(-1)!.push(item);
  }
  return parts;
}

function stageItem(context: Context, path: string, children: readonly Item[]): Item {
  const blocks = children.filter((item) => item.role === 'merge');
  const classes = [...new Set(blocks.map((item) => item.class))];
  // A transformer's layer is one module with two blocks in it.
  const modules = new Set(blocks.map((item) => item.block!.module));
  const summary = blocks.length ? `${modules.size} × ${classes.join(', ')}` : '';
  const location = context.index.module(path)?.created ?? children[0]?.location ?? null;
  const id = unique(context, `${path}/stage`);
  return groupItem(context, { id, role: 'stage', label: path, path, children, summary, location, openByDefault: true });
}

const parentPath = (path: string): string => (path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '');
