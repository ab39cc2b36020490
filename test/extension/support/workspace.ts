/** The workspace under test, and what every test does with it. */

import * as vscode from 'vscode';
import { LINTS } from '../../../src/analysis/lints/index.ts';
import type { SkipscopeApi } from '../../../src/extension/activate.ts';

/** The extension's own offers to tests. */
export const api = async (): Promise<SkipscopeApi> =>
  (await vscode.extensions.getExtension<SkipscopeApi>('skipscope.skipscope')!.activate())!;

export const uriOf = (path: string): vscode.Uri =>
  vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, ...path.split('/'));

/** Shows a file of the workspace in the first column. */
export const open = async (path: string): Promise<vscode.TextEditor> =>
  vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uriOf(path)), {
    viewColumn: vscode.ViewColumn.One,
  });

/** Shows a file and waits until its models are traced. */
export const openTraced = async (path: string): Promise<vscode.TextEditor> => {
  const editor = await open(path);
  await (await api()).whenTraced(editor.document);
  return editor;
};

/** Replaces the only occurrence of a text, and waits until the file has been traced again. */
export const replace = async (editor: vscode.TextEditor, from: string, to: string): Promise<void> => {
  const { document } = editor;
  const at = document.getText().indexOf(from);
  if (at < 0) throw new Error(`no ${from} in ${document.uri.path}`);
  await editor.edit((edit) =>
    edit.replace(new vscode.Range(document.positionAt(at), document.positionAt(at + from.length)), to),
  );
  await (await api()).whenTraced(document);
};

const LINT_CODES = new Set(LINTS.map(({ code }) => code));

const marksOf = (document: vscode.TextDocument): vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'skipscope');

const isLint = ({ code }: vscode.Diagnostic): boolean =>
  LINT_CODES.has(String(typeof code === 'object' ? code.value : code));

/** Skipscope's diagnostics of a document, without what it says of the design. */
export const problemsOf = (document: vscode.TextDocument): vscode.Diagnostic[] =>
  marksOf(document).filter((mark) => !isLint(mark));

export const lintsOf = (document: vscode.TextDocument): vscode.Diagnostic[] => marksOf(document).filter(isLint);

/** Gives a document back its saved text and closes every editor. */
export const closeAll = async (): Promise<void> => {
  for (const document of vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)) {
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One });
    await vscode.commands.executeCommand('workbench.action.files.revert');
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
};

/** Resolves when `check` holds: now, or after one of the events. */
export const until = async (event: vscode.Event<unknown>, check: () => boolean): Promise<void> => {
  if (check()) return;
  await new Promise<void>((resolve) => {
    const listening = event(() => {
      if (!check()) return;
      listening.dispose();
      resolve();
    });
  });
};
