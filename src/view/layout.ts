/** Scene → elk graphs, one per open group → positions. Inner groups first, equal groups once; elk itself is injected. */

import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Plan, PlanNode } from './arrange/plan.ts';
import { planOf } from './arrange/plan.ts';
import { alignLanes } from './lanes.ts';
import type { Scene, SceneEdge } from './scene.ts';
import { headerText, textWidth } from './captions.ts';
import { SIZES } from './sizes.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Positions of everything in a scene, in the coordinates of the whole drawing. */
export interface Placement {
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, Box>;
  readonly edges: ReadonlyMap<string, readonly Point[]>;
}

/** The part of elkjs that is needed. */
export interface LayoutEngine {
  layout(graph: ElkNode): Promise<ElkNode>;
}

/** Laid out levels by the text of their elk graph: kept from scene to scene, so that only what changed is done again. */
export type LayoutCache = Map<string, Promise<ElkNode>>;

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
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly shift: number;
  readonly ports: ReadonlyMap<string, Point>;
  readonly elk: ElkNode;
  /** Edges of the level in its own coordinates, skips on their lanes. */
  readonly routes: readonly (readonly Point[])[];
}

/** @throws the signal's reason once it is aborted: nothing more is then asked of the engine */
export async function layoutScene(
  scene: Scene,
  engine: LayoutEngine,
  cache: LayoutCache = new Map(),
  signal?: AbortSignal,
): Promise<Placement> {
  const plan = planOf(scene);
  const edgesOf = (id: string): readonly SceneEdge[] => plan.edges.get(id) ?? [];
  const frames = new Map<string, Frame>();

  const layoutGroup = async (node: PlanNode): Promise<void> => {
    const children = node.children.map((id) => plan.nodes.get(id)!);
    await Promise.all(children.filter((child) => child.open).map(layoutGroup));
    signal?.throwIfAborted();
    alignStages(children, frames);
    const graph = toElk(node, children, edgesOf(node.id), frames);
    const key = JSON.stringify(graph);
    const ask = (): Promise<ElkNode> => {
      signal?.throwIfAborted();
      const asked = engine.layout(graph);
      cache.set(key, asked);
      asked.catch(() => cache.get(key) === asked && cache.delete(key));
      return asked;
    };
    // What an earlier scene asked for may have been given up with it.
    const laid = await (cache.get(key)?.catch(ask) ?? ask());
    frames.set(node.id, frameOf(node, children, edgesOf(node.id), laid));
  };

  await layoutGroup(plan.nodes.get(plan.root)!);
  return fromElk(scene, plan, frames);
}

