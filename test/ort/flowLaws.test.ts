/** Laws of gradient flow that follow from the metrics of a profile: growth along plain and residual networks. */

import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { profile, ProfileRefusal } from '../../src/profile/profile.ts';
import { releaseSessions } from '../../src/profile/run.ts';
import type { ProfileOptions } from '../../src/profile/types.ts';
import { preactGraph, resnetGraph, Sketch } from '../support/networks.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});
afterAll(() => releaseSessions(ort));

/** Pre-activation blocks of two 1×1 convolutions on `width` channels: an MLP over 32 × 4 × 4 rows. */
function stream(blocks: number, { width = 128, normalised = true, scale = 1 } = {}): Graph {
  const net = new Sketch('Stream');
  // Each channel of the stream begins with variance 1.
  let x = net.norm('start', net.conv('stem', net.input([32, width, 4, 4]), width, width, 1), width);
  for (let index = 0; index < blocks; index++) {
    const input = x;
    const layer = (value: number, at: string): number => {
      const ready = normalised ? net.norm(`bn${at}`, value, width) : value;
      return net.conv(`conv${at}`, net.relu(ready, at), width, width, 1);
    };
    x = net.in(String(index), 'Block', () => {
      const branch = layer(layer(input, '1'), '2');
      const scaled = scale === 1 ? branch : net.op('Mul', [branch, net.builder.constant([scale], [])]);
      return net.add(scaled, input);
    });
  }
  const pooled = net.op('Reshape', [
    net.op('GlobalAveragePool', [net.relu(net.norm('bn', x, width))]),
    net.ints(32, width),
  ]);
  return net.build(net.linear('fc', pooled, width, 10, true));
}

const OPTIONS: ProfileOptions = { gradients: true, seeds: 3, loss: 'cotangent' };
const STEP = 1 - 1 / Math.PI;

describe('with batch norm', async () => {
  const depth = 32;
  const graph = stream(depth, { width: 256 });
  const run = profile(
    graph,
    findBlocks(graph),
    { ...OPTIONS, seeds: 5, ablations: [{ kind: 'plain' }] },
    { ort, provider: 'wasm' },
  );

  test('law 10: E[g²] of the plain twin grows by π/(π − 1) in each layer', async () => {
    const { blocks, verdict } = (await run).ablations[0]!;
    const [first, last] = [blocks[0]!.gradient!.secondMoment, blocks.at(-1)!.gradient!.secondMoment];
    const perLayer = (first / last) ** (1 / (2 * (blocks.length - 1)));
    expect(Math.abs(perLayer * STEP - 1), String(perLayer)).toBeLessThan(0.03);
    expect(verdict.kind).toBe('explodes');
    expect(verdict.text).toMatch(/^Explodes: g² grows ×2\.\d\d per block \(95 % interval 2\.\d\d to 2\.\d\d\)/);
  });

  test('law 11: E[g²] of the residual network grows by the product of 1 + r, a power of depth', async () => {
    const { blocks, verdict } = await run;
    const end = blocks.at(-1)!.gradient!.l2 ** 2;
    const { skipGradNorm: skip, branchGradNorm: branch, cosine } = blocks[0]!;
    // What enters the stream is no block's output: its gradient is the sum of the first block's two.
    const start = skip! ** 2 + branch! ** 2 + 2 * skip! * branch! * cosine!;
    const measured = (at: number): number => (at === 0 ? start : blocks[at - 1]!.gradient!.l2 ** 2) / end;
    for (const [at, predicted] of [
      [0, 462],
      [8, 13.9],
      [24, 1.78],
    ] as const) {
      expect(productOfGains(at, depth) / predicted).toBeCloseTo(1, 2);
      expect(Math.abs(measured(at) / predicted - 1), `${at}: ${measured(at)}`).toBeLessThan(0.05);
    }
    expect(verdict.kind).toBe('healthy');
    expect(verdict.text).toMatch(/Without its skips: ×2\.\d\d per block/);
  });

  test('law 11: r of each block is 1/(1 − 1/π) over the variance of its stream', async () => {
    const { blocks } = await run;
    blocks.forEach(({ branchGain, skipGain, path }, j) => {
      expect(Math.abs(branchGain! * STEP * (1 + STEP * j) - 1), path).toBeLessThan(0.08);
      expect(skipGain!, path).toBeCloseTo(1, 4);
    });
  });
});

/** Π (1 + r_j) over the blocks from `first` on: r_j = 1/(1 − 1/π) over the variance of the stream, which begins at 1. */
function productOfGains(first: number, count: number): number {
  let product = 1;
  for (let block = first; block < count; block++) product *= 1 + 1 / STEP / (1 + STEP * block);
  return product;
}

test('law 7: without norms the variance of a stream doubles in each block, and the verdict says that it explodes', async () => {
  const graph = stream(8, { normalised: false });
  const { blocks, verdict } = await profile(graph, findBlocks(graph), OPTIONS, { ort, provider: 'wasm' });
  const growth = (blocks.at(-1)!.activation.secondMoment / blocks[0]!.activation.secondMoment) ** (1 / 7);
  expect(Math.abs(growth / 2 - 1), String(growth)).toBeLessThan(0.05);
  expect(verdict.kind).toBe('explodes');
  expect(verdict.text).toMatch(/^Explodes: E\[y²\] grows ×[12]\.\d\d per block/);
});

test.each([4, 16, 64])('law 8: over %d branches scaled by 1/√L, E[x²] grows by (1 + 1/L)^L', async (depth) => {
  const graph = stream(depth, { normalised: false, scale: 1 / Math.sqrt(depth) });
  const options = { ...OPTIONS, gradients: false };
  const { blocks } = await profile(graph, findBlocks(graph), options, { ort, provider: 'wasm' });
  const growth = blocks.at(-1)!.activation.secondMoment;
  expect(Math.abs(growth / (1 + 1 / depth) ** depth - 1), String(growth)).toBeLessThan(0.04);
});

test('a skip scaled by a third is blocked after a few blocks', async () => {
  const graph = stream(8);
  const options = { ...OPTIONS, seeds: 1, ablations: [{ kind: 'scaled' as const, factor: 0.3 }] };
  const { ablations, verdict } = await profile(graph, findBlocks(graph), options, { ort, provider: 'wasm' });
  expect(verdict.kind).not.toBe('blocked');
  expect(ablations[0]!.verdict).toMatchObject({ kind: 'blocked' });
});

describe('evaluation mode', () => {
  test('on fresh running statistics is refused', async () => {
    const graph = resnetGraph({ training: false });
    const failure = await profile(graph, findBlocks(graph), OPTIONS, { ort, provider: 'wasm' }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ProfileRefusal);
    expect((failure as ProfileRefusal).message).toContain('running statistics');
  });

  test('calibrated on the batch makes the activations of training mode, and other gradients', async () => {
    const [training, evaluation] = [preactGraph(), preactGraph({ training: false })];
    const options = { ...OPTIONS, seeds: 1 };
    const trained = await profile(training, findBlocks(training), options, { ort, provider: 'wasm' });
    const calibrated = await profile(
      ...([evaluation, findBlocks(evaluation), { ...options, calibrate: true }, { ort, provider: 'wasm' }] as const),
    );
    expect(calibrated.mode).toBe('calibrated-eval');
    calibrated.blocks.forEach(({ path, activation, gradient }, index) => {
      const twin = trained.blocks[index]!;
      expect(activation.l2 / twin.activation.l2, path).toBeCloseTo(1, 3);
      expect(Math.abs(gradient!.l2 / twin.gradient!.l2 - 1), path).toBeGreaterThan(1e-3);
    });
  });
});
