/** Reads and writes safetensors files: an 8-byte header length, a JSON header, raw little-endian contents. */

import type { DType } from '../ir/type.ts';
import { fromBfloat, fromHalf } from '../onnx/tensor.ts';
import type { TensorMap } from './types.ts';

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

type TensorData = Float32Array | BigInt64Array | Int32Array;

interface Format {
  readonly bytes: number;
  /** The element type of what is read; narrower and wider floats become float32. */
  readonly dtype: DType;
  read(view: DataView, length: number): TensorData;
}

const floats = (length: number, at: (index: number) => number): Float32Array =>
  Float32Array.from({ length }, (_, index) => at(index));
const integers = (length: number, at: (index: number) => number): Int32Array =>
  Int32Array.from({ length }, (_, index) => at(index));

const FORMATS: Readonly<Record<string, Format>> = {
  F32: { bytes: 4, dtype: 'float32', read: (view, n) => floats(n, (i) => view.getFloat32(4 * i, true)) },
  F64: { bytes: 8, dtype: 'float32', read: (view, n) => floats(n, (i) => view.getFloat64(8 * i, true)) },
  F16: { bytes: 2, dtype: 'float32', read: (view, n) => floats(n, (i) => fromHalf(view.getUint16(2 * i, true))) },
  BF16: { bytes: 2, dtype: 'float32', read: (view, n) => floats(n, (i) => fromBfloat(view.getUint16(2 * i, true))) },
  I64: {
    bytes: 8,
    dtype: 'int64',
    read: (view, n) => BigInt64Array.from({ length: n }, (_, i) => view.getBigInt64(8 * i, true)),
  },
  I32: { bytes: 4, dtype: 'int32', read: (view, n) => integers(n, (i) => view.getInt32(4 * i, true)) },
  I16: { bytes: 2, dtype: 'int32', read: (view, n) => integers(n, (i) => view.getInt16(2 * i, true)) },
  I8: { bytes: 1, dtype: 'int32', read: (view, n) => integers(n, (i) => view.getInt8(i)) },
  U8: { bytes: 1, dtype: 'int32', read: (view, n) => integers(n, (i) => view.getUint8(i)) },
  BOOL: { bytes: 1, dtype: 'int32', read: (view, n) => integers(n, (i) => view.getUint8(i)) },
};

/**
 * All tensors of a safetensors file.
 *
 * @throws an Error for the user on a file that is damaged or holds an element type that is not supported
 */
export function readSafetensors(bytes: Uint8Array): TensorMap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  if (headerBytes > bytes.length - 8) throw new Error('This is not a safetensors file: its header is cut off.');
  const header = readHeader(bytes.subarray(8, 8 + headerBytes));
  const start = 8 + headerBytes;
  const result = new Map<string, TensorMap extends ReadonlyMap<string, infer T> ? T : never>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const format = FORMATS[entry.dtype];
    if (!format) throw new Error(`Tensor ${name} has element type ${entry.dtype}, which is not supported.`);
    const [from, to] = entry.data_offsets;
    const length = entry.shape.reduce((product, dim) => product * dim, 1);
    if (to - from !== length * format.bytes || from < 0 || start + to > bytes.length) {
      throw new Error(`Tensor ${name} of the safetensors file does not fit its shape [${entry.shape.join(', ')}].`);
    }
    const part = new DataView(bytes.buffer, bytes.byteOffset + start + from, to - from);
    result.set(name, { dtype: format.dtype, shape: entry.shape, data: format.read(part, length) });
  }
  return result;
}

function readHeader(bytes: Uint8Array): Record<string, Entry> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    header = null;
  }
  if (typeof header !== 'object' || header === null) {
    throw new Error('This is not a safetensors file: its header is not JSON.');
  }
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Partial<Entry>;
    const sound = typeof dtype === 'string' && isCounts(shape) && isCounts(offsets) && offsets.length === 2;
    if (!sound) throw new Error(`The safetensors header does not describe tensor ${name} properly.`);
  }
  return header as Record<string, Entry>;
}

const isCounts = (list: unknown): list is number[] =>
  Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0);

/** The file for these tensors; float32, int64 and int32 as they are. */
export function writeSafetensors(tensors: TensorMap): Uint8Array {
  const header: Record<string, Entry> = {};
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const dtype = data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : 'I64';
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  // The header is padded with blanks so that the contents start at a multiple of eight.
  const plain = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(plain.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + offset).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(plain, 8);
  let at = 8 + headerBytes;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}
