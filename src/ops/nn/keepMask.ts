/** A reproducible random mask as graph: the same 0s and 1s on every provider, since all its arithmetic is exact. */

import type { ValueId } from '../../ir/graph.ts';
import type { Emit } from '../emit.ts';

/** Values are whole numbers below 2¹²; products stay below 2²⁴, where float32 is exact. */
const RANGE = 4096;

/**
 * 1.0 with probability 1 − `rate` (in steps of 1/4096), else 0.0, of the given shape. Random constants per row and per
 * column are mixed by multiplication and by taking the middle bits, four times. Sines would differ between providers.
 */
export function keepMask(emit: Emit, shape: readonly number[], rate: number, seed: number): ValueId {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((count, dim) => count * dim, 1);
  const random = generator(seed);
  const keys = (count: number, dims: readonly number[]): ValueId =>
    emit.constant(Array.from({ length: count }, random), dims);
  /** Odd multipliers from 2¹⁰ to 2¹¹: large enough for every bit to reach the middle. */
  const factors = (count: number, dims: readonly number[]): ValueId =>
    emit.constant(
      Array.from({ length: count }, () => 1024 + ((random() >> 2) | 1)),
      dims,
    );
  const row = (kind: typeof keys): ValueId => kind(rows, [rows, 1]);
  const column = (kind: typeof keys): ValueId => kind(columns, [1, columns]);
  const wrap = (value: ValueId): ValueId => {
    const turns = emit.op('Floor', [emit.mul(value, emit.scalar(1 / RANGE))]);
    return emit.sub(value, emit.mul(turns, emit.scalar(RANGE)));
  };
  const middle = (value: ValueId): ValueId => wrap(emit.op('Floor', [emit.mul(value, emit.scalar(2 ** -8))]));
  let state = middle(emit.mul(emit.add(row(keys), column(keys)), column(factors)));
  state = middle(emit.mul(emit.add(state, row(keys)), column(factors)));
  state = middle(emit.mul(emit.add(state, column(keys)), row(factors)));
  state = middle(emit.mul(emit.add(state, row(keys)), column(factors)));
  state = wrap(emit.add(state, column(keys)));
  const threshold = emit.scalar(Math.round(rate * RANGE));
  return emit.reshape(emit.indicator(emit.op('GreaterOrEqual', [state, threshold])), shape);
}

/** Whole numbers below {@link RANGE} (a 32-bit mixing generator, Mulberry32). */
function generator(seed: number): () => number {
  let state = (seed * 0x9e3779b1 + 0x85ebca6b) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) >>> 20;
  };
}
