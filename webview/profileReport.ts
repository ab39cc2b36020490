/** What a report says, above its plots: the verdicts with the numbers behind them, and the conditions. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { formatNumber } from '../src/profile/figures/figure.ts';
import { conditionsOf, describeEvidence, remarksOf, verdictsOf } from '../src/profile/figures/conditions.ts';
import { costsOf } from '../src/profile/figures/costs.ts';
import type { ProfileReport } from '../src/profile/types.ts';

export function reportView(report: ProfileReport): TemplateResult {
  const { backend } = report;
  return html`
    ${verdictsOf(report).map(({ name, verdict }, at) =>
      verdict.kind === 'unmeasured'
        ? nothing
        : html`<div class="verdict">
            ${name ? html`<i class="k${at % 6} d${at % 6}"></i><b>${name}</b>` : nothing}
            ${
              verdict.evidence.length
                ? html`<details>
                    <summary>${verdict.text}</summary>
                    <ul>
                      ${verdict.evidence.map((one) => html`<li>${describeEvidence(one)}</li>`)}
                    </ul>
                  </details>`
                : html`<span>${verdict.text}</span>`
            }
          </div>`,
    )}
    ${remarksOf(report).map((remark) => html`<p class="remark">${remark}</p>`)}
    <p class="conditions">
      ${conditionsOf(report).join(' · ')}${backend.fallbackReason ? ` — no WebGPU: ${backend.fallbackReason}` : ''}
    </p>
    ${costsView(report)}
  `;
}

function costsView(report: ProfileReport): TemplateResult | typeof nothing {
  const costs = costsOf(report);
  if (costs.length === 0) return nothing;
  const operators = report.timing?.operators ?? [];
  const time = (value: number | null): string => (value === null ? '–' : formatNumber(value));
  return html`<details class="costs">
    <summary>Time and memory</summary>
    ${costs.map((cost) => html`<p>${cost}</p>`)}
    ${
      operators.length
        ? html`<table>
            <caption>
              Kernel times by operator, ms
            </caption>
            <tr>
              <th scope="col">operator</th>
              <th scope="col">calls</th>
              <th scope="col">forward</th>
              <th scope="col">backward</th>
            </tr>
            ${operators.map(
              ({ op, calls, forwardMs, backwardMs }) =>
                html`<tr>
                  <th scope="row">${op}</th>
                  <td>${calls}</td>
                  <td>${time(forwardMs)}</td>
                  <td>${time(backwardMs)}</td>
                </tr>`,
            )}
          </table>`
        : nothing
    }
  </details>`;
}
