/** The keys that work anywhere in the panel, and the page that explains all of them. */

import type { TemplateResult } from 'lit';
import { html } from 'lit';

export interface PanelActions {
  find(): void;
  help(): void;
  togglePaths(): void;
  toggleMinimap(): void;
  toggleOutline(): void;
  zoomBy(factor: number): void;
  fit(): void;
  /** Selects what the selection reads from, or what reads it. */
  follow(direction: 'from' | 'to'): void;
  clear(): void;
}

interface Key {
  readonly keys: readonly string[];
  readonly shown: string;
  readonly meaning: string;
  /** Absent for keys that the drawing itself takes. */
  act?(actions: PanelActions): void;
}

const KEYS: readonly Key[] = [
  { keys: [], shown: '↑ ↓ ← →', meaning: 'go to the node in that direction; Home and End: the first and the last' },
  { keys: [], shown: 'Space', meaning: 'open or close the group' },
  { keys: [], shown: 'Enter', meaning: 'go to its source' },
  { keys: ['Shift+ArrowUp'], shown: 'Shift+↑', meaning: 'go to what it reads from', act: (a) => a.follow('from') },
  { keys: ['Shift+ArrowDown'], shown: 'Shift+↓', meaning: 'go to what reads it', act: (a) => a.follow('to') },
  {
    keys: ['p'],
    shown: 'P',
    meaning: 'light up all paths through it, from the input to the output',
    act: (a) => a.togglePaths(),
  },
  { keys: ['/', 'Control+f', 'Meta+f'], shown: '/ or Ctrl+F', meaning: 'find', act: (a) => a.find() },
  { keys: ['+', '='], shown: '+', meaning: 'zoom in', act: (a) => a.zoomBy(1.25) },
  { keys: ['-'], shown: '−', meaning: 'zoom out', act: (a) => a.zoomBy(0.8) },
  { keys: ['0'], shown: '0', meaning: 'fit the whole graph', act: (a) => a.fit() },
  { keys: ['o'], shown: 'O', meaning: 'show or hide the outline', act: (a) => a.toggleOutline() },
  { keys: ['m'], shown: 'M', meaning: 'show or hide the map', act: (a) => a.toggleMinimap() },
  { keys: ['Escape'], shown: 'Esc', meaning: 'select nothing', act: (a) => a.clear() },
  { keys: ['?'], shown: '?', meaning: 'this page', act: (a) => a.help() },
];

const typesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, select, textarea, dialog, [popover]') !== null;

/** Listens on the whole page; what is typed into a field stays there. */
export function listenForKeys(actions: PanelActions): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey) return;
    const control = event.ctrlKey ? 'Control+' : event.metaKey ? 'Meta+' : '';
    if (typesText(event.target) && !control) return;
    const shift = event.shiftKey && event.key.length > 1 ? 'Shift+' : '';
    const name = `${control}${shift}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
    const key = KEYS.find(({ keys }) => keys.includes(name));
    if (!key?.act) return;
    event.preventDefault();
    key.act(actions);
  });
}

export const helpView = (): TemplateResult => html`
  <dialog class="help" aria-labelledby="help-title">
    <form method="dialog">
      <h2 id="help-title">Keys and gestures</h2>
      <button class="icon" aria-label="Close" title="Close (Esc)">✕</button>
    </form>
    <dl>
      <div>
        <dt>Click</dt>
        <dd>select, and show the source beside</dd>
      </div>
      <div>
        <dt>Double click</dt>
        <dd>go to the source</dd>
      </div>
      <div>
        <dt>Click on ›</dt>
        <dd>open or close the group</dd>
      </div>
      <div>
        <dt>Wheel, drag</dt>
        <dd>move; with Ctrl the wheel zooms</dd>
      </div>
      ${KEYS.map(
        ({ shown, meaning }) =>
          html`<div>
            <dt><kbd>${shown}</kbd></dt>
            <dd>${meaning}</dd>
          </div>`,
      )}
    </dl>
  </dialog>
`;
