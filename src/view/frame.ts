/** One open group: its elk graph, and what came back as the group's size, its boxes and its routes. */

import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { PlanNode } from './arrange/plan.ts';
import { headerText, textWidth } from './captions.ts';
import { alignLanes } from './lanes.ts';
import type { Box, Point } from './layout.ts';
import type { SceneEdge, ScenePort } from './scene.ts';
import { SIZES } from './sizes.ts';
import { cropTop, pointsOf, raiseExits } from './trim.ts';

const MARGIN = 16;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.randomSeed': '1',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '11',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '9',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '12',
};

/** Size of an open group and where its taps lie, seen from its upper left corner. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly shift: number;
  readonly ports: ReadonlyMap<string, Point>;
  /** Of the group's children, in its own coordinates without the shift; so are the routes. */
  readonly boxes: readonly Box[];
  /** Of the group's edges, skips on their lanes. */
  readonly routes: readonly (readonly Point[])[];
}

/** What else there is to say about how a group is laid out. */
export interface Way {
  /** The data flows upwards: the header lies where it leaves. Elk's layers run downwards all the same. */
  readonly isRising: boolean;
  /** What elk puts to the right is drawn at the left. */
  readonly isMirrored: boolean;
}

/** The elk graph of one open group; ids are positions in the group, so equal groups give equal graphs. */
export function toElk(
  group: PlanNode,
  children: readonly PlanNode[],
  edges: readonly SceneEdge[],
  frames: ReadonlyMap<string, Frame>,
  { isRising, isMirrored }: Way,
): ElkNode {
  const index = new Map(children.map((child, at) => [child.id, at]));
  const used = new Set(
    edges.flatMap(({ source, target }) => [`${source.node} ${source.port}`, `${target.node} ${target.port}`]),
  );
  const portId = (node: string, port: string): string => {
    const at = index.get(node)!;
    return `n${at}p${children[at]!.ports.findIndex((candidate) => candidate.id === port)}`;
  };
  // Where a skip leaves at once, its corner keeps clear of the header.
  const forks = edges.some(({ source, kind }) => kind !== 'flow' && children[index.get(source.node)!]!.kind === 'tap');
  const top = group.kind === 'model' ? 8 : forks ? SIZES.header : SIZES.header - 20;
  const padding =
    group.kind === 'column'
      ? '0'
      : `${isRising ? `top=6,bottom=${top}` : `top=${top},bottom=6`},left=${MARGIN},right=${MARGIN}`;
  return {
    id: 'root',
    layoutOptions: { ...OPTIONS, 'elk.padding': `[${padding}]` },
    children: children.map((child, at): ElkNode => {
      const frame = frames.get(child.id);
      const place = (port: ScenePort): Point => {
        const { x, y } = frame?.ports.get(port.id) ?? port.at ?? { x: 0, y: 0 };
        return { x: isMirrored && port.side !== 'east' ? (frame ?? child).width - x : x, y };
      };
      const side = { north: 'NORTH', south: 'SOUTH', east: 'EAST' } as const;
      return {
        id: `n${at}`,
        width: frame?.width ?? child.width,
        height: frame?.height ?? child.height,
        layoutOptions: { 'elk.portConstraints': 'FIXED_POS', ...layerOf(child) },
        ports: child.ports
          .filter((port) => used.has(`${child.id} ${port.id}`))
          .map((port) => ({
            id: portId(child.id, port.id),
            width: 0,
            height: 0,
            ...place(port),
            layoutOptions: { 'elk.port.side': side[port.side] },
          })),
      };
    }),
    edges: edges.map((edge, at): ElkExtendedEdge => ({
      id: `e${at}`,
      sources: [portId(edge.source.node, edge.source.port)],
      targets: [portId(edge.target.node, edge.target.port)],
      layoutOptions: { 'elk.layered.priority.straightness': edge.kind === 'flow' ? '20' : '1' },
    })),
  };
}

