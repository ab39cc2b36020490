/** The comparison that the panel shows: its old side is loaded once, and again whenever that has changed. */

import * as vscode from 'vscode';
import type { Graph } from '../ir/graph.ts';
import type { BaselineSource } from './baselines.ts';
import type { Models } from './models.ts';
import type { Preview } from './panel.ts';
import { showSource } from './showSource.ts';

export interface Comparing extends vscode.Disposable {
  /** Compares a document with a source from now on. Resolves with false, after telling the user, when that has no model. */
  start(document: vscode.TextDocument, model: string | null, source: BaselineSource): Promise<boolean>;
  stop(): void;
}

const COMMANDS = {
  ...{ head: 'compareWithHead', revision: 'compareWithRevision' },
  ...{ model: 'compareModels', file: 'compareWithFile' },
} as const;

export const createComparing = (preview: Preview, models: Models, log: vscode.LogOutputChannel): Comparing => {
  interface Current {
    readonly uri: vscode.Uri;
    readonly source: BaselineSource;
    readonly listening: vscode.Disposable | undefined;
    /** The model that the old side was loaded for, or is being. */
    model: string | null;
    /** What the panel has of it. */
    graph: Graph | null;
  }
  let current: Current | null = null;

  /** Loads the old side; a later load of it, or another comparison, overtakes this one. */
  const load = async (mine: Current, model: string | null): Promise<void> => {
    mine.model = model;
    const baseline = await mine.source.load(model);
    if (current !== mine || mine.model !== model || baseline.graph === mine.graph) return;
    mine.graph = baseline.graph;
    preview.compare({ uri: mine.uri, model: mine.source.isSameModel ? model : null, baseline });
  };
  const reload = (mine: Current, model: string | null): void => {
    // A source that is broken for now leaves the last comparison as it is.
    load(mine, model).catch((error: unknown) => log.debug(`compare: ${(error as Error).message}`));
  };

  const stop = (): void => {
    current?.listening?.dispose();
    current = null;
    preview.compare(null);
  };

  const changed = (uri: vscode.Uri): void => {
    if (!current) return;
    const primary = models.of(current.uri)?.primary;
    const model = primary?.result.graph ? primary.result.model : current.model;
    const isEdited = current.source.edited?.toString() === uri.toString();
    if (isEdited || (current.source.isSameModel && model !== current.model)) reload(current, model);
  };

  const subscriptions = [
    models.onDidChange(changed),
    preview.onMessage((message) => {
      if (message.type === 'openSource' && message.isOld && current)
        void showSource(current.source.locate(message.location.file), message);
      if (message.type !== 'compare') return;
      const shown = preview.shown();
      if (message.with === null) stop();
      else if (shown)
        void vscode.commands.executeCommand(
          `skipscope.${COMMANDS[message.with]}`,
          shown.uri,
          shown.traced?.result.model ?? undefined,
        );
    }),
  ];

  return {
    start: async (document, model, source) => {
      const traced = await preview.open(document, model);
      const own = traced?.result.model ?? model;
      current?.listening?.dispose();
      const mine: Current = {
        ...{ uri: document.uri, source, model: own, graph: null },
        listening: source.onDidChange?.(() => reload(mine, mine.model)),
      };
      current = mine;
      try {
        await load(mine, own);
        return true;
      } catch (error) {
        if (current === mine) stop();
        void vscode.window.showErrorMessage(`Skipscope cannot compare: ${(error as Error).message}`);
        return false;
      }
    },
    stop,
    dispose: () => {
      current?.listening?.dispose();
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
};
