/** The emitted forms of layer operators and their gradients, run by onnxruntime on WASM, against real PyTorch. */

import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import type { GoldenTensor } from '../support/nnCases.ts';
import { CASES, dropoutExpectation, expectationOf, LOSSES, relativeError } from '../support/nnCases.ts';
import type { Model } from '../support/nnModels.ts';
import { modelOf } from '../support/nnModels.ts';

const toOrt = ({ shape, dtype, data }: GoldenTensor): ort.Tensor =>
  dtype === 'int64'
    ? new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape)
    : new ort.Tensor('float32', Float32Array.from(data), shape);

async function check({ bytes, feeds, expected }: Model): Promise<void> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'basic',
  });
  const fed = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]));
  const result = await session.run(fed);
  await session.release();
  for (const { name, output, tensor } of expected) {
    const actual = result[output]!;
    expect(actual.dims, name).toEqual(tensor.shape);
    expect(relativeError(actual.data as Float32Array, tensor.data), name).toBeLessThan(1e-5);
  }
}

test.each(CASES.map((golden) => [golden.name, golden] as const))('%s', async (_name, golden) => {
  await check(modelOf(expectationOf(golden)));
});

test.each(LOSSES.map((loss) => [loss.name, loss] as const))('%s', async (_name, loss) => {
  await check(modelOf(loss));
});

test('dropout has the mask that the evaluator says', async () => {
  await check(modelOf(dropoutExpectation()));
});
