/** Emitted forms that several gradients share; each runs on both providers (no ConstantOfShape, OneHot or Sum). */

import type { ValueId } from '../ir/graph.ts';
import type { DType } from '../ir/type.ts';
import type { Emit } from './emit.ts';
import { product, range } from './read.ts';

/** A tensor full of one value. */
export const full = (e: Emit, shape: readonly number[], value: number, dtype: DType = 'float32'): ValueId =>
  shape.length === 0 ? e.scalar(value, dtype) : e.op('Expand', [e.scalar(value, dtype), e.ints(shape)]);

export const zerosLike = (e: Emit, value: ValueId): ValueId => full(e, e.shape(value), 0, e.type(value).dtype);

/** Reshape that leaves out the node where the shape is right already. */
export const reshaped = (e: Emit, value: ValueId, shape: readonly number[]): ValueId =>
  e.shape(value).join() === shape.join() && e.shape(value).length === shape.length ? value : e.reshape(value, shape);

/** Transpose that leaves out the node where the order is the identity. */
export const transposed = (e: Emit, value: ValueId, perm: readonly number[]): ValueId =>
  perm.every((axis, index) => axis === index) ? value : e.transpose(value, perm);

export const inversePerm = (perm: readonly number[]): number[] => {
  const inverse = range(perm.length);
  perm.forEach((axis, index) => (inverse[axis] = index));
  return inverse;
};

/** Elements start … end − 1 along one axis. */
export const sliced = (e: Emit, value: ValueId, axis: number, start: number, end: number, step = 1): ValueId =>
  step === 1 && start === 0 && end === e.shape(value)[axis]
    ? value
    : e.op('Slice', [value, e.ints([start]), e.ints([end]), e.ints([axis]), e.ints([step])]);

/** Zeros before and after, per axis. */
export const padded = (e: Emit, value: ValueId, before: readonly number[], after: readonly number[]): ValueId =>
  [...before, ...after].every((count) => count === 0)
    ? value
    : e.op('Pad', [value, e.ints([...before, ...after]), e.scalar(0, e.type(value).dtype)], { mode: 'constant' });

/** `step − 1` zeros after every element along one axis. */
export function spread(e: Emit, value: ValueId, axis: number, step: number): ValueId {
  if (step === 1) return value;
  const shape = e.shape(value);
  const inner = product(shape.slice(axis + 1));
  const rows = e.reshape(value, [product(shape.slice(0, axis + 1)), 1, inner]);
  const wide = padded(e, rows, [0, 0, 0], [0, step - 1, 0]);
  return e.reshape(
    wide,
    shape.map((dim, index) => (index === axis ? dim * step : dim)),
  );
}

/**
 * Adds `updates` into zeros along `axis`: the transpose of Gather. `updates` has the shape of `shape` with that axis
 * replaced by the axes of `indices`; repeated indices add up.
 */
export function scatterAdd(
  e: Emit,
  updates: ValueId,
  indices: ValueId,
  axis: number,
  shape: readonly number[],
): ValueId {
  const depth = e.shape(indices).length;
  const count = product(e.shape(indices));
  const rank = e.shape(updates).length;
  const { dtype } = e.type(updates);
  const rest = [...shape.slice(0, axis), ...shape.slice(axis + 1)];
  const front = [...range(depth).map((i) => axis + i), ...range(axis), ...range(rank).slice(axis + depth)];
  const rows = reshaped(e, transposed(e, updates, front), [count, ...rest]);
  const sum = e.op('ScatterND', [full(e, [shape[axis]!, ...rest], 0, dtype), reshaped(e, indices, [count, 1]), rows], {
    reduction: 'add',
  });
  const back = inversePerm([axis, ...range(axis), ...range(shape.length).slice(axis + 1)]);
  return transposed(e, sum, back);
}

/** Sum over axes; many elements are summed the last axis first, since one-stage sums lose accuracy. */
export function sumOver(e: Emit, value: ValueId, axes: readonly number[], keepDims: boolean): ValueId {
  if (axes.length === 0) return value;
  const shape = e.shape(value);
  const last = Math.max(...axes);
  const staged = axes.length > 1 && product(axes.map((axis) => shape[axis]!)) > 4096;
  const sums = staged ? e.reduceSum(value, [last]) : value;
  return e.reduceSum(
    sums,
    [...axes].sort((a, b) => a - b),
    keepDims,
  );
}
