/** Costly measurements: paths against the reverse pass (law 12), shattering (laws 13 and 13c), Jacobians. */

import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { profile } from '../../src/profile/profile.ts';
import { releaseSessions } from '../../src/profile/run.ts';
import type { DeepMeasure, ProfileReport } from '../../src/profile/types.ts';
import { unravel } from '../../src/profile/paths.ts';
import { densenetGraph, preactGraph, resnetGraph, Sketch, transformerGraph } from '../support/networks.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});
afterAll(() => releaseSessions(ort));

const run = (graph: Graph, deep: readonly DeepMeasure[]): Promise<ProfileReport> =>
  profile(graph, findBlocks(graph), { gradients: true, seeds: 1, loss: 'cotangent', deep }, { ort, provider: 'wasm' });

describe('law 12: the gradients by path length sum to the gradient', () => {
  test('in float64, of linear blocks, exactly and by the binomial law', async () => {
    // x ← x + 2x, five times: G_k = C(5, k) 2^k g.
    const parts = await unravel(5, Float64Array.of(1, -3), (_, g) =>
      Promise.resolve([
        { length: 0, part: g },
        { length: 1, part: g.map((value) => 2 * value) },
      ]),
    );
    expect(parts.map(([first]) => first)).toEqual([1, 10, 40, 80, 80, 32]);
    const sum = parts.reduce((total, part) => total.map((value, at) => value + part[at]!), new Float64Array(2));
    expect([...sum]).toEqual([243, -729]);
  });

  test.each([
    ['a post-activation network', resnetGraph(), 6],
    ['a pre-activation network', preactGraph(), 6],
    ['a transformer', transformerGraph(), 4],
  ])('of %s, within rounding', async (_, graph, branches) => {
    const { paths } = await run(graph, ['paths']);
    expect(paths!.branches).toBe(branches);
    expect(paths!.residue).toBeLessThan(1e-4);
    expect(paths!.norms).toHaveLength(branches + 1);
    expect(paths!.meanLength).toBeGreaterThan(0);
    expect(paths!.meanLength).toBeLessThan(branches);
    expect(paths!.identityShare).toBeGreaterThan(0);
  });

  test('of a dense network it is refused in a sentence', async () => {
    const { paths, notMeasured } = await run(densenetGraph(), ['paths']);
    expect(paths).toBeNull();
    expect(notMeasured).toEqual(['Paths were not counted: the network is no chain of residual adds.']);
  });
});

/** `layers` of linear, batch norm and ReLU on rows of independent numbers; blocks of one layer with skips, or none. */
function rows(layers: number, residual: boolean, [batch, width] = [256, 128]): Graph {
  const net = new Sketch('Rows');
  let x: ValueId = net.norm('start', net.input([batch, width, 1, 1]), width);
  for (let layer = 0; layer < layers; layer++) {
    const input = x;
    x = net.in(`blocks.${layer}`, 'Block', () => {
      const normed = residual ? net.norm('bn', input, width) : input;
      const out = net.conv('conv', residual ? net.relu(normed) : normed, width, width, 1);
      return residual ? net.add(out, input) : net.relu(net.norm('bn', out, width));
    });
  }
  return net.build(x);
}

describe('shattering', () => {
  test.each([2, 4])('law 13: of a plain network with batch norm, the cosine is 2^−%d', async (layers) => {
    const { shattering } = await run(rows(layers, false), ['shattering']);
    expect(shattering!.samples).toBe(16);
    expect(Math.abs(shattering!.input! - 2 ** -layers)).toBeLessThan(0.02);
  });

  test('law 13c: of a residual one it falls more slowly, by (1 + r/2) / (1 + r) in each block', async () => {
    const layers = 4;
    const { shattering } = await run(rows(layers, true), ['shattering']);
    const step = 1 - 1 / Math.PI;
    let predicted = 1;
    for (let block = 0; block < layers; block++) {
      const r = 1 / (1 + step * block);
      predicted *= (1 + r / 2) / (1 + r);
    }
    expect(Math.abs(shattering!.input! / predicted - 1), String(shattering!.input)).toBeLessThan(0.1);
    expect(shattering!.blocks).toHaveLength(layers);
    const cosines = shattering!.blocks.map(({ cosine }) => cosine);
    expect([...cosines].sort((a, b) => a - b)).toEqual(cosines);
  });
});

test('the Jacobian of x + Wx has the eigenvalues of (1 + W)²', async () => {
  const net = new Sketch('Linear');
  const x = net.input([4, 2, 1, 1]);
  const graph = net.build(net.in('block', 'Block', () => net.add(net.conv('conv', x, 2, 2, 1), x)));
  const float32 = (shape: number[], data: number[]) => ({
    dtype: 'float32' as const,
    shape,
    data: new Float32Array(data),
  });
  const backend = {
    ...{
      ort,
      provider: 'wasm' as const,
      weights: new Map([['block.conv.weight', float32([2, 2, 1, 1], [1, 0, 0, 2])]]),
    },
  };
  const options = { gradients: true, seeds: 1, loss: 'cotangent', deep: ['jacobian'] } as const;
  const { jacobian } = await profile(graph, findBlocks(graph), options, backend);
  // Half of the eigenvalues are 2², half 3².
  expect(jacobian!.largest).toBeGreaterThan(8.5);
  expect(jacobian!.largest).toBeLessThan(9.0001);
  expect(jacobian!.mean).toBeGreaterThan(4);
  expect(jacobian!.mean).toBeLessThan(9);
});
