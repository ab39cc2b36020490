/** Drawing primitives: SVG text of one node or edge, and of a whole scene as a picture that stands by itself. */

import type { Box, Placement, Point } from './layout.ts';
import { captionOf, headerText, opNote, textWidth, timesOf } from './captions.ts';
import type { Item } from './item.ts';
import type { Scene, SceneDifference, SceneEdge, SceneNode } from './scene.ts';
import { noteWidth, SHEETS, SIZES } from './sizes.ts';
import { edgeLabels } from './edgeLabels.ts';
import { bodyOf, distance, edgePoints } from './edgePoints.ts';
import { escape, fit, rect, round, text } from './primitives.ts';
import type { Palette } from './style.ts';
import { PALETTES, resolvedCss } from './style.ts';

/** Classes that say what a node is: role, kind of skip, trouble. */
export function nodeClasses(node: SceneNode): string {
  const { item } = node;
  const problem = item?.problem && (node.kind === 'merge' || node.kind === 'op' || !node.open) ? ['problem'] : [];
  const difference = node.difference ? [`diff-${node.difference}`] : [];
  const state = [...(node.open ? ['open'] : []), ...(node.folded ? ['folded'] : []), ...difference];
  return ['node', node.kind, ...state, ...(item?.skip ? [item.skip] : []), ...problem].join(' ');
}

/** What says on a node, and in lists, what became of it. */
export const DIFFERENCE_SIGNS: Readonly<Record<SceneDifference, string>> = {
  added: '+',
  removed: '−',
  changed: '~',
  resized: '≈',
};

/** What became of the node, on its upper left corner: never by colour alone. */
function signSvg({ difference }: SceneNode, box: Box): string {
  if (!difference) return '';
  return (
    `<circle cx="${round(box.x)}" cy="${round(box.y + 4)}" r="8" class="sign"/>` +
    text(box.x, box.y + 8.5, DIFFERENCE_SIGNS[difference], 'sign-text', 'middle')
  );
}

/** The node's own marks, in the coordinates of the drawing. */
export function nodeSvg(node: SceneNode, box: Box, fork: boolean): string {
  const body = bodyOf(node, box);
  return bodySvg(node, body, fork) + stemSvg(node, box) + signSvg(node, body);
}

function stemSvg({ stem }: SceneNode, box: Box): string {
  if (!stem) return '';
  const x = round(box.x + box.width / 2);
  const [from, to] = box.isRising ? [box.y + stem, box.y] : [box.y + box.height - stem, box.y + box.height];
  return `<path d="M${x} ${round(from)}V${round(to)}" class="edge"/><circle cx="${x}" cy="${round((from + to) / 2)}" r="3" class="dot"/>`;
}

function bodySvg(node: SceneNode, box: Box, fork: boolean): string {
  const { item } = node;
  if (!item)
    return fork
      ? `<circle cx="${round(box.x + box.width / 2)}" cy="${round(box.y + box.height / 2)}" r="3" class="dot"/>`
      : '';
  if (node.kind === 'model') return '';
  if (node.open) return (node.folded ? stackSvg(box, 8) : '') + rect(box, 8, `frame ${node.kind}`);
  switch (node.kind) {
    case 'merge':
      return mergeSvg(item, box);
    case 'input':
    case 'output':
      return rect(box, box.height / 2, 'pill') + text(box.x + box.width / 2, box.y + 17.5, item.label, '', 'middle');
    case 'shortcut':
      return rect(box, 5, 'box') + text(box.x + box.width / 2, box.y + 17, item.label, '', 'middle');
    case 'op':
      return (
        rect(box, 5, 'box') +
        `<rect x="${round(box.x + 8)}" y="${round(box.y + 9)}" width="4" height="${box.height - 18}" rx="2" class="mark ${item.family}"/>` +
        text(
          box.x + 20,
          box.y + 18.5,
          fit(item.label, box.width - 28 - noteWidth(opNote(item)), 12),
          item.detail ? 'detailed' : '',
        ) +
        text(box.x + box.width - 10, box.y + 18.5, opNote(item), 'aside', 'end') +
        text(box.x + 20, box.y + 23.5, fit(item.detail, box.width - 26, 6.5), 'detail')
      );
    default:
      return closedSvg(item, box);
  }
}

function closedSvg(item: Item, box: Box): string {
  const { title, aside, lines } = captionOf(item);
  const stack = item.role === 'stage' ? stackSvg(box, 6) : '';
  const room = box.width - textWidth(title) - 48;
  return (
    stack +
    rect(box, 6, 'box') +
    (item.children.length ? chevron(box.x + 15, box.y + 17, false) : '') +
    text(box.x + 26, box.y + 21, title, 'title') +
    text(box.x + box.width - 12, box.y + 21, fit(aside, room, 11), 'aside', 'end') +
    lines.map((line, at) => text(box.x + 26, box.y + 39 + at * 16, fit(line, box.width - 38, 11), 'line')).join('') +
    skipsSvg(item, box, aside ? box.y + box.height - 11 : box.y + 21)
  );
}

