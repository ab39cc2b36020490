/** Random contents have the moments they promise and depend on seed and name only. */

import { describe, expect, test } from 'vitest';
import type { InitSpec } from '../../src/ir/graph.ts';
import { initialise, randomCotangent, randomIntegers } from '../../src/profile/initialise.ts';

function moments(data: Float32Array) {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  return { mean, std: Math.sqrt(variance), low: Math.min(...data), high: Math.max(...data) };
}

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
