/** Finding items of a network by what is written on them and by the shapes that leave them. */

import { describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { outlineOf } from '../../src/view/outline.ts';
import { matchesShape, parseQuery, searchItems } from '../../src/view/search.ts';
import { resnetGraph } from '../support/networks.ts';

const graph = resnetGraph();
const outline = outlineOf(graph, findBlocks(graph));
const found = (text: string): readonly string[] => searchItems(outline, text);

test('a query is words and at most one shape', () => {
  expect(parseQuery('Conv 3x3')).toEqual({ words: ['conv', '3×3'], shape: null });
  expect(parseQuery('relu [*, 256, 14,14]')).toEqual({ words: ['relu'], shape: ['*', 256, 14, 14] });
  // Half typed.
  expect(parseQuery('[2, 8')).toEqual({ words: [], shape: [2, 8] });
  expect(parseQuery('[')).toEqual({ words: [], shape: null });
});

test.each([
  [['*', 256, 14, 14], [2, 256, 14, 14], true],
  [['*', 256, 14, 14], [2, 256, 14], false],
  [['…', 14], [2, 256, 14, 14], true],
  [[2, '…'], [2], true],
  [['…'], [], true],
  [[256], [2, 256], false],
  [['*', 10], [null, 10], true],
  [[1], null, false],
] as const)('%j against %j: %s', (pattern, shape, expected) => {
  expect(matchesShape(pattern, shape)).toBe(expected);
});

describe('items', () => {
  test('by path, in execution order, groups before what they hold', () => {
    const ids = found('layer1.0');
    expect(ids.slice(0, 2)).toEqual(['layer1.0/run', 'layer1.0/branch']);
    expect(ids).toContain('layer1.0.conv1');
    expect(ids.indexOf('layer1.0.conv1')).toBeLessThan(ids.indexOf('layer1.0/merge'));
  });

  test('by class, by operator and by label', () => {
    expect(found('BatchNorm2d').every((id) => outline.items.get(id)!.class === 'BatchNorm2d')).toBe(true);
    expect(found('batchnormalization')).toEqual(found('BatchNorm2d'));
    expect(found('conv 3x3').length).toBeGreaterThan(12);
  });

  test('by the names of PyTorch and of ONNX, however they are written', () => {
    const pool = found('globalaveragepool');
    expect(pool).toHaveLength(1);
    for (const text of [
      'avgpool',
      'avg_pool2d',
      'AdaptiveAvgPool2d',
      'adaptive_avg_pool',
      'average pool',
      'global avg',
    ])
      expect(found(text), text).toEqual(pool);
    const linear = found('Gemm');
    expect(linear.length).toBeGreaterThan(0);
    expect(found('nn.Linear')).toEqual(linear);
    expect(found('batch_norm2d')).toEqual(found('BatchNormalization'));
    expect(found('conv_transpose2d')).toEqual([]);
    // A sign that squeezing takes away stands for itself.
    expect(found('-')).toEqual([]);
  });

  test('by shape, together with words', () => {
    const ids = found('conv [*, 16, 8, 8]');
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect(outline.items.get(id)!.outputShape).toEqual([2, 16, 8, 8]);
  });

  test('nothing for nothing', () => {
    expect(found('  ')).toEqual([]);
    expect(found('no such thing')).toEqual([]);
  });
});