/** Edges of the sheets below: there is more than is shown. */
const stackSvg = (box: Box, radius: number): string =>
  [SHEETS, SHEETS / 2].map((by) => rect({ ...box, x: box.x + by, y: box.y + by }, radius, 'frame sheet')).join('');

/** The skips inside a closed group: an arc as they are drawn when it is open, and how many there are. */
function skipsSvg({ skips }: Item, box: Box, base: number): string {
  let x = box.x + box.width - 12;
  let drawn = '';
  for (const [kind, count] of Object.entries(skips).reverse()) {
    const number = `${count}`;
    const label = text(x, base, number, 'skip-count', 'end');
    x -= textWidth(number, 11) + 5;
    const y = round(base - 11);
    // Set from right to left, but read in order.
    drawn = `${label}<path d="M${round(x - 9)} ${y}h4q5 0 5 5v3q0 5 -5 5h-4" class="edge ${kind}"/>${drawn}`;
    x -= 18;
  }
  return drawn;
}

/** The name of an open group, on both sides of the edges that cross its upper border. */
export function headerSvg(node: SceneNode, placement: Placement): string {
  const { item } = node;
  if (!node.open || !item || node.kind === 'model') return '';
  const box = placement.nodes.get(node.id)!;
  const [from, to] = headerSpan(node, box, placement);
  const { title, timesAt, noteAt, note, cost } = headerText(item, from - box.x, box.x + box.width - to);
  const times = timesOf(item);
  const badge = { x: box.x + timesAt - 8, y: box.y + 8, width: textWidth(times) + 16, height: 18 };
  return (
    chevron(box.x + 15, box.y + 17, !node.folded) +
    text(box.x + 26, box.y + 21, title, 'title halo') +
    (times && rect(badge, 9, 'times') + text(badge.x + badge.width / 2, box.y + 21, times, 'times-text', 'middle')) +
    text(box.x + noteAt.x, box.y + noteAt.y, note, 'aside halo') +
    text(box.x + box.width - 14, box.y + 21, cost, 'aside halo', 'end')
  );
}

/** The outermost lines through the header of an open group; its middle where there are none. */
function headerSpan({ ports }: SceneNode, box: Box, placement: Placement): readonly [number, number] {
  const side = box.isRising ? 'south' : 'north';
  const lines = ports.filter((port) => port.side === side).map((port) => centreOf(placement, port.id));
  const middle = box.x + box.width / 2;
  return lines.length ? [Math.min(...lines), Math.max(...lines)] : [middle, middle];
}

const centreOf = (placement: Placement, id: string): number => {
  const { x, width } = placement.nodes.get(id)!;
  return x + width / 2;
};

const chevron = (x: number, y: number, open: boolean): string =>
  `<path d="${open ? `M${round(x - 4)} ${round(y - 2)}l4 4l4 -4` : `M${round(x - 2)} ${round(y - 4)}l4 4l-4 4`}" class="chevron"/>`;

function mergeSvg(item: Item, box: Box): string {
  const { radius, tail } = SIZES.merge;
  const x = round(box.x + box.width / 2);
  // What follows the circle lies on the side where the data goes on.
  const y = round(box.isRising ? box.y + box.height - radius : box.y + radius);
  const after = box.isRising ? box.y : box.y + 2 * radius;
  const stem = box.isRising ? [box.y, y - radius + 1] : [y + radius - 1, box.y + box.height];
  const arm = 5;
  const signs: Record<string, string> = {
    '+': `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`,
    '×': `M${x - 4} ${y - 4}l8 8M${x + 4} ${y - 4}l-8 8`,
    '∥': `M${x - 2.5} ${y - arm}v${2 * arm}M${x + 2.5} ${y - arm}v${2 * arm}`,
  };
  const pill = item.tail
    ? rect({ x: box.x, y: after, width: box.width, height: tail }, tail / 2, 'tail') +
      text(x, after + 13, item.tail, 'tail-text', 'middle')
    : `<path d="M${x} ${round(stem[0]!)}V${round(stem[1]!)}" class="edge"/>`;
  return `${pill}<circle cx="${x}" cy="${y}" r="${radius - 1}" class="plus"/><path d="${signs[item.label] ?? signs['+']}" class="plus-sign"/>`;
}

/** A path through the points with rounded corners. */
export function pathOf(points: readonly Point[], radius = 8): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  rest.forEach((point, at) => {
    const before = points[at]!;
    const after = rest[at + 1];
    if (!after) {
      path += `L${round(point.x)} ${round(point.y)}`;
      return;
    }
    const r = Math.min(radius, distance(before, point) / 2, distance(point, after) / 2);
    const a = towards(point, before, r);
    const b = towards(point, after, r);
    path += `L${round(a.x)} ${round(a.y)}Q${round(point.x)} ${round(point.y)} ${round(b.x)} ${round(b.y)}`;
  });
  return path;
}

