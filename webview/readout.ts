/** The small box beside a plot's cursor: the block there, and each line's value with its interval. */

import { formatNumber } from '../src/profile/figures/figure.ts';
import type { FigureLayout } from '../src/profile/figures/layout.ts';

export interface Readout {
  readonly element: HTMLElement;
  /** Null hides it. */
  show(layout: FigureLayout | null, place: number): void;
}

export function createReadout(): Readout {
  const element = document.createElement('div');
  element.className = 'readout';
  // The plot itself tells a screen reader the same.
  element.setAttribute('aria-hidden', 'true');
  element.hidden = true;
  return {
    element,
    show(layout, place) {
      element.hidden = layout === null;
      if (!layout) return;
      const { figure, plot, size, xAt } = layout;
      const heading = document.createElement('b');
      heading.textContent = headingOf(layout, place);
      const lines = figure.lines.map(({ label, colour, points }) => {
        const line = document.createElement('span');
        const key = document.createElement('i');
        key.className = `k${colour % 6}`;
        const point = points[place] ?? null;
        const value = document.createElement('em');
        value.textContent = point ? formatNumber(point.value) : '–';
        const band = document.createElement('small');
        band.textContent = point?.band ? `${formatNumber(point.band.low)} … ${formatNumber(point.band.high)}` : '';
        line.append(key, label, value, band);
        return line;
      });
      element.replaceChildren(heading, ...lines);
      const isLeft = xAt(place) < (plot.left + plot.right) / 2;
      element.style.left = isLeft ? `${xAt(place) + 10}px` : 'auto';
      element.style.right = isLeft ? 'auto' : `${size.width - xAt(place) + 10}px`;
      element.style.top = `${plot.top + 4}px`;
    },
  };
}

const headingOf = ({ figure }: FigureLayout, place: number): string => {
  const x = figure.xs[place] ?? 0;
  const block = figure.blocks?.[place];
  if (block !== undefined) return `${block} · block ${x}`;
  return figure.xFormat === 'power-of-two'
    ? `${formatNumber(2 ** x)} to ${formatNumber(2 ** (x + 1))}`
    : `${figure.xTitle}: ${x}`;
};
