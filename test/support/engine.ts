/** The tracing engine in this process, loaded once per test file. */

import { readFileSync } from 'node:fs';
import { loadPyodide } from 'pyodide';
import type { InputSpec, SourceModule, TraceResult } from '../../src/frontends/types.ts';
import { createEngine } from '../../src/frontends/torch/engine.ts';

export interface TestEngine {
  readonly trace: (source: string, options?: TraceOptions) => TraceResult;
  /** Modules that the last trace asked for. */
  readonly asked: readonly string[];
}

export interface TraceOptions {
  readonly file?: string;
  readonly model?: string;
  readonly inputs?: readonly InputSpec[];
  readonly training?: boolean;
  readonly modules?: readonly SourceModule[];
  /** Text of the modules of installed packages, by dotted name; packages end in `.__init__`. */
  readonly installed?: Readonly<Record<string, string>>;
}

export async function loadEngine(): Promise<TestEngine> {
  const pyodide = await loadPyodide();
  let packages: Readonly<Record<string, string>> = {};
  const asked: string[] = [];
  const engine = createEngine(pyodide, (name) => {
    asked.push(name);
    const key = [`${name}.__init__`, name].find((one) => one in packages);
    if (key === undefined) return null;
    return { name: key, file: `/lib/site-packages/${key.replaceAll('.', '/')}.py`, source: packages[key]! };
  });
  return {
    asked,
    trace: (source, { file = 'model.py', training = false, modules = [], installed = {}, ...rest } = {}) => {
      packages = installed;
      asked.length = 0;
      return engine.trace({ file, source, modules, training, ...rest });
    },
  };
}

export const readText = (path: string): string => readFileSync(path, 'utf8');
