/** A button that opens a list of actions; the page's own popover closes it by Escape and by a click elsewhere. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

export interface MenuEntry {
  readonly label: string;
  readonly hint?: string;
  /** For entries that are on or off. */
  readonly checked?: boolean;
  readonly disabled?: boolean;
  run(): void;
}

const popoverOf = (event: Event): HTMLElement =>
  (event.currentTarget as HTMLElement).closest<HTMLElement>('[popover]')!;

const onKey = (event: KeyboardEvent): void => {
  const entries = [...popoverOf(event).querySelectorAll<HTMLElement>('button:not(:disabled)')];
  const at = entries.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1 + entries.length, Home: 0, End: -1 };
  const to = steps[event.key];
  if (to === undefined) return;
  event.preventDefault();
  entries.at(to % entries.length)?.focus();
};

const onToggle = (event: ToggleEvent): void => {
  if (event.newState === 'open') (event.currentTarget as HTMLElement).querySelector<HTMLElement>('button')?.focus();
};

/** @param groups entries with a line between the groups */
export function menuView(
  id: string,
  label: string,
  face: TemplateResult,
  groups: readonly (readonly MenuEntry[])[],
): TemplateResult {
  const entry = ({ label: name, hint, checked, disabled, run }: MenuEntry): TemplateResult => html`
    <button
      role=${checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
      aria-checked=${checked === undefined ? nothing : String(checked)}
      ?disabled=${disabled ?? false}
      @click=${(event: Event) => {
        popoverOf(event).hidePopover();
        run();
      }}
    >
      <span class="tick">${checked ? '✓' : ''}</span><span>${name}</span>
      ${hint ? html`<kbd>${hint}</kbd>` : nothing}
    </button>
  `;
  return html`
    <button class="icon" popovertarget=${id} aria-haspopup="menu" aria-label=${label} title=${label}>${face}</button>
    <div id=${id} class="menu" role="menu" aria-label=${label} popover @keydown=${onKey} @toggle=${onToggle}>
      ${groups
        .filter((group) => group.length)
        .map((group, at) => [at ? html`<div class="line" role="separator"></div>` : nothing, group.map(entry)])}
    </div>
  `;
}
