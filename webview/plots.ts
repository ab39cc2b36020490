/** Plots of block statistics against depth, with uPlot: the network and its twin, linked with the graph by the cursor. */

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { BlockProfile, ProfileReport } from '../src/profile/types.ts';
import { formatNumber } from './metrics.ts';

interface Plot {
  readonly title: string;
  readonly series: readonly Series[];
  /** What a reader of this plot must know besides. */
  readonly note?: string;
}

interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly colour: string;
  readonly dash?: readonly number[];
}

export interface PlotsEvents {
  /** The cursor is over a block of the plot, or has left. */
  hover(path: string | null): void;
  select(path: string): void;
}

export interface Plots {
  readonly element: HTMLElement;
  show(report: ProfileReport | null): void;
}

export function createPlots(events: PlotsEvents): Plots {
  const element = document.createElement('div');
  element.className = 'plots';
  let charts: { chart: uPlot; host: HTMLElement }[] = [];
  let shown: ProfileReport | null = null;

  const resize = (): void => {
    for (const { chart, host } of charts) chart.setSize(sizeOf(host));
  };
  new ResizeObserver(resize).observe(element);
  // The theme's colours are read when a plot is made.
  new MutationObserver(() => show(shown)).observe(document.body, {
    attributes: true,
    attributeFilter: ['class', 'style'],
  });

  const show = (report: ProfileReport | null): void => {
    for (const { chart } of charts) chart.destroy();
    charts = [];
    element.replaceChildren();
    shown = report;
    if (!report?.blocks.length) return;
    // A plot takes the width that its figure has when all of them stand side by side.
    const figures = plotsOf(report).map((plot) => ({ plot, ...addFigure(plot) }));
    charts = figures.map(({ plot, host, keys }) => ({ host, chart: addChart(plot, host, keys, report) }));
  };

  const addFigure = ({ title, series, note }: Plot): { host: HTMLElement; keys: HTMLElement } => {
    const host = document.createElement('figure');
    host.setAttribute('role', 'img');
    host.setAttribute('aria-label', describePlot(title, series) + (note ? `; ${note}` : ''));
    const heading = document.createElement('figcaption');
    heading.textContent = title;
    const keys = document.createElement('p');
    keys.className = 'keys';
    host.append(heading, keys);
    element.append(host);
    return { host, keys };
  };

  const addChart = ({ series, note }: Plot, host: HTMLElement, keys: HTMLElement, report: ProfileReport): uPlot => {
    const paths = report.blocks.map((block) => block.path);
    const positive = series.every(({ values }) => values.every((value) => value === null || value > 0));
    const ink = css('--sk-ink');
    const grid = { stroke: css('--sk-stage-line'), width: 1 };
    const axis = { stroke: css('--sk-dim'), grid, ticks: grid, font: `11px ${css('--sk-font') || 'sans-serif'}` };
    const chart = new uPlot(
      {
        ...sizeOf(host),
        cursor: { y: false, points: { size: 6 } },
        legend: { show: false },
        scales: { x: { time: false, range: [0.5, paths.length + 0.5] }, y: positive ? { distr: 3, log: 10 } : {} },
        axes: [
          {
            ...axis,
            size: 30,
            space: 34,
            incrs: [1, 2, 5, 10, 20, 50, 100],
            values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : '')),
          },
          { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : formatTick(tick))) },
        ],
        series: [
          {},
          ...series.map(({ label, colour, dash }) => ({
            label,
            stroke: colour,
            width: 2,
            ...(dash && { dash: [...dash] }),
            points: { show: true, size: 5, fill: colour, stroke: colour },
          })),
        ],
        hooks: {
          setCursor: [
            ({ cursor }) => {
              const at = typeof cursor.idx === 'number' ? cursor.idx : null;
              showKeys(keys, series, note, at === null ? null : { at, path: paths[at] ?? '' });
              events.hover(at === null ? null : (paths[at] ?? null));
            },
          ],
          ready: [
            (plot) => {
              plot.over.addEventListener('pointerleave', () => events.hover(null));
              plot.over.addEventListener('click', () => {
                const path = typeof plot.cursor.idx !== 'number' ? undefined : paths[plot.cursor.idx];
                if (path !== undefined) events.select(path);
              });
            },
          ],
        },
      },
      [paths.map((_, at) => at + 1), ...series.map(({ values }) => [...values])],
      host,
    );
    chart.root.style.color = ink;
    showKeys(keys, series, note, null);
    return chart;
  };

  return { element, show };
}

