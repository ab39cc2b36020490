/** onnxruntime on WebGPU in a page of Chromium, on its software adapter. Contents travel as bytes. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Ort from 'onnxruntime-web';
import { chromium } from 'playwright-core';
// @ts-expect-error -- plain JavaScript, without types
import { browserFlags, findBrowser } from '../../scripts/lib/browser.mjs';

const ORIGIN = 'http://localhost';
const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const TYPES: Record<string, string> = { mjs: 'text/javascript', wasm: 'application/wasm' };

export interface Feed {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array;
}

export interface WebgpuPage {
  readonly hasAdapter: () => Promise<boolean>;
  /** Runs one model once; every output is float32. */
  readonly run: (
    model: Uint8Array,
    feeds: Readonly<Record<string, Feed>>,
  ) => Promise<Readonly<Record<string, Float32Array>>>;
  readonly close: () => Promise<void>;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

export async function openWebgpuPage(): Promise<WebgpuPage> {
  const browser = await chromium.launch({
    executablePath: (await findBrowser()) as string,
    args: browserFlags as string[],
  });
  const page = await browser.newPage();
  let sent: readonly Buffer[] = [];
  let received = new Map<string, Buffer>();
  await page.route(`${ORIGIN}/**`, async (route) => {
    const [folder = '', name = ''] = decodeURIComponent(new URL(route.request().url()).pathname).slice(1).split('/');
    if (folder === '') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>WebGPU</title>' });
    if (folder === 'sent') return route.fulfill({ body: sent[Number(name)]! });
    if (folder === 'received') {
      received.set(name, route.request().postDataBuffer()!);
      return route.fulfill({ body: '' });
    }
    const contentType = TYPES[folder.split('.').at(-1)!] ?? 'application/octet-stream';
    return route.fulfill({ contentType, body: await readFile(join(dist, folder)) });
  });
  await page.goto(`${ORIGIN}/`);
  await page.addScriptTag({ type: 'module', content: "globalThis.ort = await import('/ort.webgpu.min.mjs');" });
  await page.waitForFunction(() => 'ort' in globalThis);

  return {
    hasAdapter: () => page.evaluate('navigator.gpu.requestAdapter().then((adapter) => adapter !== null)'),
    close: () => browser.close(),
    async run(model, feeds) {
      const entries = Object.entries(feeds);
      sent = [bytesOf(model), ...entries.map(([, { data }]) => bytesOf(data))];
      received = new Map();
      await page.evaluate(runInPage, {
        origin: `${ORIGIN}/`,
        tensors: entries.map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] })),
      });
      const outputs = [...received].map(([name, bytes]): [string, Float32Array] => [
        name,
        new Float32Array(Uint8Array.from(bytes).buffer),
      ]);
      return Object.fromEntries(outputs);
    },
  };
}

interface Work {
  readonly origin: string;
  /** In the order in which their contents are sent, after the model. */
  readonly tensors: readonly { readonly name: string; readonly dtype: string; readonly shape: number[] }[];
}

/** Runs in the page, so it refers to nothing outside. */
async function runInPage({ origin, tensors }: Work): Promise<void> {
  const { ort } = globalThis as unknown as { ort: typeof Ort };
  ort.env.wasm.wasmPaths = origin;
  ort.env.wasm.numThreads = 1;
  const load = async (index: number): Promise<ArrayBuffer> => (await fetch(`${origin}sent/${index}`)).arrayBuffer();
  const session = await ort.InferenceSession.create(new Uint8Array(await load(0)), {
    executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }],
    graphOptimizationLevel: 'basic',
  });
  const feeds: Record<string, Ort.Tensor> = {};
  for (const [index, { name, dtype, shape }] of tensors.entries()) {
    const bytes = await load(index + 1);
    if (dtype === 'int64') feeds[name] = new ort.Tensor('int64', new BigInt64Array(bytes), shape);
    else if (dtype === 'int32') feeds[name] = new ort.Tensor('int32', new Int32Array(bytes), shape);
    else feeds[name] = new ort.Tensor('float32', new Float32Array(bytes), shape);
  }
  const results = await session.run(feeds);
  for (const [name, tensor] of Object.entries(results)) {
    const body = Float32Array.from((await tensor.getData()) as Float32Array);
    await fetch(`${origin}received/${encodeURIComponent(name)}`, { method: 'POST', body });
  }
  await session.release();
}
