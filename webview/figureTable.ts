/** The figures' numbers as a table: the same as the plots, for reading exactly and for screen readers. */

import type { TemplateResult } from 'lit';
import { html } from 'lit';
import type { Figure, FigurePoint } from '../src/profile/figures/figure.ts';
import { formatNumber } from '../src/profile/figures/figure.ts';

export interface FigureTableEvents {
  select(path: string): void;
}

/** Of the figures over blocks. */
export function figureTable(
  figures: readonly Figure[],
  selected: string | null,
  { select }: FigureTableEvents,
): TemplateResult {
  const shown = figures.filter(({ blocks }) => blocks !== null);
  const blocks = shown[0]?.blocks ?? [];
  return html`
    <div class="numbers" role="region" aria-label="Numbers of the plots" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col" rowspan="2">Block</th>
            ${shown.map(({ title, lines }) => html`<th scope="colgroup" colspan=${lines.length}>${title}</th>`)}
          </tr>
          <tr>
            ${shown.map(({ lines }) => lines.map(({ label }) => html`<th scope="col">${label}</th>`))}
          </tr>
        </thead>
        <tbody>
          ${blocks.map(
            (path, at) =>
              html`<tr class=${path === selected ? 'selected' : ''}>
                <th scope="row"><button class="link" @click=${() => select(path)}>${path}</button></th>
                ${shown.map(({ lines }) => lines.map(({ points }) => cell(points[at] ?? null)))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  `;
}

const cell = (point: FigurePoint | null): TemplateResult => {
  if (!point) return html`<td>–</td>`;
  const { value, band } = point;
  return html`<td title=${band ? `${formatNumber(band.low)} to ${formatNumber(band.high)}` : ''}>
    ${formatNumber(value)}
  </td>`;
};
