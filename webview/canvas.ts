/** The drawing on the page: SVG nodes and edges, pan and zoom, pointer and keyboard, highlights. */

import type { D3ZoomEvent, ZoomTransform } from 'd3-zoom';
import { zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import { select } from 'd3-selection';
import type { Box, Placement } from '../src/view/layout.ts';
import type { Item } from '../src/view/item.ts';
import { captionOf, headerNotes, headerText, timesOf } from '../src/view/captions.ts';
import type { Scene, SceneNode } from '../src/view/scene.ts';
import { colourAt } from './metrics.ts';
import { formatFeature } from '../src/view/label.ts';
import { edgeLabelSvg, edgeSvg, forks, headerSvg, nodeClasses, nodeSvg, paintOrder, stubSvg } from '../src/view/svg.ts';
import { DIAGRAM_CSS } from '../src/view/style.ts';

export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** A node's place on the colour scale, 0 to 1, and the value in words. */
export interface Paint {
  readonly position: number;
  readonly text: string;
  /** False where the box says the value anyway. */
  readonly shown: boolean;
}

export interface CanvasEvents {
  select(id: string): void;
  toggle(id: string): void;
  /** `focus`: the user goes there, not only looks. */
  openSource(id: string, focus: boolean): void;
  clear(): void;
  /** Panning or zooming has come to an end. */
  moved(view: View): void;
  /** Another part of the drawing is in sight: fires with every step of panning and zooming. */
  viewed(): void;
}

export interface Canvas {
  readonly element: HTMLElement;
  draw(scene: Scene, placement: Placement, paint: ReadonlyMap<string, Paint>): void;
  select(id: string | null): void;
  /** Lights up what the editor's cursor is in; scrolls only when it is out of sight. */
  reveal(id: string | null): void;
  /** Extra classes of nodes and edges, by their ids; they stay through every {@link draw}. `dim`: all others step back. */
  mark(marks: ReadonlyMap<string, string>, dim: boolean): void;
  /** Pixels at the right and the lower edge that lie under something else: nothing is brought into sight there. */
  cover(covered: { readonly right: number; readonly bottom: number }): void;
  /** Brings a node into sight, with the least movement; `focus` gives it the keyboard too. */
  show(id: string, focus?: boolean): void;
  /** What is in sight, in the coordinates of the drawing; null before there is one. */
  sight(): Box | null;
  /** Moves a point of the drawing to the middle of what is in sight. */
  centreOn(x: number, y: number): void;
  hoverBlock(path: string | null): void;
  fit(): void;
  /** The width of the drawing in sight, its top at the top: for drawings taller than the panel. */
  fitWidth(): void;
  zoomBy(factor: number): void;
  setView(view: View): void;
  /** Keeps the node where it is on the screen through the next {@link draw}. */
  anchor(id: string): void;
}

const SVG = 'http://www.w3.org/2000/svg';
const MIN_SCALE = 0.05;
const MAX_SCALE = 4;

export function createCanvas(events: CanvasEvents): Canvas {
  const element = document.createElement('div');
  element.className = 'canvas';
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'sk');
  svg.setAttribute('role', 'group');
  svg.setAttribute('aria-label', 'Graph');
  const viewport = document.createElementNS(SVG, 'g');
  svg.append(viewport);
  element.append(svg);
  // A constructed style sheet, because the page's policy allows no style elements.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(DIAGRAM_CSS);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

  let scene: Scene | null = null;
  let placement: Placement | null = null;
  let selected: string | null = null;
  let revealed: string | null = null;
  let anchored: { id: string; x: number; y: number } | null = null;
  let marks: ReadonlyMap<string, string> = new Map();
  let covered = { right: 0, bottom: 0 };
  /** Size of the part of the page in which the drawing can be seen. */
  const room = (): { w: number; h: number } => ({
    w: Math.max(1, svg.clientWidth - covered.right),
    h: Math.max(1, svg.clientHeight - covered.bottom),
  });

  const selection = select<SVGSVGElement, unknown>(svg);
  const behaviour = zoom<SVGSVGElement, unknown>()
    .scaleExtent([MIN_SCALE, MAX_SCALE])
    // Wheel pans like any scrolling view; with Ctrl, or a pinch, it zooms.
    .filter((event: MouseEvent) => (event.type === 'wheel' ? event.ctrlKey : !event.button))
    .on('zoom', ({ transform }: D3ZoomEvent<SVGSVGElement, unknown>) => {
      viewport.setAttribute('transform', transform.toString());
      svg.classList.toggle('far', transform.k < 0.7);
      svg.classList.toggle('very-far', transform.k < 0.35);
      element.dataset['scale'] = transform.k.toFixed(3);
      events.viewed();
    })
    .on('end', ({ transform: { x, y, k } }: D3ZoomEvent<SVGSVGElement, unknown>) => events.moved({ x, y, scale: k }));
  selection.call(behaviour).on('dblclick.zoom', null);
  svg.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey) return;
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? svg.clientHeight : 1;
      const [dx, dy] = event.shiftKey && !event.deltaX ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      const { k } = zoomTransform(svg);
      selection.call((target) => behaviour.translateBy(target, (-dx * unit) / k, (-dy * unit) / k));
    },
    { passive: false },
  );

  // The middle of what is seen stays in the middle when the panel is resized.
  let width = 0;
  new ResizeObserver(() => {
    const { clientWidth } = svg;
    const { k } = zoomTransform(svg);
    if (width && clientWidth && placement)
      selection.call((target) => behaviour.translateBy(target, (clientWidth - width) / 2 / k, 0));
    if (clientWidth) width = clientWidth;
    events.viewed();
  }).observe(element);

  const groupOf = (id: string): SVGGElement | null => viewport.querySelector(`g.node[data-id="${CSS.escape(id)}"]`);
  const idAt = (target: EventTarget | null): string | null =>
    target instanceof Element ? (target.closest<SVGGElement>('g.node[data-id]')?.dataset['id'] ?? null) : null;
  const isStop = (node: SceneNode): boolean => node.item !== null && node.kind !== 'model';
  const transformTo = (transform: ZoomTransform): void =>
    void selection.call((target) => behaviour.transform(target, transform));

  const focusNode = (id: string): void => {
    for (const other of viewport.querySelectorAll('g.node[tabindex="0"]')) other.setAttribute('tabindex', '-1');
    const group = groupOf(id);
    group?.setAttribute('tabindex', '0');
    group?.focus({ preventScroll: true });
    bringIntoView(id);
  };

  const bringIntoView = (id: string): void => {
    const box = placement?.nodes.get(id);
    if (!box) return;
    const transform = zoomTransform(svg);
    const [left, top] = transform.apply([box.x, box.y]);
    const [right, bottom] = transform.apply([box.x + box.width, box.y + Math.min(box.height, room().h / transform.k)]);
    const margin = 24;
    const shift = (low: number, high: number, size: number): number =>
      low < margin ? margin - low : high > size - margin ? Math.max(size - margin - high, margin - low) : 0;
    const dx = shift(left, right, room().w);
    const dy = shift(top, bottom, room().h);
    if (dx || dy) selection.call((target) => behaviour.translateBy(target, dx / transform.k, dy / transform.k));
  };

  const partsOf = (id: string): readonly Element[] => [
    ...viewport.querySelectorAll(`[data-id="${CSS.escape(id)}"], [data-edge="${CSS.escape(id)}"]`),
  ];
  const paintMarks = (): void => {
    for (const [id, classes] of marks) for (const part of partsOf(id)) part.classList.add(...classes.split(' '));
  };

  const highlight = (path: string | null): void => {
    for (const lit of viewport.querySelectorAll('.lit')) lit.classList.remove('lit');
    svg.classList.toggle('lighting', path !== null);
    if (path === null) return;
    for (const part of viewport.querySelectorAll(`[data-block="${CSS.escape(path)}"]`)) part.classList.add('lit');
  };

  // A double click means what its first click met, whatever has moved under the pointer since.
  let first: string | null = null;
  svg.addEventListener('click', (event) => {
    const id = idAt(event.target);
    if (event.detail === 2 && first !== null) return events.openSource(first, true);
    const toggles = event.target instanceof Element && event.target.closest('.toggle') !== null;
    first = toggles ? null : id;
    if (id === null) return events.clear();
    if (toggles) return events.toggle(id);
    focusNode(id);
    events.select(id);
    events.openSource(id, false);
  });
  svg.addEventListener('pointerover', (event) => {
    const part = event.target instanceof Element ? event.target.closest<SVGElement>('[data-block]') : null;
    highlight(part?.dataset['block'] ?? null);
  });
  svg.addEventListener('pointerleave', () => highlight(null));
  svg.addEventListener('focusin', (event) => {
    const part = event.target instanceof Element ? event.target.closest<SVGElement>('[data-block]') : null;
    highlight(part?.dataset['block'] ?? null);
  });
  svg.addEventListener('focusout', () => highlight(null));
  svg.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = idAt(event.target);
    const handled = id === null ? false : onKey(event.key, id);
    if (handled) event.preventDefault();
  });

  const onKey = (key: string, id: string): boolean => {
    switch (key) {
      case ' ':
        if (scene?.nodes.get(id)?.item?.children.length) events.toggle(id);
        events.select(id);
        return true;
      case 'Enter':
        events.openSource(id, true);
        return true;
      case 'Escape':
        events.clear();
        return true;
      case '+':
      case '=':
        canvas.zoomBy(1.25);
        return true;
      case '-':
        canvas.zoomBy(0.8);
        return true;
      case '0':
        canvas.fit();
        return true;
      case 'ArrowDown':
      case 'ArrowUp':
      case 'ArrowLeft':
      case 'ArrowRight':
      case 'Home':
      case 'End': {
        const next = neighbour(key, id);
        if (next) {
          focusNode(next);
          events.select(next);
        }
        return true;
      }
      default:
        return false;
    }
  };

  /** The nearest node in the direction of an arrow key: straight ahead counts more than near but off to the side. */
  const neighbour = (key: string, id: string): string | null => {
    if (!scene || !placement) return null;
    const stops = paintOrder(scene).filter(isStop);
    if (key === 'Home') return stops[0]?.id ?? null;
    if (key === 'End') return stops.at(-1)?.id ?? null;
    const here = anchorPoint(scene.nodes.get(id)!, placement.nodes.get(id)!);
    const vertical = key === 'ArrowDown' || key === 'ArrowUp';
    const sign = key === 'ArrowDown' || key === 'ArrowRight' ? 1 : -1;
    let best: { id: string; cost: number } | null = null;
    for (const node of stops) {
      const there = anchorPoint(node, placement.nodes.get(node.id)!);
      const ahead = sign * (vertical ? there.y - here.y : there.x - here.x);
      const aside = Math.abs(vertical ? there.x - here.x : there.y - here.y);
      if (node.id === id || ahead < 4) continue;
      const cost = ahead + (vertical ? 0.4 : 2) * aside;
      if (!best || cost < best.cost) best = { id: node.id, cost };
    }
    return best?.id ?? null;
  };

  const canvas: Canvas = {
    element,
    draw(nextScene, nextPlacement, paint) {
      const focused = viewport.contains(document.activeElement) ? idAt(document.activeElement) : null;
      const before = anchored;
      scene = nextScene;
      placement = nextPlacement;
      svg.setAttribute('aria-label', `Graph of ${scene.nodes.get(scene.root)?.item?.label ?? 'the model'}`);
      viewport.innerHTML = markup(scene, placement, paint);
      paintHeat(viewport);
      const first = paintOrder(scene).find(isStop);
      const entry = [selected, focused, first?.id].find((id) => typeof id === 'string' && groupOf(id));
      if (typeof entry === 'string') groupOf(entry)?.setAttribute('tabindex', '0');
      canvas.select(selected);
      if (revealed !== null) groupOf(revealed)?.classList.add('revealed');
      if (focused !== null && groupOf(focused)) focusNode(focused);
      const box = before && placement.nodes.get(before.id);
      if (before && box) {
        const { k } = zoomTransform(svg);
        transformTo(zoomIdentity.translate(before.x - box.x * k, before.y - box.y * k).scale(k));
      }
      anchored = null;
      paintMarks();
      events.viewed();
    },
    select(id) {
      selected = id;
      for (const old of viewport.querySelectorAll('g.node.selected')) old.classList.remove('selected');
      if (id !== null) groupOf(id)?.classList.add('selected');
    },
    reveal(id) {
      revealed = id;
      for (const old of viewport.querySelectorAll('g.node.revealed')) old.classList.remove('revealed');
      if (id === null) return;
      groupOf(id)?.classList.add('revealed');
      bringIntoView(id);
    },
    mark(next, dim) {
      for (const [id, classes] of marks) for (const part of partsOf(id)) part.classList.remove(...classes.split(' '));
      marks = next;
      svg.classList.toggle('dimmed', dim);
      paintMarks();
    },
    cover(next) {
      covered = next;
    },
    show(id, focus = false) {
      if (focus) focusNode(id);
      else bringIntoView(id);
    },
    sight() {
      if (!placement) return null;
      const { w, h } = room();
      const { x, y, k } = zoomTransform(svg);
      return { x: -x / k, y: -y / k, width: w / k, height: h / k };
    },
    centreOn(x, y) {
      const { w, h } = room();
      const { k } = zoomTransform(svg);
      transformTo(zoomIdentity.translate(w / 2 - x * k, h / 2 - y * k).scale(k));
    },
    hoverBlock: highlight,
    fit() {
      if (!placement) return;
      const { w, h } = room();
      const k = Math.min(1, Math.max(MIN_SCALE, Math.min((w - 32) / placement.width, (h - 32) / placement.height)));
      transformTo(
        zoomIdentity.translate((w - placement.width * k) / 2, Math.max(16, (h - placement.height * k) / 2)).scale(k),
      );
    },
    fitWidth() {
      if (!placement) return;
      const { w, h } = room();
      const k = Math.min(1, Math.max(0.5, (w - 32) / placement.width));
      const fits = placement.height * k <= h - 32;
      transformTo(
        zoomIdentity.translate((w - placement.width * k) / 2, fits ? (h - placement.height * k) / 2 : 16).scale(k),
      );
    },
    zoomBy(factor) {
      selection.call((target) => behaviour.scaleBy(target, factor));
    },
    setView({ x, y, scale }) {
      transformTo(zoomIdentity.translate(x, y).scale(scale));
    },
    anchor(id) {
      const box = placement?.nodes.get(id);
      if (!box) return;
      const [x, y] = zoomTransform(svg).apply([box.x, box.y]);
      anchored = { id, x, y };
    },
  };
  return canvas;
}

