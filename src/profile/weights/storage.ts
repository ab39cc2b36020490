/** Tensors of a PyTorch checkpoint from its storages: element types, strides, bounds. */

import { fromBfloat, fromHalf } from '../../onnx/tensor.ts';
import type { DType } from '../../ir/type.ts';
import type { TensorMap } from '../types.ts';

export type Tensor = TensorMap extends ReadonlyMap<string, infer T> ? T : never;

/** One tensor's place in a storage, in elements. */
export interface Placement {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export interface Storage {
  readonly key: string;
  readonly element: Element;
  /** Number of elements. */
  readonly length: number;
}

export interface Element {
  readonly bytes: number;
  /** What it is read as; narrower and wider floats become float32. */
  readonly dtype: DType;
  read(view: DataView, at: number): number | bigint;
}

/** By torch's names: `FloatStorage` and `float32` are the same. */
export const ELEMENTS: Readonly<Record<string, Element>> = {
  Float: { bytes: 4, dtype: 'float32', read: (view, at) => view.getFloat32(at, true) },
  Double: { bytes: 8, dtype: 'float32', read: (view, at) => view.getFloat64(at, true) },
  Half: { bytes: 2, dtype: 'float32', read: (view, at) => fromHalf(view.getUint16(at, true)) },
  BFloat16: { bytes: 2, dtype: 'float32', read: (view, at) => fromBfloat(view.getUint16(at, true)) },
  Long: { bytes: 8, dtype: 'int64', read: (view, at) => view.getBigInt64(at, true) },
  Int: { bytes: 4, dtype: 'int32', read: (view, at) => view.getInt32(at, true) },
  Short: { bytes: 2, dtype: 'int32', read: (view, at) => view.getInt16(at, true) },
  Char: { bytes: 1, dtype: 'int32', read: (view, at) => view.getInt8(at) },
  Byte: { bytes: 1, dtype: 'int32', read: (view, at) => view.getUint8(at) },
  Bool: { bytes: 1, dtype: 'int32', read: (view, at) => view.getUint8(at) },
};

const product = (shape: readonly number[]): number => shape.reduce((count, dim) => count * dim, 1);

/** Null when the tensor lies within its storage, else what is wrong. */
export function misplaced({ storage, offset, shape, strides }: Placement): string | null {
  if (shape.length !== strides.length) return 'has another number of strides than of axes';
  // A stride of 0 could make billions of elements of one.
  const count = product(shape);
  if (count > storage.length) return `has ${count} elements, its storage ${storage.length}`;
  if (count === 0) return null;
  const last = shape.reduce((at, dim, axis) => at + (dim - 1) * strides[axis]!, offset);
  return last < storage.length ? null : 'lies beyond the end of its storage';
}

/** The tensor's elements, row-major. `bytes` are those of the storage. */
export function readTensor({ storage, offset, shape, strides }: Placement, bytes: Uint8Array): Tensor {
  const { element } = storage;
  const count = product(shape);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array }[
    element.dtype as 'float32' | 'int64' | 'int32'
  ];
  const result = new data(count) as Float32Array;
  const index = new Array<number>(shape.length).fill(0);
  let place = offset;
  for (let position = 0; position < count; position++) {
    result[position] = element.read(view, place * element.bytes) as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      place -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { dtype: element.dtype, shape, data: result };
}
