// Packs the extension, installs it in code-server, and says what is wrong with it.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCodeServer } from './codeServer.mjs';
import { mustRun } from './run.mjs';
import { makeVsix } from './vsix.mjs';

/** What must be installed for each part of Skipscope to work. */
const needed = [
  'dist/extension.cjs',
  'dist/tracer.mjs',
  'dist/pyodide/pyodide.asm.wasm',
  'dist/pyodide/python_stdlib.zip',
  'dist/profiler.mjs',
  'dist/ort/ort.node.min.mjs',
  'dist/ort/ort-wasm-simd-threaded.wasm',
  'dist/webview/panel.js',
  'dist/webview/panel.css',
  'dist/webview/layoutWorker.js',
  'dist/webview/profileWorker.js',
  'dist/webview/ort-wasm-simd-threaded.asyncify.wasm',
  'media/icon.png',
];

/** Throws when the packed extension cannot be installed, lacks a file, or has a program that cannot start there. */
export const testPackage = async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'skipscope-package-'));
  try {
    const { name, bytes } = await makeVsix();
    await writeFile(join(scratch, name), bytes);
    const own = ['--user-data-dir', join(scratch, 'data'), '--extensions-dir', join(scratch, 'extensions')];
    await runCodeServer([...own, '--install-extension', join(scratch, name)]);
    const listed = await runCodeServer([...own, '--list-extensions', '--show-versions']);
    const installed = /^(skipscope\.skipscope)@(\S+)$/m.exec(listed);
    if (!installed) throw new Error(`not among the installed extensions:\n${listed}`);
    const home = join(scratch, 'extensions', `${installed[1]}-${installed[2]}`);
    const missing = [];
    for (const path of needed) await stat(join(home, path)).catch(() => missing.push(path));
    if (missing.length > 0) throw new Error(`the packed extension lacks ${missing.join(', ')}`);
    // Without anybody to talk to, it ends as soon as all that it imports is loaded.
    await mustRun(process.execPath, [join(home, 'dist', 'profiler.mjs')]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
