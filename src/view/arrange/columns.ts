/** Columns: where the data parts into several ways that meet again, each way is a group of its own, side by side. */

import type { SceneEdge, ScenePort } from '../scene.ts';
import { SIZES, tapPorts } from '../sizes.ts';
import type { Plan, PlanNode } from './plan.ts';

/** All that comes into a group, and all that leaves it: the ends of the ways that part and meet at its border. */
const [ENTRY, EXIT] = ['<', '>'];

/** Gathers the ways of a group into columns, and the ways inside them again. */
export function gatherColumns(plan: Plan, group: string): void {
  const edges = plan.edges.get(group) ?? [];
  const level = levelOf(plan, group, edges);
  if (!level) return;
  const done = new Set<string>();
  let count = 0;
  for (const from of [ENTRY!, ...level.order]) {
    if (done.has(from) || level.flows(from).length < 2) continue;
    const to = level.meets.get(from);
    if (to === undefined) continue;
    const ways = waysBetween(level, from, to);
    if (!ways || ways.length < 2) continue;
    for (const way of ways) {
      if (way.size < 2 || !isPlain(plan, edges, way)) continue;
      for (const id of way) done.add(id);
      const id = `${group}/column${count++}`;
      wrap(plan, group, id, way);
      gatherColumns(plan, id);
    }
  }
}

interface Level {
  /** Topological, without the ends. */
  readonly order: readonly string[];
  readonly next: ReadonlyMap<string, ReadonlySet<string>>;
  readonly before: ReadonlyMap<string, ReadonlySet<string>>;
  /** For each vertex the first one through which all ways from it lead. */
  readonly meets: ReadonlyMap<string, string>;
  flows(from: string): readonly string[];
}

/** Null where nothing parts. */
function levelOf(plan: Plan, group: string, edges: readonly SceneEdge[]): Level | null {
  const vertexOf = (id: string): string => {
    const node = plan.nodes.get(id)!;
    return node.kind === 'tap' ? (node.entry ? ENTRY! : EXIT!) : id;
  };
  const next = new Map<string, Set<string>>();
  const before = new Map<string, Set<string>>();
  const flows = new Map<string, Set<string>>();
  const add = (map: Map<string, Set<string>>, key: string, value: string): void => {
    const set = map.get(key);
    if (set) set.add(value);
    else map.set(key, new Set([value]));
  };
  for (const { source, target, kind } of edges) {
    const [a, b] = [vertexOf(source.node), vertexOf(target.node)];
    add(next, a, b);
    add(before, b, a);
    if (kind === 'flow') add(flows, a, b);
  }
  if (![...flows.values()].some((targets) => targets.size > 1)) return null;
  const order = topological(
    plan.nodes.get(group)!.children.filter((id) => plan.nodes.get(id)!.kind !== 'tap'),
    before,
  );
  if (!order) return null;
  return { order, next, before, meets: meetingPoints(order, next), flows: (from) => [...(flows.get(from) ?? [])] };
}

function topological(
  ids: readonly string[],
  before: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] | null {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack = [...ids].reverse().map((id) => ({ id, leave: false }));
  while (stack.length) {
    const { id, leave } = stack.pop()!;
    if (leave) {
      state.set(id, 'done');
      order.push(id);
    } else if (!state.has(id)) {
      state.set(id, 'open');
      stack.push({ id, leave: true });
      for (const other of before.get(id) ?? []) {
        if (other === ENTRY || state.get(other) === 'done') continue;
        if (state.get(other) === 'open') return null;
        stack.push({ id: other, leave: false });
      }
    }
  }
  return order;
}

