/** Mean and variance over some axes and the gradient of normalising by them: shared by all normalisations. */

import type { ValueId } from '../../ir/graph.ts';
import type { Emit } from '../emit.ts';
import { range } from './attributes.ts';

export interface Moments {
  /** Reduced axes are kept with length 1. */
  readonly mean: ValueId;
  /** Biased variance, from centred values: E[x²] − E[x]² would lose all digits of a small variance in float32. */
  readonly variance: ValueId;
  /** 1 / √(variance + ε). */
  readonly inverse: ValueId;
  /** (x − mean) · inverse. */
  readonly normalised: ValueId;
  readonly axes: readonly number[];
}

/** Mean over axes, kept with length 1; the batch axis last, since shorter sums lose less in float32. */
export function meanOver(emit: Emit, value: ValueId, axes: readonly number[]): ValueId {
  const inner = axes.filter((axis) => axis !== 0);
  if (inner.length === 0 || inner.length === axes.length) return emit.reduceMean(value, axes);
  return emit.reduceMean(emit.reduceMean(value, inner), [0]);
}

export function moments(emit: Emit, value: ValueId, axes: readonly number[], epsilon: number): Moments {
  const dtype = emit.type(value).dtype;
  const mean = meanOver(emit, value, axes);
  const centred = emit.sub(value, mean);
  const variance = meanOver(emit, emit.mul(centred, centred), axes);
  const inverse = emit.div(emit.scalar(1, dtype), emit.sqrt(emit.add(variance, emit.scalar(epsilon, dtype))));
  return { mean, variance, inverse, normalised: emit.mul(centred, inverse), axes };
}

/** The axes that batch statistics are taken over: all but the channels. */
export const batchAxes = (rank: number): readonly number[] => range(rank).filter((axis) => axis !== 1);

/** A per-channel vector [C] as [1, C, 1, …]. */
export const perChannel = (emit: Emit, vector: ValueId, rank: number): ValueId =>
  emit.reshape(vector, [1, emit.shape(vector)[0]!, ...range(rank - 2).map(() => 1)]);

/** Cotangent of x, given `cotangent` of the normalised x̂: inverse · (g − mean(g) − x̂ · mean(g · x̂)). */
export function normalisationGradient(emit: Emit, cotangent: ValueId, stats: Moments): ValueId {
  const { normalised, inverse, axes } = stats;
  const mean = meanOver(emit, cotangent, axes);
  const along = meanOver(emit, emit.mul(cotangent, normalised), axes);
  return emit.mul(inverse, emit.sub(emit.sub(cotangent, mean), emit.mul(normalised, along)));
}
