/** Ways through the drawing: what leads to a node, what it leads to, and its nearest neighbours. */

import type { Scene, SceneEdge } from './scene.ts';

export interface Paths {
  /** Nodes, taps and the open groups around them. */
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
}

export interface Neighbours {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** The end of an edge: a node, or the tap through which it goes on inside an open group. */
const endOf = (scene: Scene, { node, port }: SceneEdge['source']): string =>
  scene.nodes.get(node)!.open && scene.nodes.has(port) ? port : node;

type Step = readonly [edge: SceneEdge, other: string];

function stepsOf(scene: Scene): { back: ReadonlyMap<string, Step[]>; on: ReadonlyMap<string, Step[]> } {
  const back = new Map<string, Step[]>();
  const on = new Map<string, Step[]>();
  const note = (map: Map<string, Step[]>, at: string, step: Step): void => {
    const known = map.get(at);
    if (known) known.push(step);
    else map.set(at, [step]);
  };
  for (const edge of scene.edges) {
    const [source, target] = [endOf(scene, edge.source), endOf(scene, edge.target)];
    note(on, source, [edge, target]);
    note(back, target, [edge, source]);
  }
  return { back, on };
}

/** A node and, where it is an open group, everything in it. */
function within(scene: Scene, id: string): Set<string> {
  const inside = new Set<string>();
  const walk = (at: string): void => {
    inside.add(at);
    scene.nodes.get(at)?.children.forEach(walk);
  };
  walk(id);
  return inside;
}

/** Every path from the node back to the network's inputs and on to its outputs, where the loss is. */
export function pathsThrough(scene: Scene, id: string): Paths {
  const { back, on } = stepsOf(scene);
  const nodes = within(scene, id);
  const edges = new Set<string>();
  for (const edge of scene.edges)
    if (nodes.has(endOf(scene, edge.source)) && nodes.has(endOf(scene, edge.target))) edges.add(edge.id);
  for (const steps of [back, on]) {
    const seen = new Set(within(scene, id));
    const queue = [...seen];
    for (let at = queue.pop(); at !== undefined; at = queue.pop())
      for (const [edge, other] of steps.get(at) ?? []) {
        edges.add(edge.id);
        if (seen.has(other)) continue;
        seen.add(other);
        nodes.add(other);
        queue.push(other);
      }
  }
  for (const node of [...nodes])
    for (let group = scene.nodes.get(node)?.group; group; group = scene.nodes.get(group)?.group) nodes.add(group);
  nodes.delete(scene.root);
  return { nodes, edges };
}

/** What the node reads from and what reads it, through the borders of open groups, in the order of the drawing. */
export function neighboursOf(scene: Scene, id: string): Neighbours {
  const { back, on } = stepsOf(scene);
  const inside = within(scene, id);
  const reach = (steps: ReadonlyMap<string, Step[]>): readonly string[] => {
    const found = new Set<string>();
    const seen = new Set(inside);
    const queue = [...inside];
    for (let at = queue.shift(); at !== undefined; at = queue.shift())
      for (const [, other] of steps.get(at) ?? []) {
        if (seen.has(other)) continue;
        seen.add(other);
        if (scene.nodes.get(other)!.kind === 'tap') queue.push(other);
        else found.add(other);
      }
    return [...scene.nodes.keys()].filter((node) => found.has(node));
  };
  return { from: reach(back), to: reach(on) };
}
