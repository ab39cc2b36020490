/** The layer operators' golden cases (test/goldens/nn.json, by real PyTorch) as graphs with their gradients. */

import { readFileSync } from 'node:fs';
import { reverse } from '../../src/autodiff/reverse.ts';
import type { Attrs, Graph, ValueId } from '../../src/ir/graph.ts';
import type { DType } from '../../src/ir/type.ts';
import { tensorType } from '../../src/ir/type.ts';
import { Emit } from '../../src/ops/emit.ts';
import { createBuilder } from '../../src/ops/infer.ts';
import { expandForRuntime } from '../../src/ops/expand.ts';
import { emitCrossEntropy } from '../../src/ops/loss.ts';
import { evaluate } from './evaluate.ts';

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: readonly number[];
}

export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Attrs;
  readonly outputs: number;
  readonly inputs: readonly (GoldenTensor | null)[];
  readonly constants: readonly (GoldenTensor | null)[];
  readonly output: GoldenTensor;
  readonly cotangent: GoldenTensor;
  readonly gradients: readonly (GoldenTensor | null)[];
}

interface GoldenLoss {
  readonly logits: GoldenTensor;
  readonly target: GoldenTensor;
  readonly loss: number;
  readonly gradient: GoldenTensor;
}

const goldens = JSON.parse(readFileSync(new URL('../goldens/nn.json', import.meta.url), 'utf8')) as {
  cases: readonly GoldenCase[];
  losses: readonly GoldenLoss[];
};

/** A graph, what to feed it, and what its outputs must be, in the graph's order. */
export interface Expectation {
  readonly name: string;
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<ValueId, GoldenTensor>;
  readonly expected: readonly { readonly name: string; readonly tensor: GoldenTensor }[];
}

export const CASES: readonly GoldenCase[] = goldens.cases;

/** Output and gradients of one operator. */
export function expectationOf(golden: GoldenCase): Expectation {
  const builder = createBuilder({ merge: true });
  const feeds = new Map<ValueId, GoldenTensor>();
  const feed = (name: string, tensor: GoldenTensor): ValueId => {
    const id = builder.input(name, tensorType(tensor.dtype, tensor.shape));
    feeds.set(id, tensor);
    return id;
  };
  const inputs = golden.inputs.map((tensor, index) => tensor && feed(`x${index}`, tensor));
  const constants = golden.constants.map(
    (tensor) => tensor && builder.constant(tensor.data, tensor.shape, tensor.dtype),
  );
  const [output] = builder.ops(golden.op, [...inputs, ...constants], golden.attrs, golden.outputs) as [ValueId];
  const cotangent = feed('cotangent', golden.cotangent);
  const wanted = inputs.flatMap((input, index) =>
    input !== null && golden.gradients[index] ? [{ input, index, tensor: golden.gradients[index] }] : [],
  );
  const cotangents = reverse(
    builder,
    [...builder.nodes],
    new Map([[output, cotangent]]),
    wanted.map(({ input }) => input),
  );
  const gradients = wanted.map(({ input }) => {
    const gradient = cotangents.of(input);
    if (gradient === null) throw new Error(`${golden.name}: no gradient of an input`);
    return gradient;
  });
  return {
    name: golden.name,
    graph: builder.build(golden.name, [output, ...gradients]),
    feeds,
    expected: [
      { name: 'output', tensor: golden.output },
      ...wanted.map(({ index, tensor }) => ({ name: `gradient ${index}`, tensor })),
    ],
  };
}

/** Cross-entropy and its gradient. */
export const LOSSES: readonly Expectation[] = goldens.losses.map(({ logits, target, loss, gradient }) => {
  const builder = createBuilder({ merge: true });
  const x = builder.input('logits', tensorType(logits.dtype, logits.shape));
  const t = builder.input('target', tensorType(target.dtype, target.shape));
  const result = emitCrossEntropy(new Emit(builder), x, t);
  return {
    name: `cross-entropy of [${logits.shape.join(', ')}]`,
    graph: builder.build('cross-entropy', [result.loss, result.gradient]),
    feeds: new Map([
      [x, logits],
      [t, target],
    ]),
    expected: [
      { name: 'loss', tensor: { shape: [], dtype: 'float32', data: [loss] } },
      { name: 'gradient', tensor: gradient },
    ],
  };
});

/** Active dropout: its mask must be the same everywhere, so the evaluator's is what is expected. */
export function dropoutExpectation(): Expectation {
  const builder = createBuilder({ merge: true });
  const shape = [6, 40, 33];
  const x = builder.input('x', tensorType('float32', shape));
  const active = [builder.constant([0.3], []), builder.constant([1], [], 'bool')];
  const y = builder.op('Dropout', [x, ...active], { seed: 11 });
  const graph = builder.build('dropout', [y]);
  const data = Array.from({ length: 6 * 40 * 33 }, (_, index) => 1 + (index % 7));
  const expanded = expandForRuntime(graph);
  const input = { shape, data: Float64Array.from(data) };
  const result = evaluate(expanded.graph, new Map([[expanded.values.get(x)!, input]]));
  const expected = Array.from(result.get(expanded.graph.outputs[0]!)!.data);
  return {
    name: 'dropout',
    graph,
    feeds: new Map([[x, { shape, dtype: 'float32', data }]]),
    expected: [{ name: 'output', tensor: { shape, dtype: 'float32', data: expected } }],
  };
}

/** Largest difference, relative to the largest magnitude that was expected. */
export function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = Math.max(1e-12, ...expected.map(Math.abs));
  const errors = expected.map((value, at) => Math.abs(actual[at]! - value) / scale);
  return errors.some(Number.isNaN) ? Infinity : Math.max(0, ...errors);
}
