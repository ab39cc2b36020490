/** The emitted forms of layer operators and their gradients on WebGPU (Chromium's software adapter), against real PyTorch. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { CASES, dropoutExpectation, expectationOf, LOSSES, relativeError } from '../support/nnCases.ts';
import { modelOf } from '../support/nnModels.ts';
import type { Feed, WebgpuPage } from './webgpuPage.ts';
import { openWebgpuPage } from './webgpuPage.ts';

let page: WebgpuPage;
beforeAll(async () => (page = await openWebgpuPage()));
afterAll(() => page?.close());

test('a WebGPU adapter is there', async () => {
  expect(await page.hasAdapter()).toBe(true);
});

// Three spatial axes are for WASM: this provider's 3-D transposed convolution fails.
const flat = CASES.filter(({ inputs }) => inputs[0]!.shape.length < 5).map(expectationOf);

test.each([...flat, ...LOSSES, dropoutExpectation()].map((entry) => [entry.name, entry] as const))(
  '%s',
  async (_name, entry) => {
    const { bytes, feeds, expected } = modelOf(entry);
    const given = Object.entries(feeds).map(([name, { shape, dtype, data }]): [string, Feed] => [
      name,
      { dtype, shape, data: dtype === 'int64' ? BigInt64Array.from(data, BigInt) : Float32Array.from(data) },
    ]);
    const results = await page.run(bytes, Object.fromEntries(given));
    for (const { name, output, tensor } of expected) {
      expect(relativeError(results[output]!, tensor.data), name).toBeLessThan(1e-5);
    }
  },
);
