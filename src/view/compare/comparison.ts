/** Two networks with what differs between them, down to single operations: what a drawing of both needs. */

import type { GraphCost, ResidualBlock } from '../../analysis/types.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Item } from '../item.ts';
import type { Outline } from '../outline.ts';
import { outlineOf } from '../outline.ts';
import { alignUnits } from './align.ts';
import type { Difference, DifferenceKind, Entry } from './difference.ts';
import { compareNetworks } from './difference.ts';
import { commonChanges } from './list.ts';
import type { Unit } from './units.ts';
import { leavesOf, unitOf } from './units.ts';

export interface Network {
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly cost: GraphCost;
}

/** One network of the two. */
export interface ComparedSide {
  /** Runs of equal blocks hold only blocks that differ in the same way. */
  readonly outline: Outline;
  /** What has become of each item, by its id; groups are as what they hold. */
  readonly kinds: ReadonlyMap<string, DifferenceKind>;
  /** The id of an item's counterpart on the other side. Stages and runs have none. */
  readonly counterparts: ReadonlyMap<string, string>;
}

export interface Comparison {
  /** A is the old network, B the new one. */
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  readonly difference: Difference;
}

export function compareDown(a: Network, b: Network): Comparison {
  const [outlineA, outlineB] = [outlineOf(a.graph, a.blocks), outlineOf(b.graph, b.blocks)];
  const difference = compareNetworks({ ...a, outline: outlineA }, { ...b, outline: outlineB });
  const [tagsA, tagsB] = [new Map<string, string>(), new Map<string, string>()];
  for (const entry of difference.entries) {
    const { kind, a: before, b: after } = entry;
    if (kind === 'same' || kind === 'moved') continue;
    const tag = [kind, ...commonChanges(entry)].join('|');
    for (const id of before?.ids ?? []) tagsA.set(id, tag);
    for (const id of after?.ids ?? []) tagsB.set(id, tag);
  }
  const told = {
    a: outlineOf(a.graph, a.blocks, tagsA),
    b: outlineOf(b.graph, b.blocks, tagsB),
  };
  const matcher = new Matcher(told.a, told.b);
  for (const entry of difference.entries) matcher.take(entry);
  matcher.finish();
  return {
    a: { outline: told.a, kinds: matcher.kindsA, counterparts: matcher.toB },
    b: { outline: told.b, kinds: matcher.kindsB, counterparts: matcher.toA },
    difference,
  };
}

class Matcher {
  readonly kindsA = new Map<string, DifferenceKind>();
  readonly kindsB = new Map<string, DifferenceKind>();
  readonly toA = new Map<string, string>();
  readonly toB = new Map<string, string>();

  constructor(
    private readonly a: Outline,
    private readonly b: Outline,
  ) {}

  take({ kind, a, b }: Entry): void {
    const before = itemsOf(this.a, a);
    const after = itemsOf(this.b, b);
    if (!b) for (const item of before) setAll(this.kindsA, item, 'removed');
    else if (!a) for (const item of after) setAll(this.kindsB, item, 'added');
    else if (kind === 'changed') this.change(before, after);
    else after.forEach((item, at) => before[at] && this.pairAll(before[at], item, kind));
  }

  /** Ends, and what holds others, are told from what they hold. */
  finish(): void {
    this.pairEnds('input');
    this.pairEnds('output');
    cover(this.a.root, this.kindsA);
    cover(this.b.root, this.kindsB);
    for (const [before, after] of this.toB) {
      // A group that lost a part shows no trace of it itself.
      if (isAltered(this.kindsA.get(before)) && this.kindsB.get(after) === 'same') this.kindsB.set(after, 'changed');
      if (isAltered(this.kindsB.get(after)) && this.kindsA.get(before) === 'same') this.kindsA.set(before, 'changed');
    }
  }

