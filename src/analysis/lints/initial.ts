/** Variances that follow from how weights start. */

import type { InitSpec } from '../../ir/graph.ts';

/** Variance of a weight at the start; null when it is not known. */
export function varianceOf(init: InitSpec): number | null {
  switch (init.kind) {
    case 'constant':
      return 0;
    case 'uniform':
      return (init.high - init.low) ** 2 / 12;
    case 'normal':
    case 'truncatedNormal':
      return init.std ** 2;
    case 'sparse':
      return (1 - init.sparsity) * init.std ** 2;
    case 'orthogonal':
    case 'exponential':
    case 'geometric':
    case 'cauchy':
    case 'logNormal':
    case 'bernoulli':
    case 'integers':
    case 'eye':
    case 'dirac':
    case 'data':
    case 'computed':
    case 'unknown':
      return null;
  }
}

/** Mean of a weight at the start; null when it is not known. */
export function meanOf(init: InitSpec | undefined): number | null {
  switch (init?.kind) {
    case 'constant':
      return init.value;
    case 'uniform':
      return (init.low + init.high) / 2;
    case 'normal':
      return init.mean;
    case 'data':
      return init.data.reduce((sum, value) => sum + value, 0) / init.data.length;
    default:
      return null;
  }
}

/** Numbers that one output of a layer sums over, and outputs that one input goes to, for [out, in / groups, …kernel]. */
export function fans(shape: readonly number[]): { readonly in: number; readonly out: number } {
  const [out = 1, input = 1, ...kernel] = shape;
  const size = kernel.reduce((product, dim) => product * dim, 1);
  return { in: input * size, out: out * size };
}

export const isConstant = (init: InitSpec | undefined, value: number): boolean =>
  init?.kind === 'constant' && init.value === value;
