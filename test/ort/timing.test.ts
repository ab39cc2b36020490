/** Time per block, from the profile that onnxruntime prints. No test asks for a speed: only for what must hold at any. */

import fs from 'node:fs';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { captureWrites } from '../../src/profile/printed.ts';
import { profile } from '../../src/profile/profile.ts';
import { releaseSessions } from '../../src/profile/run.ts';
import { readBlockTimes } from '../../src/profile/timing.ts';
import { preactGraph, resnetGraph } from '../support/networks.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});
afterAll(() => releaseSessions(ort));

const graph = resnetGraph({ blocks: [1, 1, 1], width: 16, size: 32, batch: 4 });
const blocks = findBlocks(graph);
const FORWARD = { gradients: false, seeds: 2, loss: 'cotangent' } as const;

test('every block of a forward profile has its time, and together they take no longer than the pass', async () => {
  const report = await profile(graph, blocks, FORWARD, { ort, provider: 'wasm', capture: captureWrites(fs) });
  expect(report.timing?.method).toBe('provider-profile');
  expect(report.timing!.runs).toBeGreaterThan(0);
  const times = report.blocks.map(({ forwardMs }) => forwardMs!);
  for (const time of times) expect(time).toBeGreaterThan(0);
  // The pass computes the statistics as well; the factor is for a machine that is busy at one of the two moments.
  expect(times.reduce((sum, time) => sum + time, 0)).toBeLessThan(20 * report.passMs);
});

test('the first block holds more work than a narrow network of the same depth', async () => {
  const wide = preactGraph({ width: 64, size: 32, batch: 4 });
  const report = await profile(wide, findBlocks(wide), FORWARD, { ort, provider: 'wasm', capture: captureWrites(fs) });
  const narrow = preactGraph({ width: 4, size: 8, batch: 1 });
  const other = await profile(narrow, findBlocks(narrow), FORWARD, {
    ort,
    provider: 'wasm',
    capture: captureWrites(fs),
  });
  // 4,000 times the multiplications.
  expect(report.blocks[0]!.forwardMs!).toBeGreaterThan(other.blocks[0]!.forwardMs!);
});

test('without a capture, blocks have no times and the report names no method', async () => {
  const report = await profile(graph, blocks, FORWARD, { ort, provider: 'wasm' });
  expect(report.blocks.every(({ forwardMs }) => forwardMs === null)).toBe(true);
  expect(report).not.toHaveProperty('timing');
});

const event = (cat: string, name: string, dur: number, ts: number, provider = 'WebGpuExecutionProvider') => ({
  ...{ cat, name, dur, ts },
  args: { provider },
});
const run = (at: number, scale: number) => [
  event('Node', 'block=0/Conv_1_kernel_time', 9, at),
  event('Node', 'block=0+1/Shape_2_kernel_time', 1000 * scale, at + 1, 'CPUExecutionProvider'),
  event('Session', 'model_run', 99, at),
];

test('on WebGPU the times are those of the GPU, and of nodes that left it', () => {
  const api = (at: number, dur: number) => event('Api', 'block=0/Conv_1&Conv&Program', dur, at);
  const events = [...run(0, 50), ...run(100, 1), ...run(200, 3), api(5, 70_000), api(105, 2000), api(205, 4000)];
  // The first run does not count. Medians of (2 + 1, 4 + 3) and (1, 3) milliseconds.
  expect(readBlockTimes(`noise\n${JSON.stringify(events)}\n`, 'webgpu', 2, 2)).toEqual([5, 2]);
});

test('no kernel times on the GPU, or nothing readable, gives none', () => {
  expect(readBlockTimes(JSON.stringify([...run(0, 1), ...run(9, 1)]), 'webgpu', 2, 1)).toEqual([null, null]);
  expect(readBlockTimes('', 'wasm', 1, 1)).toEqual([null]);
  expect(readBlockTimes('[{"cat":', 'wasm', 1, 1)).toEqual([null]);
});
