/** How large things are drawn, and where edges meet them. */

import { captionOf, opNote, textWidth } from './captions.ts';
import type { Item } from './item.ts';

export const SIZES = {
  op: { width: 176, height: 28 },
  branch: { width: 224, height: 52 },
  stage: { width: 240, height: 52 },
  /** Below the circle: the activation, or a stem from which the next skip leaves. */
  merge: { radius: 11, tail: 18, stem: 12 },
  /** Below a box from which a skip leaves. */
  stem: 14,
  tap: 8,
  header: 34,
} as const;

/** How far the lower sheets of a stack stand out, to the right and below. */
export const SHEETS = 8;

export type PortName = 'in' | 'out' | 'skipIn' | 'skipOut';
export type Side = 'north' | 'south' | 'east';

export interface FixedPort {
  readonly id: PortName;
  readonly side: Side;
  /** From the node's upper left corner. */
  readonly at: { readonly x: number; readonly y: number };
}

/** Of a closed item. */
export function sizeOf(item: Item): { readonly width: number; readonly height: number } {
  switch (item.role) {
    case 'merge': {
      const { radius, tail, stem } = SIZES.merge;
      const side = 2 * radius;
      return {
        width: Math.max(side, item.tail ? textWidth(item.tail, 11) + 18 : 0),
        height: side + (item.tail ? tail : stem),
      };
    }
    case 'shortcut':
      return { width: Math.max(64, textWidth(item.label, 11) + 20), height: 26 };
    case 'branch':
    case 'module':
    case 'stage': {
      const first = textWidth(item.label) * 1.18 + textWidth(captionOf(item).aside, 11) + 56;
      const lines = Math.max(...captionOf(item).lines.map((line) => textWidth(line, 11))) + 40;
      const least = item.role === 'stage' ? SIZES.stage : SIZES.branch;
      return {
        width: even(Math.min(360, Math.max(least.width, first, lines))),
        height: least.height + (item.summary ? 14 : 0),
      };
    }
    case 'input':
    case 'output':
      return { width: even(Math.max(84, textWidth(item.label) + 32)), height: 26 };
    default:
      return {
        width: even(Math.min(320, Math.max(SIZES.op.width, textWidth(item.label) + noteWidth(opNote(item)) + 36))),
        height: SIZES.op.height,
      };
  }
}

/** Of the points where values enter or leave an open group. */
export const tapPorts = (): FixedPort[] => [
  { id: 'in', side: 'north', at: { x: SIZES.tap / 2, y: 0 } },
  { id: 'out', side: 'south', at: { x: SIZES.tap / 2, y: SIZES.tap } },
  { id: 'skipOut', side: 'east', at: { x: SIZES.tap, y: SIZES.tap / 2 } },
];

/** Room that the note on an operation takes beside its label. */
export const noteWidth = (note: string): number => (note ? textWidth(note, 11) + 12 : 0);

const even = (length: number): number => 2 * Math.ceil(length / 2);

/** Of a closed item. */
export function portsOf(item: Item): FixedPort[] {
  const { width, height } = sizeOf(item);
  const port = (id: PortName, side: Side, x: number, y: number): FixedPort => ({ id, side, at: { x, y } });
  const ports = [port('in', 'north', width / 2, 0), port('out', 'south', width / 2, height)];
  if (item.role !== 'merge') return [...ports, port('skipOut', 'east', width, height / 2)];
  const { radius, tail, stem } = SIZES.merge;
  // The skip ends on the circle, inside the box that the activation below it makes wider.
  return [
    ...ports,
    port('skipIn', 'east', width, radius),
    port('skipOut', 'east', width, height - (item.tail ? tail : stem) / 2),
  ];
}
