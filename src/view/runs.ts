/** Finds runs of equal neighbours and makes one item of each: blocks that differ in nothing but their weights. */

import type { Node, ValueId } from '../ir/graph.ts';
import type { Shape } from '../ir/type.ts';
import { runNote, shortPath } from './captions.ts';
import type { Item } from './item.ts';
import type { Context } from './items.ts';
import { groupItem, unique } from './items.ts';

/** A repetition has at most this many items: branch, shortcut and merge of a few blocks. */
const LONGEST = 16;

/** The items with every run of equal neighbours replaced by one item of role `run`. */
export function foldRuns(context: Context, items: readonly Item[]): Item[] {
  const result: Item[] = [];
  const brief = items.map((item) => `${briefOf(item)}|${context.tags.get(item.id) ?? ''}`);
  for (let at = 0; at < items.length;) {
    const found = runAt(context, items, brief, at);
    if (!found) result.push(items[at++]!);
    else {
      const { size, count } = found;
      result.push(runItem(context, items.slice(at, at + size * count), size, count));
      at += size * count;
    }
  }
  return result;
}

function runItem(context: Context, children: readonly Item[], size: number, count: number): Item {
  const first = children.slice(0, size);
  const modules = children.flatMap((item) => (item.block ? [item.block.module] : []));
  const path = modules[0] ?? first[0]!.path;
  const range = shortPath(runNote(path, modules.at(-1) ?? children.at(-1)!.path));
  return groupItem(context, {
    id: unique(context, `${path}/run`),
    role: 'run',
    label: titleOf(context, first),
    summary: [range, growthOf(context, children)].filter((text) => text).join(' · '),
    path,
    children,
    location: first[0]!.location,
    openByDefault: false,
    run: { size, count },
  });
}

/** `64 → 256 channels` where every repetition joins something to the stream. */
function growthOf({ index }: Context, children: readonly Item[]): string {
  const blocks = children.flatMap(({ role, block }) => (role === 'merge' && block?.kind === 'dense' ? [block] : []));
  const channels = (value: ValueId): number | string => index.graph.values[value]!.type.shape?.[1] ?? '?';
  return blocks.length ? `${channels(blocks[0]!.fork)} → ${channels(blocks.at(-1)!.output)} channels` : '';
}

/** `Bottleneck`, or `2 SwinTransformerBlock` where two of them make one repetition. */
function titleOf({ index }: Context, items: readonly Item[]): string {
  const modules = new Set(items.flatMap((item) => (item.block ? [item.block.module] : [])));
  const classes = [...modules].map((path) => index.module(path)?.class || path);
  if (!classes.length) return items[0]!.label;
  return [...new Set(classes)]
    .map((name) => {
      const times = classes.filter((other) => other === name).length;
      return times > 1 ? `${times} ${name}` : name;
    })
    .join(', ');
}

/** Enough to see that two items differ, without a look at their operations. */
function briefOf({ role, label, summary, class: name, tail, nodes, block, outputShape, problem }: Item): string {
  const shape = block?.kind === 'dense' ? '' : String(outputShape);
  return [role, label, summary, name, tail, nodes.length, block?.kind, block?.skip, shape, problem].join('|');
}

/** The shortest repetition that begins here. */
function runAt(
  context: Context,
  items: readonly Item[],
  brief: readonly string[],
  from: number,
): { size: number; count: number } | null {
  for (let size = 1; size <= LONGEST && from + 2 * size <= items.length; size++) {
    if (!matches(brief, from, from + size, size) || !isUnit(items.slice(from, from + size))) continue;
    let most = 2;
    while (matches(brief, from, from + most * size, size)) most++;
    const count = equalUnits(context, items, from, size, most);
    if (count > 1) return { size, count };
  }
  return null;
}

const matches = (brief: readonly string[], a: number, b: number, size: number): boolean => {
  for (let at = 0; at < size; at++) if (brief[b + at] === undefined || brief[a + at] !== brief[b + at]) return false;
  return true;
};

/** A repetition holds a group of operations, begins where the stream comes in and ends where it goes out. */
function isUnit(items: readonly Item[]): boolean {
  const [first, last] = [items[0]!, items.at(-1)!];
  if (first.role === 'merge' || first.role === 'shortcut' || first.role === 'input') return false;
  if (last.role === 'output' || last.role === 'shortcut') return false;
  return items.some((item) => item.children.length > 0);
}

