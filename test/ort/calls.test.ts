/**
 * Every differentiable call of torch that the tracer knows, from Python to its gradient, against real PyTorch
 * (scripts/goldens/calls.py): in float64 by the reference evaluator, and as onnxruntime computes it.
 */

import * as ort from 'onnxruntime-web';
import { beforeAll, expect, test } from 'vitest';
import { reverse } from '../../src/autodiff/reverse.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { tensorType } from '../../src/ir/type.ts';
import { encodeModel, modelInputs } from '../../src/onnx/encode.ts';
import { Emit } from '../../src/ops/emit.ts';
import { expandForRuntime } from '../../src/ops/expand.ts';
import { extendGraph } from '../../src/ops/infer.ts';
import goldens from '../goldens/calls.json';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine, readText } from '../support/engine.ts';
import type { Tensor } from '../support/evaluate.ts';
import { evaluate } from '../support/evaluate.ts';
import { relativeError } from '../support/nnCases.ts';

interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Golden {
  readonly inputs: readonly Plain[];
  readonly output: Plain;
  readonly cotangent: Plain;
  /** Null where it is zero, or nothing leads back. */
  readonly gradients: readonly (Plain | null)[];
}

const GOLDENS = Object.entries(goldens as Readonly<Record<string, Golden>>);
const SOURCE = readText('test/fixtures/calls.py');

let engine: TestEngine;
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  engine = await loadEngine();
});

/** The call's result and the gradients of its inputs, as outputs of one graph; null where there is no gradient. */
interface Differentiated {
  readonly graph: Graph;
  readonly cotangent: ValueId;
  readonly output: ValueId;
  readonly gradients: readonly (ValueId | null)[];
}

function differentiated(name: string, { inputs }: Golden): Differentiated {
  const shapes = inputs.map(({ shape }, index) => ({ name: `x${index}`, dtype: 'float32', shape }) as const);
  const { graph, diagnostics } = engine.trace(SOURCE, { model: `Call('${name}')`, inputs: shapes, training: true });
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  const builder = extendGraph(graph!, { merge: true });
  const emit = new Emit(builder);
  const output = graph!.outputs[0]!;
  const cotangent = builder.input('cotangent', tensorType('float32', emit.shape(output)));
  const cotangents = reverse(builder, graph!.nodes, new Map([[output, cotangent]]), graph!.inputs);
  // An input cannot be an output.
  const copy = (value: ValueId): ValueId => emit.mul(value, emit.scalar(1));
  const gradients = graph!.inputs.map((input) => {
    const found = cotangents.of(input);
    return found === null ? null : copy(found);
  });
  const results = [copy(output), ...gradients.filter((one) => one !== null)];
  return { graph: builder.build(name, [...new Set(results)]), cotangent, output: results[0]!, gradients };
}

/** Far-off results by name; a gradient that PyTorch has and this has not is one of them. */
function compare(
  golden: Golden,
  found: Differentiated,
  at: (value: ValueId) => ArrayLike<number>,
  tolerance: number,
): string[] {
  const pairs: [string, Plain | null, ValueId | null][] = [
    ['result', golden.output, found.output],
    ...golden.gradients.map((gradient, index): [string, Plain | null, ValueId | null] => [
      `gradient ${index}`,
      gradient,
      found.gradients[index] ?? null,
    ]),
  ];
  return pairs.flatMap(([what, wanted, value]) => {
    if (value === null) return wanted === null ? [] : [`${what} is missing`];
    const own = Array.from(at(value));
    const expected = wanted?.data ?? own.map(() => 0);
    const off = wanted === null ? Math.max(...own.map(Math.abs)) : relativeError(Float32Array.from(own), expected);
    return off < tolerance ? [] : [`${what} is off by ${off.toExponential(1)}`];
  });
}

test.each(GOLDENS)('%s', async (name, golden) => {
  const found = differentiated(name, golden);
  const { graph, cotangent } = found;
  const tensors = new Map<ValueId, Plain>([[cotangent, golden.cotangent]]);
  golden.inputs.forEach((input, index) => tensors.set(graph.inputs[index]!, input));
  const feeds = new Map<ValueId, Tensor>(
    [...tensors].map(([id, { shape, data }]) => [id, { shape, data: Float64Array.from(data) }]),
  );
  const values = evaluate(graph, feeds);
  expect(
    compare(golden, found, (value) => values.get(value)!.data, 1e-6),
    'in float64',
  ).toEqual([]);

  const { graph: full, values: places } = expandForRuntime(graph);
  const outputNames = new Map(graph.outputs.map((output) => [places.get(output)!, `output${output}`]));
  const session = await ort.InferenceSession.create(encodeModel(full, { outputNames }), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'basic',
  });
  const fed: Record<string, ort.Tensor> = {};
  for (const { name, value } of modelInputs(full, { outputNames })) {
    const [id] = [...tensors.keys()].filter((own) => places.get(own) === value);
    const { shape, data } = tensors.get(id!)!;
    fed[name] = new ort.Tensor('float32', Float32Array.from(data), [...shape]);
  }
  const results = await session.run(fed);
  await session.release();
  const computed = (value: ValueId) => results[outputNames.get(places.get(value)!)!]!.data as Float32Array;
  expect(compare(golden, found, computed, 1e-4), 'by onnxruntime').toEqual([]);
});
