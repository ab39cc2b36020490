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
  /** Their data files as the host gives them, by the package's name with a slash behind it. */
  readonly data?: Readonly<Record<string, string>>;
}

export async function loadEngine(): Promise<TestEngine> {
  const pyodide = await loadPyodide();
  let packages: Readonly<Record<string, string>> = {};
  let files: Readonly<Record<string, string>> = {};
  const asked: string[] = [];
  const engine = createEngine(pyodide, (name) => {
    asked.push(name);
    const folder = '/lib/site-packages/';
    if (name in files) return { name, file: folder + name.slice(0, -1).replaceAll('.', '/'), source: files[name]! };
    const key = [`${name}.__init__`, name].find((one) => one in packages);
    if (key === undefined) return null;
    return { name: key, file: `${folder}${key.replaceAll('.', '/')}.py`, source: packages[key]! };
  });
  return {
    asked,
    trace: (source, { file = 'model.py', training = false, modules = [], installed = {}, data = {}, ...rest } = {}) => {
      packages = installed;
      files = data;
      asked.length = 0;
      return engine.trace({ file, source, modules, training, ...rest });
    },
  };
}

export const readText = (path: string): string => readFileSync(path, 'utf8');
