/** The unraveled gradient: g_0 = Σ G_k by the number k of branches traversed (Veit et al. 2016), exactly. */

import type { PathProfile } from './types.ts';

/** Cotangents by number of branches, at one place of the stream. */
export type Parts = readonly Float64Array[];

/** What a segment gives back of a cotangent by way of `length` of its branches. */
export interface Part {
  readonly length: number;
  readonly part: Float64Array;
}

/**
 * Walks the stream backward: G_k ← Σ_j P_j G_{k−j}, with P_j what a segment gives back by way of j of its branches.
 *
 * @param count number of segments
 * @param end the gradient where the stream ends
 * @param apply the parts that segment `index` gives back of one cotangent
 */
export async function unravel(
  count: number,
  end: Float64Array,
  apply: (index: number, cotangent: Float64Array) => Promise<readonly Part[]>,
): Promise<Parts> {
  let parts: Float64Array[] = [end];
  for (let index = count - 1; index >= 0; index--) {
    const next: (Float64Array | undefined)[] = [];
    for (const [k, cotangent] of parts.entries()) {
      for (const { length, part } of await apply(index, cotangent)) {
        const sum = next[k + length];
        next[k + length] = sum ? sum.map((value, at) => value + part[at]!) : part;
      }
    }
    // Where no way has that many branches, nothing came.
    const nothing = new Float64Array(next.find((part) => part)?.length ?? 0);
    parts = Array.from(next, (part) => part ?? nothing);
  }
  return parts;
}

const squares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);

/** @param whole the gradient at the start of the stream, by the ordinary reverse pass */
export function summarise(parts: Parts, whole: Float64Array): PathProfile {
  const norms = parts.map((part) => Math.sqrt(squares(part)));
  const weights = norms.map((norm) => norm * norm);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const off = whole.map((value, at) => parts.reduce((sum, part) => sum - part[at]!, value));
  const size = Math.sqrt(squares(whole));
  return {
    norms,
    meanLength: weights.reduce((sum, weight, k) => sum + k * weight, 0) / total,
    branches: parts.length - 1,
    identityShare: norms[0]! / size,
    residue: Math.sqrt(squares(off)) / size,
  };
}
