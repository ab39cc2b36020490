/** Random contents have the moments they promise and depend on seed and name only. */

import { describe, expect, test } from 'vitest';
import type { InitSpec } from '../../src/ir/graph.ts';
import { initialise, randomCotangent, randomIntegers } from '../../src/profile/initialise.ts';

function moments(data: Float32Array) {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  return { mean, std: Math.sqrt(variance), low: Math.min(...data), high: Math.max(...data) };
}

/** Written down, so that saved reports can be made again. */
const UNIFORM = [0.6700087189674377, 0.6988154649734497, 0.123473159968853];
const NORMAL = [-0.4706805944442749, -1.4127413034439087, -0.513296365737915];

const fill = (spec: InitSpec, shape: readonly number[] = [300, 300], seed = 1, name = 'w') =>
  initialise(spec, shape, seed, name);

describe('initialise', () => {
  test('normal', () => {
    const { mean, std } = moments(fill({ kind: 'normal', mean: 2, std: 3 }));
    expect(mean).toBeCloseTo(2, 1);
    expect(std).toBeCloseTo(3, 1);
  });

  test('uniform', () => {
    const { mean, std, low, high } = moments(fill({ kind: 'uniform', low: -1, high: 3 }));
    expect(mean).toBeCloseTo(1, 1);
    expect(std).toBeCloseTo(4 / Math.sqrt(12), 2);
    expect(low).toBeGreaterThanOrEqual(-1);
    expect(high).toBeLessThan(3);
  });

  test('truncated normal stays within its bounds', () => {
    const { low, high, std } = moments(fill({ kind: 'truncatedNormal', mean: 0, std: 1, low: -1, high: 1 }));
    expect(low).toBeGreaterThanOrEqual(-1);
    expect(high).toBeLessThanOrEqual(1);
    expect(std).toBeCloseTo(0.54, 2);
  });

  test.each([
    [4, 6],
    [6, 4],
  ])('orthogonal %i × %i', (rows, columns) => {
    const w = fill({ kind: 'orthogonal', gain: 2 }, [rows, columns]);
    const few = Math.min(rows, columns);
    const at = (vector: number, index: number) =>
      rows < columns ? w[vector * columns + index]! : w[index * columns + vector]!;
    for (let a = 0; a < few; a++) {
      for (let b = 0; b < few; b++) {
        let product = 0;
        for (let index = 0; index < Math.max(rows, columns); index++) product += at(a, index) * at(b, index);
        expect(product).toBeCloseTo(a === b ? 4 : 0, 5);
      }
    }
  });

  test('sparse: of each column, the same share is zero, in rows of its own', () => {
    const [rows, columns] = [25, 400];
    const w = fill({ kind: 'sparse', sparsity: 0.3, std: 0.5 }, [rows, columns]);
    const byRow = new Array<number>(rows).fill(0);
    for (let column = 0; column < columns; column++) {
      const zeros = byRow.map((_, row) => row).filter((row) => w[row * columns + column] === 0);
      expect(zeros).toHaveLength(Math.ceil(0.3 * rows));
      for (const row of zeros) byRow[row]!++;
    }
    for (const count of byRow) expect(Math.abs(count / columns - 8 / 25)).toBeLessThan(0.1);
    expect(moments(w.filter((value) => value !== 0)).std).toBeCloseTo(0.5, 2);
  });

  const below = (data: Float32Array, bound: number): number =>
    data.filter((value) => value < bound).length / data.length;

  test.each<[InitSpec, number, number]>([
    [{ kind: 'exponential', rate: 2 }, 0.5, 0.5],
    [{ kind: 'geometric', probability: 0.3 }, 1 / 0.3, Math.sqrt(0.7) / 0.3],
    [
      { kind: 'logNormal', mean: 0.5, std: 0.25 },
      Math.exp(0.53125),
      Math.exp(0.53125) * Math.sqrt(Math.exp(0.0625) - 1),
    ],
    [{ kind: 'bernoulli', probability: 0.3 }, 0.3, Math.sqrt(0.21)],
    [{ kind: 'integers', low: -2, high: 5 }, 1, 2],
    [
      { kind: 'truncatedNormal', mean: 0, std: 1, low: 0, high: 1e6 },
      Math.sqrt(2 / Math.PI),
      Math.sqrt(1 - 2 / Math.PI),
    ],
  ])('%o has its mean and deviation', (spec, mean, std) => {
    const own = moments(fill(spec));
    expect(Math.abs(own.mean - mean)).toBeLessThan(0.015 * std);
    expect(Math.abs(own.std / std - 1)).toBeLessThan(0.015);
  });

  test('geometric and integers are whole, and begin where they should', () => {
    const trials = fill({ kind: 'geometric', probability: 0.3 });
    expect(trials.every(Number.isInteger)).toBe(true);
    expect(Math.min(...trials)).toBe(1);
    const whole = fill({ kind: 'integers', low: -2, high: 5 });
    expect([...new Set(whole)].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3, 4]);
  });

  test('cauchy has its quartiles', () => {
    const data = fill({ kind: 'cauchy', median: 1, scale: 0.5 });
    for (const [bound, share] of [
      [0.5, 0.25],
      [1, 0.5],
      [1.5, 0.75],
    ] as const)
      expect(Math.abs(below(data, bound) - share)).toBeLessThan(0.01);
  });

  test('far tails of a truncated normal stay within their bounds', () => {
    const { low, high } = moments(fill({ kind: 'truncatedNormal', mean: 0, std: 1, low: 6, high: 7 }, [100]));
    expect([low >= 6, high <= 7]).toEqual([true, true]);
  });

  test('eye, dirac and data', () => {
    expect([...fill({ kind: 'eye' }, [2, 3])]).toEqual([1, 0, 0, 0, 1, 0]);
    expect([...fill({ kind: 'dirac', groups: 2 }, [4, 2, 3])]).toEqual([
      ...[0, 1, 0, 0, 0, 0],
      ...[0, 0, 0, 0, 1, 0],
      ...[0, 1, 0, 0, 0, 0],
      ...[0, 0, 0, 0, 1, 0],
    ]);
    expect([...fill({ kind: 'data', data: [1, 2] }, [2])]).toEqual([1, 2]);
  });

  test('an unknown initialiser names its parameter', () => {
    expect(() => fill({ kind: 'unknown' }, [2], 0, 'head.bias')).toThrow('head.bias');
  });

  test('a seed draws these numbers, whatever runs it', () => {
    expect([...fill({ kind: 'uniform', low: 0, high: 1 }, [3], 7, 'conv.weight')]).toEqual(UNIFORM);
    expect([...fill({ kind: 'normal', mean: 0, std: 1 }, [3], 7, 'conv.weight')]).toEqual(NORMAL);
  });

  test('the same seed and name give the same numbers, any other do not', () => {
    const spec: InitSpec = { kind: 'normal', mean: 0, std: 1 };
    const first = fill(spec, [1000], 3, 'a');
    expect(fill(spec, [1000], 3, 'a')).toEqual(first);
    for (const other of [fill(spec, [1000], 4, 'a'), fill(spec, [1000], 3, 'b')]) {
      const correlation = first.reduce((sum, value, index) => sum + value * other[index]!, 0) / 1000;
      expect(Math.abs(correlation)).toBeLessThan(0.1);
    }
  });
});

test('a cotangent has norm one', () => {
  expect(Math.hypot(...randomCotangent([10, 7], 2))).toBeCloseTo(1, 6);
});

test('random labels cover their classes', () => {
  const labels = randomIntegers(200, 5, 0, 'target');
  expect([...new Set(labels)].sort()).toEqual([0, 1, 2, 3, 4]);
});
