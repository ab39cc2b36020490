/** The pane that says everything about the selected node: equation, shapes, parameters, cost, memory, profile, source. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { ablationName } from '../src/profile/figures/variants.ts';
import type { MemoryUse } from '../src/analysis/memory.ts';
import { formatShape } from '../src/ir/type.ts';
import type { ProfileReport, TensorStatistics } from '../src/profile/types.ts';
import { activationBytes } from '../src/view/activationBytes.ts';
import { equationOf, equationText } from '../src/view/equation.ts';
import { initText } from '../src/view/initText.ts';
import { formatBytes, formatMacs, macsText, opLabel, paramsText } from '../src/view/label.ts';
import type { Item } from '../src/view/item.ts';
import type { Outline } from '../src/view/outline.ts';
import { neighboursOf } from '../src/view/paths.ts';
import type { Scene } from '../src/view/scene.ts';
import { icon } from './icons.ts';
import { formatNumber } from '../src/profile/figures/figure.ts';
import { profileByPath } from './metrics.ts';

export interface DetailsState {
  readonly item: Item;
  readonly outline: Outline;
  readonly scene: Scene;
  readonly memory: MemoryUse;
  readonly report: ProfileReport | null;
  /** The paths through the selection are lit. */
  readonly paths: boolean;
  /** How it, or the block around it, differs from the network that this one is compared with. */
  readonly changes: readonly string[];
}

export interface DetailsEvents {
  openSource(item: Item): void;
  togglePaths(): void;
  /** Selects another node of the drawing. */
  go(id: string): void;
  close(): void;
}

export function detailsView(state: DetailsState, events: DetailsEvents): TemplateResult {
  const { item, outline, scene, memory, report, paths, changes } = state;
  const { graph } = outline.index;
  const block = item.block;
  const inputs = inputShapes(item, outline);
  const name = item.role === 'merge' ? item.path || graph.name : item.label;
  const own = item.role === 'merge' && block ? block : item;
  const bytes = activationBytes(item, outline);
  return html`
    <aside class="details" aria-label="Details of the selection">
      <header>
        <h2 title=${name}>${name}</h2>
        <button
          class="icon"
          aria-pressed=${paths}
          aria-label="Light up its paths"
          title="Light up all paths through it (P)"
          @click=${events.togglePaths}
        >
          ${icon('paths')}
        </button>
        <button class="icon" aria-label="Close details" title="Close (Esc)" @click=${events.close}>✕</button>
      </header>
      <p class="kind">${kindOf(item)}</p>
      ${
        changes.length
          ? html`<ul class="changes" aria-label="Differences">
              ${changes.map((text) => html`<li>${text}</li>`)}
            </ul>`
          : nothing
      }
      ${item.problem ? html`<p class="error-text" role="alert">${item.problem}</p>` : nothing}
      ${block && block.merge !== null ? equationView(outline, block) : nothing}
      <dl>
        ${row('Path', item.path || '(root)')} ${item.class ? row('Class', item.class) : nothing}
        ${inputs.map((shape, at) => row(at === 0 ? 'Input' : '', shape))}
        ${item.outputShape ? row('Output', formatShape(item.outputShape)) : nothing}
        ${item.role === 'merge' && block ? [row('Skip', block.skip), row('Form', block.kind)] : nothing}
        ${row('Parameters', paramsText(own, inFull))} ${row('MACs', macsText(own, exact))}
        ${bytes === 0 ? nothing : row('Activations', bytes === null ? 'unknown' : formatBytes(bytes))}
        ${block ? lifetimeRows(block.path, memory) : nothing}
        ${item.role === 'op' ? attributes(item, outline) : nothing}
      </dl>
      ${parametersView(item, outline)} ${neighboursView(item, outline, scene, events.go)}
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

function equationView(outline: Outline, block: NonNullable<Item['block']>): TemplateResult {
  const equation = equationOf(outline, block);
  const copy = (): void => void navigator.clipboard.writeText(equationText(equation));
  return html`
    <div class="equation" role="group" aria-label="Equation of the block">
      <p class="main">${equation.equation}</p>
      ${equation.branch ? html`<p>${equation.branch}</p>` : nothing}
      ${equation.where.map((line) => html`<p class="where">${line}</p>`)}
      <button class="icon" aria-label="Copy the equation" title="Copy the equation" @click=${copy}>
        ${icon('copy')}
      </button>
    </div>
  `;
}

/** How long the block's skip holds its tensor. */
function lifetimeRows(path: string, memory: MemoryUse): TemplateResult | typeof nothing {
  const skip = memory.skips.find((one) => one.path === path);
  if (!skip) return nothing;
  const size = skip.bytes === null ? 'a tensor of unknown size' : formatBytes(skip.bytes);
  const steps = `${skip.steps} ${skip.steps === 1 ? 'operation' : 'operations'}`;
  const share =
    skip.shareOfPeak === null
      ? ''
      : skip.shareOfPeak > 0
        ? `, ${(skip.shareOfPeak * 100).toFixed(0)} % of the peak`
        : ', not at the peak';
  return row('Skip holds', `${size} for ${steps}${share}`);
}

const PARAMETERS_SHOWN = 8;

function parametersView(item: Item, { index }: Outline): TemplateResult | typeof nothing {
  const values = new Set(
    item.nodes.flatMap((id) =>
      index.graph.nodes[id]!.inputs.flatMap((input) =>
        input === null || index.isData(input) ? [] : index.parametersOf(input),
      ),
    ),
  );
  const parameters = [...values].map((value) => index.parameter(value)!).filter(({ buffer }) => !buffer);
  if (!parameters.length) return nothing;
  const prefix = item.path ? `${item.path.replace(/#\d+$/, '')}.` : '';
  const rest = parameters.length - PARAMETERS_SHOWN;
  return html`
    <table class="parameters">
      <thead>
        <tr>
          <th scope="col">Parameter</th>
          <th scope="col">Shape</th>
          <th scope="col">Drawn from</th>
        </tr>
      </thead>
      <tbody>
        ${parameters.slice(0, rest > 1 ? PARAMETERS_SHOWN : undefined).map(
          ({ name, value, init, trainable }) =>
            html`<tr>
              <th scope="row" title=${name}>${name.startsWith(prefix) ? name.slice(prefix.length) : name}</th>
              <td>${formatShape(index.graph.values[value]!.type.shape)}</td>
              <td>${initText(init)}${trainable ? '' : ', frozen'}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${rest > 1 ? html`<p class="rest">and ${rest} more</p>` : nothing}
  `;
}

function neighboursView(
  item: Item,
  outline: Outline,
  scene: Scene,
  go: (id: string) => void,
): TemplateResult | typeof nothing {
  if (!scene.nodes.has(item.id)) return nothing;
  const { from, to } = neighboursOf(scene, item.id);
  const line = (name: string, ids: readonly string[]): TemplateResult | typeof nothing =>
    ids.length
      ? html`<div>
          <dt>${name}</dt>
          <dd>
            ${ids.slice(0, 6).map((id) => {
              const other = outline.items.get(id);
              const label =
                other?.role === 'merge' ? `${other.label} ${other.path}` : other?.path || other?.label || id;
              return html`<button class="link" @click=${() => go(id)}>${label}</button> `;
            })}
          </dd>
        </div>`
      : nothing;
  return html`<dl class="neighbours">${line('Reads', from)} ${line('Read by', to)}</dl>`;
}

const row = (name: string, value: string): TemplateResult =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

const inFull = (count: number): string => count.toLocaleString('en');
const exact = (macs: number): string => `${inFull(macs)}${macs ? ` (${formatMacs(macs)})` : ''}`;

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
