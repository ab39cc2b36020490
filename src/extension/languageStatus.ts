/** The entry in the language status of Python files: what was traced, or why nothing is. */

import * as vscode from 'vscode';
import { costText } from '../view/label.ts';
import { mayHoldModels, type Models } from './models.ts';

export const showLanguageStatus = (models: Models): vscode.Disposable => {
  const item = vscode.languages.createLanguageStatusItem('skipscope', { language: 'python' });
  item.name = 'Skipscope';

  const update = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    item.busy = false;
    item.severity = vscode.LanguageStatusSeverity.Information;
    item.command = undefined;
    if (!vscode.workspace.isTrusted) {
      item.severity = vscode.LanguageStatusSeverity.Warning;
      item.text = 'Skipscope is off';
      item.detail = 'no model file runs in Restricted Mode';
      item.command = { title: 'Manage Trust', command: 'workbench.trust.manage' };
      return;
    }
    const file = document && models.of(document.uri);
    if (!document || !file) {
      item.text = 'Skipscope';
      item.detail = document && mayHoldModels(document) ? 'not traced yet' : 'no model in this file';
      return;
    }
    item.busy = file.busy;
    const traced = file.primary;
    const cost = traced?.analysis?.cost;
    item.text = traced?.result.model ?? 'Skipscope';
    item.detail = cost ? costText(cost) : (traced?.result.diagnostics[0]?.message ?? 'tracing');
    item.command = { title: 'Preview', command: 'skipscope.openPreview', arguments: [document.uri] };
  };

  update();
  return vscode.Disposable.from(
    item,
    models.onDidChange(update),
    vscode.window.onDidChangeActiveTextEditor(update),
    vscode.workspace.onDidGrantWorkspaceTrust(update),
  );
};
