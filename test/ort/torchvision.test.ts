/**
 * Every parameter's gradient of twelve of torchvision's families, one model of each file, traced from their source, against
 * real PyTorch in float64.
 *
 * Of the other families of Debian's torchvision, VGG, Inception and MaxViT have no operators that these twelve lack and are
 * large. For DenseNet and RegNet no batch was found that conditions well (scripts/goldens/gradients.py): errors of 1e-7 in
 * float64 move gradients of DenseNet-121 by 1.8e-3 and of RegNet by 2e-2, where a ReLU at one pixel changes sides.
 */

import * as ort from 'onnxruntime-web';
import { beforeAll, expect, test } from 'vitest';
import { farOff, gradientModel, GRADIENTS, sketch, traceTorchvision } from '../support/gradientModel.ts';
import { openInterpreter } from '../support/tracer.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});

const torch = openInterpreter({ timeLimitMs: 60_000 });

test('there are twelve families, one model of each', () => {
  const files = Object.values(GRADIENTS).map(({ file }) => file);
  expect(new Set(files).size).toBe(files.length);
  expect(files.length).toBeGreaterThanOrEqual(12);
});

test.each(Object.entries(GRADIENTS))(
  '%s in training mode: loss within 1e-4, gradients within 1e-3',
  async (model, golden) => {
    const graph = await traceTorchvision(torch, model);
    expect(graph.parameters.filter(({ buffer }) => !buffer).map(({ name }) => name)).toEqual(
      Object.keys(golden.gradients),
    );
    const { bytes, feeds, outputs } = gradientModel(graph, golden);
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'basic',
    });
    const tensors = Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
      name,
      new ort.Tensor(dtype as 'float32', data as Float32Array, shape),
    ]);
    const results = await session.run(Object.fromEntries(tensors) as Record<string, ort.Tensor>);
    await session.release();
    expect(Math.abs((results['loss']!.data[0] as number) / golden.loss - 1)).toBeLessThan(1e-4);
    const sketches = new Map(
      [...outputs].map(([name, output]) => [name, sketch(name, results[output]!.data as Float32Array, golden)]),
    );
    expect(farOff(sketches, golden)).toEqual([]);
  },
);
