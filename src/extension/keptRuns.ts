/** The panels' dealings with files of profiles: kept runs, and weights to profile with. */

import * as vscode from 'vscode';
import type { HostMessage, PanelMessage } from '../protocol/messages.ts';
import type { Panel } from './panel.ts';
import type { Preview } from './preview.ts';
import { usualChoice } from './profiling.ts';
import type { Runs } from './runs.ts';
import { chooseWeights } from './weights.ts';

export function showKeptRuns(preview: Preview, runs: Runs, log: vscode.LogOutputChannel): vscode.Disposable {
  /** The model that each panel has a run of, or was offered one. */
  const offered = new WeakMap<Panel, string>();

  const list = async (): Promise<HostMessage> => ({ type: 'runs', runs: await runs.list(), choice: usualChoice() });

  const open = async (panel: Panel, run: string, overlay: boolean): Promise<void> => {
    const report = await runs.read(run);
    if (report) await panel.post({ type: 'report', run, report, overlay });
    else log.warn('the run is no longer there');
  };

  /** A panel that shows another model, or comes back, gets the last run of its model. */
  const restore = async (panel: Panel): Promise<void> => {
    const shown = panel.shown();
    const model = shown?.traced?.result.model;
    if (!shown || model === undefined || model === null) return;
    const uri = shown.uri.toString();
    const offer = `${uri} ${model}`;
    if (offered.get(panel) === offer) return;
    offered.set(panel, offer);
    const newest = (await runs.list()).find((run) => run.uri === uri && run.model === model);
    if (newest) await open(panel, newest.id, false);
  };

  const receive = async (panel: Panel, message: PanelMessage): Promise<void> => {
    switch (message.type) {
      case 'ready':
        offered.delete(panel);
        await panel.post(await list());
        break;
      case 'drawn':
        await restore(panel);
        break;
      case 'chooseWeights': {
        const weights = await chooseWeights(panel.shown()?.uri);
        if (weights) await panel.post({ type: 'weightsChosen', weights });
        break;
      }
      case 'openRun':
        await open(panel, message.run, message.overlay);
        break;
      case 'renameRun':
        await runs.rename(message.run, message.name);
        break;
      case 'deleteRun':
        await runs.remove(message.run);
        break;
    }
  };

  return vscode.Disposable.from(
    preview.onMessage(({ panel, message }) => void receive(panel, message)),
    runs.onDidChange(() => void list().then(preview.postToAll)),
  );
}
