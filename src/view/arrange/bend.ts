/** The two arms of a U-Net: what goes down to the coarsest scale, and what comes up again, joined by long skips. */

import type { Shape } from '../../ir/type.ts';
import type { SceneEdge } from '../scene.ts';
import type { Plan, PlanNode } from './plan.ts';

export interface Bend {
  /** From the input to the coarsest scale; drawn from the top to the bottom. */
  readonly down: readonly string[];
  /** From there to the output; drawn from the bottom to the top. */
  readonly up: readonly string[];
  /** Across from one arm to the other, the outermost first. */
  readonly skips: readonly SceneEdge[];
  /** From the end of one arm to the beginning of the other. */
  readonly turn: SceneEdge;
}

/** Fewer long skips make no U. */
const LEAST_SKIPS = 2;

/** Null where the long skips are not nested, or where more than they and the data join the two arms. */
export function bendOf(plan: Plan): Bend | null {
  const edges = plan.edges.get(plan.root) ?? [];
  const children = plan.nodes.get(plan.root)!.children;
  const place = new Map(children.map((id, at) => [id, at]));
  const at = (id: string): number => place.get(id)!;
  const long = edges.filter(({ kind }) => kind === 'long');
  const skips = [...long].sort((a, b) => at(a.source.node) - at(b.source.node));
  if (skips.length < LEAST_SKIPS || !areNested(skips, at)) return null;

  const inner = skips.at(-1)!;
  const first = firstOfUp(plan, children, at(inner.source.node), at(inner.target.node));
  const isUp = (id: string): boolean => at(id) >= first;
  const across = edges.filter(({ source, target }) => isUp(source.node) !== isUp(target.node));
  const [turn, ...others] = across.filter((edge) => !skips.includes(edge));
  if (!turn || others.length || isUp(turn.source.node)) return null;
  // A level begins where nothing runs past.
  const ends = skips.flatMap(({ source, target }) => [at(source.node), at(target.node)]);
  const runsPast = ({ source, target }: SceneEdge): boolean =>
    ends.some((end) => at(source.node) < end && end < at(target.node));
  if (edges.some((edge) => !across.includes(edge) && runsPast(edge))) return null;
  return { down: children.slice(0, first), up: children.slice(first), skips, turn };
}

const areNested = (skips: readonly SceneEdge[], at: (id: string) => number): boolean =>
  skips.every(({ source, target }, index) => {
    const outer = skips[index - 1];
    const nested = !outer || (at(outer.source.node) < at(source.node) && at(target.node) < at(outer.target.node));
    return nested && at(source.node) < at(target.node);
  });

/** The first thing between the ends of the innermost skip that makes its input finer; else the end of the skip itself. */
function firstOfUp(plan: Plan, children: readonly string[], source: number, target: number): number {
  for (let at = source + 1; at < target; at++) {
    const [before, after] = [sizeOf(plan, children[at - 1]!), sizeOf(plan, children[at]!)];
    if (before !== null && after !== null && after > before) return at;
  }
  return target;
}

/** Positions in what an item makes: the product of the axes after the channels. */
function sizeOf(plan: Plan, id: string): number | null {
  const last = plan.stacks.get(id)?.members.at(-1)!.id ?? id;
  const shape: Shape = plan.nodes.get(last)!.item?.outputShape ?? null;
  return shape && shape.length > 2
    ? shape
        .slice(2)
        .reduce<number | null>((product, dim) => (product === null || dim === null ? null : product * dim), 1)
    : null;
}

/** Everything in the rising arm, and in its groups. */
export function risingIn(plan: Plan, ids: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (id: string): void => {
    found.add(id);
    const node: PlanNode = plan.nodes.get(id)!;
    node.children.forEach(add);
    plan.stacks.get(id)?.members.forEach((member) => found.add(member.id));
  };
  ids.forEach(add);
  return found;
}