/** Open groups are reached at their header, everything else at its centre. */
const anchorPoint = (node: SceneNode, box: Box): { x: number; y: number } =>
  node.open ? { x: box.x + box.width / 2, y: box.y + 8 } : { x: box.x + box.width / 2, y: box.y + box.height / 2 };

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

function markup(scene: Scene, placement: Placement, paint: ReadonlyMap<string, Paint>): string {
  const order = paintOrder(scene);
  const dots = forks(scene);
  const wrap = (node: SceneNode): string => {
    const box = placement.nodes.get(node.id)!;
    const body = nodeSvg(node, box, dots.has(node.id));
    if (!node.item) return body;
    if (node.kind === 'model') return '';
    const heat = paint.get(node.id);
    const expands = node.item.children.length > 0;
    const block = node.item.block ? ` data-block="${attribute(node.item.block.path)}"` : '';
    const label =
      describe(node.item, node.open, heat?.shown ? heat.text : '') + (heat && !heat.shown ? `, ${heat.text}` : '');
    return (
      `<g class="${nodeClasses(node)}" data-id="${attribute(node.id)}"${block} role="button" tabindex="-1"` +
      `${expands ? ` aria-expanded="${node.open && !node.folded}"` : ''} aria-label="${attribute(label)}">` +
      `<rect class="halo-box" x="${box.x - 3}" y="${box.y - 3}" width="${box.width + 6}" height="${box.height + 6}" rx="9"/>` +
      body +
      (heat ? heatSvg(node, box, heat) : '') +
      (expands
        ? `<rect class="toggle" x="${box.x}" y="${box.y}" width="${toggleWidth(node.item)}" height="34"/>`
        : '') +
      '</g>'
    );
  };
  const edge = (kind: boolean): string =>
    scene.edges
      .filter((one) => (one.kind === 'flow') === kind)
      .map((one) => {
        const skip = one.kind === 'flow' ? '' : ` data-skip="${one.kind}"`;
        const block = one.block === null ? '' : ` data-block="${attribute(one.block)}"`;
        return `<g class="link ${one.kind}"${skip}${block} data-edge="${attribute(one.id)}">${edgeSvg(scene, placement, one)}</g>`;
      })
      .join('');
  const stubs = order
    .filter((node) => node.kind === 'tap')
    .map((node) => stubSvg(scene, placement, node))
    .join('');
  const open = order
    .filter((node) => node.open)
    .map(wrap)
    .join('');
  const closed = order
    .filter((node) => !node.open)
    .map(wrap)
    .join('');
  // Above the edges that cross the group's border, so that the halo of the text covers them.
  const headers = order.map((node) => headerSvg(node, placement)).join('');
  const labels = scene.edges.map((one) => edgeLabelSvg(scene, placement, one)).join('');
  return `${open}<g class="links" aria-hidden="true">${stubs}${edge(true)}${edge(false)}</g>${closed}<g class="shapes" aria-hidden="true">${headers}${labels}</g>`;
}

