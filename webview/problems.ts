/** What is wrong with the model: how much, and a list that leads to each place. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { Diagnostic } from '../src/ir/diagnostic.ts';

export function problemsView(
  diagnostics: readonly Diagnostic[],
  go: (diagnostic: Diagnostic) => void,
): TemplateResult | typeof nothing {
  const shown = diagnostics.filter(({ severity }) => severity !== 'info');
  if (!shown.length) return nothing;
  const errors = shown.filter(({ severity }) => severity === 'error').length;
  const worst = errors ? 'error' : 'warning';
  const label = `${shown.length} ${shown.length === 1 ? 'problem' : 'problems'}`;
  const choose = (event: Event, diagnostic: Diagnostic): void => {
    (event.currentTarget as HTMLElement).closest<HTMLElement>('[popover]')!.hidePopover();
    go(diagnostic);
  };
  return html`
    <button class="problem-count ${worst}" popovertarget="problems" title=${label} aria-label=${label}>
      <span aria-hidden="true">${errors ? '✕' : '!'}</span> ${shown.length}
    </button>
    <div id="problems" class="menu problems" popover aria-label="Problems">
      <ul>
        ${shown.map(
          (diagnostic) =>
            html`<li>
              <button @click=${(event: Event) => choose(event, diagnostic)}>
                <span class="severity ${diagnostic.severity}">${diagnostic.severity}</span>
                <span>${diagnostic.message}</span>
                <span class="place">line ${diagnostic.range.start.line + 1}</span>
              </button>
            </li>`,
        )}
      </ul>
    </div>
  `;
}
