/** Every case of the operator table, forward and gradient, as onnxruntime on WASM computes it, against the evaluator. */

import * as ort from 'onnxruntime-web';
import { beforeAll, expect, test } from 'vitest';
import type { DType } from '../../src/ir/type.ts';
import { encodeModel, modelInputs } from '../../src/onnx/encode.ts';
import { expandForRuntime } from '../../src/ops/expand.ts';
import type { Tensor } from '../support/evaluate.ts';
import { evaluate } from '../support/evaluate.ts';
import { OP_CASES } from '../support/opCases.ts';
import { graphOf } from '../support/opModels.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});

function toOrt({ shape, data }: Tensor, dtype: DType): ort.Tensor {
  if (dtype === 'int64') return new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape);
  if (dtype === 'bool') return new ort.Tensor('bool', Uint8Array.from(data), shape);
  return new ort.Tensor('float32', Float32Array.from(data), shape);
}

const runnable = OP_CASES.filter((one) => one.runs).map((one) => [one.name, one] as const);

test.each(runnable)('%s', async (_name, one) => {
  const { graph, feeds } = graphOf(one);
  const reference = evaluate(graph, feeds);
  const expanded = expandForRuntime(graph);
  // Two outputs can be one value: the gradient of a sum is the cotangent itself.
  const outputNames = new Map(expanded.graph.outputs.map((output) => [output, `y${output}`]));
  const bytes = encodeModel(expanded.graph, { outputNames });
  const sources = new Map([...feeds].map(([value, tensor]) => [expanded.values.get(value), tensor]));
  const fed = modelInputs(expanded.graph, { outputNames }).map(({ name, value }) => {
    const { dtype } = expanded.graph.values[value]!.type;
    return [name, toOrt(sources.get(value)!, dtype)] as const;
  });
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'disabled',
  });
  const results = await session.run(Object.fromEntries(fed));
  await session.release();
  graph.outputs.forEach((output, index) => {
    const wanted = reference.get(output)!;
    const got = results[outputNames.get(expanded.graph.outputs[index]!)!]!;
    expect(got.dims).toEqual(wanted.shape);
    const actual = Array.from(got.data as ArrayLike<number | bigint | boolean>, Number);
    actual.forEach((value, position) => {
      const exact = wanted.data[position]!;
      if (!Number.isFinite(exact)) expect(value).toBe(exact);
      else expect(Math.abs(value - exact), `element ${position}`).toBeLessThan(2e-5 * Math.max(1, Math.abs(exact)));
    });
  });
});
