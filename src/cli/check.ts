/** `skipscope check`: diagnostics of every model in files and folders. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { version } from '../../package.json';
import { deduplicate } from '../analysis/diagnose.ts';
import type { LintLevel } from '../analysis/lints/index.ts';
import { lintsAt } from '../analysis/lints/index.ts';
import { diagnosticsOf, isModelFile } from '../frontends/index.ts';
import type { TorchInterpreter } from '../frontends/torch/interpreter.ts';
import type { Diagnostic } from '../ir/diagnostic.ts';
import { formatDiagnostic } from './format.ts';
import { load, withInterpreter } from './load.ts';
import { toSarif } from './sarif.ts';
import { readArguments, UsageError } from './usage.ts';

export const usage = `skipscope check PATH... [--format text|json|sarif] [--lints off|errors|warnings|all]

  PATH           a file, or a folder that is searched for .py and .onnx files; files without a model are passed over
  --format       text (the default), json, or sarif
  --lints        designs that run but hurt: none, the gravest, warnings too (the default), or all (docs/lints.md)

  The exit code is 1 when there are errors.`;

const FORMATS = ['text', 'json', 'sarif'];
const LEVELS: readonly LintLevel[] = ['off', 'errors', 'warnings', 'all'];
const PASSED_OVER = new Set(['node_modules', '__pycache__', 'site-packages', 'venv', 'env', 'build', 'dist']);

export async function run(args: readonly string[]): Promise<number> {
  const flags = {
    format: { type: 'string', default: 'text' },
    lints: { type: 'string', default: 'warnings' },
  } as const;
  const { values, positionals } = readArguments(args, flags);
  const level = LEVELS.find((known) => known === values.lints);
  if (!level) throw new UsageError(`--lints takes ${LEVELS.join(', ')}.`);
  if (!FORMATS.includes(values.format)) throw new UsageError(`--format takes ${FORMATS.join(', ')}.`);
  if (positionals.length === 0) throw new UsageError('Which PATH?');
  const files = [...new Set((await Promise.all(positionals.map(expand))).flat())];
  const found = await withInterpreter(async (torch) => {
    const all: Diagnostic[] = [];
    for (const file of files) all.push(...(await checkFile(torch, file, level)));
    return all;
  });
  const diagnostics = deduplicate(found);
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  if (values.format === 'json') console.log(JSON.stringify(diagnostics, null, 2));
  else if (values.format === 'sarif') console.log(JSON.stringify(toSarif(diagnostics, version), null, 2));
  else
    console.log([...diagnostics.map(formatDiagnostic), verdict(files.length, diagnostics.length, errors)].join('\n'));
  return errors ? 1 : 0;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const verdict = (files: number, all: number, errors: number): string =>
  all === 0
    ? `${plural(files, 'file')} checked, nothing found.`
    : `${plural(files, 'file')} checked: ${plural(errors, 'error')}, ${all - errors} other.`;

/** The file itself, or the model files below the folder that mention torch. */
async function expand(path: string): Promise<readonly string[]> {
  const info = await stat(path).catch(() => {
    throw new UsageError(`${path} does not exist.`);
  });
  if (info.isFile()) {
    if (!isModelFile(path)) throw new UsageError(`${path} is neither a .py nor an .onnx file.`);
    return [path];
  }
  const files: string[] = [];
  for (const entry of (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || PASSED_OVER.has(entry.name)) continue;
    const child = join(path, entry.name);
    if (entry.isDirectory()) files.push(...(await expand(child)));
    else if (entry.isFile() && isModelFile(child) && (await mayHoldModel(child))) files.push(child);
  }
  return files;
}

const mayHoldModel = async (file: string): Promise<boolean> =>
  !file.endsWith('.py') || /\b(?:import|from)\s+torch\b/.test(await readFile(file, 'utf8'));

/**
 * What is said about the file's own choice of model, and what the analyses find in its other models. What the front end
 * says of those is left out: a helper class that can be built alone need not be a model.
 */
async function checkFile(torch: TorchInterpreter, file: string, level: LintLevel): Promise<readonly Diagnostic[]> {
  const first = await load(torch, file, { training: false });
  const found = [...diagnosticsOf(first, level)];
  const others = first.result.candidates.filter(
    ({ buildable, kind, expression }) => buildable && kind !== 'class' && expression !== first.result.model,
  );
  for (const { expression } of others) {
    const { analysis } = await load(torch, file, { training: false, model: expression });
    if (analysis) found.push(...analysis.diagnostics, ...lintsAt(analysis.lints, level));
  }
  return found;
}
