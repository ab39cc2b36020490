/** Files as they were in a Git revision, through the editor's own Git extension. */

import * as vscode from 'vscode';

/** The part of the Git extension's API (version 1) that is used. */
interface GitApi {
  readonly state: 'uninitialized' | 'initialized';
  readonly onDidChangeState: vscode.Event<unknown>;
  getRepository(uri: vscode.Uri): GitRepository | null;
  toGitUri(uri: vscode.Uri, ref: string): vscode.Uri;
  openRepository?(root: vscode.Uri): Promise<GitRepository | null>;
}

interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly state: { readonly HEAD: { readonly commit?: string } | undefined; readonly onDidChange: vscode.Event<void> };
  show(ref: string, path: string): Promise<string>;
  log(options: { readonly maxEntries: number; readonly path: string }): Promise<readonly GitCommit[]>;
}

interface GitCommit {
  readonly hash: string;
  readonly message: string;
  readonly authorName?: string;
  readonly authorDate?: Date;
}

export interface Commit {
  readonly hash: string;
  /** First line of its message. */
  readonly subject: string;
  readonly author: string;
  readonly date: Date | null;
}

export interface Repository {
  /** Text of a file in a revision; null when it has none there. */
  show(revision: string, uri: vscode.Uri): Promise<string | null>;
  /** Under which the editor shows the file as it was. */
  uriAt(revision: string, uri: vscode.Uri): vscode.Uri;
  /** Commits that changed the file, newest first. */
  commitsOf(uri: vscode.Uri): Promise<readonly Commit[]>;
  holds(uri: vscode.Uri): boolean;
  /** The commit that is checked out; empty before the first. */
  head(): string;
  /** Fires when something in the repository has changed, HEAD perhaps. */
  readonly onDidChange: vscode.Event<void>;
}

const MOST_COMMITS = 200;

/** The repository that holds the file; null without one, and without the Git extension. */
export async function findRepository(uri: vscode.Uri): Promise<Repository | null> {
  const extension = vscode.extensions.getExtension<{ getAPI(version: 1): GitApi }>('vscode.git');
  if (!extension) return null;
  const exported = await extension.activate();
  const api = attempt(() => exported.getAPI(1));
  if (!api) return null;
  if (api.state !== 'initialized') {
    await new Promise<void>((resolve) => {
      const listening = api.onDidChangeState(() => {
        if (api.state !== 'initialized') return;
        listening.dispose();
        resolve();
      });
    });
  }
  const folder = vscode.Uri.joinPath(uri, '..');
  const found = api.getRepository(uri) ?? (await api.openRepository?.(folder)) ?? api.getRepository(uri);
  return found && wrap(api, found);
}

/** `git.enabled: false` makes the API throw. */
const attempt = <T>(make: () => T): T | null => {
  try {
    return make();
  } catch {
    return null;
  }
};

const wrap = (api: GitApi, repository: GitRepository): Repository => ({
  uriAt: (revision, uri) => api.toGitUri(uri, revision),
  show: (revision, uri) => repository.show(revision, uri.fsPath).catch(() => null),
  commitsOf: async ({ fsPath }) =>
    (await repository.log({ maxEntries: MOST_COMMITS, path: fsPath })).map(
      ({ hash, message, authorName, authorDate }) => ({
        ...{ hash, subject: message.split('\n')[0]!, author: authorName ?? '', date: authorDate ?? null },
      }),
    ),
  holds: ({ path }) => path.startsWith(`${repository.rootUri.path}/`),
  head: () => repository.state.HEAD?.commit ?? '',
  onDidChange: repository.state.onDidChange,
});
