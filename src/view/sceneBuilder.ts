/** Makes a scene: the visible items as nodes, and every use of a value as edges through the groups between them. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { ValueId } from '../ir/graph.ts';
import { formatShape } from '../ir/type.ts';
import type { Item } from './item.ts';
import { skipKindOf } from './item.ts';
import { formatFeature } from './label.ts';
import type { Outline } from './outline.ts';
import type { EdgeKind, Scene, SceneEdge, SceneNode, ScenePort } from './scene.ts';
import { portsOf, SIZES, sizeOf, tapPorts } from './sizes.ts';
import type { StandIn } from './standIn.ts';
import { standIn } from './standIn.ts';

/** One value that one operation reads, between what is on the canvas for its maker and for its reader. */
interface Use {
  readonly value: ValueId;
  readonly source: readonly Item[];
  readonly target: readonly Item[];
  readonly kind: EdgeKind;
  readonly block: ResidualBlock | null;
}

interface Draft extends SceneNode {
  children: string[];
  ports: ScenePort[];
  height: number;
  stem: number;
}

export class SceneBuilder {
  private readonly nodes = new Map<string, Draft>();
  private readonly edges = new Map<string, SceneEdge>();
  private readonly taps = new Map<string, string>();
  private readonly places = new Map<string, StandIn>();

  constructor(
    private readonly outline: Outline,
    private readonly expanded: ReadonlySet<string>,
  ) {}

  build(): Scene {
    const { root } = this.outline;
    this.addItem(root, null);
    const uses = this.uses();
    const entryKinds = this.entryKinds(uses);
    for (const use of uses) this.connect(use, entryKinds);
    return { root: root.id, nodes: this.nodes, edges: [...this.edges.values()], skips: this.countSkips() };
  }

  private isOpen(item: Item): boolean {
    return item.role === 'model' || item.run !== null || (item.children.length > 0 && this.expanded.has(item.id));
  }

  private addItem(item: Item, group: string | null): void {
    const open = this.isOpen(item);
    const folded = item.run !== null && !this.expanded.has(item.id);
    const shown = !open ? [] : folded ? item.children.slice(0, item.run!.size) : item.children;
    this.nodes.set(item.id, {
      ...{ id: item.id, kind: item.role, item, group, open, folded, entry: false },
      ...sizeOf(item),
      stem: 0,
      children: shown.map((child) => child.id),
      ports: open ? [] : portsOf(item),
    });
    for (const child of shown) this.addItem(child, item.id);
  }

  /** From the model down to the innermost visible item that stands for the leaf. */
  private place(leaf: Item): StandIn {
    let found = this.places.get(leaf.id);
    if (!found) {
      const { chain, folds } = standIn(this.outline, this.expanded, leaf);
      const closed = chain.findIndex((item) => !this.isOpen(item));
      found = { chain: chain.slice(0, closed + 1), folds };
      this.places.set(leaf.id, found);
    }
    return found;
  }

