/** Makes the items of an outline: leaves, merges, groups and ends, with their cost, shapes and names. */

import { callsUnknownModule, nodeCost as costOf, sumMacs, sumParams } from '../analysis/cost.ts';
import type { Counts, ResidualBlock } from '../analysis/types.ts';
import type { Location } from '../ir/diagnostic.ts';
import type { Node, ValueId } from '../ir/graph.ts';
import { parameterCount } from '../ir/query.ts';
import type { GraphIndex } from './graphIndex.ts';
import type { Item, SkipCounts, SkipKind } from './item.ts';
import { BLANK, skipKindOf } from './item.ts';
import { callLabel, familyOf, leadNode, moveLabel, opLabel, paramsText } from './label.ts';
import type { Reads } from './reads.ts';

/** What the steps that make one outline share. */
export interface Context {
  readonly index: GraphIndex;
  readonly blocks: readonly ResidualBlock[];
  readonly reads: Reads;
  /** For each multiplication that closes a gate, the value that skips to it. */
  readonly gates: ReadonlyMap<number, ValueId>;
  /** Paths of modules that hold a residual block or are one. */
  readonly holders: ReadonlySet<string>;
  readonly ids: Map<string, number>;
  /** What single nodes cost, as far as it has been asked. */
  readonly costs: Map<number, NodeCost>;
  /** By item id: what keeps an item from being folded with its neighbours. */
  readonly tags: ReadonlyMap<string, string>;
}

/** `strides 2 · pads 3 · 9.41 K params`: what the label does not say. */
function attributesOf({ attrs }: Node, counts: Counts): string {
  const all = (value: unknown): string =>
    Array.isArray(value)
      ? value.every((one) => one === value[0])
        ? String(value[0])
        : value.join(' ')
      : typeof value === 'number'
        ? String(Number(value.toPrecision(6)))
        : String(value);
  const said = new Set(['kernel_shape', 'group', 'training_mode', 'momentum']);
  const texts = Object.entries(attrs).flatMap(([name, value]) =>
    said.has(name) || (name === 'dilations' && all(value) === '1') ? [] : [`${name} ${all(value)}`],
  );
  return [...texts, ...(counts.params || counts.paramsAtLeast ? [paramsText(counts)] : [])].join(' · ');
}

interface NodeCost {
  readonly macs: number | null;
  /** The trained ones that the node reads, and their sizes. */
  readonly parameters: readonly (readonly [ValueId, number | null])[];
}

/** The id itself the first time, then with `#2`, `#3`. */
export function unique({ ids }: Context, id: string): string {
  const count = (ids.get(id) ?? 0) + 1;
  ids.set(id, count);
  return count === 1 ? id : `${id}#${count}`;
}

export const definitionOf = ({ index }: Context, path: string): Location | null => index.module(path)?.defined ?? null;

/** `1×1, /2` for a projection; `pad, /2` for a shortcut without parameters. */
export function shortcutLabel(children: readonly Item[]): string {
  const conv = children.find((item) => item.family === 'conv' || item.family === 'linear');
  if (conv) return shortLabel(conv);
  const named = children.map((item) => item.label).filter((label) => label === 'pad' || label.includes('pool'));
  const slice = children.some((item) => item.label === 'slice');
  return (
    [...new Set([...(slice ? ['subsample'] : []), ...named])].join(', ') || children.map((c) => c.label).join(', ')
  );
}

const shortLabel = (item: Item): string => item.label.replace(/^conv /, '').replace(/, \d+(?=,|$)/, '');

/** `1×1 · 3×3, /2 · 1×1`: the operations of a closed group that carry weights. */
export function summarise(children: readonly Item[]): string {
  // A group that only wraps another is summarised by what is in that one.
  const only = children.filter((item) => item.children.length);
  if (only.length === 1 && children.every((item) => item.children.length || isLight(item)))
    return summarise(only[0]!.children);
  const weighty = children.filter((item) => item.family === 'conv' || item.family === 'linear' || item.children.length);
  const texts = attentionIn(children) ? joinAttention(weighty.map(shortLabel)) : weighty.map(shortLabel);
  const short = texts.length > 4 ? [...texts.slice(0, 3), `+${texts.length - 3}`] : texts;
  return (
    short.join(' · ') ||
    children
      .slice(0, 3)
      .map((item) => item.label)
      .join(' · ')
  );
}

const attentionIn = (children: readonly Item[]): boolean =>
  children.some((item, at) => item.label === 'softmax' && children.slice(at).some(({ label }) => label === 'matmul'));

/** Scores and mixture, two products around a softmax, are one word. */
function joinAttention(texts: readonly string[]): readonly string[] {
  const at = texts.indexOf('matmul');
  return texts[at + 1] === 'matmul' ? [...texts.slice(0, at), 'attention', ...texts.slice(at + 2)] : texts;
}

