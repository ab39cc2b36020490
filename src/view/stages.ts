/** Puts neighbouring blocks of one container, or of one shape, into stages. */

import { runNote, shortPath } from './captions.ts';
import type { Item } from './item.ts';
import type { Context } from './items.ts';
import { groupItem, unique } from './items.ts';
import type { NestedBlock } from './levels.ts';
import { isBoxed } from './levels.ts';
import { foldRuns } from './runs.ts';

/** A stage with more parts than this is closed when a model is seen for the first time. */
const MOST_PARTS = 40;

/** Puts runs of blocks that share a container into stages; a container that holds every block is cut where the shape changes. */
export function groupStages(context: Context, items: readonly Item[], tops: readonly NestedBlock[]): Item[] {
  const keys = new Set(tops.map(({ block }) => parentPath(block.module)).filter((path) => path !== ''));
  const keyOf = (item: Item): string => {
    for (let path = item.path.replace(/#\d+$/, ''); path; path = parentPath(path)) if (keys.has(path)) return path;
    return '';
  };
  const shapes = new Map<string, Set<string>>();
  for (const item of items) {
    // Joined channels grow from block to block without a new stage.
    if (item.role !== 'merge' || !item.block || !isBoxed(item.block) || item.block.kind === 'dense') continue;
    const key = keyOf(item);
    shapes.set(key, (shapes.get(key) ?? new Set()).add(String(item.outputShape)));
  }
  const cut = (key: string): boolean => keys.size === 1 && (shapes.get(key)?.size ?? 0) > 1;

  const result: Item[] = [];
  for (let at = 0; at < items.length;) {
    const key = keyOf(items[at]!);
    let end = at + 1;
    while (end < items.length && keyOf(items[end]!) === key) end++;
    const { before, inside, after } = trim(items.slice(at, end));
    at = end;
    result.push(...before);
    // One block alone is no stage.
    for (const part of inside.length ? (cut(key) ? cutByShape(inside) : [inside]) : [])
      if (!key || new Set(part.flatMap(({ block }) => block?.module ?? [])).size < 2) result.push(...part);
      else result.push(stageItem(context, key, part));
    result.push(...after);
  }
  return foldRuns(context, result);
}

/** A stage begins with its first branch and ends with its last merge: what only lies in the same container stays outside. */
function trim(items: readonly Item[]): { before: readonly Item[]; inside: readonly Item[]; after: readonly Item[] } {
  const isPart = ({ role, block }: Item): boolean => block !== null && (role === 'branch' || role === 'merge');
  const from = items.findIndex(isPart);
  if (from < 0) return { before: items, inside: [], after: [] };
  const to = items.findLastIndex(isPart) + 1;
  return { before: items.slice(0, from), inside: items.slice(from, to), after: items.slice(to) };
}

function cutByShape(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [[]];
  let shape: string | null = null;
  for (const item of items) {
    const next: string | null = item.role === 'branch' ? String(item.block?.outputShape) : shape;
    if (shape !== null && next !== shape) parts.push([]);
    shape = next;
    parts.at(-1)!.push(item);
  }
  return parts;
}

function stageItem(context: Context, path: string, parts: readonly Item[]): Item {
  const children = foldRuns(context, parts);
  const modules = new Set(parts.flatMap((item) => (item.block ? [item.block.module] : [])));
  // A stage that is one run from end to end is drawn as the run.
  if (children.length === 1 && children[0]!.role === 'run') return children[0]!;
  const paths = [...modules];
  const classes = [...new Set(paths.flatMap((module) => context.index.module(module)?.class || []))];
  const whole = paths.every((module) => parentPath(module) === path);
  return groupItem(context, {
    id: unique(context, `${path}/stage`),
    role: 'stage',
    label: shortPath(whole && isCut(context, path, modules.size) ? runNote(paths[0]!, paths.at(-1)!) : path),
    path,
    children,
    // A transformer's layer is one module with two blocks in it.
    summary: modules.size ? summaryOf(modules.size, classes) : '',
    location: context.index.module(path)?.created ?? children[0]?.location ?? null,
    openByDefault: partsShown(children) <= MOST_PARTS,
  });
}

/** An ONNX file does not say what class a module is of. */
const summaryOf = (count: number, classes: readonly string[]): string => {
  if (classes.length) return `${count} × ${classes.join(', ')}`;
  return count === 1 ? '1 block' : `${count} blocks`;
};

/** True when the container holds blocks of other stages too, so that its name alone does not tell the stage. */
const isCut = ({ blocks }: Context, path: string, here: number): boolean =>
  new Set(blocks.flatMap(({ module }) => (parentPath(module) === path ? [module] : []))).size > here;

/** How many items an open group shows when its runs are folded. */
export const partsShown = (children: readonly Item[]): number =>
  children.reduce((sum, { run }) => sum + (run ? run.size : 1), 0);

const parentPath = (path: string): string => (path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '');
