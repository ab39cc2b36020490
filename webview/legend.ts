/** The line below the drawing: the looks of the skips in it, and the colour scale. */

import type { TemplateResult } from 'lit';
import { html, nothing, svg } from 'lit';
import { looksIn } from '../src/view/scene.ts';
import { DIFFERENCE_SIGNS } from '../src/view/svg.ts';
import type { Drawing } from './drawing.ts';
import { colourAt, scaleOf } from './metrics.ts';

const LOOKS = [
  ['identity', 'identity skip'],
  ['projection', 'projection shortcut'],
  ['concat', 'concatenation'],
  ['gate', 'gate'],
  ['long', 'long skip'],
] as const;

const SIGNS = (['added', 'removed', 'changed', 'resized'] as const).map(
  (kind) => [kind, DIFFERENCE_SIGNS[kind], kind === 'resized' ? 'same, on another shape' : kind] as const,
);

const STEPS = Array.from({ length: 24 }, (_, at) => at);

export function legendView(drawing: Drawing): TemplateResult | typeof nothing {
  const edges = drawing.scene?.edges ?? [];
  const kinds = drawing.scene ? looksIn(drawing.scene) : new Set();
  const looks = LOOKS.filter(([kind]) => kinds.has(kind));
  const scale = scaleView(drawing);
  const differences = new Set([...(drawing.scene?.nodes.values() ?? [])].map(({ difference }) => difference));
  const signs = SIGNS.filter(([kind]) => differences.has(kind));
  if (!looks.length && !signs.length && scale === nothing) return nothing;
  return html`
    <ul class="legend" aria-label="Legend">
      ${signs.map(
        ([kind, sign, label]) =>
          html`<li><span class="difference-sign ${kind}" aria-hidden="true">${sign}</span>${label}</li>`,
      )}
      ${looks.map(([kind, label]) => lookView(kind, label))}
      ${edges.some((edge) => edge.problem) ? lookView('problem', 'shapes do not fit') : nothing} ${scale}
    </ul>
  `;
}

const lookView = (kind: string, label: string): TemplateResult => html`
  <li>
    <svg class="sk" width="28" height="10" aria-hidden="true"><path d="M1 5H27" class="edge ${kind}" /></svg>${label}
  </li>
`;

function scaleView(drawing: Drawing): TemplateResult | typeof nothing {
  const values = drawing.measured();
  if (!values.length) return nothing;
  const { label, format } = drawing.metric;
  const { min, max } = scaleOf(values.map(({ value }) => value));
  return html`
    <li class="scale">
      <span>${label}</span>
      <span class="ends">${format(min)}</span>
      <svg width="96" height="10" aria-hidden="true">
        ${STEPS.map((at) => svg`<rect x=${at * 4} width="4.5" height="10" fill=${colourAt(at / 23)} />`)}
      </svg>
      <span class="ends">${format(max)}</span>
    </li>
  `;
}
