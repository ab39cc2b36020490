/** The bar at the top: the model and its figures, what the graph is coloured by, and the profiles. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ModelDocument, ProfileChoice } from '../src/protocol/messages.ts';
import type { ProfileReport } from '../src/profile/types.ts';
import { formatMacs, formatParams } from '../src/view/label.ts';
import { send } from './host.ts';
import type { MetricId } from './metrics.ts';
import { METRICS } from './metrics.ts';

export interface ToolbarState {
  readonly document: ModelDocument | null;
  readonly report: ProfileReport | null;
  readonly metric: MetricId;
  /** A profile is under way. */
  readonly busy: boolean;
  /** What a profile is to measure; null for the settings'. */
  readonly choice: ProfileChoice | null;
}

export interface ToolbarEvents {
  colourBy(metric: MetricId): void;
}

const chosen = (event: Event): string => (event.target as HTMLSelectElement).value;

export function toolbarView(state: ToolbarState, events: ToolbarEvents): TemplateResult {
  const { document, busy, choice } = state;
  const several = document !== null && document.candidates.length > 1;
  const profileButton = (label: string, gradients: boolean): TemplateResult => html`
    <button
      class=${gradients ? 'primary' : ''}
      ?disabled=${!document || busy}
      @click=${() => send({ type: 'requestProfile', gradients, ...(choice && { choice }) })}
    >
      ${label}
    </button>
  `;
  return html`
    <div class="toolbar" role="toolbar" aria-label="Graph">
      <h1 class=${several ? 'unseen' : ''}>${document?.model ?? 'Skipscope'}</h1>
      ${several ? modelSelect(document) : nothing}
      ${
        document
          ? html`<span class="figures">${formatParams(document.cost.params)} · ${formatMacs(document.cost.macs)}</span>`
          : nothing
      }
      <span class="spring"></span>
      ${colourSelect(state, events)}
      <span class="group">${profileButton('Profile forward', false)} ${profileButton('Gradient flow', true)}</span>
    </div>
  `;
}

const modelSelect = ({ model, candidates }: ModelDocument): TemplateResult => html`
  <select
    class="model"
    aria-label="Model"
    .value=${model}
    @change=${(event: Event) => send({ type: 'selectModel', model: chosen(event) })}
  >
    ${[...new Set([model, ...candidates])].map(
      (name) => html`<option value=${name} ?selected=${name === model}>${name}</option>`,
    )}
  </select>
`;

function colourSelect({ document, report, metric }: ToolbarState, { colourBy }: ToolbarEvents): TemplateResult {
  const timed = report?.blocks.some(({ forwardMs }) => forwardMs !== null);
  const offered = METRICS.filter(({ measured, id }) => !measured || (report && (id !== 'time' || timed)));
  return html`
    <label class="colour">
      Colour by
      <select ?disabled=${!document} @change=${(event: Event) => colourBy(chosen(event) as MetricId)}>
        ${offered.map(({ id, label }) => html`<option value=${id} ?selected=${id === metric}>${label}</option>`)}
      </select>
    </label>
  `;
}
