/** The panel: receives documents and profiles from the extension host, draws them, reports what the user does. */

import type { TemplateResult } from 'lit';
import { html, nothing, render } from 'lit';
import type { HostMessage, PanelState } from '../src/protocol/messages.ts';
import { detailsView } from './details.ts';
import { createDrawing, itemOf } from './drawing.ts';
import { EMPTY_STATE, keepState, onHostMessage, restoreState, send } from './host.ts';
import { legendView } from './legend.ts';
import { createProfilePane } from './profilePane.ts';
import { rasterise } from './rasterise.ts';
import { toolbarView } from './toolbar.ts';
import './styles/panel.css';
import './styles/drawing.css';
import './styles/details.css';

const main = document.getElementById('panel')!;
const { layoutWorker, profileWorker, wasm } = main.dataset as Record<string, string>;

let state: PanelState = restoreState();
let status: Extract<HostMessage, { type: 'status' }> | null = null;

const keep = (change: Partial<PanelState>): void => {
  state = { ...state, ...change };
  keepState(state);
};

const update = (): void => {
  render(page(), main);
  canvas.cover(coveredBy(main.querySelector('.details')));
  profile.mark(hovered, blockOf(state.selected));
};

/** The residual block that a node of the drawing belongs to. */
const blockOf = (id: string | null): string | null => itemOf(drawing, id)?.block?.path ?? null;

const openSource = (id: string | null, focus: boolean): void => {
  const location = itemOf(drawing, id)?.location;
  if (location) send({ type: 'openSource', location, focus });
};

const select = (id: string | null): void => {
  keep({ selected: id });
  canvas.select(id);
  update();
  if (id !== null) canvas.show(id);
};

/** What an element at the drawing's right or lower edge hides of it. */
const coveredBy = (element: Element | null): { right: number; bottom: number } => {
  if (!element) return { right: 0, bottom: 0 };
  const [own, below] = [element.getBoundingClientRect(), canvas.element.getBoundingClientRect()];
  const isSheet = own.width >= below.width - 1;
  return { right: isSheet ? 0 : own.width, bottom: isSheet ? own.height : 0 };
};

const drawing = createDrawing(layoutWorker!, {
  select,
  openSource,
  keep,
  changed: update,
  viewed: () => undefined,
});
const { canvas } = drawing;

/** The block under the pointer in the drawing. */
let hovered: string | null = null;
const hoverAt = (event: PointerEvent): void => {
  const node = event.type === 'pointerleave' ? null : (event.target as Element).closest<SVGElement>('g.node[data-id]');
  hovered = blockOf(node?.dataset['id'] ?? null);
  profile.mark(hovered, blockOf(state.selected));
};
canvas.element.addEventListener('pointerover', hoverAt);
canvas.element.addEventListener('pointerleave', hoverAt);

const profile = createProfilePane(profileWorker!, wasm!, state.profile, {
  changed: update,
  keep: (view) => keep({ profile: view }),
  hover: (path) => canvas.hoverBlock(path),
  select(path) {
    const id = [`${path}/branch`, `${path}/merge`].find((candidate) => drawing.scene?.nodes.has(candidate));
    if (id === undefined) return;
    select(id);
    canvas.reveal(id);
  },
  reported(report) {
    const isBackward = report?.blocks.some((block) => block.gradient);
    drawing.colourBy(report ? (isBackward ? 'gradient' : 'activation') : 'none', report);
  },
});

async function show({ revision, document: doc }: Extract<HostMessage, { type: 'show' }>): Promise<void> {
  const start = performance.now();
  const before = drawing.document;
  const isKept = state.uri === doc.uri && state.model === doc.model;
  if (before && (before.uri !== doc.uri || before.model !== doc.model)) profile.clear();
  if (!isKept)
    state = { ...EMPTY_STATE, uri: doc.uri, model: doc.model, ...(state.profile && { profile: state.profile }) };
  const drawn = await drawing.show(doc, isKept && state.expanded.length ? state.expanded : null);
  if (!drawn || !drawing.scene) return;
  if (!before && isKept && state.view) canvas.setView(state.view);
  else if (!before || !isKept) canvas.fitWidth();
  canvas.select(state.selected);
  const nodes = [...drawing.scene.nodes.values()].filter(({ item, kind }) => item && kind !== 'model').length;
  const milliseconds = performance.now() - start;
  send({ type: 'drawn', revision, nodes, skips: drawing.scene.skips, milliseconds });
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
      drawing.reveal(message.location);
      break;
    case 'profile':
    case 'cancelProfile':
    case 'profileEvent':
    case 'runs':
    case 'report':
      profile.receive(message);
      break;
    case 'rasterise':
      void rasterise(message.svg, message.scale).then((png) => send({ type: 'rasterised', id: message.id, png }));
      break;
  }
});

function page(): TemplateResult {
  const { document: doc, outline, metric } = drawing;
  const item = itemOf(drawing, state.selected);
  const toolbar = {
    document: doc,
    report: profile.report,
    metric: metric.id,
    busy: profile.busy,
    choice: profile.choice,
  };
  return html`
    ${toolbarView(toolbar, { colourBy: (chosen) => drawing.colourBy(chosen, profile.report) })} ${bannerView()}
    <div class="body">
      <div class="stage-area">
        <div class="sheet ${item ? 'has-details' : ''}">
          ${canvas.element} ${doc ? controlsView() : emptyView()}
          ${
            item && outline
              ? detailsView(item, outline, profile.report, {
                  openSource: ({ id }) => openSource(id, true),
                  close: () => select(null),
                })
              : nothing
          }
        </div>
        ${doc ? legendView(drawing) : nothing}
      </div>
    </div>
    ${profile.view()}
  `;
}

const emptyView = (): TemplateResult =>
  html`<p class="empty">${status?.text || 'Open a model file to see its graph.'}</p>`;

/** What changes the view lies on the drawing itself. */
const controlsView = (): TemplateResult => html`
  <div class="controls" role="group" aria-label="View">
    <button class="icon" title="Zoom out (−)" aria-label="Zoom out" @click=${() => canvas.zoomBy(0.8)}>−</button>
    <button class="icon" title="Zoom in (+)" aria-label="Zoom in" @click=${() => canvas.zoomBy(1.25)}>+</button>
    <button title="Fit the whole graph (0)" @click=${() => canvas.fit()}>Fit</button>
    <button title="Open every block" @click=${drawing.expandAll}>Expand</button>
    <button title="Close every block" @click=${drawing.collapseAll}>Collapse</button>
  </div>
`;

function bannerView(): TemplateResult {
  const texts = {
    tracing: () => status!.text || 'Reading the model…',
    stale: () => `The source has an error; this is the last good graph. ${status!.text}`,
    failed: () => status!.text || 'The model cannot be read.',
    fresh: () => '',
  };
  const text = status && (drawing.document || status.state === 'failed') ? texts[status.state]() : '';
  return html`<div class="banner ${status?.state ?? 'fresh'}" role="status" ?hidden=${!text}>${text}</div>`;
}

update();
send({ type: 'ready' });
