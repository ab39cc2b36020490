/** The format table: which front end reads which file, and one way to call them all. */

import { analyse } from '../analysis/analyse.ts';
import { deduplicate } from '../analysis/diagnose.ts';
import type { LintLevel } from '../analysis/lints/index.ts';
import { lintsAt } from '../analysis/lints/index.ts';
import type { Analysis } from '../analysis/types.ts';
import { decodeModel } from './onnx/decode.ts';
import type { FindModule } from './torch/modules.ts';
import { collectModules, createFinder } from './torch/modules.ts';
import type { InputSpec, TraceRequest, TraceResult } from './types.ts';

/** Runs Python model files; `TorchInterpreter` where there are processes. */
export interface PythonTracer {
  /** `find` gives modules that the request lacks and the file turns out to import. */
  trace(request: TraceRequest, find?: FindModule, signal?: AbortSignal): Promise<TraceResult>;
}

export interface SourceFile {
  /** Comes back in every location. Absolute where the file may import others. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface TraceFileOptions {
  /** Expression of the model; absent for the file's own choice. */
  readonly model?: string;
  /** Absent: found by trying. */
  readonly inputs?: readonly InputSpec[];
  readonly training: boolean;
  /** Read the weights that a file holds, too: large, and of use only where the network is run or written. */
  readonly weights?: boolean;
  readonly signal?: AbortSignal;
  readonly torch: PythonTracer;
  /** Text of a file that a Python file imports, or null. */
  readonly readFile: (path: string) => Promise<string | null>;
  /** Folders that imports may come from. */
  readonly roots: readonly string[];
}

/** A trace and what the analyses say of its graph; `analysis` is null without a graph. */
export interface TracedFile {
  readonly result: TraceResult;
  readonly analysis: Analysis | null;
}

type FrontEnd = (file: SourceFile, options: TraceFileOptions) => Promise<TraceResult>;

const traceTorch: FrontEnd = async (file, { model, inputs, training, signal, torch, readFile, roots }) => {
  const source = new TextDecoder().decode(file.bytes);
  const modules = await collectModules(file.name, source, readFile, roots);
  const wishes = { ...(model === undefined ? {} : { model }), ...(inputs === undefined ? {} : { inputs }) };
  const find = createFinder(file.name, source, readFile, roots);
  return torch.trace({ file: file.name, source, modules, training, ...wishes }, find, signal);
};

const traceOnnx: FrontEnd = (file, { inputs: wishes, weights = false }) => {
  const { graph, inputs, diagnostics } = decodeModel(file.bytes, {
    file: file.name,
    contents: weights,
    ...(wishes === undefined ? {} : { inputs: wishes }),
  });
  return Promise.resolve({ candidates: [], model: graph?.name ?? null, inputs, graph, diagnostics });
};

const FORMATS: ReadonlyMap<string, FrontEnd> = new Map([
  ['.py', traceTorch],
  ['.onnx', traceOnnx],
]);

const extensionOf = (name: string): string => name.slice(name.lastIndexOf('.')).toLowerCase();

/** True when some front end reads files of that name. */
export const isModelFile = (name: string): boolean => FORMATS.has(extensionOf(name));

/** Traces a file with the front end of its extension and analyses the graph. */
export async function traceFile(file: SourceFile, options: TraceFileOptions): Promise<TracedFile> {
  const trace = FORMATS.get(extensionOf(file.name));
  if (!trace) throw new Error(`${file.name}: there is no front end for '${extensionOf(file.name)}' files`);
  const result = await trace(file, options);
  return { result, analysis: result.graph && placeAt(file.name, analyse(result.graph)) };
}

/** Findings without a place in any source are about the file as a whole. */
const placeAt = (file: string, analysis: Analysis): Analysis => {
  const place = (found: Analysis['diagnostics']) => found.map((one) => (one.file ? one : { ...one, file }));
  return { ...analysis, diagnostics: place(analysis.diagnostics), lints: place(analysis.lints) };
};

/** The front end's diagnostics and the analyses', one for each range. */
export const diagnosticsOf = ({ result, analysis }: TracedFile, level: LintLevel = 'warnings') =>
  deduplicate([
    ...result.diagnostics,
    ...(analysis ? [...analysis.diagnostics, ...lintsAt(analysis.lints, level)] : []),
  ]);
