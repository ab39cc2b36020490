/** Where the user's Python keeps its packages: as the Python extension says, else as the disk shows. */

import * as vscode from 'vscode';
import { findSitePackages, sitePackagesOf } from '../frontends/torch/readSources.ts';

/** What is used of the Python extension's API, see https://github.com/microsoft/vscode-python/wiki/Python-Environment-APIs. */
interface PythonApi {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(path: { readonly path: string }): Promise<{ executable: { sysPrefix?: string } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

export interface PythonEnvironment extends vscode.Disposable {
  /** Folders of the packages that a file's project can import. */
  sitePackages(uri: vscode.Uri): Promise<readonly string[]>;
  /** The user has chosen another environment. */
  readonly onDidChange: vscode.Event<void>;
}

export const createPythonEnvironment = (log: vscode.LogOutputChannel): PythonEnvironment => {
  const changed = new vscode.EventEmitter<void>();
  const subscriptions: vscode.Disposable[] = [changed];

  /** Null without the Python extension, or where it is of a kind that does not say. */
  let asked: Promise<PythonApi['environments'] | null> | null = null;
  const ask = async (): Promise<PythonApi['environments'] | null> => {
    const api = await vscode.extensions.getExtension<PythonApi | undefined>('ms-python.python')?.activate();
    const environments = api?.environments ?? null;
    if (environments) subscriptions.push(environments.onDidChangeActiveEnvironmentPath(() => changed.fire()));
    return environments;
  };

  const selected = async (uri: vscode.Uri): Promise<readonly string[]> => {
    asked ??= ask();
    const environments = await asked;
    const environment = await environments?.resolveEnvironment(environments.getActiveEnvironmentPath(uri));
    const prefix = environment?.executable.sysPrefix;
    return prefix ? sitePackagesOf(prefix) : [];
  };

  return {
    onDidChange: changed.event,
    sitePackages: async (uri) => {
      if (uri.scheme !== 'file') return [];
      const found = await selected(uri).catch((error: unknown) => {
        log.warn(`the Python extension does not say which environment is selected: ${String(error)}`);
        return [];
      });
      const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri ?? vscode.Uri.joinPath(uri, '..');
      return found.length > 0 ? found : findSitePackages([folder.fsPath], process.env);
    },
    dispose: () => {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
};
