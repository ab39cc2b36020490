/** What a plot is: lines over blocks, path lengths or sizes, with bands, as plain data. */

/** One measured place of a line. */
export interface FigurePoint {
  readonly value: number;
  /** The band around it: an interval over seeds, or quartiles over runs; null without one. */
  readonly band: { readonly low: number; readonly high: number } | null;
}

export interface FigureLine {
  readonly label: string;
  /** What stands at its end, where its colour says the rest. */
  readonly shortLabel: string;
  /** Which of the colours, and which of the dashes, it has in every figure. */
  readonly colour: number;
  readonly dash: number;
  /** By place on the x axis; null where nothing was measured. */
  readonly points: readonly (FigurePoint | null)[];
}

export interface Figure {
  /** Stable name: of files, and of what is enlarged. */
  readonly id: string;
  /** With the symbol of the quantity, and its unit. */
  readonly title: string;
  /** Said below the title; null where the title says it all. */
  readonly note: string | null;
  readonly scale: 'log' | 'linear';
  /** What the y axis of a linear scale must reach; null where the figures alone decide. */
  readonly reach: readonly [number, number] | null;
  /** A value that divides good from bad, drawn as a fine line; null without one. */
  readonly rule: number | null;
  readonly xTitle: string;
  /** The number at each place of the x axis, one apart. */
  readonly xs: readonly number[];
  /** How numbers of the x axis are written: as they are, or as powers of two. */
  readonly xFormat: 'plain' | 'power-of-two';
  /** The block at each place; null where places are no blocks. */
  readonly blocks: readonly string[] | null;
  /** Runs of places with a name of their own, in order. */
  readonly stages: readonly { readonly label: string; readonly from: number; readonly to: number }[];
  readonly lines: readonly FigureLine[];
}

/** Numbers as figures and tables write them. */
export const formatNumber = (value: number): string => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.01 || size >= 10_000) return power(value);
  return size < 100 ? value.toPrecision(3) : value.toFixed(0);
};

const power = (value: number): string => {
  const [digits, exponent] = value.toExponential(2).split('e');
  return `${digits}·10${superscript(Number(exponent))}`;
};

/** A whole number in small raised digits. */
export const superscript = (value: number): string =>
  String(value).replace(/[-\d]/g, (sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(sign)]!));
