/** Time per block, from the profile that onnxruntime prints. No test asks for a speed: only for what must hold at any. */

import fs from 'node:fs';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { decodeModel } from '../../src/frontends/onnx/decode.ts';
import { costsOf } from '../../src/profile/figures/costs.ts';
import { depthFigures } from '../../src/profile/figures/depth.ts';
import { captureWrites } from '../../src/profile/printed.ts';
import { profile } from '../../src/profile/profile.ts';
import { releaseSessions } from '../../src/profile/run.ts';
import { readKernelTimes } from '../../src/profile/kernelTimes.ts';
import { planPiece } from '../../src/profile/segmentTiming.ts';
import { planTiming, summariseTimes } from '../../src/profile/timing.ts';
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

test('a gradient profile has times of both passes, by block and by operator, and the memory that they take', async () => {
  const options = { gradients: true, seeds: 1, loss: 'random-labels' } as const;
  const capture = captureWrites(fs);
  const {
    blocks: measured,
    timing,
    memory,
  } = await profile(graph, blocks, options, { ort, provider: 'wasm', capture });
  const { forward, backward, operators, onCpu, macsPerSecond } = timing!;
  for (const { forwardMs, backwardMs, backwardSpread, path } of measured) {
    expect(forwardMs, path).toBeGreaterThan(0);
    expect(backwardMs, path).toBeGreaterThan(0);
    expect(backwardSpread!.low).toBeLessThanOrEqual(backwardSpread!.high);
  }
  const conv = operators.find(({ op }) => op === 'Conv')!;
  expect(conv.calls).toBe(graph.nodes.filter(({ op }) => op === 'Conv').length);
  expect(conv.forwardMs > 0 && conv.backwardMs! > 0).toBe(true);
  expect(operators.map(({ op }) => op)).toEqual(expect.arrayContaining(['BatchNormalization', 'Relu', 'Add']));
  expect(forward.median > 0 && backward!.median > 0 && macsPerSecond! > 0).toBe(true);
  expect(onCpu).toEqual([]);
  // Nothing that is timed belongs to two operators: with one run the sums would be equal; medians of runs differ a little.
  const total = operators.reduce((sum, { forwardMs }) => sum + forwardMs, 0);
  expect(total).toBeLessThan(3 * forward.median);
  expect(memory!.forwardAndBackwardBytes).toBeGreaterThan(2 * memory!.forwardBytes);
  expect(memory!.measuredBytes).toBeNull();
});

test('what the process grew by is reported where it is known and grew', async () => {
  let size = 10;
  const probe = { now: () => 7, peak: () => (size += 5) };
  const { memory } = await profile(graph, blocks, FORWARD, { ort, provider: 'wasm', memory: probe });
  // The peak is asked for before the pass, and twice after it.
  expect(memory!.measuredBytes).toBe(25 - 7);
});

test('where the provider prints no times, blocks are run one by one, and the report says so', async () => {
  const options = { gradients: true, seeds: 1, loss: 'random-labels' } as const;
  const capture = (work: () => void): string => (captureWrites(fs)(work), '');
  const report = await profile(graph, blocks, options, { ort, provider: 'wasm', capture });
  const { method, runs, forward, backward, operators, macsPerSecond } = report.timing!;
  expect([method, operators]).toEqual(['segments', []]);
  expect(runs).toBeGreaterThan(0);
  expect(forward.median > 0 && backward!.median > 0 && macsPerSecond! > 0).toBe(true);
  for (const { forwardMs, backwardMs, path } of report.blocks) {
    expect(forwardMs, path).toBeGreaterThan(0);
    expect(backwardMs, path).toBeGreaterThanOrEqual(0);
  }
  expect(costsOf(report)[0]).toContain('blocks were run one by one');
  expect(depthFigures([{ name: '', report }]).find(({ id }) => id === 'time')!.note).toContain('by itself');
});

test('a block by itself has all its convolutions, and equal blocks are one program', () => {
  const deep = resnetGraph({ blocks: [1, 3, 1], width: 16, size: 16, batch: 2 });
  const plan = planTiming(deep, findBlocks(deep), { gradients: true, loss: 'random-labels' });
  for (const gradients of [false, true]) {
    const models = plan.blocks.map((ids) => planPiece(deep, ids, gradients).model.join());
    expect(models[2]).toBe(models[3]);
    expect(new Set(models).size).toBe(4);
  }
  // As many convolutions as in the network: each once forward, and for its input and its weight.
  const count = (model: Uint8Array): number =>
    decodeModel(model).graph!.nodes.filter(({ op }) => op.startsWith('Conv') || op === 'Gemm').length;
  const [first] = plan.blocks;
  const convolutions = first!.filter((id) => deep.nodes[id]!.op === 'Conv').length;
  expect(count(planPiece(deep, first!, false).model)).toBe(convolutions);
  expect(count(planPiece(deep, first!, true).model)).toBeGreaterThanOrEqual(2 * convolutions);
});

const event = (cat: string, name: string, dur: number, ts: number, provider = 'WebGpuExecutionProvider') => ({
  ...{ cat, name, dur, ts },
  args: { provider, op_name: name.split('/')[1]!.split('_')[0]! },
});
const run = (at: number, scale: number) => [
  event('Node', 't=f0/Conv_1_kernel_time', 9, at),
  event('Node', 't=b1/Shape_2_kernel_time', 1000 * scale, at + 1, 'CPUExecutionProvider'),
  { cat: 'Session', name: 'model_run', dur: 99, ts: at },
];

test('on WebGPU the times are those of the GPU, and of nodes that left it, which are named', () => {
  const api = (at: number, dur: number) => event('Api', 't=f0/Conv_1&Conv&Program', dur, at);
  const events = [...run(0, 50), ...run(100, 1), ...run(200, 3), api(5, 70_000), api(105, 2000), api(205, 4000)];
  const times = readKernelTimes(`noise\n${JSON.stringify(events)}\n`, 'webgpu', 2)!;
  // The first run does not count.
  expect(times.byTag.get('f0')!.runs).toEqual([2, 4]);
  expect(times.byTag.get('b1')!.runs).toEqual([1, 3]);
  expect(times.onCpu).toEqual([{ op: 'Shape', nodes: 1 }]);
  const plan = { ops: ['Conv', 'Relu'], blocks: [[0, 1], [1]], hasGradients: true };
  const { forward, backward, operators, blocks: sums } = summariseTimes(plan, times, 2);
  expect([forward.median, backward!.median]).toEqual([3, 2]);
  expect(sums.map((one) => [one.forward.median, one.backward!.median])).toEqual([
    [3, 2],
    [0, 2],
  ]);
  expect(operators).toEqual([
    { op: 'Conv', calls: 1, forwardMs: 3, backwardMs: 0 },
    { op: 'Relu', calls: 1, forwardMs: 0, backwardMs: 2 },
  ]);
});

test('no kernel times on the GPU, or nothing readable, gives none', () => {
  expect(readKernelTimes(JSON.stringify([...run(0, 1), ...run(9, 1)]), 'webgpu', 1)).toBeNull();
  expect(readKernelTimes('', 'wasm', 1)).toBeNull();
  expect(readKernelTimes('[{"cat":', 'wasm', 1)).toBeNull();
});
