/** Pan and zoom: which part of the drawing the page shows, and at what scale. */

import { select } from 'd3-selection';
import type { D3ZoomEvent, ZoomTransform } from 'd3-zoom';
import { zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import type { Box } from '../src/view/layout.ts';
import { FAR, VERY_FAR } from './parts.ts';

export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Pixels at the edges that lie under something else. */
export interface Covered {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface ViewportEvents {
  /** Panning or zooming has come to an end. */
  moved(view: View): void;
  /** Another part of the drawing is in sight: fires with every step of panning and zooming. */
  viewed(): void;
}

export interface Viewport {
  /** Holds the drawing, in its own coordinates. */
  readonly content: SVGGElement;
  readonly transform: ZoomTransform;
  /** Everything the page shows, in the coordinates of the drawing; also what is covered. */
  seen(): Box;
  /** What is in sight and not covered. */
  sight(): Box;
  cover(covered: Covered): void;
  /** Moves nothing for what is in sight already; of something taller than the page, its top is enough. */
  bringIntoView(box: Box): void;
  centreOn(x: number, y: number): void;
  fit(size: { readonly width: number; readonly height: number }): void;
  fitWidth(size: { readonly width: number; readonly height: number }): void;
  zoomBy(factor: number): void;
  set(view: View): void;
}

const SVG = 'http://www.w3.org/2000/svg';
const MIN_SCALE = 0.05;
const MAX_SCALE = 4;
/** Pixels between what was brought into sight and the edge. */
const MARGIN = 24;
/** From here on boxes say their attributes too. */
const NEAR = 1.5;

export function createViewport(svg: SVGSVGElement, element: HTMLElement, events: ViewportEvents): Viewport {
  const content = document.createElementNS(SVG, 'g');
  svg.append(content);
  let covered: Covered = { top: 0, right: 0, bottom: 0 };
  /** Size of the part of the page in which the drawing can be seen. */
  const room = (): { w: number; h: number } => ({
    w: Math.max(1, svg.clientWidth - covered.right),
    h: Math.max(1, svg.clientHeight - covered.top - covered.bottom),
  });

  const selection = select<SVGSVGElement, unknown>(svg);
  const behaviour = zoom<SVGSVGElement, unknown>()
    .scaleExtent([MIN_SCALE, MAX_SCALE])
    // Wheel pans like any scrolling view; with Ctrl, or a pinch, it zooms.
    .filter((event: MouseEvent) => (event.type === 'wheel' ? event.ctrlKey : !event.button))
    .on('zoom', ({ transform }: D3ZoomEvent<SVGSVGElement, unknown>) => {
      content.setAttribute('transform', transform.toString());
      svg.classList.toggle('near', transform.k >= NEAR);
      svg.classList.toggle('far', transform.k < FAR);
      svg.classList.toggle('very-far', transform.k < VERY_FAR);
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
      move(-dx * unit, -dy * unit);
    },
    { passive: false },
  );

  const move = (dx: number, dy: number): void => {
    const { k } = zoomTransform(svg);
    if (dx || dy) selection.call((target) => behaviour.translateBy(target, dx / k, dy / k));
  };
  const to = (x: number, y: number, k: number): void =>
    void selection.call((target) => behaviour.transform(target, zoomIdentity.translate(x, y).scale(k)));

  // The middle of what is seen stays in the middle when the panel is resized.
  let width = 0;
  new ResizeObserver(() => {
    const { clientWidth } = svg;
    if (width && clientWidth) move((clientWidth - width) / 2, 0);
    if (clientWidth) width = clientWidth;
    events.viewed();
  }).observe(element);

  const boxOf = (w: number, h: number, top = 0): Box => {
    const { x, y, k } = zoomTransform(svg);
    return { x: -x / k, y: (top - y) / k, width: w / k, height: h / k };
  };

  return {
    content,
    get transform() {
      return zoomTransform(svg);
    },
    seen: () => boxOf(svg.clientWidth, svg.clientHeight),
    sight: () => boxOf(room().w, room().h, covered.top),
    cover(next) {
      covered = next;
    },
    bringIntoView(box) {
      const { w, h } = room();
      const transform = zoomTransform(svg);
      const tall = (h - 2 * MARGIN) / transform.k;
      const [left, top] = transform.apply([box.x, box.y]);
      const [right, bottom] = transform.apply([box.x + box.width, box.y + Math.min(box.height, tall)]);
      const shift = (low: number, high: number, size: number): number =>
        low < 0 ? MARGIN - low : high > size ? Math.max(size - MARGIN - high, MARGIN - low) : 0;
      move(shift(left, right, w), shift(top - covered.top, bottom - covered.top, h));
    },
    centreOn(x, y) {
      const { w, h } = room();
      const { k } = zoomTransform(svg);
      to(w / 2 - x * k, covered.top + h / 2 - y * k, k);
    },
    fit({ width, height }) {
      const { w, h } = room();
      const k = Math.min(1, Math.max(MIN_SCALE, Math.min((w - 32) / width, (h - 32) / height)));
      to((w - width * k) / 2, covered.top + Math.max(8, (h - height * k) / 2), k);
    },
    fitWidth({ width, height }) {
      const { w, h } = room();
      const k = Math.min(1, Math.max(0.5, (w - 32) / width));
      to((w - width * k) / 2, covered.top + (height * k <= h - 32 ? (h - height * k) / 2 : 8), k);
    },
    zoomBy: (factor) => void selection.call((target) => behaviour.scaleBy(target, factor)),
    set: ({ x, y, scale }) => to(x, y, scale),
  };
}