/** How many of the repetitions are equal operation by operation and joined to one another in the same way. */
function equalUnits(context: Context, items: readonly Item[], from: number, size: number, count: number): number {
  const { graph } = context.index;
  const unitOf = (at: number): Unit => {
    const ids = items.slice(from + at * size, from + (at + 1) * size).flatMap((item) => item.nodes);
    return describeUnit(
      context,
      ids.sort((a, b) => a - b).map((id) => graph.nodes[id]!),
      items[from + at * size]!,
    );
  };
  const first = unitOf(0);
  let before = first;
  let links: readonly string[] | null = null;
  let equal = 1;
  for (; equal < count; equal++) {
    const unit = unitOf(equal);
    if (!sameUnit(first, unit)) break;
    const own = linksOf(first, before, unit);
    if (!own || (links && links.join() !== own.join()) || leaks(context, before, unit, own)) break;
    links = own;
    before = unit;
  }
  return links && leaks(context, before, null, links) ? equal - 1 : equal;
}

/** What one repetition consists of, comparable with another. */
interface Unit {
  readonly nodes: readonly Node[];
  /** Numbers are lengths of axes, the rest is text. */
  readonly tokens: readonly (string | number)[];
  /** Values from outside in the order of their first use. */
  readonly externals: readonly ValueId[];
  /** Channels that come in and go out of a dense layer. */
  readonly grows: readonly [number | null, number | null] | null;
}

function describeUnit({ index, reads }: Context, nodes: readonly Node[], first: Item): Unit {
  const { graph } = index;
  const place = new Map<ValueId, string>();
  const externals: ValueId[] = [];
  const tokens: (string | number)[] = [];
  const shape = (dims: Shape): void => void tokens.push('[', ...(dims ?? ['?']).map((dim) => dim ?? '?'), ']');
  nodes.forEach((node, at) => {
    tokens.push(node.op, node.op === 'Dropout' ? '' : JSON.stringify(node.attrs), ...node.problems.map((p) => p.code));
    const data = reads.of(node);
    for (const value of data) {
      const inside = place.get(value);
      let outside = externals.indexOf(value);
      if (inside === undefined && outside < 0) outside = externals.push(value) - 1;
      tokens.push(inside ?? `x${outside}`);
    }
    for (const input of node.inputs) {
      if (input === null || index.isData(input)) continue;
      const { type, data: content } = graph.values[input]!;
      shape(type.shape);
      if (content && content.length <= 16 && node.op !== 'Dropout') tokens.push(content.join(' '));
    }
    node.outputs.forEach((value, k) => {
      place.set(value, `${at}.${k}`);
      shape(graph.values[value]!.type.shape);
    });
  });
  const dense = first.block?.kind === 'dense' ? first.block : null;
  const channels = (value: ValueId): number | null => graph.values[value]!.type.shape?.[1] ?? null;
  return { nodes, tokens, externals, grows: dense && [channels(dense.fork), channels(dense.output)] };
}

function sameUnit(a: Unit, b: Unit): boolean {
  if (a.tokens.length !== b.tokens.length || a.externals.length !== b.externals.length) return false;
  if ((a.grows === null) !== (b.grows === null)) return false;
  return a.tokens.every((token, at) => {
    const other = b.tokens[at]!;
    if (token === other) return true;
    if (!a.grows || typeof token !== 'number') return false;
    return (token === a.grows[0] && other === b.grows![0]) || (token === a.grows[1] && other === b.grows![1]);
  });
}

/**
 * For each value from outside, which output of the repetition before it is, or that it is the same for all. Null when
 * the repetition reads something that is neither.
 */
function linksOf(first: Unit, before: Unit, unit: Unit): readonly string[] | null {
  const made = new Map<ValueId, string>();
  before.nodes.forEach(({ outputs }, at) => outputs.forEach((value, k) => made.set(value, `${at}.${k}`)));
  const links = unit.externals.map((value, at) => made.get(value) ?? (first.externals[at] === value ? 'same' : ''));
  return links.includes('') ? null : links;
}

/** True when something outside reads what is no link to the next, or something besides the next (if any) reads a link. */
function leaks({ index, reads }: Context, unit: Unit, next: Unit | null, links: readonly string[]): boolean {
  const own = new Set(unit.nodes.map((node) => node.id));
  const after = next && new Set(next.nodes.map((node) => node.id));
  const ends = index.graph.outputs.map(index.origin);
  return unit.nodes.some((node, at) =>
    node.outputs.some((value, k) => {
      const readers = reads.readers(value).filter((reader) => !own.has(reader.id));
      const isEnd = ends.includes(value);
      if (!readers.length && !isEnd) return false;
      return !links.includes(`${at}.${k}`) || (after !== null && (isEnd || readers.some(({ id }) => !after.has(id))));
    }),
  );
}
