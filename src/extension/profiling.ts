/** Profiles the model in a panel: traces it with a batch, lets the panel or a process run it, keeps the report. */

import * as vscode from 'vscode';
import type { InputSpec } from '../frontends/types.ts';
import type { Diagnostic } from '../ir/diagnostic.ts';
import { affordableBatch, affordableSeeds } from '../profile/effort.ts';
import { parseAblation } from '../profile/spelling.ts';
import type { Ablation, ProfileOptions, ProfileReport } from '../profile/types.ts';
import type { PanelMessage, ProfileChoice, GivenWeights } from '../protocol/messages.ts';
import type { ModelSource } from './modelSource.ts';
import { isOnnx } from './modelSource.ts';
import { nameOf } from './locations.ts';
import type { Panel } from './panel.ts';
import type { Preview } from './preview.ts';
import { createHostRunner } from './profiler/runner.ts';
import type { Runs } from './runs.ts';
import { readSettings } from './settings.ts';
import type { Traced, Tracing } from './tracing.ts';
import { readWeights, weightsIn } from './weights.ts';

/** What the figures of a profile say of the lines of a file. */
export interface Profiled {
  readonly uri: vscode.Uri;
  /** Of the document that was profiled. */
  readonly version: number;
  readonly findings: readonly Diagnostic[];
}

export interface Profiling extends vscode.Disposable {
  readonly onDidProfile: vscode.Event<Profiled>;
  /** Resolves with null when it was cancelled or failed; the user has been told. */
  profile(
    source: ModelSource,
    model: string | null,
    gradients: boolean,
    choice?: ProfileChoice,
  ): Promise<ProfileReport | null>;
  /** Stops whatever is being profiled. */
  cancel(): void;
}

/** What is measured unless the user says otherwise. */
export const usualChoice = (): ProfileChoice => {
  const { batch, seeds, ablations } = readSettings();
  return { batch, seeds, ablations, mode: 'train', deep: [], weights: null };
};

/** Those that are spelled right and, for one block, name a block that is there. */
const ablationsOf = ({ ablations }: ProfileChoice, { analysis }: Traced): Ablation[] => {
  const paths = new Set(analysis?.blocks.map(({ path }) => path));
  return ablations.flatMap((text) => {
    const ablation = parseAblation(text);
    const at = ablation?.kind === 'lesion' ? ablation.block : ablation?.at;
    return ablation && (at === undefined || paths.has(at)) ? [ablation] : [];
  });
};

const withBatch = (inputs: readonly InputSpec[], batch: number): InputSpec[] =>
  inputs.some(({ isFixed }) => isFixed)
    ? [...inputs]
    : inputs.map((input) => ({ ...input, shape: input.shape.map((length, axis) => (axis === 0 ? batch : length)) }));

type Outcome = Extract<PanelMessage, { type: 'profileDone' | 'profileFailed' }>;

