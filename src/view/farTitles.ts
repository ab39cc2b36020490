/** Names for a look from afar: as large as their boxes allow, in place of everything else that is written there. */

import { timesOf } from './captions.ts';
import type { Box, Placement } from './layout.ts';
import { escape, round } from './primitives.ts';
import type { SceneNode } from './scene.ts';

/** Share of the font's size that a letter takes, on the safe side. */
const LETTER = 0.62;
const LARGEST = 26;
/** The size that text has without being scaled. */
const NORMAL = 12;

/** Of a closed box; empty for what is written large enough, or not at all. */
export function farTitleSvg({ kind, item, open }: SceneNode, box: Box): string {
  if (!item || open) return '';
  if (kind === 'op') return line(item.label, box.x + 20, box.width - 26, box.y + box.height / 2, box.height * 0.62);
  if (kind !== 'branch' && kind !== 'module' && kind !== 'stage') return '';
  return line(item.label, box.x + 26, box.width - 34, box.y + box.height / 2, box.height * 0.42);
}

/** Of an open group; where it is long, across the lines through its header. */
export function farHeaderSvg(node: SceneNode, placement: Placement): string {
  const { item, open, kind } = node;
  if (!item || !open || kind === 'model') return '';
  const { x, y, width } = placement.nodes.get(node.id)!;
  const name = [item.label, timesOf(item)].filter((text) => text).join(' ');
  return line(name, x + 26, width - 40, y + 19, 20, ' halo');
}

function line(content: string, x: number, width: number, middle: number, most: number, look = ''): string {
  const size = Math.min(LARGEST, most, width / (content.length * LETTER));
  const scale = round(Math.max(NORMAL, size)) / NORMAL;
  const y = middle + 0.35 * scale * NORMAL;
  return `<text class="far-title${look}" transform="translate(${round(x)} ${round(y)}) scale(${scale.toFixed(3)})">${escape(content)}</text>`;
}
