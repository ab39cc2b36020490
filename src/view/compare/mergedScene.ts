/** One scene of two networks: the new one, with what was removed from the old one where it stood. */

import type { ValueId } from '../../ir/graph.ts';
import type { Item } from '../item.ts';
import { skipKindOf } from '../item.ts';
import { formatFeature } from '../label.ts';
import { visibleFor } from '../locate.ts';
import type { EdgeKind, Scene, SceneDifference, SceneEdge, SceneNode } from '../scene.ts';
import { portsOf, sizeOf } from '../sizes.ts';
import type { ComparedSide, Comparison } from './comparison.ts';
import type { DifferenceKind } from './difference.ts';
import { leavesOf } from './units.ts';

/** Before the ids of what only the old network has. */
const GHOST = '−';

/** The id of an old item in the drawing of both. */
export const ghostId = (id: string): string => `${GHOST}${id}`;

/** The old item behind a node of the drawing; null for what is in the new network. */
export const ghostOf = ({ a }: Comparison, id: string): Item | null =>
  id.startsWith(GHOST) ? (a.outline.items.get(id.slice(GHOST.length)) ?? null) : null;

/** A scene of one of the two, with its nodes marked. */
export function markedScene(scene: Scene, { kinds }: ComparedSide): Scene {
  const marked = (node: SceneNode): SceneNode => {
    const difference = node.item && node.kind !== 'model' ? differenceOf(kinds.get(node.item.id)) : null;
    return difference ? { ...node, difference } : node;
  };
  return { ...scene, nodes: new Map([...scene.nodes].map(([id, node]) => [id, marked(node)])) };
}

const differenceOf = (kind: DifferenceKind | undefined): SceneDifference | null =>
  kind === undefined || kind === 'same' || kind === 'moved' ? null : kind;

/** @param scene of the new network, made from the comparison's outline of it */
export function mergedScene(scene: Scene, comparison: Comparison): Scene {
  return new Merger(markedScene(scene, comparison.b), comparison).merge();
}

/** What was removed as a whole: nothing around it was. In the order of the old network. */
export function removedItems({ a }: Comparison): readonly Item[] {
  const find = (item: Item): readonly Item[] =>
    a.kinds.get(item.id) === 'removed' ? [item] : item.children.flatMap(find);
  return find(a.outline.root);
}

/**
 * The group of the new network that an old item belongs into, from its own group or else from its neighbours.
 * @returns the id of an item of the new outline
 */
export function groupFor({ a, b }: Comparison, removed: Item): string {
  let group = a.outline.parentOf.get(removed.id);
  while (group && (group.role === 'run' || group.role === 'stage')) {
    const same = group.role === 'stage' ? b.outline.items.get(group.id) : undefined;
    if (same?.role === 'stage') return same.id;
    group = a.outline.parentOf.get(group.id);
  }
  const counterpart = group && a.counterparts.get(group.id);
  return counterpart ?? b.outline.root.id;
}

interface End {
  readonly node: string;
  readonly port: string;
}

class Merger {
  private readonly nodes: Map<string, SceneNode>;
  private readonly edges: Map<string, SceneEdge>;
  /** The ghost that each old leaf is drawn in. */
  private readonly ghostOfLeaf = new Map<string, string>();

  constructor(
    private readonly scene: Scene,
    private readonly comparison: Comparison,
  ) {
    this.nodes = new Map(scene.nodes);
    this.edges = new Map(scene.edges.map((edge) => [edge.id, edge]));
  }

  merge(): Scene {
    const drawn = removedItems(this.comparison).flatMap((item) => this.place(item) ?? []);
    for (const item of drawn) this.connect(item);
    return { ...this.scene, nodes: this.nodes, edges: [...this.edges.values()] };
  }

  /** The item if it is drawn; where its group is closed, that is marked. */
  private place(item: Item): Item | null {
    const { b } = this.comparison;
    const wanted = groupFor(this.comparison, item);
    const seen = wanted === b.outline.root.id ? this.scene.root : visibleFor(b.outline, this.scene, wanted);
    const group = seen === null ? undefined : this.nodes.get(seen);
    if (!group) return null;
    if (!group.open) {
      if (!group.difference || group.difference === 'resized')
        this.nodes.set(group.id, { ...group, difference: 'changed' });
      return null;
    }
    const id = ghostId(item.id);
    const label = item.run ? `${item.run.count} × ${item.label}` : item.label;
    const role = item.run ? 'branch' : item.role;
    const ghost: Item = { ...item, id, label, role, children: [], run: null };
    const before = this.standsAfter(item, group);
    const children = [...group.children];
    children.splice(before, 0, id);
    this.nodes.set(group.id, { ...group, children });
    this.nodes.set(id, {
      ...{ id, kind: role, item: ghost, group: group.id, open: false, folded: false },
      ...{ children: [], stem: 0, entry: false, difference: 'removed' as const },
      ...sizeOf(ghost),
      ports: portsOf(ghost),
    });
    for (const leaf of leavesOf(item)) this.ghostOfLeaf.set(leaf.id, id);
    return item;
  }