  private uses(): readonly Use[] {
    const { index, leafOf, inputOf, blocks, reads, gates, root } = this.outline;
    const { graph } = index;
    const byShortcut = new Map<number, ResidualBlock[]>();
    for (const block of blocks)
      for (const id of block.shortcut) byShortcut.set(id, [...(byShortcut.get(id) ?? []), block]);
    const sourceOf = (value: ValueId): Item | undefined => {
      const producer = index.producer(value);
      return producer ? leafOf.get(producer.id) : inputOf.get(value);
    };
    const uses: Use[] = [];
    const use = (value: ValueId, leaf: Item, kind: EdgeKind, block: ResidualBlock | null): void => {
      const source = sourceOf(value);
      if (!source || source === leaf) return;
      const [from, to] = [this.place(source), this.place(leaf)];
      if (isDrawn(from, to)) uses.push({ value, source: from.chain, target: to.chain, kind, block });
    };
    for (const node of graph.nodes) {
      const leaf = leafOf.get(node.id);
      if (!leaf) continue;
      const merging = reads.merging(node);
      for (const value of reads.of(node)) {
        const is = (other: ValueId | null | undefined): boolean =>
          typeof other === 'number' && index.origin(other) === value;
        const block =
          merging.find((b) => is(b.skipInput) || (b.kind === 'dense' && is(b.fork))) ??
          byShortcut.get(node.id)?.find((b) => is(b.fork)) ??
          merging.find((b) => b.skip === 'concat' && !is(b.branchInput)) ??
          null;
        const gate = leaf.skip === 'gate' && is(gates.get(node.id));
        const kind = block ? skipKindOf(block) : gate ? 'gate' : 'flow';
        use(value, leaf, kind, block ?? merging.find((b) => is(b.branchInput)) ?? null);
      }
    }
    const outputs = root.children.filter((item) => item.role === 'output');
    const values = graph.outputs.filter((output) => index.isData(output));
    outputs.forEach((item, at) => use(index.origin(values[at]!), item, 'flow', null));
    return uses.filter(({ source, target }) => source.at(-1) !== target.at(-1));
  }

  /** For each open group and value: the kind of the skip, when no other use of the value lies inside the group. */
  private entryKinds(uses: readonly Use[]): ReadonlyMap<string, EdgeKind> {
    const kinds = new Map<string, EdgeKind>();
    for (const { target, value, kind, source } of uses)
      for (const group of target.slice(depth(source, target), -1)) {
        const key = `${group.id}<${value}`;
        const seen = kinds.get(key);
        kinds.set(key, seen === undefined || seen === kind ? kind : 'flow');
      }
    return kinds;
  }

  private connect(use: Use, entryKinds: ReadonlyMap<string, EdgeKind>): void {
    const { value, source, target } = use;
    const shared = depth(source, target);
    const level = source[shared - 1]!;
    const head = target[shared]!;
    const inside = target.length - 1 > shared;
    const kind = inside ? entryKinds.get(`${head.id}<${value}`)! : use.kind;

    // Out of the groups that hold the source.
    let from = source.at(-1)!.id;
    const isInside = source.slice(shared).some(({ role }) => role === 'shortcut');
    let port: string = kind === 'flow' || isInside ? 'out' : 'skipOut';
    if (port === 'skipOut' && kind !== 'long') this.addStem(from);
    for (const group of source.slice(shared, -1).reverse()) {
      const tap = this.tap(group.id, value, false, kind === 'flow' ? '' : 'skip');
      this.edge(group.id, { node: from, port }, { node: tap, port: 'in' }, kind, use);
      from = group.id;
      port = tap;
    }
    // Across, then into the groups that hold the target.
    let inner = level.id;
    for (const group of target.slice(shared, -1)) {
      const tap = this.tap(group.id, value, true, '');
      this.edge(
        inner,
        { node: from, port },
        { node: group.id, port: tap },
        entryKinds.get(`${group.id}<${value}`)!,
        use,
      );
      inner = group.id;
      from = tap;
      const at = target.indexOf(group) + 1;
      const next = at === target.length - 1 ? use.kind : entryKinds.get(`${target[at]!.id}<${value}`)!;
      port = next === 'flow' || entryKinds.get(`${group.id}<${value}`) !== 'flow' ? 'out' : 'skipOut';
    }
    const last = target.at(-1)!;
    const into = use.kind !== 'flow' && last.role === 'merge' ? 'skipIn' : 'in';
    this.edge(inner, { node: from, port }, { node: last.id, port: into }, use.kind, use);
  }

  /** A skip leaves below a box, where its data is made, and not from its side: that is how long skips leave. */
  private addStem(id: string): void {
    const node = this.nodes.get(id)!;
    if (node.kind === 'merge' || node.kind === 'tap' || node.stem) return;
    node.stem = SIZES.stem;
    node.height += node.stem;
    const y = { out: node.height, skipOut: node.height - node.stem / 2 };
    node.ports = node.ports.map((port) =>
      port.at && (port.id === 'out' || port.id === 'skipOut') ? { ...port, at: { x: port.at.x, y: y[port.id] } } : port,
    );
  }

