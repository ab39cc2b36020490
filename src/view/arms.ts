/** Puts the two arms of a U-Net side by side: what long skips join stands on one height, so that they run straight across. */

import type { Bend } from './arrange/bend.ts';
import type { Plan } from './arrange/plan.ts';
import type { Frame } from './frame.ts';
import type { Box, Point } from './layout.ts';
import type { SceneEdge } from './scene.ts';

/** Between the arms. */
const GAP = 72;
/** Below or above a group that a skip leaves or enters through its border. */
const OUTSIDE = 10;
/** Below the arms, where one goes on as the other. */
const TURN = 26;

interface Arm {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly routes: ReadonlyMap<string, readonly Point[]>;
}

/** @param left laid out with its sides exchanged; the right one is laid out downwards, as everything */
export function joinArms(plan: Plan, bend: Bend, left: Frame, right: Frame, frames: ReadonlyMap<string, Frame>): Frame {
  const edges = plan.edges.get(plan.root)!;
  const armOf = (ids: readonly string[], { boxes, routes }: Frame, move: (point: Point, size?: Box) => Point): Arm => {
    const own = edges.filter(({ source, target }) => ids.includes(source.node) && ids.includes(target.node));
    return {
      boxes: new Map(ids.map((id, at) => [id, { ...boxes[at]!, ...move(boxes[at]!, boxes[at]) }])),
      routes: new Map(own.map(({ id }, at) => [id, routes[at]!.map((point) => move(point))])),
    };
  };
  let down = armOf(bend.down, left, ({ x, y }, size) => ({ x: left.width - x - (size?.width ?? 0), y }));
  let up = armOf(bend.up, right, ({ x, y }, size) => ({
    x: left.width + GAP + x,
    y: right.height - y - (size?.height ?? 0),
  }));

  for (const skip of bend.skips) {
    const by = endOf(plan, skip, up) - startOf(plan, skip, down);
    if (by > 0) down = lowered(down, down.boxes.get(skip.source.node)!.y, by);
    else up = lowered(up, up.boxes.get(skip.target.node)!.y, -by);
  }
  const boxes = new Map([...down.boxes, ...up.boxes]);
  const routes = new Map([...down.routes, ...up.routes]);
  for (const skip of bend.skips) routes.set(skip.id, across(plan, skip, down, up, frames));

  const bottom = Math.max(...[...boxes.values()].map((box) => box.y + box.height)) + TURN;
  const [from, to] = [down.boxes.get(bend.turn.source.node)!, up.boxes.get(bend.turn.target.node)!];
  const [x, end] = [portX(plan, frames, bend.turn.source, from), portX(plan, frames, bend.turn.target, to)];
  routes.set(bend.turn.id, [
    { x, y: from.y + from.height },
    { x, y: bottom },
    { x: end, y: bottom },
    { x: end, y: to.y + to.height },
  ]);
  return {
    ...{ width: left.width + GAP + right.width, height: bottom + TURN, shift: 0, ports: new Map() },
    boxes: plan.nodes.get(plan.root)!.children.map((id) => boxes.get(id)!),
    routes: edges.map(({ id }) => routes.get(id) ?? []),
  };
}

/** Everything from a height downwards moved further down; lines through it grow. */
function lowered({ boxes, routes }: Arm, from: number, by: number): Arm {
  const move = <T extends Point>(point: T): T => (point.y > from - 1 ? { ...point, y: point.y + by } : point);
  return {
    boxes: new Map([...boxes].map(([id, box]) => [id, move(box)])),
    routes: new Map([...routes].map(([id, points]) => [id, points.map(move)])),
  };
}

const portOf = (plan: Plan, { node, port }: SceneEdge['source']) =>
  plan.nodes.get(node)!.ports.find(({ id }) => id === port)!;

/** The height on which a skip leaves the first arm. */
function startOf(plan: Plan, { source }: SceneEdge, { boxes }: Arm): number {
  const box = boxes.get(source.node)!;
  const { side, at } = portOf(plan, source);
  return side === 'east' && at ? box.y + at.y : box.y + box.height + OUTSIDE;
}

/** The height on which it comes to the second, where things stand on their heads. */
function endOf(plan: Plan, { target }: SceneEdge, { boxes }: Arm): number {
  const box = boxes.get(target.node)!;
  const { side, at } = portOf(plan, target);
  return side === 'east' && at ? box.y + box.height - at.y : box.y + box.height + OUTSIDE;
}

function portX(plan: Plan, frames: ReadonlyMap<string, Frame>, end: SceneEdge['source'], box: Box): number {
  const at = frames.get(end.node)?.ports.get(end.port) ?? portOf(plan, end).at;
  return box.x + (at?.x ?? box.width / 2);
}

function across(plan: Plan, skip: SceneEdge, down: Arm, up: Arm, frames: ReadonlyMap<string, Frame>): readonly Point[] {
  const [from, to] = [down.boxes.get(skip.source.node)!, up.boxes.get(skip.target.node)!];
  const y = startOf(plan, skip, down);
  const start = (): readonly Point[] => {
    if (portOf(plan, skip.source).side === 'east') return [{ x: from.x + from.width, y }];
    const x = portX(plan, frames, skip.source, from);
    return [
      { x, y: from.y + from.height },
      { x, y },
    ];
  };
  const end = (): readonly Point[] => {
    if (portOf(plan, skip.target).side === 'east') return [{ x: to.x, y }];
    const x = portX(plan, frames, skip.target, to);
    return [
      { x, y },
      { x, y: to.y + to.height },
    ];
  };
  return [...start(), ...end()];
}
