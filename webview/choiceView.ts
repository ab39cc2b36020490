/** What a profile is to measure: the changed networks beside the model, draws, batch and mode. One row of controls. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { DEEP_MEASURES } from '../src/profile/types.ts';
import type { DeepMeasure } from '../src/profile/types.ts';
import type { ProfileChoice } from '../src/protocol/messages.ts';

export interface ChoiceEvents {
  choose(change: Partial<ProfileChoice>): void;
  /** Asks for a file of weights. */
  chooseWeights(): void;
}

const ABLATIONS: readonly { readonly spelling: string; readonly label: string; readonly title: string }[] = [
  { spelling: 'plain', label: 'plain twin', title: 'Without any skip: additions and projections go' },
  { spelling: 'identity', label: 'projections only', title: 'Identity skips go, projections at transitions stay' },
  { spelling: 'scaled:0.5', label: 'skips × ½', title: 'Every skip scaled by one half' },
  { spelling: 'scale-matched', label: 'scale-matched', title: '(x + F) / √2: tells the topology from the variance' },
];

const DEEP: Readonly<Record<DeepMeasure, { readonly label: string; readonly title: string }>> = {
  paths: { label: 'paths', title: 'The gradient by the number of branches that it came through' },
  shattering: { label: 'shattering', title: 'How alike the gradients of different samples are' },
  jacobian: { label: 'Jacobian', title: 'The spectrum of the stream’s Jacobian' },
};

const SEEDS = [0, 1, 3, 5, 10];
const BATCHES = [0, 2, 4, 8, 16, 32, 64, 128];

/** `block` is the selected one, for a lesion. */
export function choiceView(choice: ProfileChoice, block: string | null, events: ChoiceEvents): TemplateResult {
  const { choose } = events;
  const { ablations, seeds, batch, mode, deep, weights } = choice;
  const toggle = (spelling: string, on: boolean): void =>
    choose({ ablations: on ? [...ablations, spelling] : ablations.filter((one) => one !== spelling) });
  const lesion = ablations.find((one) => one.startsWith('lesion:'))?.slice('lesion:'.length) ?? block;
  const offered = lesion
    ? [
        ...ABLATIONS,
        { spelling: `lesion:${lesion}`, label: `without ${lesion}`, title: 'This block is passed by: y = x' },
      ]
    : ABLATIONS;
  const number = (event: Event): number => Number((event.target as HTMLSelectElement).value);
  const select = (label: string, values: readonly number[], value: number, change: (value: number) => void) => html`
    <label>
      ${label}
      <select @change=${(event: Event) => change(number(event))}>
        ${[...new Set([...values, value])].map(
          (one) => html`<option value=${one} ?selected=${one === value}>${one || 'automatic'}</option>`,
        )}
      </select>
    </label>
  `;
  const check = (label: string, title: string, on: boolean, change: (on: boolean) => void) => html`
    <label title=${title}>
      <input
        type="checkbox"
        .checked=${on}
        @change=${(event: Event) => change((event.target as HTMLInputElement).checked)}
      />${label}
    </label>
  `;
  return html`
    <form class="choice" aria-label="What to measure" @submit=${(event: Event) => event.preventDefault()}>
      <fieldset>
        <legend>Compare with</legend>
        ${offered.map(({ spelling, label, title }) =>
          check(label, title, ablations.includes(spelling), (on) => toggle(spelling, on)),
        )}
      </fieldset>
      <fieldset>
        <legend>Costly, too</legend>
        ${DEEP_MEASURES.map((measure) =>
          check(DEEP[measure].label, DEEP[measure].title, deep.includes(measure), (on) =>
            choose({ deep: DEEP_MEASURES.filter((one) => (one === measure ? on : deep.includes(one))) }),
          ),
        )}
      </fieldset>
      <div class="weights">
        <span>Weights</span>
        <button
          class="flat"
          type="button"
          title="A safetensors file or a PyTorch checkpoint, instead of drawing the weights"
          @click=${() => events.chooseWeights()}
        >
          ${weights?.name ?? 'drawn as the code says…'}
        </button>
        ${
          weights
            ? html`<button
                class="icon"
                type="button"
                aria-label="Draw the weights"
                title="Draw the weights"
                @click=${() => choose({ weights: null })}
              >
                ✕
              </button>`
            : nothing
        }
      </div>
      ${weights ? nothing : select('Weight draws', SEEDS, seeds, (value) => choose({ seeds: value }))}
      ${select('Batch', BATCHES, batch, (value) => choose({ batch: value }))}
      <label>
        Mode
        <select
          @change=${(event: Event) => choose({ mode: (event.target as HTMLSelectElement).value as ProfileChoice['mode'] })}
        >
          <option value="train" ?selected=${mode === 'train'}>train</option>
          <option value="calibrated-eval" ?selected=${mode === 'calibrated-eval'}>calibrated eval</option>
        </select>
      </label>
    </form>
  `;
}
