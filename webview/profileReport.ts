/** What a report says, above its plots: the verdicts with the numbers behind them, and the conditions. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { conditionsOf, describeEvidence, remarksOf, verdictsOf } from '../src/profile/figures/conditions.ts';
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
  `;
}
