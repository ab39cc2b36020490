/** From the frames of all groups to one drawing. */

import type { Plan } from './arrange/plan.ts';
import type { Frame } from './frame.ts';
import type { Box, Placement, Point } from './layout.ts';
import type { Scene } from './scene.ts';

/** Taps are joined to the borders of their groups, and the pieces of an edge to one another. */
export function placeAll(scene: Scene, plan: Plan, frames: ReadonlyMap<string, Frame>): Placement {
  const nodes = new Map<string, Box>();
  const routes = new Map<string, readonly Point[]>();
  const rises = (id: string): { isRising: true } | null => (plan.rising.has(id) ? { isRising: true } : null);
  const placeStack = (id: string, at: Point): void => {
    const { members, links } = plan.stacks.get(id)!;
    const { width, height: whole } = plan.nodes.get(id)!;
    const y = upright(plan.rising.has(id), at.y, whole);
    for (const member of members) {
      const { height } = plan.nodes.get(member.id)!;
      nodes.set(member.id, { x: at.x, y: y(member.top, height), width, height, ...rises(member.id) });
    }
    for (const { id: link, x, from, to } of links)
      routes.set(
        link,
        [from, to].map((end) => ({ x: at.x + x, y: y(end) })),
      );
  };
  const place = (id: string, at: Point): void => {
    const node = plan.nodes.get(id)!;
    const { width, height, shift, boxes, routes: own } = frames.get(id)!;
    const isRising = plan.rising.has(id);
    nodes.set(id, { ...at, width, height, ...rises(id) });
    const x = at.x + shift;
    const y = upright(isRising, at.y, height);
    node.children.forEach((childId, index) => {
      const child = plan.nodes.get(childId)!;
      const box = boxes[index]!;
      const corner = { x: x + box.x, y: y(box.y, box.height) };
      if (child.open) place(childId, corner);
      else if (child.kind === 'stack') placeStack(childId, corner);
      else nodes.set(childId, { ...corner, width: box.width, height: box.height, ...rises(childId) });
      if (child.kind === 'tap') {
        const ends = child.entry ? [0, box.y + box.height] : [box.y, height];
        routes.set(
          `${childId}/stub`,
          ends.map((end) => ({ x: corner.x + box.width / 2, y: y(end) })),
        );
      }
    });
    (plan.edges.get(id) ?? []).forEach((edge, index) => {
      const points = own[index]!.map((point) => ({ x: x + point.x, y: y(point.y) }));
      if (points.length) routes.set(edge.id, points);
    });
  };
  place(plan.root, { x: 0, y: 0 });
  const whole = (id: string): readonly Point[] => plan.pieces.get(id)?.flatMap(whole) ?? routes.get(id) ?? [];
  const edges = new Map<string, readonly Point[]>();
  const keep = (id: string, points: readonly Point[]): void => void (points.length && edges.set(id, points));
  for (const { id } of scene.edges) keep(id, plan.pieces.has(id) ? straightened(whole(id)) : whole(id));
  for (const { id, kind } of scene.nodes.values()) if (kind === 'tap') keep(`${id}/stub`, whole(`${id}/stub`));
  for (const id of nodes.keys()) if (!scene.nodes.has(id)) nodes.delete(id);
  const { width, height } = nodes.get(scene.root)!;
  return { width, height, nodes, edges };
}

/** From a group's own coordinates to the drawing's: where the data rises, what is at its top is drawn at the bottom. */
const upright =
  (isRising: boolean, top: number, height: number) =>
  (y: number, size = 0): number =>
    isRising ? top + height - y - size : top + y;

/** Without the points on the way between two others. */
const straightened = (points: readonly Point[]): readonly Point[] =>
  points.filter((point, at) => {
    const [before, after] = [points[at - 1], points[at + 1]];
    if (!before || !after) return true;
    const along = (axis: 'x' | 'y'): boolean =>
      Math.abs(before[axis] - point[axis]) < 0.5 && Math.abs(after[axis] - point[axis]) < 0.5;
    return !along('x') && !along('y');
  });
