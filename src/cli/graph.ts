/** `skipscope graph`: the block graph as a picture, or the whole graph as JSON. */

import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { drawSvg } from '../view/picture.ts';
import { formatCount, formatMacs } from './format.ts';
import type { Loaded } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import { MODEL_OPTIONS, onlyFile, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope graph FILE [--model EXPR] [--input SPEC]... --out G.svg|G.json|G.html

  --out PATH     what to write: .svg and .html draw the blocks, .json holds the graph, its blocks and its cost`;

const WRITERS: Readonly<Record<string, (loaded: Loaded) => Promise<string>>> = {
  '.svg': ({ graph, analysis }) => drawSvg(graph, analysis.blocks),
  '.json': async ({ model, graph, analysis, diagnostics }) => {
    const { blocks, cost } = analysis;
    return JSON.stringify({ model, cost, blocks, diagnostics, graph });
  },
  '.html': async (loaded) => page(loaded, await drawSvg(loaded.graph, loaded.analysis.blocks)),
};

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { ...MODEL_OPTIONS, out: { type: 'string' } } as const);
  const file = onlyFile(positionals);
  const { out } = values;
  const write = out === undefined ? undefined : WRITERS[extname(out).toLowerCase()];
  if (out === undefined || !write) throw new UsageError('--out takes a path that ends in .svg, .json or .html.');
  const options = loadOptions(values, false);
  const loaded = await withInterpreter((torch) => loadGraph(torch, file, options));
  await writeFile(out, await write(loaded));
  return 0;
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** A page that needs nothing but itself. */
function page({ model, analysis }: Loaded, svg: string): string {
  const title = escape(model);
  const { cost, blocks } = analysis;
  const facts = `${formatCount(cost.params)} params · ${formatMacs(cost.macs)} · ${blocks.length} residual blocks`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>body { margin: 1.5rem; font: 15px system-ui, sans-serif } h1 { font-size: 1.2rem; margin: 0 }</style>
</head>
<body>
<h1>${title}</h1>
<p>${escape(facts)}</p>
${svg.replace(/^<\?xml[^>]*\?>\s*/, '')}
</body>
</html>
`;
}
