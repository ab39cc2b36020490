/** Puts the skips of one level on shared lanes to the right of what they pass, so that they stand in one line. */

import type { Box, Point } from './layout.ts';

export interface Route {
  readonly skip: boolean;
  readonly points: readonly Point[];
  /** Index of the nodes that the route joins. */
  readonly ends: readonly [number, number];
}

const CLEARANCE = 22;
const LANE = 12;

/**
 * Routes with skips that run right, down and left again moved to a common lane where nothing stands in the way;
 * every other route stays as it was.
 * @param anchors x positions that lanes would rather share: the centres of projections
 */
export function alignLanes(
  boxes: readonly Box[],
  routes: readonly Route[],
  anchors: readonly number[],
): readonly (readonly Point[])[] {
  const result = routes.map((route) => route.points);
  const movable = routes.flatMap((route, at) => (isLoop(route) ? [at] : []));
  if (!movable.length) return result;
  const passed = movable.map((at) => {
    const { points, ends } = routes[at]!;
    const [top, bottom] = [points[0]!.y, points.at(-1)!.y];
    const beside = boxes.filter(
      (box, index) => !ends.includes(index) && box.y < bottom + 4 && box.y + box.height > top - 4,
    );
    return Math.max(...beside.map((box) => box.x + box.width), points[0]!.x, points.at(-1)!.x);
  });
  const base = Math.max(...passed) + CLEARANCE;
  const start = Math.max(base, ...anchors.filter((x) => x >= base - CLEARANCE && x < base + 80));
  const taken: { x: number; top: number; bottom: number }[] = [];
  const byLength = [...movable].sort((a, b) => span(routes[a]!) - span(routes[b]!) || a - b);
  for (const at of byLength) {
    const { points } = routes[at]!;
    const [first, last] = [points[0]!, points.at(-1)!];
    let x = start;
    while (taken.some((lane) => Math.abs(lane.x - x) < LANE && lane.top < last.y - 1 && lane.bottom > first.y + 1))
      x += LANE;
    const moved = [first, { x, y: first.y }, { x, y: last.y }, last];
    const others = result.filter((_, index) => index !== at && !movable.includes(index));
    if (
      boxes.some((box, index) => !routes[at]!.ends.includes(index) && crosses(moved, box)) ||
      others.some((other) => runsAlong(moved, other))
    )
      continue;
    taken.push({ x, top: first.y, bottom: last.y });
    result[at] = moved;
  }
  return result;
}

const span = ({ points }: Route): number => points.at(-1)!.y - points[0]!.y;

/** Leaves to the right and comes back from the right, further down. */
const isLoop = ({ skip, points }: Route): boolean => {
  if (!skip || points.length < 4) return false;
  const [first, second] = [points[0]!, points[1]!];
  const [before, last] = [points.at(-2)!, points.at(-1)!];
  return second.x > first.x && before.x > last.x && first.y < last.y;
};

/** True when any segment enters the box. */
export function crosses(points: readonly Point[], box: Box): boolean {
  return points.slice(1).some((b, at) => {
    const a = points[at]!;
    return (
      Math.min(a.x, b.x) < box.x + box.width - 0.5 &&
      Math.max(a.x, b.x) > box.x + 0.5 &&
      Math.min(a.y, b.y) < box.y + box.height - 0.5 &&
      Math.max(a.y, b.y) > box.y + 0.5
    );
  });
}

/** True when two routes have vertical parts on the same line. */
export function runsAlong(a: readonly Point[], b: readonly Point[], within = 6): boolean {
  const verticals = (points: readonly Point[]) =>
    points.slice(1).flatMap((to, at) => {
      const from = points[at]!;
      return Math.abs(from.x - to.x) < 0.5
        ? [{ x: to.x, top: Math.min(from.y, to.y), bottom: Math.max(from.y, to.y) }]
        : [];
    });
  return verticals(a).some((p) =>
    verticals(b).some((q) => Math.abs(p.x - q.x) < within && p.top < q.bottom - 1 && p.bottom > q.top + 1),
  );
}
