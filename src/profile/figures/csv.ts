/** Reports as rows of numbers: one per block of each network, for spreadsheets and data frames. */

import { BLOCK_METRICS, METRIC_NAMES } from '../metrics.ts';
import type { BlockProfile } from '../types.ts';
import type { NamedReport } from './variants.ts';

type Cell = string | number | null;

const OTHERS: readonly { readonly name: string; readonly read: (block: BlockProfile) => number | null }[] = [
  { name: 'zeroFraction', read: ({ activation }) => activation.zeroFraction },
  { name: 'deadFraction', read: ({ deadFraction }) => deadFraction },
  { name: 'forwardMs', read: ({ forwardMs }) => forwardMs },
  { name: 'backwardMs', read: ({ backwardMs }) => backwardMs },
];

/** With a header. Names of metrics are those of the report's JSON; `_low` and `_high` are the interval over the seeds. */
export function csvOf(shown: readonly NamedReport[]): string {
  const header: Cell[] = [
    ...['run', 'model', 'network', 'block', 'path'],
    ...METRIC_NAMES.flatMap((name) => [name, `${name}_low`, `${name}_high`]),
    ...OTHERS.map(({ name }) => name),
  ];
  const rows = shown.flatMap(({ name, report }) =>
    [{ kind: 'network', blocks: report.blocks }, ...report.ablations].flatMap(({ kind, blocks }) =>
      blocks.map((block, at): Cell[] => [
        ...[name, report.model, kind, at + 1, block.path],
        ...METRIC_NAMES.flatMap((metric) => {
          const { low = null, high = null } = block.intervals[metric] ?? {};
          return [BLOCK_METRICS[metric].read(block), low, high];
        }),
        ...OTHERS.map(({ read }) => read(block)),
      ]),
    ),
  );
  return `${[header, ...rows].map((row) => row.map(cellText).join(',')).join('\n')}\n`;
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  // A text that a spreadsheet would take for a formula is none.
  const text = typeof cell === 'number' ? String(cell) : cell.replace(/^[=+\-@]/, "'$&");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
