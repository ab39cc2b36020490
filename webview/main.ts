/** The panel: receives documents and profiles from the extension host, draws them, reports what the user does. */

import type { TemplateResult } from 'lit';
import { html, nothing, render } from 'lit';
import type { Location } from '../src/ir/diagnostic.ts';
import type { HostMessage, ModelDocument, PanelState } from '../src/protocol/messages.ts';
import type { ProfileReport } from '../src/profile/types.ts';
import type { LayoutCache, LayoutEngine } from '../src/view/layout.ts';
import { layoutScene } from '../src/view/layout.ts';
import { formatMacs, formatParams } from '../src/view/label.ts';
import { colourAt, formatNumber, METRICS, profileByPath, scaleOf } from './metrics.ts';
import type { MetricId } from './metrics.ts';
import type { Item, Outline } from '../src/view/outline.ts';
import { defaultExpanded, outlineOf } from '../src/view/outline.ts';
import { locate } from '../src/view/locate.ts';
import type { Scene } from '../src/view/scene.ts';
import { buildScene } from '../src/view/scene.ts';
import type { Paint } from './canvas.ts';
import { createCanvas } from './canvas.ts';
import { detailsView } from './details.ts';
import { EMPTY_STATE, keepState, onHostMessage, restoreState, send } from './host.ts';
import { createLayoutEngine } from './layoutEngine.ts';
import { createPlots, twinName } from './plots.ts';
import { Cancelled, createProfileRunner } from './profileRunner.ts';
import type { ProfileRequest } from './profileRunner.ts';
import './panel.css';

const main = document.getElementById('panel')!;
const { layoutWorker, profileWorker, wasm } = main.dataset as Record<string, string>;

let state: PanelState = restoreState();
let shown: { revision: number; document: ModelDocument; outline: Outline } | null = null;
let expanded: Set<string> = new Set();
let scene: Scene | null = null;
let status: Extract<HostMessage, { type: 'status' }> | null = null;
let metric: MetricId = 'none';
let report: ProfileReport | null = null;
let progress: { id: number; text: string; fraction: number } | null = null;
let failure: string | null = null;
let profileOpen = true;

const cache: LayoutCache = new Map();
let engine: Promise<LayoutEngine> | null = null;
const layoutEngine = (): Promise<LayoutEngine> => (engine ??= createLayoutEngine(layoutWorker!));
const runner = createProfileRunner(profileWorker!, wasm!);

const remember = (change: Partial<PanelState>): void => {
  state = { ...state, ...change };
  keepState(state);
};

const itemOf = (id: string | null): Item | null => (id === null ? null : (shown?.outline.items.get(id) ?? null));

const openSource = (item: Item | null): void => {
  if (item?.location) send({ type: 'openSource', location: item.location });
};

const canvas = createCanvas({
  select,
  toggle,
  openSource: (id) => openSource(itemOf(id)),
  clear: () => select(null),
  moved: (view) => remember({ view }),
});

const plots = createPlots({
  hover: (path) => canvas.hoverBlock(path),
  select(path) {
    const id = [`${path}/branch`, `${path}/merge`].find((candidate) => scene?.nodes.has(candidate));
    if (id) {
      select(id);
      canvas.reveal(id);
    }
  },
});

function select(id: string | null): void {
  remember({ selected: id });
  canvas.select(id);
  update();
}

function toggle(id: string): void {
  if (expanded.has(id)) expanded.delete(id);
  else expanded.add(id);
  canvas.anchor(id);
  void redraw();
}

function expandAll(): void {
  if (!shown) return;
  expanded = new Set([...shown.outline.items.values()].filter((item) => item.children.length).map((item) => item.id));
  void redraw();
}

function collapseAll(): void {
  if (!shown) return;
  expanded = new Set(defaultExpanded(shown.outline));
  void redraw();
}

let drawing = 0;

/** Lays out and draws what is open now. A later call overtakes an earlier one. */
async function redraw(): Promise<boolean> {
  if (!shown) return false;
  const turn = ++drawing;
  const { outline, document: doc } = shown;
  const next = buildScene(doc.graph, doc.blocks, expanded, outline);
  const placement = await layoutScene(next, await layoutEngine(), cache);
  if (turn !== drawing) return false;
  scene = next;
  canvas.draw(next, placement, paint());
  remember({ expanded: [...expanded] });
  update();
  return true;
}

