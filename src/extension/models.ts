/** Keeps the newest traces of every open model file: its own choice at once, its other models after. */

import * as vscode from 'vscode';
import type { PythonEnvironment } from './environment.ts';
import { isOnnx, type ModelSource } from './modelSource.ts';
import { changesInterpreter, type Traced, type Tracing } from './tracing.ts';

/** Milliseconds without an edit before a file is traced again. */
const debounce = 300;

/** A file with more models than this is surveyed up to here; the others are traced when asked for. */
const surveyLimit = 12;

export interface FileModels {
  readonly uri: vscode.Uri;
  /** Version of the document that the traces are of. */
  readonly version: number;
  /** The model that was watched last, else the file's own choice. Null while first traced. */
  readonly primary: Traced | null;
  /** The newest trace of each model, by expression: of an older version until its turn comes. */
  readonly traced: ReadonlyMap<string, Traced>;
  readonly busy: boolean;
}

export interface Models extends vscode.Disposable {
  readonly onDidChange: vscode.Event<vscode.Uri>;
  of(uri: vscode.Uri): FileModels | undefined;
  /** Traces a file again if it changed. */
  refresh(document: vscode.TextDocument): Promise<void>;
  /**
   * Until the result is disposed of, this model of the file is traced before its others: the one watched last first. Null
   * for the file's own choice.
   */
  watch(uri: vscode.Uri, model: string | null): vscode.Disposable;
  /** The newest trace of one model, which need not be one that the file offers; null for the file's own choice. */
  look(source: ModelSource, model: string | null): Promise<Traced | null>;
  /** Drops what is known of a file that nobody shows any more. */
  forget(uri: vscode.Uri): void;
  /** Resolves when nothing is left to trace of a document's present version. */
  whenSettled(document: vscode.TextDocument): Promise<FileModels>;
}

/** True for a document that may hold a model: Python that names torch, or says so in a directive. */
export const mayHoldModels = (document: vscode.TextDocument): boolean =>
  document.languageId === 'python' &&
  document.uri.scheme !== 'git' &&
  /^\s*(?:import|from)\s+torch\b|^#\s*skipscope:/m.test(document.getText());

export const createModels = (
  tracing: Tracing,
  environment: PythonEnvironment,
  log: vscode.LogOutputChannel,
): Models => {
  const files = new Map<string, FileModels>();
  let watches: readonly { readonly key: string; readonly model: string | null }[] = [];
  const timers = new Map<string, NodeJS.Timeout>();
  /** The survey of each file that is under way, or was the last. */
  const surveys = new Map<string, symbol>();
  const changed = new vscode.EventEmitter<vscode.Uri>();

  const publish = (file: FileModels): void => {
    files.set(file.uri.toString(), file);
    changed.fire(file.uri);
  };

  /** Traces what the file still lacks. Ends early when another survey of the file starts, as every change makes one. */
  const survey = async (document: vscode.TextDocument): Promise<void> => {
    const { uri, version } = document;
    const key = uri.toString();
    const mine = Symbol(key);
    surveys.set(key, mine);
    const current = (): boolean => surveys.get(key) === mine && document.version === version;
    const watched = watches.filter((watch) => watch.key === key).map((watch) => watch.model);
    const before = files.get(key);
    publish({ uri, version, primary: before?.primary ?? null, traced: before?.traced ?? new Map(), busy: true });
    const primary = await tracing.trace(document, { model: watched[0] ?? undefined });
    if (!primary || !current()) return;
    const buildable = primary.result.candidates.filter((candidate) => candidate.buildable);
    const offered = [...watched.filter((model) => model !== null), ...buildable.map(({ expression }) => expression)];
    const others = [...new Set(offered)].filter((model) => model !== primary.result.model).slice(0, surveyLimit);
    const known = offered.flatMap((model) => before?.traced.get(model) ?? []);
    const traced = new Map<string, Traced>();
    const add = (one: Traced): void => {
      if (one.result.model !== null) traced.set(one.result.model, one);
    };
    for (const one of [...known, primary]) add(one);
    publish({ uri, version, primary, traced: new Map(traced), busy: others.length > 0 });
    for (const [at, model] of others.entries()) {
      const one = await tracing.trace(document, { model, priority: 'soon' });
      if (!one || !current()) return;
      add(one);
      publish({ uri, version, primary, traced: new Map(traced), busy: at < others.length - 1 });
    }
  };

  const refresh = async (document: vscode.TextDocument): Promise<void> => {
    clearTimeout(timers.get(document.uri.toString()));
    if (!vscode.workspace.isTrusted || !mayHoldModels(document)) return;
    await survey(document).catch((error: unknown) => log.error(error as Error));
  };

  const forget = (uri: vscode.Uri): void => {
    const key = uri.toString();
    clearTimeout(timers.get(key));
    files.delete(key);
    surveys.delete(key);
    changed.fire(uri);
  };

  const refreshAll = (): void => {
    for (const document of vscode.workspace.textDocuments) void refresh(document);
  };

  const subscriptions = [
    changed,
    vscode.workspace.onDidOpenTextDocument((document) => void refresh(document)),
    vscode.workspace.onDidSaveTextDocument((saved) => {
      // Files that import the saved one may have changed with it.
      for (const document of vscode.workspace.textDocuments) {
        const file = files.get(document.uri.toString());
        if (document === saved || file?.primary?.imported.includes(saved.uri.path)) void refresh(document);
      }
    }),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const key = document.uri.toString();
      if (contentChanges.length === 0) return;
      clearTimeout(timers.get(key));
      timers.set(
        key,
        setTimeout(() => void refresh(document), debounce),
      );
    }),
    environment.onDidChange(refreshAll),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (changesInterpreter(change)) refreshAll();
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => forget(uri)),
  ];

  return {
    onDidChange: changed.event,
    of: (uri) => files.get(uri.toString()),
    refresh,
    forget,
    watch: (uri, model) => {
      const watch = { key: uri.toString(), model };
      watches = [watch, ...watches];
      return new vscode.Disposable(() => {
        watches = watches.filter((other) => other !== watch);
      });
    },
    look: async (source, model) => {
      const looksLikeModels = !isOnnx(source) && mayHoldModels(source);
      if (looksLikeModels) void refresh(source);
      const traced = await tracing.trace(source, { model: model ?? undefined });
      if (!looksLikeModels && traced) {
        // Asked for by hand: the file need not look like a model file.
        publish({ uri: source.uri, version: source.version, primary: traced, traced: new Map(), busy: false });
      }
      return traced;
    },
    whenSettled: (document) =>
      new Promise((resolve) => {
        const look = (): boolean => {
          const file = files.get(document.uri.toString());
          if (file?.version !== document.version || file.busy || !file.primary) return false;
          resolve(file);
          return true;
        };
        if (look()) return;
        const listening = changed.event(() => {
          if (look()) listening.dispose();
        });
      }),
    dispose: () => {
      for (const timer of timers.values()) clearTimeout(timer);
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
};
