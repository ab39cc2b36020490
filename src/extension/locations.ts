/** Between Skipscope's locations, which name files by path, and VS Code's, which name them by URI. */

import * as vscode from 'vscode';
import type { Location, Range } from '../ir/diagnostic.ts';

/** The name under which a document is traced: its path, with forward slashes on every system. */
export const fileOf = (uri: vscode.Uri): string => uri.path;

/** Name of a file without its folders. */
export const nameOf = ({ path }: vscode.Uri): string => path.slice(path.lastIndexOf('/') + 1);

/** A traced file lies where the traced document lies: same scheme, same authority. */
export const uriOf = (file: string, beside: vscode.Uri): vscode.Uri => beside.with({ path: file });

export const toRange = ({ start, end }: Range): vscode.Range =>
  new vscode.Range(start.line, start.character, end.line, end.character);

export const fromRange = ({ start, end }: vscode.Range): Range => ({
  start: { line: start.line, character: start.character },
  end: { line: end.line, character: end.character },
});

export const toLocation = (location: Location, beside: vscode.Uri): vscode.Location =>
  new vscode.Location(uriOf(location.file, beside), toRange(location.range));
