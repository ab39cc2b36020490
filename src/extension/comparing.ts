/** The comparison that each panel shows: its old side is loaded once, and again whenever that has changed. */

import * as vscode from 'vscode';
import type { Graph } from '../ir/graph.ts';
import { type BaselineSource, restoredSource } from './baselines.ts';
import type { Models } from './models.ts';
import type { ModelSource } from './modelSource.ts';
import type { Panel } from './panel.ts';
import type { Preview } from './preview.ts';
import { showSource } from './showSource.ts';
import type { Tracing } from './tracing.ts';

export interface Comparing extends vscode.Disposable {
  /** Compares a model with a source from now on. Resolves with false, after telling the user, when that has no model. */
  start(source: ModelSource, model: string | null, against: BaselineSource): Promise<boolean>;
  /** Ends the comparison of the panel that the user is in. */
  stop(): void;
}

const COMMANDS = {
  ...{ head: 'compareWithHead', revision: 'compareWithRevision' },
  ...{ model: 'compareModels', file: 'compareWithFile' },
} as const;

interface Comparison {
  readonly uri: vscode.Uri;
  readonly against: BaselineSource;
  readonly listening: vscode.Disposable | undefined;
  /** The model that the old side was loaded for, or is being. */
  model: string | null;
  /** What the panel has of it. */
  graph: Graph | null;
}

export const createComparing = (
  preview: Preview,
  models: Models,
  tracing: Tracing,
  log: vscode.LogOutputChannel,
): Comparing => {
  const current = new Map<Panel, Comparison>();

  /** Loads the old side; a later load of it, or another comparison, overtakes this one. */
  const load = async (panel: Panel, mine: Comparison, model: string | null): Promise<void> => {
    mine.model = model;
    const loaded = await mine.against.load(model);
    if (current.get(panel) !== mine || mine.model !== model || loaded.graph === mine.graph) return;
    mine.graph = loaded.graph;
    const baseline = { ...loaded, spec: mine.against.spec };
    panel.compare({ uri: mine.uri, model: mine.against.isSameModel ? model : null, baseline });
  };
  const reload = (panel: Panel, mine: Comparison, model: string | null): void => {
    // A source that is broken for now leaves the last comparison as it is.
    load(panel, mine, model).catch((error: unknown) => log.debug(`compare: ${(error as Error).message}`));
  };

  const drop = (panel: Panel): void => {
    current.get(panel)?.listening?.dispose();
    current.delete(panel);
  };
  const stop = (panel: Panel): void => {
    drop(panel);
    panel.compare(null);
  };

  /** @throws Error with a reason for the user, the comparison being over */
  const begin = async (panel: Panel, uri: vscode.Uri, model: string | null, against: BaselineSource): Promise<void> => {
    drop(panel);
    const mine: Comparison = {
      ...{ uri, against, model, graph: null },
      listening: against.onDidChange?.(() => reload(panel, mine, mine.model)),
    };
    current.set(panel, mine);
    try {
      await load(panel, mine, model);
    } catch (error) {
      if (current.get(panel) === mine) stop(panel);
      throw error;
    }
  };

  const changed = (uri: vscode.Uri): void => {
    for (const [panel, mine] of current) {
      const shown = panel.shown();
      const isShown = shown?.uri.toString() === mine.uri.toString();
      const model = (isShown ? shown?.traced?.result.model : null) ?? mine.model;
      const isOther = mine.against.isSameModel && model !== mine.model;
      if (isOther || mine.against.edited?.toString() === uri.toString()) reload(panel, mine, model);
    }
  };

  const subscriptions = [
    models.onDidChange(changed),
    preview.onDidClose(drop),
    preview.onDidRestore(({ panel, state }) => {
      const shown = panel.shown();
      if (!state.against || !shown) return;
      const model = shown.traced?.result.model ?? state.model;
      restoredSource(tracing, shown.uri, state.against)
        .then((against) => against && begin(panel, shown.uri, model, against))
        .catch((error: unknown) => log.info(`the comparison is not restored: ${(error as Error).message}`));
    }),
    preview.onMessage(({ panel, message }) => {
      const mine = current.get(panel);
      if (message.type === 'openSource' && message.isOld && mine)
        void showSource(mine.against.locate(message.location.file), message);
      if (message.type !== 'compare') return;
      const shown = panel.shown();
      if (message.with === null) stop(panel);
      else if (shown)
        void vscode.commands.executeCommand(
          `skipscope.${COMMANDS[message.with]}`,
          shown.uri,
          shown.traced?.result.model ?? undefined,
        );
    }),
  ];

  return {
    start: async (source, model, against) => {
      const { panel, traced } = await preview.open(source, model);
      try {
        await begin(panel, source.uri, traced?.result.model ?? model, against);
        return true;
      } catch (error) {
        void vscode.window.showErrorMessage(`Skipscope cannot compare: ${(error as Error).message}`);
        return false;
      }
    },
    stop: () => {
      const panel = preview.active();
      if (panel) stop(panel);
    },
    dispose: () => {
      for (const panel of current.keys()) drop(panel);
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
};
