/** Tells which mismatches are one mistake: those that one layer of another width would mend together. */

import type { RelatedInformation } from '../ir/diagnostic.ts';
import type { ModuleInfo, Node } from '../ir/graph.ts';
import { product } from '../ops/read.ts';
import { shownIn } from './consequences.ts';
import type { DataFlow } from './dataFlow.ts';
import { layersOf } from './layerOf.ts';
import type { View } from './misfit.ts';
import { channelsOf, misfitOf } from './misfit.ts';
import { makersOf } from './widths.ts';

/** A mismatch and those after it that one number in one constructor call is behind. */
export interface Mistake {
  readonly others: readonly Node[];
  /** That call, where it is another layer's; null where the number may as well be in the layer that refuses its input. */
  readonly cause: RelatedInformation | null;
}

/** One length that does not fit: by how much it is too long, and by how much each constructor call changes that. */
interface Clash {
  readonly node: Node;
  readonly excess: number;
  readonly sides: ReadonlyMap<string, Side>;
  /** Of a view: the elements that there are, and the lengths that are asked for. */
  readonly view?: View;
}

interface Side {
  readonly layer: Node;
  readonly module: ModuleInfo;
  readonly makes: boolean;
  readonly times: number;
}

/** A layer that mends a mismatch when it makes, or takes, so many channels fewer, and the other mismatches that go with it. */
interface Explanation {
  readonly side: Side | null;
  readonly change: number;
  readonly others: readonly Clash[];
}

const NOTHING: Explanation = { side: null, change: 0, others: [] };

/** For the first node of each mistake that shows at several places, the rest of it. */
export function mistakes(flow: DataFlow, wrong: readonly Node[]): ReadonlyMap<Node, Mistake> {
  if (wrong.length < 2) return new Map();
  const clashes = clashesOf(flow, wrong);
  const found = new Map<Node, Mistake>();
  const explained = new Set<Clash>();
  for (const clash of clashes) {
    if (explained.has(clash)) continue;
    const open = clashes.filter((other) => other !== clash && !explained.has(other));
    const explain = (makes: boolean): Explanation =>
      [...clash.sides]
        .filter(([, side]) => side.makes === makes)
        .map(([key, side]) => {
          const change = clash.excess / side.times;
          const fits = ({ sides, excess }: Clash): boolean => (sides.get(key)?.times ?? 0) * change === excess;
          return { side, change, others: Number.isInteger(change) ? open.filter(fits) : [] };
        })
        .reduce((best, one) => (one.others.length > best.others.length ? one : best), NOTHING);
    const [made, taken] = [explain(true), explain(false)];
    const best = made.others.length > taken.others.length ? made : taken;
    if (best.others.length === 0) continue;
    const views = new Set(open.flatMap((other) => (isOfWidth(flow, best, other) ? [other.node] : [])));
    const others = open.filter(
      (other) => best.others.includes(other) || views.has(other.node) || isOfView(flow, best, other, views),
    );
    for (const other of others) explained.add(other);
    found.set(clash.node, {
      others: others.map(({ node }) => node),
      cause: best === made && made.side ? describe(flow, made.side, made.change) : null,
    });
  }
  return found;
}

/** Whether a view fits once the width that an explanation finds wrong is right, in what it asks for or in what it is of. */
function isOfWidth(flow: DataFlow, { side, change }: Explanation, { view }: Clash): boolean {
  if (!view || !side?.makes) return false;
  const { asked, count } = view;
  const width = widthOf(flow, side.layer);
  const fits = asked.some((length, axis) => product(asked.with(axis, length - change)) === count);
  return fits || (count * (width - change)) / width === product(asked);
}

/** Whether what does not fit is as a view, which is wrong itself, asks for. */
const isOfView = (
  flow: DataFlow,
  { change }: Explanation,
  { node, excess }: Clash,
  views: ReadonlySet<Node>,
): boolean => excess === change && shownIn(flow, node.inputs[0]!, (one) => views.has(one)).size > 0;

const widthOf = (flow: DataFlow, layer: Node): number => {
  const shape = flow.graph.values[layer.outputs[0]!]!.type.shape!;
  return shape[channelsOf(layer, shape.length)]!;
};

function describe(flow: DataFlow, { layer, module }: Side, change: number): RelatedInformation {
  const width = widthOf(flow, layer);
  return { ...module.created!, message: `${module.path} makes ${width}: with ${width - change} all of this fits.` };
}

function clashesOf(flow: DataFlow, wrong: readonly Node[]): readonly Clash[] {
  const makers = makersOf(flow);
  const layerOf = layersOf(flow);
  return wrong.flatMap((node): readonly Clash[] => {
    const misfit = misfitOf(flow, node, makers);
    if (!misfit) return [];
    const { excess, view } = misfit;
    const sides = new Map<string, Side>();
    const add = (layer: Node, makes: boolean, times: number): void => {
      const module = layerOf(layer);
      if (!module?.created || (makes && !module.builtin) || times === 0) return;
      const { file, range } = module.created;
      const key = [makes, file, range.start.line, range.start.character, range.end.character].join();
      sides.set(key, { layer, module, makes, times: times + (sides.get(key)?.times ?? 0) });
    };
    for (const [layer, times] of misfit.makers) add(layer, true, times);
    if (misfit.takes) add(node, false, -1);
    return [{ node, excess, sides, ...(view && { view }) }];
  });
}
