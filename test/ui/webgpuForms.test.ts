/** The emitted forms of layer operators and their gradients on WebGPU (Chromium's software adapter), against real PyTorch. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Ort from 'onnxruntime-web';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
// @ts-expect-error -- plain JavaScript, without types
import { browserFlags, findBrowser } from '../../scripts/lib/browser.mjs';
import { CASES, dropoutExpectation, expectationOf, LOSSES, relativeError } from '../support/nnCases.ts';
import { modelOf } from '../support/nnModels.ts';

const ORIGIN = 'http://localhost';
const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const TYPES: Record<string, string> = { mjs: 'text/javascript', wasm: 'application/wasm' };

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: (await findBrowser()) as string, args: browserFlags as string[] });
  page = await browser.newPage();
  await page.route(`${ORIGIN}/**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === '') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>forms</title>' });
    const contentType = TYPES[name.split('.').at(-1)!] ?? 'application/octet-stream';
    return route.fulfill({ contentType, body: await readFile(join(dist, name)) });
  });
  await page.goto(`${ORIGIN}/`);
  await page.addScriptTag({ type: 'module', content: "globalThis.ort = await import('/ort.webgpu.min.mjs');" });
  await page.waitForFunction(() => 'ort' in globalThis);
});

afterAll(() => browser?.close());

/** Runs one model on WebGPU and returns the outputs' contents. */
const run = (bytes: Uint8Array, feeds: unknown): Promise<Record<string, number[]>> =>
  page.evaluate(
    async ({ base64, tensors, origin }) => {
      const { ort } = globalThis as unknown as { ort: typeof Ort };
      ort.env.wasm.wasmPaths = origin;
      ort.env.wasm.numThreads = 1;
      const model = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }],
        graphOptimizationLevel: 'basic',
      });
      const entries = Object.entries(tensors).map(([name, { shape, dtype, data }]) => [
        name,
        dtype === 'int64'
          ? new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape)
          : new ort.Tensor('float32', Float32Array.from(data), shape),
      ]);
      const results = await session.run(Object.fromEntries(entries));
      await session.release();
      return Object.fromEntries(
        Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
      );
    },
    {
      origin: `${ORIGIN}/`,
      base64: Buffer.from(bytes).toString('base64'),
      tensors: feeds as Record<string, { shape: number[]; dtype: string; data: number[] }>,
    },
  );

test('a WebGPU adapter is there', async () => {
  expect(await page.evaluate('navigator.gpu.requestAdapter().then((adapter) => adapter !== null)')).toBe(true);
});

// Three spatial axes are for WASM: this provider's 3-D transposed convolution fails.
const flat = CASES.filter(({ inputs }) => inputs[0]!.shape.length < 5).map(expectationOf);

test.each([...flat, ...LOSSES, dropoutExpectation()].map((entry) => [entry.name, entry] as const))(
  '%s',
  async (_name, entry) => {
    const { bytes, feeds, expected } = modelOf(entry);
    const results = await run(bytes, feeds);
    for (const { name, output, tensor } of expected) {
      expect(relativeError(results[output]!, tensor.data), name).toBeLessThan(1e-5);
    }
  },
);
