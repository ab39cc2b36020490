/** First contents of parameters, and random inputs, labels and cotangents: from a seed and a name, nothing else. */

import type { InitSpec } from '../ir/graph.ts';
import { runProgram } from './initProgram.ts';
import type { Random } from './random.ts';
import { createNormal, createRandom } from './random.ts';

const count = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/**
 * Draws a parameter's first contents.
 *
 * @throws when the tracer could not say how the parameter is initialised (`unknown`)
 */
export function initialise(spec: InitSpec, shape: readonly number[], seed: number, name: string): Float32Array {
  const result = new Float32Array(count(shape));
  const random = createRandom(seed, name);
  switch (spec.kind) {
    case 'constant':
      return result.fill(spec.value);
    case 'data':
      result.set(spec.data);
      return result;
    case 'uniform':
      return draw(result, () => spec.low + (spec.high - spec.low) * random());
    case 'normal': {
      const normal = createNormal(random);
      return draw(result, () => spec.mean + spec.std * normal());
    }
    case 'truncatedNormal':
      return draw(result, truncated(spec, createNormal(random), random));
    case 'orthogonal':
      return orthogonal(result, shape, spec.gain, createNormal(random));
    case 'sparse':
      return sparse(result, shape, spec, random);
    case 'exponential':
      return draw(result, () => -Math.log(1 - random()) / spec.rate);
    case 'geometric':
      return draw(result, () => Math.max(1, Math.ceil(Math.log(1 - random()) / Math.log(1 - spec.probability))));
    case 'cauchy':
      return draw(result, () => spec.median + spec.scale * Math.tan(Math.PI * (random() - 0.5)));
    case 'logNormal': {
      const normal = createNormal(random);
      return draw(result, () => Math.exp(spec.mean + spec.std * normal()));
    }
    case 'bernoulli':
      return draw(result, () => (random() < spec.probability ? 1 : 0));
    case 'integers':
      return draw(result, () => spec.low + Math.floor((spec.high - spec.low) * random()));
    case 'eye':
      for (let index = 0; index < Math.min(shape[0] ?? 0, shape[1] ?? 0); index++) result[index * (shape[1]! + 1)] = 1;
      return result;
    case 'dirac':
      return dirac(result, shape, spec.groups);
    case 'computed':
      result.set(runProgram(spec.program, (leaf, own) => initialise(leaf.init, own, seed, leaf.name)));
      return result;
    case 'unknown':
      throw new Error(`The first value of parameter ${name} is not known; give the weights in a file.`);
  }
}

/** A random input: standard normal numbers, or whole numbers below `bound` (zeros and ones where there is none). */
export function randomInput(shape: readonly number[], seed: number, name: string): Float32Array {
  return initialise({ kind: 'normal', mean: 0, std: 1 }, shape, seed, `data/${name}`);
}

export function randomIntegers(size: number, bound: number | null, seed: number, name: string): number[] {
  const random = createRandom(seed, `data/${name}`);
  return Array.from({ length: size }, () => Math.floor(random() * (bound ?? 2)));
}

/** A cotangent of L2 norm 1, its direction uniform on the sphere. */
export function randomCotangent(shape: readonly number[], seed: number): Float32Array {
  const result = randomInput(shape, seed, 'cotangent');
  const norm = Math.sqrt(result.reduce((sum, value) => sum + value * value, 0));
  return result.map((value) => value / norm);
}

function draw(target: Float32Array, next: Random): Float32Array {
  for (let index = 0; index < target.length; index++) target[index] = next();
  return target;
}

/** Rejection is exact and quick for every initialiser in use; far tails fall back to a uniform draw in the bounds. */
function truncated(spec: Extract<InitSpec, { kind: 'truncatedNormal' }>, normal: Random, random: Random): Random {
  return () => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const value = spec.mean + spec.std * normal();
      if (value >= spec.low && value <= spec.high) return value;
    }
    return spec.low + (spec.high - spec.low) * random();
  };
}

/** torch.nn.init.orthogonal_: rows or columns, whichever are fewer, orthonormal, times `gain` (Gram and Schmidt). */
function orthogonal(target: Float32Array, shape: readonly number[], gain: number, normal: Random): Float32Array {
  const rows = shape[0] ?? 1;
  const columns = target.length / rows;
  const few = Math.min(rows, columns);
  const many = Math.max(rows, columns);
  const basis: Float64Array[] = [];
  for (let index = 0; index < few; index++) {
    const vector = Float64Array.from({ length: many }, normal);
    // Twice is enough to be orthogonal to working precision (Kahan).
    for (let pass = 0; pass < 2; pass++) for (const other of basis) axpy(vector, other, -dot(vector, other));
    const norm = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((value) => value / norm));
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = rows <= columns ? basis[row]![column]! : basis[column]![row]!;
      target[row * columns + column] = gain * value;
    }
  }
  return target;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
};

function axpy(target: Float64Array, direction: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++) target[index]! += factor * direction[index]!;
}

/** torch.nn.init.sparse_: in each column other rows are zero, chosen by a shuffle. */
function sparse(
  target: Float32Array,
  [rows = 0, columns = 0]: readonly number[],
  { sparsity, std }: Extract<InitSpec, { kind: 'sparse' }>,
  random: Random,
): Float32Array {
  const normal = createNormal(random);
  draw(target, () => std * normal());
  const zeros = Math.ceil(sparsity * rows);
  const order = Array.from({ length: rows }, (_, row) => row);
  for (let column = 0; column < columns; column++) {
    for (let at = 0; at < zeros; at++) {
      const other = at + Math.floor(random() * (rows - at));
      [order[at], order[other]] = [order[other]!, order[at]!];
      target[order[at]! * columns + column] = 0;
    }
  }
  return target;
}

/** torch.nn.init.dirac_: channel d of each group passes through the kernel's centre. */
function dirac(target: Float32Array, shape: readonly number[], groups: number): Float32Array {
  const [out = 0, inner = 0, ...kernel] = shape;
  const size = count(kernel);
  const centre = kernel.reduce((at, dim) => at * dim + (dim >> 1), 0);
  for (let channel = 0; channel < out; channel++) {
    const within = channel % (out / groups);
    if (within < inner) target[(channel * inner + within) * size + centre] = 1;
  }
  return target;
}
