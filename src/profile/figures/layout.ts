/** Figure to geometry: axes with ticks, lines, bands, labels at the lines' ends. Pure; widths of texts are estimated. */

import { textWidth } from '../../view/captions.ts';
import type { Figure, FigureLine, FigurePoint } from './figure.ts';
import { superscript } from './figure.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Tick {
  /** Pixels along the axis. */
  readonly at: number;
  readonly text: string;
}

export interface PlacedLine {
  readonly line: FigureLine;
  /** SVG path data of the line and of its band; the band's is empty without one. */
  readonly path: string;
  readonly band: string;
  /** Where its points are; null for those that are missing. */
  readonly points: readonly ({ readonly x: number; readonly y: number } | null)[];
  /** Its name beside its end; null for a line without a point. */
  readonly label: { readonly x: number; readonly y: number; readonly text: string } | null;
}

export interface FigureLayout {
  readonly figure: Figure;
  readonly size: Size;
  /** The rectangle between the axes. */
  readonly plot: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly lines: readonly PlacedLine[];
  /** Where stages part, and their names in between; a name that does not fit is left out. */
  readonly stages: readonly { readonly from: number; readonly to: number; readonly label: string | null }[];
  /** Height of the figure's dividing value, where it is within the axis. */
  readonly rule: number | null;
  /** The x of a place, in pixels. */
  readonly xAt: (place: number) => number;
  /** Whether single points are marked. */
  readonly hasMarks: boolean;
}

const LABEL_SIZE = 11;
const LINE_HEIGHT = 13;
const LONGEST_LABEL = 128;

export function layoutFigure(figure: Figure, size: Size): FigureLayout {
  const widest = Math.max(0, ...figure.lines.map(({ shortLabel }) => textWidth(shortLabel, LABEL_SIZE + 1)));
  const room = Math.min(widest, LONGEST_LABEL, size.width * 0.34);
  const scale = yScale(figure);
  const widestTick = Math.max(...scale.ticks.map(({ text }) => textWidth(text, LABEL_SIZE)), 12);
  const hasStages = figure.stages.length > 0;
  const plot = {
    left: widestTick + 10,
    top: 24 + (figure.note ? 13 : 0) + (hasStages ? 13 : 2),
    right: size.width - room - 12,
    bottom: size.height - 32,
  };
  const count = figure.xs.length;
  const step = (plot.right - plot.left) / Math.max(1, count);
  const xAt = (place: number): number => plot.left + (place + 0.5) * step;
  const yAt = (value: number): number => plot.bottom - scale.at(value) * (plot.bottom - plot.top);
  const placed = figure.lines.map((line) => placeLine(line, xAt, yAt));
  return {
    figure,
    size,
    plot,
    xAt,
    xTicks: xTicks(figure, xAt, plot.right - plot.left),
    yTicks: scale.ticks.map(({ value, text }) => ({ at: yAt(value), text })),
    lines: addLabels(placed, plot, room),
    stages: figure.stages.map(({ label, from, to }) => {
      const left = plot.left + from * step;
      const right = plot.left + (to + 1) * step;
      return { from: left, to: right, label: fit(label, right - left - 4) };
    }),
    rule: figure.rule !== null && scale.has(figure.rule) ? yAt(figure.rule) : null,
    hasMarks: step > 14,
  };
}

/** A name cut from the front, where module paths differ least; null where nothing of it fits. */
function fit(text: string, width: number): string | null {
  if (textWidth(text, 10) <= width) return text;
  const characters = Math.floor(width / 5.6) - 1;
  return characters >= 3 ? `…${text.slice(-characters)}` : null;
}

