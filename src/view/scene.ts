/** What is on the canvas for a given set of open groups: nodes with ports, edges level by level. Plain data, no positions. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { formatShape } from '../ir/type.ts';
import { formatFeature, formatMacs, formatParams } from './label.ts';
import type { Item, Outline } from './outline.ts';
import { defaultExpanded, outlineOf, skipKindOf } from './outline.ts';

export type EdgeKind = 'flow' | 'identity' | 'projection' | 'concat' | 'long';
export type PortName = 'in' | 'out' | 'skipIn' | 'skipOut';

/** Where edges meet a node. Ports of open groups lie wherever the tap inside them comes to lie. */
export interface ScenePort {
  readonly id: string;
  readonly side: 'north' | 'south' | 'east';
  /** From the node's upper left corner; null for ports of open groups. */
  readonly at: { readonly x: number; readonly y: number } | null;
  /** The node inside an open group that continues the edge. */
  readonly tap: string | null;
}

export interface SceneNode {
  readonly id: string;
  /** `tap`: the point where a value enters or leaves an open group. */
  readonly kind: Item['role'] | 'tap';
  /** Null for taps. */
  readonly item: Item | null;
  /** Id of the open group that holds the node; null for the model itself. */
  readonly group: string | null;
  readonly open: boolean;
  readonly children: readonly string[];
  /** Of the node when it is closed; the least width when it is open. */
  readonly width: number;
  readonly height: number;
  readonly ports: readonly ScenePort[];
  /** For taps: true when the value comes in. */
  readonly entry: boolean;
}

export interface SceneEdge {
  readonly id: string;
  readonly group: string;
  readonly kind: EdgeKind;
  readonly source: { readonly node: string; readonly port: string };
  readonly target: { readonly node: string; readonly port: string };
  readonly value: ValueId;
  /** Shape of the value, `64 × 56 × 56`; with the batch axis where the shapes at a merge do not fit. */
  readonly label: string;
  /** True when the label only repeats what the edge before said. */
  readonly minor: boolean;
  /** Path of the residual block whose skip, or whose branch's end, this edge is. */
  readonly block: string | null;
  readonly problem: string | null;
}

export interface Scene {
  readonly root: string;
  readonly nodes: ReadonlyMap<string, SceneNode>;
  readonly edges: readonly SceneEdge[];
  /** How many residual blocks have their skip connection on the canvas. */
  readonly skips: number;
}

export const SIZES = {
  op: { width: 176, height: 28 },
  branch: { width: 224, height: 52 },
  stage: { width: 240, height: 52 },
  /** Below the circle: the activation, or a stem from which the next skip leaves. */
  merge: { radius: 11, tail: 18, stem: 12 },
  tap: 8,
  header: 34,
} as const;

/**
 * @param expanded ids of the open groups; see {@link defaultExpanded}
 * @param outline what {@link outlineOf} said about the same graph, to save making it again
 */
export function buildScene(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  expanded?: ReadonlySet<string>,
  outline: Outline = outlineOf(graph, blocks),
): Scene {
  return new SceneBuilder(outline, expanded ?? defaultExpanded(outline)).build();
}

interface Use {
  readonly value: ValueId;
  readonly source: readonly Item[];
  readonly target: readonly Item[];
  readonly kind: EdgeKind;
  readonly block: ResidualBlock | null;
}

class SceneBuilder {
  private readonly nodes = new Map<string, Draft>();
  private readonly edges = new Map<string, SceneEdge>();
  private readonly taps = new Map<string, string>();

  constructor(
    private readonly outline: Outline,
    private readonly expanded: ReadonlySet<string>,
  ) {}

  build(): Scene {
    const { root } = this.outline;
    this.addItem(root, null);
    const uses = this.uses();
    const onlySkips = this.entryKinds(uses);
    for (const use of uses) this.connect(use, onlySkips);
    const drawn = new Set<string>();
    for (const edge of this.edges.values())
      if (edge.kind !== 'flow' && edge.block !== null && this.nodes.get(edge.target.node)?.kind === 'merge')
        drawn.add(edge.block);
    return { root: root.id, nodes: this.nodes, edges: [...this.edges.values()], skips: drawn.size };
  }

  private isOpen(item: Item): boolean {
    return item.role === 'model' || (item.children.length > 0 && this.expanded.has(item.id));
  }

  private addItem(item: Item, group: string | null): void {
    const open = this.isOpen(item);
    const children = open ? item.children.map((child) => child.id) : [];
    this.nodes.set(item.id, { ...draft(item), group, open, children, ports: open ? [] : portsOf(item) });
    if (open) for (const child of item.children) this.addItem(child, item.id);
  }

