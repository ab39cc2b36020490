// Forward and backward with statistics on WASM, beside PyTorch's forward and backward in the same run.
// `PYTHON=/path/to/python node bench/profile.mjs [threads]`; PyTorch is left out where that Python has none.
import { execFileSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { load } from './bundle.mjs';

const threads = Number(process.argv[2] ?? 1);
const lib = await load(
  'profile',
  `
  export { findBlocks } from './src/analysis/blocks.ts';
  export { planProfile } from './src/profile/plan.ts';
  export { measurePlan, releaseSessions } from './src/profile/run.ts';
  export { median } from './src/profile/median.ts';
  export { resnetGraph } from './test/support/networks.ts';
  export { torchvisionResnet } from './test/support/torchNetworks.ts';
`,
);
const ort = await import('onnxruntime-web');
ort.env.wasm.numThreads = threads;

const networks = {
  'ResNet-18 N4@64': lib.torchvisionResnet({ blocks: [2, 2, 2, 2], bottleneck: false, batch: 4, size: 64 }),
  'ResNet-50 N2@64': lib.torchvisionResnet({ blocks: [3, 4, 6, 3], bottleneck: true, batch: 2, size: 64 }),
  'CIFAR ResNet-20 N4@32': lib.resnetGraph({ shortcut: 'pad', blocks: [3, 3, 3], width: 16, batch: 4, size: 32 }),
};

let torch = {};
try {
  torch = JSON.parse(execFileSync(process.env.PYTHON ?? 'python3', ['bench/profile.py', String(threads)]).toString());
} catch {
  console.log('PyTorch is not installed; times stand alone.');
}

console.log(`${threads} thread${threads > 1 ? 's' : ''}, median of 5 passes after 2 to warm up`);
for (const [name, graph] of Object.entries(networks)) {
  const options = { gradients: true, seeds: 1, loss: 'random-labels' };
  const start = performance.now();
  const plan = lib.planProfile(graph, lib.findBlocks(graph), options);
  const planned = performance.now();
  const first = await lib.measurePlan(plan, ort, { provider: 'wasm', seed: 0 });
  const ready = performance.now();
  const times = [];
  for (let run = 0; run < 6; run++) {
    const { milliseconds } = await lib.measurePlan(plan, ort, { provider: 'wasm', seed: 0 });
    if (run > 0) times.push(milliseconds);
  }
  await lib.releaseSessions(ort);
  const own = lib.median(times);
  const ratio = torch[name] ? `, PyTorch ${torch[name].toFixed(0)} ms, ratio ${(own / torch[name]).toFixed(2)}` : '';
  const rest = `plan ${(planned - start).toFixed(0)} ms (${(plan.model.length / 1024).toFixed(0)} KiB), first run with session ${(ready - planned).toFixed(0)} ms of which pass ${first.milliseconds.toFixed(0)}`;
  console.log(`${name}: ${own.toFixed(0)} ms${ratio}; ${rest}`);
}
// onnxruntime's threads would keep the process alive.
process.exit(0);
