/** The grid of plots: draws figures, moves one cursor through all of them by pointer and keys, links it with the graph. */

import type { Figure } from '../src/profile/figures/figure.ts';
import { formatNumber } from '../src/profile/figures/figure.ts';
import type { FigureLayout } from '../src/profile/figures/layout.ts';
import { layoutFigure } from '../src/profile/figures/layout.ts';
import { FIGURE_CSS, figureBody } from '../src/profile/figures/svg.ts';
import { createReadout } from './readout.ts';

export interface PlotsEvents {
  /** The cursor is over a block of the plots, or has left. */
  hover(path: string | null): void;
  select(path: string): void;
}

export interface Plots {
  readonly element: HTMLElement;
  show(figures: readonly Figure[]): void;
  /** Blocks that are marked in every plot: the one under the pointer elsewhere, and the selected one. */
  mark(hovered: string | null, selected: string | null): void;
  /** The one plot that is shown alone, null for all. */
  enlarged(): string | null;
}

interface Plot {
  readonly id: string;
  readonly host: HTMLElement;
  readonly svg: SVGSVGElement;
  readonly slider: HTMLElement;
  readonly readout: ReturnType<typeof createReadout>;
  layout: FigureLayout;
}

const SVG = 'http://www.w3.org/2000/svg';
const PAGE = 10;
/** Of the grid, as its style sheet says (px). */
const [COLUMN_GAP, ROW_GAP] = [22, 16];

