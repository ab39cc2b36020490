/** Means over seeds with their confidence intervals, and quartiles of repeated timings. */

import type { Interval } from './types.ts';

/** Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom. */
const T95 = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228],
  ...[2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086],
  ...[2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042],
];

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** 95 % confidence interval of the mean by Student's t; null for fewer than two values. */
export function intervalOfMean(values: readonly number[]): Interval | null {
  const count = values.length;
  if (count < 2) return null;
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = (T95[count - 2] ?? 1.96) * Math.sqrt(variance / count);
  return { low: mean - half, high: mean + half };
}

/** e to the mean of the logarithms, and its interval; null where a value is not positive. */
export function intervalOfLogs(values: readonly number[]): Interval | null {
  const interval = values.every((value) => value > 0) ? intervalOfMean(values.map(Math.log)) : null;
  return interval && { low: Math.exp(interval.low), high: Math.exp(interval.high) };
}

/** First and third quartile, interpolated between neighbours (Hyndman and Fan's seventh definition). */
export function quartiles(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (fraction: number): number => {
    const position = fraction * (sorted.length - 1);
    const below = Math.floor(position);
    const [low, high] = [sorted[below] ?? NaN, sorted[below + 1] ?? sorted[below] ?? NaN];
    return low + (high - low) * (position - below);
  };
  return { low: at(0.25), high: at(0.75) };
}
