// How long the tracer takes on torchvision's ResNet-50 and ResNet-152, beside PyTorch's own symbolic trace on the same
// machine, in the same run, and how much memory its process holds.
// Needs a Python with torch and torchvision: `PYTHON=/path/to/python node bench/trace.mjs [rounds]`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';

const python = process.env.PYTHON ?? 'python3';
const rounds = Number(process.argv[2] ?? 20);
const models = ['resnet50', 'resnet152'];
/** Between two edits (ms): less than the editor waits for the typing to stop. */
const TYPING = 200;

// Torch first and alone, so that the two never compete for a core.
const reference = JSON.parse(
  execFileSync(python, [
    '-c',
    `
import json, statistics, sys, time
begin = time.perf_counter()
import torch, torchvision
from torch import fx
from torch.fx.passes.shape_prop import ShapeProp
imported = time.perf_counter() - begin
torch.set_num_threads(1)
def trace(name):
    times = []
    for _ in range(${Math.min(rounds, 5)}):
        begin = time.perf_counter()
        graph = fx.symbolic_trace(getattr(torchvision.models, name)())
        ShapeProp(graph).propagate(torch.zeros(1, 3, 224, 224))
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3
print(json.dumps({"import": imported * 1e3, "trace": {name: trace(name) for name in ${JSON.stringify(models)}},
  "versions": f"torch {torch.__version__}, torchvision {torchvision.__version__}, Python {sys.version.split()[0]}",
  "file": torchvision.models.resnet.__file__, "root": torchvision.__path__[0].rpartition("/")[0]}))
`,
  ]).toString(),
);

const residentMegabytes = (pid) => {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / 1024;
  } catch {
    return NaN;
  }
};

const folder = mkdtempSync('bench-');
try {
  execFileSync(process.execPath, ['build.mjs', 'tracer', `--out=${folder}`], { stdio: 'inherit' });
  await build({
    stdin: {
      contents: `export { TorchInterpreter } from './src/frontends/torch/interpreter.ts';
export { collectModules } from './src/frontends/torch/modules.ts';
export { createReader } from './src/frontends/torch/readSources.ts';`,
      resolveDir: process.cwd(),
    },
    ...{ bundle: true, platform: 'node', format: 'esm', outfile: join(folder, 'host.mjs'), logLevel: 'warning' },
  });
  const { TorchInterpreter, collectModules, createReader } = await import(join(process.cwd(), folder, 'host.mjs'));

  const source = readFileSync(reference.file, 'utf8');
  const timed = async (work) => {
    const begin = performance.now();
    const value = await work();
    return [performance.now() - begin, value];
  };
  const ms = (value) => `${value.toFixed(0).padStart(7)} ms`;
  const ratio = (value) => value.toFixed(2).padStart(7);
  const collect = () => collectModules(reference.file, source, createReader([reference.root]), [reference.root]);
  const [collecting, modules] = await timed(collect);
  const interpreter = new TorchInterpreter({ tracer: join(folder, 'tracer.mjs') });
  const [cold] = await timed(() => interpreter.start());
  console.log(`${reference.versions}, one thread; Node ${process.versions.node}`);
  console.log(`torch: import                    ${ms(reference.import)}`);
  console.log(`Skipscope: collect ${String(modules.length).padStart(3)} modules   ${ms(collecting)}`);
  console.log(`Skipscope: start the interpreter ${ms(cold)}`);
  for (const name of models) {
    const request = { file: reference.file, source, modules, model: `${name}()`, training: false };
    const [first, result] = await timed(() => interpreter.trace(request));
    if (!result.graph) throw new Error(`No graph: ${JSON.stringify(result.diagnostics)}`);
    const times = [];
    for (let round = 0; round < rounds; round++) {
      // An edit: the text changes each time, so nothing can be remembered by it.
      const edited = { ...request, source: `${source}\n# ${name} ${round}\n` };
      await pause(TYPING);
      times.push((await timed(() => interpreter.trace(edited)))[0]);
    }
    times.sort((a, b) => a - b);
    const median = times[times.length >> 1];
    const slow = times[Math.floor(times.length * 0.9)];
    const torch = reference.trace[name];
    console.log(`\n${name}, ${result.graph.nodes.length} nodes`);
    console.log(`torch: build, fx, ShapeProp      ${ms(torch)}`);
    console.log(`Skipscope: first trace           ${ms(first)}`);
    console.log(
      `Skipscope: trace after an edit   ${ms(median)}   (9 of 10 within ${slow.toFixed(0)} ms, ${rounds} rounds)`,
    );
    console.log(`cold, Skipscope : torch          ${ratio((cold + first) / (reference.import + torch))}`);
    console.log(`warm, Skipscope : torch          ${ratio(median / torch)}`);
  }
  console.log(
    `\ninterpreter process              ${residentMegabytes(await interpreter.pid())
      .toFixed(0)
      .padStart(7)} MB`,
  );
  interpreter.dispose();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
