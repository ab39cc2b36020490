/** Laws of networks at their initialisation, traced from Python source: what PyTorch draws is what is profiled. */

import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { profile } from '../../src/profile/profile.ts';
import { releaseSessions } from '../../src/profile/run.ts';
import type { ProfileOptions, ProfileReport } from '../../src/profile/types.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine, readText } from '../support/engine.ts';
import { torchvisionFile, torchvisionModules, torchvisionSource } from '../support/torchvision.ts';

let engine: TestEngine;
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  engine = await loadEngine();
});
afterAll(() => releaseSessions(ort));

/** Traces a network of test/fixtures/laws.py in training mode. */
function trace(model: string, shape: readonly number[]): Graph {
  const inputs = [{ name: 'x', dtype: 'float32', shape }] as const;
  const { graph, diagnostics } = engine.trace(readText('test/fixtures/laws.py'), { model, inputs, training: true });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return graph!;
}

const run = (graph: Graph, options: Partial<ProfileOptions> = {}): Promise<ProfileReport> =>
  profile(
    graph,
    findBlocks(graph),
    { gradients: true, seeds: 3, loss: 'cotangent', ...options },
    { ort, provider: 'wasm' },
  );

/** Growth per step from the first of the values to the last. */
const factor = (values: readonly number[]): number => (values.at(-1)! / values[0]!) ** (1 / (values.length - 1));

describe('of a deep ReLU chain, as the plain twin of a residual one', () => {
  const chain = async (model: string, seeds: number) => {
    const graph = trace(model, [64, 256]);
    const { ablations } = await run(graph, { seeds, ablations: [{ kind: 'plain' }] });
    const { blocks } = ablations[0]!;
    return {
      forward: factor(blocks.map(({ activation }) => activation.secondMoment)),
      backward: factor(blocks.map(({ gradient }) => gradient!.secondMoment).reverse()),
    };
  };

  test('law 1: at He initialisation E[x²] and E[g²] stay as they are', async () => {
    const { forward, backward } = await chain('Chain()', 5);
    expect(Math.abs(forward - 1), String(forward)).toBeLessThan(0.05);
    expect(Math.abs(backward - 1), String(backward)).toBeLessThan(0.05);
  });

  test("law 3: at PyTorch's default initialisation E[g²] falls to a sixth in each layer", async () => {
    const { backward } = await chain('Chain(he=False)', 5);
    expect(Math.abs(6 * backward - 1), String(backward)).toBeLessThan(0.05);
  });
});

test('law 5: branches of a pre-activation ResNet have variance 1 − 1/π, the stream after a transition twice that', async () => {
  const graph = trace('PreActResNet()', [8, 3, 64, 64]);
  const { blocks } = await run(graph, { gradients: false });
  const branch = 1 - 1 / Math.PI;
  for (const { path, branchVariance, activation } of blocks) {
    expect(Math.abs(branchVariance! / branch - 1), `${path}: ${branchVariance}`).toBeLessThan(0.04);
    if (!/^stages\.[12]\.0$/.test(path)) continue;
    expect(Math.abs(activation.channelVariance! / (2 * branch) - 1), path).toBeLessThan(0.04);
  }
  expect(blocks).toHaveLength(11);
});

test.each([
  ['resnet50()', 16],
  ['resnet101()', 33],
])('law 6: E[x²] along the stages of torchvision %s', async (model, count) => {
  const { graph } = engine.trace(torchvisionSource('models/resnet.py'), {
    file: torchvisionFile('models/resnet.py'),
    modules: torchvisionModules(),
    model,
    inputs: [{ name: 'x', dtype: 'float32', shape: [8, 3, 96, 96] }],
    training: true,
  });
  const { blocks } = await run(graph!, { gradients: false, seeds: 1 });
  const law = [1.0, 1.69, 2.43, 3.21, 4.0, 4.82];
  expect(blocks).toHaveLength(count);
  for (const { path, activation } of blocks) {
    const predicted = law[Number(path.split('.')[1])];
    if (predicted === undefined) continue;
    expect(Math.abs(activation.secondMoment / predicted - 1), `${path}: ${activation.secondMoment}`).toBeLessThan(0.03);
  }
});

describe('law 15: the gradient of the last feed-forward layer against depth', () => {
  test.each([
    ['a post-LN encoder does not fall', false, 0],
    ['a pre-LN encoder falls with its root', true, -0.5],
  ])('of %s', async (_, normFirst, predicted) => {
    const depths = [2, 4, 8, 16];
    const points: [number, number][] = [];
    for (const depth of depths) {
      const graph = trace(`Encoder(${depth}, ${normFirst ? 'True' : 'False'})`, [8, 16, 64]);
      const { parameters } = await run(graph);
      points.push([Math.log(depth), Math.log(parameters[`layers.${depth - 1}.linear2.weight`]!.gradNorm!)]);
    }
    expect(Math.abs(slopeOf(points) - predicted), String(slopeOf(points))).toBeLessThan(0.15);
  });
});

/** Of the straight line with the least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (pick: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)];
  return mean(([at, value]) => (at - x) * (value - y)) / mean(([at]) => (at - x) ** 2);
}
