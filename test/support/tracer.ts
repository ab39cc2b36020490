/** A tracer built from the sources as they are, apart from dist/, and interpreters on it that end with the test file. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { TorchInterpreter } from '../../src/frontends/torch/interpreter.ts';
import type { InterpreterOptions } from '../../src/frontends/torch/interpreter.ts';

/** Of this worker alone: the files of a project run side by side. */
const out = resolve(`test-output/tracer-${process.env['VITEST_POOL_ID']}`);
let built = false;

/** Path of a freshly built tracer.mjs. */
export const buildTracer = (): string => {
  if (!built) execFileSync(process.execPath, ['build.mjs', 'tracer', `--out=${out}`], { stdio: 'inherit' });
  built = true;
  const tracer = join(out, 'tracer.mjs');
  if (!existsSync(tracer)) throw new Error(`${tracer} was not built`);
  return tracer;
};

const open: TorchInterpreter[] = [];

export const openInterpreter = (options: Partial<InterpreterOptions> = {}): TorchInterpreter => {
  if (open.length === 0) afterAll(() => open.splice(0).forEach((each) => each.dispose()));
  const interpreter = new TorchInterpreter({ tracer: buildTracer(), ...options });
  open.push(interpreter);
  return interpreter;
};
