/** Where in the user's files each node was recorded: numbers of frames while a model runs, places once their table is there. */

import type { Location } from '../../ir/diagnostic.ts';
import type { Node } from '../../ir/graph.ts';
import type { Place, SourceText } from './sourceText.ts';

/** Looks a frame's number up; undefined for one that is in no table. */
export type Locate = (frame: number) => Location | undefined;

export class NodeFrames {
  private readonly rows: (readonly [Location[], readonly number[]])[] = [];

  /** The list of places that nodes recorded there are to carry, empty until {@link fill}. */
  note(frames: readonly number[]): readonly Location[] {
    const locations: Location[] = [];
    this.rows.push([locations, frames]);
    return locations;
  }

  /** Takes over what another has noted, with lists of its own; gives its nodes with those. */
  continue(other: NodeFrames, nodes: readonly Node[]): readonly Node[] {
    const fresh = new Map(
      other.rows.map(([locations, frames]) => [locations as readonly Location[], this.note(frames)]),
    );
    return nodes.map((node) => ({ ...node, frames: fresh.get(node.frames) ?? node.frames }));
  }

  /** Numbers of the user's frames in which a node was recorded, innermost first. */
  at(node: Node): readonly number[] {
    return this.rows.find(([locations]) => locations === node.frames)?.[1] ?? [];
  }

  /** Puts the places into the nodes' lists. */
  fill(locate: Locate): void {
    for (const [locations, frames] of this.rows)
      locations.push(...frames.map(locate).filter((location) => location !== undefined));
  }
}

/** Looks frames up in a table, each once. */
export function locator(source: SourceText, places: readonly Place[]): Locate {
  const known = new Map<number, Location>();
  return (frame) => {
    const place = places[frame];
    if (!place) return undefined;
    const seen = known.get(frame) ?? source.locate(place);
    known.set(frame, seen);
    return seen;
  };
}
