/** ONNX files come back as graphs: what was encoded, what other exporters write, and what is damaged. */

import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { decodeModel } from '../../src/frontends/onnx/decode.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { valueOf } from '../../src/ir/query.ts';
import { tensorType } from '../../src/ir/type.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import type { GraphProtoSchema } from '../../src/onnx/gen/onnx_pb.ts';
import { AttributeProto_AttributeType as Kind, ModelProtoSchema } from '../../src/onnx/gen/onnx_pb.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { createBuilder } from '../../src/ops/infer.ts';
import { initialise } from '../../src/profile/initialise.ts';
import { resnetGraph, transformerGraph, unetGraph } from '../support/networks.ts';

const weightsOf = (graph: Graph) =>
  new Map(
    graph.parameters.map(({ name, value, init }) => {
      const shape = graph.values[value]!.type.shape as readonly number[];
      return [name, { data: initialise(init, shape, 0, name) }];
    }),
  );

describe('what was encoded comes back', () => {
  test.each([
    ['resnet', resnetGraph({ training: false })],
    ['resnet in training', resnetGraph({ training: true })],
    ['transformer', transformerGraph()],
    ['unet', unetGraph()],
  ])('%s', (_, graph) => {
    const { graph: back, diagnostics } = decodeModel(encodeModel(graph, { weights: weightsOf(graph) }));
    expect(diagnostics).toEqual([]);
    expect(verifyGraph(back!)).toEqual([]);
    expect(back!.training).toBe(graph.training && graph.nodes.some(({ op }) => op === 'BatchNormalization'));
    const live = graph.nodes.filter((node) => !node.outputs.every((output) => graph.values[output]!.data));
    expect(back!.nodes.map(({ op }) => op)).toEqual(live.map(({ op }) => op));
    const shapes = (from: Graph, nodes = from.nodes) => nodes.map((node) => from.values[node.outputs[0]!]!.type);
    expect(shapes(back!)).toEqual(shapes(graph, live));
    const names = (from: Graph) => from.parameters.map(({ name }) => name).sort();
    expect(names(back!)).toEqual(names(graph));
    expect(back!.nodes.flatMap(({ problems }) => problems)).toEqual([]);
  });
});

type GraphInit = Exclude<MessageInitShape<typeof GraphProtoSchema>, { $typeName: string }>;

const modelOf = (graph: GraphInit, opset = 17): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: '', version: BigInt(opset) }], graph }),
  );

const tensorInfo = (name: string, dims: readonly (number | string)[]) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: {
        elemType: 1,
        shape: {
          dim: dims.map((dim) =>
            typeof dim === 'number'
              ? { value: { case: 'dimValue' as const, value: BigInt(dim) } }
              : { value: { case: 'dimParam' as const, value: dim } },
          ),
        },
      },
    },
  },
});

const relu = (input = 'x', output = 'y', name = '') => ({ opType: 'Relu', input: [input], output: [output], name });

