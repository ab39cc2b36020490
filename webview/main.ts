/** The panel: receives documents and profiles from the extension host, draws them, reports what the user does. */

import type { TemplateResult } from 'lit';
import { html, nothing, render } from 'lit';
import type { Diagnostic } from '../src/ir/diagnostic.ts';
import type { HostMessage, ModelDocument, PanelState } from '../src/protocol/messages.ts';
import { leafAt, visibleFor } from '../src/view/locate.ts';
import { neighboursOf } from '../src/view/paths.ts';
import type { Covered } from './viewport.ts';
import { bannerView } from './banner.ts';
import { changesOf, comparisonMenu } from './compare.ts';
import { createComparing } from './comparing.ts';
import { controlsView } from './controls.ts';
import { crumbsView, groupInSight, wayTo } from './crumbs.ts';
import { detailsView } from './details.ts';
import { createDrawing, itemOf } from './drawing.ts';
import { createFind } from './find.ts';
import { EMPTY_STATE, keepState, onHostMessage, restoreState, send } from './host.ts';
import { helpView, listenForKeys } from './keys.ts';
import { legendView } from './legend.ts';
import { marksOf } from './marks.ts';
import type { MenuEntry } from './menu.ts';
import { createOutlineTree } from './outlineTree.ts';
import { createMinimap } from './minimap.ts';
import { problemsView } from './problems.ts';
import { createProfilePane } from './profilePane.ts';
import { rasterise } from './rasterise.ts';
import { toolbarView } from './toolbar.ts';
import './styles/panel.css';
import './styles/drawing.css';
import './styles/details.css';
import './styles/navigation.css';
import './styles/compare.css';

const main = document.getElementById('panel')!;
const { layoutWorker, profileWorker, wasm, alone } = main.dataset as Record<string, string>;
/** In a file of its own, without an editor: no source, no profile, nothing to compare with. */
const isAlone = alone !== undefined;

let state: PanelState = restoreState();
let status: Extract<HostMessage, { type: 'status' }> | null = null;
/** Null where the panel can only stay with its file. */
let locked: boolean | null = null;

const keep = (change: Partial<PanelState>): void => {
  state = { ...state, ...change };
  keepState(state);
};

const update = (): void => {
  tree.element.classList.toggle('unseen', !state.outline);
  render(page(), main);
  updateCrumbs();
  canvas.cover(covered());
  profile.mark(hovered, blockOf(state.selected));
};

/** What the panes over the drawing hide of it. */
const covered = (): Covered => {
  const below = canvas.element.getBoundingClientRect();
  const search = main.querySelector('.find')?.getBoundingClientRect();
  const top = search ? search.bottom - below.top : 0;
  const details = main.querySelector('.details')?.getBoundingClientRect();
  if (!details) return { top, right: 0, bottom: 0 };
  const isSheet = details.width >= below.width - 1;
  return { top, right: isSheet ? 0 : details.width, bottom: isSheet ? details.height : 0 };
};

/** The residual block that a node of the drawing belongs to. */
const blockOf = (id: string | null): string | null => itemOf(drawing, id)?.block?.path ?? null;

/** What was removed is in the old network alone. */
const isGhost = (id: string | null): boolean => id !== null && drawing.outline?.items.has(id) === false;

const openSource = (id: string | null, focus: boolean): void => {
  const location = itemOf(drawing, id)?.location;
  if (location) send({ type: 'openSource', location, focus, ...(isGhost(id) && { isOld: true }) });
};

const select = (id: string | null): void => {
  keep({ selected: id });
  canvas.select(id);
  comparing.select(id);
  tree.select(id);
  mark();
  update();
  if (id !== null) canvas.show(id);
};

let lastGoal: string | null = null;

/** Selects an item that may lie in a closed group, unless another one was asked for while that opened. */
const go = async (id: string, focus = false): Promise<void> => {
  lastGoal = id;
  await drawing.unfold(id);
  if (lastGoal !== id) return;
  select(id);
  canvas.show(id, focus);
};

const goToProblem = (diagnostic: Diagnostic): void => {
  const leaf = drawing.outline && leafAt(drawing.outline, diagnostic, true);
  if (leaf) void go(leaf, true);
  send({ type: 'openSource', location: diagnostic, focus: false });
};

