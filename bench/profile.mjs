// Forward and backward on WebAssembly, on one thread and on two, beside PyTorch's on one thread, in turn, so that a busy
// moment of the machine meets all; alone, and with the statistics of a profile:
// `PYTHON=/path/to/python node bench/profile.mjs [PATTERN]`, where that Python has torchvision.
// Each rate stands beside that of the runtime's best product of matrices: WebAssembly has vectors of four numbers and no
// fused multiply-add, so small convolutional networks, which PyTorch computes with eight or sixteen and with it, cannot
// come below some three times PyTorch's time however they are emitted.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
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
const [WARM_UP, ROUNDS] = [2, 9];

/** Answers to [what, network], one at a time; the runtime's number of threads is fixed with its first session. */
async function serve(threads) {
  const lib = await load(
    `profile${threads}`,
    `
    export { findBlocks } from './src/analysis/blocks.ts';
    export { measureCost } from './src/analysis/cost.ts';
    export { planProfile } from './src/profile/plan.ts';
    export { planTiming } from './src/profile/timing.ts';
    export { openProgram } from './src/profile/program.ts';
    export { measurePlan, releaseSessions } from './src/profile/run.ts';
    export { decodeModel } from './src/frontends/onnx/decode.ts';
    export { loadEngine } from './test/support/engine.ts';
    export { torchvisionFile, torchvisionModules } from './test/support/torchvision.ts';
    export { createBuilder } from './src/ops/infer.ts';
    export { encodeModel } from './src/onnx/encode.ts';
    export { median } from './src/profile/median.ts';
  `,
  );
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = threads;
  const engine = await lib.loadEngine();
  let alone, passes, plan;
  const answers = {
    async open({ file, model, inputs }) {
      await lib.releaseSessions(ort);
      await passes?.release();
      const isExample = file.startsWith('examples/');
      const path = isExample ? file : lib.torchvisionFile(`models/${file}`);
      const modules = isExample ? [] : lib.torchvisionModules();
      const source = readFileSync(path, 'utf8');
      const { graph, diagnostics } = engine.trace(source, { file: path, model, inputs, modules, training: true });
      if (!graph) throw new Error(`${model}: ${JSON.stringify(diagnostics)}`);
      const blocks = lib.findBlocks(graph);
      const options = { gradients: true, seeds: 1, loss: 'random-labels' };
      alone = lib.planTiming(graph, blocks, options);
      passes = await lib.openProgram(alone.model, alone.inputs, ort, { provider: 'wasm', seed: 0 }, alone.lossKind);
      const start = performance.now();
      plan = lib.planProfile(graph, blocks, options);
      const planning = performance.now() - start;
      const count = (bytes) => lib.decodeModel(bytes).graph.nodes.length;
      const { macs } = lib.measureCost(graph);
      return { planning, macs, nodes: count(alone.model), profileNodes: count(plan.model) };
    },
    peak: () => peakRate(lib, ort),
    alone: () => timed(() => passes.run()),
    // Without the drawing of the weights.
    profile: async () => ({ clock: (await lib.measurePlan(plan, ort, { provider: 'wasm', seed: 0 })).milliseconds }),
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const [what, network] = JSON.parse(line);
    console.log(JSON.stringify(await answers[what](network)));
  }
  // onnxruntime's threads would keep the process alive.
  process.exit(0);
}

/** MACs per millisecond of a product of two big matrices. */
async function peakRate({ createBuilder, encodeModel, openProgram, median }, ort) {
  const side = 512;
  const type = { dtype: 'float32', shape: [side, side] };
  const builder = createBuilder();
  const product = builder.op('MatMul', [builder.input('a', type), builder.input('b', type)]);
  const model = encodeModel(builder.build('product', [product], false));
  const inputs = ['a', 'b'].map((name) => ({ ...type, name, source: { kind: 'data', bound: null } }));
  const program = await openProgram(model, inputs, ort, { provider: 'wasm', seed: 0 });
  const times = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) times.push((await timed(() => program.run())).clock);
  await program.release();
  return side ** 3 / median(times.slice(WARM_UP));
}

/** Milliseconds on the clock and of the processor. */
async function timed(work) {
  const [start, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { clock: performance.now() - start, processor: (user + system) / 1000 };
}

/** A process that answers each line with a line. */
function start(command, args, env = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(...question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`${command} ended`);
      return JSON.parse(value);
    },
    end: () => child.stdin.end(),
  };
}

async function compare(pattern) {
  const { median } = await load('median', `export { median } from './src/profile/median.ts';`);
  const self = fileURLToPath(import.meta.url);
  const torch = start(process.env.PYTHON ?? 'python3', ['bench/profile.py']);
  const [one, two] = ['1', '2'].map((threads) => start(process.execPath, [self], { THREADS: threads }));
  console.log(`milliseconds of a forward and a backward pass: median of ${ROUNDS} after ${WARM_UP} to warm up;`);
  console.log(
    '×: of its ratios to the PyTorch pass (one thread) just before it. Processor time hardly minds a busy machine;',
  );
  console.log(
    'with statistics it has the drawing of weights in it. GMAC/s: three times the forward MACs over the time alone',
  );
  const giga = (rate) => (rate / 1e6).toFixed(1);
  const peaks = [await one.ask('peak'), await two.ask('peak')];
  console.log(`The runtime's best, MatMul of 512 × 512: ${peaks.map(giga).join(' and, with two threads, ')} GMAC/s`);
  for (const [name, network] of Object.entries(NETWORKS)) {
    if (!pattern.test(name)) continue;
    await torch.ask('open', network);
    const { nodes, profileNodes, planning, macs } = await one.ask('open', network);
    await two.ask('open', network);
    const rounds = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const times = { torch: await torch.ask('alone') };
      times.one = await one.ask('alone');
      times.oneProfile = await one.ask('profile');
      times.two = await two.ask('alone');
      times.twoProfile = await two.ask('profile');
      if (round >= WARM_UP) rounds.push(times);
    }
    const all = (key, measure) => rounds.map((times) => times[key][measure]);
    const shown = (key, measure = 'clock') => {
      const ratio = median(rounds.map((times) => times[key][measure] / times.torch[measure]));
      return `${median(all(key, measure)).toFixed(0).padStart(6)} (${ratio.toFixed(2)}×)`;
    };
    const base = (measure) => median(all('torch', measure)).toFixed(0);
    const rate = (key) => `${giga((3 * macs) / median(all(key, 'clock')))} GMAC/s`;
    const work = `${(macs / 1e6).toFixed(0)} M MACs forward`;
    console.log(`\n${name}: PyTorch ${base('clock')}, of the processor ${base('processor')}; ${work}`);
    console.log(`  PyTorch ${rate('torch')}; one thread ${rate('one')}, two threads ${rate('two')}`);
    console.log(`  one thread     alone ${shown('one')}   with statistics ${shown('oneProfile')}`);
    console.log(`  its processor  alone ${shown('one', 'processor')}`);
    console.log(`  two threads    alone ${shown('two')}   with statistics ${shown('twoProfile')}`);
    console.log(`  nodes ${nodes} alone, ${profileNodes} with statistics; planned in ${planning.toFixed(0)} ms`);
  }
  for (const process of [torch, one, two]) process.end();
}

if (process.env.THREADS) await serve(Number(process.env.THREADS));
else await compare(new RegExp(process.argv[2] ?? '', 'i'));
