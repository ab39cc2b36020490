/** Drawing primitives: SVG text of one node or edge, and of a whole scene as a picture that stands by itself. */

import type { Box, Placement, Point } from './layout.ts';
import { captionOf, headerText, textWidth, timesOf } from './captions.ts';
import type { Item } from './item.ts';
import type { Scene, SceneDifference, SceneEdge, SceneNode } from './scene.ts';
import { SIZES } from './sizes.ts';
import type { Palette } from './style.ts';
import { DIAGRAM_CSS, PALETTES, paletteCss } from './style.ts';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const round = (value: number): number => Math.round(value * 10) / 10;

const text = (x: number, y: number, content: string, css: string, anchor = 'start'): string =>
  content
    ? `\n<text x="${round(x)}" y="${round(y)}" class="${css}" text-anchor="${anchor}">${escape(content)}</text>`
    : '';
const rect = (box: Box, radius: number, css: string): string =>
  `<rect x="${round(box.x)}" y="${round(box.y)}" width="${round(box.width)}" height="${round(box.height)}" rx="${radius}" class="${css}"/>`;

/** Shortens from the middle, so that both ends of a module path stay. */
const fit = (content: string, width: number, size: number): string => {
  const room = Math.max(3, Math.floor(width / (size * 0.56)));
  if (content.length <= room) return content;
  const head = Math.ceil((room - 1) / 2);
  return `${content.slice(0, head)}…${content.slice(content.length - (room - 1 - head))}`;
};

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
  return bodySvg(node, box, fork) + signSvg(node, box);
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
        text(box.x + 20, box.y + 18.5, fit(item.label, box.width - 28, 12), item.detail ? 'detailed' : '') +
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
  [8, 4].map((by) => rect({ ...box, x: box.x + by, y: box.y + by }, radius, 'frame sheet')).join('');

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
  const entries = node.ports.filter((port) => port.side === 'north').map((port) => centreOf(placement, port.id));
  const middle = box.x + box.width / 2;
  const [from, to] = entries.length ? [Math.min(...entries), Math.max(...entries)] : [middle, middle];
  const { title, timesAt, noteAt, note, cost } = headerText(item, from - box.x, box.x + box.width - to);
  const times = timesOf(item);
  const badge = { x: box.x + timesAt - 8, y: box.y + 8, width: textWidth(times) + 16, height: 18 };
  return (
    chevron(box.x + 15, box.y + 17, !node.folded) +
    text(box.x + 26, box.y + 21, title, 'title halo') +
    (times && rect(badge, 9, 'times') + text(badge.x + badge.width / 2, box.y + 21, times, 'times-text', 'middle')) +
    text(box.x + noteAt, box.y + 21, note, 'aside halo') +
    text(box.x + box.width - 14, box.y + 21, cost, 'aside halo', 'end')
  );
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
  const y = round(box.y + radius);
  const arm = 5;
  const signs: Record<string, string> = {
    '+': `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`,
    '×': `M${x - 4} ${y - 4}l8 8M${x + 4} ${y - 4}l-8 8`,
    '∥': `M${x - 2.5} ${y - arm}v${2 * arm}M${x + 2.5} ${y - arm}v${2 * arm}`,
  };
  const pill = item.tail
    ? rect({ x: box.x, y: box.y + 2 * radius, width: box.width, height: tail }, tail / 2, 'tail') +
      text(x, box.y + 2 * radius + 13, item.tail, 'tail-text', 'middle')
    : `<path d="M${x} ${round(box.y + 2 * radius - 1)}V${round(box.y + box.height)}" class="edge"/>`;
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

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
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

/** The points of an edge as drawn: a skip ends on the circle of the merge and not on the box around it. */
export function edgePoints(scene: Scene, placement: Placement, edge: SceneEdge): readonly Point[] {
  const points = [...(placement.edges.get(edge.id) ?? [])];
  const target = placement.nodes.get(edge.target.node);
  const source = placement.nodes.get(edge.source.node);
  const stem = edge.source.port === 'skipOut' && scene.nodes.get(edge.source.node)!.kind === 'merge';
  if (stem && source && points.length) points.unshift({ x: source.x + source.width / 2, y: points[0]!.y });
  if (edge.target.port === 'skipIn' && target && points.length)
    points.push({ x: target.x + target.width / 2 + SIZES.merge.radius, y: points.at(-1)!.y });
  return points.filter((point, at) => at === 0 || distance(point, points[at - 1]!) > 0.5);
}

/** Line, arrow head where the edge reaches a node that is drawn, and shape. */
export function edgeSvg(scene: Scene, placement: Placement, edge: SceneEdge): string {
  const points = edgePoints(scene, placement, edge);
  if (points.length < 2) return '';
  const target = scene.nodes.get(edge.target.node)!;
  const classes = edgeClasses(edge).slice('edge '.length);
  const last = points.at(-1)!;
  const arrow = target.kind === 'tap' || target.open ? '' : arrowHead(towards(last, points.at(-2)!, 1), last, classes);
  return `<path d="${pathOf(points)}" class="${edgeClasses(edge)}"/>${arrow}`;
}

function arrowHead(before: Point, tip: Point, classes: string): string {
  const base = towards(tip, before, 7);
  const side = { x: (base.y - tip.y) * 0.5, y: (tip.x - base.x) * 0.5 };
  const corner = (sign: number): string => `${round(base.x + sign * side.x)} ${round(base.y + sign * side.y)}`;
  return `<path d="M${round(tip.x)} ${round(tip.y)}L${corner(1)}L${corner(-1)}Z" class="head ${classes}"/>`;
}

/** The shape beside the longest vertical part of an edge's beginning, left of the line; skips say theirs only in trouble. */
export function edgeLabelSvg(scene: Scene, placement: Placement, edge: SceneEdge): string {
  const points = edgePoints(scene, placement, edge);
  const source = scene.nodes.get(edge.source.node)!;
  const leaving = scene.nodes.get(edge.target.node)!.kind === 'tap';
  if (
    points.length < 2 ||
    edge.difference ||
    !(edge.problem || (edge.kind === 'flow' && source.kind !== 'tap' && !leaving))
  )
    return '';
  const nested = edge.group === scene.root ? '' : ' instage';
  const look = `shape${nested}${edge.minor ? ' minor' : ''}${edge.problem ? ' problem' : ''}`;
  if (edge.kind !== 'flow') {
    const lane = longestVertical(points);
    return text(lane.x + 7, lane.y + 4, edge.label, look);
  }
  const [start, next] = [points[0]!, points[1]!];
  return text(start.x - 7, Math.min(start.y + 15, (start.y + next.y) / 2 + 4), edge.label, look, 'end');
}

function longestVertical(points: readonly Point[]): Point {
  let best = { x: points[0]!.x, y: points[0]!.y, length: -1 };
  for (let at = 1; at < points.length; at++) {
    const [a, b] = [points[at - 1]!, points[at]!];
    const length = Math.abs(a.y - b.y);
    if (Math.abs(a.x - b.x) < 1 && length > best.length) best = { x: a.x, y: (a.y + b.y) / 2, length };
  }
  return best;
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
    ...scene.edges.map((edge) => edgeLabelSvg(scene, placement, edge)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" class="sk" width="${width}" height="${height}" viewBox="${-margin} ${-margin} ${width} ${height}" role="img">
<title>${escape(scene.nodes.get(scene.root)?.item?.label ?? 'model')}</title>
<style>${paletteCss(palette)}${DIAGRAM_CSS}</style>
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