const towards = (from: Point, to: Point, length: number): Point => {
  const whole = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * length) / whole, y: from.y + ((to.y - from.y) * length) / whole };
};

export const edgeClasses = (edge: SceneEdge): string =>
  [
    'edge',
    edge.kind,
    ...(edge.problem ? ['problem'] : []),
    ...(edge.difference ? [`diff-${edge.difference}`] : []),
  ].join(' ');

/** Shorter edges have no arrow head. */
const LEAST_ARROW = 8;

/** Line, arrow head where the edge reaches a node that is drawn, and shape. */
export function edgeSvg(scene: Scene, placement: Placement, edge: SceneEdge): string {
  const points = edgePoints(scene, placement, edge);
  if (points.length < 2) return '';
  const target = scene.nodes.get(edge.target.node)!;
  const classes = edgeClasses(edge).slice('edge '.length);
  const last = points.at(-1)!;
  // Between the members of a stack there is no room for one, and no need.
  const isShort = points.length === 2 && distance(points[0]!, last) < LEAST_ARROW;
  const arrow =
    isShort || target.kind === 'tap' || target.open ? '' : arrowHead(towards(last, points.at(-2)!, 1), last, classes);
  return `<path d="${pathOf(points)}" class="${edgeClasses(edge)}"/>${arrow}`;
}

function arrowHead(before: Point, tip: Point, classes: string): string {
  const base = towards(tip, before, 7);
  const side = { x: (base.y - tip.y) * 0.5, y: (tip.x - base.x) * 0.5 };
  const corner = (sign: number): string => `${round(base.x + sign * side.x)} ${round(base.y + sign * side.y)}`;
  return `<path d="M${round(tip.x)} ${round(tip.y)}L${corner(1)}L${corner(-1)}Z" class="head ${classes}"/>`;
}

/** Ids of the taps from which more than one edge goes on, where a dot marks the fork. */
export function forks(scene: Scene): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { source } of scene.edges) counts.set(source.node, (counts.get(source.node) ?? 0) + 1);
  return new Set(
    [...counts].filter(([id, count]) => count > 1 && scene.nodes.get(id)?.kind === 'tap').map(([id]) => id),
  );
}

/** Nodes from the outside in, so that open groups lie under what they hold. */
export function paintOrder(scene: Scene): readonly SceneNode[] {
  const order: SceneNode[] = [];
  const walk = (id: string): void => {
    const node = scene.nodes.get(id)!;
    order.push(node);
    node.children.forEach(walk);
  };
  walk(scene.root);
  return order;
}

/** The line between a tap and the border of its group continues the edge on the inside. */
export function stubSvg(scene: Scene, placement: Placement, tap: SceneNode): string {
  const points = placement.edges.get(`${tap.id}/stub`);
  if (!points) return '';
  const inner = scene.edges.find((edge) => (tap.entry ? edge.source.node : edge.target.node) === tap.id);
  const outer = scene.edges.find((edge) => (tap.entry ? edge.target.port : edge.source.port) === tap.id);
  const kind = outer?.kind ?? inner?.kind ?? 'flow';
  return `<path d="${pathOf(points)}" class="edge ${kind}"/>`;
}

/** A picture that needs nothing else: palette and style are inside. */
export function sceneSvg(scene: Scene, placement: Placement, palette: Palette = PALETTES.light): string {
  const margin = 12;
  const width = Math.ceil(placement.width + 2 * margin);
  const height = Math.ceil(placement.height + 2 * margin);
  const order = paintOrder(scene);
  const dots = forks(scene);
  const draw = (node: SceneNode): string => {
    const body = nodeSvg(node, placement.nodes.get(node.id)!, dots.has(node.id));
    return body && `<g class="${nodeClasses(node)}" data-id="${escape(node.id)}">${body}</g>`;
  };
  const parts = [
    ...order.filter((node) => node.open).map(draw),
    ...order.filter((node) => node.kind === 'tap').map((node) => stubSvg(scene, placement, node)),
    ...scene.edges.filter((edge) => edge.kind === 'flow').map((edge) => edgeSvg(scene, placement, edge)),
    ...scene.edges.filter((edge) => edge.kind !== 'flow').map((edge) => edgeSvg(scene, placement, edge)),
    ...order.filter((node) => !node.open).map(draw),
    ...order.map((node) => headerSvg(node, placement)),
    ...edgeLabels(scene, placement).values(),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" class="sk" width="${width}" height="${height}" viewBox="${-margin} ${-margin} ${width} ${height}" role="img">
<title>${escape(scene.nodes.get(scene.root)?.item?.label ?? 'model')}</title>
<style>${resolvedCss(palette)}</style>
<rect x="${-margin}" y="${-margin}" width="${width}" height="${height}" fill="${palette.canvas}"/>
${parts.filter((part) => part).join('\n')}
</svg>
`;
}

/** Width and height of a picture that {@link sceneSvg} made. */
export function sizeOfSvg(svg: string): { readonly width: number; readonly height: number } {
  const [, width, height] = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
}
