/** Traces documents: one interpreter for the window, one request at a time, the newest first. */

import * as vscode from 'vscode';
import { analyse } from '../analysis/analyse.ts';
import type { GraphCost, ResidualBlock } from '../analysis/types.ts';
import { decodeModel } from '../frontends/onnx/decode.ts';
import { TorchInterpreter } from '../frontends/torch/interpreter.ts';
import type { FindModule } from '../frontends/torch/modules.ts';
import type { InputSpec, SourceModule, TraceResult } from '../frontends/types.ts';
import type { Diagnostic } from '../ir/diagnostic.ts';
import type { PythonEnvironment } from './environment.ts';
import { fileOf, nameOf } from './locations.ts';
import { isOnnx, type ModelSource, type OnnxFile } from './modelSource.ts';
import { createQueue, type Priority } from './queue.ts';
import { readSettings } from './settings.ts';
import { createSources, type ReadThen } from './sources.ts';

/** What tracing one model of one version of a document gave. */
export interface Traced {
  readonly uri: vscode.Uri;
  readonly version: number;
  readonly result: TraceResult;
  /** Blocks and cost of the graph; null without a graph. */
  readonly analysis: { readonly blocks: readonly ResidualBlock[]; readonly cost: GraphCost } | null;
  /** What the analyses say of the graph; the front end's own are in `result`. */
  readonly findings: readonly Diagnostic[];
  /** Lints of every severity; the user's setting says which are shown. */
  readonly lints: readonly Diagnostic[];
  /** Files that the model file imports. */
  readonly imported: readonly string[];
}

export interface TraceOptions {
  readonly model?: string | undefined;
  readonly inputs?: readonly InputSpec[];
  readonly training?: boolean;
  readonly priority?: Priority;
}

export interface Tracing extends vscode.Disposable {
  /** Resolves with null when the workspace is not trusted, or closes. The trace may be of a newer text than was asked for. */
  trace(source: ModelSource, options?: TraceOptions): Promise<Traced | null>;
  /** Traces a text that a file once had, with what its imports were then. */
  traceThen(uri: vscode.Uri, source: string, read: ReadThen, model: string | undefined): Promise<Traced | null>;
  /** How many traces were asked of the interpreter since the window opened. */
  count(): number;
}

/** Weights are left in the file: a profile reads them there, and drawings and analyses need none. */
const traceOnnx = async ({ uri, version, read }: OnnxFile, { inputs }: TraceOptions): Promise<Traced> => {
  const decoded = decodeModel(await read(), {
    file: fileOf(uri),
    contents: false,
    ...(inputs === undefined ? {} : { inputs }),
  });
  // Exporters call every graph alike.
  const model = nameOf(uri).replace(/\.onnx$/i, '');
  const graph = decoded.graph && { ...decoded.graph, name: model };
  return tracedOf({ uri, version }, { ...decoded, candidates: [], model, graph }, []);
};

const tracedOf = (
  { uri, version }: Pick<ModelSource, 'uri' | 'version'>,
  result: TraceResult,
  imported: readonly string[],
): Traced => {
  const found = result.graph ? analyse(result.graph) : null;
  return {
    uri,
    version,
    result,
    analysis: found && { blocks: found.blocks, cost: found.cost },
    findings: found?.diagnostics ?? [],
    lints: found?.lints ?? [],
    imported,
  };
};

const keyOf = (uri: vscode.Uri, { model, inputs, training = false }: TraceOptions): string =>
  JSON.stringify([uri.toString(), model ?? null, inputs ?? null, training]);

/** True for settings that change how, and so perhaps whether, a file is traced. */
export const changesInterpreter = (change: vscode.ConfigurationChangeEvent): boolean =>
  change.affectsConfiguration('skipscope.trace') || change.affectsConfiguration('skipscope.nodePath');

