/** Contents of a TensorProto, in whichever of ONNX's fields they are. */

import type { DType } from '../ir/type.ts';
import type { TensorProto } from './gen/onnx_pb.ts';
import { TensorProto_DataLocation as DataLocation } from './gen/onnx_pb.ts';
import { BYTES, decodeNumbers, fromBfloat, fromHalf } from './tensor.ts';
import { dtypeOfOnnx } from '../ops/dtype.ts';

export interface ReadTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Null when they were not asked for, or are elsewhere or damaged; `problem` says why then. */
  readonly data: readonly number[] | null;
  readonly problem: string | null;
}

export function readTensor(tensor: TensorProto, contents = true): ReadTensor {
  const dtype = dtypeOfOnnx(tensor.dataType);
  const shape = tensor.dims.map(Number);
  const refuse = (problem: string): ReadTensor => ({ dtype: dtype ?? 'float32', shape, data: null, problem });
  if (dtype === undefined) return refuse(`element type ${tensor.dataType} is not supported.`);
  if (!contents) return { dtype, shape, data: null, problem: null };
  if (tensor.dataLocation === DataLocation.EXTERNAL) {
    const file = tensor.externalData.find(({ key }) => key === 'location')?.value ?? '';
    return refuse(`its contents are in another file, '${file}', which is not read.`);
  }
  if (dtype === 'complex64') return refuse('complex numbers are not supported.');
  const count = shape.reduce((product, dim) => product * dim, 1);
  const data = tensor.rawData.length ? readRaw(tensor.rawData, dtype) : readFields(tensor, dtype);
  if (data.length !== count) return refuse(`it has ${data.length} elements for shape [${shape.join(', ')}].`);
  return { dtype, shape, data, problem: null };
}

const readRaw = (bytes: Uint8Array, dtype: DType): readonly number[] =>
  bytes.length % BYTES[dtype] ? [] : decodeNumbers(bytes, dtype);

/** Half floats travel as bit patterns in `int32_data`. */
function readFields(tensor: TensorProto, dtype: DType): readonly number[] {
  switch (dtype) {
    case 'float32':
      return tensor.floatData;
    case 'float64':
      return tensor.doubleData;
    case 'int64':
      return tensor.int64Data.map(Number);
    case 'float16':
      return tensor.int32Data.map(fromHalf);
    case 'bfloat16':
      return tensor.int32Data.map(fromBfloat);
    default:
      return tensor.int32Data;
  }
}
