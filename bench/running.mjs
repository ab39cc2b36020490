/* global document, requestAnimationFrame */
// How a profile behaves as a guest: how soon a cancel frees the panel and the profile process with a long profile under
// way, and what sessions that stay open save, over the draws of the weights and from one run to the next.
// `node bench/running.mjs`. Cancelling is to take less than a second.
import childProcess, { execFileSync } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import { resolve } from 'node:path';
import { load } from './bundle.mjs';

// The runner keeps its process to itself: whether that is gone is seen from here.
const children = [];
const { fork } = childProcess;
childProcess.fork = (...given) => {
  const child = fork(...given);
  children.push(child);
  return child;
};
syncBuiltinESMExports();

const lib = await load(
  'running',
  `
  export { findBlocks } from './src/analysis/blocks.ts';
  export { createHostRunner } from './src/extension/profiler/runner.ts';
  export { median } from './src/profile/median.ts';
  export { planProfile } from './src/profile/plan.ts';
  export { measurePlan, releaseSessions } from './src/profile/run.ts';
  export { resnetGraph } from './test/support/networks.ts';
  export { openSite, documentOf } from './test/ui/panelPage.ts';
`,
);
const ROUNDS = 3;
const deep = lib.resnetGraph({ shortcut: 'pad', blocks: [18, 18, 18], width: 16, batch: 8, size: 32 });
const options = { gradients: true, seeds: 1000, loss: 'random-labels', ablations: [{ kind: 'plain' }] };
const show = (times) => `${lib.median(times).toFixed(0)} ms (${times.map((time) => time.toFixed(0)).join(', ')})`;
const isRunning = ({ type, text }) => type === 'progress' && text.endsWith('Running');

/** Milliseconds from the click until the panel no longer shows a profile under way. */
const cancelInPage = () =>
  new Promise((done) => {
    const start = performance.now();
    const look = () => {
      if (document.querySelector('.progress') === null) done(performance.now() - start);
      else requestAnimationFrame(look);
    };
    document.querySelector('.progress button').click();
    look();
  });

async function cancelInPanel() {
  const site = await lib.openSite();
  const panel = await site.open();
  await panel.waitFor('ready');
  const document = lib.documentOf(deep);
  await panel.post({ type: 'show', revision: 1, document });
  await panel.waitFor('drawn');
  const times = [];
  for (let id = 1; id <= ROUNDS; id++) {
    const from = (await panel.messages()).length;
    const { graph, blocks } = document;
    const where = { weights: null, backend: 'wasm', allowSoftware: false, canHandOver: false };
    await panel.post({ type: 'profile', id, options, graph, blocks, ...where });
    await panel.page.getByText(/: Running$/).waitFor({ timeout: 240_000 });
    times.push(await panel.page.evaluate(cancelInPage));
    await panel.waitFor('profileFailed', from);
  }
  await site.close();
  return times;
}

async function cancelProcess() {
  const out = resolve('test-output', 'profiler');
  execFileSync(process.execPath, ['build.mjs', 'profiler', 'runtime', `--out=${out}`]);
  const runner = lib.createHostRunner(`${out}/profiler.mjs`);
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const job = { graph: deep, blocks: lib.findBlocks(deep), options, weights: null, fallbackReason: null };
    await new Promise((started) => runner.run(job, (event) => isRunning(event) && started()));
    const child = children.at(-1);
    const start = performance.now();
    runner.cancel();
    await new Promise((gone) => child.once('exit', gone));
    times.push(performance.now() - start);
  }
  return times;
}

async function reuse() {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  const plan = lib.planProfile(deep, lib.findBlocks(deep), { ...options, ablations: [] });
  const run = async (seed) => {
    const start = performance.now();
    const { milliseconds } = await lib.measurePlan(plan, ort, { provider: 'wasm', seed });
    return { total: performance.now() - start, pass: milliseconds };
  };
  // The runtime itself is loaded once.
  await run(0);
  const [first, other] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    await lib.releaseSessions(ort);
    first.push(await run(2 * round));
    other.push(await run(2 * round + 1));
  }
  return { first, other };
}

console.log(
  `ResNet-110 N8@32 with its plain twin, ${options.seeds} draws, cancelled while it computes; ${ROUNDS} times:`,
);
console.log(`  the panel is free again after ${show(await cancelInPanel())}`);
console.log(`  the process has ended after   ${show(await cancelProcess())}`);
const { first, other } = await reuse();
const total = (runs) => runs.map((run) => run.total);
const ratio = lib.median(first.map((run, at) => run.total / other[at].total));
console.log('A draw of the weights and both passes with statistics:');
console.log(
  `  with a new session  ${show(total(first))}, ${lib.median(first.map(({ pass }) => pass)).toFixed(0)} of them the passes`,
);
console.log(`  with that session   ${show(total(other))}; another draw, or the next run of the architecture`);
console.log(`  the first takes ${ratio.toFixed(2)} times the second`);
process.exit(0);
