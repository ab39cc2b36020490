/** From a place in the source to the node on the canvas that stands for it. */

import type { Location, Position } from '../ir/diagnostic.ts';
import type { Outline } from './outline.ts';
import type { Scene } from './scene.ts';
import { standIn } from './standIn.ts';

/**
 * The innermost visible node whose call spans the place, else one on the same line. Equal blocks share their lines: of
 * the nodes that come from there equally, the one that is the least far, then the first in execution order.
 * Null when nothing on the canvas comes from there.
 */
export function locate(
  outline: Outline,
  scene: Scene,
  location: Location,
  distance: (id: string) => number = () => 0,
): string | null {
  const ids = new Set(leavesAt(outline, location, false).flatMap((leaf) => visibleFor(outline, scene, leaf) ?? []));
  const [nearest] = [...ids].map((id) => ({ id, far: distance(id) })).sort((a, b) => a.far - b.far);
  return nearest?.id ?? null;
}

/**
 * The operation that comes from the place, by the same rule, whether it is on the canvas or not. With `troubled`, one
 * that has a problem comes before those that have none.
 */
export const leafAt = (outline: Outline, location: Location, troubled = false): string | null =>
  leavesAt(outline, location, troubled)[0] ?? null;

/** All that come from the place equally, in execution order. */
function leavesAt(outline: Outline, { file, range }: Location, troubled: boolean): readonly string[] {
  let best = Infinity;
  let found: string[] = [];
  for (const [node, leaf] of outline.leafOf) {
    const frames = outline.index.graph.nodes[node]!.frames;
    for (let depth = 0; depth < frames.length; depth++) {
      const frame = frames[depth]!;
      if (frame.file !== file) continue;
      const spans = !isBefore(range.start, frame.range.start) && !isBefore(frame.range.end, range.start);
      const sameLine = frame.range.start.line <= range.start.line && frame.range.end.line >= range.start.line;
      if (!sameLine) continue;
      const rank = depth + (spans ? 0 : 100) - (troubled && leaf.problem !== null ? 1000 : 0);
      if (rank < best) found = [];
      if (rank <= best) found.push(leaf.id);
      best = Math.min(best, rank);
    }
  }
  return found;
}

/**
 * What is on the canvas for an item: itself, the group that is closed around it, or, where equal blocks are drawn once,
 * its like in the first of them. Null for the model.
 */
export function visibleFor(outline: Outline, scene: Scene, id: string): string | null {
  const item = outline.items.get(id);
  if (!item) return null;
  const folded = (run: string): boolean => scene.nodes.get(run)?.folded ?? false;
  const { chain } = standIn(outline, { has: (run) => !folded(run) }, item);
  return chain.findLast((one) => scene.nodes.has(one.id) && one.id !== scene.root)?.id ?? null;
}

const isBefore = (a: Position, b: Position): boolean =>
  a.line < b.line || (a.line === b.line && a.character < b.character);