let lastDrawn: Parameters<typeof canvas.draw> | null = null;
const draw = canvas.draw;
canvas.draw = (...drawn) => {
  lastDrawn = drawn;
  draw(...drawn);
};

function repaint(): void {
  if (lastDrawn) canvas.draw(lastDrawn[0], lastDrawn[1], paint());
  update();
}

/** Values of the chosen quantity for what is on the canvas. */
function measuredItems(): { id: string; value: number; text: string }[] {
  const chosen = METRICS.find(({ id }) => id === metric)!;
  if (!scene || chosen.id === 'none') return [];
  const profiles = profileByPath(report);
  return [...scene.nodes.values()].flatMap(({ id, item, open }) => {
    if (!item || open) return [];
    const value = chosen.value(item, item.block ? profiles.get(item.block.path) : undefined);
    return value === null || !Number.isFinite(value) ? [] : [{ id, value, text: chosen.format(value) }];
  });
}

function paint(): ReadonlyMap<string, Paint> {
  const values = measuredItems();
  const scale = scaleOf(values.map(({ value }) => value));
  const shown = METRICS.find(({ id }) => id === metric)!.measured;
  return new Map(values.map(({ id, value, text }) => [id, { position: scale.at(value), text, shown }]));
}

async function show({ revision, document: doc }: Extract<HostMessage, { type: 'show' }>): Promise<void> {
  const start = performance.now();
  const same = state.uri === doc.uri && state.model === doc.model;
  const first = shown === null;
  const other = shown !== null && (shown.document.uri !== doc.uri || shown.document.model !== doc.model);
  const outline = outlineOf(doc.graph, doc.blocks);
  shown = { revision, document: doc, outline };
  if (other) {
    report = null;
    failure = null;
    metric = 'none';
    plots.show(null);
  }
  if (same && !first) {
    // Groups that the edit has made are shown as if seen for the first time.
  } else if (same && state.expanded.length) expanded = new Set(state.expanded);
  else {
    expanded = new Set(defaultExpanded(outline));
    state = { ...EMPTY_STATE, uri: doc.uri, model: doc.model };
  }
  const drawn = await redraw();
  if (!drawn || !scene) return;
  if (first && same && state.view) canvas.setView(state.view);
  else if (!same || first) canvas.fitWidth();
  canvas.select(state.selected);
  const nodes = main.querySelectorAll('g.node[data-id]').length;
  const milliseconds = performance.now() - start;
  send({ type: 'drawn', revision, nodes, skips: scene.skips, milliseconds });
}

function reveal(location: Location): void {
  if (!shown || !scene) return;
  canvas.reveal(locate(shown.outline, scene, location));
}

function showReport(result: ProfileReport): void {
  report = result;
  metric = result.blocks.some((block) => block.gradient) ? 'gradient' : 'activation';
  repaint();
  plots.show(result);
}

async function runProfile(request: ProfileRequest): Promise<void> {
  const { id } = request;
  failure = null;
  profileOpen = true;
  progress = { id, text: 'Starting', fraction: 0 };
  update();
  try {
    const result = await runner.run(request, (text, fraction) => {
      progress = { id, text, fraction };
      send({ type: 'profileProgress', id, text, fraction });
      update();
    });
    progress = null;
    showReport(result);
    send({ type: 'profileDone', id, report: result });
  } catch (error) {
    const cancelled = error instanceof Cancelled;
    const reason = error instanceof Error ? error.message : String(error);
    if (progress?.id === id) progress = null;
    failure = cancelled ? null : reason;
    update();
    send({ type: 'profileFailed', id, reason, cancelled });
  }
}

onHostMessage((message) => {
  switch (message.type) {
    case 'show':
      void show(message);
      break;
    case 'status':
      status = message;
      update();
      break;
    case 'reveal':
      reveal(message.location);
      break;
    case 'profile':
      void runProfile(message);
      break;
    case 'cancelProfile':
      if (progress?.id === message.id) runner.cancel();
      break;
    case 'report':
      showReport(message.report);
      break;
  }
});

