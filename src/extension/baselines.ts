/** What a model can be compared with: an earlier state of its file, another model of it, another file. */

import * as vscode from 'vscode';
import type { Baseline, BaselineSpec } from '../protocol/messages.ts';
import { findRepository, type Repository } from './git.ts';
import { nameOf, uriOf } from './locations.ts';
import { openSource } from './modelSource.ts';
import type { Traced, Tracing } from './tracing.ts';

export type Loaded = Omit<Baseline, 'spec'>;

export interface BaselineSource {
  readonly spec: BaselineSpec;
  /** Of the model of this expression, where the source has several. @throws Error with a reason for the user */
  load(model: string | null): Promise<Loaded>;
  /** True when each model is compared with itself as it was. */
  readonly isSameModel: boolean;
  /** Where a file of it can be seen. */
  locate(file: string): vscode.Uri;
  /** The open file that it is of, which may be edited; null for what stays as it is. */
  readonly edited: vscode.Uri | null;
  /** Fires when it may be another one now. */
  readonly onDidChange?: vscode.Event<void>;
}

function baselineOf(title: string, traced: Traced | null, notes: readonly string[]): Loaded {
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
  const load = async (model: string | null): Promise<Loaded> => {
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
    spec: { kind: 'revision', revision, title },
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

/** One model of a file as it is now, edits included; null for the file's own choice. */
export function modelSource(tracing: Tracing, uri: vscode.Uri, model: string | null, title: string): BaselineSource {
  return {
    spec: { kind: 'model', uri: uri.toString(), model, title },
    load: async () => {
      const source = await openSource(uri);
      return baselineOf(title, await tracing.trace(source, { model: model ?? undefined, priority: 'soon' }), []);
    },
    isSameModel: false,
    locate: (file) => uriOf(file, uri),
    edited: uri,
  };
}

export const fileSource = (tracing: Tracing, uri: vscode.Uri): BaselineSource =>
  modelSource(tracing, uri, null, nameOf(uri));

/** What a document was compared with before the window was reloaded; null when that is no longer there. */
export async function restoredSource(
  tracing: Tracing,
  uri: vscode.Uri,
  spec: BaselineSpec,
): Promise<BaselineSource | null> {
  if (spec.kind === 'model') return modelSource(tracing, vscode.Uri.parse(spec.uri), spec.model, spec.title);
  const repository = await findRepository(uri);
  return repository && revisionSource(tracing, repository, uri, spec.revision, spec.title);
}
