/** What expandForRuntime leaves, merges and maps. */

import { expect, test } from 'vitest';
import { reverse } from '../../../src/autodiff/reverse.ts';
import type { GraphBuilder } from '../../../src/ir/builder.ts';
import type { Graph, ValueId } from '../../../src/ir/graph.ts';
import { tensorType } from '../../../src/ir/type.ts';
import { verifyGraph } from '../../../src/ir/verify.ts';
import { expandForRuntime } from '../../../src/ops/expand.ts';
import { createBuilder } from '../../../src/ops/infer.ts';
import { evaluate } from '../../support/evaluate.ts';

const opsOf = (graph: Graph): readonly string[] => graph.nodes.map((node) => node.op);

const vector = (builder: GraphBuilder, name: string, length: number): ValueId =>
  builder.parameter(
    name,
    tensorType('float32', [length]),
    { kind: 'constant', value: 1 },
    { trainable: true, buffer: false },
  );

test('batch statistics are computed once, for the forward pass and its gradient', () => {
  const builder = createBuilder({ merge: true });
  const x = builder.input('x', tensorType('float32', [4, 3, 5, 5]));
  const vectors = ['weight', 'bias', 'running_mean', 'running_var'].map((name) => vector(builder, name, 3));
  const [y] = builder.ops('BatchNormalization', [x, ...vectors], { training_mode: 1 }, 3) as [ValueId];
  const seed = builder.input('seed', tensorType('float32', [4, 3, 5, 5]));
  const cotangents = reverse(builder, [...builder.nodes], new Map([[y, seed]]), [x, vectors[0]!]);
  const graph = builder.build('norm', [y, cotangents.of(x)!, cotangents.of(vectors[0]!)!]);
  const { graph: expanded, values } = expandForRuntime(graph);
  expect(verifyGraph(expanded)).toEqual([]);
  expect(opsOf(expanded)).not.toContain('BatchNormalization');
  expect(opsOf(expanded).filter((op) => op === 'Sqrt')).toHaveLength(1);
  expect(expanded.parameters.map(({ name }) => name)).toEqual(['weight', 'bias', 'running_mean', 'running_var']);
  expect(graph.outputs.map((output) => values.get(output))).toEqual(expanded.outputs);
  for (const { id, type } of graph.values) expect(expanded.values[values.get(id)!]!.type).toEqual(type);
});

test('what an expansion emits is expanded in turn, and origins are kept', () => {
  const builder = createBuilder();
  const x = builder.input('x', tensorType('float32', [1, 2, 5, 5]));
  builder.modules.push(
    { path: '', class: 'Net', builtin: false, created: null, defined: null },
    { path: 'pool', class: 'LPPool2d', builtin: true, created: null, defined: null },
  );
  builder.origin = { module: 'pool', origin: 'torch.nn.functional.lp_pool2d', inPlace: false, frames: [] };
  const y = builder.op('LpPool', [x], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 });
  const { graph } = expandForRuntime(builder.build('pool', [y]));
  expect(verifyGraph(graph)).toEqual([]);
  expect(opsOf(graph)).not.toContain('LpPool');
  expect(opsOf(graph)).not.toContain('AveragePool');
  expect(new Set(graph.nodes.map((node) => node.module))).toEqual(new Set(['pool']));
});

test('a graph that needs nothing comes back as it was', () => {
  const builder = createBuilder();
  const x = builder.input('x', tensorType('float32', [1, 2, 5, 5]));
  const w = builder.input('w', tensorType('float32', [4, 2, 3, 3]));
  const pooled = builder.op('MaxPool', [builder.op('Conv', [x, w])], { kernel_shape: [2, 2] });
  const { graph } = expandForRuntime(builder.build('net', [pooled]));
  expect(opsOf(graph)).toEqual(['Conv', 'MaxPool']);
});

/** Active dropout of ones and of its own gradient. */
function dropped(shape: readonly number[], rate: number, seed: number): { y: Float64Array; dx: Float64Array } {
  const builder = createBuilder({ merge: true });
  const x = builder.input('x', tensorType('float32', shape));
  const [y] = builder.ops(
    'Dropout',
    [x, builder.constant([rate], []), builder.constant([1], [], 'bool')],
    { seed },
    1,
  ) as [ValueId];
  const ct = builder.input('ct', tensorType('float32', shape));
  const dx = reverse(builder, [...builder.nodes], new Map([[y, ct]]), [x]).of(x)!;
  const { graph, values } = expandForRuntime(builder.build('dropout', [y, dx]));
  const ones = { shape, data: new Float64Array(shape.reduce((n, dim) => n * dim, 1)).fill(1) };
  const result = evaluate(
    graph,
    new Map([
      [values.get(x)!, ones],
      [values.get(ct)!, ones],
    ]),
  );
  return { y: result.get(graph.outputs[0]!)!.data, dx: result.get(graph.outputs[1]!)!.data };
}

test('dropout drops the right share, scales the rest, and its gradient meets the same mask', () => {
  const { y, dx } = dropped([64, 32, 16], 0.25, 1);
  expect(dx).toEqual(y);
  const kept = y.filter((value) => value !== 0);
  expect(new Set(kept)).toEqual(new Set([1 / (1 - 0.25)]));
  // 32,768 draws: three standard deviations are 0.0072.
  expect(Math.abs(kept.length / y.length - 0.75)).toBeLessThan(0.0072);
});

test('dropout masks differ between rows, columns and seeds', () => {
  const [rows, columns] = [256, 128];
  const { y } = dropped([rows, columns], 0.5, 1);
  const agreement = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).filter((value, index) => value === b[index]).length / a.length;
  const row = (index: number) => y.slice(index * columns, (index + 1) * columns);
  const shares = Array.from({ length: rows - 1 }, (_, index) => agreement(row(index), row(index + 1)));
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  // Four and a half standard deviations of 128 fair coins.
  expect(Math.max(...shares.map((share) => Math.abs(share - 0.5)))).toBeLessThan(0.2);
  const column = (index: number) => Float64Array.from({ length: rows }, (_, at) => y[at * columns + index]!);
  const neighbours = Array.from({ length: columns - 1 }, (_, index) => agreement(column(index), column(index + 1)));
  expect(Math.max(...neighbours.map((share) => Math.abs(share - 0.5)))).toBeLessThan(0.16);
  expect(Math.abs(agreement(y, dropped([rows, columns], 0.5, 2).y) - 0.5)).toBeLessThan(0.02);
});

test('dropout that is inactive or drops nothing is the identity', () => {
  const builder = createBuilder();
  const x = builder.input('x', tensorType('float32', [2, 3]));
  const inactive = builder.op('Dropout', [x, builder.constant([0.5], [])]);
  const nothing = builder.op('Dropout', [x, builder.constant([0], []), builder.constant([1], [], 'bool')]);
  const { graph } = expandForRuntime(builder.build('dropout', [inactive, nothing]));
  expect(opsOf(graph)).toEqual(['Identity']);
});
