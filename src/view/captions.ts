/** The lines of text on boxes and in the headers of open groups, and the room that they take. */

import type { Item } from './item.ts';
import { formatFeature, ownCostText } from './label.ts';

/** Widths are estimated from character counts: layout also runs where no text can be measured. */
export const textWidth = (text: string, size = 12): number => Math.ceil(text.length * size * 0.56);

/** The end of a path that tells it from its neighbours: `denselayer4` of `features.denseblock1.denselayer4`, `layer1.0`. */
export function shortPath(path: string): string {
  const parts = path.split('.');
  for (let at = parts.length - 1; at > 0; at--) {
    const end = parts.slice(at).join('.');
    if (/^\D/.test(end) && /\d/.test(end)) return end;
  }
  return path;
}

/** Titles are bold. */
const titleWidth = (text: string): number => Math.ceil(textWidth(text) * 1.18);

/** `layer3.1–35`: the first path, and where the last one differs. */
export function runNote(first: string, last: string): string {
  if (first === last) return first;
  const [a, b] = [first.split('.'), last.split('.')];
  const at = a.findIndex((part, index) => part !== b[index]);
  const stem = /^(.*?)(\d+)$/.exec(a[at] ?? '');
  const other = /^(.*?)(\d+)$/.exec(b[at] ?? '');
  if (!stem || !other || stem[1] !== other[1]) return `${first} – ${last}`;
  return [...a.slice(0, at), `${stem[1]}${stem[2]}–${other[2]}`].join('.');
}

/** The lines of text on a closed box. */
export function captionOf(item: Item): {
  readonly title: string;
  readonly aside: string;
  readonly lines: readonly string[];
} {
  const aside = item.role === 'stage' || item.path === item.label ? '' : shortPath(item.path);
  return {
    title: item.label,
    aside,
    lines: [item.summary, ownCostText(item) || formatFeature(item.outputShape)].filter((line) => line),
  };
}

/** What stands in the header of an open group: beside its name, and at the right. */
export function headerNotes(item: Item): readonly [string, string] {
  const cost = ownCostText(item) || formatFeature(item.outputShape);
  const note =
    item.role === 'stage' || item.role === 'run' ? item.summary : item.path === item.label ? '' : shortPath(item.path);
  return [note, cost];
}

/** What stands at the right of an operation: the shape, where it makes nothing else. */
export const opNote = ({ role, family, outputShape }: Item): string =>
  role === 'op' && family === 'shape' ? formatFeature(outputShape) : '';

/** `×35` beside the name of a run; empty for everything else. */
export const timesOf = ({ run }: Item): string => (run ? `×${run.count}` : '');

export interface HeaderText {
  readonly title: string;
  /** Where the number of repetitions begins, and where the title ends with it, from the left border. */
  readonly timesAt: number;
  readonly titleEnd: number;
  readonly note: string;
  /** Of the note, from the upper left corner. */
  readonly noteAt: { readonly x: number; readonly y: number };
  readonly cost: string;
  /** Room that the text needs on each side of the lines that enter the group from above. */
  readonly left: number;
  readonly right: number;
}

/** Where the text of a header begins, and its two lines. */
const INDENT = 26;
const [LINE, SECOND_LINE] = [21, 36] as const;

/**
 * The header of an open group around the lines through it: the note stands where the group grows least, beside the
 * title, beside the cost or below the title.
 */
export function headerText(item: Item, left: number, right: number): HeaderText {
  const [note, cost] = headerNotes(item);
  const times = timesOf(item);
  const timesAt = titleWidth(item.label) + 36;
  const titleEnd = timesAt + (times ? textWidth(times) + 22 : 0);
  const noteEnd = (x: number): number => x + textWidth(note, 11) + 8;
  const costWidth = (text: string): number => textWidth(text, 11) + 24;
  const both = [note, cost].filter((text) => text).join(' · ');
  const ways = [
    { note, noteAt: { x: titleEnd, y: LINE }, cost, left: noteEnd(titleEnd), right: costWidth(cost) },
    { note: '', noteAt: { x: titleEnd, y: LINE }, cost: both, left: titleEnd, right: costWidth(both) },
    {
      ...{ note, noteAt: { x: INDENT, y: SECOND_LINE }, cost },
      ...{ left: Math.max(titleEnd, noteEnd(INDENT)), right: costWidth(cost) },
    },
  ];
  const growth = (way: { left: number; right: number }): number =>
    Math.max(0, way.left - left) + Math.max(0, way.right - right);
  const best = ways.reduce((a, b) => (growth(b) < growth(a) ? b : a));
  return { title: item.label, timesAt, titleEnd, ...best };
}
