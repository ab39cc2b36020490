/** How the command line is written, and what is said when it is not. */

import { parseArgs } from 'node:util';
import { parseInputSpec } from '../frontends/inputSpec.ts';
import type { InputSpec } from '../frontends/types.ts';

/** Bad usage: the message goes to standard error, and the exit code is 2. */
export class UsageError extends Error {}

/** Something the user has to mend that is no diagnostic of a model: exit code 1. */
export class Failure extends Error {}

type OptionTable = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** Options of every subcommand that traces one model. */
export const MODEL_OPTIONS = {
  model: { type: 'string' },
  input: { type: 'string', multiple: true },
} as const satisfies OptionTable;

/** Parses `args`, turning the parser's complaints into {@link UsageError}. */
export function readArguments<T extends OptionTable>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The one positional argument. */
export function onlyFile(positionals: readonly string[]): string {
  const [file, ...more] = positionals;
  if (file === undefined) throw new UsageError('Which FILE?');
  if (more.length) throw new UsageError(`One FILE at a time, not ${positionals.length}.`);
  return file;
}

export function positiveInteger(text: string, name: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${name} takes a whole number above 0, not '${text}'.`);
  return Number(text);
}

/** Reads `2x3x32x32` or `int64:1x128:50257`. */
export function parseInput(spec: string): InputSpec {
  const input = parseInputSpec(spec);
  if (!input) throw new UsageError(`--input takes a shape like 2x3x32x32 or int64:1x128:50257, not '${spec}'.`);
  return input;
}
