/** A graph as a file of its own, for other programs. */

import type { ModelDocument } from './messages.ts';

/** Numbers that JSON has no words for are strings: `"-Infinity"`, `"Infinity"`, `"NaN"`. */
export function graphJson(shown: Pick<ModelDocument, 'model' | 'cost' | 'blocks' | 'diagnostics' | 'graph'>): string {
  const { model, cost, blocks, diagnostics, graph } = shown;
  const spell = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  return `${JSON.stringify({ model, cost, blocks, diagnostics, graph }, spell)}\n`;
}
