/** From a place in the source to the node on the canvas that stands for it. */

import type { Location, Position } from '../ir/diagnostic.ts';
import type { Outline } from './outline.ts';
import type { Scene } from './scene.ts';

/**
 * The innermost visible node whose call spans the place, else one on the same line; the first in execution order.
 * Null when nothing on the canvas comes from there.
 */
export function locate(outline: Outline, scene: Scene, { file, range }: Location): string | null {
  let best: { id: string; rank: number } | null = null;
  for (const [node, leaf] of outline.leafOf) {
    const frames = outline.index.graph.nodes[node]!.frames;
    for (let depth = 0; depth < frames.length; depth++) {
      const frame = frames[depth]!;
      if (frame.file !== file) continue;
      const spans = !isBefore(range.start, frame.range.start) && !isBefore(frame.range.end, range.start);
      const sameLine = frame.range.start.line <= range.start.line && frame.range.end.line >= range.start.line;
      if (!sameLine) continue;
      const rank = depth + (spans ? 0 : 100);
      if (!best || rank < best.rank) best = { id: leaf.id, rank };
    }
  }
  for (let id = best?.id; id; id = outline.parentOf.get(id)?.id)
    if (scene.nodes.has(id) && id !== scene.root) return id;
  return null;
}

const isBefore = (a: Position, b: Position): boolean =>
  a.line < b.line || (a.line === b.line && a.character < b.character);