/** Immediate post-dominators (Cooper, Harvey, Kennedy): one pass is enough without cycles. */
function meetingPoints(
  order: readonly string[],
  next: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, string> {
  const rank = new Map([ENTRY!, ...order, EXIT!].map((id, at) => [id, at]));
  const meets = new Map<string, string>();
  const common = (a: string, b: string): string => {
    while (a !== b)
      if (rank.get(a)! < rank.get(b)!) a = meets.get(a)!;
      else b = meets.get(b)!;
    return a;
  };
  for (const id of [...[ENTRY!, ...order]].reverse()) meets.set(id, [...(next.get(id) ?? [EXIT!])].reduce(common));
  return meets;
}

/** What lies between two vertices, falling apart into ways; null where something else comes in from the side. */
function waysBetween({ order, next, before }: Level, from: string, to: string): readonly Set<string>[] | null {
  const inside = new Set<string>();
  const stack = [...(next.get(from) ?? [])];
  while (stack.length) {
    const id = stack.pop()!;
    if (id === to || inside.has(id)) continue;
    if (id === EXIT) return null;
    inside.add(id);
    stack.push(...(next.get(id) ?? []));
  }
  const ways: Set<string>[] = [];
  for (const id of order) {
    if (!inside.has(id)) continue;
    const sources = [...(before.get(id) ?? [])];
    if (sources.some((source) => source !== from && !inside.has(source))) return null;
    const joined = ways.filter((way) => sources.some((source) => way.has(source)));
    const rest = ways.filter((way) => !joined.includes(way));
    const way = new Set([...joined.flatMap((one) => [...one]), id]);
    ways.splice(0, ways.length, ...rest, way);
  }
  return ways;
}

/** True when no skip enters or leaves the way, so that its border is crossed by plain data alone. */
function isPlain(plan: Plan, edges: readonly SceneEdge[], way: ReadonlySet<string>): boolean {
  const isBoundary = ({ source, target }: SceneEdge): boolean => way.has(source.node) !== way.has(target.node);
  return (
    edges.every((edge) => edge.kind === 'flow' || !isBoundary(edge)) &&
    [...way].every((id) => plan.nodes.get(id)!.kind !== 'shortcut')
  );
}

function wrap(plan: Plan, group: string, id: string, way: ReadonlySet<string>): void {
  const owner = plan.nodes.get(group)!;
  const ports: ScenePort[] = [];
  const taps = new Map<string, string>();
  const [entries, exits]: [string[], string[]] = [[], []];
  /** One tap for all that the same port sends across the border. */
  const tapFor = ({ node, port }: SceneEdge['source'], entry: boolean): string => {
    const key = `${node} ${port} ${entry}`;
    const known = taps.get(key);
    if (known) return known;
    const tap = `${id}/${entry ? 'in' : 'out'}${entry ? entries.length : exits.length}`;
    taps.set(key, tap);
    (entry ? entries : exits).push(tap);
    ports.push({ id: tap, side: entry ? 'north' : 'south', at: null });
    plan.nodes.set(tap, {
      ...{ id: tap, kind: 'tap', item: null, group: id, open: false, folded: false, entry, children: [] },
      ...{ width: SIZES.tap, height: SIZES.tap, stem: 0, ports: tapPorts() },
    });
    return tap;
  };
  const outside = new Map<string, SceneEdge>();
  const within = new Map<string, SceneEdge>();
  for (const edge of plan.edges.get(group) ?? []) {
    const [starts, ends] = [way.has(edge.source.node), way.has(edge.target.node)];
    if (starts === ends) {
      (starts ? within : outside).set(edge.id, starts ? { ...edge, group: id } : edge);
      continue;
    }
    const tap = tapFor(edge.source, ends);
    const border = { node: id, port: tap };
    const pieces = ends
      ? [piece(edge, group, edge.source, border), piece(edge, id, { node: tap, port: 'out' }, edge.target)]
      : [piece(edge, id, edge.source, { node: tap, port: 'in' }), piece(edge, group, border, edge.target)];
    for (const part of pieces) (part.group === id ? within : outside).set(part.id, part);
    plan.pieces.set(edge.id, [pieces[0]!.id, `${tap}/stub`, pieces[1]!.id]);
  }
  const column: PlanNode = {
    ...{
      id,
      kind: 'column',
      item: null,
      group,
      open: true,
      folded: false,
      entry: false,
      width: 0,
      height: 0,
      stem: 0,
      ports,
    },
    children: [...entries, ...owner.children.filter((child) => way.has(child)), ...exits],
  };
  plan.nodes.set(id, column);
  const first = owner.children.find((child) => way.has(child))!;
  const children = owner.children.flatMap((child) => (child === first ? [id] : way.has(child) ? [] : [child]));
  plan.nodes.set(group, { ...owner, children });
  plan.edges.set(group, [...outside.values()]);
  plan.edges.set(id, [...within.values()]);
}

const piece = (
  edge: SceneEdge,
  group: string,
  source: SceneEdge['source'],
  target: SceneEdge['target'],
): SceneEdge => ({ ...edge, id: `${source.node}:${source.port}→${target.node}:${target.port}`, group, source, target });
