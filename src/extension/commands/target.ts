/** What a command is to work on: its arguments, or else the active editor, or the panel. */

import * as vscode from 'vscode';
import type { Services } from '../services.ts';
import { askForArguments } from './askForArguments.ts';

export interface Target {
  readonly document: vscode.TextDocument;
  /** Null for the file's own choice. */
  readonly model: string | null;
}

/** Null, after telling the user, when there is no Python file to work on, or when the user gave up. */
export const findTarget = async (services: Services, args: readonly unknown[]): Promise<Target | null> => {
  const target = await findNamed(services, args);
  const uri = target?.document.uri;
  const candidates = uri ? (services.models.of(uri)?.primary?.result.candidates ?? []) : [];
  const incomplete = candidates.find(({ expression, buildable }) => !buildable && expression === target?.model);
  if (!target || !incomplete) return target;
  const model = await askForArguments(services, target.document.uri, incomplete);
  return model === undefined ? null : { ...target, model };
};

const findNamed = async (services: Services, args: readonly unknown[]): Promise<Target | null> => {
  const [first, second] = args;
  const uri = first instanceof vscode.Uri ? first : undefined;
  const model = typeof second === 'string' ? second : null;
  if (uri) return { document: await vscode.workspace.openTextDocument(uri), model };
  const active = vscode.window.activeTextEditor?.document;
  if (active?.languageId === 'python') return { document: active, model };
  const shown = services.preview.shown();
  if (shown) return { document: await vscode.workspace.openTextDocument(shown.uri), model };
  void vscode.window.showInformationMessage('Open a Python file with a model first.');
  return null;
};

/** The model to work on when none was named: what the panel shows of this document, so that commands agree with it. */
export const modelInPanel = (services: Services, { document, model }: Target): string | null => {
  const shown = services.preview.shown();
  return model ?? (shown?.uri.toString() === document.uri.toString() ? (shown.traced?.result.model ?? null) : null);
};
