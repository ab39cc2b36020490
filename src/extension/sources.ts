/** Gathers what a model file imports: from open editors first, else from its own folders and its Python's packages. */

import * as vscode from 'vscode';
import type { FindModule } from '../frontends/torch/modules.ts';
import { collectModules, createFinder, scanImports } from '../frontends/torch/modules.ts';
import { createReader } from '../frontends/torch/readSources.ts';
import type { SourceModule } from '../frontends/types.ts';
import type { PythonEnvironment } from './environment.ts';
import { fileOf, uriOf } from './locations.ts';

/** Reads an earlier state of a file; null where there was none, `now` is what it is today. */
export type ReadThen = (uri: vscode.Uri, now: string | null) => Promise<string | null>;

export interface Sources {
  /** Everything that the document's present text imports, directly or not. */
  collect(document: vscode.TextDocument): Promise<readonly SourceModule[]>;
  /** The same of a text that the document once had. */
  collectThen(uri: vscode.Uri, source: string, read: ReadThen): Promise<readonly SourceModule[]>;
  /** Finds what a document, or a text that it once had, turns out to import while it runs. */
  finder(uri: vscode.Uri, source: string, read?: ReadThen): FindModule;
  /** A file has changed: collections that hold it are gathered anew. */
  forget(uri: vscode.Uri): void;
  /** A file has come: it may be what any import was looking for. */
  clear(): void;
}

/** Folders whose files a model file may import: its workspace folder, or else the folder that holds it. */
const rootsOf = (uri: vscode.Uri): string[] => {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  return [folder ? folder.uri.path : uri.path.slice(0, uri.path.lastIndexOf('/'))];
};

/** Most of what is asked for does not exist, and asking Node is a hundred times faster than asking the editor. */
const readerOf = (uri: vscode.Uri, roots: readonly string[]): ((path: string) => Promise<string | null>) => {
  if (uri.scheme !== 'file')
    return async (path) => new TextDecoder().decode(await vscode.workspace.fs.readFile(uriOf(path, uri)));
  const read = createReader(roots.map((root) => uriOf(root, uri).fsPath));
  return (path) => read(uriOf(path, uri).fsPath);
};

interface Collection {
  readonly imports: string;
  readonly modules: Promise<readonly SourceModule[]>;
  /** The files it holds; null while it is gathered. */
  files: ReadonlySet<string> | null;
}

export const createSources = (environment: PythonEnvironment): Sources => {
  const collections = new Map<string, Collection>();

  /** How files of a document's roots are read, now or as they once were. */
  const access = async (
    uri: vscode.Uri,
    then?: ReadThen,
  ): Promise<{ read: (path: string) => Promise<string | null>; roots: readonly string[] }> => {
    const open = new Map(
      vscode.workspace.textDocuments.map((document) => [document.uri.toString(), document] as const),
    );
    const installed = await environment.sitePackages(uri);
    const roots = [...rootsOf(uri), ...installed.map((folder) => vscode.Uri.file(folder).path)];
    const readSaved = readerOf(uri, roots);
    const readNow = async (path: string): Promise<string | null> =>
      open.get(uriOf(path, uri).toString())?.getText() ?? readSaved(path);
    const isInstalled = (path: string): boolean => installed.some((folder) => path.startsWith(`${folder}/`));
    const read = async (path: string): Promise<string | null> => {
      const now = await readNow(path);
      return then && !isInstalled(path) ? then(uriOf(path, uri), now) : now;
    };
    return { read, roots };
  };
  const gather = async (uri: vscode.Uri, source: string, then?: ReadThen): Promise<readonly SourceModule[]> => {
    const { read, roots } = await access(uri, then);
    return collectModules(fileOf(uri), source, read, roots);
  };

  return {
    collect: (document) => {
      const key = document.uri.toString();
      const source = document.getText();
      // An edit that leaves the imports as they are leaves the collection as it is.
      const imports = JSON.stringify(scanImports(source));
      const known = collections.get(key);
      if (known?.imports === imports) return known.modules;
      const collection: Collection = { imports, modules: gather(document.uri, source), files: null };
      collections.set(key, collection);
      void collection.modules.then((modules) => (collection.files = new Set(modules.map(({ file }) => file))));
      return collection.modules;
    },
    collectThen: gather,
    finder: (uri, source, then) => {
      let find: Promise<FindModule> | undefined;
      return async (name) => {
        find ??= access(uri, then).then(({ read, roots }) => createFinder(fileOf(uri), source, read, roots));
        return (await find)(name);
      };
    },
    forget: ({ path }) => {
      for (const [key, { files }] of collections) {
        if (files === null || files.has(path)) collections.delete(key);
      }
    },
    clear: () => collections.clear(),
  };
};
