/** Conv: 1-D, 2-D and 3-D convolution with groups, strides, dilations and asymmetric padding. */

import type { Value } from '../../ir/graph.ts';
import type { Dim, Shape, TensorType } from '../../ir/type.ts';
import { elementCount, formatShape } from '../../ir/type.ts';
import type { AttrDef, Call, Cost, OpDef, OpResult } from '../op.ts';
import {
  isAbsent,
  differs,
  formatSize,
  mismatch,
  numberAttr,
  numbersAttr,
  plural,
  product,
  shapeOf,
  typed,
} from './attributes.ts';
import { biasGradient, convInputGradient, convWeightGradient } from './convGradient.ts';
import { outputLengths, readWindow, staticWindow, windowAttrs } from './window.ts';

export const WINDOW_ATTRS = {
  auto_pad: { kind: 'string', default: 'NOTSET' },
  dilations: { kind: 'ints' },
  kernel_shape: { kind: 'ints' },
  pads: { kind: 'ints' },
  strides: { kind: 'ints' },
} as const satisfies Readonly<Record<string, AttrDef>>;

/** Kernel lengths from the weight, or from the attribute where the weight's shape is unknown. */
export function kernelOf(call: Call, weight: Shape): readonly number[] | null {
  const dims = weight?.slice(2) ?? numbersAttr(call.attrs, 'kernel_shape', []);
  return dims.length > 0 && dims.every((dim) => dim !== null) ? (dims as readonly number[]) : null;
}

/** MACs of a convolution whose every output element sums over `taps` products; `types[0]` is the output. */
export function productCost(outputs: number | null, taps: Dim, bias: boolean): Cost | null {
  if (outputs === null || taps === null) return null;
  return { macs: outputs * taps, flops: 2 * outputs * taps + (bias ? outputs : 0) };
}

/** The problem when a convolution's input and weight have different numbers of axes. */
export function rankProblem(input: Shape, weight: Shape) {
  if (input === null || weight === null || input.length === weight.length) return null;
  return mismatch(
    `The input ${formatShape(input)} has ${input.length} axes, but a ${weight.length - 2}-D convolution with weight ` +
      `${formatShape(weight)} takes ${weight.length}: samples, channels and ${weight.length - 2} spatial.`,
  );
}

export function biasProblem(bias: Value | null | undefined, channels: Dim) {
  const length = shapeOf(bias)?.[0];
  if (!differs(length, channels)) return null;
  return mismatch(`The bias has ${plural(length!, 'element')}, the output has ${plural(channels!, 'channel')}.`);
}

function infer(call: Call): OpResult {
  const [input, weight, bias] = call.inputs;
  const [x, w] = [shapeOf(input), shapeOf(weight)];
  const group = numberAttr(call.attrs, 'group', 1);
  const filters = w?.[0] ?? null;
  const rank = w?.length ?? x?.length;
  if (rank === undefined) return { types: [typed(input, null)] };
  const unknown = [x?.[0] ?? null, filters, ...new Array<Dim>(Math.max(0, rank - 2)).fill(null)];
  const wrongRank = rankProblem(x, w);
  if (wrongRank) return { types: [typed(input, [null, ...unknown.slice(1)])], problems: [wrongRank] };

  const problems = [];
  const expected = isAbsent(w?.[1]) ? null : w[1] * group;
  if (differs(x?.[1], expected)) {
    const groups = group === 1 ? '' : ` (${group} groups of ${w![1]})`;
    problems.push(mismatch(`The input has ${plural(x![1]!, 'channel')}, the weight expects ${expected}${groups}.`));
  }
  if (filters !== null && filters % group !== 0) {
    problems.push(mismatch(`${plural(filters, 'output channel')} cannot be divided into ${plural(group, 'group')}.`));
  }
  const wrongBias = biasProblem(bias, filters);
  if (wrongBias) problems.push(wrongBias);

  const kernel = kernelOf(call, w);
  if (x === null || kernel === null) return { types: [typed(input, unknown)], problems };
  const window = readWindow(call.attrs, kernel, x.slice(2));
  const lengths = outputLengths(window, x.slice(2));
  if (lengths.some((length) => length !== null && length < 1)) {
    const padded = x.slice(2).map((length, axis) => (length ?? 0) + window.begin[axis]! + window.end[axis]!);
    const reach = kernel.map((size, axis) => window.dilations[axis]! * (size - 1) + 1);
    problems.push(
      mismatch(`The kernel (${formatSize(reach)}) is larger than the padded input (${formatSize(padded)}).`),
    );
  }
  const spatial = lengths.map((length) => (length !== null && length < 1 ? null : length));
  return { types: [typed(input, [x[0]!, filters, ...spatial])], problems };
}

function cost(call: Call, types: readonly TensorType[]): Cost | null {
  const w = shapeOf(call.inputs[1]);
  return productCost(elementCount(types[0]!.shape), w && product(w.slice(1)), !isAbsent(call.inputs[2]));
}

export const conv: OpDef = {
  name: 'Conv',
  summary: 'Convolution over 1 to 3 spatial axes',
  attrs: { ...WINDOW_ATTRS, group: { kind: 'int', default: 1 } },
  infer,
  cost,
  // dX = ConvTranspose(dY, W); dW correlates X with dY; db = Σ dY.
  vjp(emit, node, [cotangent]) {
    const [input, weight, bias] = node.inputs as [number, number, number | null | undefined];
    const spatial = emit.shape(input).slice(2);
    const window = staticWindow(node.attrs, emit.shape(weight).slice(2), spatial);
    const group = numberAttr(node.attrs, 'group', 1);
    const ct = cotangent!;
    return [
      convInputGradient(emit, ct, weight, window, group, spatial),
      convWeightGradient(emit, input, ct, window, group),
      isAbsent(bias) ? null : biasGradient(emit, ct),
    ];
  },
  // Spells `auto_pad` out.
  expand(emit, node) {
    const [input, weight] = node.inputs as [number, number];
    const window = staticWindow(node.attrs, emit.shape(weight).slice(2), emit.shape(input).slice(2));
    const group = numberAttr(node.attrs, 'group', 1);
    return [emit.op('Conv', node.inputs, { ...windowAttrs(window), group })];
  },
};