  /** From the model down to the innermost visible item that holds the leaf. */
  private chain(leaf: Item): readonly Item[] {
    const up: Item[] = [leaf];
    for (let item = this.outline.parentOf.get(leaf.id); item; item = this.outline.parentOf.get(item.id)) up.push(item);
    const down = up.reverse();
    const closed = down.findIndex((item) => !this.isOpen(item));
    return down.slice(0, closed + 1);
  }

  private uses(): readonly Use[] {
    const { index, leafOf, inputOf, blocks } = this.outline;
    const { graph } = index;
    const byMerge = new Map<number, ResidualBlock[]>();
    const byShortcut = new Map<number, ResidualBlock[]>();
    const note = (map: Map<number, ResidualBlock[]>, id: number, block: ResidualBlock): void => {
      map.set(id, [...(map.get(id) ?? []), block]);
    };
    for (const block of blocks) {
      if (block.merge !== null) note(byMerge, block.merge, block);
      for (const id of block.shortcut) note(byShortcut, id, block);
    }
    const sourceOf = (value: ValueId): Item | undefined => {
      const producer = index.producer(value);
      return producer ? leafOf.get(producer.id) : inputOf.get(value);
    };
    const uses: Use[] = [];
    for (const node of graph.nodes) {
      const leaf = leafOf.get(node.id);
      if (!leaf) continue;
      for (const value of this.operands(node, byMerge.get(node.id) ?? [])) {
        if (value === null || !index.isData(value)) continue;
        const source = sourceOf(value);
        if (!source || source === leaf) continue;
        const merging = byMerge.get(node.id) ?? [];
        const block =
          merging.find((b) => b.skipInput === value || (b.kind === 'dense' && b.fork === value)) ??
          byShortcut.get(node.id)?.find((b) => b.fork === value) ??
          merging.find((b) => b.skip === 'concat' && b.branchInput !== value) ??
          null;
        const kind = block ? skipKindOf(block) : 'flow';
        uses.push({
          value,
          source: this.chain(source),
          target: this.chain(leaf),
          kind,
          block: block ?? merging.find((b) => b.branchInput === value) ?? null,
        });
      }
    }
    for (const child of this.outline.root.children.filter((item) => item.role === 'output')) {
      const at = this.outline.root.children.filter((item) => item.role === 'output').indexOf(child);
      const value = graph.outputs.filter((output) => index.isData(output))[at]!;
      const source = sourceOf(value);
      if (source)
        uses.push({ value, source: this.chain(source), target: this.chain(child), kind: 'flow', block: null });
    }
    return uses.filter((use) => use.source.at(-1) !== use.target.at(-1));
  }

