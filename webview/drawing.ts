/** What is drawn: the document, what is open in it, its scene and its colours. Lays out anew when one of them changes. */

import type { MemoryUse } from '../src/analysis/memory.ts';
import { measureMemory } from '../src/analysis/memory.ts';
import type { Location } from '../src/ir/diagnostic.ts';
import type { ModelDocument, PanelState } from '../src/protocol/messages.ts';
import type { ProfileReport } from '../src/profile/types.ts';
import type { Comparison } from '../src/view/compare/comparison.ts';
import { ghostOf, groupFor, markedScene, mergedScene } from '../src/view/compare/mergedScene.ts';
import type { LayoutCache, Placement } from '../src/view/layout.ts';
import { layoutScene } from '../src/view/layout.ts';
import { locate } from '../src/view/locate.ts';
import type { Item } from '../src/view/item.ts';
import type { Outline } from '../src/view/outline.ts';
import { allExpanded, defaultExpanded, outlineOf } from '../src/view/outline.ts';
import type { Scene } from '../src/view/scene.ts';
import { buildScene } from '../src/view/scene.ts';
import { expandedFor, membersOf } from '../src/view/standIn.ts';
import type { Canvas, Paint } from './canvas.ts';
import { createCanvas } from './canvas.ts';
import { createLayoutEngine } from './layoutEngine.ts';
import type { Metric, MetricId } from './metrics.ts';
import { memoryFacts, METRICS, profileByPath, scaleOf } from './metrics.ts';
import { overlap } from './sight.ts';

/** A value of the chosen quantity, for one node of the scene. */
export interface Measured {
  readonly id: string;
  readonly value: number;
  readonly text: string;
}

/** `merged`: the new network with what the old one had besides; else one of the two. */
export interface Compared {
  readonly comparison: Comparison;
  readonly as: 'merged' | 'a' | 'b';
}

export interface DrawingEvents {
  select(id: string | null): void;
  openSource(id: string, focus: boolean): void;
  /** Another part of the drawing is in sight. */
  viewed(): void;
  /** A part of the view state that outlives the page has changed. */
  keep(change: Partial<PanelState>): void;
  /** What is drawn, or how, has changed: the views around it are out of date. */
  changed(): void;
}

export interface Drawing {
  readonly canvas: Canvas;
  readonly document: ModelDocument | null;
  readonly outline: Outline | null;
  readonly scene: Scene | null;
  /** When its tensors are alive, in a pass without gradients. */
  readonly memory: MemoryUse | null;
  /** Two networks in one drawing, or this one beside the other; null where nothing is compared. */
  readonly compared: Compared | null;
  /** Where the scene's nodes are. */
  readonly placement: Placement | null;
  readonly metric: Metric;
  /** Resolves when it has been drawn; false when a later call overtook this one. */
  show(document: ModelDocument, expanded: readonly string[] | null, compared: Compared | null): Promise<boolean>;
  toggle(id: string): void;
  /** Opens the groups that hide an item; resolves when it is drawn. */
  unfold(id: string): Promise<void>;
  expandAll(): void;
  collapseAll(): void;
  colourBy(metric: MetricId, report: ProfileReport | null): void;
  measured(): readonly Measured[];
  /** Lights up what the editor's cursor is in: of equal blocks the selected one, else one that is in sight. */
  reveal(location: Location, selected: string | null): void;
}

