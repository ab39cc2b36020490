/** The panel's dealings with files of profiles: kept runs, and weights to profile with. */

import type * as vscode from 'vscode';
import type { PanelMessage } from '../protocol/messages.ts';
import type { Preview } from './panel.ts';
import { usualChoice } from './profiling.ts';
import type { Runs } from './runs.ts';
import { chooseWeights } from './weights.ts';

export function showKeptRuns(preview: Preview, runs: Runs, log: vscode.LogOutputChannel): vscode.Disposable {
  /** The model that the panel has a run of, or was offered one. */
  let offered: string | null = null;

  const list = async (): Promise<void> => {
    await preview.post({ type: 'runs', runs: await runs.list(), choice: usualChoice() });
  };

  const open = async (run: string, overlay: boolean): Promise<void> => {
    const report = await runs.read(run);
    if (report) await preview.post({ type: 'report', run, report, overlay });
    else log.warn('the run is no longer there');
  };

  /** A panel that shows another model, or comes back, gets the last run of its model. */
  const restore = async (): Promise<void> => {
    const shown = preview.shown();
    const model = shown?.traced?.result.model;
    if (!shown || model === undefined || model === null) return;
    const uri = shown.uri.toString();
    if (offered === `${uri} ${model}`) return;
    offered = `${uri} ${model}`;
    const newest = (await runs.list()).find((run) => run.uri === uri && run.model === model);
    if (newest) await open(newest.id, false);
  };

  const receive = async (message: PanelMessage): Promise<void> => {
    switch (message.type) {
      case 'ready':
        offered = null;
        await list();
        break;
      case 'drawn':
        await restore();
        break;
      case 'chooseWeights': {
        const weights = await chooseWeights(preview.shown()?.uri);
        if (weights) await preview.post({ type: 'weightsChosen', weights });
        break;
      }
      case 'openRun':
        await open(message.run, message.overlay);
        break;
      case 'renameRun':
        await runs.rename(message.run, message.name);
        break;
      case 'deleteRun':
        await runs.remove(message.run);
        break;
    }
  };

  const subscriptions = [preview.onMessage((message) => void receive(message)), runs.onDidChange(() => void list())];
  return {
    dispose: () => {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}
