/** Liveness: what is kept while a network runs forward, and what its skips add. */

import { expect, test } from 'vitest';
import { findBlocks } from '../../../src/analysis/blocks.ts';
import { measureMemory } from '../../../src/analysis/memory.ts';
import { resnetGraph, Sketch, unetGraph } from '../../support/networks.ts';

const FLOAT = 4;

test('a chain holds two tensors at a time, a skip adds its own', () => {
  const size = 4 * 8 * FLOAT;
  const chain = new Sketch('Chain');
  const x = chain.input([4, 8]);
  const end = chain.op('Tanh', [chain.op('Relu', [chain.op('Sigmoid', [x])])]);
  const plain = chain.builder.build('Chain', [end], false);
  expect(measureMemory(plain, []).alive).toEqual([2 * size, 2 * size, 2 * size]);

  const net = new Sketch('Skip');
  const y = net.input([4, 8]);
  const inner = net.linear('fc2', net.op('Relu', [net.linear('fc1', y, 8, 8, true)]), 8, 8, true);
  const graph = net.builder.build('Skip', [net.op('Add', [inner, y])], false);
  const { alive, peak, skips, isPartial } = measureMemory(graph, findBlocks(graph));
  expect(alive).toEqual([2, 3, 3, 3].map((count) => count * size));
  expect(peak).toEqual({ bytes: 3 * size, node: 1 });
  expect(isPartial).toBe(false);
  expect(skips).toEqual([{ path: findBlocks(graph)[0]!.path, steps: 3, bytes: size, shareOfPeak: 1 / 3 }]);
});

test('views and weights own no activation memory', () => {
  const net = new Sketch('Views');
  const x = net.input([4, 8]);
  const flat = net.op('Flatten', [net.op('Relu', [x])], { axis: 0 });
  const graph = net.builder.build('Views', [net.linear('fc', flat, 32, 2, true)], false);
  const { alive } = measureMemory(graph, []);
  expect(alive).toEqual([2 * 32 * FLOAT, 32 * FLOAT, (32 + 2) * FLOAT]);
});

test('a long skip is held for longest, and counts at the peak only while it is held', () => {
  const graph = unetGraph();
  const blocks = findBlocks(graph);
  const { skips, peak, alive } = measureMemory(graph, blocks);
  const long = skips.find(({ path }) => blocks.find((block) => block.path === path)?.kind === 'long-skip')!;
  expect(long.steps).toBe(Math.max(...skips.map(({ steps }) => steps)));
  expect(Math.max(...alive)).toBe(peak.bytes);
  for (const { shareOfPeak } of skips) expect(shareOfPeak! >= 0 && shareOfPeak! <= 1).toBe(true);
});

test('a projection holds its input until it has read it, then its output', () => {
  const graph = resnetGraph();
  const blocks = findBlocks(graph);
  const { skips } = measureMemory(graph, blocks);
  expect(skips).toHaveLength(blocks.filter(({ skipInput }) => skipInput !== null).length);
  const projected = blocks.find(({ skip }) => skip === 'projection')!;
  const elements = (graph.values[projected.skipInput!]!.type.shape as number[]).reduce((a, b) => a * b);
  expect(skips.find(({ path }) => path === projected.path)!.bytes).toBe(elements * FLOAT);
});
