/** Reads and traces model files for the subcommands. */

import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Analysis } from '../analysis/types.ts';
import type { TracedFile } from '../frontends/index.ts';
import { diagnosticsOf, isModelFile, traceFile } from '../frontends/index.ts';
import { TorchInterpreter } from '../frontends/torch/interpreter.ts';
import { createReader, findSitePackages, isFile } from '../frontends/torch/readSources.ts';
import type { InputSpec, ModelCandidate } from '../frontends/types.ts';
import type { Diagnostic } from '../ir/diagnostic.ts';
import type { Graph } from '../ir/graph.ts';
import type { Revision } from './revision.ts';
import { Failure, parseInput, UsageError } from './usage.ts';

export interface LoadOptions {
  readonly model?: string;
  readonly inputs?: readonly InputSpec[];
  readonly training: boolean;
  /** Read the weights that an ONNX file holds, too. */
  readonly weights?: boolean;
  /** Where files come from before the disk is asked: an earlier state of them. */
  readonly revision?: Revision;
}

/** A traced model that has a graph. */
export interface Loaded {
  readonly model: string;
  readonly inputs: readonly InputSpec[];
  readonly graph: Graph;
  readonly analysis: Analysis;
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs `work` with an interpreter that is stopped afterwards; it starts with the first Python file. */
export async function withInterpreter<T>(work: (interpreter: TorchInterpreter) => Promise<T>): Promise<T> {
  const tracer = fileURLToPath(new URL('./tracer.mjs', import.meta.url));
  const interpreter = new TorchInterpreter({ tracer, timeLimitMs: 60_000 });
  try {
    return await work(interpreter);
  } finally {
    interpreter.dispose();
  }
}

/** Traces one file. Locations come back with paths as a user in the working directory would write them. */
export async function load(torch: TorchInterpreter, path: string, options: LoadOptions): Promise<TracedFile> {
  if (!isModelFile(path)) throw new UsageError(`${path} is neither a .py nor an .onnx file.`);
  const name = resolve(path);
  const { revision, ...wishes } = options;
  const bytes = revision
    ? await revision.readModel()
    : await readFile(name).catch(() => {
        throw new UsageError(`${path} cannot be read.`);
      });
  const own = await rootsOf(name);
  const roots = [...own, ...(await findSitePackages(own, process.env))];
  const onDisk = createReader(roots);
  const read = revision ? async (file: string) => (await revision.read(file)) ?? onDisk(file) : onDisk;
  return relocate(await traceFile({ name, bytes }, { ...wishes, torch, roots, readFile: read }));
}

/** Why a file has no graph where nothing went wrong: no model, or only ones that ask for arguments. */
const absenceOf = (candidates: readonly ModelCandidate[]): string => {
  const asking = candidates.filter(({ buildable }) => !buildable).map(({ expression }) => expression);
  if (asking.length === 0) return 'no model was found.';
  return `no model was found that can be built as it stands. Say the arguments with --model, as in --model "${asking.at(-1)}".`;
};

/** Traces one file that has to give a graph. @throws Failure with the diagnostics in it */
export async function loadGraph(torch: TorchInterpreter, path: string, options: LoadOptions): Promise<Loaded> {
  const traced = await load(torch, path, options);
  const { result, analysis } = traced;
  const diagnostics = diagnosticsOf(traced, 'off');
  if (!result.graph || !analysis) {
    const reasons = diagnostics.map(
      ({ file, range, message }) => `${file}:${range.start.line + 1}:${range.start.character + 1}: ${message}`,
    );
    throw new Failure(reasons.join('\n') || `${path}: ${absenceOf(result.candidates)}`);
  }
  const { model, inputs, graph } = result;
  return { model: model ?? graph.name, inputs, graph, analysis, diagnostics };
}

/** The options that every subcommand on one model has. */
export const loadOptions = (
  values: { model?: string | undefined; input?: string[] | undefined },
  training: boolean,
): LoadOptions => ({
  training,
  ...(values.model === undefined ? {} : { model: values.model }),
  ...(values.input === undefined ? {} : { inputs: values.input.map(parseInput) }),
});

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

/**
 * Imports come from the folder above the outermost package that the file is in (its own folder where it is in none), and
 * from the working directory where that holds the file.
 */
async function rootsOf(file: string): Promise<string[]> {
  let root = dirname(file);
  while (root !== dirname(root) && (await isFile(join(root, '__init__.py')))) root = dirname(root);
  const here = process.cwd();
  return isBelow(file, here) && here !== dirname(here) ? [...new Set([root, here])] : [root];
}

/** A path below the working directory relative to it, any other as it is. */
export function shortenPath(file: string): string {
  const path = relative(process.cwd(), file);
  return isAbsolute(file) && !path.startsWith('..') && path !== '' ? path.split(sep).join('/') : file;
}

/** Paths below the working directory relative to it, others absolute, throughout. */
function relocate(traced: TracedFile): TracedFile {
  const shorten = shortenPath;
  const move = (diagnostic: Diagnostic): Diagnostic => ({
    ...diagnostic,
    file: shorten(diagnostic.file),
    related: diagnostic.related.map((place) => ({ ...place, file: shorten(place.file) })),
  });
  const { result, analysis } = traced;
  return {
    result: { ...result, diagnostics: result.diagnostics.map(move) },
    analysis: analysis && {
      ...analysis,
      diagnostics: analysis.diagnostics.map(move),
      lints: analysis.lints.map(move),
    },
  };
}
