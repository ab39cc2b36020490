/** Keeps in the page what can be seen of a drawing, and what has to stay there: the rest of it is only data. */

import type { Box } from '../src/view/layout.ts';
import type { Part } from './parts.ts';
import { LAYERS } from './parts.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** How far around what is in sight parts are kept in the page, as a share of its size. */
const MARGIN = 0.5;
/** Height of the strips by which parts are found. */
const STRIP = 512;

export interface Sight {
  /** Another drawing; parts are made anew. */
  draw(parts: readonly Part[]): void;
  /** Puts into the page what the box shows at the scale, unless it is there already. */
  look(box: Box, scale: number): void;
  /** Parts of these nodes are in the page wherever they lie: the focus may not get lost. */
  pin(nodes: readonly string[]): void;
  part(key: string): Part | undefined;
  element(key: string): SVGGElement | undefined;
  /** What is in the page now. */
  readonly shown: ReadonlyMap<string, SVGGElement>;
}

/** @param dress called for every element that comes into the page */
export function createSight(viewport: SVGGElement, dress: (element: SVGGElement, part: Part) => void): Sight {
  const layers = new Map(
    LAYERS.map((name) => {
      const layer = document.createElementNS(SVG, 'g');
      layer.setAttribute('class', name);
      if (name === 'links' || name === 'texts') layer.setAttribute('aria-hidden', 'true');
      viewport.append(layer);
      return [name, layer] as const;
    }),
  );
  let parts: readonly Part[] = [];
  let byKey = new Map<string, { part: Part; order: number }>();
  let strips = new Map<number, number[]>();
  let pinned: readonly string[] = [];
  let filled: { box: Box; scale: number } | null = null;
  let last: { box: Box; scale: number } | null = null;
  const shown = new Map<string, SVGGElement>();

  const index = (): void => {
    byKey = new Map(parts.map((part, order) => [part.key, { part, order }]));
    strips = new Map();
    parts.forEach(({ bounds }, order) => {
      const end = Math.floor((bounds.y + bounds.height) / STRIP);
      for (let strip = Math.floor(bounds.y / STRIP); strip <= end; strip++) {
        const list = strips.get(strip);
        if (list) list.push(order);
        else strips.set(strip, [order]);
      }
    });
  };

  const wanted = (box: Box, scale: number): readonly Part[] => {
    const found = new Set<number>();
    const end = Math.floor((box.y + box.height) / STRIP);
    for (let strip = Math.floor(box.y / STRIP); strip <= end; strip++)
      for (const order of strips.get(strip) ?? []) {
        const { bounds, least } = parts[order]!;
        if (scale >= least && overlap(bounds, box)) found.add(order);
      }
    for (const node of pinned) {
      const order = byKey.get(`node:${node}`)?.order;
      if (order !== undefined) found.add(order);
    }
    return [...found].sort((a, b) => a - b).map((order) => parts[order]!);
  };

  const fill = (box: Box, scale: number): void => {
    filled = { box, scale };
    const now = wanted(box, scale);
    const keep = new Set(now.map(({ key }) => key));
    for (const [key, element] of shown)
      if (!keep.has(key)) {
        element.remove();
        shown.delete(key);
      }
    for (const [name, layer] of layers) {
      const own = now.filter((part) => part.layer === name);
      const fresh = own.filter(({ key }) => !shown.has(key));
      const holder = document.createElementNS(SVG, 'g');
      holder.innerHTML = fresh.map((part) => part.svg()).join('');
      [...holder.children].forEach((element, at) => {
        const group = element as SVGGElement;
        shown.set(fresh[at]!.key, group);
        dress(group, fresh[at]!);
      });
      let at = layer.firstChild;
      for (const { key } of own) {
        const element = shown.get(key)!;
        if (element === at) at = at.nextSibling;
        else layer.insertBefore(element, at);
      }
    }
  };

  return {
    shown,
    part: (key) => byKey.get(key)?.part,
    element: (key) => shown.get(key),
    draw(next) {
      parts = next;
      index();
      for (const element of shown.values()) element.remove();
      shown.clear();
      filled = null;
      if (last) this.look(last.box, last.scale);
    },
    look(box, scale) {
      last = { box, scale };
      // While zooming, what is there is good enough as long as it covers what is seen at nearly the same scale.
      if (filled && contains(filled.box, box) && Math.abs(Math.log2(filled.scale / scale)) < 0.1) return;
      const [w, h] = [box.width * MARGIN, box.height * MARGIN];
      fill({ x: box.x - w, y: box.y - h, width: box.width + 2 * w, height: box.height + 2 * h }, scale);
    },
    pin(nodes) {
      pinned = nodes;
      if (filled && nodes.some((node) => byKey.has(`node:${node}`) && !shown.has(`node:${node}`)))
        fill(filled.box, filled.scale);
    },
  };
}

export const overlap = (a: Box, b: Box): boolean =>
  a.x <= b.x + b.width && a.x + a.width >= b.x && a.y <= b.y + b.height && a.y + a.height >= b.y;

const contains = (outer: Box, inner: Box): boolean =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.width >= inner.x + inner.width &&
  outer.y + outer.height >= inner.y + inner.height;
