/** The tracing engine in this process, loaded once per test file. */

import { readFileSync } from 'node:fs';
import { loadPyodide } from 'pyodide';
import type { InputSpec, SourceModule, TraceResult } from '../../src/frontends/types.ts';
import { createEngine } from '../../src/frontends/torch/engine.ts';

export interface TestEngine {
  readonly trace: (source: string, options?: TraceOptions) => TraceResult;
}

export interface TraceOptions {
  readonly file?: string;
  readonly model?: string;
  readonly inputs?: readonly InputSpec[];
  readonly training?: boolean;
  readonly modules?: readonly SourceModule[];
}

export async function loadEngine(): Promise<TestEngine> {
  const pyodide = await loadPyodide();
  const engine = createEngine(pyodide);
  return {
    trace: (source, { file = 'model.py', training = false, modules = [], ...rest } = {}) =>
      engine.trace({ file, source, modules, training, ...rest }),
  };
}

export const readText = (path: string): string => readFileSync(path, 'utf8');
