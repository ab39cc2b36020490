/** Totals of graphs and modules. */

import { expect, test } from 'vitest';
import { findBlocks } from '../../../src/analysis/blocks.ts';
import { costByModule, measureCost } from '../../../src/analysis/cost.ts';
import { captionOf } from '../../../src/view/captions.ts';
import { outlineOf } from '../../../src/view/outline.ts';
import { resnetGraph, Sketch } from '../../support/networks.ts';

test('parameters without buffers, MACs of layers, FLOPs of everything', () => {
  const net = new Sketch('Net');
  const x = net.relu(net.norm('bn', net.conv('conv', net.input([2, 3, 8, 8]), 3, 4, 3), 4));
  const cost = measureCost(net.build(x));
  const macs = 2 * 4 * 8 * 8 * 3 * 9;
  expect(cost).toMatchObject({ params: 4 * 3 * 9 + 8, macs });
  expect(cost.flops).toBeGreaterThan(2 * macs);
});

test('modules add up to the graph', () => {
  const graph = resnetGraph();
  const byModule = costByModule(graph);
  const whole = measureCost(graph);
  const children = ['conv1', 'bn1', 'layer1', 'layer2', 'layer3', 'fc'].map((path) => byModule.get(path)!);
  expect(children.reduce((sum, { params }) => sum + params, 0)).toBe(whole.params);
  expect(children.reduce((sum, { macs }) => sum + macs!, 0)).toBe(whole.macs);
  // Float32 [2, 8, 16, 16], and the two running statistics of 8 channels.
  expect(byModule.get('bn1')!.activationBytes).toBe(4 * (2 * 8 * 16 * 16 + 16));
});

test('an unknown call makes MACs unknown, not zero; those of all others are the least there are', () => {
  const net = new Sketch('Net');
  const graph = net.build(net.op('Unknown', [net.conv('conv', net.input([2, 3, 8, 8]), 3, 4, 3)]));
  const known = { macs: null, macsAtLeast: 2 * 4 * 8 * 8 * 3 * 9, flops: null };
  expect(measureCost(graph)).toEqual({ params: 108, paramsAtLeast: false, ...known });
});

test('a block with an unknown part says what is known of it at least, wherever it is drawn', () => {
  const net = new Sketch('Net');
  const x = net.input([2, 4, 8, 8]);
  const y = net.in('block', 'Block', () => net.add(net.op('Unknown', [net.conv('conv', x, 4, 4, 3)]), x));
  const shaped = { ...net.build(y), unknownModules: ['block.gate'] };
  const blocks = findBlocks(shaped);
  const known = { params: 4 * 4 * 9, macs: null, macsAtLeast: 2 * 4 * 8 * 8 * 4 * 9 };
  expect(blocks).toMatchObject([known]);
  const drawn = [...outlineOf(shaped, blocks).items.values()].find(({ role }) => role === 'branch');
  expect(captionOf(drawn!).lines.at(-1)).toBe('at least 144 params · at least 18.4 KMAC');
});
