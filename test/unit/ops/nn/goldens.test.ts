/** Layer operators, their gradients and their run-time expansions in float64, against real PyTorch. */

import { expect, test } from 'vitest';
import { verifyGraph } from '../../../../src/ir/verify.ts';
import { expandForRuntime } from '../../../../src/ops/expand.ts';
import { evaluate } from '../../../support/evaluate.ts';
import { CASES, expectationOf, LOSSES, relativeError } from '../../../support/nnCases.ts';

const tolerance = 1e-9;
const entries = [...CASES.map(expectationOf), ...LOSSES].map((entry) => [entry.name, entry] as const);

test.each(entries)('%s', (_name, { graph, feeds, expected }) => {
  expect(graph.nodes.flatMap((node) => node.problems)).toEqual([]);
  const tensors = new Map(
    [...feeds].map(([value, { shape, data }]) => [value, { shape, data: Float64Array.from(data) }]),
  );
  const values = evaluate(graph, tensors);
  expected.forEach(({ name, tensor }, index) => {
    const actual = values.get(graph.outputs[index]!)!;
    expect(actual.shape, name).toEqual(tensor.shape);
    expect(relativeError(actual.data, tensor.data), name).toBeLessThan(tolerance);
  });

  const expanded = expandForRuntime(graph);
  expect(verifyGraph(expanded.graph)).toEqual([]);
  expect(expanded.graph.nodes.flatMap((node) => node.problems)).toEqual([]);
  const moved = new Map([...tensors].map(([value, tensor]) => [expanded.values.get(value)!, tensor]));
  const rerun = evaluate(expanded.graph, moved);
  expected.forEach(({ name, tensor }, index) => {
    expect(expanded.graph.outputs[index]).toBe(expanded.values.get(graph.outputs[index]!));
    const actual = rerun.get(expanded.graph.outputs[index]!)!;
    expect(relativeError(actual.data, tensor.data), `${name}, expanded`).toBeLessThan(tolerance);
  });
});
