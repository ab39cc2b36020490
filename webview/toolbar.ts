/** The bar at the top: the model and its figures, the profiles, and a menu for the rest. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ModelDocument, ProfileChoice } from '../src/protocol/messages.ts';
import { costText } from '../src/view/label.ts';
import { send } from './host.ts';
import { icon } from './icons.ts';
import type { MenuEntry } from './menu.ts';
import { menuView } from './menu.ts';

export interface ToolbarState {
  readonly document: ModelDocument | null;
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
  find(): void;
  toggleOutline(): void;
}

const chosen = (event: Event): string => (event.target as HTMLSelectElement).value;

export function toolbarView(state: ToolbarState, events: ToolbarEvents): TemplateResult {
  const { document, busy, choice, problems, menu, alone } = state;
  const several = document !== null && document.candidates.length > 1;
  const cannot = !document || busy;
  const figures = document ? costText(document.cost) : '';
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
      ${alone ? nothing : profileButtons(cannot, profile)}
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
  <span class="group">
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
