// Memory over profiles of two networks in turn, each with its plain twin: the runtime's heap and the whole process.
// `node bench/memory.mjs [profiles]`, 50 unless given. A leak grows without end; fragments settle. With --panel, in the
// panel in real Chromium: the process of the page and its worker.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { load } from './bundle.mjs';

const heaps = [];
globalThis.WebAssembly.Memory = new Proxy(globalThis.WebAssembly.Memory, {
  construct(target, given) {
    const memory = new target(...given);
    heaps.push(memory);
    return memory;
  },
});
const lib = await load(
  'memory',
  `
  export { findBlocks } from './src/analysis/blocks.ts';
  export { profile } from './src/profile/profile.ts';
  export { resnetGraph } from './test/support/networks.ts';
  export { documentOf, openSite } from './test/ui/panelPage.ts';
`,
);
const ort = await import('onnxruntime-web');
// With threads, the memory is made by JavaScript, where it can be watched.
ort.env.wasm.numThreads = 2;

const total = Number(process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? 50);
const graphs = [8, 12].map((width) => lib.resnetGraph({ width }));
const options = { gradients: true, seeds: 1, loss: 'random-labels', ablations: [{ kind: 'plain' }] };
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const isTold = (run) => run % 5 === 0 || run === 1;

/** Resident bytes, where Linux says. */
const residentOf = (pid) => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

async function inPanel() {
  const site = await lib.openSite();
  const panel = await site.open();
  const system = await panel.page.context().browser().newBrowserCDPSession();
  await panel.waitFor('ready');
  await panel.post({ type: 'show', revision: 1, document: lib.documentOf(graphs[0]) });
  await panel.waitFor('drawn');
  for (let run = 1; run <= total; run++) {
    const graph = graphs[run % graphs.length];
    const from = (await panel.messages()).length;
    const where = { weights: null, backend: 'wasm', allowSoftware: false, canHandOver: false };
    await panel.post({ type: 'profile', id: run, options, graph, blocks: lib.findBlocks(graph), ...where });
    await panel.waitFor('profileDone', from);
    // The page keeps what it sent, for the tests.
    await panel.page.evaluate(() => (globalThis.posted.length = 0));
    if (!isTold(run)) continue;
    const { processInfo } = await system.send('SystemInfo.getProcessInfo');
    const pages = processInfo.filter(({ type }) => type === 'renderer');
    const bytes = Math.max(...pages.map(({ id }) => residentOf(id)));
    console.log(`after ${run}: page and worker ${megabytes(bytes)} MB`);
  }
  // An idle worker ends itself, and its memory with it.
  await site.close();
}

if (process.argv.includes('--panel')) {
  await inPanel();
  process.exit(0);
}
for (let run = 1; run <= total; run++) {
  const graph = graphs[run % graphs.length];
  await lib.profile(graph, lib.findBlocks(graph), options, { ort, provider: 'wasm' });
  if (!isTold(run)) continue;
  const heap = heaps.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  console.log(`after ${run}: heap ${megabytes(heap)} MB, process ${megabytes(process.memoryUsage().rss)} MB`);
}
// onnxruntime's threads would keep the process alive.
process.exit(0);
