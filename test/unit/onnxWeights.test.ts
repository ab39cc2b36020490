/** The weights of an ONNX file: those of a network that was encoded, in every form that exporters write. */

import { create, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { decodeModel } from '../../src/frontends/onnx/decode.ts';
import { ModelProtoSchema, TensorProto_DataType as Type } from '../../src/onnx/gen/onnx_pb.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { initialise } from '../../src/profile/initialise.ts';
import { matchWeights, openWeights } from '../../src/profile/weights/weightsFile.ts';
import { resnetGraph } from '../support/networks.ts';

test('a network whose drawing was read without weights finds them all in its file', () => {
  const graph = resnetGraph({ training: false });
  const drawn = graph.parameters.map(({ name, value, init }) => {
    const shape = graph.values[value]!.type.shape as readonly number[];
    return [name, { data: initialise(init, shape, 3, name) }] as const;
  });
  // A view into a larger buffer, as Node reads files.
  const bytes = Buffer.concat([Buffer.alloc(3), encodeModel(graph, { weights: new Map(drawn) })]).subarray(3);
  const { graph: back } = decodeModel(bytes, { contents: false });
  expect(new Set(back!.parameters.map(({ init }) => init.kind))).toEqual(new Set(['unknown']));
  const names = back!.parameters.map(({ name }) => name);
  const found = matchWeights(openWeights(bytes), names);
  expect([...found.keys()]).toEqual(names);
  for (const [name, { data }] of drawn) expect(Array.from(found.get(name)!.data, Number), name).toEqual([...data]);
});

test('floats in their own field, halves and doubles become single precision; contents elsewhere are refused by name', () => {
  const raw = (...numbers: number[]) => new Uint8Array(new Float64Array(numbers).buffer);
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    graph: {
      node: [{ opType: 'Relu', input: ['x'], output: ['y'] }],
      initializer: [
        { name: 'field', dims: [2n], dataType: Type.FLOAT, floatData: [1.5, -2] },
        { name: 'half', dims: [1n], dataType: Type.FLOAT16, rawData: new Uint8Array([0, 0x3c]) },
        { name: 'double', dims: [1, 2].map(BigInt), dataType: Type.DOUBLE, rawData: raw(0.25, 3) },
        {
          ...{ name: 'outside', dims: [1n], dataType: Type.FLOAT, dataLocation: 1 },
          externalData: [{ key: 'location', value: 'net.bin' }],
        },
      ],
    },
  });
  const file = openWeights(toBinary(ModelProtoSchema, model));
  expect(file.names).toEqual(['field', 'half', 'double', 'outside']);
  const of = (name: string) => file.read(name);
  expect(of('field')).toEqual({ dtype: 'float32', shape: [2], data: new Float32Array([1.5, -2]) });
  expect(of('half').data).toEqual(new Float32Array([1]));
  expect(of('double')).toEqual({ dtype: 'float32', shape: [1, 2], data: new Float32Array([0.25, 3]) });
  expect(() => of('outside')).toThrow("outside: its contents are in another file, 'net.bin'");
});
