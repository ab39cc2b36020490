/** Contents of tensors between numbers and ONNX's raw little-endian bytes. */

import type { DType } from '../ir/type.ts';

const INT64_MAX = 2n ** 63n - 1n;

/** Nearest 64-bit integer; infinities and numbers beyond the range are clamped to it. */
function toInt64(value: number): bigint {
  if (Math.abs(value) < 2 ** 63) return BigInt(Math.trunc(value));
  return value > 0 ? INT64_MAX : -INT64_MAX;
}

/** IEEE half precision, rounded to nearest, ties to even. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(size || 2 ** -30)), -14);
  const step = 2 ** (exponent - 10);
  const scaled = size / step;
  let steps = Math.floor(scaled);
  const rest = scaled - steps;
  if (rest > 0.5 || (rest === 0.5 && steps % 2 === 1)) steps++;
  // A mantissa that rounds up to the next power carries into the exponent by itself.
  return sign | (exponent === -14 ? steps : ((exponent + 15) << 10) + (steps - 1024));
}

export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + mantissa) * 2 ** (exponent - 25) : mantissa * 2 ** -24);
}

const floatBits = new Uint32Array(1);
const floatValue = new Float32Array(floatBits.buffer);

/** The upper half of a float32, rounded to nearest, ties to even. */
export function toBfloat(value: number): number {
  floatValue[0] = value;
  const bits = floatBits[0]!;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

export function fromBfloat(bits: number): number {
  floatBits[0] = bits << 16;
  return floatValue[0]!;
}

/** Bytes of one element; complex64 is two floats. */
export const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
  complex64: 8,
};

type Write = (view: DataView, offset: number, value: number) => void;
type Read = (view: DataView, offset: number) => number;

const WRITE: Readonly<Record<Exclude<DType, 'complex64'>, Write>> = {
  float32: (view, at, value) => view.setFloat32(at, value, true),
  float64: (view, at, value) => view.setFloat64(at, value, true),
  float16: (view, at, value) => view.setUint16(at, toHalf(value), true),
  bfloat16: (view, at, value) => view.setUint16(at, toBfloat(value), true),
  int64: (view, at, value) => view.setBigInt64(at, toInt64(value), true),
  int32: (view, at, value) => view.setInt32(at, value, true),
  int16: (view, at, value) => view.setInt16(at, value, true),
  int8: (view, at, value) => view.setInt8(at, value),
  uint8: (view, at, value) => view.setUint8(at, value),
  bool: (view, at, value) => view.setUint8(at, value ? 1 : 0),
};

const READ: Readonly<Record<Exclude<DType, 'complex64'>, Read>> = {
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  float16: (view, at) => fromHalf(view.getUint16(at, true)),
  bfloat16: (view, at) => fromBfloat(view.getUint16(at, true)),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  int16: (view, at) => view.getInt16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) ? 1 : 0),
};

/** Little-endian bytes of the numbers; complex numbers are not supported. */
export function encodeNumbers(data: ArrayLike<number>, dtype: DType): Uint8Array {
  if (dtype === 'complex64') throw new Error('complex constants cannot be encoded');
  const bytes = new Uint8Array(data.length * BYTES[dtype]);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < data.length; index++) WRITE[dtype](view, index * BYTES[dtype], data[index]!);
  return bytes;
}

/** Numbers from little-endian bytes. int64 beyond 2⁵³ loses digits. */
export function decodeNumbers(bytes: Uint8Array, dtype: DType): number[] {
  if (dtype === 'complex64') throw new Error('complex tensors cannot be read');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / BYTES[dtype]) }, (_, index) =>
    READ[dtype](view, index * BYTES[dtype]),
  );
}
