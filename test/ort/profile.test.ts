/** Profiles of small networks: what comes back is what the definitions say, and what cannot run is refused in words. */

import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { planProfile } from '../../src/profile/plan.ts';
import { profile, ProfileRefusal } from '../../src/profile/profile.ts';
import { releaseSessions } from '../../src/profile/run.ts';
import type { ProfileOptions } from '../../src/profile/types.ts';
import { Sketch, densenetGraph, preactGraph, resnetGraph, transformerGraph } from '../support/networks.ts';
import { recipeData, recipeWeights } from '../support/recipe.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});
afterAll(() => releaseSessions(ort));

const OPTIONS: ProfileOptions = { gradients: true, seeds: 1, loss: 'random-labels' };

const run = (graph: Graph, options: Partial<ProfileOptions> = {}, backend = {}) =>
  profile(graph, findBlocks(graph), { ...OPTIONS, ...options }, { ort, provider: 'wasm', ...backend });

describe('a profile', () => {
  test.each([
    ['post-activation', resnetGraph()],
    ['bottleneck', resnetGraph({ block: 'bottleneck' })],
    ['option A', resnetGraph({ shortcut: 'pad' })],
    ['pre-activation', preactGraph()],
    ['transformer', transformerGraph()],
    ['dense', densenetGraph()],
  ])('of a %s network measures every block and parameter', async (_, graph) => {
    const report = await run(graph);
    expect(report.blocks.map(({ path }) => path)).toEqual(findBlocks(graph).map(({ path }) => path));
    for (const [name, { gradNorm, weightNorm }] of Object.entries(report.parameters)) {
      expect(gradNorm, name).toBeGreaterThanOrEqual(0);
      expect(weightNorm, name).toBeGreaterThanOrEqual(0);
    }
    expect(Object.keys(report.parameters)).toEqual(
      graph.parameters.filter(({ buffer }) => !buffer).map(({ name }) => name),
    );
    for (const { path, activation, gradient } of report.blocks) {
      expect(activation.l2, path).toBeGreaterThan(0);
      expect(gradient!.l2, path).toBeGreaterThan(0);
      expect(activation.nonFinite || gradient!.nonFinite, path).toBe(false);
    }
    // Labels are random, so the loss is near the logarithm of the number of classes.
    expect(report.loss).toBeGreaterThan(0.5);
    expect(report.loss).toBeLessThan(4);
    expect(report.passMs).toBeGreaterThan(0);
  });
});

describe('what a profile says', () => {
  test.each(['float64', 'float16', 'bfloat16'] as const)(
    'of a network in %s is what it says in float32',
    async (dtype) => {
      const graph = resnetGraph();
      const values = graph.values.map((one) =>
        one.type.dtype === 'float32' ? { ...one, type: { ...one.type, dtype } } : one,
      );
      const [own, other] = [await run(graph), await run({ ...graph, values })];
      expect(other.parameters).toEqual(own.parameters);
      expect(other.precision).toBe('float32');
    },
  );

  test('without gradients there are none, and no loss for a cotangent', async () => {
    const report = await run(resnetGraph(), { gradients: false, loss: 'cotangent' });
    expect(report.loss).toBeNull();
    expect(report.blocks.every(({ gradient, cosine }) => gradient === null && cosine === null)).toBe(true);
    expect(Object.values(report.parameters).every(({ gradNorm }) => gradNorm === null)).toBe(true);
  });

  test('statistics are those of the tensor', async () => {
    // One residual block on a given input: y = x + I · relu(x) with x known.
    const net = new Sketch('Known');
    const x = net.input([2, 2, 1, 2]);
    const doubled = net.add(net.conv('conv', net.relu(x), 2, 2, 1), x);
    const graph = net.build(doubled);
    const data = new Map([
      ['input', { dtype: 'float32' as const, shape: [2, 2, 1, 2], data: new Float32Array([1, -1, 0, 0, 2, 4, -3, 5]) }],
    ]);
    const identity = { dtype: 'float32' as const, shape: [2, 2, 1, 1], data: new Float32Array([1, 0, 0, 1]) };
    const weights = new Map([['conv.weight', identity]]);
    const report = await run(graph, { loss: 'cotangent', gradients: false }, { data, weights });
    // y = [2, −1 | 0, 0], [4, 8 | −3, 10]
    const { activation } = report.blocks[0]!;
    expect(activation.l2).toBeCloseTo(Math.sqrt(4 + 1 + 16 + 64 + 9 + 100), 4);
    expect(activation.mean).toBeCloseTo(20 / 8, 5);
    const variance = (values: number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    };
    expect(activation.channelVariance).toBeCloseTo((variance([2, -1, 4, 8]) + variance([0, 0, -3, 10])) / 2, 4);
    expect(activation.channelSquaredMean).toBeCloseTo((3.25 ** 2 + 1.75 ** 2) / 2, 4);
    expect(activation.zeroFraction).toBe(0.25);
    expect(activation.nonFinite).toBe(false);
    expect(report.blocks[0]!.branchVariance).toBeCloseTo((variance([1, 0, 2, 4]) + variance([0, 0, 0, 5])) / 2, 4);
  });

  test('a tensor that overflows is said to', async () => {
    const graph = resnetGraph();
    const weights = recipeWeights(graph);
    (weights.get('conv1.weight')!.data as Float32Array).fill(NaN);
    const report = await run(graph, { loss: 'given-labels' }, { weights, data: recipeData([2, 3, 16, 16], 10) });
    expect(report.blocks.map(({ activation }) => activation.nonFinite)).not.toContain(false);
  });

  test('the same seed draws the same network, and seeds are averaged', async () => {
    const [once, again, averaged] = [
      await run(resnetGraph()),
      await run(resnetGraph()),
      await run(resnetGraph(), { seeds: 3 }),
    ];
    expect(again.parameters).toEqual(once.parameters);
    expect(averaged.seeds).toBe(3);
    expect(averaged.parameters['conv1.weight']!.gradNorm).not.toBe(once.parameters['conv1.weight']!.gradNorm);
  });

  test('the skip carries the gradient of the sum unchanged', async () => {
    const report = await run(preactGraph());
    for (const block of report.blocks.filter(({ path }) => path.endsWith('.1'))) {
      expect(block.skipGradNorm! / block.gradient!.l2).toBeCloseTo(1, 5);
      expect(block.branchGradNorm).toBeGreaterThan(0);
      expect(Math.abs(block.cosine!)).toBeLessThan(1);
    }
  });

  test('the plain twin runs on the same weights, without the projections', async () => {
    const graph = resnetGraph();
    const { ablation, parameters } = await run(graph, { ablations: [{ kind: 'plain' }] });
    expect(ablation!.kind).toBe('plain');
    // layer2 and layer3 project: 1×1 convolutions 8 → 16 → 32, and a norm's two vectors each.
    expect(ablation!.paramsChange).toBe(-(8 * 16 + 2 * 16 + 16 * 32 + 2 * 32));
    expect(ablation!.parameters['conv1.weight']!.weightNorm).toBe(parameters['conv1.weight']!.weightNorm);
    expect(ablation!.parameters['conv1.weight']!.gradNorm).not.toBe(parameters['conv1.weight']!.gradNorm);
    expect(ablation!.blocks).toHaveLength(6);
    expect(ablation!.blocks.every(({ skipGradNorm }) => skipGradNorm === null)).toBe(true);
  });

  test('an ablation that would change nothing is not measured, and said to be none', async () => {
    const scaled = await run(resnetGraph(), { ablations: [{ kind: 'scaled', factor: 1 }, { kind: 'plain' }] });
    expect(scaled.ablations.map(({ kind }) => kind)).toEqual(['plain']);
    expect(scaled.notMeasured).toEqual([
      'Not measured: skips × 1. It is the network itself, with no skip for it to change.',
    ]);
    const dense = await run(densenetGraph(), { ablations: [{ kind: 'plain' }] });
    expect(dense.ablations).toEqual([]);
    expect(dense.notMeasured[0]).toMatch(/^Not measured: plain twin\. .* what is concatenated stays/);
  });
});

