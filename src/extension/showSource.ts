/** Shows in an editor the source of what was chosen in the panel. */

import * as vscode from 'vscode';
import type { Location } from '../ir/diagnostic.ts';
import { toRange } from './locations.ts';
import { readSettings } from './settings.ts';

/** `focus`: the user goes there; otherwise the editor only shows the place, if the user wants that. */
export const showSource = async (
  target: vscode.Uri,
  { location, focus }: { readonly location: Location; readonly focus: boolean },
): Promise<void> => {
  if (!(focus || readSettings().revealSource)) return;
  const visible = vscode.window.visibleTextEditors.find(
    ({ document }) => document.uri.toString() === target.toString(),
  );
  await vscode.window.showTextDocument(target, {
    viewColumn: visible?.viewColumn ?? vscode.ViewColumn.One,
    selection: toRange(location.range),
    preserveFocus: !focus,
  });
};
