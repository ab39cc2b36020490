/** What is on the canvas for an item: the item itself, or its like in the first repetition of a folded run. */

import type { Item } from './item.ts';
import type { Outline } from './outline.ts';

/** A folded run on the way to an item, and which of its repetitions the item is in. */
export interface Fold {
  readonly run: Item;
  readonly at: number;
}

export interface StandIn {
  /** From the model down to the item, or to its like. */
  readonly chain: readonly Item[];
  readonly folds: readonly Fold[];
}

/** @param expanded ids of the open groups, and of the runs that are drawn one by one */
export function standIn(outline: Outline, expanded: Pick<ReadonlySet<string>, 'has'>, item: Item): StandIn {
  const positions: number[] = [];
  for (let at = item, up = outline.parentOf.get(at.id); up; up = outline.parentOf.get(up.id)) {
    positions.push(outline.positionOf.get(at.id)!);
    at = up;
  }
  let here = outline.root;
  const chain = [here];
  const folds: Fold[] = [];
  while (positions.length) {
    const position = positions.pop()!;
    const { run } = here;
    const folded = run !== null && !expanded.has(here.id);
    if (folded) folds.push({ run: here, at: Math.floor(position / run.size) });
    here = here.children[folded ? position % run.size : position]!;
    chain.push(here);
  }
  return { chain, folds };
}

/** The items that one on the canvas stands for: itself, and with a folded run around it its like in each repetition. */
export function membersOf(outline: Outline, expanded: Pick<ReadonlySet<string>, 'has'>, id: string): readonly Item[] {
  const item = outline.items.get(id);
  if (!item) return [];
  const group = outline.parentOf.get(id);
  if (!group) return [item];
  const position = outline.positionOf.get(id)!;
  return membersOf(outline, expanded, group.id).flatMap(({ children, run }) =>
    run && !expanded.has(group.id)
      ? Array.from({ length: run.count }, (_, at) => children[(position % run.size) + at * run.size]!)
      : [children[position]!],
  );
}

/** What has to be open for an item to be on the canvas itself: its groups, and the runs that fold it away. */
export function expandedFor(outline: Outline, id: string): readonly string[] {
  const groups: string[] = [];
  for (let child = id, group = outline.parentOf.get(id); group; group = outline.parentOf.get(group.id)) {
    const drawnFirst = group.run !== null && outline.positionOf.get(child)! < group.run.size;
    if (group.role !== 'model' && !drawnFirst) groups.push(group.id);
    child = group.id;
  }
  return groups;
}
