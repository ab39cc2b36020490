/** Where an edge is drawn, from its route. */

import type { Box, Placement, Point } from './layout.ts';
import type { Scene, SceneEdge, SceneNode } from './scene.ts';
import { SIZES } from './sizes.ts';

export const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The points of an edge as drawn: a skip ends on the circle of the merge and not on the box around it. */
export function edgePoints(scene: Scene, placement: Placement, edge: SceneEdge): readonly Point[] {
  const points = [...(placement.edges.get(edge.id) ?? [])];
  const target = placement.nodes.get(edge.target.node);
  const source = placement.nodes.get(edge.source.node);
  const from = scene.nodes.get(edge.source.node)!;
  const stem = edge.source.port === 'skipOut' && (from.kind === 'merge' || from.stem > 0);
  if (stem && source && points.length) points.unshift({ x: source.x + source.width / 2, y: points[0]!.y });
  if (edge.target.port === 'skipIn' && target && points.length) {
    const { x, y } = points.at(-1)!;
    const centre = target.x + target.width / 2;
    points.push({ x: centre + Math.sign(x - centre) * SIZES.merge.radius, y });
  }
  return points.filter((point, at) => at === 0 || distance(point, points[at - 1]!) > 0.5);
}

/** Of a node's place, what its box takes; the rest is the stem below it. */
export const bodyOf = ({ stem }: SceneNode, box: Box): Box =>
  stem ? { ...box, y: box.isRising ? box.y + stem : box.y, height: box.height - stem } : box;
