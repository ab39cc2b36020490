/** Finds items of a network by name, class, operator and shape: `conv 3x3`, `layer3.0`, `[*, 256, 14, 14]`. */

import type { Shape } from '../ir/type.ts';
import type { Item } from './item.ts';
import type { Outline } from './outline.ts';

/** One axis of a shape pattern: a length, any length, or any number of axes. */
export type AxisPattern = number | '*' | '…';

export interface Query {
  /** In lower case; an item has to hold each of them. */
  readonly words: readonly string[];
  /** Null where the query names no shape. */
  readonly shape: readonly AxisPattern[] | null;
}

/** A part in square brackets is a shape, with `*` for any length and `…` or `...` for any axes; the rest is words. */
export function parseQuery(text: string): Query {
  const bracket = /\[([^\]]*)\]?/.exec(text);
  const words = (bracket ? text.replace(bracket[0], ' ') : text).toLowerCase().split(/\s+/);
  const axes = bracket ? bracket[1]!.split(/[\s,]+/).filter((axis) => axis) : [];
  return { words: words.filter((word) => word).map(withCrosses), shape: axes.length ? axes.map(axisOf) : null };
}

/** Kernels are written `3×3` on the boxes, and `3x3` on keyboards. */
const withCrosses = (word: string): string => word.replace(/(?<=\d)x(?=\d)/g, '×');

function axisOf(text: string): AxisPattern {
  if (text === '…' || text === '...') return '…';
  return /^\d+$/.test(text) ? Number(text) : '*';
}

export function matchesShape(pattern: readonly AxisPattern[], shape: Shape): boolean {
  if (shape === null) return false;
  const [first, ...rest] = pattern;
  if (first === undefined) return shape.length === 0;
  if (first === '…') return shape.some((_, at) => matchesShape(rest, shape.slice(at))) || matchesShape(rest, []);
  const [length, ...others] = shape;
  return length !== undefined && (first === '*' || first === length) && matchesShape(rest, others);
}

/** How PyTorch, ONNX and the boxes write one thing, made one: `avg_pool`, `AveragePool` and `avg pool` are all `avgpool`. */
const squeeze = (words: string): string =>
  words
    // As code calls it: `nn.Linear`, `F.relu`, `torch.flatten`.
    .replace(/^(?:torch\.|nn\.|functional\.|f\.)+/, '')
    .replaceAll(/[\s_-]+/g, '')
    .replaceAll('average', 'avg')
    .replaceAll('normalization', 'norm')
    .replaceAll('convolution', 'conv');

/** By operator: what PyTorch calls it. Files that do not come from PyTorch are searched by these too. */
const ALIASES: Readonly<Record<string, string>> = {
  AveragePool: 'avg_pool2d avg_pool1d avg_pool3d',
  BatchNormalization: 'batch_norm2d batch_norm1d batch_norm3d bn',
  Clip: 'clamp relu6 hardtanh',
  Concat: 'cat',
  Conv: 'conv2d conv1d conv3d',
  ConvTranspose: 'conv_transpose2d conv_transpose1d conv_transpose3d deconv',
  Gather: 'embedding index_select',
  Gemm: 'linear addmm',
  GlobalAveragePool: 'adaptive_avg_pool2d adaptive_avg_pool1d adaptive_avg_pool3d',
  GlobalMaxPool: 'adaptive_max_pool2d adaptive_max_pool1d adaptive_max_pool3d',
  InstanceNormalization: 'instance_norm2d instance_norm1d instance_norm3d',
  MatMul: 'linear bmm',
  MaxPool: 'max_pool2d max_pool1d max_pool3d',
  Reshape: 'view flatten',
  Resize: 'interpolate upsample',
  Split: 'chunk',
  Transpose: 'permute',
};

/** Ids of the items that match, in execution order; groups before what they hold. Empty for an empty query. */
export function searchItems(outline: Outline, text: string): readonly string[] {
  const { words, shape } = parseQuery(text);
  if (!words.length && !shape) return [];
  const found: string[] = [];
  for (const item of outline.items.values()) {
    if (item === outline.root) continue;
    if (shape && !matchesShape(shape, item.outputShape)) continue;
    const names = namesOf(item, outline);
    const squeezed = names.map(squeeze);
    const isNamed = (word: string): boolean =>
      names.some((name) => name.includes(word)) || squeezed.some((name) => name.includes(squeeze(word) || word));
    if (words.every(isNamed)) found.push(item.id);
  }
  return found;
}

/** In lower case. */
function namesOf(item: Item, { index }: Outline): readonly string[] {
  const nodes = item.children.length || item.nodes.length > 8 ? [] : item.nodes.map((id) => index.graph.nodes[id]!);
  const ops = nodes.flatMap(({ op, origin }) => [op, origin, ...(ALIASES[op]?.split(' ') ?? [])]);
  return [item.label, item.path, item.class, item.tail, ...ops].map((name) => name.toLowerCase());
}
