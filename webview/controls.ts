/** The buttons on the drawing that change what is seen of it. */

import type { TemplateResult } from 'lit';
import { html } from 'lit';
import type { Drawing } from './drawing.ts';

export const controlsView = ({ canvas, expandAll, collapseAll }: Drawing): TemplateResult => html`
  <div class="controls" role="group" aria-label="View">
    <button class="icon" title="Zoom out (−)" aria-label="Zoom out" @click=${() => canvas.zoomBy(0.8)}>−</button>
    <button class="icon" title="Zoom in (+)" aria-label="Zoom in" @click=${() => canvas.zoomBy(1.25)}>+</button>
    <button title="Fit the whole graph (0)" @click=${() => canvas.fit()}>Fit</button>
    <button title="Open every block" @click=${expandAll}>Expand</button>
    <button title="Close every block" @click=${collapseAll}>Collapse</button>
  </div>
`;
