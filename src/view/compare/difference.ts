/** What differs between two networks: blocks and layers that were added, removed or changed, and what that costs. */

import { measureMemory } from '../../analysis/memory.ts';
import type { GraphCost, ResidualBlock } from '../../analysis/types.ts';
import type { Graph } from '../../ir/graph.ts';
import { formatShape } from '../../ir/type.ts';
import type { Amount } from '../label.ts';
import { amountText, formatBytes, formatCount, macsText, paramsAmount, paramsText } from '../label.ts';
import type { Outline } from '../outline.ts';
import { alignUnits } from './align.ts';
import type { Part, Unit } from './units.ts';
import { gather, unitsOf } from './units.ts';

/** `resized`: the same design on tensors of another shape, as everything after a changed stride. `moved`: elsewhere or renamed. */
export type DifferenceKind = 'same' | 'moved' | 'resized' | 'changed' | 'added' | 'removed';

export interface Entry {
  readonly kind: DifferenceKind;
  readonly a: Unit | null;
  readonly b: Unit | null;
  /** What changed, in words: `skip identity → projection`. */
  readonly changes: readonly string[];
}

/** One total of both networks. */
export interface Total {
  readonly a: Amount;
  readonly b: Amount;
}

export interface Difference {
  /** In the order of both networks; a removed one stands where it was. */
  readonly entries: readonly Entry[];
  readonly params: Total;
  readonly macs: Total;
  /** Peak bytes of activations in a pass without gradients. */
  readonly memory: Total;
}

/** A network as it is compared. */
export interface Side {
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly cost: GraphCost;
  readonly outline: Outline;
}

export function compareNetworks(a: Side, b: Side): Difference {
  const units = { a: unitsOf(a.outline), b: unitsOf(b.outline) };
  const blocksOf = (row: readonly Unit[]): ReadonlySet<string> =>
    new Set(row.filter(({ isBlock }) => isBlock).map(({ path }) => path));
  const before = gather(a.outline, units.a, blocksOf(units.b));
  const after = gather(b.outline, units.b, blocksOf(units.a));
  const entries = alignUnits(before, after).map(([i, j]) =>
    entryOf(i === null ? null : before[i]!, j === null ? null : after[j]!),
  );
  const peak = ({ graph, blocks }: Side): Amount => {
    const { peak, isPartial } = measureMemory(graph, blocks);
    return { exact: isPartial ? null : peak.bytes, atLeast: peak.bytes };
  };
  const macs = ({ cost }: Side): Amount => ({ exact: cost.macs, atLeast: cost.macsAtLeast });
  return {
    entries,
    params: { a: paramsAmount(a.cost), b: paramsAmount(b.cost) },
    macs: { a: macs(a), b: macs(b) },
    memory: { a: peak(a), b: peak(b) },
  };
}

function entryOf(a: Unit | null, b: Unit | null): Entry {
  if (!a || !b) return { kind: a ? 'removed' : 'added', a, b, changes: [] };
  const changes = changesOf(a, b);
  const isSameDesign = a.design === b.design && a.skip === b.skip;
  const isSameSize = formatShape(a.outputShape) === formatShape(b.outputShape);
  const kind = !isSameDesign ? 'changed' : !isSameSize ? 'resized' : a.path === b.path ? 'same' : 'moved';
  return { kind, a, b, changes };
}

function changesOf(a: Unit, b: Unit): readonly string[] {
  const changes: string[] = [];
  const say = (what: string, from: string, to: string): void => {
    if (from !== to) changes.push(`${what} ${from} → ${to}`);
  };
  say('path', a.path || '(root)', b.path || '(root)');
  say('class', a.class, b.class);
  say('skip', a.skip ?? 'none', b.skip ?? 'none');
  changes.push(...operationChanges(a.operations, b.operations), ...attributeChanges(a.parts, b.parts));
  say('output', formatShape(a.outputShape), formatShape(b.outputShape));
  say('params', paramsText(a, formatCount), paramsText(b, formatCount));
  say('MACs', macsText(a), macsText(b));
  say('activations', bytes(a.memory), bytes(b.memory));
  return changes;
}

const bytes = (value: number | null): string => (value === null ? 'unknown' : formatBytes(value));

/** The stretch of operations that differs, without what is the same before and after it. */
function operationChanges(a: readonly string[], b: readonly string[]): readonly string[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const list = (of: readonly string[]): string => {
    const changed = of.slice(head, of.length - tail);
    const shown = changed.length > 4 ? [...changed.slice(0, 3), `${changed.length - 3} more`] : changed;
    return shown.join(' · ') || 'nothing';
  };
  const [from, to] = [list(a), list(b)];
  return from === to ? [] : [`${from} → ${to}`];
}

const NAMES: Readonly<Record<string, string>> = {
  ...{ kernel_shape: 'kernel', strides: 'stride', pads: 'padding', dilations: 'dilation', group: 'groups' },
};

/** What the labels of the same operations do not say: `conv 3×3, 64: padding 1 → 2`. */
function attributeChanges(a: readonly Part[], b: readonly Part[]): readonly string[] {
  if (a.length !== b.length || a.some(({ label }, at) => label !== b[at]!.label)) return [];
  const changes = new Set<string>();
  a.forEach(({ label, attrs, weights }, at) => {
    const other = b[at]!;
    for (const name of new Set([...Object.keys(attrs), ...Object.keys(other.attrs)])) {
      const [from, to] = [attrs[name] ?? 'none', other.attrs[name] ?? 'none'];
      if (from !== to) changes.add(`${label}: ${NAMES[name] ?? name} ${from} → ${to}`);
    }
    if (weights !== other.weights) changes.add(`${label}: weights ${weights || 'none'} → ${other.weights || 'none'}`);
  });
  return [...changes];
}

/** `11.7 M → 21.8 M (+10.1 M)`. */
export function describeTotal({ a, b }: Total, format: (value: number) => string): string {
  const [from, to] = [a.exact, b.exact];
  if (from === null || to === null) return `${amountText(a, format)} → ${amountText(b, format)}`;
  if (from === to) return `${format(from)} (same)`;
  return `${format(from)} → ${format(to)} (${to > from ? '+' : '−'}${format(Math.abs(to - from))})`;
}
