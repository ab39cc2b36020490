/** GlobalAveragePool, GlobalMaxPool and GlobalLpPool: one value per channel. */

import type { TensorType } from '../../ir/type.ts';
import { elementCount, formatShape } from '../../ir/type.ts';
import type { Call, Cost, OpDef, OpResult } from '../op.ts';
import { mismatch, numberAttr, range, shapeOf, typed } from './attributes.ts';
import { power, root } from './pool.ts';

function infer(call: Call): OpResult {
  const [input] = call.inputs;
  const shape = shapeOf(input);
  if (shape === null) return { types: [typed(input, null)] };
  const types = [
    typed(
      input,
      shape.map((dim, axis) => (axis < 2 ? dim : 1)),
    ),
  ];
  if (shape.length >= 3) return { types };
  return { types, problems: [mismatch(`A global pool needs spatial axes, but the input is ${formatShape(shape)}.`)] };
}

const cost = (call: Call, _types: readonly TensorType[]): Cost | null => {
  const elements = elementCount(shapeOf(call.inputs[0]));
  return elements === null ? null : { macs: 0, flops: elements };
};

export const globalAveragePool: OpDef = {
  name: 'GlobalAveragePool',
  summary: 'Mean over all positions',
  attrs: {},
  infer,
  cost,
  // Every position receives its share, dY / positions.
  vjp(emit, node, [cotangent]) {
    const [input] = node.inputs as [number];
    const shape = emit.shape(input);
    const positions = shape.slice(2).reduce((count, length) => count * length, 1);
    const share = emit.mul(cotangent!, emit.scalar(1 / positions, emit.type(input).dtype));
    return [emit.op('Expand', [share, emit.ints(shape)])];
  },
};

export const globalMaxPool: OpDef = {
  name: 'GlobalMaxPool',
  summary: 'Largest of all positions',
  attrs: {},
  infer,
  cost,
  // The cotangent goes to the first of the largest elements, as in PyTorch.
  vjp(emit, node, [cotangent]) {
    const [input] = node.inputs as [number];
    const shape = emit.shape(input);
    const { dtype } = emit.type(input);
    const positions = shape.slice(2).reduce((count, length) => count * length, 1);
    const head = shape.slice(0, 2);
    const rows = emit.reshape(input, [...head, positions]);
    const isLargest = emit.indicator(emit.op('Equal', [rows, emit.reshape(node.outputs[0]!, [...head, 1])]));
    const score = emit.constant(
      range(positions).map((place) => positions - place),
      [1, 1, positions],
      dtype,
    );
    const scored = emit.mul(isLargest, score);
    const best = emit.op('ReduceMax', [scored], { axes: [2], keepdims: 1 });
    const first = emit.indicator(emit.op('Equal', [scored, best]));
    return [emit.reshape(emit.mul(first, emit.reshape(cotangent!, [...head, 1])), shape)];
  },
};

export const globalLpPool: OpDef = {
  name: 'GlobalLpPool',
  summary: 'p-norm over all positions',
  attrs: { p: { kind: 'int', default: 2 } },
  infer,
  cost,
  vjp: 'expand',
  expand(emit, node) {
    const [input] = node.inputs as [number];
    const p = numberAttr(node.attrs, 'p', 2);
    const axes = range(emit.shape(input).length - 2, 2);
    return [root(emit, emit.reduceSum(power(emit, emit.op('Abs', [input]), p), axes), p)];
  },
};