export function createPlots(events: PlotsEvents): Plots {
  const sheet = new CSSStyleSheet();
  // A constructed style sheet, because the page's policy allows no style elements.
  sheet.replaceSync(FIGURE_CSS);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

  const element = document.createElement('div');
  element.className = 'plots';
  let plots: Plot[] = [];
  let enlarged: string | null = null;
  let marked: { readonly hovered: string | null; readonly selected: string | null } = { hovered: null, selected: null };

  const heightFor = (width: number): number => Math.round(Math.min(250, Math.max(180, width * 0.58)));

  const sizeOf = (host: HTMLElement): { width: number; height: number } => {
    const width = Math.max(220, host.clientWidth);
    const { gridColumnStart, gridRowStart } = getComputedStyle(host);
    const isBig = host.classList.contains('enlarged');
    const room = element.parentElement?.clientHeight ?? 0;
    return {
      width,
      height: isBig
        ? Math.max(260, Math.min(room - 12, width * 0.6))
        : gridRowStart === 'span 2'
          ? 2 * heightFor((width - COLUMN_GAP) / 2) + ROW_GAP
          : heightFor(gridColumnStart === 'span 2' ? Infinity : width),
    };
  };

  const draw = (plot: Plot, figure: Figure): void => {
    plot.layout = layoutFigure(figure, sizeOf(plot.host));
    const { width, height } = plot.layout.size;
    plot.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    plot.svg.setAttribute('width', String(width));
    plot.svg.setAttribute('height', String(height));
    plot.svg.innerHTML = `<g class="marks"></g>${figureBody(plot.layout)}<g class="cursor"></g>`;
    plot.slider.setAttribute('aria-label', `${figure.title}${figure.note ? `; ${figure.note}` : ''}`);
    plot.slider.setAttribute('aria-valuemin', String(figure.xs[0] ?? 0));
    plot.slider.setAttribute('aria-valuemax', String(figure.xs.at(-1) ?? 0));
    if (!plot.slider.hasAttribute('aria-valuenow')) tellValue(plot, 0);
    drawMarks(plot);
  };

  const tellValue = ({ slider, layout: { figure } }: Plot, place: number): void => {
    slider.setAttribute('aria-valuenow', String(figure.xs[place] ?? 0));
    slider.setAttribute('aria-valuetext', describePlace(figure, place));
  };

  /** The selected block, and the one under the pointer in the graph. */
  const drawMarks = ({ svg, layout }: Plot): void => {
    const { figure, plot, xAt } = layout;
    const at = (path: string | null): number => (path === null ? -1 : (figure.blocks?.indexOf(path) ?? -1));
    const line = (place: number, kind: string): string =>
      place < 0 ? '' : `<path class="${kind}" d="M${xAt(place).toFixed(1)},${plot.top}V${plot.bottom}"/>`;
    svg.querySelector('.marks')!.innerHTML =
      line(at(marked.selected), 'selected') + line(at(marked.hovered), 'hovered');
  };

  const drawCursor = ({ svg, layout }: Plot, place: number | null): void => {
    const { plot, xAt, lines } = layout;
    const dots = lines.map(({ points, line }) => {
      const point = place === null ? null : points[place];
      return point ? `<circle class="f${line.colour % 6} dot" cx="${point.x}" cy="${point.y}" r="4"/>` : '';
    });
    svg.querySelector('.cursor')!.innerHTML =
      place === null
        ? ''
        : `<path class="cross" d="M${xAt(place).toFixed(1)},${plot.top}V${plot.bottom}"/>${dots.join('')}`;
  };

  /** In every plot over blocks at once; in the others each by itself. */
  const moveCursor = (from: Plot | null, place: number | null): void => {
    const path = place === null ? null : (from?.layout.figure.blocks?.[place] ?? null);
    for (const plot of plots) {
      const own = plot === from ? place : path === null ? null : (plot.layout.figure.blocks?.indexOf(path) ?? -1);
      drawCursor(plot, own === null || own < 0 ? null : own);
      plot.readout.show(plot === from && place !== null ? plot.layout : null, place ?? 0);
    }
    if (from && place !== null) tellValue(from, place);
    events.hover(path);
  };

  const enlarge = (id: string | null): void => {
    enlarged = id;
    element.classList.toggle('one', id !== null);
    for (const plot of plots) {
      const isIt = plot.id === id;
      plot.host.classList.toggle('enlarged', isIt);
      plot.host.hidden = id !== null && !isIt;
      setTool(plot.host, isIt);
    }
    redraw();
    plots.find((plot) => plot.id === id)?.slider.focus();
  };

  const redraw = (): void => {
    for (const plot of plots) if (!plot.host.hidden) draw(plot, plot.layout.figure);
  };

  const add = (figure: Figure): Plot => {
    const host = document.createElement('figure');
    host.className = 'plot';
    host.dataset['figure'] = figure.id;
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('class', 'skf');
    svg.setAttribute('aria-hidden', 'true');
    const slider = document.createElement('div');
    slider.className = 'over';
    slider.setAttribute('role', 'slider');
    slider.tabIndex = 0;
    const tool = document.createElement('button');
    tool.className = 'icon enlarge';
    const readout = createReadout();
    host.append(svg, slider, tool, readout.element);
    setTool(host, false);
    const plot: Plot = {
      id: figure.id,
      host,
      svg,
      slider,
      readout,
      layout: layoutFigure(figure, { width: 300, height: 180 }),
    };
    tool.addEventListener('click', () => enlarge(enlarged === plot.id ? null : plot.id));
    slider.addEventListener('pointermove', (event) => moveCursor(plot, placeAt(plot, event)));
    slider.addEventListener('pointerleave', () => moveCursor(null, null));
    slider.addEventListener('blur', () => moveCursor(null, null));
    slider.addEventListener('click', (event) => choose(plot, placeAt(plot, event)));
    slider.addEventListener('dblclick', () => enlarge(enlarged === plot.id ? null : plot.id));
    slider.addEventListener('keydown', (event) => onKey(plot, event));
    return plot;
  };

  const choose = ({ layout: { figure } }: Plot, place: number): void => {
    const path = figure.blocks?.[place];
    if (path !== undefined) events.select(path);
  };

  const onKey = (plot: Plot, event: KeyboardEvent): void => {
    const { xs } = plot.layout.figure;
    const place = xs.indexOf(Number(plot.slider.getAttribute('aria-valuenow')));
    const isShown = plot.svg.querySelector('.cross') !== null;
    const steps: Record<string, number> = {
      ArrowLeft: isShown ? place - 1 : place,
      ArrowDown: isShown ? place - 1 : place,
      ArrowRight: isShown ? place + 1 : place,
      ArrowUp: isShown ? place + 1 : place,
      PageDown: place - PAGE,
      PageUp: place + PAGE,
      Home: 0,
      End: xs.length - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) moveCursor(plot, Math.min(xs.length - 1, Math.max(0, next)));
    else if (event.key === 'Enter' || event.key === ' ') choose(plot, place);
    else if (event.key === 'Escape' && isShown) moveCursor(null, null);
    else if (event.key === 'Escape' && enlarged !== null) enlarge(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width && enlarged === null) return;
    width = element.clientWidth;
    redraw();
  }).observe(element);

  return {
    element,
    show(figures) {
      const ids = figures.map(({ id }) => id);
      // The same plots stay where they are, with the focus that one of them may have.
      if (ids.join() !== plots.map(({ id }) => id).join()) {
        const known = new Map(plots.map((plot) => [plot.id, plot]));
        plots = figures.map((figure) => known.get(figure.id) ?? add(figure));
        element.replaceChildren(...plots.map(({ host }) => host));
        plots.forEach(({ host }, at) => host.classList.toggle('lead', at === 0));
      }
      if (enlarged !== null && !ids.includes(enlarged)) enlarge(null);
      plots.forEach((plot, at) => {
        plot.layout = { ...plot.layout, figure: figures[at]! };
        plot.host.hidden = enlarged !== null && enlarged !== plot.id;
        if (!plot.host.hidden) draw(plot, figures[at]!);
      });
    },
    mark(hovered, selected) {
      if (hovered === marked.hovered && selected === marked.selected) return;
      marked = { hovered, selected };
      for (const plot of plots) drawMarks(plot);
    },
    enlarged: () => enlarged,
  };
}

const setTool = (host: HTMLElement, isBig: boolean): void => {
  const tool = host.querySelector('.enlarge')!;
  const name = isBig ? 'Back to all plots' : 'Enlarge this plot';
  tool.setAttribute('aria-label', name);
  tool.setAttribute('title', name);
  tool.textContent = isBig ? '✕' : '⤢';
};

/** The place nearest to the pointer. */
function placeAt({ layout, slider }: Plot, event: MouseEvent): number {
  const { xAt, figure } = layout;
  const x = event.clientX - slider.getBoundingClientRect().left;
  const step = xAt(1) - xAt(0);
  return Math.min(figure.xs.length - 1, Math.max(0, Math.round((x - xAt(0)) / step)));
}

/** A place in words: the block, and every line's value there. */
function describePlace(figure: Figure, place: number): string {
  const where = figure.blocks ? `${figure.blocks[place] ?? ''}` : `${figure.xTitle} ${figure.xs[place] ?? ''}`;
  const values = figure.lines.map(({ label, points }) => {
    const point = points[place];
    return `${label} ${point ? formatNumber(point.value) : 'not measured'}`;
  });
  return [where, ...values].join(', ');
}
