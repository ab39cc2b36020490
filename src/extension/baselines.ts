/** What a model can be compared with: an earlier state of its file, another model of it, another file. */

import * as vscode from 'vscode';
import { analyse } from '../analysis/analyse.ts';
import { decodeModel } from '../frontends/onnx/decode.ts';
import type { Baseline } from '../protocol/messages.ts';
import type { Repository } from './git.ts';
import { fileOf, uriOf } from './locations.ts';
import type { Traced, Tracing } from './tracing.ts';

export interface BaselineSource {
  /** Of the model of this expression, where the source has several. @throws Error with a reason for the user */
  load(model: string | null): Promise<Baseline>;
  /** True when each model is compared with itself as it was. */
  readonly isSameModel: boolean;
  /** Where a file of it can be seen. */
  locate(file: string): vscode.Uri;
  /** The open file that it is of, which may be edited; null for what stays as it is. */
  readonly edited: vscode.Uri | null;
  /** Fires when it may be another one now. */
  readonly onDidChange?: vscode.Event<void>;
}

const nameOf = ({ path }: vscode.Uri): string => path.slice(path.lastIndexOf('/') + 1);

function baselineOf(title: string, traced: Traced | null, notes: readonly string[]): Baseline {
  const { graph, model, diagnostics } = traced?.result ?? { graph: null, model: null, diagnostics: [] };
  if (!traced?.analysis || !graph) throw new Error(`${title}: ${diagnostics[0]?.message ?? 'no model was found'}`);
  const { blocks, cost } = traced.analysis;
  return { title, model: model ?? graph.name, graph, blocks, cost, notes };
}

/** The file as it was in a revision, with the files of the repository that it imports. */
export function revisionSource(
  tracing: Tracing,
  repository: Repository,
  uri: vscode.Uri,
  revision: string,
  title: string,
): BaselineSource {
  const load = async (model: string | null): Promise<Baseline> => {
    const source = await repository.show(revision, uri);
    if (source === null) throw new Error(`${nameOf(uri)} is not in ${title}.`);
    const today = new Set<string>();
    const read = async (file: vscode.Uri, now: string | null): Promise<string | null> => {
      const then = repository.holds(file) ? await repository.show(revision, file) : null;
      if (then === null && now !== null) today.add(vscode.workspace.asRelativePath(file));
      return then ?? now;
    };
    const trace = (expression: string | undefined): Promise<Traced | null> =>
      tracing.traceThen(uri, source, read, expression);
    let traced = await trace(model ?? undefined);
    const isKnown = model === null || traced?.result.candidates.some(({ expression }) => expression === model);
    const notes: string[] = [];
    if (!traced?.result.graph && !isKnown) {
      traced = await trace(undefined);
      if (traced?.result.model) notes.push(`${title} has no ${model}: compared with its ${traced.result.model}.`);
    }
    if (today.size) notes.push(`Not in ${title}, so taken from the working copy: ${[...today].sort().join(', ')}.`);
    return baselineOf(title, traced, notes);
  };
  let head = repository.head();
  return {
    load,
    isSameModel: true,
    locate: (file) => repository.uriAt(revision, uriOf(file, uri)),
    edited: null,
    // Only a branch's tip or HEAD moves; both do so with a commit or a checkout.
    onDidChange: (listener, self, disposables) =>
      repository.onDidChange(
        () => {
          if (repository.head() === head) return;
          head = repository.head();
          listener.call(self);
        },
        undefined,
        disposables,
      ),
  };
}

/** One model of a Python file as it is now, edits included; null for the file's own choice. */
export function modelSource(tracing: Tracing, uri: vscode.Uri, model: string | null, title: string): BaselineSource {
  return {
    load: async () => {
      const document = await vscode.workspace.openTextDocument(uri);
      return baselineOf(title, await tracing.trace(document, { model: model ?? undefined, priority: 'soon' }), []);
    },
    isSameModel: false,
    locate: (file) => uriOf(file, uri),
    edited: uri,
  };
}

export function onnxSource(uri: vscode.Uri): BaselineSource {
  return {
    load: async () => {
      const bytes = await vscode.workspace.fs.readFile(uri);
      const { graph, diagnostics } = decodeModel(bytes, { file: fileOf(uri) });
      if (!graph) throw new Error(`${nameOf(uri)}: ${diagnostics[0]?.message ?? 'it holds no graph'}`);
      const { blocks, cost } = analyse(graph);
      return { title: nameOf(uri), model: graph.name, graph, blocks, cost, notes: [] };
    },
    isSameModel: false,
    locate: () => uri,
    edited: null,
  };
}

export const fileSource = (tracing: Tracing, uri: vscode.Uri): BaselineSource =>
  uri.path.toLowerCase().endsWith('.onnx') ? onnxSource(uri) : modelSource(tracing, uri, null, nameOf(uri));
