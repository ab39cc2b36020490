/** `skipscope graph`: the block graph as a picture, or the whole graph as JSON. */

import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { standaloneHtml } from '../protocol/standalone.ts';
import { expansionOf } from '../view/expansion.ts';
import { outlineOf } from '../view/outline.ts';
import { drawSvg } from '../view/picture.ts';
import type { Loaded } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import { MODEL_OPTIONS, onlyFile, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope graph FILE [--model EXPR] [--input SPEC]... [--expand WHAT] --out G.svg|G.json|G.html

  --out PATH     what to write: .svg draws the blocks; .html is a page that needs nothing but itself, to zoom, open and search;
                 .json holds the graph, its blocks and its cost
  --expand WHAT  what is open in the drawing: all, a number of levels, or the path of a module; the stages by default`;

interface Wanted {
  readonly file: string;
  readonly expand?: string | undefined;
}

const WRITERS: Readonly<Record<string, (loaded: Loaded, wanted: Wanted) => Promise<string>>> = {
  '.svg': draw,
  '.json': async ({ model, graph, analysis, diagnostics }) => {
    const { blocks, cost } = analysis;
    return JSON.stringify({ model, cost, blocks, diagnostics, graph });
  },
  '.html': page,
};

async function page(loaded: Loaded, { file, expand }: Wanted): Promise<string> {
  const { model, graph, diagnostics } = loaded;
  const { blocks, cost } = loaded.analysis;
  const shown = { title: basename(file), model, graph, blocks, cost, diagnostics };
  const expanded = expand === undefined ? null : [...open(loaded, expand)];
  return standaloneHtml(shown, expanded, (name) => readFile(new URL(`./webview/${name}`, import.meta.url), 'utf8'));
}

function draw(loaded: Loaded, { expand }: Wanted): Promise<string> {
  const { graph, analysis } = loaded;
  return drawSvg(graph, analysis.blocks, expand === undefined ? {} : { expanded: open(loaded, expand) });
}

function open({ graph, analysis }: Loaded, expand: string): ReadonlySet<string> {
  const expanded = expansionOf(outlineOf(graph, analysis.blocks), expand);
  if (expanded) return expanded;
  throw new UsageError(`--expand takes all, a number of levels or the path of a module; none is '${expand}'.`);
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
  await writeFile(out, await write(loaded, { file, expand }));
  return 0;
}
