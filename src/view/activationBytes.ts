/** Memory of what an item of the drawing makes. */

import { bytesOf } from '../analysis/cost.ts';
import type { Item } from './item.ts';
import type { Outline } from './outline.ts';

/** Bytes of the tensors that the item's operations make; null when a shape is unknown. */
export function activationBytes(item: Item, { index }: Outline): number | null {
  let sum: number | null = 0;
  for (const id of item.nodes)
    for (const output of index.graph.nodes[id]!.outputs) {
      const bytes = bytesOf(index.graph.values[output]!.type);
      sum = sum === null || bytes === null ? null : sum + bytes;
    }
  return sum;
}
