/** The search field over the drawing: how many items match, and going from one to the next. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { searchItems } from '../src/view/search.ts';
import type { Outline } from '../src/view/outline.ts';
import { icon } from './icons.ts';

export interface FindEvents {
  /** What {@link Find.view} gives, or the hits, have changed. */
  changed(): void;
  /** An item that shall be seen, wherever it hides. */
  show(id: string): void;
  /** The field was closed by the keyboard: the focus goes back to the drawing. */
  closed(): void;
}

export interface Find {
  readonly hits: ReadonlySet<string>;
  readonly current: string | null;
  open(): void;
  close(): void;
  /** Another network, or another state of it, is searched. */
  search(outline: Outline | null): void;
  view(): TemplateResult | typeof nothing;
}

export function createFind(host: HTMLElement, events: FindEvents): Find {
  let outline: Outline | null = null;
  let isOpen = false;
  let text = '';
  let hits: readonly string[] = [];
  let at = -1;
  /** The hit where one was last, also while the field is closed. */
  let last = '';

  const look = (): void => {
    hits = isOpen && outline ? searchItems(outline, text) : [];
    at = hits.indexOf(last);
  };
  const go = (step: number): void => {
    if (!hits.length) return;
    at = (at < 0 ? (step > 0 ? 0 : -1) : at + step) % hits.length;
    if (at < 0) at += hits.length;
    last = hits[at]!;
    events.changed();
    events.show(last);
  };
  const type = (event: InputEvent): void => {
    text = (event.target as HTMLInputElement).value;
    last = '';
    look();
    events.changed();
    if (hits.length) go(1);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') go(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') {
      find.close();
      events.closed();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const count = (): string => {
    if (!text.trim()) return '';
    return hits.length ? `${at + 1} of ${hits.length}` : 'nothing found';
  };

  const find: Find = {
    get hits() {
      return new Set(hits);
    },
    get current() {
      return hits[at] ?? null;
    },
    open() {
      isOpen = true;
      look();
      events.changed();
      const field = host.querySelector<HTMLInputElement>('.find input');
      field?.focus();
      field?.select();
    },
    close() {
      isOpen = false;
      look();
      events.changed();
    },
    search(next) {
      outline = next;
      look();
    },
    view() {
      if (!isOpen) return nothing;
      return html`
        <search class="find" @keydown=${onKey}>
          <input
            type="search"
            aria-label="Find in the graph"
            placeholder="Name, class, operator or [*, 256, 14, 14]"
            spellcheck="false"
            .value=${text}
            @input=${type}
          />
          <span class="count" role="status">${count()}</span>
          <button
            class="icon"
            title="Previous (Shift+Enter)"
            aria-label="Previous match"
            ?disabled=${!hits.length}
            @click=${() => go(-1)}
          >
            ${icon('up')}
          </button>
          <button
            class="icon"
            title="Next (Enter)"
            aria-label="Next match"
            ?disabled=${!hits.length}
            @click=${() => go(1)}
          >
            ${icon('down')}
          </button>
          <button class="icon" title="Close (Esc)" aria-label="Close search" @click=${() => find.close()}>
            ${icon('close')}
          </button>
        </search>
      `;
    },
  };
  return find;
}
