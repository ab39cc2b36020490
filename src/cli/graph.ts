/** `skipscope graph`: the block graph as a picture, or the whole graph as JSON. */

import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { expansionOf } from '../view/expansion.ts';
import { outlineOf } from '../view/outline.ts';
import { drawSvg } from '../view/picture.ts';
import { formatCount, formatMacs } from './format.ts';
import type { Loaded } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import { MODEL_OPTIONS, onlyFile, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope graph FILE [--model EXPR] [--input SPEC]... [--expand WHAT] --out G.svg|G.json|G.html

  --out PATH     what to write: .svg and .html draw the blocks, .json holds the graph, its blocks and its cost
  --expand WHAT  what is open in the drawing: all, a number of levels, or the path of a module; the stages by default`;

const WRITERS: Readonly<Record<string, (loaded: Loaded, expand?: string) => Promise<string>>> = {
  '.svg': draw,
  '.json': async ({ model, graph, analysis, diagnostics }) => {
    const { blocks, cost } = analysis;
    return JSON.stringify({ model, cost, blocks, diagnostics, graph });
  },
  '.html': async (loaded, expand) => page(loaded, await draw(loaded, expand)),
};

async function draw({ graph, analysis: { blocks } }: Loaded, expand?: string): Promise<string> {
  if (expand === undefined) return drawSvg(graph, blocks);
  const expanded = expansionOf(outlineOf(graph, blocks), expand);
  if (!expanded)
    throw new UsageError(`--expand takes all, a number of levels or the path of a module; none is '${expand}'.`);
  return drawSvg(graph, blocks, { expanded });
}

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...MODEL_OPTIONS,
    out: { type: 'string' },
    expand: { type: 'string' },
  } as const);
  const file = onlyFile(positionals);
  const { out, expand } = values;
  const write = out === undefined ? undefined : WRITERS[extname(out).toLowerCase()];
  if (out !== undefined && extname(out).toLowerCase() === '.png')
    throw new UsageError('--out writes no .png: write .svg, which any browser or converter turns into pixels.');
  if (out === undefined || !write) throw new UsageError('--out takes a path that ends in .svg, .json or .html.');
  const options = loadOptions(values, false);
  const loaded = await withInterpreter((torch) => loadGraph(torch, file, options));
  await writeFile(out, await write(loaded, expand));
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
