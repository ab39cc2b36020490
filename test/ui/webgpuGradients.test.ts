/**
 * Every parameter's gradient of three of the networks of test/ort/torchvision.test.ts on WebGPU (Chromium's software
 * adapter): concatenations and max pools; depthwise convolutions with gates and adds; a transformer.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { farOff, gradientModel, GRADIENTS, sketch, traceTorchvision } from '../support/gradientModel.ts';
import { openInterpreter } from '../support/tracer.ts';
import type { WebgpuPage } from './webgpuPage.ts';
import { openWebgpuPage } from './webgpuPage.ts';

let page: WebgpuPage;
beforeAll(async () => (page = await openWebgpuPage()));
afterAll(() => page?.close());

const torch = openInterpreter({ timeLimitMs: 60_000 });

test.each([
  'squeezenet1_1(num_classes=10)',
  'mobilenet_v3_small(num_classes=10)',
  'VisionTransformer(64, 16, 4, 4, 128, 256, num_classes=10)',
])('%s in training mode: loss within 1e-4, gradients within 1e-3 of float64 PyTorch', async (model) => {
  const golden = GRADIENTS[model]!;
  const { bytes, feeds, outputs } = gradientModel(await traceTorchvision(torch, model), golden);
  const results = await page.run(bytes, feeds);
  expect(Math.abs(results['loss']![0]! / golden.loss - 1)).toBeLessThan(1e-4);
  const sketches = new Map([...outputs].map(([name, output]) => [name, sketch(name, results[output]!, golden)]));
  expect(farOff(sketches, golden)).toEqual([]);
});
