/** Every initialiser, from Python source to drawn numbers, is distributed as real PyTorch's (scripts/goldens/initialisers.py). */

import { beforeAll, expect, test } from 'vitest';
import type { Parameter } from '../../src/ir/graph.ts';
import { initialise } from '../../src/profile/initialise.ts';
import goldens from '../goldens/initialisers.json';
import { loadEngine, readText } from '../support/engine.ts';

interface Golden {
  readonly shape: readonly number[];
  /** Of what is the same in each draw: all elements, or the one that all are. */
  readonly data?: readonly number[];
  /** A value, the share of numbers below it, and of those not above it. */
  readonly distribution?: readonly (readonly [number, number, number])[];
}

const GOLDENS = Object.entries(goldens as unknown as Readonly<Record<string, Golden>>);
const NUMBERS = 60_000;

let parameters: ReadonlyMap<string, Parameter & { readonly shape: readonly (number | null)[] | null }>;
beforeAll(async () => {
  const engine = await loadEngine();
  const inputs = [{ name: 'x', dtype: 'float32', shape: [24, 36] }] as const;
  const source = readText('test/fixtures/initialisers.py');
  const { graph, diagnostics } = engine.trace(source, { model: 'Initialised()', inputs, training: true });
  expect(diagnostics).toEqual([]);
  parameters = new Map(
    graph!.parameters.map((own) => [own.name, { ...own, shape: graph!.values[own.value]!.type.shape }]),
  );
});

test('there are the parameters of PyTorch, in its order', () => {
  const trained = [...parameters.values()].filter(({ buffer }) => !buffer).map(({ name }) => name);
  expect(trained).toEqual(GOLDENS.map(([name]) => name));
});

test('two parameters that come from one draw start from the same numbers', () => {
  const [one, other] = ['steps', 'backwards'].map((name) => initialise(parameters.get(name)!.init, [24, 36], 3, name));
  expect([...other!]).toEqual(Array.from(one!, (value) => -value));
});

test.each(GOLDENS)('%s', (name, { shape, data, distribution }) => {
  const parameter = parameters.get(name)!;
  expect(parameter.shape).toEqual(shape);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const draw = (seed: number): Float32Array => initialise(parameter.init, shape, seed, name);
  if (data) {
    const expected = data.length === 1 ? new Array<number>(size).fill(data[0]!) : data;
    return expect([...draw(0)]).toEqual(expected.map(Math.fround));
  }
  const drawn = Array.from({ length: Math.ceil(NUMBERS / size) }, (_, seed) => [...draw(seed)]).flat();
  const share = (holds: (value: number) => boolean): number => drawn.filter(holds).length / drawn.length;
  for (const [at, below, upTo] of distribution!) {
    // Rounding of the golden's digits, of what is one number in every draw.
    const hair = 1e-5 * Math.abs(at);
    expect(Math.abs(share((value) => value < at - hair) - below), `below ${at}`).toBeLessThan(0.012);
    expect(Math.abs(share((value) => value <= at + hair) - upTo), `up to ${at}`).toBeLessThan(0.012);
  }
  return undefined;
});
