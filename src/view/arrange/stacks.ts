/** Stacks: a layer with its norm and activation, or changes of shape in a row, stand on one another without arrows. */

import type { SceneEdge, ScenePort } from '../scene.ts';
import type { Member, Plan, PlanNode, Stack } from './plan.ts';

/** Between the members of a stack. */
const GAP = 3;

/** Puts every stack of a group in the place of its members. */
export function stackUp(plan: Plan, group: string): void {
  const edges = plan.edges.get(group) ?? [];
  const byPair = linksIn(plan, edges);
  const next = new Map([...byPair.values()].map(({ source, target }) => [source.node, target.node]));
  const inner = new Set(next.values());
  const placed = new Map<string, { stack: string; member: Member }>();
  const links = new Set<string>();
  let count = 0;
  for (const start of next.keys()) {
    if (inner.has(start)) continue;
    const chain = [start];
    for (let at = next.get(start); at !== undefined; at = next.get(at)) chain.push(at);
    for (const ids of cut(chain.map((id) => plan.nodes.get(id)!))) {
      if (ids.length < 2) continue;
      const id = `${group}/stack${count++}`;
      const { node, stack } = stackOf(
        plan,
        id,
        ids,
        ids.slice(0, -1).map((one) => byPair.get(one)!),
      );
      plan.nodes.set(id, node);
      plan.stacks.set(id, stack);
      for (const member of stack.members) placed.set(member.id, { stack: id, member });
      for (const link of stack.links) links.add(link.id);
    }
  }
  if (!count) return;
  const end = (at: SceneEdge['source']): SceneEdge['source'] => {
    const found = placed.get(at.node);
    return found ? { node: found.stack, port: at.port } : at;
  };
  plan.edges.set(
    group,
    edges
      .filter(({ id }) => !links.has(id))
      .map((edge) => ({ ...edge, source: end(edge.source), target: end(edge.target) })),
  );
  const owner = plan.nodes.get(group)!;
  const children = [...new Set(owner.children.map((id) => placed.get(id)?.stack ?? id))];
  plan.nodes.set(group, { ...owner, children });
}

/** Edges that alone join two operations of one sort, by the upper one. */
function linksIn(plan: Plan, edges: readonly SceneEdge[]): ReadonlyMap<string, SceneEdge> {
  const outs = new Map<string, number>();
  const ins = new Map<string, number>();
  for (const { source, target } of edges) {
    outs.set(source.node, (outs.get(source.node) ?? 0) + 1);
    ins.set(target.node, (ins.get(target.node) ?? 0) + 1);
  }
  return new Map(
    edges.flatMap((edge) => {
      const { source, target, kind } = edge;
      if (kind !== 'flow' || outs.get(source.node) !== 1 || ins.get(target.node) !== 1) return [];
      const sort = sortOf(plan.nodes.get(source.node)!);
      return sort !== null && sort === sortOf(plan.nodes.get(target.node)!) ? [[source.node, edge] as const] : [];
    }),
  );
}

function sortOf({ kind, item, open }: PlanNode): 'layer' | 'shape' | null {
  if (kind !== 'op' || open || !item) return null;
  if (item.family === 'shape') return 'shape';
  return isLayer(item.family) || isAround(item.family) ? 'layer' : null;
}

const isLayer = (family: string): boolean => family === 'conv' || family === 'linear';
const isAround = (family: string): boolean => family === 'norm' || family === 'activation';

/** A stack begins with its layer; where norm and activation come before the first one, it ends with it. */
function cut(chain: readonly PlanNode[]): string[][] {
  const families = chain.map(({ item }) => item!.family);
  if (families[0] === 'shape') return [chain.map(({ id }) => id)];
  const first = families.findIndex(isLayer);
  const isPre = families.slice(0, Math.max(0, first)).includes('activation');
  const parts: string[][] = [[]];
  chain.forEach(({ id }, at) => {
    if (!isPre && isLayer(families[at]!)) parts.push([]);
    parts.at(-1)!.push(id);
    if (isPre && isLayer(families[at]!)) parts.push([]);
  });
  return parts;
}

function stackOf(
  plan: Plan,
  id: string,
  ids: readonly string[],
  between: readonly SceneEdge[],
): { node: PlanNode; stack: Stack } {
  const members = ids.map((one) => plan.nodes.get(one)!);
  const width = Math.max(...members.map((member) => member.width));
  let y = 0;
  const placed = members.map((member) => {
    const top = y;
    y += member.height + GAP;
    return { id: member.id, top };
  });
  const height = y - GAP;
  const moved = (at: number, wanted: (port: ScenePort) => boolean): ScenePort[] => {
    const wider = width - members[at]!.width;
    const place = ({ side, at: port }: ScenePort): ScenePort['at'] =>
      port && { x: port.x + (side === 'east' ? wider : wider / 2), y: port.y + placed[at]!.top };
    return members[at]!.ports.filter(wanted).map((port) => ({ ...port, at: place(port) }));
  };
  const links = between.map((edge, at) => ({
    ...{ id: edge.id, x: width / 2 },
    ...{ from: placed[at + 1]!.top - GAP, to: placed[at + 1]!.top },
  }));
  const { group } = members[0]!;
  return {
    node: {
      ...{ id, kind: 'stack', item: null, group, open: false, folded: false, children: [], entry: false },
      ...{ width, height, stem: 0 },
      ports: [
        ...moved(0, ({ side }) => side === 'north'),
        ...moved(members.length - 1, ({ side }) => side !== 'north'),
      ],
    },
    stack: { members: placed, links },
  };
}