  private tap(group: string, value: ValueId, entry: boolean, role: string): string {
    const key = `${group}${entry ? '<' : '>'}${value}${role}`;
    const known = this.taps.get(key);
    if (known) return known;
    const owner = this.nodes.get(group)!;
    const count = owner.ports.filter((port) => port.side === (entry ? 'north' : 'south')).length;
    const id = `${group}/${entry ? 'in' : 'out'}${count}`;
    this.taps.set(key, id);
    owner.ports.push({ id, side: entry ? 'north' : 'south', at: null });
    if (entry) owner.children.splice(count, 0, id);
    else owner.children.push(id);
    const size = SIZES.tap;
    this.nodes.set(id, {
      ...{ id, kind: 'tap', item: null, group, open: false, folded: false, entry },
      ...{ children: [], width: size, height: size, stem: 0 },
      ports: tapPorts(),
    });
    return id;
  }

  private edge(
    group: string,
    source: SceneEdge['source'],
    target: SceneEdge['target'],
    kind: EdgeKind,
    use: Use,
  ): void {
    const id = `${source.node}:${source.port}→${target.node}:${target.port}`;
    if (this.edges.has(id)) return;
    const merge = use.block && use.target.at(-1)!.role === 'merge' ? use.target.at(-1)! : null;
    const problem = merge?.problem ?? null;
    const { type } = this.outline.index.graph.values[use.value]!;
    this.edges.set(id, {
      id,
      group,
      kind,
      source,
      target,
      value: use.value,
      label: problem ? formatShape(type.shape) : formatFeature(type.shape),
      minor: !problem && this.isMinor(source.node, use.value, kind),
      // Of the block that is drawn, where that stands for others.
      block: use.block && (use.target.at(-1)!.block?.path ?? use.block.path),
      problem,
    });
  }

  private isMinor(source: string, value: ValueId, kind: EdgeKind): boolean {
    const node = this.nodes.get(source)!;
    if (node.kind === 'tap' || kind !== 'flow') return true;
    const { graph } = this.outline.index;
    const shape = String(graph.values[value]!.type.shape);
    const first = node.item?.nodes[0];
    const input = first === undefined ? undefined : graph.nodes[first]?.inputs[0];
    return typeof input === 'number' && String(graph.values[input]?.type.shape) === shape;
  }

  private countSkips(): number {
    const drawn = new Set<string>();
    for (const { kind, target } of this.edges.values()) if (kind !== 'flow') drawn.add(target.node);
    let count = 0;
    for (const { merge } of this.outline.blocks) {
      const leaf = merge === null ? undefined : this.outline.leafOf.get(merge);
      const shown = leaf && this.place(leaf).chain.at(-1)!;
      if (shown?.role === 'merge' && drawn.has(shown.id)) count++;
    }
    return count;
  }
}

/**
 * In a folded run one repetition is drawn for all: its own edges, what the first reads and what the last makes. That
 * each reads the one before is what "×N" says.
 */
function isDrawn(source: StandIn, target: StandIn): boolean {
  const insideBoth = source.folds.filter(({ run }) => target.folds.some((fold) => fold.run === run));
  const same = insideBoth.every(({ run, at }) => at === 0 && target.folds.every((f) => f.run !== run || f.at === 0));
  const enters = target.folds.every(({ run, at }) => at === 0 || insideBoth.some((fold) => fold.run === run));
  const leaves = source.folds.every(
    ({ run, at }) => at === run.run!.count - 1 || insideBoth.some((fold) => fold.run === run),
  );
  return same && enters && leaves;
}

/** How many leading items two chains share. */
const depth = (a: readonly Item[], b: readonly Item[]): number => {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
};
