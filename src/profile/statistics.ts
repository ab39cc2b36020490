/** Emits statistics of tensors as graph and keeps account of where each lands in the one vector that comes back. */

import type { ValueId } from '../ir/graph.ts';
import type { Emit } from '../ops/emit.ts';
import type { PlanStatistic, PlanTensor } from './types.ts';
import { HISTOGRAM } from './types.ts';

/** Elements that one sum runs over at most: longer ones lose digits in float32. */
const LONGEST_SUM = 4096;

/** Just below the largest float32. */
const LARGEST = 3.4e38;

export interface Collector {
  /** Σ x² in parts; returns the key. */
  sumOfSquares(key: string, value: ValueId): string;
  /** Σ a·b in parts. */
  dot(key: string, a: ValueId, b: ValueId): string;
  /** Every element as it is. */
  elements(key: string, value: ValueId): string;
  /** The largest element of each channel. */
  largest(key: string, value: ValueId, channelAxis: number): string;
  /** Moments by channel. Asking for the same value twice gives the same place. */
  tensor(value: ValueId, channelAxis: number | null): PlanTensor;
  /** The vector of everything collected, and what it holds. */
  finish(): { readonly vector: ValueId; readonly statistics: readonly PlanStatistic[] };
}

/** @param histograms count the elements of each tensor by size, too */
export function collectStatistics(emit: Emit, histograms = false): Collector {
  const parts: ValueId[] = [];
  const statistics: PlanStatistic[] = [];
  const tensors = new Map<ValueId, PlanTensor>();
  let offset = 0;

  const append = (key: string, value: ValueId): string => {
    const length = size(emit, value);
    parts.push(emit.shape(value).length === 1 ? value : emit.reshape(value, [length]));
    statistics.push({ key, offset, length });
    offset += length;
    return key;
  };

  const moments = (value: ValueId, channelAxis: number | null): PlanTensor => {
    const elements = size(emit, value);
    const axis = channelAxis ?? 0;
    const source = channelAxis === null ? emit.reshape(value, [1, elements]) : value;
    const rank = emit.shape(source).length;
    const others = Array.from({ length: rank }, (_, index) => index).filter((index) => index !== axis);
    // Two stages: the innermost axis by itself, then the rest. Both stay short, and the first runs in parallel.
    const stages = others.length > 1 ? [[others.at(-1)!], others.slice(0, -1)] : [others];
    const mean = (start: ValueId, axes: readonly (readonly number[])[]) =>
      axes.reduce((current, stage) => emit.reduceMean(current, stage), start);
    const isZero = emit.indicator(emit.op('Equal', [value, emit.scalar(0, emit.type(value).dtype)]));
    // A sum need not keep a NaN on every GPU; a comparison with one is false on all of them.
    const isFinite = emit.indicator(emit.op('LessOrEqual', [emit.op('Abs', [value]), emit.scalar(LARGEST)]));
    const squares = emit.mul(source, source);
    return {
      mean: append(`tensor/${value}/mean`, mean(source, stages)),
      meanSquare: append(`tensor/${value}/meanSquare`, mean(squares, stages)),
      zeros: append(`tensor/${value}/zeros`, rowReduce(emit, isZero, 'sum')),
      finite: append(`tensor/${value}/finite`, rowReduce(emit, isFinite, 'sum')),
      histogram: histograms ? append(`tensor/${value}/histogram`, countBySize(emit, value)) : null,
      elements,
      hasChannels: channelAxis !== null,
    };
  };

  return {
    sumOfSquares: (key, value) => append(key, rowReduce(emit, value, 'squares')),
    dot: (key, a, b) => append(key, rowReduce(emit, emit.mul(a, b), 'sum')),
    elements: append,
    largest(key, value, channelAxis) {
      const axes = emit.shape(value).flatMap((_, axis) => (axis === channelAxis ? [] : [axis]));
      return append(key, emit.op('ReduceMax', [value], { axes, keepdims: 0 }));
    },
    tensor(value, channelAxis) {
      const known = tensors.get(value) ?? moments(value, channelAxis);
      tensors.set(value, known);
      return known;
    },
    finish: () => ({ vector: parts.length === 1 ? parts[0]! : emit.op('Concat', parts, { axis: 0 }), statistics }),
  };
}

/** Counts |x| by powers of two, as float32; zeros, and what is not finite, are in no bin. */
function countBySize(emit: Emit, value: ValueId): ValueId {
  const { first, bins } = HISTOGRAM;
  const flat = emit.reshape(value, [size(emit, value)]);
  const magnitude = emit.op('Abs', [flat]);
  const above = emit.op('Greater', [magnitude, emit.scalar(0)]);
  const counted = emit.op('And', [above, emit.op('LessOrEqual', [magnitude, emit.scalar(LARGEST)])]);
  const usable = emit.op('Where', [counted, magnitude, emit.scalar(1)]);
  // A hair above, so that powers of two do not fall into the bin below by rounding.
  const exponent = emit.op('Floor', [
    emit.add(emit.mul(emit.op('Log', [usable]), emit.scalar(1 / Math.LN2)), emit.scalar(1e-5)),
  ]);
  const bin = emit.op('Clip', [emit.sub(exponent, emit.scalar(first)), emit.scalar(0), emit.scalar(bins - 1)]);
  const [index, update] = [bin, counted].map((source) => emit.op('Cast', [source], { to: INT32 }));
  const none = emit.constant(new Array<number>(bins).fill(0), [bins], 'int32');
  const counts = emit.op('ScatterElements', [none, index!, update!], { axis: 0, reduction: 'add' });
  return emit.op('Cast', [counts], { to: 1 });
}

const INT32 = 6;

const size = (emit: Emit, value: ValueId): number => emit.shape(value).reduce((product, dim) => product * dim, 1);

/** The sums (of squares) of the rows of a tensor laid out as a matrix with rows of bounded length. */
function rowReduce(emit: Emit, value: ValueId, what: 'sum' | 'squares'): ValueId {
  const length = size(emit, value);
  const divisor = largestDivisor(length, LONGEST_SUM);
  let matrix: ValueId;
  if (divisor * LONGEST_SUM >= length) {
    matrix = emit.reshape(value, [length / divisor, divisor]);
  } else {
    // A length without a fitting divisor is filled up with zeros, which change no sum.
    const rows = Math.ceil(length / LONGEST_SUM);
    const flat = emit.reshape(value, [length]);
    const padded = emit.op('Pad', [flat, emit.ints([0, rows * LONGEST_SUM - length])], { mode: 'constant' });
    matrix = emit.reshape(padded, [rows, LONGEST_SUM]);
  }
  if (what === 'sum') return emit.reduceSum(matrix, [1], false);
  return emit.op('ReduceSumSquare', [matrix], { axes: [1], keepdims: 0 });
}

function largestDivisor(length: number, limit: number): number {
  for (let divisor = Math.min(limit, length); divisor > 1; divisor--) if (length % divisor === 0) return divisor;
  return 1;
}
