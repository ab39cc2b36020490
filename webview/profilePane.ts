/** The lower part of the panel: a profile's progress, its failure, and its report with the plots. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ProfileReport } from '../src/profile/types.ts';
import { send } from './host.ts';
import { formatNumber } from './metrics.ts';
import type { PlotsEvents } from './plots.ts';
import { createPlots, twinName } from './plots.ts';
import type { ProfileRequest } from './profileRunner.ts';
import { Cancelled, createProfileRunner } from './profileRunner.ts';
import './styles/profile.css';

export interface ProfilePaneEvents extends PlotsEvents {
  /** What {@link ProfilePane.view} gives has changed. */
  changed(): void;
  /** Another report is shown, or none. */
  reported(report: ProfileReport | null): void;
}

export interface ProfilePane {
  readonly report: ProfileReport | null;
  readonly busy: boolean;
  view(): TemplateResult | typeof nothing;
  /** Runs a profile and tells the extension host how it went. */
  run(request: ProfileRequest): Promise<void>;
  cancel(id: number): void;
  show(report: ProfileReport): void;
  /** Forgets the report: another model is shown. */
  clear(): void;
}

export function createProfilePane(worker: string, wasm: string, events: ProfilePaneEvents): ProfilePane {
  const runner = createProfileRunner(worker, wasm);
  const plots = createPlots(events);
  let report: ProfileReport | null = null;
  let progress: { readonly id: number; readonly text: string; readonly fraction: number } | null = null;
  let failure: string | null = null;
  let open = true;

  const toggle = (): void => {
    open = !open;
    events.changed();
  };

  const progressView = (): TemplateResult | typeof nothing =>
    progress
      ? html`<div class="progress">
          <label for="progress">${progress.text}</label>
          <progress id="progress" max="1" .value=${progress.fraction}></progress>
          <button @click=${() => runner.cancel()}>Cancel</button>
        </div>`
      : nothing;

  const reportView = (shown: ProfileReport): TemplateResult =>
    html`<header>
        <button
          class="icon"
          aria-expanded=${open}
          aria-label="Plots"
          title=${open ? 'Hide the plots' : 'Show the plots'}
          @click=${toggle}
        >
          ${open ? '▾' : '▸'}
        </button>
        <h2>${shown.blocks.some((block) => block.gradient) ? 'Gradient flow' : 'Forward pass'}</h2>
        <p class="conditions">${conditions(shown)}</p>
      </header>
      <div class="plots-host" ?hidden=${!open}>${plots.element}</div>`;

  const pane: ProfilePane = {
    get report() {
      return report;
    },
    get busy() {
      return progress !== null;
    },
    view() {
      if (!progress && !report && !failure) return nothing;
      return html`
        <section class="profile" aria-label="Profile">
          ${progressView()}
          ${failure ? html`<p class="error-text" role="alert">The profile could not be made: ${failure}</p>` : nothing}
          ${report ? reportView(report) : nothing}
        </section>
      `;
    },
    async run(request) {
      const { id } = request;
      failure = null;
      open = true;
      progress = { id, text: 'Starting', fraction: 0 };
      events.changed();
      try {
        const result = await runner.run(request, (text, fraction) => {
          progress = { id, text, fraction };
          send({ type: 'profileProgress', id, text, fraction });
          events.changed();
        });
        progress = null;
        pane.show(result);
        send({ type: 'profileDone', id, report: result });
      } catch (error) {
        const cancelled = error instanceof Cancelled;
        const reason = error instanceof Error ? error.message : String(error);
        if (progress?.id === id) progress = null;
        failure = cancelled ? null : reason;
        events.changed();
        send({ type: 'profileFailed', id, reason, cancelled });
      }
    },
    cancel(id) {
      if (progress?.id === id) runner.cancel();
    },
    show(shown) {
      report = shown;
      events.reported(report);
      plots.show(report);
    },
    clear() {
      report = null;
      failure = null;
      plots.show(null);
      events.reported(null);
    },
  };
  return pane;
}

/** What every figure was measured with. */
function conditions(report: ProfileReport): string {
  const { backend, batch, seeds, mode, lossKind, precision, passMs, loss, ablation } = report;
  const device =
    backend.provider === 'webgpu'
      ? `WebGPU (${backend.device}${backend.software ? ', in software' : ''})`
      : 'WebAssembly, 1 thread';
  const losses = {
    'given-labels': 'cross-entropy',
    'random-labels': 'cross-entropy on random labels',
    cotangent: 'random unit cotangent',
  };
  const change = ablation?.paramsChange.toLocaleString('en');
  const parts = [
    device,
    precision,
    `${mode} mode`,
    `batch ${batch}`,
    `${seeds} weight ${seeds === 1 ? 'draw' : 'draws'}`,
    ...(loss === null ? [] : [`${losses[lossKind]}: ${formatNumber(loss)}`]),
    `${formatNumber(passMs)} ms a pass`,
    ...(ablation ? [`${twinName(ablation.kind)}: ${change === '0' ? 'same' : change} parameters`] : []),
  ];
  return `${parts.join(' · ')}${backend.fallbackReason ? ` — no WebGPU: ${backend.fallbackReason}` : ''}`;
}
