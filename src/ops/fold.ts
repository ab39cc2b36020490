/** Contents of constants: indexing and filling of small row-major tensors. */

import type { Value } from '../ir/graph.ts';
import { isStatic } from '../ir/type.ts';
import type { DType } from '../ir/type.ts';
import type { TensorType } from '../ir/type.ts';
import { isFloat } from '../ir/type.ts';
import { product, range } from './read.ts';

/** Folding stops at tensors larger than this: shapes and index tables are small, weights are not constants. */
export const FOLD_LIMIT = 4096;

export const staticShape = (type: TensorType | undefined): readonly number[] => {
  if (!type || !isStatic(type.shape)) throw new Error('the shape is not static');
  return type.shape;
};

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = range(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Row-major tensor whose element at each index is `element(index)`. The index array is reused between calls. */
export function fill(shape: readonly number[], element: (index: readonly number[]) => number): number[] {
  const result = new Array<number>(product(shape));
  const index = shape.map(() => 0);
  for (let position = 0; position < result.length; position++) {
    result[position] = element(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return result;
}

/** Element of a constant at an index, broadcast: leading axes of the index are dropped, axes of length 1 are repeated. */
export function reader(value: Value | null | undefined): (index: readonly number[]) => number {
  if (!value?.data) throw new Error('the value is not a constant');
  const { data } = value;
  const shape = staticShape(value.type);
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return (index) => {
    const skip = index.length - shape.length;
    let position = 0;
    for (let axis = 0; axis < strides.length; axis++) position += strides[axis]! * index[axis + skip]!;
    return data[position]!;
  };
}

/** What a number becomes when stored as `dtype`: integers are cut towards zero, floats are kept as they are. */
export const toDType = (value: number, dtype: DType): number =>
  dtype === 'bool' ? Number(value !== 0) : isFloat(dtype) || dtype === 'complex64' ? value : Math.trunc(value);
