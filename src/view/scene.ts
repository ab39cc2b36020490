/** What is on the canvas for a given set of open groups: nodes with ports, edges level by level. Plain data, no positions. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Graph, ValueId } from '../ir/graph.ts';
import type { Item, ItemRole, SkipKind } from './item.ts';
import type { Outline } from './outline.ts';
import { defaultExpanded, outlineOf } from './outline.ts';
import { SceneBuilder } from './sceneBuilder.ts';
import type { Side } from './sizes.ts';

export type EdgeKind = 'flow' | SkipKind;

/** In a drawing of two networks: what became of it. `resized`: only the shape of what flows through is another one. */
export type SceneDifference = 'added' | 'removed' | 'changed' | 'resized';

/** Where edges meet a node. Ports of open groups lie wherever the tap inside them comes to lie. */
export interface ScenePort {
  readonly id: string;
  readonly side: Side;
  /** From the node's upper left corner; null for ports of open groups. */
  readonly at: { readonly x: number; readonly y: number } | null;
}

export interface SceneNode {
  readonly id: string;
  /** `tap`: the point where a value enters or leaves an open group. */
  readonly kind: ItemRole | 'tap';
  /** Null for taps. */
  readonly item: Item | null;
  /** Id of the open group that holds the node; null for the model itself. */
  readonly group: string | null;
  /** True for what is drawn as a frame around its children; runs are always open. */
  readonly open: boolean;
  /** True for a run of which only the first repetition is drawn, for all of them. */
  readonly folded: boolean;
  readonly children: readonly string[];
  /** Of the node when it is closed; the least width when it is open. */
  readonly width: number;
  readonly height: number;
  readonly ports: readonly ScenePort[];
  /** Height of the line below a box from which a skip leaves; 0 for most. */
  readonly stem: number;
  /** For taps: true when the value comes in. */
  readonly entry: boolean;
  /** Absent for what is the same, and where nothing is compared. */
  readonly difference?: SceneDifference;
}

export interface SceneEdge {
  readonly id: string;
  readonly group: string;
  readonly kind: EdgeKind;
  readonly source: { readonly node: string; readonly port: string };
  readonly target: { readonly node: string; readonly port: string };
  readonly value: ValueId;
  /** Shape of the value, `64 × 56 × 56`; with the batch axis where the shapes at a merge do not fit. */
  readonly label: string;
  /** True when the label only repeats what the edge before said. */
  readonly minor: boolean;
  /** Path of the residual block whose skip, or whose branch's end, this edge is. */
  readonly block: string | null;
  readonly problem: string | null;
  /** `removed` for edges that only the old one of two networks has. */
  readonly difference?: SceneDifference;
}

export interface Scene {
  readonly root: string;
  readonly nodes: ReadonlyMap<string, SceneNode>;
  readonly edges: readonly SceneEdge[];
  /** How many residual blocks have their skip connection on the canvas, themselves or through the block drawn for them. */
  readonly skips: number;
}

/**
 * @param expanded ids of the open groups, and of the runs that are drawn one by one; see {@link defaultExpanded}
 * @param outline what {@link outlineOf} said about the same graph, to save making it again
 */
export function buildScene(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  expanded?: ReadonlySet<string>,
  outline: Outline = outlineOf(graph, blocks),
): Scene {
  return new SceneBuilder(outline, expanded ?? defaultExpanded(outline)).build();
}

/** The looks of skips that a drawing has to explain: of edges, and of the arcs on closed groups. */
export function looksIn(scene: Scene): ReadonlySet<SkipKind> {
  const looks = new Set<SkipKind>();
  for (const { kind } of scene.edges) if (kind !== 'flow') looks.add(kind);
  for (const { item, open } of scene.nodes.values())
    if (item && !open) for (const kind of Object.keys(item.skips)) looks.add(kind as SkipKind);
  return looks;
}
