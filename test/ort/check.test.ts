/** The network that a GPU is checked with: it runs, reaches every form, and a corrupted result is noticed. */

import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareStatistics, sampleNetwork } from '../../src/profile/check.ts';
import { planProfile } from '../../src/profile/plan.ts';
import { measurePlan, releaseSessions } from '../../src/profile/run.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});
afterAll(() => releaseSessions(ort));

const plan = planProfile(sampleNetwork(), [], { gradients: true, seeds: 1, loss: 'random-labels' });
const run = async () => (await measurePlan(plan, ort, { provider: 'wasm', seed: 0 })).statistics;

test('every parameter gets a gradient, and a run agrees with itself', async () => {
  const statistics = await run();
  expect(plan.refusals).toEqual([]);
  for (const { name, gradient } of plan.parameters) {
    const { offset, length } = plan.statistics.find(({ key }) => key === gradient)!;
    expect(Math.max(...statistics.subarray(offset, offset + length)), name).toBeGreaterThan(1e-6);
  }
  expect(compareStatistics(plan, statistics, statistics)).toBeNull();
});

test.each([
  ['one per cent off', (value: number) => value * 1.01 + 1e-2],
  ['zero', () => 0],
  ['not a number', () => NaN],
])('a gradient that is %s is noticed by name', async (_, corrupt) => {
  const expected = await run();
  const { offset } = plan.statistics.find(({ key }) => key === 'parameter/strided convolution/gradient')!;
  const actual = Float32Array.from(expected);
  actual[offset] = corrupt(actual[offset]!);
  expect(compareStatistics(plan, expected, actual)).toContain('(strided convolution/gradient)');
});