const layerOf = (node: PlanNode): Record<string, string> => {
  if (node.kind === 'tap') return { 'elk.layered.layering.layerConstraint': node.entry ? 'FIRST' : 'LAST' };
  return {};
};

export function frameOf(
  node: PlanNode,
  children: readonly PlanNode[],
  edges: readonly SceneEdge[],
  laid: ElkNode,
  isRising: boolean,
): Frame {
  const isColumn = node.kind === 'column';
  // Where the data leaves upwards, the header lies in between.
  const raised = isRising && !isColumn ? laid : raiseExits(children, edges, laid);
  const elk = isRising || isColumn ? cropTop(children, edges, raised) : raised;
  const boxes = (elk.children ?? []).map(({ x = 0, y = 0, width = 0, height = 0 }) => ({ x, y, width, height }));
  const index = new Map(children.map((child, at) => [child.id, at]));
  const plain = edges.map((_, at) => pointsOf(elk, at));
  const anchors = children.flatMap((child, at) =>
    child.kind === 'shortcut' ? [boxes[at]!.x + boxes[at]!.width / 2] : [],
  );
  const routes = alignLanes(
    boxes,
    edges.map((edge, at) => ({
      skip: edge.kind !== 'flow',
      points: plain[at]!,
      ends: [index.get(edge.source.node)!, index.get(edge.target.node)!],
    })),
    anchors,
  );
  const right = Math.max(
    0,
    ...boxes.map((box) => box.x + box.width),
    ...routes.flatMap((points, at) => points.map((point) => point.x + laneLabel(edges[at]!))),
  );
  const used = right + (isColumn ? 0 : MARGIN);
  // The lines through the header.
  const entries = children.flatMap((child, at) =>
    child.kind === 'tap' && child.entry !== isRising ? [boxes[at]!.x + child.width / 2] : [],
  );
  const [before, after] = entries.length ? [Math.min(...entries), used - Math.max(...entries)] : [used / 2, used / 2];
  const header = node.item && node.kind !== 'model' ? headerText(node.item, before, after) : null;
  const shift = header ? Math.max(0, Math.ceil(header.left - before)) : 0;
  const width = used + shift + (header ? Math.max(0, Math.ceil(header.right - after)) : 0);
  const height = elk.height ?? 0;
  const ports = new Map<string, Point>();
  children.forEach((child, at) => {
    if (child.kind !== 'tap') return;
    ports.set(child.id, { x: boxes[at]!.x + shift + child.width / 2, y: child.entry ? 0 : height });
  });
  return { width, height, shift, ports, boxes, routes };
}

/** Stages that would be wider than this to line up with the others keep their own borders. */
const MOST_PADDING = 140;

/** Gives the stages of one level the same borders to the left and to the right of the stream that runs through them. */
export function alignStages(children: readonly PlanNode[], frames: Map<string, Frame>): void {
  const stages = children.flatMap((child) => {
    const frame = child.kind === 'stage' ? frames.get(child.id) : undefined;
    const entry = frame && child.ports.find((port) => port.side === 'north');
    const at = entry && frame.ports.get(entry.id);
    return at ? [{ id: child.id, frame, left: at.x, right: frame.width - at.x }] : [];
  });
  const padding = (sizes: readonly number[], size: number): number =>
    Math.max(0, ...sizes.map((other) => other - size).filter((more) => more <= MOST_PADDING));
  const lefts = stages.map(({ left }) => left);
  const rights = stages.map(({ right }) => right);
  for (const { id, frame, left, right } of stages) {
    const before = padding(lefts, left);
    const ports = new Map([...frame.ports].map(([port, { x, y }]) => [port, { x: x + before, y }]));
    const width = frame.width + before + padding(rights, right);
    frames.set(id, { ...frame, width, shift: frame.shift + before, ports });
  }
}

/** Room that a mismatched skip needs for the shape it carries. */
const laneLabel = (edge: SceneEdge): number =>
  edge.problem && edge.kind !== 'flow' ? textWidth(edge.label, 11) + 10 : 0;