  /**
   * What a node is drawn as reading. Where a dense block joins its result to everything that was joined before, that is
   * one skip from the join before, not one from each of the layers so far: [[a, b], c] is [a, b, c].
   */
  private operands(node: Node, merging: readonly ResidualBlock[]): ReadonlySet<ValueId | null> {
    const { index } = this.outline;
    for (const { kind, fork } of merging) {
      const before = kind === 'dense' ? index.producer(fork) : undefined;
      if (before?.op !== 'Concat' || before.inputs.length < 2 || node.op !== 'Concat') continue;
      if (before.attrs['axis'] !== node.attrs['axis']) continue;
      if (before.inputs.every((value, at) => node.inputs[at] === value))
        return new Set([fork, ...node.inputs.slice(before.inputs.length)]);
    }
    return new Set(node.inputs);
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
    let port: string = kind === 'flow' || this.isBoundary(from) ? 'out' : 'skipOut';
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

  private isBoundary(id: string): boolean {
    return this.nodes.get(id)?.kind === 'shortcut';
  }

  private tap(group: string, value: ValueId, entry: boolean, role: string): string {
    const key = `${group}${entry ? '<' : '>'}${value}${role}`;
    const known = this.taps.get(key);
    if (known) return known;
    const owner = this.nodes.get(group)!;
    const count = owner.ports.filter((port) => port.side === (entry ? 'north' : 'south')).length;
    const id = `${group}/${entry ? 'in' : 'out'}${count}`;
    this.taps.set(key, id);
    owner.ports.push({ id, side: entry ? 'north' : 'south', at: null, tap: id });
    if (entry) owner.children.splice(count, 0, id);
    else owner.children.push(id);
    const size = SIZES.tap;
    this.nodes.set(id, {
      id,
      kind: 'tap',
      item: null,
      group,
      open: false,
      children: [],
      width: size,
      height: size,
      entry,
      ports: [
        { id: 'in', side: 'north', at: { x: size / 2, y: 0 }, tap: null },
        { id: 'out', side: 'south', at: { x: size / 2, y: size }, tap: null },
        { id: 'skipOut', side: 'east', at: { x: size, y: size / 2 }, tap: null },
      ],
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
      block: use.block?.path ?? null,
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
}

interface Draft extends SceneNode {
  children: string[];
  ports: ScenePort[];
}

/** How many leading items two chains share. */
const depth = (a: readonly Item[], b: readonly Item[]): number => {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
};

function draft(item: Item): Draft {
  const { width, height } = sizeOf(item);
  return {
    id: item.id,
    kind: item.role,
    item,
    group: null,
    open: false,
    children: [],
    ports: [],
    width,
    height,
    entry: false,
  };
}

/** Widths are estimated from character counts: layout also runs where no text can be measured. */
export const textWidth = (text: string, size = 12): number => Math.ceil(text.length * size * 0.56);

function sizeOf(item: Item): { width: number; height: number } {
  switch (item.role) {
    case 'merge': {
      const { radius, tail, stem } = SIZES.merge;
      const side = 2 * radius;
      return {
        width: Math.max(side, item.tail ? textWidth(item.tail, 11) + 18 : 0),
        height: side + (item.tail ? tail : stem),
      };
    }
    case 'shortcut':
      return { width: Math.max(64, textWidth(item.label, 11) + 20), height: 26 };
    case 'branch':
    case 'module':
    case 'stage': {
      const first = textWidth(item.label) + textWidth(item.path, 11) + 60;
      const second = textWidth(item.summary, 11) + 40;
      const least = item.role === 'stage' ? SIZES.stage : SIZES.branch;
      return {
        width: even(Math.min(360, Math.max(least.width, first, second))),
        height: least.height + (item.summary ? 14 : 0),
      };
    }
    case 'input':
    case 'output':
      return { width: even(Math.max(84, textWidth(item.label) + 32)), height: 26 };
    default:
      return {
        width: even(Math.min(320, Math.max(SIZES.op.width, textWidth(item.label) + 36))),
        height: SIZES.op.height,
      };
  }
}

const even = (length: number): number => 2 * Math.ceil(length / 2);

function portsOf(item: Item): ScenePort[] {
  const { width, height } = sizeOf(item);
  const port = (id: PortName, side: ScenePort['side'], x: number, y: number): ScenePort => ({
    id,
    side,
    at: { x, y },
    tap: null,
  });
  const ports = [port('in', 'north', width / 2, 0), port('out', 'south', width / 2, height)];
  if (item.role === 'merge') {
    const { radius } = SIZES.merge;
    // The skip ends on the circle, inside the box that the activation below it makes wider.
    return [
      ...ports,
      port('skipIn', 'east', width, radius),
      port('skipOut', 'east', width, item.tail ? height - SIZES.merge.tail / 2 : height - SIZES.merge.stem / 2),
    ];
  }
  return [...ports, port('skipOut', 'east', width, height / 2)];
}

/** The lines of text on a closed box. */
export function captionOf(item: Item): {
  readonly title: string;
  readonly aside: string;
  readonly lines: readonly string[];
} {
  const cost = [
    ...(item.params ? [formatParams(item.params)] : []),
    ...(item.macs !== 0 ? [formatMacs(item.macs)] : []),
  ].join(' · ');
  const aside = item.role === 'stage' || item.path === item.label ? '' : item.path;
  return {
    title: item.label,
    aside,
    lines: [item.summary, cost || formatFeature(item.outputShape)].filter((line) => line),
  };
}

/** What stands in the header of an open group: beside its name, and at the right. */
export function headerNotes(item: Item): readonly [string, string] {
  const cost = captionOf({ ...item, summary: '' }).lines[0] ?? '';
  return item.role === 'stage' ? [item.summary, cost] : [item.path === item.label ? '' : item.path, cost];
}

export interface HeaderText {
  readonly title: string;
  /** Where the note begins, from the left border. */
  readonly noteAt: number;
  readonly note: string;
  readonly cost: string;
  /** Room that the text needs on each side of the lines that enter the group from above. */
  readonly left: number;
  readonly right: number;
}

/** The header of an open group around the lines through it: the note stands on the side where the group grows least. */
export function headerText(item: Item, left: number, right: number): HeaderText {
  const [note, cost] = headerNotes(item);
  const noteAt = Math.ceil(textWidth(item.label) * 1.1) + 36;
  const beside = { note, cost, left: noteAt + textWidth(note, 11) + 8, right: textWidth(cost, 11) + 24 };
  const both = [note, cost].filter((text) => text).join(' · ');
  const across = { note: '', cost: both, left: noteAt, right: textWidth(both, 11) + 24 };
  const growth = (text: typeof beside): number => Math.max(0, text.left - left) + Math.max(0, text.right - right);
  return { title: item.label, noteAt, ...(growth(beside) <= growth(across) ? beside : across) };
}
