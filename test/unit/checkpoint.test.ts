/** PyTorch checkpoints are read as real torch writes them (scripts/goldens/checkpoints.py); hostile ones do nothing. */

import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { unpickle } from '../../src/profile/weights/pickle.ts';
import { matchWeights, openWeights } from '../../src/profile/weights/weightsFile.ts';
import goldens from '../goldens/checkpoints.json';

interface Golden {
  readonly file: string;
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
}

const files = Object.entries(goldens as unknown as Readonly<Record<string, Golden>>);
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(new Map(files).get(name)!.file, 'base64'));
const open = (name: string) => openWeights(bytesOf(name));

describe('a checkpoint', () => {
  const sound = files.filter(([, { tensors }]) => Object.keys(tensors).length > 0);

  test.each(sound)('%s: every tensor as torch has it', (name, { tensors }) => {
    const file = open(name);
    expect(file.names).toEqual(expect.arrayContaining(Object.keys(tensors)));
    for (const [key, { shape, data }] of Object.entries(tensors)) {
      const tensor = file.read(key);
      expect(tensor.shape, key).toEqual(shape);
      expect(Array.from(tensor.data, Number), key).toEqual(data);
    }
  });

  test('element types: floats become float32, integers keep their width where a graph has it', () => {
    const file = open('state dict');
    const types = ['half', 'brain', 'double', 'count', 'flags', 'bytes'].map((name) => file.read(name).dtype);
    expect(types).toEqual(['float32', 'float32', 'float32', 'int64', 'int32', 'int32']);
  });
});

describe('a file that is no state dict', () => {
  test.each([
    ['no tensors', 'argparse.Namespace. Save model.state_dict()'],
    ['sparse', 'not supported (torch._utils._rebuild_sparse_tensor)'],
    ['complex', 'ComplexFloatStorage, which is not supported'],
    ['hostile: a command', 'no tensors, but posix.system'],
    ['hostile: evaluation', 'no tensors, but __builtin__.eval'],
    ['hostile: before 1.6', 'not a PyTorch checkpoint'],
    ['hostile: a billion elements of one', 'has 1000000000 elements, its storage 4'],
    ['hostile: beyond the storage', 'beyond the end of its storage'],
    ['hostile: before the storage', 'not describe tensor weight properly'],
    ['hostile: negative strides', 'not describe tensor weight properly'],
    ['hostile: a storage that is shorter than it says', 'is cut off'],
    ['hostile: no storage', 'lacks its storage'],
    ['hostile: a zip bomb', 'not a PyTorch checkpoint'],
  ])('%s', (name, message) => {
    expect(() => open(name)).toThrow(message);
    expect(existsSync('skipscope-was-here')).toBe(false);
  });

  test.each(['state dict', 'state dict before 1.6', 'training loop'])(
    '%s, cut off anywhere, is refused in words',
    (name) => {
      const bytes = bytesOf(name);
      for (let length = 1; length < bytes.length; length += 97) {
        const read = () => {
          const file = openWeights(bytes.subarray(0, length));
          for (const one of file.names) file.read(one);
        };
        expect(read, `${length} bytes`).toThrow(/cut off|damaged|not a|properly|no tensors|lacks/);
      }
    },
  );

  test('bytes that are flipped never do more than fail in words', () => {
    const bytes = bytesOf('state dict');
    for (let at = 0; at < bytes.length; at += 11) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 0x55;
      try {
        const file = openWeights(changed);
        for (const one of file.names) file.read(one);
      } catch (error) {
        expect((error as Error).constructor, `byte ${at}: ${String(error)}`).toBe(Error);
      }
    }
  });
});

describe('a pickle', () => {
  const read = (text: string): unknown => unpickle(Uint8Array.from(text, (char) => char.charCodeAt(0))).value;

  test.each([
    ['protocol 0', "(lp0\nI1\naF2.5\naS'x'\naI01\naL12345678901L\na.", [1, 2.5, 'x', true, 12345678901]],
    ['negative and long numbers', '\x80\x02(J\xff\xff\xff\xff\x8a\x01\xfe\x8a\x00t.', [-1, -2, 0]],
    ['a tuple that is recalled', '\x80\x02K\x01\x85q\x00h\x00\x86.', [[1], [1]]],
  ])('of %s', (name, text, value) => {
    if (name.startsWith('a tuple')) expect(() => read(text)).not.toThrow();
    else expect(read(text)).toEqual(value);
  });

  test.each([
    ['without an end', '\x80\x02K', 'cut off'],
    ['that takes too much', '\x80\x02\x86.', 'takes more than it has put down'],
    ['without a mark', '\x80\x02t.', 'a mark is missing'],
    ['that recalls nothing', '\x80\x02h\x05.', 'has not remembered'],
    ['with a byte that means nothing', '\x80\x02\xff.', 'no opcode'],
    ['with a text longer than the file', '\x80\x02X\xff\xff\xff\x7f.', 'cut off'],
  ])('%s is refused', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe('names', () => {
  const wanted = ['0.weight', '0.bias', '1.running_mean', '1.num_batches_tracked', '1.weight'];

  test.each(['module', 'training loop'])('of %s are found, whatever stands before them', (name) => {
    const found = matchWeights(open(name), wanted);
    expect([...found.keys()]).toEqual(wanted);
    expect(found.get('0.weight')!.shape).toEqual([2, 1, 3, 3]);
  });

  test('what stands before most of them wins, and the first of several', () => {
    const names = ['step', 'model.a.w', 'model.b.w', 'ema.a.w', 'ema.b.w', 'b.w'];
    const read = (name: string) => ({
      dtype: 'float32' as const,
      shape: [1],
      data: Float32Array.of(names.indexOf(name)),
    });
    const found = matchWeights({ names, read }, ['a.w', 'b.w', 'c.w']);
    expect([...found].map(([name, { data }]) => [name, data[0]])).toEqual([
      ['a.w', 1],
      ['b.w', 2],
    ]);
  });

  test('of another model are refused', () => {
    expect(() => matchWeights(open('module'), ['conv1.weight', 'fc.weight'])).toThrow(
      'it holds 0.weight, 0.bias …, this model has conv1.weight, fc.weight …',
    );
  });
});
