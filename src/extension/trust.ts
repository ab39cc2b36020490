/** Workspace trust: in restricted mode no model file runs, and whoever asks is told why. */

import * as vscode from 'vscode';

/** True when model files may run. Otherwise says why not, and offers the way out; does not wait for an answer. */
export const requireTrust = (): boolean => {
  if (vscode.workspace.isTrusted) return true;
  const manage = 'Manage Workspace Trust';
  void vscode.window
    .showWarningMessage(
      'Skipscope runs a model file to trace it, so it does nothing in Restricted Mode. Trust this workspace to use it.',
      manage,
    )
    .then((choice) => {
      if (choice === manage) void vscode.commands.executeCommand('workbench.trust.manage');
    });
  return false;
};

/** Calls `start` as soon as the workspace is trusted: now, or when trust is granted. */
export const onceTrusted = (start: () => void): vscode.Disposable => {
  if (vscode.workspace.isTrusted) {
    start();
    return new vscode.Disposable(() => undefined);
  }
  return vscode.workspace.onDidGrantWorkspaceTrust(start);
};
