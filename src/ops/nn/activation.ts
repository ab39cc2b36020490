/** Layers with a parameter or a state besides convolutions and norms: PRelu, Dropout, LpNormalization, LRN. */

import type { ValueId } from '../../ir/graph.ts';
import { elementCount, formatShape, tensorType } from '../../ir/type.ts';
import type { OpDef } from '../op.ts';
import { isAbsent, differs, mismatch, numberAttr, shapeOf, typed } from './attributes.ts';
import { keepMask } from './keepMask.ts';

export const pRelu: OpDef = {
  name: 'PRelu',
  summary: 'max(x, 0) + slope · min(x, 0) with a learned slope',
  attrs: {},
  infer(call) {
    const [input, slope] = call.inputs;
    const [shape, slopes] = [shapeOf(input), shapeOf(slope)];
    const types = [typed(input, shape)];
    if (shape === null || slopes === null) return { types };
    const last = slopes.length === 0 ? [] : shape.slice(-slopes.length);
    const fits = slopes.length <= shape.length && !slopes.some((dim, axis) => dim !== 1 && differs(dim, last[axis]));
    if (fits) return { types };
    const message = `The slopes ${formatShape(slopes)} do not broadcast to the input ${formatShape(shape)}.`;
    return { types, problems: [mismatch(message)] };
  },
  // dX = dY where x > 0, else slope · dY; dslope = dY · min(x, 0).
  vjp(emit, node, [cotangent]) {
    const [input, slope] = node.inputs as [number, number];
    const zero = emit.scalar(0, emit.type(input).dtype);
    const positive = emit.op('Cast', [emit.op('Greater', [input, zero])], { to: 1 });
    const one = emit.scalar(1, emit.type(input).dtype);
    const factor = emit.add(positive, emit.mul(emit.sub(one, positive), slope));
    const negativePart = emit.mul(input, emit.sub(one, positive));
    return [emit.mul(cotangent!, factor), emit.mul(cotangent!, negativePart)];
  },
};

/** Share of elements that a Dropout node zeroes: 0 where it is inactive, null where that is not known. */
function dropRate(inputs: readonly ((readonly number[] | null) | undefined)[]): number | null {
  const [ratio, training] = inputs;
  if (training === undefined) return 0;
  if (training === null) return null;
  if (!training[0]) return 0;
  return ratio === undefined ? 0.5 : (ratio?.[0] ?? null);
}

export const dropout: OpDef = {
  name: 'Dropout',
  summary: 'Zeroes a random share of elements while training; equal seeds and shapes give equal masks',
  attrs: { seed: { kind: 'int', default: 0 } },
  infer(call) {
    const [input] = call.inputs;
    const shape = shapeOf(input);
    return { types: [typed(input, shape), tensorType('bool', shape)].slice(0, call.outputs) };
  },
  cost(call, types) {
    const elements = elementCount(types[0]!.shape);
    const rate = dropRate(call.inputs.slice(1).map((input) => (input ? (input.data ?? null) : undefined)));
    return elements === null ? null : { macs: 0, flops: rate === 0 ? 0 : elements };
  },
  // The cotangent passes the same mask: same seed, same shape.
  vjp: (emit, node, [cotangent]) => [
    isAbsent(cotangent) ? null : emit.op('Dropout', [cotangent, ...node.inputs.slice(1)], node.attrs),
  ],
  expand(emit, node) {
    const [input, ...rest] = node.inputs as [number, ...(number | null)[]];
    const rate = dropRate(rest.map((value) => (isAbsent(value) ? undefined : emit.data(value))));
    if (rate === null) throw new Error('Dropout with a computed ratio or mode cannot be run');
    const { dtype } = emit.type(input);
    if (rate === 0 || rate >= 1) {
      const output = rate === 0 ? emit.op('Identity', [input]) : emit.mul(input, emit.scalar(0, dtype));
      if (node.outputs.length === 1) return [output];
      const kept = emit.op('Expand', [emit.constant([rate === 0 ? 1 : 0], [1], 'bool'), emit.ints(emit.shape(input))]);
      return [output, kept];
    }
    const mask = keepMask(emit, emit.shape(input), rate, numberAttr(node.attrs, 'seed', 0));
    const scale = emit.scalar(1 / (1 - rate), dtype);
    const outputs: ValueId[] = [emit.mul(input, emit.mul(mask, scale))];
    if (node.outputs.length > 1) outputs.push(emit.op('Cast', [mask], { to: 9 }));
    return outputs;
  },
};

export const lpNormalization: OpDef = {
  name: 'LpNormalization',
  summary: 'Divides by the p-norm along one axis',
  attrs: { axis: { kind: 'int', default: -1 }, p: { kind: 'int', default: 2 } },
  infer: (call) => ({ types: [typed(call.inputs[0], shapeOf(call.inputs[0]))] }),
  cost(_call, types) {
    const elements = elementCount(types[0]!.shape);
    return elements === null ? null : { macs: 0, flops: 3 * elements };
  },
  vjp: 'expand',
  expand(emit, node) {
    const [input] = node.inputs as [number];
    const rank = emit.shape(input).length;
    const axis = numberAttr(node.attrs, 'axis', -1);
    const axes = [axis < 0 ? axis + rank : axis];
    const norm =
      numberAttr(node.attrs, 'p', 2) === 1
        ? emit.reduceSum(emit.op('Abs', [input]), axes)
        : emit.sqrt(emit.reduceSum(emit.mul(input, input), axes));
    return [emit.div(input, norm)];
  },
};

export const lrn: OpDef = {
  name: 'LRN',
  summary: 'Local response normalisation across neighbouring channels',
  attrs: {
    alpha: { kind: 'float', default: 0.0001 },
    beta: { kind: 'float', default: 0.75 },
    bias: { kind: 'float', default: 1 },
    size: { kind: 'int', required: true },
  },
  infer: (call) => ({ types: [typed(call.inputs[0], shapeOf(call.inputs[0]))] }),
  cost(call, types) {
    const elements = elementCount(types[0]!.shape);
    return elements === null ? null : { macs: 0, flops: elements * (numberAttr(call.attrs, 'size', 1) + 4) };
  },
  vjp: 'expand',
  // x · (bias + α · mean of squares over the window)^−β, the power as an exponential.
  expand(emit, node) {
    const [input] = node.inputs as [number];
    const [samples, channels, ...spatial] = emit.shape(input) as [number, number, ...number[]];
    const positions = spatial.reduce((count, length) => count * length, 1);
    const { dtype } = emit.type(input);
    const size = numberAttr(node.attrs, 'size', 1);
    const before = Math.floor((size - 1) / 2);
    const squares = emit.reshape(emit.mul(input, input), [samples, 1, channels, positions]);
    const mean = emit.op('AveragePool', [squares], {
      kernel_shape: [size, 1],
      strides: [1, 1],
      pads: [before, 0, size - 1 - before, 0],
      count_include_pad: 1,
    });
    const scaled = emit.mul(mean, emit.scalar(numberAttr(node.attrs, 'alpha', 0.0001), dtype));
    const base = emit.add(scaled, emit.scalar(numberAttr(node.attrs, 'bias', 1), dtype));
    const exponent = emit.mul(emit.op('Log', [base]), emit.scalar(-numberAttr(node.attrs, 'beta', 0.75), dtype));
    return [emit.mul(input, emit.reshape(emit.op('Exp', [exponent]), [samples, channels, ...spatial]))];
  },
};