export const createTracing = (
  tracer: string,
  environment: PythonEnvironment,
  log: vscode.LogOutputChannel,
): Tracing => {
  const queue = createQueue<Traced>();
  const sources = createSources(environment);
  const cache = new Map<string, Traced>();
  const underWay = new Map<string, Promise<Traced | null>>();
  let interpreter: TorchInterpreter | null = null;
  let asked = 0;
  let changes = 0;

  const start = (): TorchInterpreter => {
    const { timeLimit, nodePath } = readSettings();
    return new TorchInterpreter({ tracer, timeLimitMs: timeLimit * 1000, ...(nodePath === '' ? {} : { nodePath }) });
  };
  const stop = (): void => {
    interpreter?.dispose();
    interpreter = null;
  };

  const run = async (document: ModelSource, options: TraceOptions): Promise<Traced> => {
    if (isOnnx(document)) return traceOnnx(document, options);
    const text = { uri: document.uri, version: document.version, source: document.getText() };
    return runText(text, await sources.collect(document), options, sources.finder(document.uri, text.source));
  };

  const runText = async (
    { uri, version, source }: { readonly uri: vscode.Uri; readonly version: number; readonly source: string },
    modules: readonly SourceModule[],
    options: TraceOptions,
    find: FindModule,
  ): Promise<Traced> => {
    const file = fileOf(uri);
    const { model, inputs, training = false } = options;
    interpreter ??= start();
    asked++;
    const begun = performance.now();
    const wishes = { ...(model === undefined ? {} : { model }), ...(inputs === undefined ? {} : { inputs }) };
    const read = new Set(modules.map((module) => module.file));
    const watched: FindModule = async (name) => {
      const module = await find(name);
      if (module !== null) read.add(module.file);
      return module;
    };
    const result = await interpreter.trace({ file, source, modules, training, ...wishes }, watched);
    log.debug(`traced ${file} ${result.model ?? model ?? ''} in ${Math.round(performance.now() - begun)} ms`);
    for (const { code, message } of result.diagnostics) log.trace(`${code}: ${message}`);
    return tracedOf({ uri, version }, result, [...read]);
  };

  const trace = async (document: ModelSource, options: TraceOptions = {}): Promise<Traced | null> => {
    if (!vscode.workspace.isTrusted) return null;
    const key = keyOf(document.uri, options);
    const known = cache.get(key);
    if (known?.version === document.version) return known;
    const version = `${key}@${document.version}@${changes}`;
    const joined = underWay.get(version);
    if (joined) return joined;
    const tracing = queue
      .add(key, options.priority ?? 'now', async () => {
        const before = changes;
        const traced = await run(document, options);
        // A file that changed while the trace ran may be one that it read.
        if (changes === before) cache.set(key, traced);
        return traced;
      })
      .finally(() => underWay.delete(version));
    underWay.set(version, tracing);
    return tracing;
  };

  /** Forgets results that a changed file has made old: its own, and those of the files that import it. */
  const forget = (uri: vscode.Uri): void => {
    changes++;
    sources.forget(uri);
    for (const [key, traced] of cache) {
      if (traced.uri.toString() === uri.toString() || traced.imported.includes(uri.path)) cache.delete(key);
    }
  };

  /** Anything may be found elsewhere now. */
  const forgetAll = (): void => {
    changes++;
    sources.clear();
    cache.clear();
  };

  const watcher = vscode.workspace.createFileSystemWatcher('**/{*.py,config.json}');
  const subscriptions = [
    watcher,
    watcher.onDidChange(forget),
    watcher.onDidCreate(forgetAll),
    environment.onDidChange(forgetAll),
    watcher.onDidDelete(forget),
    vscode.workspace.onDidChangeTextDocument(({ document }) => forget(document.uri)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => forget(uri)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!changesInterpreter(change)) return;
      stop();
      cache.clear();
    }),
  ];

  return {
    trace,
    traceThen: async (uri, source, read, model) => {
      if (!vscode.workspace.isTrusted) return null;
      const modules = await sources.collectThen(uri, source, read);
      const key = JSON.stringify(['then', uri.toString(), model ?? null]);
      const find = sources.finder(uri, source, read);
      return queue.add(key, 'now', () => runText({ uri, version: 0, source }, modules, { model }, find));
    },
    count: () => asked,
    dispose: () => {
      queue.close();
      stop();
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
};
