/** Opens ONNX files as what they are: the graph, in a panel of its own that is read again whenever the file changes. */

import * as vscode from 'vscode';
import { nameOf } from './locations.ts';
import type { Models } from './models.ts';
import { openSource } from './modelSource.ts';
import type { Panel } from './panel.ts';
import type { Preview } from './preview.ts';
import { onceTrusted } from './trust.ts';

const viewType = 'skipscope.onnx';

const RESTRICTED = 'Restricted Mode: Skipscope reads no model file until this workspace is trusted.';

const read = async (panel: Panel, uri: vscode.Uri): Promise<void> => {
  try {
    await panel.turnTo(await openSource(uri), null);
  } catch (error) {
    panel.fail(`${nameOf(uri)} cannot be read: ${(error as Error).message}`);
  }
};

export const editOnnx = (preview: Preview, models: Models): vscode.Disposable =>
  vscode.window.registerCustomEditorProvider(
    viewType,
    {
      openCustomDocument: (uri) => ({ uri, dispose: () => models.forget(uri) }),
      resolveCustomEditor: ({ uri }, view) => {
        const panel = preview.adopt(view);
        if (!vscode.workspace.isTrusted) panel.fail(RESTRICTED);
        const watcher = vscode.workspace.createFileSystemWatcher(
          new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), nameOf(uri)),
        );
        const again = (): void => void read(panel, uri);
        const subscriptions = [watcher, watcher.onDidChange(again), watcher.onDidCreate(again), onceTrusted(again)];
        view.onDidDispose(() => {
          for (const subscription of subscriptions) subscription.dispose();
        });
      },
    },
    { supportsMultipleEditorsPerDocument: true },
  );