/** One line: which line is which, and under the cursor the block and the values there. */
function showKeys(
  host: HTMLElement,
  series: readonly Series[],
  note: string | undefined,
  cursor: { readonly at: number; readonly path: string } | null,
): void {
  const parts = series.map(({ label, values, colour, dash }) => {
    const key = document.createElement('span');
    const line = document.createElement('i');
    line.style.borderTop = `2px ${dash ? 'dashed' : 'solid'} ${colour}`;
    const value = cursor ? (values[cursor.at] ?? null) : undefined;
    key.append(line, value === undefined ? label : `${label} ${value === null ? '–' : formatNumber(value)}`);
    return key;
  });
  const rest = document.createElement('span');
  rest.className = 'rest';
  rest.textContent = cursor ? cursor.path : (note ?? '');
  host.replaceChildren(...parts, rest);
}

const sizeOf = (host: HTMLElement): { width: number; height: number } => ({
  width: Math.max(200, host.clientWidth),
  height: 150,
});

const css = (name: string): string => getComputedStyle(document.body).getPropertyValue(name).trim();

const formatTick = (value: number): string => {
  const power = Math.log10(value);
  if (value > 0 && (value < 0.01 || value >= 10000))
    return Number.isInteger(Math.round(power * 1e6) / 1e6) ? value.toExponential(0) : '';
  return String(Number(value.toPrecision(3)));
};

const describePlot = (title: string, series: readonly Series[]): string => {
  const parts = series.map(({ label, values }) => {
    const known = values.filter((value): value is number => value !== null);
    return known.length
      ? `${label} from ${formatNumber(known[0]!)} at the first block to ${formatNumber(known.at(-1)!)} at the last`
      : `${label} not measured`;
  });
  return `${title} against depth: ${parts.join('; ')}`;
};

/** Which plots a report supports. A twin without the blocks of the network cannot be plotted against them. */
function plotsOf(report: ProfileReport): readonly Plot[] {
  const twins = new Map((report.ablation?.blocks ?? []).map((block) => [block.path, block]));
  const net = css('--sk-identity');
  const other = css('--sk-projection');
  const column = (read: (block: BlockProfile) => number | null) => report.blocks.map((block) => usable(read(block)));
  const twinColumn = (read: (block: BlockProfile) => number | null) =>
    report.blocks.map((block) => {
      const twin = twins.get(block.path);
      return twin ? usable(read(twin)) : null;
    });
  const compared = (read: (block: BlockProfile) => number | null): Series[] => [
    { label: 'with skips', values: column(read), colour: net },
    ...(twins.size
      ? [{ label: twinName(report.ablation!.kind), values: twinColumn(read), colour: other, dash: [6, 4] }]
      : []),
  ];
  const gradients = report.blocks.some((block) => block.gradient);
  const split: Series[] = [
    { label: 'skip', values: column((block) => block.skipGradNorm), colour: net },
    { label: 'branch', values: column((block) => block.branchGradNorm), colour: css('--sk-activation') },
  ];
  // Without skips there is nothing for the twin's gradient to be divided between.
  const note = report.ablation ? `without the ${twinName(report.ablation.kind)}` : undefined;
  return [
    ...(gradients ? [{ title: 'Gradient norm ‖∂L/∂y‖', series: compared((block) => block.gradient?.l2 ?? null) }] : []),
    { title: 'Activation E[y²]', series: compared((block) => block.activation.secondMoment) },
    ...(split[0]!.values.some((value) => value !== null)
      ? [{ title: 'Gradient at the block’s input', series: split, ...(note && { note }) }]
      : []),
    ...(gradients ? [] : [{ title: 'Branch / stream variance', series: compared((block) => block.branchRatio) }]),
  ];
}

const usable = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

export const twinName = (kind: string): string => (kind === 'plain' ? 'plain twin' : kind);