/** Lights up what the state says is to stand out. */
const mark = (): void => {
  const { outline, scene, document: doc } = drawing;
  if (!outline || !scene || !doc) return;
  const pathsOf = state.paths ? state.selected : null;
  const { hits, current: currentHit } = find;
  const marks = marksOf({ outline, scene, pathsOf, hits, currentHit, diagnostics: doc.diagnostics });
  canvas.mark(marks.classes, marks.dim);
};

const drawing = createDrawing(layoutWorker!, {
  select,
  openSource,
  keep,
  changed() {
    const { scene, placement } = drawing;
    if (scene && placement) minimap.draw(scene, placement);
    mark();
    update();
    minimap.frame(canvas.sight());
  },
  viewed() {
    minimap.frame(canvas.sight());
    updateCrumbs();
  },
});
const { canvas } = drawing;
const minimap = createMinimap((x, y) => canvas.centreOn(x, y));

const find = createFind(main, {
  changed() {
    mark();
    update();
  },
  show: (id) => void go(id),
  closed: () => focusDrawing(),
});

const comparing = createComparing(layoutWorker!, {
  select,
  go: (id) => void go(id),
  keep,
  redraw: () => drawing.document && void draw(drawing.document).then(() => canvas.fitWidth()),
  changed: update,
});

/** Draws the document, alone or with what it is compared with; false when a later call overtook this one. */
async function draw(doc: ModelDocument, expanded: readonly string[] | null = null): Promise<boolean> {
  const compared = comparing.take(doc, state.sideBySide === true);
  const [drawn] = await Promise.all([drawing.show(doc, expanded, compared), comparing.drawOld()]);
  if (!itemOf(drawing, state.selected)) keep({ selected: null });
  return drawn;
}

const tree = createOutlineTree({
  select: (id) => void go(id),
  openSource: (id) => openSource(id, true),
  close() {
    keep({ outline: false });
    update();
    focusDrawing();
  },
});

const focusDrawing = (): void => {
  const { outline, scene } = drawing;
  const target = state.selected && outline && scene ? visibleFor(outline, scene, state.selected) : null;
  if (target) canvas.show(target, true);
  else main.querySelector<SVGElement>('g.node[tabindex="0"]')?.focus();
};

const togglePaths = (): void => {
  keep({ paths: !state.paths });
  mark();
  update();
};
const toggleMinimap = (): void => {
  keep({ minimap: !state.minimap });
  update();
};
const toggleOutline = (): void => {
  keep({ outline: !state.outline });
  update();
  if (state.outline) tree.focus();
};
const toggleLock = (): void => send({ type: 'setLock', locked: !locked });
const openHelp = (): void => main.querySelector<HTMLDialogElement>('dialog.help')!.showModal();

listenForKeys({
  find: () => drawing.document && find.open(),
  help: openHelp,
  togglePaths,
  toggleMinimap,
  toggleOutline,
  zoomBy: (factor) => canvas.zoomBy(factor),
  fit: () => canvas.fit(),
  follow(direction) {
    const next =
      state.selected && drawing.scene?.nodes.has(state.selected) ? neighboursOf(drawing.scene, state.selected) : null;
    const [id] = next?.[direction] ?? [];
    if (id !== undefined) void go(id, true);
  },
  clear: () => select(null),
});

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
    const id = [`${path}/branch`, `${path}/merge`].find((candidate) => drawing.outline?.items.has(candidate));
    if (id !== undefined) void go(id);
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
    state = {
      ...EMPTY_STATE,
      minimap: state.minimap,
      ...(state.sideBySide && { sideBySide: true }),
      ...(state.locked && { locked: true }),
      outline: state.outline,
      uri: doc.uri,
      model: doc.model,
      ...(state.profile && { profile: state.profile }),
    };
  keep({ against: doc.against?.spec ?? null });
  const drawn = await draw(doc, isKept && state.expanded.length ? state.expanded : null);
  if (!drawn || !drawing.scene) return;
  if (!before && isKept && state.view) canvas.setView(state.view);
  else if (!before || !isKept) canvas.fitWidth();
  find.search(drawing.outline);
  if (drawing.outline) tree.show(drawing.outline);
  canvas.select(state.selected);
  tree.select(state.selected);
  mark();
  update();
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
    case 'lock':
      locked = message.locked;
      keep({ locked: locked === true });
      update();
      break;
    case 'reveal':
      drawing.reveal(message.location, state.selected);
      break;
    case 'profile':
    case 'cancelProfile':
    case 'profileEvent':
    case 'runs':
    case 'report':
    case 'weightsChosen':
      profile.receive(message);
      break;
    case 'rasterise':
      void rasterise(message.svg, message.scale).then((png) => send({ type: 'rasterised', id: message.id, png }));
      break;
  }
});

