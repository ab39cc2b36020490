/** Text output: columns, numbers, colours on a terminal. */

import type { Diagnostic, Severity } from '../ir/diagnostic.ts';

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan';

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, yellow: 33, cyan: 36 };

const colours = (): boolean => process.stdout.isTTY === true && !process.env['NO_COLOR'];

/** Coloured on a terminal, plain elsewhere. */
export const paint = (text: string, style: Style): string =>
  colours() ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;

/** Rows in aligned columns, two spaces apart. Columns named in `right` are flushed right; the first row is the head. */
export function table(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [paint(lines[0] ?? '', 'bold'), ...lines.slice(1)].join('\n');
}

/** 11,689,512. */
export const thousands = (count: number): string => count.toLocaleString('en-US');

/** 11.69 M. */
export function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} G`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(2)} M`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(1)} k` : String(count);
}

/** 1.814 GMAC, 0.041 GMAC; 3.2 MMAC below a hundredth. A MAC is one multiply and one add. */
export function formatMacs(macs: number): string {
  if (macs >= 1e7) return `${(macs / 1e9).toFixed(3)} GMAC`;
  return macs >= 1e4 ? `${(macs / 1e6).toFixed(2)} MMAC` : `${macs} MAC`;
}

/** Four significant digits, without padding zeros. */
export const formatNumber = (value: number | null): string =>
  value === null ? '–' : Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : value.toPrecision(4);

const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', info: 'cyan' };

/** `net.py:12:9: error: message [code]`, with the related places below it. One-based, as compilers print places. */
export function formatDiagnostic({ file, range, severity, code, message, related }: Diagnostic): string {
  const place = (at: { file: string; range: Diagnostic['range'] }): string =>
    `${at.file}:${at.range.start.line + 1}:${at.range.start.character + 1}`;
  const head = `${paint(place({ file, range }), 'bold')}: ${paint(severity, SEVERITY_STYLE[severity])}: ${message}`;
  const below = related.map((one) => `    ${place(one)}: ${one.message}`);
  return [`${head} ${paint(`[${code}]`, 'dim')}`, ...below].join('\n');
}