/** The elk graph of one open group; ids are positions in the group, so equal groups give equal graphs. */
export function toElk(
  group: PlanNode,
  children: readonly PlanNode[],
  edges: readonly SceneEdge[],
  frames: ReadonlyMap<string, Frame>,
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
  const padding = group.kind === 'column' ? '0' : `top=${top},left=${MARGIN},bottom=6,right=${MARGIN}`;
  return {
    id: 'root',
    layoutOptions: { ...OPTIONS, 'elk.padding': `[${padding}]` },
    children: children.map((child, at): ElkNode => {
      const frame = frames.get(child.id);
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
            ...(frame?.ports.get(port.id) ?? port.at ?? { x: 0, y: 0 }),
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

function frameOf(node: PlanNode, children: readonly PlanNode[], edges: readonly SceneEdge[], laid: ElkNode): Frame {
  const raised = raiseExits(children, edges, laid);
  const elk = node.kind === 'column' ? cropTop(children, edges, raised) : raised;
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
  const used = right + (node.kind === 'column' ? 0 : MARGIN);
  const entries = children.flatMap((child, at) =>
    child.kind === 'tap' && child.entry ? [boxes[at]!.x + child.width / 2] : [],
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
  return { width, height, shift, ports, elk, routes };
}

const pointsOf = (elk: ElkNode, at: number): readonly Point[] => {
  const section = elk.edges?.[at]?.sections?.[0];
  return section ? [section.startPoint, ...(section.bendPoints ?? []), section.endPoint] : [];
};

/** Nothing stands beside the points where values leave a group, so they need no layer of full height. */
function raiseExits(children: readonly PlanNode[], edges: readonly SceneEdge[], elk: ElkNode): ElkNode {
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
function cropTop(children: readonly PlanNode[], edges: readonly SceneEdge[], elk: ElkNode): ElkNode {
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

/** Stages that would be wider than this to line up with the others keep their own borders. */
const MOST_PADDING = 140;

/** Gives the stages of one level the same borders to the left and to the right of the stream that runs through them. */
function alignStages(children: readonly PlanNode[], frames: Map<string, Frame>): void {
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

/** Absolute positions from the laid out levels; taps are joined to the borders of their groups. */
function fromElk(scene: Scene, plan: Plan, frames: ReadonlyMap<string, Frame>): Placement {
  const nodes = new Map<string, Box>();
  const routes = new Map<string, readonly Point[]>();
  const placeStack = (id: string, at: Point): void => {
    const { members, links } = plan.stacks.get(id)!;
    for (const member of members) {
      const { width, height } = plan.nodes.get(member.id)!;
      nodes.set(member.id, { x: at.x + member.at.x, y: at.y + member.at.y, width, height });
    }
    for (const link of links)
      routes.set(
        link.id,
        [link.from, link.to].map((y) => ({ x: at.x + link.x, y: at.y + y })),
      );
  };
  const place = (id: string, at: Point): void => {
    const node = plan.nodes.get(id)!;
    const frame = frames.get(id)!;
    nodes.set(id, { ...at, width: frame.width, height: frame.height });
    const origin = { x: at.x + frame.shift, y: at.y };
    node.children.forEach((childId, index) => {
      const child = plan.nodes.get(childId)!;
      const { x = 0, y = 0, width = 0, height = 0 } = frame.elk.children![index]!;
      const corner = { x: origin.x + x, y: origin.y + y };
      if (child.open) place(childId, corner);
      else if (child.kind === 'stack') placeStack(childId, corner);
      else nodes.set(childId, { ...corner, width, height });
      if (child.kind === 'tap') {
        const x = corner.x + width / 2;
        const ends = child.entry ? [at.y, corner.y + height] : [corner.y, at.y + frame.height];
        routes.set(
          `${childId}/stub`,
          ends.map((end) => ({ x, y: end })),
        );
      }
    });
    (plan.edges.get(id) ?? []).forEach((edge, index) => {
      const points = frame.routes[index]!;
      if (points.length)
        routes.set(
          edge.id,
          points.map((point) => ({ x: origin.x + point.x, y: origin.y + point.y })),
        );
    });
  };
  place(plan.root, { x: 0, y: 0 });
  const whole = (id: string): readonly Point[] => plan.pieces.get(id)?.flatMap(whole) ?? routes.get(id) ?? [];
  const edges = new Map<string, readonly Point[]>();
  const keep = (id: string, points: readonly Point[]): void => void (points.length && edges.set(id, points));
  for (const { id } of scene.edges) keep(id, plan.pieces.has(id) ? straightened(whole(id)) : whole(id));
  for (const { id, kind } of scene.nodes.values()) if (kind === 'tap') keep(`${id}/stub`, whole(`${id}/stub`));
  for (const id of nodes.keys()) if (!scene.nodes.has(id)) nodes.delete(id);
  const { width, height } = nodes.get(scene.root)!;
  return { width, height, nodes, edges };
}

/** Without the points on the way between two others. */
const straightened = (points: readonly Point[]): readonly Point[] =>
  points.filter((point, at) => {
    const [before, after] = [points[at - 1], points[at + 1]];
    if (!before || !after) return true;
    const along = (axis: 'x' | 'y'): boolean =>
      Math.abs(before[axis] - point[axis]) < 0.5 && Math.abs(after[axis] - point[axis]) < 0.5;
    return !along('x') && !along('y');
  });