const exportDrawing = (): void => send({ type: 'exportGraph', expanded: state.expanded });

const menu = (): readonly (readonly MenuEntry[])[] => [
  [
    { label: 'Outline', hint: 'O', checked: state.outline, run: toggleOutline },
    { label: 'Map', hint: 'M', checked: state.minimap, run: toggleMinimap },
    { label: 'Paths through the selection', hint: 'P', checked: state.paths, run: togglePaths },
  ],
  locked === null ? [] : [{ label: 'Stay with this model', checked: locked, run: toggleLock }],
  drawing.document && !isAlone ? comparisonMenu(drawing.document, comparing.comparison !== null) : [],
  drawing.document && !isAlone ? [{ label: 'Export this drawing…', run: exportDrawing }] : [],
  [{ label: 'Keys and gestures', hint: '?', run: openHelp }],
];

function page(): TemplateResult {
  const { document: doc, outline, scene, memory } = drawing;
  const item = itemOf(drawing, state.selected);
  const old = isGhost(state.selected) ? comparing.old() : null;
  const { comparison } = comparing;
  const problems = doc ? problemsView(doc.diagnostics, goToProblem) : nothing;
  const toolbar = {
    document: doc,
    busy: profile.busy,
    choice: profile.choice,
    problems,
    menu: menu(),
    outline: state.outline,
    alone: isAlone,
  };
  return html`
    ${toolbarView(toolbar, {
      find: () => find.open(),
      toggleOutline,
    })}
    ${bannerView(status, drawing.document !== null)} ${comparing.bar(state.selected)}
    ${
      doc
        ? html`<div class="strip">
            <div class="crumbs-host"></div>
            ${controlsView(drawing, profile.report)}
          </div>`
        : nothing
    }
    <div class="body">
      ${comparing.list(state.selected)} ${comparing.side()} ${doc ? tree.element : nothing}
      <div class="stage-area">
        <div class="sheet ${item ? 'has-details' : ''}">
          ${canvas.element} ${doc ? find.view() : emptyView()} ${doc && state.minimap ? minimap.element : nothing}
          ${
            item && outline && scene && memory
              ? detailsView(
                  {
                    ...{ outline, memory, ...old },
                    ...{
                      item: {
                        ...item,
                        ...(old && { id: state.selected! }),
                        ...(!doc?.hasSource && { location: null }),
                      },
                      scene,
                      report: profile.report,
                    },
                    paths: state.paths,
                    changes: comparison ? changesOf(comparison, state.selected!) : [],
                  },
                  {
                    togglePaths,
                    go: (id) => void go(id, true),
                    openSource: ({ id }) => openSource(id, true),
                    close: () => select(null),
                  },
                )
              : nothing
          }
        </div>
        ${doc ? legendView(drawing) : nothing}
      </div>
    </div>
    ${profile.view()} ${helpView()}
  `;
}

/** Rendered by itself: panning changes it many times a second. */
function updateCrumbs(): void {
  const host = main.querySelector<HTMLElement>('.crumbs-host');
  const { outline, scene, placement } = drawing;
  if (!host || !outline || !scene || !placement) return;
  const sight = canvas.sight();
  const id = state.selected ?? (sight ? groupInSight(scene, placement, sight) : scene.root);
  render(
    crumbsView(wayTo(outline, id), (item) => (item.role === 'model' ? canvas.fit() : void go(item.id))),
    host,
  );
}

const emptyView = (): TemplateResult =>
  html`<p class="empty">${status?.text || 'Open a model file to see its graph.'}</p>`;

update();
send({ type: 'ready' });
