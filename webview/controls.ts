/** What changes how the drawing is seen: what it is coloured by, how large it is, what is open in it. */

import type { TemplateResult } from 'lit';
import { html } from 'lit';
import type { ProfileReport } from '../src/profile/types.ts';
import type { Drawing } from './drawing.ts';
import type { MetricId } from './metrics.ts';
import { METRICS } from './metrics.ts';

export const controlsView = (drawing: Drawing, report: ProfileReport | null): TemplateResult => html`
  ${colourSelect(drawing, report)}
  <div class="controls" role="group" aria-label="View">
    <button class="icon" title="Zoom out (−)" aria-label="Zoom out" @click=${() => drawing.canvas.zoomBy(0.8)}>
      −
    </button>
    <button class="icon" title="Zoom in (+)" aria-label="Zoom in" @click=${() => drawing.canvas.zoomBy(1.25)}>+</button>
    <button title="Fit the whole graph (0)" @click=${() => drawing.canvas.fit()}>Fit</button>
    <button title="Open every block" @click=${drawing.expandAll}>Expand</button>
    <button title="Close every block" @click=${drawing.collapseAll}>Collapse</button>
  </div>
`;

function colourSelect(drawing: Drawing, report: ProfileReport | null): TemplateResult {
  const offered = METRICS.filter(({ read }) => !read || report?.blocks.some((block) => read(block) !== null));
  const choose = (event: Event): void =>
    drawing.colourBy((event.target as HTMLSelectElement).value as MetricId, report);
  return html`
    <label class="colour" title="Colour by">
      <span>Colour by</span>
      <select @change=${choose}>
        ${offered.map(
          ({ id, label }) => html`<option value=${id} ?selected=${id === drawing.metric.id}>${label}</option>`,
        )}
      </select>
    </label>
  `;
}
