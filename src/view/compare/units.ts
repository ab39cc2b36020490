/** A network as a row of units in execution order: residual blocks, and the layers between them. */

import { ancestorsOf } from '../../analysis/modulePaths.ts';
import type { Counts } from '../../analysis/types.ts';
import type { Node } from '../../ir/graph.ts';
import type { Shape } from '../../ir/type.ts';
import { formatShape } from '../../ir/type.ts';
import { activationBytes } from '../activationBytes.ts';
import type { Item, SkipKind } from '../item.ts';
import { opLabel } from '../label.ts';
import type { Outline } from '../outline.ts';

export interface Unit extends Counts {
  /** Of the items that it is drawn as, the most telling first. */
  readonly ids: readonly string[];
  /** Module path. */
  readonly path: string;
  /** Class of a module, or what the drawing calls an operation. */
  readonly class: string;
  readonly isBlock: boolean;
  readonly skip: SkipKind | null;
  /** What its operations are, without paths and without the shapes that pass through. */
  readonly design: string;
  readonly parts: readonly Part[];
  readonly outputShape: Shape;
  /** Bytes of the tensors that it makes. */
  readonly memory: number | null;
  /** Its operations, as a person would list them: `conv 3×3, 64`. */
  readonly operations: readonly string[];
}

/** One operation of the graph. */
export interface Part {
  readonly label: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, string>>;
  /** Shapes of the parameters that it reads. */
  readonly weights: string;
}

export function unitsOf(outline: Outline): readonly Unit[] {
  const units: Unit[] = [];
  const walk = (items: readonly Item[]): void => {
    for (let at = 0; at < items.length;) {
      const item = items[at]!;
      const { block } = item;
      let end = at + 1;
      if (block && block.kind !== 'long-skip') {
        while (end < items.length && items[end]!.block?.path === block.path) end++;
        units.push(unitOf(outline, items.slice(at, end)));
      } else if (isTransparent(item)) walk(item.children);
      else if (item.role !== 'input' && item.role !== 'output') units.push(unitOf(outline, [item]));
      at = end;
    }
  };
  walk(outline.root.children);
  return units;
}

/**
 * Loose operations of a module that is a block in the other network, as one unit: a small block without its skip is not
 * drawn as a group.
 * @param blocks paths of the other network's blocks
 */
export function gather(outline: Outline, units: readonly Unit[], blocks: ReadonlySet<string>): readonly Unit[] {
  const own = new Set(units.filter(({ isBlock }) => isBlock).map(({ path }) => path));
  const blockOf = ({ path, isBlock }: Unit): string | null =>
    isBlock ? null : (ancestorsOf(path).find((one) => one !== '' && blocks.has(one) && !own.has(one)) ?? null);
  const gathered: Unit[] = [];
  for (let at = 0; at < units.length;) {
    const path = blockOf(units[at]!);
    let end = at + 1;
    while (path !== null && end < units.length && blockOf(units[end]!) === path) end++;
    const parts = units.slice(at, end);
    if (path === null) gathered.push(...parts);
    else {
      const items = parts.flatMap(({ ids }) => ids.map((id) => outline.items.get(id)!));
      gathered.push({ ...unitOf(outline, items), path, class: outline.index.module(path)?.class ?? '' });
    }
    at = end;
  }
  return gathered;
}

/** Stages and runs are ways to draw; a module that holds blocks is seen through, and so is a container of the framework. */
const isTransparent = ({ role, children, skips, openByDefault }: Item): boolean =>
  children.length > 0 &&
  (role === 'stage' || role === 'run' || Object.keys(skips).length > 0 || (role === 'module' && openByDefault));

/** The parts of a block, or one item, as a unit. */
export function unitOf(outline: Outline, items: readonly Item[]): Unit {
  const lead = items.find(({ role }) => role === 'branch') ?? items[0]!;
  const last = items.at(-1)!;
  const sum = (values: readonly (number | null)[]): number | null =>
    values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
  const { block } = lead;
  const parts = items.flatMap(({ nodes }) => nodes.map((id) => partOf(outline, outline.index.graph.nodes[id]!)));
  return {
    ids: [lead, ...items.filter((item) => item !== lead)].map(({ id }) => id),
    path: lead.path,
    class: block ? block.class || lead.label : lead.class || lead.label,
    isBlock: block !== null,
    skip: items.find(({ skip }) => skip !== null)?.skip ?? null,
    design: parts.map(({ op, attrs, weights }) => `${op} ${JSON.stringify(attrs)} ${weights}`).join('\n'),
    parts,
    outputShape: last.outputShape,
    params: items.reduce((total, { params }) => total + params, 0),
    paramsAtLeast: items.some(({ paramsAtLeast }) => paramsAtLeast),
    macs: sum(items.map(({ macs }) => macs)),
    macsAtLeast: items.reduce((total, { macsAtLeast }) => total + macsAtLeast, 0),
    memory: sum(items.map((item) => activationBytes(item, outline))),
    operations: items.flatMap(leavesOf).map(({ label }) => label),
  };
}

/** Operations, merges and ends in an item. */
export const leavesOf = (item: Item): readonly Item[] =>
  item.children.length ? item.children.flatMap(leavesOf) : [item];

function partOf({ index }: Outline, node: Node): Part {
  const { op, attrs, inputs } = node;
  const weights = inputs
    .filter((input) => input !== null && !index.isData(input))
    .flatMap((input) => index.parametersOf(input!))
    .map((value) => formatShape(index.graph.values[value]!.type.shape));
  const given = Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = (value: unknown): string =>
    Array.isArray(value)
      ? value.length && value.every((one) => one === value[0])
        ? String(value[0])
        : value.join(' ')
      : String(value);
  return {
    ...{ label: opLabel(index, node), op, weights: weights.join(' ') },
    attrs: Object.fromEntries(given.map(([name, value]) => [name, text(value)])),
  };
}
