/** The weights and data that scripts/goldens/recipe.py describes, so that its goldens need no weight files. */

import type { Graph } from '../../src/ir/graph.ts';
import { valueOf } from '../../src/ir/query.ts';
import type { TensorMap } from '../../src/profile/types.ts';

function keyOf(name: string): number {
  let key = 0x811c9dc5;
  for (const char of name) key = Math.imul(key ^ char.charCodeAt(0), 0x01000193);
  return key >>> 0;
}

/** 32 bits that depend on the key of a name and the index only. */
function hashOf(key: number, index: number): number {
  let hash = (Math.imul(index, 0x9e3779b9) + key) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Uniform numbers in [0, 1). */
function uniform(name: string, size: number): Float64Array {
  const key = keyOf(name);
  return Float64Array.from({ length: size }, (_, index) => hashOf(key, index) / 2 ** 32);
}

/** L2 norm of a gradient and its products with vectors of random signs, as the goldens have them. */
export function sketchOf(name: string, gradient: Float32Array, products: number): number[] {
  const key = keyOf(`${name}/direction`);
  const sums = new Array<number>(products).fill(0);
  let squares = 0;
  for (let index = 0; index < gradient.length; index++) {
    const value = gradient[index]!;
    const bits = hashOf(key, index);
    squares += value * value;
    for (let bit = 0; bit < products; bit++) sums[bit]! += (bits >>> bit) & 1 ? -value : value;
  }
  return [Math.sqrt(squares), ...sums];
}

const count = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function weight(name: string, shape: readonly number[], spread: number): Float32Array {
  const numbers = uniform(name, count(shape));
  if (shape.length < 2) {
    const centre = name.endsWith('weight') ? 1 : 0;
    return Float32Array.from(numbers, (u) => spread * (u - 0.5) + centre);
  }
  const scale = Math.sqrt(2 / count(shape.slice(1)));
  return Float32Array.from(numbers, (u) => (u - 0.5) * Math.sqrt(12) * scale);
}

/** All parameters of the graph, buffers aside. */
export function recipeWeights(graph: Graph, spread = 0.2): TensorMap {
  const own = graph.parameters.filter((parameter) => !parameter.buffer);
  return new Map(
    own.map(({ name, value }) => {
      const shape = valueOf(graph, value).type.shape as readonly number[];
      return [name, { dtype: 'float32' as const, shape, data: weight(name, shape, spread) }];
    }),
  );
}

const integers = (name: string, shape: readonly number[], bound: number) => ({
  dtype: 'int64' as const,
  shape,
  data: BigInt64Array.from(uniform(name, count(shape)), (u) => BigInt(Math.floor(u * bound))),
});

/** The batch: images (of several batches one), or token ids below `vocabulary`; and labels. */
export function recipeData(
  shape: readonly number[],
  classes: number,
  vocabulary: number | null = null,
  batch = 0,
): TensorMap {
  const image = () => ({
    dtype: 'float32' as const,
    shape,
    data: Float32Array.from(uniform(`input${batch || ''}`, count(shape)), (u) => (u - 0.5) * Math.sqrt(12)),
  });
  return new Map([
    ['input', vocabulary === null ? image() : integers('input', shape, vocabulary)],
    ['target', integers('target', [shape[0]!], classes)],
  ]);
}