describe('what others write', () => {
  test('symbolic dimensions are 1 unless given', () => {
    const bytes = modelOf({ input: [tensorInfo('x', ['batch', 3])], output: [{ name: 'y' }], node: [relu()] });
    expect(decodeModel(bytes).inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [1, 3] }]);
    const given = decodeModel(bytes, { inputs: [{ dtype: 'float32', shape: [4, 3] }] });
    expect(given.graph!.values[given.graph!.outputs[0]!]!.type.shape).toEqual([4, 3]);
    const wrong = decodeModel(bytes, { inputs: [{ dtype: 'float32', shape: [4, 5] }] });
    expect(wrong.diagnostics[0]!.message).toContain('[?, 3]');
  });

  test('axes as an input (opset 18) and as an attribute are the same', () => {
    const node = (input: string[], attribute: object[]) => ({ opType: 'ReduceMean', input, output: ['y'], attribute });
    const io = { input: [tensorInfo('x', [2, 3, 4])], output: [{ name: 'y' }] };
    const axes = { name: 'axes', dataType: 7, dims: [1n], int64Data: [2n] };
    const newer = modelOf({ ...io, initializer: [axes], node: [node(['x', 'axes'], [])] }, 18);
    const older = modelOf({ ...io, node: [node(['x'], [{ name: 'axes', type: Kind.INTS, ints: [2n] }])] }, 13);
    for (const bytes of [newer, older]) {
      const { graph, diagnostics } = decodeModel(bytes);
      expect(diagnostics).toEqual([]);
      expect(graph!.values[graph!.outputs[0]!]!.type.shape).toEqual([2, 3, 1]);
      expect(graph!.nodes[0]!.attrs['axes']).toEqual([2]);
    }
  });

  test('node names tell the modules', () => {
    const bytes = modelOf({
      input: [tensorInfo('x', [1])],
      output: [{ name: 'z' }],
      node: [relu('x', 'y', '/layer1/layer1.0/relu/Relu'), relu('y', 'z', '/layer1/layer1.0/relu/Relu_1')],
    });
    const { graph } = decodeModel(bytes);
    expect(graph!.nodes.map(({ module }) => module)).toEqual(['layer1.0.relu', 'layer1.0.relu']);
    expect(graph!.modules.map(({ path }) => path)).toEqual(['', 'layer1', 'layer1.0', 'layer1.0.relu']);
    expect(verifyGraph(graph!)).toEqual([]);
  });

  test('a list of modules, which node names never stand for alone, only holds them', () => {
    const bytes = modelOf({
      input: [tensorInfo('x', [1])],
      output: [{ name: 'z' }],
      node: [relu('x', 'y', '/down.0/block/block.0/Relu'), relu('y', 'z', '/down.1/block/block.0/Relu')],
    });
    const { graph } = decodeModel(bytes);
    expect(graph!.modules.filter(({ holds }) => holds).map(({ path }) => path)).toEqual(['down']);
  });

  test('an operator of another domain is unknown, and said once', () => {
    const strange = (input: string, output: string) => ({
      opType: 'Swirl',
      domain: 'com.example',
      input: [input],
      output: [output],
    });
    const bytes = modelOf({
      input: [tensorInfo('x', [1])],
      output: [{ name: 'z' }],
      node: [strange('x', 'y'), strange('y', 'z')],
    });
    const { graph, diagnostics } = decodeModel(bytes);
    expect(graph!.nodes.map(({ op }) => op)).toEqual(['Unknown', 'Unknown']);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'Skipscope does not know the operator com.example.Swirl.',
    ]);
  });

  test('contents in another file are missed by name', () => {
    const weight = {
      name: 'w',
      dataType: 1,
      dims: [1n],
      dataLocation: 1,
      externalData: [{ key: 'location', value: 'weights.bin' }],
    };
    const bytes = modelOf({
      input: [tensorInfo('x', [1])],
      output: [{ name: 'y' }],
      initializer: [weight],
      node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
    });
    const { graph, diagnostics } = decodeModel(bytes);
    expect(diagnostics[0]!.message).toContain("'weights.bin'");
    expect(graph!.parameters.map(({ name, init }) => [name, init.kind])).toEqual([['w', 'unknown']]);
  });
});

describe('what is damaged', () => {
  const good = encodeModel(unetGraph());
  test.each([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('import torch\n')],
    ['half a model', good.subarray(0, good.length >> 1)],
  ])('%s gives a diagnostic', (_, bytes) => {
    const { graph, diagnostics } = decodeModel(bytes, { file: 'broken.onnx' });
    expect(graph).toBeNull();
    expect(diagnostics).toMatchObject([{ file: 'broken.onnx', severity: 'error', code: 'onnx-unreadable' }]);
  });

  test('an initialiser that does not fit its shape', () => {
    const bytes = modelOf({
      input: [tensorInfo('x', [1])],
      output: [{ name: 'y' }],
      initializer: [{ name: 'w', dataType: 1, dims: [3n], floatData: [1, 2] }],
      node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
    });
    expect(decodeModel(bytes).diagnostics[0]!.message).toContain('2 elements for shape [3]');
  });
});

test('recurrent nodes keep their attributes, lengths and states on the way through a file', () => {
  const builder = createBuilder();
  const float = (shape: readonly number[]) => tensorType('float32', shape);
  const [x, h] = [builder.input('x', float([5, 2, 3])), builder.input('h', float([2, 2, 4]))];
  const weight = (name: string, shape: readonly number[]) =>
    builder.parameter(name, float(shape), { kind: 'unknown' }, { trainable: true, buffer: false });
  const lengths = builder.constant([5, 3], [2], 'int32');
  const inputs = [x, weight('w', [2, 12, 3]), weight('r', [2, 12, 4]), null, lengths, h];
  const attrs = {
    ...{ activations: ['Sigmoid', 'Tanh', 'HardSigmoid', 'Softsign'], activation_alpha: [0.25], clip: 2.5 },
    ...{ direction: 'bidirectional', hidden_size: 4, linear_before_reset: 1 },
  };
  const outputs = builder.ops('GRU', inputs, attrs, 2);
  const { graph, diagnostics } = decodeModel(encodeModel(builder.build('net', outputs)));
  expect(diagnostics).toEqual([]);
  const [node] = graph!.nodes;
  expect(node).toMatchObject({ op: 'GRU', attrs, problems: [] });
  expect(node!.inputs.map((id) => id !== null && valueOf(graph!, id).type.shape)).toEqual([
    ...[[5, 2, 3], [2, 12, 3], [2, 12, 4], false, [2], [2, 2, 4]],
  ]);
  expect(graph!.outputs.map((id) => valueOf(graph!, id).type.shape)).toEqual([
    [5, 2, 2, 4],
    [2, 2, 4],
  ]);
});
