// Forward and backward on WebAssembly, on one thread and on two, beside PyTorch's on one thread in the same run; alone, and
// with the statistics of a profile: `PYTHON=/path/to/python node bench/profile.mjs [PATTERN]`, that Python has torchvision.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { load } from './bundle.mjs';

const images = (count, size) => [{ dtype: 'float32', shape: [count, 3, size, size], bound: null }];
const vit = 'image_size=64, patch_size=8, num_layers=6, num_heads=4, hidden_dim=192, mlp_dim=768';
const gpt = 'block_size=64, vocab_size=1024, n_layer=4, n_head=4, n_embd=128';
/** `file`: of the examples, or of torchvision's models. */
const NETWORKS = {
  'ResNet-18 N4@64': { file: 'resnet.py', model: 'resnet18()', inputs: images(4, 64) },
  'ResNet-50 N2@64': { file: 'resnet.py', model: 'resnet50()', inputs: images(2, 64) },
  'CIFAR ResNet-20 N4@32': { file: 'examples/cifar_resnet.py', model: 'CifarResNet(20)', inputs: images(4, 32) },
  'CIFAR ResNet-110 N8@32': { file: 'examples/cifar_resnet.py', model: 'CifarResNet(110)', inputs: images(8, 32) },
  'ViT, 6 layers of 192, N4@64': {
    ...{ file: 'vision_transformer.py', model: `VisionTransformer(${vit})`, inputs: images(4, 64) },
  },
  'GPT, 4 layers of 128, N4, 64 tokens': {
    ...{ file: 'examples/gpt.py', model: `GPT(GPTConfig(${gpt}))` },
    inputs: [{ dtype: 'int64', shape: [4, 64], bound: 1024 }],
  },
};

const pattern = new RegExp(process.argv[2] ?? '', 'i');
const chosen = Object.entries(NETWORKS).filter(([name]) => pattern.test(name));

/** Milliseconds, by network, on that many threads. The runtime's number of threads is fixed with its first session. */
const measure = async (threads) => {
  const lib = await load(
    'profile',
    `
    export { findBlocks } from './src/analysis/blocks.ts';
    export { planProfile } from './src/profile/plan.ts';
    export { planTiming } from './src/profile/timing.ts';
    export { openProgram } from './src/profile/program.ts';
    export { measurePlan, releaseSessions } from './src/profile/run.ts';
    export { median } from './src/profile/median.ts';
    export { decodeModel } from './src/frontends/onnx/decode.ts';
    export { loadEngine } from './test/support/engine.ts';
    export { torchvisionFile, torchvisionModules } from './test/support/torchvision.ts';
  `,
  );
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = threads;
  const engine = await lib.loadEngine();
  const results = {};
  for (const [name, { file, model, inputs }] of chosen) {
    const path = file.startsWith('examples/') ? file : lib.torchvisionFile(`models/${file}`);
    const modules = file.startsWith('examples/') ? [] : lib.torchvisionModules();
    const source = readFileSync(path, 'utf8');
    const { graph, diagnostics } = engine.trace(source, { file: path, model, inputs, modules, training: true });
    if (!graph) throw new Error(`${name}: ${JSON.stringify(diagnostics)}`);
    const blocks = lib.findBlocks(graph);
    const options = { gradients: true, seeds: 1, loss: 'random-labels' };
    const rounds = async (pass) => {
      const times = [];
      for (let run = 0; run < 7; run++) times.push(await pass());
      return lib.median(times.slice(2));
    };
    const alone = lib.planTiming(graph, blocks, options);
    const passes = await lib.openProgram(alone.model, alone.inputs, ort, { provider: 'wasm', seed: 0 }, alone.lossKind);
    const own = await rounds(async () => {
      const start = performance.now();
      await passes.run();
      return performance.now() - start;
    });
    await passes.release();
    const start = performance.now();
    const plan = lib.planProfile(graph, blocks, options);
    const planning = performance.now() - start;
    const run = async () => (await lib.measurePlan(plan, ort, { provider: 'wasm', seed: 0 })).milliseconds;
    const profile = await rounds(run);
    await lib.releaseSessions(ort);
    const count = (bytes) => lib.decodeModel(bytes).graph.nodes.length;
    results[name] = { own, profile, planning, nodes: count(alone.model), profileNodes: count(plan.model) };
  }
  return results;
};

if (process.env.THREADS) {
  console.log(JSON.stringify(await measure(Number(process.env.THREADS))));
  // onnxruntime's threads would keep the process alive.
  process.exit(0);
}

const json = (command, args, env = {}) =>
  JSON.parse(
    execFileSync(command, args, { env: { ...process.env, ...env }, maxBuffer: 1e8 })
      .toString()
      .trim()
      .split('\n')
      .at(-1),
  );
const python = process.env.PYTHON ?? 'python3';
const torch = json(python, ['bench/profile.py', JSON.stringify(Object.fromEntries(chosen))]);
const self = [fileURLToPath(import.meta.url), process.argv[2] ?? ''];
const [one, two] = ['1', '2'].map((threads) => json(process.execPath, self, { THREADS: threads }));

console.log('milliseconds of a forward and a backward pass, median of 5 after 2 to warm up; × PyTorch on one thread');
for (const [name] of chosen) {
  const base = torch[name];
  const times = (value) => `${value.toFixed(0).padStart(6)} (${(value / base).toFixed(2)}×)`;
  console.log(`\n${name}: PyTorch ${base.toFixed(0)}`);
  console.log(`  one thread   alone ${times(one[name].own)}   with statistics ${times(one[name].profile)}`);
  console.log(`  two threads  alone ${times(two[name].own)}   with statistics ${times(two[name].profile)}`);
  const { nodes, profileNodes, planning } = one[name];
  console.log(`  nodes ${nodes} alone, ${profileNodes} with statistics; planned in ${planning.toFixed(0)} ms`);
}
