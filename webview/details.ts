/** The pane that says everything about the selected node: equation, shapes, cost, profile, source. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { ablationName } from '../src/profile/figures/depth.ts';
import type { ProfileReport, TensorStatistics } from '../src/profile/types.ts';
import { equationOf } from '../src/view/equation.ts';
import { formatMacs, opLabel } from '../src/view/label.ts';
import { formatNumber, profileByPath } from './metrics.ts';
import type { Item } from '../src/view/item.ts';
import type { Outline } from '../src/view/outline.ts';
import { formatShape } from '../src/ir/type.ts';

export interface DetailsEvents {
  openSource(item: Item): void;
  close(): void;
}

export function detailsView(
  item: Item,
  outline: Outline,
  report: ProfileReport | null,
  events: DetailsEvents,
): TemplateResult {
  const { graph } = outline.index;
  const block = item.block;
  const equation = block && block.merge !== null ? equationOf(outline, block) : null;
  const inputs = inputShapes(item, outline);
  const name = item.role === 'merge' ? item.path || graph.name : item.label;
  return html`
    <aside class="details" aria-label="Details of the selection">
      <header>
        <h2 title=${name}>${name}</h2>
        <button class="icon" aria-label="Close details" title="Close (Esc)" @click=${events.close}>✕</button>
      </header>
      <p class="kind">${kindOf(item)}</p>
      ${item.problem ? html`<p class="error-text" role="alert">${item.problem}</p>` : nothing}
      ${
        equation
          ? html`<p class="equation" aria-label="Equation of the block">${equation.equation}</p>
              ${equation.branch ? html`<p class="branch-steps">F: ${equation.branch}</p>` : nothing}`
          : nothing
      }
      <dl>
        ${row('Path', item.path || '(root)')} ${item.class ? row('Class', item.class) : nothing}
        ${inputs.map((shape, at) => row(at === 0 ? 'Input' : '', shape))}
        ${item.outputShape ? row('Output', formatShape(item.outputShape)) : nothing}
        ${
          item.role === 'merge' && block
            ? html`${row('Skip', block.skip)} ${row('Form', block.kind)}
              ${row('Parameters', block.params.toLocaleString('en'))} ${row('MACs', exact(block.macs))}`
            : html`${row('Parameters', item.params.toLocaleString('en'))} ${row('MACs', exact(item.macs))}`
        }
        ${item.role === 'op' ? attributes(item, outline) : nothing}
      </dl>
      ${block && report ? measured(block.path, report) : nothing}
      ${
        item.location
          ? html`<button class="link" @click=${() => events.openSource(item)}>
              Open source (line ${item.location.range.start.line + 1})
            </button>`
          : nothing
      }
    </aside>
  `;
}

const row = (name: string, value: string): TemplateResult =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

const exact = (macs: number | null): string =>
  macs === null ? 'unknown' : `${macs.toLocaleString('en')}${macs ? ` (${formatMacs(macs)})` : ''}`;

const KINDS: Record<Item['role'], string> = {
  model: 'Model',
  stage: 'Stage: a run of blocks',
  run: 'Run of equal blocks',
  branch: 'Residual branch F(x)',
  shortcut: 'Shortcut',
  module: 'Module',
  merge: 'Skip connection joins here',
  op: 'Operation',
  input: 'Input',
  output: 'Output',
};

const kindOf = (item: Item): string =>
  item.role === 'shortcut'
    ? `${item.block?.skip === 'projection' ? 'Projection' : 'Parameter-free'} shortcut`
    : KINDS[item.role];

/** Shapes of the data that enters from outside, in reading order. */
function inputShapes(item: Item, { index }: Outline): readonly string[] {
  const inside = new Set(item.nodes.flatMap((id) => index.graph.nodes[id]!.outputs));
  const seen = new Set<number>();
  for (const id of item.nodes)
    for (const input of index.graph.nodes[id]!.inputs)
      if (input !== null && index.isData(input) && !inside.has(input)) seen.add(input);
  return [...seen].slice(0, 4).map((value) => formatShape(index.graph.values[value]!.type.shape));
}

const attributes = (item: Item, { index }: Outline): TemplateResult[] =>
  item.nodes.flatMap((id) => {
    const node = index.graph.nodes[id]!;
    const entries = Object.entries(node.attrs);
    const heading = item.nodes.length > 1 ? [row(opLabel(index, node), '')] : [];
    return [
      ...heading,
      ...entries.map(([key, value]) => row(key, Array.isArray(value) ? `[${value.join(', ')}]` : String(value))),
    ];
  });

function measured(path: string, report: ProfileReport): TemplateResult | typeof nothing {
  const own = profileByPath(report).get(path);
  if (!own) return nothing;
  const twin = report.ablation?.blocks.find((block) => block.path === path);
  const line = (name: string, value: number | null, other?: number | null) =>
    html`<tr>
      <th scope="row">${name}</th>
      <td>${show(value)}</td>
      ${twin ? html`<td>${show(other ?? null)}</td>` : nothing}
    </tr>`;
  const tensor = (name: string, of: TensorStatistics | null, other?: TensorStatistics | null) => [
    line(`${name}: L2 norm`, of?.l2 ?? null, other?.l2),
    line(`${name}: second moment`, of?.secondMoment ?? null, other?.secondMoment),
    line(`${name}: channel variance`, of?.channelVariance ?? null, other?.channelVariance),
    line(`${name}: zero fraction`, of?.zeroFraction ?? null, other?.zeroFraction),
  ];
  return html`
    <table>
      <thead>
        <tr>
          <th scope="col">Measured</th>
          <th scope="col">with skips</th>
          ${twin ? html`<th scope="col">${ablationName(report.ablation!.kind)}</th>` : nothing}
        </tr>
      </thead>
      <tbody>
        ${tensor('Activation', own.activation, twin?.activation)}
        ${own.gradient ? tensor('Gradient', own.gradient, twin?.gradient) : nothing}
        ${line('Branch / stream variance', own.branchRatio, twin?.branchRatio)}
        ${line('Gradient through skip', own.skipGradNorm)} ${line('Gradient through branch', own.branchGradNorm)}
        ${line('Their cosine', own.cosine)} ${line('Forward time, ms', own.forwardMs)}
      </tbody>
    </table>
  `;
}

const show = (value: number | null): string => (value === null ? '–' : formatNumber(value));
