/** The kept runs beside the plots: shown, laid over one another, renamed and deleted here. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { RunSummary } from '../src/protocol/messages.ts';

export interface RunsEvents {
  show(run: string): void;
  overlay(run: string, on: boolean): void;
  rename(run: string, name: string): void;
  remove(run: string): void;
  /** A run's name is edited, or no longer. */
  edit(run: string | null): void;
}

export interface RunsState {
  readonly runs: readonly RunSummary[];
  /** The run in the plots, and those laid over it. */
  readonly shown: string | null;
  readonly overlaid: readonly string[];
  readonly editing: string | null;
}

export function runsView(state: RunsState, events: RunsEvents): TemplateResult {
  const { runs } = state;
  return html`
    <aside class="runs" aria-label="Kept runs">
      ${
        runs.length
          ? html`<ul>
              ${runs.map((run) => runView(run, state, events))}
            </ul>`
          : html`<p class="dim">Profiles are kept here.</p>`
      }
    </aside>
  `;
}

function runView(run: RunSummary, state: RunsState, events: RunsEvents): TemplateResult {
  const { id, name, model, file, time, conditions } = run;
  const isShown = id === state.shown;
  const isOver = state.overlaid.includes(id);
  return html`
    <li class=${isShown ? 'shown' : ''}>
      ${
        state.editing === id
          ? nameField(run, events)
          : html`<button
              class="link name"
              aria-current=${isShown}
              title="Show this run"
              @click=${() => events.show(id)}
            >
              ${name}
            </button>`
      }
      <p class="dim">${model} · ${file} · <time datetime=${new Date(time).toISOString()}>${when(time)}</time></p>
      <p class="dim">${conditions}</p>
      <p class="acts">
        ${
          isShown
            ? html`<span class="dim">shown</span>`
            : html`<label
                ><input
                  type="checkbox"
                  .checked=${isOver}
                  @change=${(event: Event) => events.overlay(id, (event.target as HTMLInputElement).checked)}
                />compare</label
              >`
        }
        <span class="spring"></span>
        ${
          state.editing === id
            ? nothing
            : html`<button class="link" aria-label="Rename ${name}" @click=${() => events.edit(id)}>Rename</button>`
        }
        <button class="link" aria-label="Delete ${name}" @click=${() => events.remove(id)}>Delete</button>
      </p>
    </li>
  `;
}

function nameField({ id, name }: RunSummary, events: RunsEvents): TemplateResult {
  const done = (field: HTMLInputElement): void => {
    const wanted = field.value.trim();
    if (wanted && wanted !== name) events.rename(id, wanted);
    events.edit(null);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') done(event.target as HTMLInputElement);
    else if (event.key === 'Escape') events.edit(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<input
    class="name"
    aria-label="Name of the run"
    maxlength="80"
    .value=${name}
    @keydown=${onKey}
    @blur=${(event: Event) => events.edit !== undefined && done(event.target as HTMLInputElement)}
  />`;
}

/** The time of today, else the day. */
function when(time: number): string {
  const then = new Date(time);
  const isToday = then.toDateString() === new Date().toDateString();
  return isToday
    ? then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    : then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}
