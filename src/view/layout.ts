/** Scene → elk graphs, one per open group → positions. Inner groups first, equal groups once; elk itself is injected. */

import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { PlanNode } from './arrange/plan.ts';
import { planOf } from './arrange/plan.ts';
import { joinArms } from './arms.ts';
import type { Frame, Way } from './frame.ts';
import { alignStages, frameOf, toElk } from './frame.ts';
import { placeAll } from './placing.ts';
import type { Scene, SceneEdge } from './scene.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
  /** Present where the data flows through it from the bottom to the top. */
  readonly isRising?: true;
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

/** @throws the signal's reason once it is aborted: nothing more is then asked of the engine */
export async function layoutScene(
  scene: Scene,
  engine: LayoutEngine,
  cache: LayoutCache = new Map(),
  signal?: AbortSignal,
): Promise<Placement> {
  const plan = planOf(scene);
  const frames = new Map<string, Frame>();

  const askFor = (graph: ElkNode): Promise<ElkNode> => {
    const key = JSON.stringify(graph);
    const ask = (): Promise<ElkNode> => {
      signal?.throwIfAborted();
      const asked = engine.layout(graph);
      cache.set(key, asked);
      asked.catch(() => cache.get(key) === asked && cache.delete(key));
      return asked;
    };
    // What an earlier scene asked for may have been given up with it.
    return cache.get(key)?.catch(ask) ?? ask();
  };
  const layoutLevel = async (
    node: PlanNode,
    children: readonly PlanNode[],
    edges: readonly SceneEdge[],
    way: Way,
  ): Promise<Frame> =>
    frameOf(node, children, edges, await askFor(toElk(node, children, edges, frames, way)), way.isRising);

  const layoutGroup = async (node: PlanNode): Promise<void> => {
    const children = node.children.map((id) => plan.nodes.get(id)!);
    await Promise.all(children.filter((child) => child.open).map(layoutGroup));
    signal?.throwIfAborted();
    alignStages(children, frames);
    const edges = plan.edges.get(node.id) ?? [];
    if (plan.bend && node.id === plan.root) {
      const arm = (ids: readonly string[], way: Way): Promise<Frame> => {
        const own = edges.filter(({ source, target }) => ids.includes(source.node) && ids.includes(target.node));
        return layoutLevel(
          node,
          ids.map((id) => plan.nodes.get(id)!),
          own,
          way,
        );
      };
      const { down, up } = plan.bend;
      // The residual skips of the first arm lie on its left, so that only the long ones are between the two.
      const arms = [arm(down, { isRising: false, isMirrored: true }), arm(up, { isRising: true, isMirrored: false })];
      const [left, right] = (await Promise.all(arms)) as [Frame, Frame];
      frames.set(node.id, joinArms(plan, plan.bend, left, right, frames));
    } else {
      const isRising = plan.rising.has(node.id);
      frames.set(node.id, await layoutLevel(node, children, edges, { isRising, isMirrored: false }));
    }
  };

  await layoutGroup(plan.nodes.get(plan.root)!);
  return placeAll(scene, plan, frames);
}
