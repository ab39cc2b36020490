/** Figures as SVG text: for the panel, where the editor's theme colours them, and for files that stand alone. */

import { PALETTES } from '../../view/style.ts';
import { textWidth } from '../../view/captions.ts';
import type { Figure } from './figure.ts';
import type { FigureLayout, Size } from './layout.ts';
import { layoutFigure } from './layout.ts';

/** Colours of lines that stay apart in every theme, on paper, and for the colour-blind with their dashes. */
export const LINE_COLOURS = {
  light: ['#0969da', '#bc4c00', '#8250df', '#1a7f37', '#bf3989', '#57606a'],
  dark: ['#58a6ff', '#f0883e', '#bc8cff', '#56d364', '#f778ba', '#9ea7b3'],
} as const;

const DASHES = ['', '7 4', '2 3', '9 3 2 3', '4 4', '1 3'];

/** The look, over custom properties `--sk-…`: the panel binds them to the editor's theme. */
export const FIGURE_CSS = `
.skf text { font-family: var(--sk-font, system-ui, sans-serif); font-size: 11px; fill: var(--sk-dim); }
.skf .title { font-size: 12px; font-weight: 600; fill: var(--sk-ink); }
.skf .stage { font-size: 10px; }
.skf .grid { stroke: var(--sk-plot-grid); stroke-width: 1; fill: none; }
.skf .axis { stroke: var(--sk-plot-axis); stroke-width: 1; fill: none; }
.skf .border { stroke: var(--sk-plot-axis); stroke-width: 1; stroke-dasharray: 1 3; fill: none; }
.skf .rule { stroke: var(--sk-dim); stroke-width: 1; stroke-dasharray: 5 3; fill: none; opacity: 0.7; }
.skf .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.skf .band { stroke: none; opacity: 0.18; }
.skf .name { font-weight: 600; }
${LINE_COLOURS.light
  .map(
    (_, at) =>
      `.skf .c${at} { stroke: var(--sk-plot-${at}); } .skf .f${at} { fill: var(--sk-plot-${at}); stroke: none; }
.skf text.f${at} { fill: var(--sk-plot-${at}); }`,
  )
  .join('\n')}
`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const colour = (index: number): number => index % LINE_COLOURS.light.length;

/** The `stroke-dasharray` of a dash by number, '' for a solid line. */
export const dashOf = (index: number): string => DASHES[index % DASHES.length]!;

/** What is inside the `<svg class="skf">` of one figure. */
export function figureBody(layout: FigureLayout): string {
  const { figure, plot, size } = layout;
  const { left, right, top, bottom } = plot;
  const text = (x: number, y: number, content: string, rest = ''): string =>
    `<text x="${Math.round(x * 10) / 10}" y="${Math.round(y * 10) / 10}"${rest}>${escape(content)}</text>`;
  const middle = ' text-anchor="middle"';
  const inner = layout.stages.slice(1).map(({ from }) => `M${from.toFixed(1)},${top}V${bottom}`);
  return [
    text(0, 13, figure.title, ' class="title"'),
    figure.note ? text(0, 27, figure.note) : '',
    `<path class="grid" d="${layout.yTicks.map(({ at }) => `M${left},${at.toFixed(1)}H${right}`).join('')}"/>`,
    inner.length ? `<path class="border" d="${inner.join('')}"/>` : '',
    `<path class="axis" d="M${left},${bottom}H${right}"/>`,
    layout.rule === null ? '' : `<path class="rule" d="M${left},${layout.rule.toFixed(1)}H${right}"/>`,
    ...layout.stages.map(({ from, to, label }) =>
      label === null ? '' : text((from + to) / 2, top - 5, label, ` class="stage"${middle}`),
    ),
    ...layout.yTicks.map(({ at, text: tick }) => text(left - 6, at + 4, tick, ' text-anchor="end"')),
    ...layout.xTicks.map(({ at, text: tick }) => text(at, bottom + 14, tick, middle)),
    text((left + right) / 2, size.height - 3, figure.xTitle, middle),
    ...layout.lines.map(({ band, line }) => (band ? `<path class="band f${colour(line.colour)}" d="${band}"/>` : '')),
    ...layout.lines.map(({ line, path, points }) => {
      const dash = dashOf(line.dash);
      const marks = points
        .filter((point, at) => point && (layout.hasMarks || isAlone(points, at)))
        .map(
          (point) =>
            `<circle class="f${colour(line.colour)}" cx="${point!.x.toFixed(1)}" cy="${point!.y.toFixed(1)}" r="2.4"/>`,
        );
      return `<path class="line c${colour(line.colour)}"${dash ? ` stroke-dasharray="${dash}"` : ''} d="${path}"/>${marks.join('')}`;
    }),
    ...layout.lines.map(({ label, line }) =>
      label ? text(label.x, label.y + 4, label.text, ` class="name f${colour(line.colour)}"`) : '',
    ),
  ].join('');
}

const isAlone = (points: FigureLayout['lines'][number]['points'], at: number): boolean =>
  !points[at - 1] && !points[at + 1];

export interface SheetOptions {
  readonly theme: 'light' | 'dark';
  /** Plots beside one another. */
  readonly columns: number;
  readonly plot: Size;
  /** Above the plots: what was measured, what it says, and how. */
  readonly title: string;
  readonly lines: readonly string[];
}

/** A picture that stands alone, fonts and theme resolved: plots in a grid below what they say. */
export function figuresSvg(figures: readonly Figure[], options: SheetOptions): string {
  const { theme, plot, title } = options;
  const columns = Math.max(1, Math.min(options.columns, figures.length));
  const [margin, gap] = [20, 24];
  const width = margin * 2 + columns * plot.width + (columns - 1) * gap;
  const heading = options.lines.flatMap((line) => wrap(line, width - 2 * margin));
  const start = margin + 22 + heading.length * 16 + 12;
  const rows = Math.ceil(figures.length / columns);
  const height = start + rows * plot.height + (rows - 1) * gap + margin;
  const palette = PALETTES[theme];
  const variables = [
    ...Object.entries({
      ink: palette.ink,
      dim: palette.dim,
      'plot-grid': palette['stage-line'],
      'plot-axis': palette.line,
    }),
    ...LINE_COLOURS[theme].map((value, at) => [`plot-${at}`, value]),
  ];
  const css = resolve(FIGURE_CSS, new Map(variables.map(([name, value]) => [`--sk-${name}`, value!])));
  const body = figures.map((figure, at) => {
    const x = margin + (at % columns) * (plot.width + gap);
    const y = start + Math.floor(at / columns) * (plot.height + gap);
    return `<g transform="translate(${x} ${y})">${figureBody(layoutFigure(figure, plot))}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="skf" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<style>${css}.skf .heading { font-size: 15px; font-weight: 600; fill: ${palette.ink}; } .skf .said { font-size: 12px; }</style>
<rect width="${width}" height="${height}" fill="${palette.canvas}"/>
<text class="heading" x="${margin}" y="${margin + 12}">${escape(title)}</text>
${heading.map((line, at) => `<text class="said" x="${margin}" y="${margin + 34 + at * 16}">${escape(line)}</text>`).join('\n')}
${body.join('\n')}
</svg>
`;
}

/** Custom properties with their values put in: not every program that shows SVG knows them. */
const resolve = (css: string, values: ReadonlyMap<string, string>): string =>
  css.replace(
    /var\((--[\w-]+)(?:, ([^)]*))?\)/g,
    (_, name: string, otherwise: string | undefined) => values.get(name) ?? otherwise ?? 'inherit',
  );

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, 12) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
