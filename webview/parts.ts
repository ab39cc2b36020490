/** The drawing cut into parts that come and go one by one: each is one SVG group, with the room that it takes. */

import { edgeLabels } from '../src/view/edgeLabels.ts';
import { bodyOf, edgePoints } from '../src/view/edgePoints.ts';
import { farHeaderSvg, farTitleSvg } from '../src/view/farTitles.ts';
import { headerText } from '../src/view/captions.ts';
import type { Item } from '../src/view/item.ts';
import type { Box, Placement, Point } from '../src/view/layout.ts';
import type { Scene, SceneEdge, SceneNode } from '../src/view/scene.ts';
import { edgeSvg, forks, headerSvg, nodeClasses, nodeSvg, paintOrder, stubSvg } from '../src/view/svg.ts';
import { describe } from './describe.ts';
import { colourAt } from './metrics.ts';

/** A node's place on the colour scale, 0 to 1, and the value in words. */
export interface Paint {
  readonly position: number;
  readonly text: string;
  /** False where the box says the value anyway. */
  readonly shown: boolean;
}

/** From back to front. */
export const LAYERS = ['frames', 'links', 'boxes', 'texts'] as const;
export type Layer = (typeof LAYERS)[number];

export interface Part {
  /** The same for the same thing in another drawing. */
  readonly key: string;
  readonly layer: Layer;
  readonly bounds: Box;
  /** Of the node that the part is; what is moved and focused. */
  readonly node: string | null;
  /** Below this scale the part is too small to be seen. */
  readonly least: number;
  svg(): string;
}

/** Texts are left out below these scales; what else is inside an open block below the last. */
export const FAR = 0.62;
export const VERY_FAR = 0.35;
const TINY = 0.12;

export function partsOf(scene: Scene, placement: Placement, paint: ReadonlyMap<string, Paint>): readonly Part[] {
  const dots = forks(scene);
  const parts: Part[] = [];
  const leastIn = (group: string | null): number => {
    const kind = group === null ? undefined : scene.nodes.get(group)?.kind;
    return kind === 'branch' || kind === 'module' ? TINY : 0;
  };
  const nodes = paintOrder(scene);
  for (const node of nodes) {
    const box = placement.nodes.get(node.id)!;
    if (node.kind === 'model') continue;
    const least = leastIn(node.group);
    const common = { bounds: grown(box, 12), least };
    if (node.kind === 'tap') {
      const key = `tap:${node.id}`;
      const end = placement.edges.get(`${node.id}/stub`);
      if (end)
        parts.push({
          ...{ key: `stub:${node.id}`, layer: 'links', node: null, least, bounds: around(end) },
          svg: () => `<g>${stubSvg(scene, placement, node)}</g>`,
        });
      if (dots.has(node.id))
        parts.push({ ...common, key, layer: 'boxes', node: null, svg: () => `<g>${nodeSvg(node, box, true)}</g>` });
      continue;
    }
    const layer = node.open ? 'frames' : 'boxes';
    parts.push({ ...common, key: `node:${node.id}`, layer, node: node.id, svg: () => nodePart(node, box, paint) });
    if (node.open)
      parts.push({
        ...{ key: `header:${node.id}`, layer: 'texts', node: node.id, least: 0, bounds: { ...box, height: 34 } },
        svg: () => `<g>${headerSvg(node, placement)}${farHeaderSvg(node, placement)}</g>`,
      });
  }
  const labels = edgeLabels(scene, placement);
  const inOrder = [...scene.edges].sort((a, b) => Number(a.kind !== 'flow') - Number(b.kind !== 'flow'));
  for (const edge of inOrder) {
    const points = edgePoints(scene, placement, edge);
    const least = leastIn(edge.group);
    const bounds = around(points);
    const key = `edge:${edge.id}`;
    parts.push({ key, layer: 'links', node: null, least, bounds, svg: () => edgePart(scene, placement, edge) });
    const label = labels.get(edge.id);
    if (label)
      parts.push({
        ...{ key: `label:${edge.id}`, layer: 'texts', node: null, bounds: grown(bounds, 120) },
        ...{ least: edge.problem ? 0 : edge.minor ? FAR : VERY_FAR, svg: () => `<g>${label}</g>` },
      });
  }
  return parts;
}

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

function nodePart(node: SceneNode, box: Box, paint: ReadonlyMap<string, Paint>): string {
  const item = node.item!;
  const body = bodyOf(node, box);
  const heat = paint.get(node.id);
  const expands = item.children.length > 0;
  const block = item.block ? ` data-block="${attribute(item.block.path)}"` : '';
  const said = describe(item, node.open, heat?.shown ? heat.text : '') + (heat && !heat.shown ? `, ${heat.text}` : '');
  const label = node.difference ? `${node.difference}: ${said}` : said;
  return (
    `<g class="${nodeClasses(node)}" data-id="${attribute(node.id)}"${block} role="button" tabindex="-1"` +
    `${expands ? ` aria-expanded="${node.open && !node.folded}"` : ''} aria-label="${attribute(label)}">` +
    `<rect class="halo-box" x="${body.x - 3}" y="${body.y - 3}" width="${body.width + 6}" height="${body.height + 6}" rx="9"/>` +
    nodeSvg(node, box, false) +
    farTitleSvg(node, body) +
    (heat ? heatSvg(node, body, heat) : '') +
    (expands ? `<rect class="toggle" x="${box.x}" y="${body.y}" width="${toggleWidth(item)}" height="34"/>` : '') +
    '</g>'
  );
}

function edgePart(scene: Scene, placement: Placement, edge: SceneEdge): string {
  const skip = edge.kind === 'flow' ? '' : ` data-skip="${edge.kind}"`;
  const block = edge.block === null ? '' : ` data-block="${attribute(edge.block)}"`;
  return `<g class="link ${edge.kind}"${skip}${block} data-edge="${attribute(edge.id)}">${edgeSvg(scene, placement, edge)}</g>`;
}

/** The chevron; of runs, their name and the number of repetitions too. */
const toggleWidth = (item: Item): number => (item.run ? headerText(item, 0, 0).titleEnd - 6 : 26);

/** A bar on the box's left edge, and the value at its right; merges and small boxes get the bar only. */
function heatSvg(node: SceneNode, box: Box, heat: Paint): string {
  const colour = colourAt(heat.position);
  const bar = `<rect class="heat" fill="${colour}" x="${box.x}" y="${box.y}" width="7" height="${box.height}" rx="3"/>`;
  if (node.kind === 'op' || node.kind === 'shortcut' || !heat.shown) return bar;
  return `${bar}\n<text class="heat-text" x="${box.x + box.width - 12}" y="${box.y + 39}" text-anchor="end">${attribute(heat.text)}</text>`;
}

const grown = ({ x, y, width, height }: Box, by: number): Box => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
});

function around(points: readonly Point[]): Box {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return grown({ x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }, 8);
}
