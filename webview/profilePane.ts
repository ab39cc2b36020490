/** The lower part of the panel: a profile's progress or failure, its report with plots or numbers, the kept runs. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { depthFigures } from '../src/profile/figures/depth.ts';
import { histogramFigures } from '../src/profile/figures/histograms.ts';
import type { Figure } from '../src/profile/figures/figure.ts';
import type { ProfileReport } from '../src/profile/types.ts';
import type { HostMessage, ProfileChoice, ProfileViewState, RunSummary } from '../src/protocol/messages.ts';
import { choiceView } from './choiceView.ts';
import { figureTable } from './figureTable.ts';
import { send } from './host.ts';
import type { PlotsEvents } from './plots.ts';
import { createPlots } from './plots.ts';
import { reportView } from './profileReport.ts';
import type { ProfileRequest } from './profileRunner.ts';
import { Cancelled, createProfileRunner, HandedOver } from './profileRunner.ts';
import { runsView } from './runsView.ts';
import { splitterView } from './splitter.ts';
import './styles/profile.css';

export interface ProfilePaneEvents extends PlotsEvents {
  /** What {@link ProfilePane.view} gives has changed. */
  changed(): void;
  /** Another report is shown, or none. */
  reported(report: ProfileReport | null): void;
  /** The view state that outlives the page. */
  keep(state: ProfileViewState): void;
}

export interface ProfilePane {
  readonly report: ProfileReport | null;
  readonly busy: boolean;
  /** What the next profile is to measure; null before the extension host has said. */
  readonly choice: ProfileChoice | null;
  view(): TemplateResult | typeof nothing;
  receive(message: ProfileMessage): void;
  /** The block that the pointer is over in the graph, and the selected one. */
  mark(hovered: string | null, selected: string | null): void;
  /** Forgets the report: another model is shown. */
  clear(): void;
}

export type ProfileMessage = Extract<
  HostMessage,
  { type: 'profile' | 'cancelProfile' | 'profileEvent' | 'runs' | 'report' | 'weightsChosen' }
>;

interface Shown {
  /** Null until the extension host has kept it. */
  readonly run: string | null;
  readonly report: ProfileReport;
}

const DEFAULT_VIEW: ProfileViewState = { height: 0.5, table: false, runs: false, choice: null };

