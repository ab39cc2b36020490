/** The bar between the drawing and the profile: dragged or moved by keys, it sets the profile's height. */

import type { TemplateResult } from 'lit';
import { html } from 'lit';

export interface SplitterEvents {
  /** Share of the panel's height that the profile is to have, 0.15 to 0.9. */
  resize(share: number): void;
}

const LEAST = 0.15;
const MOST = 0.9;
const STEP = 0.05;

export const clampShare = (share: number): number => Math.min(MOST, Math.max(LEAST, share));

export function splitterView(share: number, { resize }: SplitterEvents): TemplateResult {
  const drag = (event: PointerEvent): void => {
    const bar = event.currentTarget as HTMLElement;
    bar.setPointerCapture(event.pointerId);
    const move = ({ clientY }: PointerEvent): void => resize(clampShare(1 - clientY / window.innerHeight));
    const stop = (): void => {
      bar.removeEventListener('pointermove', move);
      bar.removeEventListener('lostpointercapture', stop);
    };
    bar.addEventListener('pointermove', move);
    bar.addEventListener('lostpointercapture', stop);
  };
  const onKey = (event: KeyboardEvent): void => {
    const next: Record<string, number> = { ArrowUp: share + STEP, ArrowDown: share - STEP, Home: LEAST, End: MOST };
    const wanted = next[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    resize(clampShare(wanted));
  };
  return html`<div
    class="splitter"
    role="separator"
    tabindex="0"
    aria-orientation="horizontal"
    aria-label="Height of the profile"
    aria-valuemin=${LEAST * 100}
    aria-valuemax=${MOST * 100}
    aria-valuenow=${Math.round(share * 100)}
    title="Drag, or use the arrow keys; double-click for half"
    @pointerdown=${drag}
    @keydown=${onKey}
    @dblclick=${() => resize(0.5)}
  ></div>`;
}
