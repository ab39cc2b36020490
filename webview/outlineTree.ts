/** The outline as a tree beside the drawing: stages, blocks, operations. For the keyboard, and for screen readers at all times. */

import { html, nothing, render } from 'lit';
import type { TemplateResult } from 'lit';
import type { Item } from '../src/view/item.ts';
import { formatFeature } from '../src/view/label.ts';
import type { Outline } from '../src/view/outline.ts';
import { describe } from './describe.ts';
import './styles/outline.css';

export interface OutlineTreeEvents {
  select(id: string): void;
  openSource(id: string): void;
  close(): void;
}

export interface OutlineTree {
  readonly element: HTMLElement;
  /** What is opened in the tree stays open while the items are there. */
  show(outline: Outline): void;
  /** Opens what hides the item, and brings it into view. */
  select(id: string | null): void;
  focus(): void;
}

interface Row {
  readonly item: Item;
  readonly level: number;
  readonly at: number;
  readonly of: number;
}

/** Letters typed within this time are one word (ms). */
const TYPING = 700;

export function createOutlineTree(events: OutlineTreeEvents): OutlineTree {
  const element = document.createElement('aside');
  element.className = 'outline';
  element.setAttribute('aria-label', 'Outline');
  let outline: Outline | null = null;
  let selected: string | null = null;
  /** The item that the Tab key reaches. */
  let current: string | null = null;
  const opened = new Set<string>();
  let typed = { text: '', time: 0 };

  /** What is open is filled; the rest is filled when it opens. */
  const rows = (): readonly Row[] => {
    const found: Row[] = [];
    const walk = (items: readonly Item[], level: number): void =>
      items.forEach((item, at) => {
        found.push({ item, level, at: at + 1, of: items.length });
        if (opened.has(item.id)) walk(item.children, level + 1);
      });
    walk(outline?.root.children ?? [], 1);
    return found;
  };

  const update = (): void => {
    const all = rows();
    if (!all.some(({ item }) => item.id === current)) current = all[0]?.item.id ?? null;
    render(
      html`<header>
          <h2>Outline</h2>
          <button class="icon" title="Close" aria-label="Close the outline" @click=${() => events.close()}>✕</button>
        </header>
        <ul role="tree" aria-label="Blocks and operations" @keydown=${press}>
          ${all.map(rowView)}
        </ul>`,
      element,
    );
  };

  const rowView = ({ item, level, at, of }: Row): TemplateResult => {
    const isGroup = item.children.length > 0;
    const isOpen = opened.has(item.id);
    const count = item.run ? ` ×${item.run.count}` : '';
    return html`<li
      role="treeitem"
      data-id=${item.id}
      class=${item.problem ? 'wrong' : ''}
      aria-level=${level}
      aria-posinset=${at}
      aria-setsize=${of}
      aria-expanded=${isGroup ? String(isOpen) : nothing}
      aria-selected=${item.id === selected}
      tabindex=${item.id === current ? 0 : -1}
      .style=${`--level: ${level}`}
      @click=${(event: MouseEvent) => choose(item, (event.target as Element).closest('.twist') !== null)}
      @dblclick=${() => events.openSource(item.id)}
    >
      <span class="unseen">${describe(item, isOpen)}</span>
      <span class="seen" aria-hidden="true">
        <span class="twist">${isGroup ? (isOpen ? '▾' : '▸') : ''}</span>
        <span class="name">${item.label}${count}</span>
        <span class="path">${item.path === item.label ? '' : item.path}</span>
        <span class="shape">${item.outputShape ? formatFeature(item.outputShape) : ''}</span>
      </span>
    </li>`;
  };

  const setOpen = (item: Item, open: boolean): void => {
    if (open) opened.add(item.id);
    else opened.delete(item.id);
    update();
  };

  const choose = (item: Item, twists: boolean): void => {
    current = item.id;
    if (twists) setOpen(item, !opened.has(item.id));
    else events.select(item.id);
  };

  const move = (id: string | undefined): void => {
    if (id === undefined) return;
    current = id;
    update();
    rowOf(id)?.focus();
  };

  const rowOf = (id: string): HTMLElement | null => element.querySelector(`[data-id="${CSS.escape(id)}"]`);

  const press = (event: KeyboardEvent): void => {
    const all = rows();
    const at = all.findIndex(({ item }) => item.id === current);
    const item = all[at]?.item;
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts: Readonly<Record<string, () => void>> = {
      ArrowDown: () => move(all[at + 1]?.item.id),
      ArrowUp: () => move(all[at - 1]?.item.id),
      Home: () => move(all[0]?.item.id),
      End: () => move(all.at(-1)?.item.id),
      ArrowRight: () => {
        if (!item.children.length) return;
        if (opened.has(item.id)) move(item.children[0]!.id);
        else setOpen(item, true);
      },
      ArrowLeft: () => {
        if (opened.has(item.id)) setOpen(item, false);
        else {
          const parent = outline?.parentOf.get(item.id);
          if (parent && parent.role !== 'model') move(parent.id);
        }
      },
      Enter: () => events.openSource(item.id),
      ' ': () => events.select(item.id),
    };
    const act = acts[event.key];
    if (act) act();
    else if (event.key.length === 1) find(all, at, event.key);
    else return;
    // Keys of the whole panel have another meaning.
    event.preventDefault();
    event.stopPropagation();
  };

  /** The next row whose name or path begins with what has been typed. */
  const find = (all: readonly Row[], at: number, letter: string): void => {
    const now = performance.now();
    typed = { text: now - typed.time < TYPING ? typed.text + letter.toLowerCase() : letter.toLowerCase(), time: now };
    const from = typed.text.length > 1 ? at : at + 1;
    const found = [...all.slice(from), ...all.slice(0, from)].find(({ item }) =>
      [item.label, item.path].some((name) => name.toLowerCase().startsWith(typed.text)),
    );
    move(found?.item.id);
  };

  return {
    element,
    show(next) {
      outline = next;
      for (const id of opened) if (!next.items.has(id)) opened.delete(id);
      update();
    },
    select(id) {
      if (id === selected) return;
      selected = id;
      if (id !== null && outline) {
        for (let group = outline.parentOf.get(id); group; group = outline.parentOf.get(group.id)) opened.add(group.id);
        current = id;
      }
      update();
      if (id !== null) rowOf(id)?.scrollIntoView({ block: 'nearest' });
    },
    focus: () => (current === null ? null : rowOf(current))?.focus(),
  };
}
