/** What the document is compared with: what differs, the list of it, and the old network in a drawing of its own. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { MemoryUse } from '../src/analysis/memory.ts';
import { measureMemory } from '../src/analysis/memory.ts';
import type { Location } from '../src/ir/diagnostic.ts';
import type { Baseline, ModelDocument, PanelState } from '../src/protocol/messages.ts';
import type { Comparison } from '../src/view/compare/comparison.ts';
import { compareDown } from '../src/view/compare/comparison.ts';
import { ghostId, ghostOf } from '../src/view/compare/mergedScene.ts';
import type { Outline } from '../src/view/outline.ts';
import { comparisonBar, differenceList } from './compare.ts';
import type { Compared, Drawing } from './drawing.ts';
import { createDrawing } from './drawing.ts';
import { send } from './host.ts';

export interface ComparingEvents {
  /** Selects an item of the drawing of the new network, or of both. */
  select(id: string | null): void;
  /** The same, and brings it into sight wherever it hides. */
  go(id: string): void;
  keep(change: Partial<PanelState>): void;
  /** The document has to be drawn again, alone or beside the old one. */
  redraw(): void;
  changed(): void;
}

export interface Comparing {
  readonly comparison: Comparison | null;
  /** Compares a document with what it says it is compared with; what its drawing has to show. */
  take(document: ModelDocument, sideBySide: boolean): Compared | null;
  /** Draws the old network where it stands beside the new one. */
  drawOld(): Promise<void>;
  /** Shows in the drawing of the old network what is selected in the other. */
  select(id: string | null): void;
  /** The outline and the memory of the old network, for what only that has. */
  old(): { readonly outline: Outline; readonly memory: MemoryUse } | null;
  bar(selected: string | null): TemplateResult | typeof nothing;
  list(selected: string | null): TemplateResult | typeof nothing;
  /** The drawing of the old network. */
  side(): TemplateResult | typeof nothing;
}

export function createComparing(layoutWorker: string, events: ComparingEvents): Comparing {
  let now: {
    readonly against: Baseline;
    readonly comparison: Comparison;
    readonly document: ModelDocument;
    readonly memory: MemoryUse;
  } | null = null;
  let sideBySide = false;
  let listed = true;
  let drawing: Drawing | null = null;

  const idInBoth = (id: string): string => now?.comparison.a.counterparts.get(id) ?? ghostId(id);
  const idInOld = (id: string): string | null =>
    (now && (ghostOf(now.comparison, id)?.id ?? now.comparison.b.counterparts.get(id))) ?? null;

  const open = (location: Location | null | undefined, focus: boolean): void => {
    if (location) send({ type: 'openSource', location, focus, isOld: true });
  };
  const start = (): Drawing =>
    createDrawing(layoutWorker, {
      select: (id) => (id === null ? events.select(null) : events.go(idInBoth(id))),
      openSource: (id, focus) => open(now?.comparison.a.outline.items.get(id)?.location, focus),
      viewed() {},
      keep() {},
      changed: events.changed,
    });

  const state = (selected: string | null) =>
    now && { comparison: now.comparison, against: now.against, sideBySide, listed, selected };
  const views = {
    setSideBySide(on: boolean) {
      if (on === sideBySide) return;
      events.keep({ sideBySide: on });
      events.redraw();
    },
    setListed(on: boolean) {
      listed = on;
      events.changed();
    },
    go: events.go,
  };

  return {
    get comparison() {
      return now?.comparison ?? null;
    },
    take(document, asPair) {
      const { against } = document;
      sideBySide = asPair;
      if (!against) {
        now = null;
        return null;
      }
      const { graph, blocks, cost, model } = against;
      const known = now?.against === against && now.document.graph === document.graph ? now : null;
      now = known ?? {
        ...{ against, memory: measureMemory(graph, blocks) },
        comparison: compareDown({ graph, blocks, cost }, document),
        document: { ...document, graph, blocks, cost, model },
      };
      return { comparison: now.comparison, as: sideBySide ? 'b' : 'merged' };
    },
    async drawOld() {
      if (!now || !sideBySide) return;
      const isFirst = drawing?.document !== now.document;
      drawing ??= start();
      events.changed();
      await drawing.show(now.document, null, { comparison: now.comparison, as: 'a' });
      if (isFirst) drawing.canvas.fitWidth();
    },
    select(id) {
      if (!drawing || !sideBySide) return;
      const old = id === null ? null : idInOld(id);
      drawing.canvas.select(old);
      if (old === null) return;
      void drawing.unfold(old).then(() => drawing?.canvas.show(old));
    },
    old: () => now && { outline: now.comparison.a.outline, memory: now.memory },
    bar(selected) {
      const shown = state(selected);
      return shown ? comparisonBar(shown, views) : nothing;
    },
    list(selected) {
      const shown = state(selected);
      return shown ? differenceList(shown, views) : nothing;
    },
    side() {
      if (!now || !sideBySide || !drawing) return nothing;
      return html`<div class="side" role="group" aria-label="Old network">
        <p class="side-name">${now.against.title}</p>
        ${drawing.canvas.element}
      </div>`;
    },
  };
}
