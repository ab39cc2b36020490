/** ConvTranspose: the transposed ("fractionally strided") convolution. */

import type { Attrs } from '../../ir/graph.ts';
import type { Dim, TensorType } from '../../ir/type.ts';
import { elementCount } from '../../ir/type.ts';
import type { Call, Cost, OpDef, OpResult } from '../op.ts';
import {
  isAbsent,
  differs,
  mismatch,
  numberAttr,
  numbersAttr,
  plural,
  product,
  range,
  repeat,
  shapeOf,
  stringAttr,
  typed,
} from './attributes.ts';
import { biasProblem, kernelOf, rankProblem, WINDOW_ATTRS } from './conv.ts';
import { biasGradient, convWeightGradient } from './convGradient.ts';
import type { StaticWindow, Window } from './window.ts';
import { perChannel } from './moments.ts';
import { extent, hasAutoPad, windowAttrs } from './window.ts';

/** The window of the convolution that this one transposes, and the output lengths. */
function transposedWindow(
  attrs: Attrs,
  kernel: readonly number[],
  spatial: readonly Dim[],
): { window: Window; lengths: readonly Dim[]; outputPadding: readonly number[] } {
  const rank = kernel.length;
  const strides = numbersAttr(attrs, 'strides', repeat(rank, 1));
  const dilations = numbersAttr(attrs, 'dilations', repeat(rank, 1));
  const outputPadding = numbersAttr(attrs, 'output_padding', repeat(rank, 0));
  const autoPad = stringAttr(attrs, 'auto_pad', 'NOTSET');
  const wanted = numbersAttr(attrs, 'output_shape', []);
  const bare: Window = { kernel, strides, dilations, begin: repeat(rank, 0), end: repeat(rank, 0) };
  const full = spatial.map((length, axis) =>
    length === null ? null : strides[axis]! * (length - 1) + outputPadding[axis]! + extent(bare, axis),
  );
  if (wanted.length === 0 && (autoPad === 'NOTSET' || autoPad === 'VALID')) {
    const pads = autoPad === 'VALID' ? repeat(2 * rank, 0) : numbersAttr(attrs, 'pads', repeat(2 * rank, 0));
    const window = { ...bare, begin: pads.slice(0, rank), end: pads.slice(rank) };
    const lengths = full.map((length, axis) => length && length - window.begin[axis]! - window.end[axis]!);
    return { window, lengths, outputPadding };
  }
  const lengths: readonly Dim[] =
    wanted.length > 0 ? wanted.slice(-rank) : spatial.map((length, axis) => length && length * strides[axis]!);
  const totals = full.map((length, axis) =>
    length === null || isAbsent(lengths[axis]) ? null : Math.max(0, length - lengths[axis]),
  );
  const small = totals.map((total) => total && Math.floor(total / 2));
  const large = totals.map((total) => total && Math.ceil(total / 2));
  // ONNX gives the odd element to the end for SAME_UPPER and to the beginning otherwise.
  const [begin, end] = autoPad === 'SAME_UPPER' ? [small, large] : [large, small];
  return { window: { ...bare, begin, end }, lengths, outputPadding };
}

function infer(call: Call): OpResult {
  const [input, weight, bias] = call.inputs;
  const [x, w] = [shapeOf(input), shapeOf(weight)];
  const rank = w?.length ?? x?.length;
  if (rank === undefined) return { types: [typed(input, null)] };
  const group = numberAttr(call.attrs, 'group', 1);
  const channels = isAbsent(w?.[1]) ? null : w[1] * group;
  const unknown = [x?.[0] ?? null, channels, ...new Array<Dim>(Math.max(0, rank - 2)).fill(null)];
  const wrongRank = rankProblem(x, w);
  if (wrongRank) return { types: [typed(input, [null, ...unknown.slice(1)])], problems: [wrongRank] };
  const problems = [];
  if (differs(x?.[1], w?.[0])) {
    problems.push(mismatch(`The input has ${plural(x![1]!, 'channel')}, the weight expects ${w![0]!}.`));
  }
  const wrongBias = biasProblem(bias, channels);
  if (wrongBias) problems.push(wrongBias);
  const kernel = kernelOf(call, w);
  if (x === null || kernel === null) return { types: [typed(input, unknown)], problems };
  const { lengths } = transposedWindow(call.attrs, kernel, x.slice(2));
  if (lengths.some((length) => length !== null && length < 1)) {
    problems.push(mismatch('The padding takes the whole output of the transposed convolution away.'));
  }
  const spatial = lengths.map((length) => (length !== null && length < 1 ? null : length));
  return { types: [typed(input, [x[0]!, channels, ...spatial])], problems };
}

