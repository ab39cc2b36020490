/** The preview panel, as the tests of what is done in it want it. */

import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { attributeOfPanel, gone, see } from './driver.ts';
import { api, openTraced } from './workspace.ts';

/** Opens a file and its preview beside, drawn; the editor has the focus. */
export const openPreview = async (path: string, model?: string): Promise<vscode.TextEditor> => {
  const editor = await openTraced(path);
  await vscode.commands.executeCommand('skipscope.openPreview', editor.document.uri, model);
  await (await api()).whenDrawn(editor.document.uri);
  return editor;
};

/** Selects a node of the drawing by its id. */
export const node = (id: string): string => `g.node[data-id="${id}"]`;

/** Where the drawing is, and how large. */
export const viewOfPanel = (): Promise<string | null> => attributeOfPanel('.stage-area .canvas > svg > g', 'transform');

export const configure = (name: string, value: unknown): Thenable<void> =>
  vscode.workspace.getConfiguration().update(name, value, vscode.ConfigurationTarget.Global);

/** Waits until the keyboard is where it should be. */
export const seeFocusInEditor = (): Promise<unknown> => see('.monaco-editor.focused');
export const seeFocusOutsideEditor = (): Promise<unknown> => gone('.monaco-editor.focused');

/** Puts the cursor at the start of the only occurrence of a text. */
export const putCursor = (editor: vscode.TextEditor, text: string): void => {
  const source = editor.document.getText();
  const at = source.indexOf(text);
  assert.ok(at >= 0 && source.indexOf(text, at + 1) < 0, `${text} is not once in ${editor.document.uri.path}`);
  const position = editor.document.positionAt(at);
  editor.selection = new vscode.Selection(position, position);
};

/** The source that is selected in the editor of a document, wherever the focus is. */
export const selectedSource = ({ document }: vscode.TextEditor): string => {
  const editor = vscode.window.visibleTextEditors.find((visible) => visible.document === document);
  return document.getText(editor?.selection);
};
