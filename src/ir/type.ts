/** Tensor types: element type and shape, either of which may be unknown. */

export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool'
  | 'complex64';

/** Length of one axis; null when unknown. */
export type Dim = number | null;

/** Lengths of all axes; null when even the rank is unknown. `[]` is a scalar. */
export type Shape = readonly Dim[] | null;

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export const tensorType = (dtype: DType, shape: Shape): TensorType => ({ dtype, shape });

export const isFloat = (dtype: DType): boolean =>
  dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';

export const isStatic = (shape: Shape): shape is readonly number[] =>
  shape !== null && shape.every((dim) => dim !== null);

/** Number of elements; null when the shape is not fully known. */
export const elementCount = (shape: Shape): number | null =>
  isStatic(shape) ? shape.reduce((product, dim) => product * dim, 1) : null;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a !== null && b !== null && a.length === b.length && a.every((dim, axis) => dim === b[axis]);

/** `[1, 64, ?, 56]`, or `[…]` when the rank is unknown. */
export const formatShape = (shape: Shape): string =>
  shape === null ? '[…]' : `[${shape.map((dim) => dim ?? '?').join(', ')}]`;
