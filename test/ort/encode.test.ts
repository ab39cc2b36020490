/** Encoded graphs run in onnxruntime as they are. */

import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { tensorType } from '../../src/ir/type.ts';
import { encodeModel, nameValues } from '../../src/onnx/encode.ts';
import { createBuilder } from '../../src/ops/infer.ts';

/** y = Relu(x · w + c), with a weight input, a constant and an integer-list attribute. */
function sample() {
  const builder = createBuilder();
  const x = builder.input('x', tensorType('float32', [2, 2]));
  const w = builder.parameter(
    'fc.weight',
    tensorType('float32', [2, 2]),
    { kind: 'eye' },
    { trainable: true, buffer: false },
  );
  const unused = builder.parameter(
    'fc.unused',
    tensorType('float32', [9]),
    { kind: 'eye' },
    { trainable: true, buffer: false },
  );
  builder.op('Relu', [unused]);
  const product = builder.op('MatMul', [x, builder.op('Transpose', [w], { perm: [1, 0] })]);
  const sum = builder.op('Add', [product, builder.constant([-3, 0.5], [2])]);
  const y = builder.op('Relu', [sum]);
  return { graph: builder.build('sample', [y]), y };
}

async function run(
  bytes: Uint8Array,
  feeds: Record<string, ort.Tensor>,
): Promise<{ inputs: readonly string[]; y: number[] }> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  const result = await session.run(feeds);
  const inputs = session.inputNames;
  const y = Array.from(result['y']!.data as Float32Array);
  await session.release();
  return { inputs, y };
}

const matrix = (...data: number[]) => new ort.Tensor('float32', data, [2, 2]);

test('weights are inputs, constants are inside, and what nothing reads is left out', async () => {
  const { graph, y } = sample();
  const bytes = encodeModel(graph, { outputNames: new Map([[y, 'y']]) });
  const result = await run(bytes, { x: matrix(1, 2, 3, 4), 'fc.weight': matrix(0, 1, 2, 0) });
  expect(result.inputs).toEqual(['x', 'fc.weight']);
  expect(result.y).toEqual([0, 2.5, 1, 6.5]);
});

test('given weights become initialisers', async () => {
  const { graph, y } = sample();
  const weights = new Map([['fc.weight', { data: new Float32Array([0, 1, 2, 0]) }]]);
  const result = await run(encodeModel(graph, { weights, outputNames: new Map([[y, 'y']]) }), {
    x: matrix(1, 2, 3, 4),
  });
  expect(result.inputs).toEqual(['x']);
  expect(result.y).toEqual([0, 2.5, 1, 6.5]);
});

test('names are unique even when an input is called like a parameter', () => {
  const builder = createBuilder();
  const type = tensorType('float32', [1]);
  const a = builder.input('a', type);
  const b = builder.parameter('a', type, { kind: 'eye' }, { trainable: true, buffer: false });
  const names = nameValues(builder.build('g', [builder.op('Add', [a, b])]));
  expect(names).toEqual(['a', 'a#2', '%2']);
});
