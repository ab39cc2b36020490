/** What a command is to work on: its arguments, or else the active editor, or the panel. */

import * as vscode from 'vscode';
import { type ModelSource, openSource } from '../modelSource.ts';
import type { Services } from '../services.ts';
import { askForArguments } from './askForArguments.ts';

export interface Target {
  readonly source: ModelSource;
  /** Null for the file's own choice. */
  readonly model: string | null;
}

/** Null, after telling the user, when there is no model file to work on, or when the user gave up. */
export const findTarget = async (services: Services, args: readonly unknown[]): Promise<Target | null> => {
  const target = await findNamed(services, args);
  const uri = target?.source.uri;
  const candidates = uri ? (services.models.of(uri)?.primary?.result.candidates ?? []) : [];
  const incomplete = candidates.find(({ expression, buildable }) => !buildable && expression === target?.model);
  if (!target || !incomplete) return target;
  const model = await askForArguments(services, target.source.uri, incomplete);
  return model === undefined ? null : { ...target, model };
};

const findNamed = async (services: Services, args: readonly unknown[]): Promise<Target | null> => {
  const [first, second] = args;
  const uri = first instanceof vscode.Uri ? first : undefined;
  const model = typeof second === 'string' ? second : null;
  if (uri) return { source: await openSource(uri), model };
  const active = vscode.window.activeTextEditor?.document;
  if (active?.languageId === 'python') return { source: active, model };
  const shown = services.preview.active()?.shown();
  if (shown) return { source: await openSource(shown.uri), model };
  void vscode.window.showInformationMessage('Open a Python or ONNX file with a model first.');
  return null;
};

/** The model to work on when none was named: what a panel shows of this file, so that commands agree with it. */
export const modelInPanel = (services: Services, { source, model }: Target): string | null =>
  model ?? services.preview.showing(source.uri)?.shown()?.traced?.result.model ?? null;
