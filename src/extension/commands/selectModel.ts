/** Skipscope: Select Model: chooses which model of the file the preview shows. */

import * as vscode from 'vscode';
import { costText } from '../../view/label.ts';
import type { Command } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { findTarget, modelInPanel } from './target.ts';

export const selectModel: Command = {
  id: 'skipscope.selectModel',
  run: async (services, ...args) => {
    if (!requireTrust()) return;
    const target = await findTarget(services, args);
    if (!target) return;
    const { uri } = target.source;
    const traced = services.models.of(uri)?.primary ?? (await services.models.look(target.source, null));
    const current = modelInPanel(services, target);
    const candidates = traced?.result.candidates ?? [];
    const ordered = [...candidates].sort((a, b) => Number(b.buildable) - Number(a.buildable));
    const items = ordered.map(({ expression, location, buildable }) => {
      const cost = services.models.of(uri)?.traced.get(expression)?.analysis?.cost;
      const size = cost ? costText(cost) : '';
      return {
        label: expression,
        description: buildable ? size : 'asks for its arguments',
        detail: `line ${location.range.start.line + 1}${expression === current ? ', shown now' : ''}`,
      };
    });
    if (items.length === 0) {
      void vscode.window.showInformationMessage('Skipscope found no model in this file.');
      return;
    }
    const chosen = await vscode.window.showQuickPick(items, { placeHolder: 'Which model shall the preview show?' });
    if (chosen) await vscode.commands.executeCommand('skipscope.openPreview', uri, chosen.label);
  },
};