export const createProfiling = (
  /** dist/profiler.mjs */
  script: string,
  tracing: Tracing,
  preview: Preview,
  runs: Runs,
  log: vscode.LogOutputChannel,
): Profiling => {
  const profiled = new vscode.EventEmitter<Profiled>();
  let lastId = 0;
  const host = createHostRunner(script);
  const running = new Set<vscode.CancellationTokenSource>();
  const tellWhetherRunning = (): void =>
    void vscode.commands.executeCommand('setContext', 'skipscope.isProfiling', running.size > 0);

  /** Lets the panel run one profile, or the process where the panel has no GPU; passes on progress and cancellation. */
  const runProfile = (
    panel: Panel,
    traced: Traced,
    options: ProfileOptions,
    weights: GivenWeights | null,
    progress: vscode.Progress<{ message: string }>,
    token: vscode.CancellationToken,
  ): Promise<Outcome> =>
    new Promise((resolve) => {
      const id = ++lastId;
      const graph = traced.result.graph!;
      const { blocks } = traced.analysis!;
      let handedOver = false;
      const finish = (outcome: Outcome): void => {
        if (handedOver && outcome.type === 'profileFailed') host.cancel();
        for (const subscription of subscriptions) subscription.dispose();
        resolve(outcome);
      };
      const fail = (reason: string, cancelled: boolean): void =>
        finish({ type: 'profileFailed', id, reason, cancelled });
      const runHere = (fallbackReason: string | null): void => {
        handedOver = true;
        host.run({ graph, blocks, options, weights, fallbackReason }, (event) => {
          void panel.post({ type: 'profileEvent', id, event });
          if (event.type === 'progress') progress.report({ message: event.text });
          else if (event.type === 'done') finish({ type: 'profileDone', id, report: event.report });
          else fail(event.reason, false);
        });
      };
      const subscriptions = [
        panel.onMessage((message) => {
          if (!('id' in message) || message.id !== id) return;
          if (message.type === 'profileProgress') progress.report({ message: message.text });
          else if (message.type === 'profileHandedOver') runHere(message.reason);
          else if (message.type !== 'rasterised') finish(message);
        }),
        panel.onGone(() => {
          if (!handedOver) fail('the preview was closed or hidden', false);
        }),
        token.onCancellationRequested(() => {
          void panel.post({ type: 'cancelProfile', id });
          fail('cancelled', true);
        }),
      ];
      const { backend, allowSoftware } = readSettings();
      void panel
        .post({ type: 'profile', id, options, graph, blocks, weights, backend, allowSoftware, canHandOver: true })
        .then((received) => {
          if (!received) fail('the preview is not visible', false);
        });
    });

  const profile: Profiling['profile'] = async (source, model, gradients, choice = usualChoice()) => {
    const { panel, traced: shown } = await preview.open(source, model);
    if (!shown?.result.graph || shown.result.model === null) {
      const reason = shown?.result.diagnostics[0]?.message ?? 'no model was found';
      void vscode.window.showErrorMessage(`Skipscope cannot profile this file: ${reason}`);
      return null;
    }
    const { model: expression, graph } = shown.result;
    const title = `${gradients ? 'Gradient flow' : 'Forward pass'} of ${expression}`;
    const cancellation = new vscode.CancellationTokenSource();
    running.add(cancellation);
    tellWhetherRunning();
    const { token } = cancellation;
    // In the status bar: the panel shows how far it is, and a notification would lie over that.
    const measuring = vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title },
      async (progress) => {
        const training = choice.mode === 'train';
        progress.report({ message: `tracing in ${training ? 'training' : 'evaluation'} mode` });
        const affordable = affordableBatch(graph);
        const batch = choice.batch || affordable;
        const inputs = withBatch(shown.result.inputs, batch);
        const traced = await tracing.trace(source, { model: expression, inputs, training });
        if (!traced?.result.graph || !traced.analysis) {
          const reason = traced?.result.diagnostics[0]?.message ?? 'the model changed while it was traced';
          return { type: 'profileFailed', id: 0, reason, cancelled: false } as const;
        }
        await panel.whenReady();
        const options: ProfileOptions = {
          gradients,
          seeds: choice.seeds || affordableSeeds(affordable),
          // A network that is no classifier gets a random cotangent in their place.
          loss: 'random-labels',
          histograms: true,
          calibrate: !training,
          ...(gradients && { ablations: ablationsOf(choice, traced), deep: choice.deep }),
        };
        try {
          const file = choice.weights ?? (isOnnx(source) ? weightsIn(source.uri) : null);
          const weights = file && (await readWeights(file, traced.result.graph));
          return await runProfile(panel, traced, options, weights, progress, token);
        } catch (error) {
          return { type: 'profileFailed', id: 0, reason: (error as Error).message, cancelled: false } as const;
        }
      },
    );
    const outcome = await Promise.resolve(measuring).finally(() => {
      running.delete(cancellation);
      tellWhetherRunning();
      cancellation.dispose();
    });
    if (outcome.type === 'profileDone') {
      const report = { ...outcome.report, model: expression };
      log.info(`${title}: ${report.passMs.toFixed(1)} ms a pass on ${report.backend.provider}`);
      const { uri } = source;
      profiled.fire({ uri, version: shown.version, findings: report.findings });
      const of = { uri: uri.toString(), file: nameOf(uri), model: expression };
      await runs.keep(of, report).then(
        ({ id }) => panel.post({ type: 'report', run: id, report, overlay: false }),
        (error: unknown) => log.warn(`the profile cannot be kept: ${String(error)}`),
      );
      return report;
    }
    log.info(`${title}: ${outcome.reason}`);
    if (!outcome.cancelled) void vscode.window.showErrorMessage(`${title} was not measured: ${outcome.reason}`);
    return null;
  };

  return {
    profile,
    cancel: () => running.forEach((each) => each.cancel()),
    onDidProfile: profiled.event,
    dispose: () => {
      host.dispose();
      profiled.dispose();
    },
  };
};
