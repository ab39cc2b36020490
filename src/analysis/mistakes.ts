/** Tells which mismatches are one mistake: those that one layer of another width would mend together. */

import type { RelatedInformation } from '../ir/diagnostic.ts';
import type { ModuleInfo, Node, ValueId } from '../ir/graph.ts';
import { elementCount, isStatic } from '../ir/type.ts';
import { product } from '../ops/read.ts';
import type { DataFlow } from './dataFlow.ts';
import type { Makers } from './widths.ts';
import { makersOf, sum } from './widths.ts';

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

interface View {
  readonly count: number;
  readonly asked: readonly number[];
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
    const others = [
      ...best.others,
      ...open.filter((other) => !best.others.includes(other) && asksFor(flow, best, other)),
    ];
    for (const other of others) explained.add(other);
    found.set(clash.node, {
      others: others.map(({ node }) => node),
      cause: best === made && made.side ? describe(flow, made.side, made.change) : null,
    });
  }
  return found;
}

/** Whether a view asks for the width that an explanation finds wrong, and fits once it is right. */
function asksFor(flow: DataFlow, { side, change }: Explanation, { view }: Clash): boolean {
  if (!view || !side?.makes) return false;
  const width = widthOf(flow, side.layer);
  return product(view.asked.map((length) => (length === width ? width - change : length))) === view.count;
}

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
  const modules = new Map(flow.graph.modules.map((module) => [module.path, module]));
  return wrong.flatMap((node): readonly Clash[] => {
    const width = lengthsOf(flow, node, makers);
    if (!width) return [];
    const { excess, view } = width;
    const sides = new Map<string, Side>();
    const add = (layer: Node, makes: boolean, times: number): void => {
      const module = modules.get(layer.module);
      if (!module?.created || (makes && !module.builtin) || times === 0) return;
      const { file, range } = module.created;
      const key = [makes, file, range.start.line, range.start.character, range.end.character].join();
      sides.set(key, { layer, module, makes, times: times + (sides.get(key)?.times ?? 0) });
    };
    for (const [layer, times] of width.makers) add(layer, true, times);
    if (width.takes) add(node, false, -1);
    return [{ node, excess, sides, ...(view && { view }) }];
  });
}

/** By how much a node's input is too long, what makes it so long, and whether the node's own layer says how long it may be. */
function lengthsOf(
  flow: DataFlow,
  node: Node,
  makers: (value: ValueId, axis: number) => Makers,
): { readonly excess: number; readonly makers: Makers; readonly takes: boolean; readonly view?: View } | null {
  const shapeOf = (value: ValueId | null | undefined): readonly number[] | null => {
    const shape = typeof value === 'number' ? flow.graph.values[value]!.type.shape : null;
    return isStatic(shape) ? shape : null;
  };
  const [value, other] = node.inputs;
  const [shape, weight] = [shapeOf(value), shapeOf(other)];
  if (typeof value !== 'number' || !shape) return null;
  if (node.op === 'Unknown' && node.inputs.length === 1) {
    // A view in another shape: what counts is how many elements there are.
    const asked = shapeOf(node.outputs[0]);
    const count = elementCount(shape)!;
    if (!asked) return null;
    const all = sum(shape.map((length, axis) => [makers(value, axis), count / length] as const));
    return { excess: count - elementCount(asked)!, makers: all, takes: false, view: { count, asked } };
  }
  if (!weight) return null;
  const excess = (expected: number | undefined): number =>
    (shape[channelsOf(node, shape.length)] ?? 0) - (expected ?? 0);
  const taken = (expected: number | undefined) => ({
    excess: excess(expected),
    makers: makers(value, channelsOf(node, shape.length)),
    takes: true,
  });
  switch (node.op) {
    case 'Conv':
      return taken(weight[1]! * Number(node.attrs['group'] ?? 1));
    case 'ConvTranspose':
    case 'BatchNormalization':
    case 'InstanceNormalization':
    case 'LayerNormalization':
      return taken(weight[0]);
    case 'MatMul':
      return flow.isData(other!) ? null : taken(weight.at(-2));
    case 'Gemm':
      return taken(weight.at(node.attrs['transB'] ? -1 : -2));
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div': {
      const rank = Math.min(shape.length, weight.length);
      const [left, right] = [shape.slice(-rank), weight.slice(-rank)];
      const axes = left.flatMap((length, axis) =>
        length === right[axis] || length === 1 || right[axis] === 1 ? [] : [axis],
      );
      if (rank === 0 || axes.length !== 1) return null;
      const [axis] = axes as [number];
      const both = [makers(value, shape.length - rank + axis), makers(other!, weight.length - rank + axis)] as const;
      return {
        excess: left[axis]! - right[axis]!,
        makers: sum([[both[0], 1] as const, [both[1], -1] as const]),
        takes: !flow.isData(other!),
      };
    }
    default:
      return null;
  }
}

/** The axis of the channels, or of the features, that a layer takes and makes. */
const channelsOf = ({ op }: Node, rank: number): number => (LAST.has(op) ? rank - 1 : 1);

const LAST = new Set(['MatMul', 'Gemm', 'LayerNormalization', 'Gather']);
