/** Figures of a profile beside their definitions: intervals, gains, shares, histograms, and several ablations at once. */

import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { profile } from '../../src/profile/profile.ts';
import { releaseSessions } from '../../src/profile/run.ts';
import type { ProfileOptions } from '../../src/profile/types.ts';
import { preactGraph, resnetGraph, Sketch } from '../support/networks.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});
afterAll(() => releaseSessions(ort));

const OPTIONS: ProfileOptions = { gradients: true, seeds: 1, loss: 'random-labels' };

const run = (graph: Graph, options: Partial<ProfileOptions> = {}, backend = {}) =>
  profile(graph, findBlocks(graph), { ...OPTIONS, ...options }, { ort, provider: 'wasm', ...backend });

test('seeds: the mean lies in its interval, and the interval follows from the values', async () => {
  const { blocks } = await run(preactGraph(), { seeds: 3 });
  for (const { path, bySeed, intervals, gradient, cosine } of blocks) {
    const moments = bySeed.gradientSecondMoment!;
    expect(moments, path).toHaveLength(3);
    const { low, high } = intervals.gradientSecondMoment!;
    expect(low, path).toBeLessThan(gradient!.secondMoment);
    expect(high, path).toBeGreaterThan(gradient!.secondMoment);
    // Student's t with two degrees of freedom is 4.303 at 95 %.
    const logs = moments.map(Math.log);
    const mean = logs.reduce((sum, value) => sum + value, 0) / 3;
    const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
    expect(Math.log(high) - mean, path).toBeCloseTo((4.303 * deviation) / Math.sqrt(3), 6);
    if (cosine !== null) expect(bySeed.cosine!.reduce((sum, value) => sum + value, 0) / 3).toBeCloseTo(cosine, 6);
  }
});

test('the branch gain is the branch’s part of the gradient at the sum, and the stream ends with share one', async () => {
  const { blocks } = await run(preactGraph());
  for (const block of blocks.filter(({ path }) => path.endsWith('.1'))) {
    expect(block.branchGain!, block.path).toBeCloseTo((block.branchGradNorm! / block.gradient!.l2) ** 2, 4);
    expect(block.identityShare!, block.path).toBeCloseTo(1, 4);
  }
  for (const block of blocks.filter(({ path }) => path.endsWith('.0'))) {
    expect(block.identityShare!, block.path).toBeGreaterThan(0);
    expect(block.identityShare!, block.path).toBeLessThan(1);
  }
});

test('a histogram counts every number by its size', async () => {
  const net = new Sketch('Known');
  const x = net.input([2, 2, 1, 2]);
  const graph = net.build(net.add(net.conv('conv', net.relu(x), 2, 2, 1), x));
  const float32 = (shape: number[], values: number[]) => ({
    dtype: 'float32' as const,
    shape,
    data: new Float32Array(values),
  });
  const data = new Map([['input', float32([2, 2, 1, 2], [0.25, -1, 0, 4, 2, 4, -3, 1000])]]);
  const weights = new Map([['conv.weight', float32([2, 2, 1, 1], [0, 0, 0, 0])]]);
  const options = { loss: 'cotangent', gradients: false, histograms: true } as const;
  const { blocks } = await run(graph, options, { data, weights });
  // |y| = 2⁻², 2⁰, 0, 2², 2¹, 2², 3, 1000
  expect(blocks[0]!.activation.histogram).toEqual({
    first: -2,
    counts: [1, 0, 1, 2, 2, 0, 0, 0, 0, 0, 0, 1],
    zeros: 1,
  });
});

test('a channel that is zero on the whole batch is dead', async () => {
  const net = new Sketch('Dying');
  const x = net.input([2, 4, 2, 2]);
  const hidden = net.relu(net.conv('conv1', x, 4, 4, 1));
  const graph = net.build(net.add(net.conv('conv2', hidden, 4, 4, 1), x));
  const kernel = (diagonal: readonly number[]) => ({
    dtype: 'float32' as const,
    shape: [4, 4, 1, 1],
    data: Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? diagonal[at / 5]! : 0)),
  });
  const data = new Map([
    ['input', { dtype: 'float32' as const, shape: [2, 4, 2, 2], data: new Float32Array(32).fill(1) }],
  ]);
  const weights = new Map([
    ['conv1.weight', kernel([1, -1, 0, 2])],
    ['conv2.weight', kernel([1, 1, 1, 1])],
  ]);
  const report = await run(graph, { loss: 'cotangent', gradients: false }, { data, weights });
  expect(report.blocks[0]!.deadFraction).toBe(0.5);
});

describe('several ablations in one profile', () => {
  test('run on the same weights, each with its name and its change of parameters', async () => {
    const { ablations, ablation, blocks } = await run(resnetGraph(), {
      ablations: [{ kind: 'plain', at: 'layer1.0' }, { kind: 'scale-matched' }, { kind: 'identity' }],
    });
    expect(ablations.map(({ kind, paramsChange }) => [kind, paramsChange])).toEqual([
      ['plain@layer1.0', 0],
      ['scale-matched', 0],
      ['identity', 0],
    ]);
    expect(ablation).toEqual(ablations[0]);
    // In one block alone: what comes before it stays as it was.
    expect(ablations[0]!.blocks[0]!.skipGradNorm).toBeNull();
    expect(ablations[0]!.blocks[1]!.skipGradNorm).not.toBeNull();
    // (x + F) / √2 in front of the rectifier: half the second moment in the first block.
    const halved = ablations[1]!.blocks[0]!.activation.secondMoment / blocks[0]!.activation.secondMoment;
    expect(halved).toBeCloseTo(0.5, 5);
  });
});
