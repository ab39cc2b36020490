/** Operators that make tensors from shapes and numbers: Shape, Size, ConstantOfShape, Range, EyeLike; and Unknown. */

import { elementCount, isStatic, tensorType } from '../ir/type.ts';
import { dtypeOfOnnx } from './dtype.ts';
import { fill, FOLD_LIMIT, staticShape } from './fold.ts';
import type { OpDef } from './op.ts';
import { free } from './op.ts';
import { dataAt, float, int, isAbsent, numberOf, of, range, shapeAt, typeAt } from './read.ts';

const shape: OpDef = {
  name: 'Shape',
  summary: 'The lengths of the axes (from `start` to `end`).',
  attrs: { start: int(0), end: int() },
  infer: (call) => {
    const dims = shapeAt(call, 0);
    if (dims === null) return of('int64', [null]);
    const end = call.attrs['end'];
    const part = dims.slice(numberOf(call.attrs, 'start'), typeof end === 'number' ? end : undefined);
    return { ...of('int64', [part.length]), ...(isStatic(part) && { data: [part] }) };
  },
  cost: free,
  vjp: 'none',
};

const size: OpDef = {
  name: 'Size',
  summary: 'The number of elements.',
  attrs: {},
  infer: (call) => {
    const count = elementCount(shapeAt(call, 0));
    return { ...of('int64', []), ...(count !== null && { data: [[count]] }) };
  },
  cost: free,
  vjp: 'none',
};

const constantOfShape: OpDef = {
  name: 'ConstantOfShape',
  summary: 'A tensor full of `value`, of the ONNX data type `dtype` (in ONNX both are one tensor attribute).',
  attrs: { value: float(0), dtype: int(1) },
  infer: (call) => {
    const dtype = dtypeOfOnnx(numberOf(call.attrs, 'dtype', 1)) ?? 'float32';
    const rank = shapeAt(call, 0)?.[0];
    return of(dtype, dataAt(call, 0) ?? (isAbsent(rank) ? null : range(rank).map(() => null)));
  },
  cost: free,
  fold: (call, types) => [fill(staticShape(types[0]), () => numberOf(call.attrs, 'value'))],
  vjp: 'none',
};

const rangeOp: OpDef = {
  name: 'Range',
  summary: 'Numbers from start to limit (not included) in steps of delta.',
  attrs: {},
  infer: (call) => {
    const { dtype } = typeAt(call, 0);
    const [start, limit, delta] = [0, 1, 2].map((index) => dataAt(call, index)?.[0]);
    if (start === undefined || limit === undefined || delta === undefined) return of(dtype, [null]);
    if (delta === 0) {
      return { ...of(dtype, [null]), problems: [{ code: 'zero-step', message: 'A range cannot have the step 0.' }] };
    }
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    return {
      ...of(dtype, [count]),
      ...(count <= FOLD_LIMIT && { data: [range(count).map((index) => start + index * delta)] }),
    };
  },
  cost: free,
  vjp: 'none',
};

const eyeLike: OpDef = {
  name: 'EyeLike',
  summary: 'Ones on the diagonal (shifted by k) of a matrix of the shape of the input.',
  attrs: { dtype: int(), k: int(0) },
  infer: (call) => {
    const { dtype, shape: dims } = typeAt(call, 0);
    const given = call.attrs['dtype'];
    const result = typeof given === 'number' ? (dtypeOfOnnx(given) ?? dtype) : dtype;
    const eye = isStatic(dims) && elementCount(dims)! <= FOLD_LIMIT;
    const k = numberOf(call.attrs, 'k');
    return { ...of(result, dims), ...(eye && { data: [fill(dims, ([row, column]) => Number(column! - row! === k))] }) };
  },
  cost: free,
  vjp: 'none',
};

const unknown: OpDef = {
  name: 'Unknown',
  summary:
    'A call that Skipscope cannot express: results of unknown type; whoever made the node reports it. `products` is 0 where it is known to multiply no matrices.',
  attrs: { products: { kind: 'int' } },
  infer: (call) => ({ types: Array.from({ length: call.outputs }, () => tensorType('float32', null)) }),
  cost: () => null,
  vjp: 'none',
};

export const creationOps: readonly OpDef[] = [shape, size, constantOfShape, rangeOp, eyeLike, unknown];
