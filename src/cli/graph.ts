/** `skipscope graph`: the block graph as a picture, or the whole graph as JSON. */

import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { graphJson } from '../protocol/graphJson.ts';
import { standaloneHtml } from '../protocol/standalone.ts';
import { expansionOf } from '../view/expansion.ts';
import { outlineOf } from '../view/outline.ts';
import { drawSvg } from '../view/picture.ts';
import type { Loaded } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import type { Look } from './picture.ts';
import { LOOK_OPTIONS, LOOK_USAGE, lookOf, PICTURES, writePicture } from './picture.ts';
import { MODEL_OPTIONS, onlyFile, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope graph FILE [--model EXPR] [--input SPEC]... [--expand WHAT] [--theme light|dark] [--scale N] --out G.svg|G.png|G.html|G.json

  --out PATH     what to write: .svg and .png draw the blocks; .html is a page that needs nothing but itself, to zoom, open and
                 search; .json holds the graph, its blocks and its cost
  --expand WHAT  what is open in the drawing: all, a number of levels, or the path of a module; the stages by default
${LOOK_USAGE}`;

interface Wanted {
  readonly file: string;
  readonly out: string;
  readonly expand: string | undefined;
  readonly look: Look;
}

const WRITERS: Readonly<Record<string, (loaded: Loaded, wanted: Wanted) => Promise<void>>> = {
  ...Object.fromEntries(PICTURES.map((extension) => [extension, draw])),
  '.json': async ({ model, graph, analysis, diagnostics }, { out }) => {
    const { blocks, cost } = analysis;
    await writeFile(out, graphJson({ model, cost, blocks, diagnostics, graph }));
  },
  '.html': page,
};

async function page(loaded: Loaded, { file, out, expand }: Wanted): Promise<void> {
  const { model, graph, diagnostics } = loaded;
  const { blocks, cost } = loaded.analysis;
  const shown = { title: basename(file), model, graph, blocks, cost, diagnostics };
  const expanded = expand === undefined ? null : [...open(loaded, expand)];
  const read = (name: string): Promise<string> => readFile(new URL(`./webview/${name}`, import.meta.url), 'utf8');
  await writeFile(out, await standaloneHtml(shown, expanded, read));
}

async function draw(loaded: Loaded, { out, expand, look }: Wanted): Promise<void> {
  const { graph, analysis } = loaded;
  const expanded = expand === undefined ? {} : { expanded: open(loaded, expand) };
  await writePicture(out, await drawSvg(graph, analysis.blocks, { ...expanded, theme: look.theme }), look);
}

function open({ graph, analysis }: Loaded, expand: string): ReadonlySet<string> {
  const expanded = expansionOf(outlineOf(graph, analysis.blocks), expand);
  if (expanded) return expanded;
  throw new UsageError(`--expand takes all, a number of levels or the path of a module; none is '${expand}'.`);
}

export async function run(args: readonly string[]): Promise<number> {
  const flags = { ...MODEL_OPTIONS, ...LOOK_OPTIONS, out: { type: 'string' }, expand: { type: 'string' } } as const;
  const { values, positionals } = readArguments(args, flags);
  const file = onlyFile(positionals);
  const { out, expand } = values;
  const write = out === undefined ? undefined : WRITERS[extname(out).toLowerCase()];
  if (out === undefined || !write) throw new UsageError('--out takes a path that ends in .svg, .png, .html or .json.');
  const look = lookOf(values);
  const options = loadOptions(values, false);
  const loaded = await withInterpreter((torch) => loadGraph(torch, file, options));
  await write(loaded, { file, out, expand, look });
  return 0;
}
