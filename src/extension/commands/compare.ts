/** Skipscope: Compare with Git HEAD, with a revision, with another model of the file, with another file. */

import * as vscode from 'vscode';
import { fileSource, modelSource, revisionSource } from '../baselines.ts';
import type { Repository } from '../git.ts';
import { findRepository } from '../git.ts';
import type { Command, Services } from '../services.ts';
import { requireTrust } from '../trust.ts';
import type { Target } from './target.ts';
import { findTarget, modelInPanel } from './target.ts';

/** @param compare resolves with false when there is nothing to compare with, or the user gave up */
const compareCommand = (
  id: string,
  compare: (services: Services, target: Target, given: unknown) => Promise<boolean>,
): Command => ({
  id,
  run: async (services, ...args) => {
    if (!requireTrust()) return false;
    const target = await findTarget(services, args);
    return target ? compare(services, { ...target, model: modelInPanel(services, target) }, args[2]) : false;
  },
});

async function repositoryOf(uri: vscode.Uri): Promise<Repository | null> {
  const repository = await findRepository(uri);
  if (!repository) void vscode.window.showInformationMessage('This file is in no Git repository that is open here.');
  return repository;
}

export const compareWithHead = compareCommand('skipscope.compareWithHead', async (services, { source, model }) => {
  const repository = await repositoryOf(source.uri);
  if (!repository) return false;
  const then = revisionSource(services.tracing, repository, source.uri, 'HEAD', 'HEAD');
  return services.comparing.start(source, model, then);
});

/** A third argument names the revision; without it the user chooses among those that changed the file. */
export const compareWithRevision = compareCommand(
  'skipscope.compareWithRevision',
  async (services, { source, model }, given) => {
    const repository = await repositoryOf(source.uri);
    if (!repository) return false;
    const revision = typeof given === 'string' ? given : await askForRevision(repository, source.uri);
    if (revision === undefined) return false;
    const title = /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 8) : revision;
    const then = revisionSource(services.tracing, repository, source.uri, revision, title);
    return services.comparing.start(source, model, then);
  },
);

interface Offer extends vscode.QuickPickItem {
  /** Null for a revision that the user types. */
  readonly hash: string | null;
}

async function askForRevision(repository: Repository, uri: vscode.Uri): Promise<string | undefined> {
  const other: Offer = { label: 'Another revision…', description: 'a branch, a tag, HEAD~2', hash: null };
  const offers = repository.commitsOf(uri).then((found): Offer[] => [
    ...found.map(({ hash, subject, author, date }) => ({
      label: subject,
      description: hash.slice(0, 8),
      detail: [author, date?.toLocaleString() ?? ''].filter((text) => text).join(', '),
      hash,
    })),
    other,
  ]);
  const chosen = await vscode.window.showQuickPick(offers, {
    placeHolder: 'Compare with the file as it was in…',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen?.hash !== null) return chosen?.hash;
  const typed = await vscode.window.showInputBox({ prompt: 'A branch, a tag or a commit', value: 'HEAD~1' });
  return typed?.trim() || undefined;
}

/** A third argument is the expression of the other model; without it the user chooses. */
export const compareModels = compareCommand('skipscope.compareModels', async (services, { source, model }, given) => {
  const traced = services.models.of(source.uri)?.primary ?? (await services.models.look(source, model));
  const own = model ?? traced?.result.model ?? null;
  const others = (traced?.result.candidates ?? []).filter(
    ({ expression, buildable }) => buildable && expression !== own,
  );
  if (typeof given !== 'string' && !others.length) {
    void vscode.window.showInformationMessage('This file has no other model.');
    return false;
  }
  const other =
    typeof given === 'string'
      ? given
      : await vscode.window.showQuickPick(
          others.map(({ expression }) => expression),
          { placeHolder: `Compare ${own ?? 'the model'} with…` },
        );
  if (other === undefined) return false;
  return services.comparing.start(source, own, modelSource(services.tracing, source.uri, other, other));
});

/** A third argument is the other file; without it the user chooses. */
export const compareWithFile = compareCommand(
  'skipscope.compareWithFile',
  async (services, { source, model }, given) => {
    const [chosen] =
      given instanceof vscode.Uri
        ? [given]
        : ((await vscode.window.showOpenDialog({
            defaultUri: vscode.Uri.joinPath(source.uri, '..'),
            filters: { 'Model files': ['py', 'onnx'] },
            title: 'Compare with',
          })) ?? []);
    if (!chosen) return false;
    return services.comparing.start(source, model, fileSource(services.tracing, chosen));
  },
);

export const leaveComparison: Command = {
  id: 'skipscope.leaveComparison',
  run: ({ comparing }) => comparing.stop(),
};
