/** The way from the model down to what is selected, or to what fills the view: each step selects what it names. */

import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { Box, Placement } from '../src/view/layout.ts';
import type { Item } from '../src/view/item.ts';
import type { Outline } from '../src/view/outline.ts';
import type { Scene } from '../src/view/scene.ts';

/** The item and the groups around it, the model first. */
export function wayTo(outline: Outline, id: string): readonly Item[] {
  const way: Item[] = [];
  for (let item = outline.items.get(id); item; item = outline.parentOf.get(item.id)) way.unshift(item);
  // A branch and the one module that it is are one step.
  return way.filter(
    ({ role, path }, at) => !(role === 'branch' && way[at + 1]?.role === 'module' && way[at + 1]!.path === path),
  );
}

/** The innermost open group that covers the middle of what is in sight. */
export function groupInSight(scene: Scene, placement: Placement, sight: Box): string {
  const [x, y] = [sight.x + sight.width / 2, sight.y + sight.height / 2];
  let found = scene.root;
  for (const [id, box] of placement.nodes) {
    if (!scene.nodes.get(id)?.open || id === scene.root) continue;
    const holds = box.y <= y && y <= box.y + box.height && box.x <= x && x <= box.x + box.width;
    if (holds && box.height < placement.nodes.get(found)!.height) found = id;
  }
  return found;
}

/** Its own part of the path below the groups around it; numbered blocks with their class, runs with their length. */
function nameOf(way: readonly Item[], at: number): string {
  const item = way[at]!;
  if (at === 0 || item.role === 'merge') return item.label;
  if (item.run) return `${item.label} ×${item.run.count}`;
  const path = item.path || item.label;
  const around = way.slice(1, at).filter((group) => path.startsWith(`${group.path}.`));
  const own = around.length ? path.slice(around.at(-1)!.path.length + 1) : path;
  if (/^\d+$/.test(own)) return `${item.label} ${own}`;
  return item.role === 'op' && item.path === way[at - 1]!.path ? item.label : own;
}

export function crumbsView(way: readonly Item[], go: (item: Item) => void): TemplateResult | typeof nothing {
  if (way.length < 2) return nothing;
  return html`
    <nav class="crumbs" aria-label="Where you are">
      <ol>
        ${way.map((item, at) => {
          const name = nameOf(way, at);
          const last = at === way.length - 1;
          return html`<li>
            <button
              class="crumb"
              title=${item.path || item.label}
              aria-current=${last ? 'location' : nothing}
              @click=${() => go(item)}
            >
              ${name}
            </button>
          </li>`;
        })}
      </ol>
    </nav>
  `;
}
