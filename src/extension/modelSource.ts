/** What models are read from: a Python document of the editor, edits included, or an ONNX file as it is on the disk. */

import * as vscode from 'vscode';

export interface OnnxFile {
  readonly uri: vscode.Uri;
  /** Time of its last change. */
  readonly version: number;
  read(): Thenable<Uint8Array>;
}

export type ModelSource = vscode.TextDocument | OnnxFile;

export const isOnnx = (source: ModelSource): source is OnnxFile => 'read' in source;

export const isOnnxUri = ({ path }: vscode.Uri): boolean => path.toLowerCase().endsWith('.onnx');

/** @throws when there is no such file */
export async function openSource(uri: vscode.Uri): Promise<ModelSource> {
  if (!isOnnxUri(uri)) return vscode.workspace.openTextDocument(uri);
  const { mtime } = await vscode.workspace.fs.stat(uri);
  return { uri, version: mtime, read: () => vscode.workspace.fs.readFile(uri) };
}