  /** The position behind the last of a group's children that comes before the item in the old network. */
  private standsAfter(item: Item, group: SceneNode): number {
    const { a, b } = this.comparison;
    const first = Math.min(...item.nodes);
    let position = group.children.filter(
      (id) => this.nodes.get(id)?.kind === 'tap' && this.nodes.get(id)!.entry,
    ).length;
    group.children.forEach((id, at) => {
      const node = this.nodes.get(id)!;
      if (!node.item || node.kind === 'output') return;
      const old = node.difference === 'removed' ? ghostOf(this.comparison, id) : null;
      const own = old ? [old] : leavesOf(b.outline.items.get(id)!);
      const earlier = own.some((leaf) => {
        const before = old ?? a.outline.items.get(b.counterparts.get(leaf.id) ?? '');
        return before !== undefined && (before.role === 'input' || Math.min(...before.nodes) < first);
      });
      if (earlier) position = Math.max(position, at + 1);
    });
    return position;
  }

  /** Edges to what a removed item read, and from it to what read it. */
  private connect(item: Item): void {
    const { a } = this.comparison;
    const { index, reads, leafOf, inputOf } = a.outline;
    const group = this.nodes.get(ghostId(item.id))!.group!;
    const inside = new Set(item.nodes);
    for (const id of item.nodes) {
      const node = index.graph.nodes[id]!;
      for (const value of reads.of(node)) {
        const producer = index.producer(value);
        if (producer && inside.has(producer.id)) continue;
        const source = producer ? leafOf.get(producer.id) : inputOf.get(value);
        const from = source && this.endOf(source, group, 'source');
        const kind = this.kindOf(item, value);
        if (from)
          this.edge(group, from, { node: ghostId(item.id), port: kind === 'flow' ? 'in' : 'skipIn' }, kind, value);
      }
      for (const value of node.outputs)
        for (const reader of reads.readers(value)) {
          const target = inside.has(reader.id) ? undefined : leafOf.get(reader.id);
          // A ghost that reads it draws the edge itself.
          if (!target || this.ghostOfLeaf.has(target.id)) continue;
          const to = this.endOf(target, group, 'target');
          if (to) this.edge(group, { node: ghostId(item.id), port: 'out' }, to, 'flow', value);
        }
    }
  }

  /** What the old item drew the value as. */
  private kindOf({ role, block }: Item, value: ValueId): EdgeKind {
    if (role !== 'merge' || !block || block.skipInput === null) return 'flow';
    return this.comparison.a.outline.index.origin(block.skipInput) === value ? skipKindOf(block) : 'flow';
  }

  /** Where an edge within a group meets an old leaf: its ghost, its counterpart, or the border that leads to it. */
  private endOf(leaf: Item, group: string, end: 'source' | 'target'): End | null {
    const { a, b } = this.comparison;
    const ghost = this.ghostOfLeaf.get(leaf.id);
    const other = a.counterparts.get(leaf.id);
    const id = ghost ?? (other === undefined ? null : visibleFor(b.outline, this.scene, other));
    let node = id === null ? undefined : this.nodes.get(id);
    if (!node) return null;
    for (; node.group !== group; node = this.nodes.get(node.group)!) {
      if (node.group !== null) continue;
      // It lies outside the group: the border's own point leads there.
      const taps = this.nodes.get(group)!.children.map((child) => this.nodes.get(child)!);
      const tap = taps.find(({ kind, entry }) => kind === 'tap' && entry === (end === 'source'));
      return tap ? { node: tap.id, port: end === 'source' ? 'out' : 'in' } : null;
    }
    if (!node.open) return { node: node.id, port: end === 'source' ? 'out' : 'in' };
    const port = node.ports.find(({ side }) => side === (end === 'source' ? 'south' : 'north'));
    return port ? { node: node.id, port: port.id } : null;
  }

  private edge(group: string, source: End, target: End, kind: EdgeKind, value: ValueId): void {
    const id = `${GHOST}${source.node}:${source.port}→${target.node}:${target.port}`;
    if (this.edges.has(id) || source.node === target.node) return;
    const { type } = this.comparison.a.outline.index.graph.values[value]!;
    this.edges.set(id, {
      ...{ id, group, kind, source, target, value, label: formatFeature(type.shape), minor: true },
      ...{ block: null, problem: null, difference: 'removed' },
    });
  }
}
