/** Ablations as the command line, the settings and the panel spell them. */

import type { Ablation } from './types.ts';

/**
 * `plain`, `identity`, `scaled:0.5`, `scale-matched`, each with `@block` for one block alone; `lesion:block`. Else null. The
 * network itself is the block of the empty path.
 */
export function parseAblation(text: string): Ablation | null {
  const lesion = /^lesion:(.*)$/.exec(text);
  if (lesion) return { kind: 'lesion', block: lesion[1]! };
  const [, kind, value, place] = /^([a-z-]+)(?::([^@]*))?(?:@(.*))?$/.exec(text) ?? [];
  const at = place === undefined ? {} : { at: place };
  if (kind === 'scaled') {
    const factor = Number(value);
    return !value || !Number.isFinite(factor) ? null : { kind, factor, ...at };
  }
  if (value !== undefined) return null;
  return kind === 'plain' || kind === 'identity' || kind === 'scale-matched' ? { kind, ...at } : null;
}
