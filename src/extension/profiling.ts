/** Profiles the model in the panel: traces it in training mode with a batch, lets the panel run it, keeps the report. */

import * as vscode from 'vscode';
import type { InputSpec } from '../frontends/types.ts';
import type { Graph } from '../ir/graph.ts';
import { isFloat } from '../ir/type.ts';
import type { ProfileOptions, ProfileReport } from '../profile/types.ts';
import type { PanelMessage } from '../protocol/messages.ts';
import type { Preview } from './panel.ts';
import { readSettings } from './settings.ts';
import type { Traced, Tracing } from './tracing.ts';

export interface Profiling extends vscode.Disposable {
  /** Resolves with null when it was cancelled or failed; the user has been told. */
  profile(document: vscode.TextDocument, model: string | null, gradients: boolean): Promise<ProfileReport | null>;
}

/** Multiply-accumulates of a forward pass whose profile takes some seconds on one thread of wasm. */
const budget = 2e9;

/**
 * Batch and number of weight draws. Left to Skipscope: 32 samples and 5 draws where the budget allows, for a big
 * network fewer samples (never one: batch statistics need more) and a single draw.
 */
const chooseEffort = ({ result, analysis }: Traced): { batch: number; seeds: number } => {
  const { batch, seeds } = readSettings();
  const traced = result.inputs[0]?.shape[0] ?? 1;
  const perSample = (analysis?.cost.macs ?? 0) / traced;
  let chosen = 32;
  while (chosen > 2 && chosen * perSample > budget) chosen /= 2;
  return { batch: batch || chosen, seeds: seeds || (chosen === 32 ? 5 : 1) };
};

/** Cross-entropy on random labels for a classifier, whose single output is [batch, classes]; else a random cotangent. */
const chooseLoss = ({ outputs, values }: Graph): ProfileOptions['loss'] => {
  const types = outputs.map((id) => values[id]!.type);
  return types.length === 1 && types[0]!.shape?.length === 2 && isFloat(types[0]!.dtype)
    ? 'random-labels'
    : 'cotangent';
};

const withBatch = (inputs: readonly InputSpec[], batch: number): InputSpec[] =>
  inputs.map((input) => ({ ...input, shape: input.shape.map((length, axis) => (axis === 0 ? batch : length)) }));

type Outcome = Extract<PanelMessage, { type: 'profileDone' | 'profileFailed' }>;

export const createProfiling = (tracing: Tracing, preview: Preview, log: vscode.LogOutputChannel): Profiling => {
  let lastId = 0;
  let last: { readonly uri: string; readonly model: string; readonly report: ProfileReport } | null = null;

  const restoring = preview.onMessage(({ type }) => {
    const shown = preview.shown();
    if (type !== 'ready' || !last || last.uri !== shown?.uri.toString()) return;
    if (last.model === shown.traced?.result.model) void preview.post({ type: 'report', report: last.report });
  });

  /** Lets the panel run one profile, and passes on its progress and the user's wish to stop. */
  const runInPanel = (
    traced: Traced,
    options: ProfileOptions,
    progress: vscode.Progress<{ message: string; increment: number }>,
    token: vscode.CancellationToken,
  ): Promise<Outcome> =>
    new Promise((resolve) => {
      const id = ++lastId;
      let told = 0;
      const finish = (outcome: Outcome): void => {
        for (const subscription of subscriptions) subscription.dispose();
        resolve(outcome);
      };
      const fail = (reason: string, cancelled: boolean): void =>
        finish({ type: 'profileFailed', id, reason, cancelled });
      const subscriptions = [
        preview.onMessage((message) => {
          if (!('id' in message) || message.id !== id) return;
          if (message.type === 'profileProgress') {
            const percent = Math.round(message.fraction * 100);
            progress.report({ message: message.text, increment: Math.max(0, percent - told) });
            told = Math.max(told, percent);
          } else {
            finish(message);
          }
        }),
        preview.onGone(() => fail('the preview was closed or hidden', false)),
        token.onCancellationRequested(() => {
          void preview.post({ type: 'cancelProfile', id });
          fail('cancelled', true);
        }),
      ];
      const { backend, allowSoftware } = readSettings();
      const { result, analysis } = traced;
      void preview
        .post({
          type: 'profile',
          id,
          options,
          graph: result.graph!,
          blocks: analysis!.blocks,
          backend,
          allowSoftware,
        })
        .then((received) => {
          if (!received) fail('the preview is not visible', false);
        });
    });

  const profile: Profiling['profile'] = async (document, model, gradients) => {
    const shown = await preview.open(document, model);
    if (!shown?.result.graph || shown.result.model === null) {
      const reason = shown?.result.diagnostics[0]?.message ?? 'no model was found';
      void vscode.window.showErrorMessage(`Skipscope cannot profile this file: ${reason}`);
      return null;
    }
    const expression = shown.result.model;
    const title = `${gradients ? 'Gradient flow' : 'Forward pass'} of ${expression}`;
    const location = vscode.ProgressLocation.Notification;
    const outcome = await vscode.window.withProgress(
      { location, title, cancellable: true },
      async (progress, token) => {
        progress.report({ message: 'tracing in training mode' });
        const { batch, seeds } = chooseEffort(shown);
        const inputs = withBatch(shown.result.inputs, batch);
        const traced = await tracing.trace(document, { model: expression, inputs, training: true });
        if (!traced?.result.graph || !traced.analysis) {
          const reason = traced?.result.diagnostics[0]?.message ?? 'the model changed while it was traced';
          return { type: 'profileFailed', id: 0, reason, cancelled: false } as const;
        }
        await preview.whenReady();
        const options: ProfileOptions = {
          gradients,
          seeds,
          loss: chooseLoss(traced.result.graph),
          ...(gradients ? { ablations: [{ kind: 'plain' as const }] } : {}),
        };
        return runInPanel(traced, options, progress, token);
      },
    );
    if (outcome.type === 'profileDone') {
      last = { uri: document.uri.toString(), model: expression, report: outcome.report };
      log.info(`${title}: ${outcome.report.passMs.toFixed(1)} ms a pass on ${outcome.report.backend.provider}`);
      return outcome.report;
    }
    log.info(`${title}: ${outcome.reason}`);
    if (!outcome.cancelled) void vscode.window.showErrorMessage(`${title} was not measured: ${outcome.reason}`);
    return null;
  };

  return { profile, dispose: () => restoring.dispose() };
};
