/** The differences of two networks as a list: blocks in a row with the same difference are one line. */

import type { Difference, DifferenceKind, Entry } from './difference.ts';

export interface Line {
  readonly kind: Exclude<DifferenceKind, 'same'>;
  /** The first of them; where to go. */
  readonly entry: Entry;
  readonly count: number;
  /** Paths of the first and the last. */
  readonly first: string;
  readonly last: string;
  readonly class: string;
  /** What all of them have in common. */
  readonly changes: readonly string[];
}

export function linesOf({ entries }: Difference): readonly Line[] {
  const lines: Line[] = [];
  let key = '';
  for (const entry of entries) {
    if (entry.kind === 'same') {
      key = '';
      continue;
    }
    const unit = (entry.b ?? entry.a)!;
    const own = JSON.stringify([entry.kind, unit.class, commonChanges(entry), unit.isBlock]);
    const before = lines.at(-1);
    if (before && own === key && unit.isBlock) {
      const changes = before.changes.filter((text) => entry.changes.includes(text));
      lines[lines.length - 1] = { ...before, count: before.count + 1, last: unit.path, changes };
    } else {
      const { kind, changes } = entry;
      lines.push({ kind, entry, count: 1, first: unit.path, last: unit.path, class: unit.class, changes });
    }
    key = own;
  }
  return lines;
}

/** Changes that do not depend on where in the network the block stands. */
export const commonChanges = ({ changes }: Pick<Entry, 'changes'>): readonly string[] =>
  changes.filter((text) => !/^(?:path|params|MACs|activations|output) /.test(text));

/** `3 added, 1 removed, 2 changed`; '' for equal networks. */
export function countsText({ entries }: Difference): string {
  const kinds = ['added', 'removed', 'changed', 'resized', 'moved'] as const;
  return kinds
    .map((kind) => [entries.filter((entry) => entry.kind === kind).length, kind] as const)
    .filter(([count]) => count > 0)
    .map(([count, kind]) => `${count} ${kind}`)
    .join(', ');
}