function update(): void {
  render(page(), main);
}

function page(): TemplateResult {
  const item = itemOf(state.selected);
  return html`
    ${toolbar()} ${banner()}
    <div class="body">
      <div class="stage-area">${canvas.element} ${shown ? [controls(), legend()] : emptyView()}</div>
      ${item && shown ? detailsView(item, shown.outline, report, { openSource, close: () => select(null) }) : nothing}
    </div>
    ${profileView()}
  `;
}

function emptyView(): TemplateResult {
  return html`<p class="empty">${status?.text || 'Open a model file to see its graph.'}</p>`;
}

function toolbar(): TemplateResult {
  const doc = shown?.document;
  const off = !doc;
  const busy = progress !== null;
  return html`
    <div class="toolbar" role="toolbar" aria-label="Graph">
      <h1 class=${doc && doc.candidates.length > 1 ? 'unseen' : ''}>${doc?.model ?? 'Skipscope'}</h1>
      ${
        doc && doc.candidates.length > 1
          ? html`<select
              class="model"
              aria-label="Model"
              .value=${doc.model}
              @change=${(event: Event) => send({ type: 'selectModel', model: (event.target as HTMLSelectElement).value })}
            >
              ${[...new Set([doc.model, ...doc.candidates])].map(
                (name) => html`<option value=${name} ?selected=${name === doc.model}>${name}</option>`,
              )}
            </select>`
          : nothing
      }
      ${
        doc
          ? html`<span class="figures">${formatParams(doc.cost.params)} · ${formatMacs(doc.cost.macs)}</span>`
          : nothing
      }
      <span class="spring"></span>
      <label class="colour">
        Colour by
        <select
          ?disabled=${off}
          @change=${(event: Event) => {
            metric = (event.target as HTMLSelectElement).value as MetricId;
            repaint();
          }}
        >
          ${METRICS.filter(({ measured, id }) => !measured || (report && (id !== 'time' || hasTimes(report)))).map(
            ({ id, label }) => html`<option value=${id} ?selected=${id === metric}>${label}</option>`,
          )}
        </select>
      </label>
      <span class="group">
        <button ?disabled=${off || busy} @click=${() => send({ type: 'requestProfile', gradients: false })}>
          Profile forward
        </button>
        <button
          class="primary"
          ?disabled=${off || busy}
          @click=${() => send({ type: 'requestProfile', gradients: true })}
        >
          Gradient flow
        </button>
      </span>
    </div>
  `;
}

/** What changes the view lies on the drawing itself. */
function controls(): TemplateResult {
  return html`
    <div class="controls" role="group" aria-label="View">
      <button class="icon" title="Zoom out (−)" aria-label="Zoom out" @click=${() => canvas.zoomBy(0.8)}>−</button>
      <button class="icon" title="Zoom in (+)" aria-label="Zoom in" @click=${() => canvas.zoomBy(1.25)}>+</button>
      <button title="Fit the whole graph (0)" @click=${() => canvas.fit()}>Fit</button>
      <button title="Open every block" @click=${expandAll}>Expand</button>
      <button title="Close every block" @click=${collapseAll}>Collapse</button>
    </div>
  `;
}

const hasTimes = ({ blocks }: ProfileReport): boolean => blocks.some(({ forwardMs }) => forwardMs !== null);

function banner(): TemplateResult {
  const texts = {
    tracing: () => status!.text || 'Reading the model…',
    stale: () => `The source has an error; this is the last good graph. ${status!.text}`,
    failed: () => status!.text || 'The model cannot be read.',
    fresh: () => '',
  };
  const text = status && (shown || status.state === 'failed') ? texts[status.state]() : '';
  return html`<div class="banner ${status?.state ?? 'fresh'}" role="status" ?hidden=${!text}>${text}</div>`;
}

