/** safetensors files are read as written, and damaged ones are refused in words. */

import { describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/profile/safetensors.ts';

/** A file with one tensor of the given element type. */
function fileOf(dtype: string, shape: number[], bytes: number[]): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ t: { dtype, shape, data_offsets: [0, bytes.length] } }));
  const file = new Uint8Array(8 + header.length + bytes.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(bytes, 8 + header.length);
  return file;
}

describe('safetensors', () => {
  test('round trip', () => {
    const tensors = new Map([
      ['a', { dtype: 'float32' as const, shape: [2, 2], data: new Float32Array([1, -2, 0.5, 3]) }],
      ['scalar', { dtype: 'int64' as const, shape: [], data: new BigInt64Array([-7n]) }],
      ['ids', { dtype: 'int32' as const, shape: [3], data: new Int32Array([1, 2, 3]) }],
    ]);
    expect(readSafetensors(writeSafetensors(tensors))).toEqual(tensors);
  });

  test('an unaligned buffer', () => {
    const file = writeSafetensors(new Map([['a', { dtype: 'float32', shape: [1], data: new Float32Array([2.5]) }]]));
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect([...readSafetensors(shifted.subarray(3)).get('a')!.data]).toEqual([2.5]);
  });

  test.each([
    ['F16', [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00], [1, -2, 2 ** -24]],
    ['BF16', [0x80, 0x3f, 0x20, 0xc1], [1, -10]],
    ['F64', [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], [1.5]],
    ['U8', [0, 255], [0, 255]],
    ['I16', [0xff, 0xff], [-1]],
  ])('%s', (dtype, bytes, expected) => {
    const tensor = readSafetensors(fileOf(dtype, [expected.length], bytes)).get('t')!;
    expect([...tensor.data]).toEqual(expected);
  });

  test.each([
    ['a short file', new Uint8Array(4), 'cut off'],
    ['a header that is too long', new Uint8Array(16).fill(0x7f), 'cut off'],
    ['a header that is not JSON', new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7b]), 'not JSON'],
    ['an element type of another world', fileOf('F4', [1], [0]), 'F4'],
    ['contents that do not fit', fileOf('F32', [3], [0, 0, 0, 0]), 'does not fit'],
    ['a negative shape', fileOf('F32', [-1], []), 'properly'],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
  });
});
