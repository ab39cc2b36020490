// Memory over profiles of two networks in turn, each with its plain twin: the runtime's heap and the whole process.
// `node bench/memory.mjs [profiles]`, 50 unless given. A leak grows without end; fragments settle.
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
`,
);
const ort = await import('onnxruntime-web');
// With threads, the memory is made by JavaScript, where it can be watched.
ort.env.wasm.numThreads = 2;

const total = Number(process.argv[2] ?? 50);
const graphs = [8, 12].map((width) => lib.resnetGraph({ width }));
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
for (let run = 1; run <= total; run++) {
  const graph = graphs[run % graphs.length];
  const options = { gradients: true, seeds: 1, loss: 'random-labels', ablations: [{ kind: 'plain' }] };
  await lib.profile(graph, lib.findBlocks(graph), options, { ort, provider: 'wasm' });
  if (run % 5 !== 0 && run !== 1) continue;
  const heap = heaps.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  console.log(`after ${run}: heap ${megabytes(heap)} MB, process ${megabytes(process.memoryUsage().rss)} MB`);
}
// onnxruntime's threads would keep the process alive.
process.exit(0);