  private pairEnds(role: Item['role']): void {
    const ends = ({ root }: Outline): readonly Item[] => root.children.filter((item) => item.role === role);
    const before = ends(this.a);
    ends(this.b).forEach((item, at) => {
      const other = before[at];
      if (!other) return this.kindsB.set(item.id, 'added');
      const isSameShape = String(other.outputShape) === String(item.outputShape);
      return this.pair(other, item, isSameShape ? 'same' : 'resized');
    });
    for (const gone of before.slice(ends(this.b).length)) this.kindsA.set(gone.id, 'removed');
  }

  private pair(before: Item, after: Item, kind: DifferenceKind): void {
    this.toB.set(before.id, after.id);
    this.toA.set(after.id, before.id);
    this.kindsA.set(before.id, kind);
    this.kindsB.set(after.id, kind);
  }

  /** Items of equal design, and all that is in them. */
  private pairAll(before: Item, after: Item, kind: DifferenceKind): void {
    this.pair(before, after, kind);
    const others = withoutRuns(before.children);
    withoutRuns(after.children).forEach((child, at) => others[at] && this.pairAll(others[at], child, kind));
  }

  private change(before: readonly Item[], after: readonly Item[]): void {
    for (const item of after) {
      const group = item.children.length > 0;
      // The branch of a block, and the plain module that took its place, are one.
      const other =
        before.find(({ role }) => role === item.role) ??
        (group ? before.find(({ role, children }) => children.length && role !== 'shortcut') : undefined);
      if (other && !this.toB.has(other.id)) this.pair(other, item, 'changed');
    }
    const units = (outline: Outline, items: readonly Item[]): readonly Unit[] =>
      items.flatMap(leavesOf).map((leaf) => ({ ...unitOf(outline, [leaf]), path: leaf.id }));
    const [own, theirs] = [units(this.a, before), units(this.b, after)];
    for (const [i, j] of alignUnits(own, theirs)) {
      const [gone, come] = [i === null ? null : own[i]!, j === null ? null : theirs[j]!];
      if (!come) setAll(this.kindsA, this.a.items.get(gone!.ids[0]!)!, 'removed');
      else if (!gone) setAll(this.kindsB, this.b.items.get(come.ids[0]!)!, 'added');
      else this.pair(this.a.items.get(gone.ids[0]!)!, this.b.items.get(come.ids[0]!)!, leafKind(gone, come));
    }
    // Modules inside, by their names.
    for (const item of after.flatMap(groupsIn)) {
      const other = this.a.items.get(item.id);
      if (other && !this.toA.has(item.id) && !this.toB.has(other.id)) {
        this.toA.set(item.id, other.id);
        this.toB.set(other.id, item.id);
      }
    }
  }
}

const leafKind = (before: Unit, after: Unit): DifferenceKind =>
  before.design !== after.design || before.skip !== after.skip || before.operations.join() !== after.operations.join()
    ? 'changed'
    : String(before.outputShape) === String(after.outputShape)
      ? 'same'
      : 'resized';

const itemsOf = (outline: Outline, unit: Unit | null): readonly Item[] =>
  (unit?.ids ?? []).map((id) => outline.items.get(id)!);

const isAltered = (kind: DifferenceKind | undefined): boolean =>
  kind === 'changed' || kind === 'added' || kind === 'removed';

const withoutRuns = (items: readonly Item[]): readonly Item[] =>
  items.flatMap((item) => (item.run ? withoutRuns(item.children) : [item]));

const groupsIn = (item: Item): readonly Item[] =>
  item.children.flatMap((child) => (child.children.length ? [child, ...groupsIn(child)] : []));

function setAll(kinds: Map<string, DifferenceKind>, item: Item, kind: DifferenceKind): void {
  kinds.set(item.id, kind);
  for (const child of item.children) setAll(kinds, child, kind);
}

function cover(item: Item, kinds: Map<string, DifferenceKind>): DifferenceKind {
  const inside = item.children.map((child) => cover(child, kinds));
  const known = kinds.get(item.id);
  if (known !== undefined) return known;
  const [first] = inside;
  const kind =
    first !== undefined && inside.every((one) => one === first)
      ? first
      : inside.some(isAltered)
        ? 'changed'
        : inside.includes('resized')
          ? 'resized'
          : 'same';
  kinds.set(item.id, kind);
  return kind;
}
