/** What is laid out in place of a scene: its nodes, some of them gathered in stacks and columns that are not drawn. */

import type { Scene, SceneEdge, SceneNode } from '../scene.ts';
import type { Bend } from './bend.ts';
import { bendOf, risingIn } from './bend.ts';
import { gatherColumns } from './columns.ts';
import { stackUp } from './stacks.ts';

/** `stack`: operations that stand on one another. `column`: one of several ways side by side. Neither is drawn. */
export type PlanKind = SceneNode['kind'] | 'stack' | 'column';

export interface PlanNode extends Omit<SceneNode, 'kind'> {
  readonly kind: PlanKind;
}

export interface Member {
  readonly id: string;
  /** Of its upper border, from the stack's. It is as wide as the stack. */
  readonly top: number;
}

/** A stack, with where its members and the short edges between them lie in it. */
export interface Stack {
  readonly members: readonly Member[];
  readonly links: readonly { readonly id: string; readonly x: number; readonly from: number; readonly to: number }[];
}

export interface Plan {
  readonly root: string;
  readonly nodes: Map<string, PlanNode>;
  /** Edges of each group, with both ends in it. */
  readonly edges: Map<string, readonly SceneEdge[]>;
  readonly stacks: Map<string, Stack>;
  /** Of edges that cross the border of a column: the routes that make them up, in order, or further edges that do. */
  readonly pieces: Map<string, readonly string[]>;
  /** The model's own level in two arms; null where it is no U-Net. */
  readonly bend: Bend | null;
  /** What the data flows through from the bottom to the top. */
  readonly rising: ReadonlySet<string>;
}

export function planOf(scene: Scene): Plan {
  const edges = new Map<string, SceneEdge[]>();
  for (const edge of scene.edges) {
    const list = edges.get(edge.group);
    if (list) list.push(edge);
    else edges.set(edge.group, [edge]);
  }
  const nodes = new Map<string, PlanNode>(scene.nodes);
  const none = { bend: null, rising: new Set<string>() };
  const plan: Plan = { root: scene.root, nodes, edges, stacks: new Map(), pieces: new Map(), ...none };
  for (const { id, open } of scene.nodes.values())
    if (open) {
      stackUp(plan, id);
      gatherColumns(plan, id);
    }
  const bend = bendOf(plan);
  return bend ? { ...plan, bend, rising: risingIn(plan, bend.up) } : plan;
}
