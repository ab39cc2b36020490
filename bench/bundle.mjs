// Bundles the TypeScript that a benchmark measures, and imports it.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** The exports of `contents`, a module as if it stood in the project's root. */
export const load = async (name, contents) => {
  const outfile = resolve('test-output', 'bench', `${name}.mjs`);
  await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    loader: { '.py': 'text' },
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
};