function legend(): TemplateResult {
  const kinds = new Set(scene?.edges.map((edge) => edge.kind));
  const wrong = scene?.edges.some((edge) => edge.problem);
  const entries = [
    ['identity', 'identity skip'],
    ['projection', 'projection shortcut'],
    ['concat', 'concatenation'],
    ['long', 'long skip'],
  ].filter(([kind]) => kinds.has(kind as never));
  const values = measuredItems();
  const chosen = METRICS.find(({ id }) => id === metric)!;
  const scale = scaleOf(values.map(({ value }) => value));
  if (!entries.length && !values.length) return html``;
  const key = (kind: string, label: string) => html`
    <li>
      <svg class="sk" width="28" height="10" aria-hidden="true"><path d="M1 5H27" class="edge ${kind}" /></svg>${label}
    </li>
  `;
  return html`
    <ul class="legend" aria-label="Legend">
      ${entries.map(([kind, label]) => key(kind!, label!))} ${wrong ? key('problem', 'shapes do not fit') : nothing}
      ${
        values.length
          ? html`<li class="scale">
              <span>${chosen.label}</span>
              <span class="ends">${chosen.format(scale.min)}</span>
              <svg width="96" height="10" aria-hidden="true">
                ${Array.from({ length: 24 }, (_, at) => at).map((at) => scaleStep(at))}
              </svg>
              <span class="ends">${chosen.format(scale.max)}</span>
            </li>`
          : nothing
      }
    </ul>
  `;
}

const scaleStep = (at: number): SVGRectElement => {
  const step = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ x: at * 4, y: 0, width: 4.5, height: 10, fill: colourAt(at / 23) }))
    step.setAttribute(name, String(value));
  return step;
};

function profileView(): TemplateResult | typeof nothing {
  if (!progress && !report && !failure) return nothing;
  return html`
    <section class="profile" aria-label="Profile">
      ${
        progress
          ? html`<div class="progress">
              <label for="progress">${progress.text}</label>
              <progress id="progress" max="1" .value=${progress.fraction}></progress>
              <button @click=${() => runner.cancel()}>Cancel</button>
            </div>`
          : nothing
      }
      ${failure ? html`<p class="error-text" role="alert">The profile could not be made: ${failure}</p>` : nothing}
      ${
        report
          ? html`<header>
                <button
                  class="icon"
                  aria-expanded=${profileOpen}
                  aria-label="Plots"
                  title=${profileOpen ? 'Hide the plots' : 'Show the plots'}
                  @click=${() => {
                    profileOpen = !profileOpen;
                    update();
                  }}
                >
                  ${profileOpen ? '▾' : '▸'}
                </button>
                <h2>${report.blocks.some((block) => block.gradient) ? 'Gradient flow' : 'Forward pass'}</h2>
                <p class="conditions">${conditions(report)}</p>
              </header>
              <div class="plots-host" ?hidden=${!profileOpen}>${plots.element}</div>`
          : nothing
      }
    </section>
  `;
}

/** What every figure was measured with. */
function conditions({
  backend,
  batch,
  seeds,
  mode,
  lossKind,
  precision,
  passMs,
  loss,
  ablation,
}: ProfileReport): string {
  const device =
    backend.provider === 'webgpu'
      ? `WebGPU (${backend.device}${backend.software ? ', in software' : ''})`
      : 'WebAssembly, 1 thread';
  const losses = {
    'given-labels': 'cross-entropy',
    'random-labels': 'cross-entropy on random labels',
    cotangent: 'random unit cotangent',
  };
  const parts = [
    device,
    precision,
    `${mode} mode`,
    `batch ${batch}`,
    `${seeds} weight ${seeds === 1 ? 'draw' : 'draws'}`,
    ...(loss === null ? [] : [`${losses[lossKind]}: ${formatNumber(loss)}`]),
    `${formatNumber(passMs)} ms a pass`,
    ...(ablation
      ? [
          `${twinName(ablation.kind)}: ${ablation.paramsChange === 0 ? 'same parameters' : `${ablation.paramsChange.toLocaleString('en')} parameters`}`,
        ]
      : []),
  ];
  return `${parts.join(' · ')}${backend.fallbackReason ? ` — no WebGPU: ${backend.fallbackReason}` : ''}`;
}

update();
send({ type: 'ready' });