const isLight = ({ family }: Item): boolean => family !== 'conv' && family !== 'linear';

export function mergeItem(context: Context, nodes: readonly Node[], block: ResidualBlock): Item {
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
    skip: block.skip === 'none' ? null : skipKindOf(block),
    tail,
    outputShape: block.outputShape,
    location: block.location ?? lead.location,
  };
}

export function leafItem(context: Context, nodes: readonly Node[]): Item {
  const { index } = context;
  const lead = leadNode(nodes);
  const fused = index.isLeafModule(lead.module);
  const module = index.module(lead.module);
  const gate = nodes.length === 1 && context.gates.has(lead.id);
  const moved = nodes.length > 1 && !fused;
  const own = measure(context, nodes);
  return {
    ...own,
    id: unique(context, fused ? lead.module : `${lead.module}/${lead.op}`),
    role: gate ? 'merge' : 'op',
    label: gate
      ? '×'
      : fused
        ? callLabel(index, nodes, module?.class ?? '')
        : moved
          ? moveLabel(lead)
          : opLabel(index, lead),
    detail: gate || moved ? '' : attributesOf(lead, own),
    path: lead.module,
    class: fused ? (module?.class ?? '') : lead.op,
    family: moved ? 'shape' : familyOf(lead.op),
    skip: gate ? 'gate' : null,
  };
}

function nodeCost({ index, costs }: Context, node: Node): NodeCost {
  let cost = costs.get(node.id);
  if (!cost) {
    const values = node.inputs.filter((input) => input !== null && !index.isData(input));
    const parameters = values
      .flatMap((value) => index.parametersOf(value!))
      .map((value) => index.parameter(value)!)
      .filter(({ buffer }) => !buffer)
      .map((parameter) => [parameter.value, parameterCount(index.graph, parameter)] as const);
    cost = { macs: costOf(index.graph, node).macs, parameters };
    costs.set(node.id, cost);
  }
  return cost;
}

/** Cost, shape, place and problems of some nodes together. A parameter that several read counts once. */
export function measure(context: Context, nodes: readonly Node[]): Item {
  const { graph } = context.index;
  const costs = nodes.map((node) => nodeCost(context, node));
  const sizes = new Map(costs.flatMap(({ parameters }) => parameters));
  const last = nodes.at(-1);
  return {
    ...BLANK,
    nodes: nodes.map((node) => node.id),
    ...sumParams([...sizes.values()]),
    ...sumMacs(costs.map(({ macs }) => macs)),
    problem: nodes.find((node) => node.problems.length)?.problems[0]!.message ?? null,
    outputShape: last ? (graph.values[last.outputs[0]!]?.type.shape ?? null) : null,
    location: nodes[0]?.frames[0] ?? null,
  };
}

export function groupItem(
  context: Context,
  given: Partial<Item> & Pick<Item, 'id' | 'role' | 'label' | 'path' | 'children'>,
): Item {
  const { graph } = context.index;
  const ids = given.children.flatMap((child) => child.nodes).sort((a, b) => a - b);
  const nodes = ids.map((id) => graph.nodes[id]!);
  const own = measure(context, nodes);
  const missesSome =
    given.role === 'module' || given.role === 'model' || given.role === 'branch'
      ? callsUnknownModule(graph, nodes, given.block?.module ?? given.path)
      : given.children.some(({ paramsAtLeast }) => paramsAtLeast);
  return {
    ...own,
    paramsAtLeast: own.paramsAtLeast || missesSome,
    class: context.index.module(given.path)?.class ?? '',
    skips: countSkips(given.children),
    ...given,
  };
}

function countSkips(children: readonly Item[]): SkipCounts {
  const counts: Partial<Record<SkipKind, number>> = {};
  const add = (kind: SkipKind, count: number): void => void (counts[kind] = (counts[kind] ?? 0) + count);
  for (const { role, skip, skips } of children) {
    if (role === 'merge' && skip) add(skip, 1);
    for (const [kind, count] of Object.entries(skips)) add(kind as SkipKind, count);
  }
  return counts;
}

export function inputItem(context: Context, value: ValueId): Item {
  const { name, type } = context.index.graph.values[value]!;
  return {
    ...BLANK,
    id: unique(context, `/input:${name}`),
    role: 'input',
    label: name || 'input',
    outputShape: type.shape,
  };
}

export function outputItem(context: Context, value: ValueId): Item {
  const { type } = context.index.graph.values[value]!;
  return { ...BLANK, id: unique(context, '/output'), role: 'output', label: 'output', outputShape: type.shape };
}
