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
function stream(blocks: number, { width = 128, normalised = true } = {}): Graph {
  const net = new Sketch('Stream');
  // Each channel of the stream begins with variance 1.
  let x = net.norm('start', net.conv('stem', net.input([32, width, 4, 4]), width, width, 1), width);
  for (let index = 0; index < blocks; index++) {
    const input = x;
    const layer = (value: number, at: string): number => {
      const ready = normalised ? net.norm(`bn${at}`, value, width) : value;
      return net.conv(`conv${at}`, net.relu(ready, at), width, width, 1);
    };
    x = net.in(String(index), 'Block', () => net.add(layer(layer(input, '1'), '2'), input));
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
  const graph = stream(12);
  const run = profile(
    graph,
    findBlocks(graph),
    { ...OPTIONS, ablations: [{ kind: 'plain' }] },
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
    const start = blocks[0]!.activation.channelVariance! - STEP;
    for (const at of [0, 3, 6, 9]) {
      const measured = blocks[at]!.gradient!.secondMoment / blocks.at(-1)!.gradient!.secondMoment;
      let predicted = 1;
      for (let j = at + 1; j < blocks.length; j++) predicted *= 1 + 1 / STEP / (start + STEP * j);
      expect(Math.abs(measured / predicted - 1), `${at}: ${measured} for ${predicted}`).toBeLessThan(0.05);
    }
    expect(verdict.kind).toBe('healthy');
    expect(verdict.text).toMatch(/Without its skips: ×2\.\d\d per block/);
  });

  test('law 11: r of each block is 1/(1 − 1/π) over the variance of its stream', async () => {
    const { blocks } = await run;
    const start = blocks[0]!.activation.channelVariance! - STEP;
    blocks.forEach(({ branchGain, skipGain, path }, j) => {
      expect(Math.abs(branchGain! * STEP * (start + STEP * j) - 1), path).toBeLessThan(0.08);
      expect(skipGain!, path).toBeCloseTo(1, 4);
    });
  });
});

test('law 7: without norms the variance of a stream doubles in each block, and the verdict says that it explodes', async () => {
  const graph = stream(8, { normalised: false });
  const { blocks, verdict } = await profile(graph, findBlocks(graph), OPTIONS, { ort, provider: 'wasm' });
  const growth = (blocks.at(-1)!.activation.secondMoment / blocks[0]!.activation.secondMoment) ** (1 / 7);
  expect(Math.abs(growth / 2 - 1), String(growth)).toBeLessThan(0.05);
  expect(verdict.kind).toBe('explodes');
  expect(verdict.text).toMatch(/^Explodes: E\[y²\] grows ×[12]\.\d\d per block/);
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
