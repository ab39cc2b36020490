/** Finds items of a network by name, class, operator and shape: `conv 3x3`, `layer3.0`, `[*, 256, 14, 14]`. */

import type { Shape } from '../ir/type.ts';
import type { Item } from './item.ts';
import type { Outline } from './outline.ts';

/** One axis of a shape pattern: a length, any length, or any number of axes. */
export type AxisPattern = number | '*' | '…';

export interface Query {
  /** In lower case; an item has to hold each of them. */
  readonly words: readonly string[];
  /** Null where the query names no shape. */
  readonly shape: readonly AxisPattern[] | null;
}

/** A part in square brackets is a shape, with `*` for any length and `…` or `...` for any axes; the rest is words. */
export function parseQuery(text: string): Query {
  const bracket = /\[([^\]]*)\]?/.exec(text);
  const words = (bracket ? text.replace(bracket[0], ' ') : text).toLowerCase().split(/\s+/);
  const axes = bracket ? bracket[1]!.split(/[\s,]+/).filter((axis) => axis) : [];
  return { words: words.filter((word) => word).map(withCrosses), shape: axes.length ? axes.map(axisOf) : null };
}

/** Kernels are written `3×3` on the boxes, and `3x3` on keyboards. */
const withCrosses = (word: string): string => word.replace(/(?<=\d)x(?=\d)/g, '×');

function axisOf(text: string): AxisPattern {
  if (text === '…' || text === '...') return '…';
  return /^\d+$/.test(text) ? Number(text) : '*';
}

export function matchesShape(pattern: readonly AxisPattern[], shape: Shape): boolean {
  if (shape === null) return false;
  const [first, ...rest] = pattern;
  if (first === undefined) return shape.length === 0;
  if (first === '…') return shape.some((_, at) => matchesShape(rest, shape.slice(at))) || matchesShape(rest, []);
  const [length, ...others] = shape;
  return length !== undefined && (first === '*' || first === length) && matchesShape(rest, others);
}

/** Ids of the items that match, in execution order; groups before what they hold. Empty for an empty query. */
export function searchItems(outline: Outline, text: string): readonly string[] {
  const { words, shape } = parseQuery(text);
  if (!words.length && !shape) return [];
  const found: string[] = [];
  for (const item of outline.items.values()) {
    if (item === outline.root) continue;
    if (shape && !matchesShape(shape, item.outputShape)) continue;
    const spoken = wordsOf(item, outline);
    if (words.every((word) => spoken.includes(word))) found.push(item.id);
  }
  return found;
}

function wordsOf(item: Item, { index }: Outline): string {
  const ops =
    item.children.length || item.nodes.length > 8
      ? []
      : item.nodes.flatMap((id) => [index.graph.nodes[id]!.op, index.graph.nodes[id]!.origin]);
  return [item.label, item.path, item.class, item.tail, ...ops].join(' ').toLowerCase();
}
