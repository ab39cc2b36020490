/** Laws that hold exactly: zero-initialised branches (14), identities of gradients (18). */

import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { reverse } from '../../src/autodiff/reverse.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { encodeModel, modelInputs } from '../../src/onnx/encode.ts';
import { Emit } from '../../src/ops/emit.ts';
import { expandForRuntime } from '../../src/ops/expand.ts';
import { extendGraph } from '../../src/ops/infer.ts';
import { emitCrossEntropy } from '../../src/ops/loss.ts';
import { initialise } from '../../src/profile/initialise.ts';
import { planProfile } from '../../src/profile/plan.ts';
import { profile } from '../../src/profile/profile.ts';
import { measurePlan, releaseSessions } from '../../src/profile/run.ts';
import { Sketch } from '../support/networks.ts';
import { torchvisionResnet } from '../support/torchNetworks.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});
afterAll(() => releaseSessions(ort));

describe('law 14: a ResNet-18 whose last norms start at zero', async () => {
  const graph = torchvisionResnet({
    blocks: [2, 2, 2, 2],
    bottleneck: false,
    batch: 4,
    size: 64,
    zeroInitResidual: true,
  });
  const blocks = findBlocks(graph);

  test('adds exactly nothing to the stream', async () => {
    const plan = planProfile(graph, blocks, { gradients: false, seeds: 1, loss: 'cotangent' });
    const { statistics } = await measurePlan(plan, ort, { provider: 'wasm', seed: 0 });
    for (const { path, branch } of plan.blocks) {
      const { offset, length } = plan.statistics.find(({ key }) => key === branch!.meanSquare)!;
      expect(Math.max(...statistics.subarray(offset, offset + length)), path).toBe(0);
    }
  });

  test('trains the scales first: convolutions get no gradient, the scales do', async () => {
    const options = { gradients: true, seeds: 1, loss: 'random-labels' } as const;
    const { parameters, blocks: measured } = await profile(graph, blocks, options, { ort, provider: 'wasm' });
    for (const { path } of blocks) {
      expect(parameters[`${path}.conv1.weight`]!.gradNorm, path).toBe(0);
      expect(parameters[`${path}.conv2.weight`]!.gradNorm, path).toBe(0);
      expect(parameters[`${path}.bn2.weight`]!.gradNorm, path).toBeGreaterThan(0.01);
    }
    for (const { path, branchGradNorm, skipGradNorm, branchRatio } of measured) {
      expect(branchGradNorm, path).toBe(0);
      expect(skipGradNorm, path).toBeGreaterThan(0);
      expect(branchRatio, path).toBe(0);
    }
  });
});

