/** Serves the built panel to a real Chromium under the webview's own policy, with a host that records its messages. */

import type { Plugin } from 'esbuild';
import { build } from 'esbuild';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { analyse } from '../../src/analysis/analyse.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { HostMessage, ModelDocument, PanelMessage, PanelState } from '../../src/protocol/messages.ts';
import { fromWire, toWire } from '../../src/protocol/wire.ts';
import { panelHtml } from '../../src/protocol/page.ts';
import type { ThemeName } from './themes.ts';
import { THEMES } from './themes.ts';
// @ts-expect-error The scripts are plain JavaScript.
import { browserFlags, findBrowser } from '../../scripts/lib/browser.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const OUTPUT = join(ROOT, 'test-output');

export interface PanelPage {
  readonly page: Page;
  post(message: HostMessage): Promise<void>;
  messages(): Promise<readonly PanelMessage[]>;
  /** The next message of a type, or the first one so far. */
  waitFor<T extends PanelMessage['type']>(type: T, after?: number): Promise<Extract<PanelMessage, { type: T }>>;
  state(): Promise<PanelState>;
  setTheme(theme: ThemeName): Promise<void>;
  /** Keeps a picture under test-output/. */
  picture(name: string): Promise<void>;
  /** What the page complained about: errors, and violations of its policy. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export interface PanelSite {
  open(options?: {
    width?: number;
    height?: number;
    theme?: ThemeName;
    state?: PanelState;
    reducedMotion?: boolean;
    /** Device pixels per pixel. */
    scale?: number;
    /** JavaScript that runs in the profile worker before its own. */
    profilePrelude?: string;
  }): Promise<PanelPage>;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
};

export interface SiteOptions {
  /** The whole drawing is in the page and not only what is in sight: what benchmarks compare with. */
  readonly wholeDrawing?: boolean;
}

/** Builds the panel and its workers, serves them, and starts a browser. */
export async function openSite({ wholeDrawing = false }: SiteOptions = {}): Promise<PanelSite> {
  const assets = await buildPanel(wholeDrawing ? [keepAllInPage] : []);
  await mkdir(join(OUTPUT, 'panel-pictures'), { recursive: true });
  const wasm = join(ROOT, 'node_modules/onnxruntime-web/dist');
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://host').pathname.slice(1) || 'index.html';
    const address = `http://localhost:${(server.address() as AddressInfo).port}`;
    const send = async (): Promise<void> => {
      const html = {
        cspSource: address,
        nonce: 'test',
        scriptUri: '/panel.js',
        styleUri: '/panel.css',
        assetsBase: address,
      };
      const file = name.endsWith('.wasm') ? await readFile(join(wasm, name)) : assets.get(name);
      const body = name === 'index.html' ? panelHtml(html) : (file ?? null);
      response.writeHead(name === 'favicon.ico' ? 204 : body === null ? 404 : 200, {
        'content-type': TYPES[extname(name)] ?? 'text/plain',
      });
      response.end(body);
    };
    void send();
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
  const browser: Browser = await chromium.launch({ executablePath: await findBrowser(), args: browserFlags });
  return {
    open: (options = {}) => openPage(browser, address, options),
    async close() {
      await browser.close();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Widens the part of a drawing that is in the page until it is all of it. */
const keepAllInPage: Plugin = {
  name: 'keep-all-in-page',
  setup: ({ onLoad }) =>
    onLoad({ filter: /webview\/sight\.ts$/ }, async ({ path }) => {
      const contents = (await readFile(path, 'utf8')).replace(/const MARGIN = [\d.]+/, 'const MARGIN = 10000');
      return { contents, loader: 'ts' };
    }),
};

/** The panel and its workers, by file name. */
export async function buildPanel(plugins: Plugin[] = []): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    plugins,
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    minify: true,
    logLevel: 'warning',
    write: false,
    outdir: OUTPUT,
    entryPoints: {
      panel: join(ROOT, 'webview/main.ts'),
      layoutWorker: join(ROOT, 'webview/layoutWorker.ts'),
      profileWorker: join(ROOT, 'webview/profileWorker.ts'),
    },
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}

async function openPage(
  browser: Browser,
  address: string,
  options: Parameters<PanelSite['open']>[0] & object,
): Promise<PanelPage> {
  const {
    width = 900,
    height = 1000,
    theme = 'light',
    state,
    reducedMotion = false,
    scale = 1,
    profilePrelude,
  } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // onnxruntime prints its profile and its warnings; what the page itself logs as an error counts.
    if (message.type() === 'error' && !message.text().includes('favicon')) complaints.push(message.text());
  });
  await page.addInitScript((kept) => {
    const box = globalThis as unknown as { posted: unknown[]; kept: unknown; acquireVsCodeApi: unknown };
    box.posted = [];
    box.kept = kept ?? undefined;
    box.acquireVsCodeApi = () => ({
      postMessage: (message: unknown) => box.posted.push(message),
      getState: () => box.kept,
      setState: (next: unknown) => (box.kept = next),
    });
  }, state ?? null);
  if (profilePrelude !== undefined)
    await page.route('**/profileWorker.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${profilePrelude};\n${await response.text()}` });
    });
  await page.goto(address);

  const messages = (): Promise<readonly PanelMessage[]> =>
    page.evaluate(() => (globalThis as unknown as { posted: PanelMessage[] }).posted);
  const setTheme = (name: ThemeName): Promise<void> =>
    page.evaluate(({ classes, colours }) => {
      const { body, documentElement } = (globalThis as unknown as { document: PageDocument }).document;
      // Nothing of the theme before stays.
      documentElement.removeAttribute('style');
      for (const [key, value] of Object.entries(colours)) documentElement.style.setProperty(`--vscode-${key}`, value);
      body.className = classes;
    }, THEMES[name]);
  await setTheme(theme);
  return {
    page,
    complaints,
    messages,
    setTheme,
    // As text, which is what messages travel as in VS Code, and far faster than Playwright's own encoding.
    post: (message) =>
      page.evaluate(
        (text) => void (globalThis as unknown as Window_).postMessage(JSON.parse(text), '*'),
        JSON.stringify(toWire(message)),
      ),
    async waitFor(type, after = 0) {
      const found = await page.waitForFunction(
        ([wanted, from]) => {
          const { posted } = globalThis as unknown as { posted: PanelMessage[] };
          const message = posted.slice(from).find((one) => one.type === wanted);
          return message && JSON.stringify(message);
        },
        [type, after] as const,
        { timeout: 240_000 },
      );
      return fromWire(JSON.parse((await found.jsonValue())!)) as never;
    },
    state: () => page.evaluate(() => (globalThis as unknown as { kept: PanelState }).kept),
    async picture(name) {
      await page.screenshot({ path: join(OUTPUT, 'panel-pictures', `${name}.png`) });
    },
    close: () => context.close(),
  };
}

interface PageDocument {
  body: { className: string };
  documentElement: { style: { setProperty(name: string, value: string): void }; removeAttribute(name: string): void };
}
interface Window_ {
  postMessage(data: unknown, origin: string): void;
}

export function documentOf(graph: Graph, model = `${graph.name}()`): ModelDocument {
  const { blocks, cost, diagnostics } = analyse(graph);
  return {
    uri: 'file:///net.py',
    title: 'net.py',
    hasSource: true,
    model,
    candidates: [model, 'other()'],
    graph,
    blocks,
    cost,
    diagnostics,
  };
}
