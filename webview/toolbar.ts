/** The bar at the top: the model and its figures, what the graph is coloured by, the profiles, and a menu for the rest. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ModelDocument, ProfileChoice } from '../src/protocol/messages.ts';
import type { ProfileReport } from '../src/profile/types.ts';
import { formatMacs, formatParams } from '../src/view/label.ts';
import { send } from './host.ts';
import { icon } from './icons.ts';
import type { MenuEntry } from './menu.ts';
import { menuView } from './menu.ts';
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
  /** The list of problems, where there are any. */
  readonly problems: unknown;
  /** The outline stands beside the drawing. */
  readonly outline: boolean;
  /** There is nobody to make a profile. */
  readonly alone: boolean;
  /** Entries of the menu, in groups. */
  readonly menu: readonly (readonly MenuEntry[])[];
}

export interface ToolbarEvents {
  colourBy(metric: MetricId): void;
  find(): void;
  toggleOutline(): void;
}

const chosen = (event: Event): string => (event.target as HTMLSelectElement).value;

export function toolbarView(state: ToolbarState, events: ToolbarEvents): TemplateResult {
  const { document, busy, choice, problems, menu, alone } = state;
  const several = document !== null && document.candidates.length > 1;
  const cannot = !document || busy;
  const { params, paramsAtLeast, macs } = document?.cost ?? { params: 0, paramsAtLeast: false, macs: null };
  const figures = document ? `${formatParams(params, paramsAtLeast)} · ${formatMacs(macs)}` : '';
  const profile = (gradients: boolean): void => send({ type: 'requestProfile', gradients, ...(choice && { choice }) });
  const profiles: readonly MenuEntry[] = [
    { label: 'Profile forward pass', disabled: cannot, run: () => profile(false) },
    { label: 'Profile gradient flow', disabled: cannot, run: () => profile(true) },
  ];
  return html`
    <div class="toolbar" role="toolbar" aria-label="Graph">
      <button
        class="icon"
        title="Outline (O)"
        aria-label="Outline"
        aria-pressed=${state.outline}
        ?disabled=${!document}
        @click=${events.toggleOutline}
      >
        ${icon('tree')}
      </button>
      <h1 class=${several ? 'unseen' : ''}>${document?.model ?? 'Skipscope'}</h1>
      ${several ? modelSelect(document) : nothing}
      ${document ? html`<span class="figures" title=${figures}>${figures}</span>` : nothing} ${problems}
      <span class="spring"></span>
      ${colourSelect(state, events)} ${alone ? nothing : profileButtons(cannot, profile)}
      <span class="group">
        <button class="icon" title="Find (/)" aria-label="Find" ?disabled=${!document} @click=${events.find}>
          ${icon('search')}
        </button>
        ${menuView('more', 'More', icon('more'), alone ? menu : [...menu, profiles])}
      </span>
    </div>
  `;
}

const profileButtons = (disabled: boolean, profile: (gradients: boolean) => void): TemplateResult => html`
  <span class="group profiles">
    <button class="wide-only" ?disabled=${disabled} @click=${() => profile(false)}>Profile forward</button>
    <button class="primary" ?disabled=${disabled} @click=${() => profile(true)}>Gradient flow</button>
  </span>
`;

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
  const offered = METRICS.filter(({ read }) => !read || report?.blocks.some((block) => read(block) !== null));
  return html`
    <label class="colour" title="Colour by">
      <span>Colour by</span>
      <select ?disabled=${!document} @change=${(event: Event) => colourBy(chosen(event) as MetricId)}>
        ${offered.map(({ id, label }) => html`<option value=${id} ?selected=${id === metric}>${label}</option>`)}
      </select>
    </label>
  `;
}