/** The chevron; of runs, their name and the number of repetitions too. */
const toggleWidth = (item: Item): number => (item.run ? headerText(item, 0, 0).noteAt - 6 : 26);

/** A bar on the box's left edge, and the value at its right; merges and small boxes get the bar only. */
function heatSvg(node: SceneNode, box: Box, heat: Paint): string {
  const bar = `<rect class="heat" data-position="${heat.position}" x="${box.x}" y="${box.y}" width="7" height="${box.height}" rx="3"/>`;
  if (node.kind === 'op' || node.kind === 'shortcut' || !heat.shown) return bar;
  return `${bar}\n<text class="heat-text" x="${box.x + box.width - 12}" y="${box.y + 39}" text-anchor="end">${attribute(heat.text)}</text>`;
}

function paintHeat(viewport: SVGGElement): void {
  for (const bar of viewport.querySelectorAll<SVGRectElement>('rect.heat'))
    bar.setAttribute('fill', colourAt(Number(bar.dataset['position'])));
}

const skipsInWords = ({ skips }: Item): string =>
  Object.entries(skips)
    .map(([kind, count]) => `${count} ${kind} ${count === 1 ? 'skip' : 'skips'}`)
    .join(' ');

/** What a screen reader says of an item: first what stands on it, then what the drawing shows by its form. */
export function describe(item: Item, open: boolean, value = ''): string {
  const { title, aside, lines } = captionOf(item);
  const shape = item.outputShape ? `output ${formatFeature(item.outputShape)}` : '';
  const wrong = item.problem && (!open || item.role === 'merge') ? `error: ${item.problem}` : '';
  if (item.role === 'merge') {
    const kind = item.block?.skip === 'concat' ? 'concatenation' : `${item.block?.skip ?? ''} skip connection`;
    const tail = item.tail ? `then ${item.tail}` : '';
    return sentence([`${item.path || 'model'}: ${kind} joins`, tail, shape, wrong]);
  }
  const texts =
    item.role === 'op' || item.role === 'shortcut'
      ? [title]
      : open
        ? [title, timesOf(item), ...headerNotes(item)]
        : [title, aside, ...lines, value, skipsInWords(item)];
  const kind = KINDS[item.role] ?? '';
  const path = texts.includes(item.path) ? '' : item.path;
  return sentence([texts.filter((text) => text).join(' '), kind, path, shape, wrong]);
}

const KINDS: Partial<Record<Item['role'], string>> = {
  stage: 'stage',
  run: 'run of equal blocks',
  branch: 'residual branch',
  shortcut: 'shortcut',
  module: 'module',
};

const sentence = (parts: readonly string[]): string => parts.filter((part) => part).join(', ');
