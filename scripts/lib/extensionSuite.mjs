// Runs a mocha suite in the extension host of a real VS Code (code-server) that Chromium shows.
import { build } from 'esbuild';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browserFlags, findBrowser } from './browser.mjs';
import { startCodeServer } from './codeServer.mjs';
import { startDriver } from './driver.mjs';
import { cache, output, root } from './paths.mjs';
import { freePort } from './ports.mjs';
import { findTorchvision } from './torchvision.mjs';

const bundle = async (name) => {
  const outfile = join(cache, 'suites', `${name}.cjs`);
  await build({
    entryPoints: [join(root, 'test', 'extension', name, 'index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return outfile;
};

/** Copies folders and Python files: an installed package also holds binaries, which nobody reads here. */
const copySources = (from, to) =>
  cp(from, to, {
    recursive: true,
    filter: async (path) => path.endsWith('.py') || (await stat(path)).isDirectory(),
  });

const address = (server, workspace, suite, environment) => {
  const remote = (path) => `vscode-remote://remote${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(root)],
    ['extensionTestsPath', remote(suite)],
    ['extensionEnvironment', JSON.stringify(environment)],
    ['skipWelcome', 'true'],
  ];
  return `${server}/?folder=${workspace}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
};

/** How each suite wants its VS Code. */
export const extensionSuites = {
  main: async () => ({
    trusted: true,
    folders: {
      [join(root, 'examples')]: 'examples',
      [join(root, 'test', 'fixtures', 'extension')]: 'fixtures',
      [join(root, 'test', 'fixtures', 'environment')]: '.venv/lib/python3.12/site-packages',
      [await findTorchvision()]: 'torchvision',
    },
  }),
  reload: async () => ({ trusted: true, folders: { [join(root, 'examples')]: 'examples' } }),
  trust: async () => ({ trusted: false, folders: { [join(root, 'examples')]: 'examples' } }),
};

/**
 * Runs test/extension/<name>/index.ts and resolves with { passed, failed, failures }.
 * The workspace is a copy of the given folders of the checkout, so that tests may edit files.
 */
export const runExtensionSuite = async (name, { folders, trusted, settings = {}, only = '', timeLimit = 900_000 }) => {
  const suite = await bundle(name);
  const profile = await mkdtemp(join(tmpdir(), 'skipscope-'));
  const workspace = join(profile, 'workspace');
  await mkdir(workspace);
  await mkdir(output, { recursive: true });
  for (const [from, to] of Object.entries(folders)) await copySources(from, join(workspace, to));
  const results = join(profile, 'results.json');
  const port = await freePort();
  const server = await startCodeServer({
    port,
    profile,
    settings: {
      'files.autoSave': 'off',
      ...settings,
    },
    args: ['--vscode-option', 'enable-smoke-test-driver', ...(trusted ? ['--disable-workspace-trust'] : [])],
  });
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: browserFlags });
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    const driver = await startDriver(page);
    let timer;
    const code = await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`suite ${name} took longer than ${timeLimit / 1000} s`)), timeLimit);
      page.on('crash', () => reject(new Error('the page crashed')));
      void (async () => {
        await page.exposeFunction('codeAutomationLog', (type, args) => {
          if (process.env.SKIPSCOPE_VERBOSE) console.log(`[${type}]`, ...args);
        });
        await page.exposeFunction('codeAutomationExit', resolve);
        await page.goto(
          address(server.address, workspace, suite, {
            SKIPSCOPE_RESULTS: results,
            SKIPSCOPE_DRIVER: driver.address,
            SKIPSCOPE_ONLY: only,
          }),
          { timeout: timeLimit },
        );
      })().catch(reject);
    }).catch(async (error) => {
      await page.screenshot({ path: join(output, `${name}-stuck.png`) }).catch(() => undefined);
      throw error;
    });
    clearTimeout(timer);
    driver.end();
    const report = await readFile(results, 'utf8').then(JSON.parse, () => null);
    if (!report) throw new Error(`suite ${name} ended with ${code} and left no results`);
    return report;
  } catch (error) {
    await writeFile(join(output, `${name}-server.log`), server.log());
    throw error;
  } finally {
    await browser.close();
    await server.end();
    await rm(profile, { recursive: true, force: true });
  }
};
