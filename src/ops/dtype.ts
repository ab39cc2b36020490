/** ONNX's numbering of element types (TensorProto.DataType). */

import type { DType } from '../ir/type.ts';

export const ONNX_DTYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  complex64: 14,
  bfloat16: 16,
};

/** The element type with that number, or undefined. */
export const dtypeOfOnnx = (number: number): DType | undefined =>
  (Object.keys(ONNX_DTYPE) as DType[]).find((dtype) => ONNX_DTYPE[dtype] === number);