export function createDrawing(layoutWorker: string, events: DrawingEvents): Drawing {
  let shown: {
    readonly document: ModelDocument;
    readonly outline: Outline;
    readonly memory: MemoryUse;
    readonly compared: Compared | null;
  } | null = null;
  let expanded: Set<string> = new Set();
  let drawn: { readonly scene: Scene; readonly placement: Placement } | null = null;
  let metric: Metric = METRICS[0]!;
  let report: ProfileReport | null = null;
  let underWay: AbortController | null = null;

  const cache: LayoutCache = new Map();
  const engine = createLayoutEngine(layoutWorker);

  const canvas = createCanvas({
    select: events.select,
    toggle: (id) => drawing.toggle(id),
    openSource: events.openSource,
    clear: () => events.select(null),
    moved: (view) => events.keep({ view }),
    viewed: events.viewed,
  });

  /** Lays out and draws what is open now. A later call gives up an earlier one. */
  const redraw = async (): Promise<boolean> => {
    if (!shown) return false;
    if (underWay) {
      underWay.abort();
      engine.cancel();
    }
    const mine = new AbortController();
    underWay = mine;
    const { outline, document, compared } = shown;
    const scene = withDifferences(buildScene(document.graph, document.blocks, expanded, outline), compared);
    try {
      const placement = await layoutScene(scene, engine, cache, mine.signal);
      mine.signal.throwIfAborted();
      drawn = { scene, placement };
    } catch (error) {
      if (mine.signal.aborted) return false;
      throw error;
    } finally {
      if (underWay === mine) underWay = null;
    }
    canvas.draw(scene, drawn.placement, paint());
    events.keep({ expanded: [...expanded] });
    events.changed();
    return true;
  };

  const paint = (): ReadonlyMap<string, Paint> => {
    const values = drawing.measured();
    const scale = scaleOf(values.map(({ value }) => value));
    return new Map(
      values.map(({ id, value, text }) => [id, { position: scale.at(value), text, shown: metric.read !== null }]),
    );
  };

  const drawing: Drawing = {
    canvas,
    get document() {
      return shown?.document ?? null;
    },
    get outline() {
      return shown?.outline ?? null;
    },
    get scene() {
      return drawn?.scene ?? null;
    },
    get memory() {
      return shown?.memory ?? null;
    },
    get compared() {
      return shown?.compared ?? null;
    },
    get placement() {
      return drawn?.placement ?? null;
    },
    get metric() {
      return metric;
    },
    show(document, open, compared) {
      const isEdit = shown?.document.uri === document.uri && shown.document.model === document.model;
      const side = compared?.comparison[compared.as === 'a' ? 'a' : 'b'];
      const outline = side?.outline ?? outlineOf(document.graph, document.blocks);
      const known = shown?.outline.items;
      shown = { document, outline, memory: measureMemory(document.graph, document.blocks), compared };
      if (!isEdit) expanded = new Set(open ?? defaultExpanded(outline));
      // Groups that an edit has made are shown as if seen for the first time.
      else for (const id of defaultExpanded(outline)) if (!known?.has(id)) expanded.add(id);
      return redraw();
    },
    toggle(id) {
      if (!expanded.delete(id)) expanded.add(id);
      canvas.anchor(id);
      void redraw();
    },
    async unfold(id) {
      if (!shown) return;
      const { outline, compared } = shown;
      const ghost = compared && ghostOf(compared.comparison, id);
      // A removed item shows where its group is open.
      const group = ghost ? groupFor(compared.comparison, ghost) : null;
      const wanted = group === null ? expandedFor(outline, id) : [...expandedFor(outline, group), group];
      const hidden = wanted.filter((one) => !expanded.has(one));
      if (!hidden.length) return;
      for (const group of hidden) expanded.add(group);
      await redraw();
    },
    expandAll() {
      if (!shown) return;
      expanded = new Set(allExpanded(shown.outline));
      void redraw();
    },
    collapseAll() {
      if (!shown) return;
      expanded = new Set(defaultExpanded(shown.outline));
      void redraw();
    },
    colourBy(chosen, measuredReport) {
      metric = METRICS.find(({ id }) => id === chosen)!;
      report = measuredReport;
      if (drawn) canvas.draw(drawn.scene, drawn.placement, paint());
      events.changed();
    },
    measured() {
      if (!drawn || metric.id === 'none') return [];
      const profiles = profileByPath(report);
      const facts = memoryFacts(shown!.outline, shown!.memory);
      return [...drawn.scene.nodes.values()].flatMap(({ id, item, open }): Measured[] => {
        if (!item || open) return [];
        const own = shown ? membersOf(shown.outline, expanded, id) : [];
        const members = own.length ? own : [item];
        const values = members
          .map((member) => metric.value(member, member.block ? profiles.get(member.block.path) : undefined, facts))
          .filter((value): value is number => value !== null && Number.isFinite(value));
        if (!values.length) return [];
        const value = values.reduce((sum, one) => sum + one, 0) / values.length;
        const text = metric.format(value);
        return [{ id, value, text: values.length > 1 ? `mean of ${values.length}: ${text}` : text }];
      });
    },
    reveal(location, selected) {
      if (!shown || !drawn) return;
      const { nodes } = drawn.placement;
      const sight = canvas.sight();
      const isInSight = (id: string): boolean => sight !== null && overlap(nodes.get(id)!, sight);
      canvas.reveal(
        locate(shown.outline, drawn.scene, location, (id) => (id === selected ? 0 : isInSight(id) ? 1 : 2)),
      );
    },
  };
  return drawing;
}

function withDifferences(scene: Scene, compared: Compared | null): Scene {
  if (!compared) return scene;
  const { comparison, as } = compared;
  return as === 'merged' ? mergedScene(scene, comparison) : markedScene(scene, comparison[as]);
}

/** The item that a node of the drawing stands for; of what was removed, the old one. */
export const itemOf = ({ outline, compared }: Drawing, id: string | null): Item | null =>
  id === null ? null : (outline?.items.get(id) ?? (compared && ghostOf(compared.comparison, id)));
