// Bundles the programs of Skipscope into dist/ with esbuild and puts the interpreter and the runtimes beside them.
// `node build.mjs` builds all of them; `node build.mjs tracer cli` only those named, leaving the rest of dist/ alone.
// `--out=FOLDER` builds into another folder.
import { build, context } from 'esbuild';
import { cp, mkdir, rm } from 'node:fs/promises';

const watch = process.argv.includes('--watch');
const out = process.argv.find((argument) => argument.startsWith('--out='))?.slice('--out='.length) ?? 'dist';
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

const common = { bundle: true, sourcemap: 'linked', logLevel: 'warning', target: 'es2022', loader: { '.py': 'text' } };
const node = { ...common, platform: 'node', target: 'node20' };
const browser = { ...common, platform: 'browser', format: 'iife', minify: !watch };
const requireShim = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

const copyFiles = (from, to, names) => names.map((name) => [`node_modules/${from}/${name}`, `${out}/${to}/${name}`]);

/** By name: what esbuild makes, and what lies beside it. */
const programs = {
  extension: {
    bundle: {
      ...node,
      entryPoints: ['src/extension/activate.ts'],
      outfile: `${out}/extension.cjs`,
      format: 'cjs',
      external: ['vscode'],
    },
  },
  cli: {
    // onnxruntime and resvg find their .wasm beside their own scripts, so they stay where npm put them.
    bundle: {
      ...node,
      entryPoints: ['src/cli/main.ts'],
      outfile: `${out}/cli.mjs`,
      format: 'esm',
      banner: requireShim,
      external: ['onnxruntime-web', '@resvg/resvg-wasm'],
    },
  },
  tracer: {
    // The child finds Pyodide by a URL beside itself, so that its permissions can name every file it reads. It gets no
    // `require` and no source map: both would be one more way out.
    bundle: {
      ...node,
      entryPoints: ['src/frontends/torch/child.ts'],
      outfile: `${out}/tracer.mjs`,
      format: 'esm',
      external: ['pyodide'],
      sourcemap: false,
    },
    copies: copyFiles('pyodide', 'pyodide', [
      'pyodide.mjs',
      'pyodide.asm.mjs',
      'pyodide.asm.wasm',
      'python_stdlib.zip',
      'pyodide-lock.json',
      'package.json',
    ]),
  },
  profiler: {
    // The runtime stays in a file of its own, which its threads load again, with its .wasm beside it.
    bundle: {
      ...node,
      entryPoints: ['src/extension/profiler/child.ts'],
      outfile: `${out}/profiler.mjs`,
      format: 'esm',
      banner: requireShim,
    },
    copies: copyFiles('onnxruntime-web/dist', 'ort', ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']),
  },
  runtime: {
    // Bundled for the package that it imports: an installed extension has no node_modules.
    bundle: {
      ...node,
      entryPoints: ['node_modules/onnxruntime-web/dist/ort.node.min.mjs'],
      outfile: `${out}/ort/ort.node.min.mjs`,
      format: 'esm',
      sourcemap: false,
    },
  },
  panel: { bundle: { ...browser, entryPoints: { panel: 'webview/main.ts' }, outdir: `${out}/webview` } },
  workers: {
    bundle: {
      ...browser,
      entryPoints: { layoutWorker: 'webview/layoutWorker.ts', profileWorker: 'webview/profileWorker.ts' },
      outdir: `${out}/webview`,
    },
    copies: copyFiles('onnxruntime-web/dist', 'webview', [
      'ort-wasm-simd-threaded.asyncify.wasm',
      'ort-wasm-simd-threaded.asyncify.mjs',
    ]),
  },
};

const unknown = named.filter((name) => !(name in programs));
if (unknown.length > 0) {
  console.error(`No such program: ${unknown.join(', ')}. There are ${Object.keys(programs).join(', ')}.`);
  process.exit(2);
}
const chosen = named.length === 0 ? Object.values(programs) : named.map((name) => programs[name]);

if (named.length === 0) await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all(chosen.flatMap(({ copies = [] }) => copies.map(([from, to]) => cp(from, to))));
if (watch) {
  for (const { bundle } of chosen) await (await context(bundle)).watch();
} else {
  await Promise.all(chosen.map(({ bundle }) => build(bundle)));
}
