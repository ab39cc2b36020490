/** The gradient check without an oracle: one random direction, ⟨tangent, vjp(cotangent)⟩ against central differences. */

import { reverse } from '../../src/autodiff/reverse.ts';
import type { ValueId } from '../../src/ir/graph.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { isFloat, tensorType } from '../../src/ir/type.ts';
import { Emit } from '../../src/ops/emit.ts';
import { createBuilder } from '../../src/ops/infer.ts';
import type { Tensor } from './evaluate.ts';
import { evaluate } from './evaluate.ts';

/** Numbers in [low, high), the same for the same seed. */
export function randomNumbers(seed: number, low = -1, high = 1): () => number {
  let state = (seed * 2654435761 + 1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return low + (((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * (high - low);
  };
}

export const randomTensor = (shape: readonly number[], next: () => number): Tensor => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next),
});

export interface CheckOptions {
  readonly seed?: number;
  readonly step?: number;
}

export interface CheckResult {
  /** ⟨tangent, gradient⟩ by the reverse pass. */
  readonly byGradient: number;
  /** The same by central differences. */
  readonly byDifference: number;
  /** Their distance, over the larger of the two and of the mean size of what was summed. */
  readonly error: number;
}

/**
 * Emits a function of `primals`, differentiates it and compares in one random direction, all in float64.
 * @throws where an input has no gradient, or the graph with its gradient is not sound
 */
export function checkGradient(
  primals: readonly Tensor[],
  build: (emit: Emit, inputs: readonly ValueId[]) => ValueId,
  { seed = 1, step = 1e-5 }: CheckOptions = {},
): CheckResult {
  const next = randomNumbers(seed);
  const builder = createBuilder({ merge: true });
  const emit = new Emit(builder);
  const inputs = primals.map((primal, index) => builder.input(`x${index}`, tensorType('float32', primal.shape)));
  const output = build(emit, inputs);
  if (!isFloat(emit.type(output).dtype)) throw new Error('the output is not of floating-point type');
  const forward = builder.build('forward', [output]);

  const seedInput = builder.input('cotangent', tensorType('float32', emit.shape(output)));
  const cotangents = reverse(builder, forward.nodes, new Map([[output, seedInput]]), inputs);
  const gradients = inputs.map((input) => {
    const gradient = cotangents.of(input);
    if (gradient === null) throw new Error('an input has no gradient');
    return gradient;
  });
  const graph = builder.build('gradient', gradients);
  const faults = [...verifyGraph(graph), ...graph.nodes.flatMap((node) => node.problems.map((p) => p.message))];
  if (faults.length) throw new Error(faults.join('; '));

  const cotangent = randomTensor(emit.shape(output), next);
  const tangents = primals.map((primal) => randomTensor(primal.shape, next));
  const values = evaluate(graph, new Map([...feed(inputs, primals), [seedInput, cotangent]]));
  const terms = gradients.flatMap((gradient, index) => products(values.get(gradient)!, tangents[index]!));
  const byGradient = sum(terms);

  const at = (distance: number): Tensor => {
    const moved = primals.map((primal, index) => ({
      shape: primal.shape,
      data: primal.data.map((x, position) => x + distance * tangents[index]!.data[position]!),
    }));
    return evaluate(forward, feed(inputs, moved)).get(output)!;
  };
  const [above, below] = [at(step), at(-step)];
  const change = {
    shape: above.shape,
    data: above.data.map((x, position) => (x - below.data[position]!) / (2 * step)),
  };
  const byDifference = sum(products(change, cotangent));
  // Terms may cancel: a tenth of their typical joint size bounds the scale from below.
  const scale = Math.max(Math.abs(byGradient), Math.abs(byDifference), 0.1 * Math.hypot(...terms), 1e-12);
  return { byGradient, byDifference, error: Math.abs(byGradient - byDifference) / scale };
}

const feed = (inputs: readonly ValueId[], tensors: readonly Tensor[]): Map<ValueId, Tensor> =>
  new Map(inputs.map((input, index) => [input, tensors[index]!]));

const products = (a: Tensor, b: Tensor): number[] => Array.from(a.data, (x, index) => x * b.data[index]!);
const sum = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);