export function createProfilePane(
  worker: string,
  wasm: string,
  kept: ProfileViewState | undefined,
  events: ProfilePaneEvents,
): ProfilePane {
  const runner = createProfileRunner(worker, wasm);
  let state: ProfileViewState = { ...DEFAULT_VIEW, ...kept };
  let progress: { readonly id: number; readonly text: string; readonly fraction: number } | null = null;
  let failure: string | null = null;
  let open = true;
  let choosing = false;
  let runs: readonly RunSummary[] = [];
  let usual: ProfileChoice | null = null;
  let shown: Shown | null = null;
  let overlaid: readonly { readonly run: string; readonly report: ProfileReport }[] = [];
  let editing: string | null = null;
  let marked: { hovered: string | null; selected: string | null } = { hovered: null, selected: null };
  let figures: readonly Figure[] = [];

  const plots = createPlots(events);

  const keep = (change: Partial<ProfileViewState>): void => {
    state = { ...state, ...change };
    events.keep(state);
    events.changed();
  };

  const nameOf = (run: string | null): string => runs.find(({ id }) => id === run)?.name ?? 'this run';

  const draw = (): void => {
    const named = shown ? [shown, ...overlaid].map(({ run, report }) => ({ name: nameOf(run), report })) : [];
    const path = marked.selected;
    figures = [...depthFigures(named), ...(path === null ? [] : histogramFigures(named, path))];
    plots.show(figures);
  };

  const show = (run: string | null, report: ProfileReport): void => {
    shown = { run, report };
    overlaid = overlaid.filter((one) => one.run !== run);
    failure = null;
    draw();
    events.reported(report);
    events.changed();
  };

  const advance = (id: number, text: string, fraction: number): void => {
    progress = { id, text, fraction };
    events.changed();
  };

  const finish = (report: ProfileReport): void => {
    progress = null;
    overlaid = [];
    show(null, report);
  };

  const fail = (id: number, reason: string, cancelled: boolean): void => {
    if (progress?.id !== id) return;
    progress = null;
    failure = cancelled ? null : reason;
    events.changed();
  };

  /** Here, or in the extension host where it has more threads than a page. */
  const run = async (request: ProfileRequest): Promise<void> => {
    const { id } = request;
    failure = null;
    open = true;
    advance(id, 'Starting', 0);
    try {
      const report = await runner.run(request, (text, fraction) => {
        send({ type: 'profileProgress', id, text, fraction });
        advance(id, text, fraction);
      });
      finish(report);
      send({ type: 'profileDone', id, report });
    } catch (error) {
      if (error instanceof HandedOver) return send({ type: 'profileHandedOver', id, reason: error.reason });
      const cancelled = error instanceof Cancelled;
      const reason = error instanceof Error ? error.message : String(error);
      fail(id, reason, cancelled);
      send({ type: 'profileFailed', id, reason, cancelled });
    }
  };

  const cancel = (id: number): void => {
    if (progress?.id !== id || runner.cancel()) return;
    // One that was handed over is stopped by the extension host, which hears of it.
    fail(id, 'cancelled', true);
    send({ type: 'profileFailed', id, reason: 'cancelled', cancelled: true });
  };

  const progressView = (): TemplateResult | typeof nothing => {
    if (!progress) return nothing;
    const { id, text, fraction } = progress;
    return html`<div class="progress">
      <label for="progress">${text}</label>
      <progress id="progress" max="1" .value=${fraction}></progress>
      <button @click=${() => cancel(id)}>Cancel</button>
    </div>`;
  };

  const toggle = (label: string, on: boolean, change: () => void, title: string): TemplateResult =>
    html`<button class="flat" aria-pressed=${on} title=${title} @click=${change}>${label}</button>`;

  const headerView = (): TemplateResult => html`
    <header>
      <button
        class="icon"
        aria-expanded=${open}
        aria-label="Profile"
        title=${open ? 'Hide the profile' : 'Show the profile'}
        @click=${() => {
          open = !open;
          events.changed();
        }}
      >
        ${open ? '▾' : '▸'}
      </button>
      <h2>${shown?.report.blocks.some((block) => block.gradient) === false ? 'Forward pass' : 'Gradient flow'}</h2>
      ${shown?.run ? html`<span class="dim">${nameOf(shown.run)}</span>` : nothing}
      <span class="spring"></span>
      ${toggle('Measure…', choosing, () => ((choosing = !choosing), events.changed()), 'What the next profile measures')}
      ${toggle('Numbers', state.table, () => keep({ table: !state.table }), 'The plots’ numbers as a table')}
      ${toggle(`Runs (${runs.length})`, state.runs, () => keep({ runs: !state.runs }), 'Kept runs, to show and to compare')}
      <button class="flat" ?disabled=${!shown?.run} title="Save as SVG, PNG, CSV or JSON" @click=${exportShown}>
        Export…
      </button>
    </header>
  `;

  const exportShown = (): void => {
    if (!shown?.run) return;
    const one = plots.enlarged();
    send({
      type: 'exportProfile',
      runs: [shown.run, ...overlaid.map(({ run }) => run)],
      figures: one === null ? null : [one],
      block: marked.selected,
    });
  };

  const currentRuns = (): TemplateResult =>
    runsView(
      { runs, shown: shown?.run ?? null, overlaid: overlaid.map(({ run }) => run), editing },
      {
        show: (id) => send({ type: 'openRun', run: id, overlay: false }),
        overlay(id, on) {
          if (on) return send({ type: 'openRun', run: id, overlay: true });
          overlaid = overlaid.filter((one) => one.run !== id);
          draw();
          events.changed();
        },
        rename: (id, name) => send({ type: 'renameRun', run: id, name }),
        remove: (id) => send({ type: 'deleteRun', run: id }),
        edit(id) {
          editing = id;
          events.changed();
        },
      },
    );

  /** What was kept by an older version lacks what is new. */
  const choice = (): ProfileChoice | null => usual && { ...usual, ...state.choice };

  const bodyView = (): TemplateResult => {
    const chosen = choice();
    return html`
      ${
        choosing && chosen
          ? choiceView(chosen, marked.selected, {
              choose: (change) => keep({ choice: { ...chosen, ...change } }),
              chooseWeights: () => send({ type: 'chooseWeights' }),
            })
          : nothing
      }
      <div class="report">
        <div class="said">
          ${shown ? reportView(shown.report) : nothing}
          <div class="plots-host" ?hidden=${state.table || !shown}>${plots.element}</div>
          ${state.table && shown ? figureTable(figures, marked.selected, events) : nothing}
        </div>
        ${state.runs ? currentRuns() : nothing}
      </div>
    `;
  };

  return {
    get report() {
      return shown?.report ?? null;
    },
    get busy() {
      return progress !== null;
    },
    get choice() {
      return choice();
    },
    view() {
      if (!progress && !shown && !failure && !state.runs) return nothing;
      const isTall = open && (shown !== null || state.runs);
      // A property, since the page's policy allows no style attributes.
      const height = isTall ? `height: ${(state.height * 100).toFixed(1)}%` : '';
      return html`
        ${isTall ? splitterView(state.height, { resize: (height) => keep({ height }) }) : nothing}
        <section class="profile" aria-label="Profile" .style=${height}>
          ${headerView()} ${progressView()}
          ${failure ? html`<p class="error-text" role="alert">The profile could not be made: ${failure}</p>` : nothing}
          <div class="profile-body" ?hidden=${!open}>${bodyView()}</div>
        </section>
      `;
    },
    receive(message) {
      switch (message.type) {
        case 'profile':
          void run(message);
          break;
        case 'cancelProfile':
          cancel(message.id);
          break;
        case 'profileEvent': {
          const { id, event } = message;
          if (event.type === 'progress') advance(id, event.text, event.fraction);
          else if (event.type === 'done') finish(event.report);
          else fail(id, event.reason, false);
          break;
        }
        case 'weightsChosen': {
          const chosen = choice();
          if (chosen) keep({ choice: { ...chosen, weights: message.weights } });
          break;
        }
        case 'runs':
          ({ runs, choice: usual } = message);
          overlaid = overlaid.filter(({ run }) => runs.some(({ id }) => id === run));
          if (shown) draw();
          events.changed();
          break;
        case 'report':
          if (message.overlay) {
            overlaid = [...overlaid.filter(({ run }) => run !== message.run), message];
            draw();
            events.changed();
          } else if (shown?.run === null && progress === null && shown.report.passMs === message.report.passMs) {
            // What was measured just now has been kept, and so has a name.
            shown = { run: message.run, report: shown.report };
            draw();
            events.changed();
          } else {
            show(message.run, message.report);
          }
          break;
      }
    },
    mark(hovered, selected) {
      const isOther = selected !== marked.selected;
      marked = { hovered, selected };
      if (isOther && shown) draw();
      plots.mark(hovered, selected);
    },
    clear() {
      shown = null;
      overlaid = [];
      failure = null;
      draw();
      events.reported(null);
    },
  };
}
