/** Takes the empty room out of a laid out level where values enter and leave it. */

import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { PlanNode } from './arrange/plan.ts';
import type { Point } from './layout.ts';
import type { SceneEdge } from './scene.ts';

/** The route of an edge of a level, by its place. */
export const pointsOf = (elk: ElkNode, at: number): readonly Point[] => {
  const section = elk.edges?.[at]?.sections?.[0];
  return section ? [section.startPoint, ...(section.bendPoints ?? []), section.endPoint] : [];
};

/** Nothing stands beside the points where values leave a group, so they need no layer of full height. */
export function raiseExits(children: readonly PlanNode[], edges: readonly SceneEdge[], elk: ElkNode): ElkNode {
  const boxes = elk.children ?? [];
  const exits = new Set(children.flatMap((child) => (child.kind === 'tap' && !child.entry ? [child.id] : [])));
  const leaves = (at: number): boolean => exits.has(edges[at]!.target.node);
  const drawn = children.flatMap((child, at) => (exits.has(child.id) ? [] : [boxes[at]!.y! + boxes[at]!.height!]));
  const turns = edges.flatMap((_, at) => (leaves(at) ? pointsOf(elk, at).slice(0, -1) : pointsOf(elk, at)));
  const bottom = Math.max(0, ...drawn, ...turns.map(({ y }) => y));
  const top = Math.min(...children.flatMap((child, at) => (exits.has(child.id) ? [boxes[at]!.y!] : [])));
  const spare = Number.isFinite(top) ? Math.floor(top - bottom - 2) : 0;
  if (spare <= 0) return elk;
  return {
    ...elk,
    height: elk.height! - spare,
    children: boxes.map((box, at) => (exits.has(children[at]!.id) ? { ...box, y: box.y! - spare } : box)),
    edges: (elk.edges ?? []).map((edge, at) => {
      const section = leaves(at) ? edge.sections?.[0] : undefined;
      if (!section) return edge;
      const { x, y } = section.endPoint;
      return { ...edge, sections: [{ ...section, endPoint: { x, y: y - spare } }] };
    }),
  };
}

/** The same above, where values come in: what is below moves up to them. */
export function cropTop(children: readonly PlanNode[], edges: readonly SceneEdge[], elk: ElkNode): ElkNode {
  const boxes = elk.children ?? [];
  const entries = new Set(children.flatMap((child) => (child.kind === 'tap' && child.entry ? [child.id] : [])));
  const enters = (at: number): boolean => entries.has(edges[at]!.source.node);
  const drawn = children.flatMap((child, at) => (entries.has(child.id) ? [] : [boxes[at]!.y!]));
  const turns = edges.flatMap((_, at) => (enters(at) ? pointsOf(elk, at).slice(1) : pointsOf(elk, at)));
  const top = Math.min(...drawn, ...turns.map(({ y }) => y));
  const bottom = Math.max(
    ...children.flatMap((child, at) => (entries.has(child.id) ? [boxes[at]!.y! + boxes[at]!.height!] : [])),
  );
  const spare = Number.isFinite(bottom) ? Math.floor(top - bottom - 2) : 0;
  if (spare <= 0) return elk;
  const up = ({ x, y }: Point): Point => ({ x, y: y - spare });
  return {
    ...elk,
    height: elk.height! - spare,
    children: boxes.map((box, at) => (entries.has(children[at]!.id) ? box : { ...box, y: box.y! - spare })),
    edges: (elk.edges ?? []).map((edge, at) => {
      const section = edge.sections?.[0];
      if (!section) return edge;
      const { startPoint, endPoint, bendPoints } = section;
      const start = enters(at) ? startPoint : up(startPoint);
      const bends = bendPoints && { bendPoints: bendPoints.map(up) };
      return { ...edge, sections: [{ ...section, ...bends, startPoint: start, endPoint: up(endPoint) }] };
    }),
  };
}