interface Scale {
  readonly at: (value: number) => number;
  readonly has: (value: number) => boolean;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

const knownPoints = (figure: Figure): FigurePoint[] =>
  figure.lines.flatMap(({ points }) => points.filter((point) => point !== null));

function yScale(figure: Figure): Scale {
  const points = knownPoints(figure);
  const values = points.flatMap(({ value, band }) => (band ? [value, band.low, band.high] : [value]));
  return figure.scale === 'log' ? logScale(values) : linearScale([...values, ...(figure.reach ?? [])]);
}

/** Reaches at least over a factor of three, so that noise does not fill the height. */
function logScale(values: readonly number[]): Scale {
  const logs = values.length ? values.map(Math.log10) : [0];
  const middle = (Math.min(...logs) + Math.max(...logs)) / 2;
  const least = 0.25;
  const low = Math.min(Math.min(...logs), middle - least) - 0.06 * spread(logs);
  const high = Math.max(Math.max(...logs), middle + least) + 0.06 * spread(logs);
  const decades = high - low;
  const every = Math.max(1, Math.ceil(decades / 6));
  const steps = decades < 0.9 ? [1, 1.5, 2, 3, 4, 5, 7] : decades < 2.2 ? [1, 2, 5] : [1];
  const asPowers = steps.length === 1 && (Math.floor(high) > PLAIN || Math.ceil(low) < -PLAIN);
  const ticks: { value: number; text: string }[] = [];
  for (let exponent = Math.floor(low); exponent <= Math.ceil(high); exponent++) {
    if (steps.length === 1 && exponent % every !== 0) continue;
    for (const digit of steps) {
      const log = exponent + Math.log10(digit);
      if (log >= low && log <= high) ticks.push({ value: 10 ** log, text: tickText(digit, exponent, asPowers) });
    }
  }
  return {
    at: (value) => (Math.log10(value) - low) / decades,
    has: (value) => within(Math.log10(value), low, high),
    ticks,
  };
}

const spread = (values: readonly number[]): number => Math.max(0.5, Math.max(...values) - Math.min(...values));

const within = (value: number, low: number, high: number): boolean => value >= low && value <= high;

/** Powers of ten up to this one are written out, unless an axis in powers has larger ones. */
const PLAIN = 3;

function tickText(digit: number, exponent: number, asPower: boolean): string {
  if (!asPower && Math.abs(exponent) <= PLAIN) return String(Number((digit * 10 ** exponent).toPrecision(2)));
  return digit === 1 ? `10${superscript(exponent)}` : `${digit}·10${superscript(exponent)}`;
}

function linearScale(values: readonly number[]): Scale {
  const least = Math.min(...values, Infinity);
  const most = Math.max(...values, -Infinity);
  if (least > most) return linearScale([0, 1]);
  const size = most - least || Math.abs(most) || 1;
  const [low, high] = [least === 0 ? 0 : least - 0.05 * size, most + 0.05 * size];
  const step = niceStep((high - low) / 4);
  const ticks: { value: number; text: string }[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high; at++) {
    const value = at * step;
    ticks.push({ value, text: String(Number(value.toPrecision(6))).replace('-', '−') });
  }
  return { at: (value) => (value - low) / (high - low), has: (value) => within(value, low, high), ticks };
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= rough * 0.999)!;
}

/** Multiples of a nice step, and the first block. */
function xTicks({ xs, xFormat }: Figure, xAt: (place: number) => number, width: number): Tick[] {
  const step = Math.max(1, niceStep(xs.length / Math.max(1, width / 34)));
  return xs.flatMap((x, place) => {
    if (x % step !== 0 && !(x === 1 && place === 0)) return [];
    return [{ at: xAt(place), text: xFormat === 'plain' ? String(x) : `2${superscript(x)}` }];
  });
}

function placeLine(line: FigureLine, xAt: (place: number) => number, yAt: (value: number) => number): PlacedLine {
  const points = line.points.map((point, place) => (point ? { x: xAt(place), y: yAt(point.value) } : null));
  const at = (place: number, value: number): string => `${round(xAt(place))},${round(yAt(value))}`;
  const runs = runsOf(line.points);
  const path = runs
    .map(({ from, to }) => {
      const run = line.points.slice(from, to + 1).map((point, index) => at(from + index, point!.value));
      return `M${run.join('L')}`;
    })
    .join('');
  const band = runs
    .map(({ from, to }) => {
      const places = Array.from({ length: to - from + 1 }, (_, index) => from + index);
      if (!places.every((place) => line.points[place]!.band)) return '';
      const upper = places.map((place) => at(place, line.points[place]!.band!.high));
      const lower = places.map((place) => at(place, line.points[place]!.band!.low)).reverse();
      return `M${[...upper, ...lower].join('L')}Z`;
    })
    .join('');
  return { line, path, band, points, label: null };
}

/** Runs of places that hold a point. */
function runsOf(points: FigureLine['points']): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  points.forEach((point, place) => {
    const current = runs.at(-1);
    if (!point) return;
    if (current?.to === place - 1) current.to = place;
    else runs.push({ from: place, to: place });
  });
  return runs;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Names stand at the height of their line's end, pushed apart where they would touch. */
function addLabels(lines: readonly PlacedLine[], plot: FigureLayout['plot'], room: number): PlacedLine[] {
  const wanted = lines
    .map(({ points }, index) => ({
      index,
      end: points.findLast((point) => point !== null) ?? null,
      rank: rankOf(points),
    }))
    .filter(({ end }) => end !== null)
    .sort((a, b) => a.rank - b.rank);
  const heights = wanted.map(({ end }) => end!.y);
  for (let at = 1; at < heights.length; at++) heights[at] = Math.max(heights[at]!, heights[at - 1]! + LINE_HEIGHT);
  // What was pushed below the axis pushes back up.
  let limit = plot.bottom - 2;
  for (let at = heights.length - 1; at >= 0; at--) {
    heights[at] = Math.min(heights[at]!, limit);
    limit = heights[at]! - LINE_HEIGHT;
  }
  return lines.map((line, index) => {
    const at = wanted.findIndex((one) => one.index === index);
    if (at < 0) return line;
    const text = shorten(line.line.shortLabel, room);
    return { ...line, label: { x: plot.right + 8, y: round(heights[at]!), text } };
  });
}

/** Lines that end together are told apart by how they came there. */
function rankOf(points: PlacedLine['points']): number {
  const known = points.filter((point) => point !== null);
  const mean = known.reduce((sum, { y }) => sum + y, 0) / Math.max(1, known.length);
  return 0.8 * (known.at(-1)?.y ?? 0) + 0.2 * mean;
}

const shorten = (text: string, width: number): string => {
  const most = Math.floor(width / (LABEL_SIZE * 0.56));
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
};
