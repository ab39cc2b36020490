/** Which groups of an outline are open, said in words: everything, so many levels, or one module. */

import { isWithin } from '../ir/query.ts';
import { allExpanded, defaultExpanded } from './outline.ts';
import type { Outline } from './outline.ts';

/**
 * @param wanted `all`; a number of levels below the model, 0 for none; or the path of a module, opened with all it holds
 * @returns ids of the open groups; null when no group of the outline has that path
 */
export function expansionOf(outline: Outline, wanted: string): ReadonlySet<string> | null {
  if (wanted === 'all') return allExpanded(outline);
  const groups = [...outline.items.values()].filter((item) => item.children.length);
  if (/^\d+$/.test(wanted)) {
    const levels = Number(wanted);
    return new Set(groups.map(({ id }) => id).filter((id) => holdersOf(outline, id).length <= levels));
  }
  const inside = groups.filter(({ path }) => path !== '' && isWithin(path, wanted));
  if (!inside.length) return null;
  const opened = inside.flatMap(({ id }) => [id, ...holdersOf(outline, id)]);
  return new Set([...defaultExpanded(outline), ...opened]);
}

/** Ids of the groups around an item, the nearest first. */
function holdersOf(outline: Outline, id: string): string[] {
  const parent = outline.parentOf.get(id);
  return parent ? [parent.id, ...holdersOf(outline, parent.id)] : [];
}
