/** Tells menus which open files may hold models, so that the preview icon stays away from all other Python files. */

import * as vscode from 'vscode';
import { mayHoldModels } from './models.ts';

/** For `when` clauses: `resourcePath in skipscope.modelFiles`. */
const contextKey = 'skipscope.modelFiles';

export const markModelFiles = (): vscode.Disposable => {
  const paths = new Set<string>();

  const tell = (): void => {
    void vscode.commands.executeCommand('setContext', contextKey, [...paths]);
  };
  const look = (document: vscode.TextDocument): void => {
    // `resourcePath` is the path as the system writes it.
    const path = document.uri.fsPath;
    const holds = !document.isClosed && mayHoldModels(document);
    if (holds === paths.has(path)) return;
    if (holds) paths.add(path);
    else paths.delete(path);
    tell();
  };

  vscode.workspace.textDocuments.forEach(look);
  return vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      if (paths.delete(uri.fsPath)) tell();
    }),
  );
};
