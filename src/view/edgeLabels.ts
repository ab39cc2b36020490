/** The shapes beside the edges, where no line runs through them. */

import { opNote, textWidth } from './captions.ts';
import { edgePoints } from './edgePoints.ts';
import type { Box, Placement, Point } from './layout.ts';
import { text } from './primitives.ts';
import type { Scene, SceneNode } from './scene.ts';
import { SHEETS } from './sizes.ts';

const FONT = 10.5;
/** From the line to its text. */
const BESIDE = 7;
/** Edges between things that stand on one another are too short for a text. */
const LEAST_LENGTH = 12;

/** By the ids of their edges; the same shape from the same port stands there once, skips say theirs only in trouble. */
export function edgeLabels(scene: Scene, placement: Placement): ReadonlyMap<string, string> {
  const bars = horizontals(scene, placement);
  const said = new Set<string>();
  const labels = new Map<string, string>();
  for (const edge of scene.edges) {
    const points = edgePoints(scene, placement, edge);
    if (points.length < 2 || edge.difference) continue;
    const source = scene.nodes.get(edge.source.node)!;
    const nested = edge.group === scene.root ? '' : ' instage';
    const look = `shape${nested}${edge.minor ? ' minor' : ''}${edge.problem ? ' problem' : ''}`;
    if (edge.kind !== 'flow') {
      if (!edge.problem) continue;
      const lane = longestVertical(points);
      labels.set(edge.id, text(lane.x + BESIDE, lane.y + 4, edge.label, look));
      continue;
    }
    const leaves = scene.nodes.get(edge.target.node)!.kind === 'tap';
    const key = `${edge.source.node} ${edge.source.port} ${edge.label}`;
    const isShort = points.length === 2 && Math.abs(points[1]!.y - points[0]!.y) < LEAST_LENGTH;
    // An operation that only changes the shape says it itself.
    const isStated = source.kind === 'op' && opNote(source.item!) === edge.label;
    if (!edge.problem && (source.kind === 'tap' || leaves || said.has(key) || isShort || isStated)) continue;
    said.add(key);
    const { x, y, anchor } = placeFor(belowSheets(points, source), edge.label, bars.get(edge.group) ?? []);
    labels.set(edge.id, text(x, y, edge.label, look, anchor));
  }
  return labels;
}

/** Where the line leaves a stack, its first part lies between the edges of the lower sheets. */
function belowSheets(points: readonly Point[], { folded, open, item }: SceneNode): readonly Point[] {
  const [start, next] = [points[0]!, points[1]!];
  const isStack = open ? folded : item?.role === 'stage';
  return isStack && next.y > start.y + SHEETS ? [{ x: start.x, y: start.y + SHEETS }, ...points.slice(1)] : points;
}

interface Bar {
  readonly y: number;
  readonly left: number;
  readonly right: number;
}

/** Horizontal parts of the edges of each group. */
function horizontals(scene: Scene, placement: Placement): ReadonlyMap<string, readonly Bar[]> {
  const bars = new Map<string, Bar[]>();
  for (const { id, group } of scene.edges) {
    const points = placement.edges.get(id) ?? [];
    for (let at = 1; at < points.length; at++) {
      const [a, b] = [points[at - 1]!, points[at]!];
      if (Math.abs(a.y - b.y) > 0.5 || Math.abs(a.x - b.x) < 1) continue;
      const bar = { y: a.y, left: Math.min(a.x, b.x), right: Math.max(a.x, b.x) };
      const list = bars.get(group);
      if (list) list.push(bar);
      else bars.set(group, [bar]);
    }
  }
  return bars;
}

interface Place extends Point {
  readonly anchor: 'start' | 'end';
}

/** Left of the line in its middle; else close to where it begins, or right of it, where nothing runs through the text. */
function placeFor(points: readonly Point[], label: string, bars: readonly Bar[]): Place {
  const [start, next] = [points[0]!, points[1]!];
  const isUp = next.y < start.y;
  const middle = (start.y + next.y) / 2 + 4;
  const centred = isUp ? Math.max(start.y - 7, middle) : Math.min(start.y + 15, middle);
  const close = isUp ? start.y - 3 : start.y + 9.5;
  const places: Place[] = [centred, close].flatMap((y) => [
    { x: start.x - BESIDE, y, anchor: 'end' },
    { x: start.x + BESIDE, y, anchor: 'start' },
  ]);
  const width = textWidth(label, FONT);
  const boxOf = ({ x, y, anchor }: Place): Box => ({
    ...{ x: anchor === 'end' ? x - width : x, width },
    ...{ y: y - FONT * 0.8, height: FONT * 0.8 },
  });
  const isFree = (place: Place): boolean => {
    const box = boxOf(place);
    return !bars.some(
      (bar) => bar.y > box.y - 1 && bar.y < box.y + box.height + 4 && bar.left < box.x + box.width && bar.right > box.x,
    );
  };
  return places.find(isFree) ?? places[2]!;
}

function longestVertical(points: readonly Point[]): Point {
  let best = { x: points[0]!.x, y: points[0]!.y, length: -1 };
  for (let at = 1; at < points.length; at++) {
    const [a, b] = [points[at - 1]!, points[at]!];
    const length = Math.abs(a.y - b.y);
    if (Math.abs(a.x - b.x) < 1 && length > best.length) best = { x: a.x, y: (a.y + b.y) / 2, length };
  }
  return best;
}
