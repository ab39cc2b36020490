/** The views of a comparison: totals, how both networks are drawn, and the list of differences. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { Baseline, ComparedWith, ModelDocument } from '../src/protocol/messages.ts';
import { runNote } from '../src/view/captions.ts';
import type { Comparison } from '../src/view/compare/comparison.ts';
import type { Entry, Total } from '../src/view/compare/difference.ts';
import { describeTotal } from '../src/view/compare/difference.ts';
import { ghostId } from '../src/view/compare/mergedScene.ts';
import type { Line } from '../src/view/compare/list.ts';
import { countsText, linesOf } from '../src/view/compare/list.ts';
import { formatBytes, formatCount, formatMacs, ownCostText } from '../src/view/label.ts';
import { DIFFERENCE_SIGNS } from '../src/view/svg.ts';
import { send } from './host.ts';
import { icon } from './icons.ts';
import type { MenuEntry } from './menu.ts';

export interface ComparisonState {
  readonly comparison: Comparison;
  readonly against: Baseline;
  readonly sideBySide: boolean;
  /** The list is there. */
  readonly listed: boolean;
  readonly selected: string | null;
}

export interface ComparisonEvents {
  setSideBySide(on: boolean): void;
  setListed(on: boolean): void;
  /** Selects an item of the drawing. */
  go(id: string): void;
}

/** What leads to a difference in the drawing: the new item, or the ghost of the old one. */
export const targetOf = ({ a, b }: Entry): string => b?.ids[0] ?? ghostId(a!.ids[0]!);

export function comparisonBar(state: ComparisonState, events: ComparisonEvents): TemplateResult {
  const { comparison, against, sideBySide, listed } = state;
  const { difference } = comparison;
  const total = (name: string, value: Total, format: (value: number) => string): TemplateResult =>
    html`<div>
      <dt>${name}</dt>
      <dd>${describeTotal(value, format)}</dd>
    </div>`;
  const mode = (on: boolean, label: string): TemplateResult => html`
    <button aria-pressed=${sideBySide === on} @click=${() => events.setSideBySide(on)}>${label}</button>
  `;
  return html`
    <section class="comparison" aria-label="Comparison">
      <h2>Compared with ${against.title}</h2>
      <dl>
        ${total('params', difference.params, formatCount)} ${total('MACs', difference.macs, formatMacs)}
        ${total('peak memory', difference.memory, formatBytes)}
      </dl>
      <span class="spring"></span>
      <button aria-pressed=${listed} @click=${() => events.setListed(!listed)}>
        ${countsText(difference) || 'No differences'}
      </button>
      <span class="group" role="group" aria-label="Draw both"
        >${mode(false, 'Merged')} ${mode(true, 'Side by side')}</span
      >
      <button
        class="icon"
        title="Leave the comparison"
        aria-label="Leave the comparison"
        @click=${() => send({ type: 'compare', with: null })}
      >
        ${icon('close')}
      </button>
      ${against.notes.map((note) => html`<p class="note">${note}</p>`)}
    </section>
  `;
}

const onKey = (event: KeyboardEvent): void => {
  const list = event.currentTarget as HTMLElement;
  const entries = [...list.querySelectorAll<HTMLElement>('button')];
  const at = entries.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 };
  const to = steps[event.key];
  if (to === undefined || !entries[to]) return;
  event.preventDefault();
  entries[to].focus();
};

export function differenceList(state: ComparisonState, events: ComparisonEvents): TemplateResult | typeof nothing {
  if (!state.listed) return nothing;
  const lines = linesOf(state.comparison.difference);
  return html`
    <nav class="differences" aria-label="Differences">
      ${
        lines.length
          ? html`<ol @keydown=${onKey}>
              ${lines.map((line) => html`<li>${lineView(line, state, events)}</li>`)}
            </ol>`
          : html`<p>Both networks are the same.</p>`
      }
    </nav>
  `;
}

function lineView(line: Line, { selected }: ComparisonState, events: ComparisonEvents): TemplateResult {
  const { kind, entry, count, first, last } = line;
  const id = targetOf(entry);
  const isHere = [...(entry.b?.ids ?? []), ...(entry.a?.ids ?? []).map(ghostId)].includes(selected ?? '');
  const sign = kind === 'moved' ? '→' : DIFFERENCE_SIGNS[kind];
  const name = count > 1 ? runNote(first, last) : first || line.class;
  return html`
    <button aria-current=${isHere ? 'true' : nothing} @click=${() => events.go(id)}>
      <span class="difference-sign ${kind}" aria-hidden="true">${sign}</span>
      <span class="name"
        ><span class="unseen">${kind} </span>${name}${count > 1 ? html` <b>×${count}</b>` : nothing}</span
      >
      <span class="class">${name === line.class ? '' : line.class}</span>
      ${line.changes.map((text) => html`<span class="change">${text}</span>`)}
      ${kind === 'added' || kind === 'removed' ? html`<span class="change">${costOf(entry)}</span>` : nothing}
    </button>
  `;
}

const costOf = ({ a, b }: Entry): string => ownCostText((b ?? a)!);

/** Of the block that an item of the new network belongs to. */
export function changesOf({ difference, a, b }: Comparison, id: string): readonly string[] {
  const around = (outline: Comparison['a']['outline'], from: string): readonly string[] => {
    const up = outline.parentOf.get(from);
    return [from, ...(up ? around(outline, up.id) : [])];
  };
  const [own, old] = [around(b.outline, id), around(a.outline, id.slice(1))];
  const entry = difference.entries.find(
    ({ a: before, b: after }) =>
      after?.ids.some((one) => own.includes(one)) || (!after && before!.ids.some((one) => old.includes(one))),
  );
  return !entry || entry.kind === 'same' ? [] : [entry.kind, ...entry.changes];
}

const ask = (what: ComparedWith | null) => (): void => send({ type: 'compare', with: what });

/** Entries of the panel's menu: an ONNX file has no source that Git could show, and one model. */
export const comparisonMenu = ({ hasSource }: ModelDocument, isComparing: boolean): readonly MenuEntry[] => [
  ...(hasSource
    ? [
        { label: 'Compare with Git HEAD', run: ask('head') },
        { label: 'Compare with a revision…', run: ask('revision') },
        { label: 'Compare with another model…', run: ask('model') },
      ]
    : []),
  { label: 'Compare with a file…', run: ask('file') },
  ...(isComparing ? [{ label: 'Leave the comparison', run: ask(null) }] : []),
];
