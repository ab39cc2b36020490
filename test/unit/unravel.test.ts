/** Law 12: the gradients by number of branches sum to the gradient, exactly; all in float64. */

import { describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { reverse } from '../../src/autodiff/reverse.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { Emit } from '../../src/ops/emit.ts';
import { extendGraph } from '../../src/ops/infer.ts';
import { initialise, randomCotangent, randomInput } from '../../src/profile/initialise.ts';
import { planInput } from '../../src/profile/inputs.ts';
import { emitLoss } from '../../src/profile/loss.ts';
import { summarise, unravel } from '../../src/profile/paths.ts';
import { cutStream, differentiateSegment, SEGMENT_COTANGENT, SEGMENT_INPUT } from '../../src/profile/segments.ts';
import type { PathProfile } from '../../src/profile/types.ts';
import type { Tensor } from '../support/evaluate.ts';
import { evaluate } from '../support/evaluate.ts';
import { preactGraph, resnetGraph, transformerGraph } from '../support/networks.ts';

test('of linear blocks, by the binomial law', async () => {
  // x ← x + 2x, five times: G_k = C(5, k) 2^k g.
  const parts = await unravel(5, Float64Array.of(1, -3), (_, g) =>
    Promise.resolve([
      { length: 0, part: g },
      { length: 1, part: g.map((value) => 2 * value) },
    ]),
  );
  expect(parts.map(([first]) => first)).toEqual([1, 10, 40, 80, 80, 32]);
  const sum = parts.reduce((total, part) => total.map((value, at) => value + part[at]!), new Float64Array(2));
  expect([...sum]).toEqual([243, -729]);
});

/** What a run feeds the graph's parameters and inputs, by the names that `named` gives them. */
function contents(graph: Graph, named: (name: string) => string = (name) => name): Map<ValueId, Tensor> {
  const feeds = new Map<ValueId, Tensor>();
  for (const id of [...graph.inputs, ...graph.parameters.map(({ value }) => value)]) {
    const { name, shape, source } = planInput(graph, graph.values[id]!.name, id, 10);
    if (source.kind === 'parameter') {
      const own = initialise(source.init, shape, 0, named(source.parameter));
      feeds.set(id, { shape, data: Float64Array.from(own) });
    } else if (source.kind === 'cotangent') {
      feeds.set(id, { shape, data: Float64Array.from(randomCotangent(shape, 0)) });
    } else if (source.kind === 'data') {
      const { bound } = source;
      const whole = (value: number): number => Math.floor(Math.abs(value) * 100) % bound!;
      const drawn = Float64Array.from(randomInput(shape, 0, name));
      feeds.set(id, { shape, data: bound === null ? drawn : drawn.map(whole) });
    }
  }
  return feeds;
}

async function pathsInFloat64(graph: Graph): Promise<PathProfile> {
  const segments = cutStream(graph, findBlocks(graph))!;
  const builder = extendGraph(graph, { merge: true });
  const seeds = emitLoss(new Emit(builder), graph, 'cotangent').seeds();
  const [start, end] = [segments[0]!.from, segments.at(-1)!.to];
  const cotangents = reverse(builder, graph.nodes, seeds, [start]);
  const results = [start, end].map((value) => cotangents.of(value)!);
  const whole = builder.build('whole', results, true);
  const values = evaluate(whole, contents(whole));
  const gradients = segments.map((segment) => differentiateSegment(graph, segment));
  const parts = await unravel(segments.length, values.get(results[1]!)!.data, (index, cotangent) => {
    const { gradient, parameters, outputs } = gradients[index]!;
    const feeds = contents(gradient, (name) => parameters.get(name)!);
    const idOf = (name: string): ValueId => gradient.values.find((value) => value.name === name)!.id;
    feeds.set(idOf(SEGMENT_INPUT), values.get(segments[index]!.from)!);
    feeds.set(idOf(SEGMENT_COTANGENT), { shape: values.get(segments[index]!.to)!.shape, data: cotangent });
    const found = evaluate(gradient, feeds);
    return Promise.resolve(outputs.map(({ length, value }) => ({ length, part: found.get(value)!.data })));
  });
  return summarise(parts, values.get(results[0]!)!.data);
}

describe('of networks, within 1e-10 of the gradient', () => {
  test.each([
    ['post-activation', resnetGraph({ blocks: [1, 2], size: 8 }), 3],
    ['pre-activation', preactGraph({ blocks: [2, 2], size: 8 }), 4],
    ['a transformer', transformerGraph(), 4],
  ])('%s', async (_, graph, branches) => {
    const { residue, norms } = await pathsInFloat64(graph);
    expect(norms).toHaveLength(branches + 1);
    expect(Math.min(...norms.slice(-2))).toBeGreaterThan(0);
    expect(residue).toBeLessThan(1e-10);
  });
});
