/** The drawing on the page: what is in sight of it, pointer and keyboard, highlights. */

import type { Box, Placement } from '../src/view/layout.ts';
import type { Scene } from '../src/view/scene.ts';
import { DIAGRAM_CSS } from '../src/view/style.ts';
import { neighbour, stopsOf } from './arrows.ts';
import { animateChange } from './motion.ts';
import type { Paint, Part } from './parts.ts';
import { partsOf } from './parts.ts';
import { createSight } from './sight.ts';
import type { Covered, View, ViewportEvents } from './viewport.ts';
import { createViewport } from './viewport.ts';

export type { Paint } from './parts.ts';

export interface CanvasEvents extends ViewportEvents {
  select(id: string): void;
  toggle(id: string): void;
  /** `focus`: the user goes there, not only looks. */
  openSource(id: string, focus: boolean): void;
  clear(): void;
}

export interface Canvas {
  readonly element: HTMLElement;
  draw(scene: Scene, placement: Placement, paint: ReadonlyMap<string, Paint>): void;
  select(id: string | null): void;
  /** Lights up what the editor's cursor is in; scrolls only when it is out of sight. */
  reveal(id: string | null): void;
  /** Extra classes of nodes and edges, by their ids; they stay through every {@link draw}. `dim`: all others step back. */
  mark(marks: ReadonlyMap<string, string>, dim: boolean): void;
  /** Pixels at the edges that lie under something else: nothing is brought into sight there. */
  cover(covered: Covered): void;
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

// A constructed style sheet, because the page's policy allows no style elements.
const sheet = new CSSStyleSheet();
sheet.replaceSync(DIAGRAM_CSS);

export function createCanvas(events: CanvasEvents): Canvas {
  const element = document.createElement('div');
  element.className = 'canvas';
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'sk');
  svg.setAttribute('role', 'group');
  svg.setAttribute('aria-label', 'Graph');
  element.append(svg);
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);

  let scene: Scene | null = null;
  let placement: Placement | null = null;
  let selected: string | null = null;
  let revealed: string | null = null;
  /** The one node that the Tab key reaches. */
  let stop: string | null = null;
  let lit: string | null = null;
  let anchored: { id: string; x: number; y: number } | null = null;
  let marks: ReadonlyMap<string, string> = new Map();
  let parts: ReadonlyMap<string, Part> = new Map();
  let frame = 0;

  /** At once: before something in it is focused or measured. */
  const look = (): void => {
    cancelAnimationFrame(frame);
    frame = 0;
    if (placement) sight.look(viewport.seen(), viewport.transform.k);
  };
  const viewport = createViewport(svg, element, {
    moved: events.moved,
    viewed() {
      frame ||= requestAnimationFrame(look);
      events.viewed();
    },
  });
  const { content } = viewport;

  const nameOf = ({ key }: Part): string => key.slice(key.indexOf(':') + 1);
  const sight = createSight(content, (group, part) => {
    const classes = marks.get(nameOf(part));
    if (classes) group.classList.add(...classes.split(' '));
    if (lit !== null && group.dataset['block'] === lit) group.classList.add('lit');
    if (part.node === null || !group.dataset['id']) return;
    group.classList.toggle('selected', part.node === selected);
    group.classList.toggle('revealed', part.node === revealed);
    if (part.node === stop) group.setAttribute('tabindex', '0');
  });

  const groupOf = (id: string): SVGGElement | undefined => sight.element(`node:${id}`);
  const idAt = (target: EventTarget | null): string | null =>
    target instanceof Element ? (target.closest<SVGGElement>('g.node[data-id]')?.dataset['id'] ?? null) : null;

  const pin = (): void => sight.pin([stop, selected, revealed].filter((id) => id !== null));
  const setStop = (id: string | null): void => {
    if (stop !== null) groupOf(stop)?.setAttribute('tabindex', '-1');
    stop = id;
    pin();
    if (stop !== null) groupOf(stop)?.setAttribute('tabindex', '0');
  };
  const focusNode = (id: string): void => {
    bringIntoView(id);
    look();
    setStop(id);
    groupOf(id)?.focus({ preventScroll: true });
  };
  const bringIntoView = (id: string): void => {
    const box = placement?.nodes.get(id);
    if (box) viewport.bringIntoView(box);
  };

  const partsNamed = (id: string): readonly Element[] =>
    ['node', 'edge'].flatMap((kind) => sight.element(`${kind}:${id}`) ?? []);
  const highlight = (path: string | null): void => {
    for (const old of content.querySelectorAll('.lit')) old.classList.remove('lit');
    lit = path;
    svg.classList.toggle('lighting', path !== null);
    if (path === null) return;
    for (const part of content.querySelectorAll(`[data-block="${CSS.escape(path)}"]`)) part.classList.add('lit');
  };
  const highlightAt = ({ target }: Event): void => {
    const part = target instanceof Element ? target.closest<SVGElement>('[data-block]') : null;
    highlight(part?.dataset['block'] ?? null);
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
  svg.addEventListener('pointerover', highlightAt);
  svg.addEventListener('pointerleave', () => highlight(null));
  svg.addEventListener('focusin', (event) => {
    // However it came there, what has the focus stays in the page.
    const id = idAt(event.target);
    if (id !== null && id !== stop) setStop(id);
    highlightAt(event);
  });
  svg.addEventListener('focusout', () => highlight(null));
  svg.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // With Shift, the arrow keys follow the data: that is the panel's.
    if (event.shiftKey && event.key.startsWith('Arrow')) return;
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
      case 'ArrowDown':
      case 'ArrowUp':
      case 'ArrowLeft':
      case 'ArrowRight':
      case 'Home':
      case 'End': {
        const next = scene && placement ? neighbour(scene, placement, key, id) : null;
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

  const canvas: Canvas = {
    element,
    draw(nextScene, nextPlacement, paint) {
      const focused = content.contains(document.activeElement) ? idAt(document.activeElement) : null;
      const old = placement && viewport.transform;
      const known = parts;
      scene = nextScene;
      placement = nextPlacement;
      parts = new Map(partsOf(scene, placement, paint).map((part) => [part.key, part]));
      svg.setAttribute('aria-label', `Graph of ${scene.nodes.get(scene.root)?.item?.label ?? 'the model'}`);
      stop = [focused, selected, stopsOf(scene)[0]?.id].find((id) => id && scene!.nodes.has(id)) ?? null;
      const box = anchored && placement.nodes.get(anchored.id);
      if (anchored && box) {
        const { k } = viewport.transform;
        viewport.set({ x: anchored.x - box.x * k, y: anchored.y - box.y * k, scale: k });
      }
      anchored = null;
      pin();
      sight.draw([...parts.values()]);
      look();
      if (old) {
        const { x, y, k } = viewport.transform;
        animateChange(sight, (key) => known.get(key), { x: (old.x - x) / k, y: (old.y - y) / k });
      }
      if (focused !== null && focused === stop) groupOf(focused)?.focus({ preventScroll: true });
      events.viewed();
    },
    select(id) {
      if (selected !== null) groupOf(selected)?.classList.remove('selected');
      selected = id;
      pin();
      if (id !== null) groupOf(id)?.classList.add('selected');
    },
    reveal(id) {
      if (revealed !== null) groupOf(revealed)?.classList.remove('revealed');
      revealed = id;
      pin();
      if (id === null) return;
      groupOf(id)?.classList.add('revealed');
      bringIntoView(id);
    },
    mark(next, dim) {
      for (const [id, classes] of marks)
        for (const part of partsNamed(id)) part.classList.remove(...classes.split(' '));
      marks = next;
      svg.classList.toggle('dimmed', dim);
      for (const [id, classes] of marks) for (const part of partsNamed(id)) part.classList.add(...classes.split(' '));
    },
    cover: viewport.cover,
    show(id, focus = false) {
      if (focus) focusNode(id);
      else bringIntoView(id);
    },
    sight: () => placement && viewport.sight(),
    centreOn(x, y) {
      viewport.centreOn(x, y);
      look();
    },
    hoverBlock: highlight,
    fit() {
      if (placement) viewport.fit(placement);
      look();
    },
    fitWidth() {
      if (placement) viewport.fitWidth(placement);
      look();
    },
    zoomBy: viewport.zoomBy,
    setView(view) {
      viewport.set(view);
      look();
    },
    anchor(id) {
      const box = placement?.nodes.get(id);
      if (!box) return;
      const [x, y] = viewport.transform.apply([box.x, box.y]);
      anchored = { id, x, y };
    },
  };
  return canvas;
}