describe('what cannot be profiled', () => {
  test('a call that the tracer does not know is named', async () => {
    const net = new Sketch('Odd');
    const x = net.input([1, 2]);
    net.builder.origin = { module: 'head', origin: 'torch.fft.rfft', inPlace: false, frames: [] };
    const graph = net.build(net.builder.op('Unknown', [x]));
    const failure = await run(graph).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProfileRefusal);
    expect((failure as ProfileRefusal).reasons).toEqual(['Skipscope does not know torch.fft.rfft in head.']);
  });

  test('labels for a network that is no classifier are refused', async () => {
    const net = new Sketch('Image');
    const x = net.input([2, 3, 8, 8]);
    const graph = net.build(net.conv('conv', x, 3, 4, 3));
    const labels = { dtype: 'int64' as const, shape: [2], data: new BigInt64Array([0n, 1n]) };
    const failure = run(graph, { loss: 'given-labels' }, { data: new Map([['target', labels]]) });
    await expect(failure).rejects.toThrow('[2, 4, 8, 8] is not one score per class');
    expect((await run(graph, { loss: 'random-labels' })).lossKind).toBe('cotangent');
  });

  test('a mismatched skip says what is wrong with it', () => {
    const graph = resnetGraph({ mismatched: 'layer2.0' });
    const { refusals, model } = planProfile(graph, findBlocks(graph), OPTIONS);
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals[0]).toContain('layer2.0');
    expect(model).toHaveLength(0);
  });

  test.each([
    ['a missing weight', (graph: Graph) => ({ weights: without(graph, 'fc.bias') }), 'fc.bias'],
    ['a weight of another shape', (graph: Graph) => ({ weights: reshaped(graph, 'conv1.weight') }), 'conv1.weight'],
    ['a batch of another shape', () => ({ data: recipeData([3, 3, 16, 16], 10) }), '[3, 3, 16, 16]'],
    ['labels out of range', () => ({ data: recipeData([2, 3, 16, 16], 10_000) }), '10 classes'],
  ])('%s is named', async (_, backend, named) => {
    const graph = resnetGraph();
    const options = { loss: 'given-labels' } as const;
    const data = recipeData([2, 3, 16, 16], 10);
    await expect(run(graph, options, { data, ...backend(graph) })).rejects.toThrow(named);
  });

  test('a cancelled profile stops', async () => {
    const controller = new AbortController();
    const steps: string[] = [];
    const onProgress = (text: string) => {
      steps.push(text);
      if (text.includes('Creating')) controller.abort();
    };
    const backend = { signal: controller.signal, onProgress };
    await expect(run(resnetGraph(), { seeds: 2 }, backend)).rejects.toMatchObject({ name: 'AbortError' });
    expect(steps.some((text) => text.includes('Running'))).toBe(false);
  });
});

function without(graph: Graph, name: string) {
  const weights = new Map(recipeWeights(graph));
  weights.delete(name);
  return weights;
}

function reshaped(graph: Graph, name: string) {
  const weights = new Map(recipeWeights(graph));
  const given = weights.get(name)!;
  return weights.set(name, { ...given, shape: [given.data.length] });
}
