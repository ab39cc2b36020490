/** Where the arrow keys lead from a node, by what lies where in the drawing. */

import type { Box, Placement } from '../src/view/layout.ts';
import type { Scene, SceneNode } from '../src/view/scene.ts';
import { paintOrder } from '../src/view/svg.ts';

/** Nodes that can have the focus, from the outside in. */
export const stopsOf = (scene: Scene): readonly SceneNode[] =>
  paintOrder(scene).filter((node) => node.item !== null && node.kind !== 'model');

/** The nearest node in the direction of an arrow key: straight ahead counts more than near but off to the side. */
export function neighbour(scene: Scene, placement: Placement, key: string, id: string): string | null {
  const stops = stopsOf(scene);
  if (key === 'Home') return stops[0]?.id ?? null;
  if (key === 'End') return stops.at(-1)?.id ?? null;
  const here = anchorPoint(scene.nodes.get(id)!, placement.nodes.get(id)!);
  const vertical = key === 'ArrowDown' || key === 'ArrowUp';
  const sign = key === 'ArrowDown' || key === 'ArrowRight' ? 1 : -1;
  let best: { id: string; cost: number } | null = null;
  for (const node of stops) {
    const there = anchorPoint(node, placement.nodes.get(node.id)!);
    const ahead = sign * (vertical ? there.y - here.y : there.x - here.x);
    const aside = Math.abs(vertical ? there.x - here.x : there.y - here.y);
    if (node.id === id || ahead < 4) continue;
    const cost = ahead + (vertical ? 0.4 : 2) * aside;
    if (!best || cost < best.cost) best = { id: node.id, cost };
  }
  return best?.id ?? null;
}

/** Open groups are reached at their header, everything else at its centre. */
const anchorPoint = (node: SceneNode, box: Box): { x: number; y: number } =>
  node.open ? { x: box.x + box.width / 2, y: box.y + 8 } : { x: box.x + box.width / 2, y: box.y + box.height / 2 };