/** A network with its mean cross-entropy, in reverse: what `ask` emits of the gradients, by name. */
async function gradientsOf(
  net: { graph: Graph; wanted: readonly ValueId[] },
  ask: (emit: Emit, of: (value: ValueId) => ValueId, logits: ValueId) => Record<string, ValueId>,
  weights: (name: string, drawn: Float32Array) => Float32Array = (_, drawn) => drawn,
): Promise<Record<string, Float32Array>> {
  const builder = extendGraph(net.graph, { merge: true });
  const emit = new Emit(builder);
  const logits = net.graph.outputs[0]!;
  const rows = emit.shape(logits)[0]!;
  const target = emit.constant(
    Array.from({ length: rows }, (_, row) => row % 3),
    [rows],
    'int32',
  );
  const { gradient } = emitCrossEntropy(emit, logits, target);
  const cotangents = reverse(builder, net.graph.nodes, new Map([[logits, gradient]]), [...net.wanted, logits]);
  const asked = ask(emit, (value) => cotangents.of(value)!, logits);
  const { graph } = expandForRuntime(builder.build('law', Object.values(asked), true));
  const outputNames = new Map(graph.outputs.map((output, index) => [output, Object.keys(asked)[index]!]));
  const session = await ort.InferenceSession.create(encodeModel(graph, { outputNames }), {
    executionProviders: ['wasm'],
  });
  const feeds: Record<string, ort.Tensor> = {};
  for (const { name, value } of modelInputs(graph, { outputNames })) {
    const shape = graph.values[value]!.type.shape as number[];
    const init = graph.parameters.find((parameter) => parameter.value === value)?.init;
    const drawn = initialise(init ?? { kind: 'normal', mean: 0, std: 1 }, shape, 0, name);
    feeds[name] = new ort.Tensor('float32', weights(name, drawn), shape);
  }
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

const inner = (emit: Emit, a: ValueId, b: ValueId): ValueId => {
  const product = emit.mul(a, b);
  return emit.reduceSum(
    product,
    emit.shape(product).map((_, axis) => axis),
    false,
  );
};

const parameterOf = (graph: Graph, name: string): ValueId =>
  graph.parameters.find((parameter) => parameter.name === name)!.value;

/** Convolution with a bias, batch norm, activation, average and a classifier. */
function normNet(): { graph: Graph; weight: ValueId; bias: ValueId; before: ValueId } {
  const net = new Sketch('NormNet');
  const plain = net.conv('conv', net.input([6, 3, 5, 5]), 3, 8, 3);
  const bias = net.weight('conv.bias', [8]);
  const before = net.add(plain, net.op('Reshape', [bias, net.ints(1, 8, 1, 1)]));
  const active = net.relu(net.norm('bn', before, 8));
  const flat = net.op('Reshape', [net.op('GlobalAveragePool', [active]), net.ints(6, 8)]);
  const graph = net.build(net.linear('fc', flat, 8, 3, true));
  return { graph, weight: parameterOf(graph, 'conv.weight'), bias, before };
}

describe('identities 18', () => {
  test('⟨W, ∇W⟩ is the same for every layer of a bias-free ReLU chain', async () => {
    const net = new Sketch('Chain');
    let x = net.input([8, 12]);
    const depth = 5;
    for (let layer = 0; layer < depth; layer++) {
      const width = layer === depth - 1 ? 3 : 12;
      const weight = net.weight(`w${layer}`, [12, width], { kind: 'normal', mean: 0, std: 0.5 });
      x = net.op('MatMul', [x, weight], {}, String(layer));
      if (layer < depth - 1) x = net.relu(x, String(layer));
    }
    const graph = net.build(x);
    const weights = graph.parameters.map(({ value }) => value);
    const products = await gradientsOf({ graph, wanted: weights }, (emit, of) =>
      Object.fromEntries(weights.map((value, layer) => [`w${layer}`, inner(emit, value, of(value))])),
    );
    const [first, ...rest] = Object.values(products).map((data) => data[0]!);
    expect(Math.abs(first!)).toBeGreaterThan(0.01);
    for (const other of rest) expect(Math.abs(other / first! - 1)).toBeLessThan(1e-5);
  });

  test('before batch norm: ⟨w, ∇w⟩ = 0, the bias has no gradient, and gradients sum to zero by channel', async () => {
    const { graph, weight, bias, before } = normNet();
    const result = await gradientsOf({ graph, wanted: [weight, bias, before] }, (emit, of) => ({
      along: inner(emit, weight, of(weight)),
      scale: inner(emit, of(weight), of(weight)),
      bias: emit.mul(of(bias), emit.scalar(1)),
      sums: emit.reduceSum(of(before), [0, 2, 3], false),
      size: inner(emit, of(before), of(before)),
    }));
    expect(result['scale']![0]).toBeGreaterThan(1e-6);
    expect(Math.abs(result['along']![0]!)).toBeLessThan(1e-5 * Math.sqrt(result['scale']![0]!));
    for (const value of result['bias']!) expect(Math.abs(value)).toBeLessThan(1e-5);
    expect(result['size']![0]).toBeGreaterThan(1e-8);
    for (const value of result['sums']!) expect(Math.abs(value)).toBeLessThan(1e-5 * Math.sqrt(result['size']![0]!));
  });

  test('doubling a weight before batch norm halves its gradient', async () => {
    const { graph, weight, before } = normNet();
    // Without the norm's ε, which breaks the scale invariance by a hair.
    const exact = {
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.op === 'BatchNormalization' ? { ...node, attrs: { ...node.attrs, epsilon: 0 } } : node,
      ),
    };
    const ask = (emit: Emit, of: (value: ValueId) => ValueId) => ({ gradient: emit.mul(of(weight), emit.scalar(1)) });
    const scaled = (factor: number) =>
      gradientsOf({ graph: exact, wanted: [weight, before] }, ask, (name, drawn) =>
        name.startsWith('conv.') ? drawn.map((value) => value * factor) : drawn,
      );
    const once = (await scaled(1))['gradient']!;
    const twice = (await scaled(2))['gradient']!;
    const largest = Math.max(...once.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-4);
    once.forEach((value, index) => expect(Math.abs(twice[index]! - value / 2)).toBeLessThan(1e-5 * largest));
  });

  test('the gradients of cross-entropy sum to zero over the logits of a row', async () => {
    const { graph, weight } = normNet();
    const result = await gradientsOf({ graph, wanted: [weight] }, (emit, of, logits) => ({
      sums: emit.reduceSum(of(logits), [1], false),
      size: inner(emit, of(logits), of(logits)),
    }));
    expect(result['size']![0]).toBeGreaterThan(1e-3);
    for (const value of result['sums']!) expect(Math.abs(value)).toBeLessThan(1e-6);
  });
});