/** Every input element is multiplied with every weight of its group. */
function cost(call: Call, types: readonly TensorType[]): Cost | null {
  const [inputs, w] = [elementCount(shapeOf(call.inputs[0])), shapeOf(call.inputs[1])];
  const taps = w && product(w.slice(1));
  const outputs = elementCount(types[0]!.shape);
  if (inputs === null || taps === null || outputs === null) return null;
  return { macs: inputs * taps, flops: 2 * inputs * taps + (isAbsent(call.inputs[2]) ? 0 : outputs) };
}

export const convTranspose: OpDef = {
  name: 'ConvTranspose',
  summary: 'Transposed convolution over 1 to 3 spatial axes',
  attrs: {
    ...WINDOW_ATTRS,
    group: { kind: 'int', default: 1 },
    output_padding: { kind: 'ints' },
    output_shape: { kind: 'ints' },
  },
  infer,
  cost,
  // The adjoint of a convolution W: dX = Conv(dY, W), and dW correlates dY with X.
  vjp(emit, node, [cotangent]) {
    const [input, weight, bias] = node.inputs as [number, number, number | null | undefined];
    const spatial = emit.shape(input).slice(2);
    const resolved = transposedWindow(node.attrs, emit.shape(weight).slice(2), spatial);
    const window = resolved.window as StaticWindow;
    const group = numberAttr(node.attrs, 'group', 1);
    const ct = cotangent!;
    // With output_padding ≥ stride the convolution would have more positions than the input: its end saw nothing.
    const used = emit
      .shape(ct)
      .slice(2)
      .map((length, axis) => length - resolved.outputPadding[axis]!);
    const isExact = resolved.outputPadding.every((padding, axis) => padding < window.strides[axis]!);
    const axes = range(spatial.length, 2);
    const seen = isExact
      ? ct
      : emit.op('Slice', [ct, emit.ints(repeat(axes.length, 0)), emit.ints(used), emit.ints(axes)]);
    return [
      emit.op('Conv', [seen, weight], { ...windowAttrs(window), group }),
      convWeightGradient(emit, seen, input, window, group),
      isAbsent(bias) ? null : biasGradient(emit, ct),
    ];
  },
  // Spells `auto_pad` and `output_shape` out. Providers refuse output padding of a stride or more: there the end is
  // padded less, and past the last window filled with zeros.
  expand(emit, node) {
    const [input, weight, bias] = node.inputs as [number, number, number | null | undefined];
    const spatial = emit.shape(input).slice(2);
    const { window, outputPadding } = transposedWindow(node.attrs, emit.shape(weight).slice(2), spatial);
    const { begin, end, strides } = window as StaticWindow;
    const group = numberAttr(node.attrs, 'group', 1);
    if (outputPadding.every((padding, axis) => padding < strides[axis]!)) {
      const attrs = { ...windowAttrs(window as StaticWindow), group, output_padding: outputPadding };
      return [emit.op('ConvTranspose', node.inputs, attrs)];
    }
    const kept = end.map((pad, axis) => Math.max(0, pad - outputPadding[axis]!));
    const missing = end.map((pad, axis) => Math.max(0, outputPadding[axis]! - pad));
    const attrs = { ...windowAttrs(window as StaticWindow), pads: [...begin, ...kept], group };
    const product = emit.op('ConvTranspose', [input, weight], attrs);
    const zero = emit.scalar(0, emit.type(input).dtype);
    const before = repeat(2 + spatial.length, 0);
    const whole = emit.op('Pad', [product, emit.ints([...before, 0, 0, ...missing]), zero], { mode: 'constant' });
    return [isAbsent(bias) ? whole : emit.add(whole, perChannel(emit, bias, spatial.length + 2))];
  },
};

/** True for a node that providers do not run as it is. */
export function needsPlainTransposition(attrs: Attrs): boolean {
  const padding = numbersAttr(attrs, 'output_padding', []);
  const strides = numbersAttr(attrs, 'strides', repeat(padding.length, 1));
  return hasAutoPad(attrs) || 'output_shape' in attrs || padding.some((extra, axis) => extra >= strides[axis]!);
}
