/** What calls of torch give, against real PyTorch (scripts/goldens/results.py): types, shapes, and contents where they are computed. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { valueOf } from '../../src/ir/query.ts';
import goldens from '../goldens/results.json';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine, readText } from '../support/engine.ts';
import type { Tensor } from '../support/evaluate.ts';
import { evaluate } from '../support/evaluate.ts';

interface Result {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Null for what is no number; absent where the contents are not the same each time, or not known. */
  readonly data?: readonly (number | null)[];
}

type Goldens = Readonly<Record<string, { readonly inputs: readonly Result[]; readonly results: readonly Result[] }>>;

const { RESULTS, DRAWN, SHAPES } = goldens as Readonly<Record<'RESULTS' | 'DRAWN' | 'SHAPES', Goldens>>;
const SOURCE = readText('test/fixtures/results.py');

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const trace = (name: string, { inputs }: Goldens[string]): { graph: Graph; messages: readonly string[] } => {
  const shapes = inputs.map(({ shape }, index) => ({ name: `x${index}`, dtype: 'float32', shape }) as const);
  const { graph, diagnostics } = engine.trace(SOURCE, { model: `Call('${name}')`, inputs: shapes });
  return { graph: graph!, messages: diagnostics.map(({ message }) => message) };
};

const typesOf = (graph: Graph): unknown => graph.outputs.map((id) => ({ ...valueOf(graph, id).type }));
const wantedTypes = ({ results }: Goldens[string]): unknown => results.map(({ dtype, shape }) => ({ dtype, shape }));

/** What differs by more than the rounding of float32. */
const differences = (own: readonly number[], wanted: readonly (number | null)[]): unknown[] =>
  wanted.flatMap((expected, at) => {
    const found = own[at]!;
    const isSame =
      expected === null ? Number.isNaN(found) : Math.abs(found - expected) <= 2e-5 * Math.max(1, Math.abs(expected));
    return isSame ? [] : [{ at, found, expected }];
  });

describe('computes what PyTorch computes', () => {
  test.each(Object.entries(RESULTS))('%s', (name, golden) => {
    const { graph, messages } = trace(name, golden);
    expect(messages).toEqual([]);
    expect(typesOf(graph)).toEqual(wantedTypes(golden));
    const feeds = new Map<ValueId, Tensor>(
      golden.inputs.map(({ shape, data }, index) => [
        graph.inputs[index]!,
        { shape, data: Float64Array.from(data!.map(Number)) },
      ]),
    );
    const values = evaluate(graph, feeds);
    graph.outputs.forEach((id, index) => {
      const own = valueOf(graph, id).data ?? Array.from(values.get(id)!.data);
      expect(differences(own, golden.results[index]!.data!), `result ${index}`).toEqual([]);
    });
  });
});

describe('draws what has the types and shapes of PyTorch', () => {
  test.each(Object.entries(DRAWN))('%s', (name, golden) => {
    const { graph, messages } = trace(name, golden);
    expect(messages).toEqual([]);
    expect(typesOf(graph)).toEqual(wantedTypes(golden));
  });
});

describe('knows the types and shapes of what it does not compute', () => {
  test.each(Object.entries(SHAPES))('%s', (name, golden) => {
    const { graph, messages } = trace(name, golden);
    expect(messages.filter((one) => !one.endsWith('the shape of its result is known.'))).toEqual([]);
    expect(messages).not.toEqual([]);
    expect(typesOf(graph)).toEqual(wantedTypes(golden));
  });
});
