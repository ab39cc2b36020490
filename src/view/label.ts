/** Short texts for operators, counts and shapes, as a designer would write them on a whiteboard. */

import type { Counts } from '../analysis/types.ts';
import type { Node, ValueId } from '../ir/graph.ts';
import { valueOf } from '../ir/query.ts';
import type { Shape } from '../ir/type.ts';
import type { GraphIndex } from './graphIndex.ts';

/** `25.6 M`, `431 K`, `12`: three significant digits. */
export function formatCount(count: number): string {
  const steps: readonly [number, string][] = [
    [1e12, ' T'],
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' K'],
  ];
  for (const [size, suffix] of steps) if (Math.abs(count) >= size * 0.9995) return threeDigits(count / size) + suffix;
  return String(count);
}

const threeDigits = (value: number): string => value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);

/** `4.09 GMAC`, `231 MMAC`. */
export const formatMacs = (macs: number): string => {
  const text = formatCount(macs);
  return text.includes(' ') ? `${text}MAC` : `${text} MAC`;
};

/** `12.8 MB`, `512 B`: in powers of ten. */
export const formatBytes = (bytes: number): string => {
  const text = formatCount(bytes);
  return text.includes(' ') ? `${text.replace('K', 'k')}B` : `${text} B`;
};

/** `25.6 M params`. */
export const formatParams = (params: number): string => `${formatCount(params)} params`;

type Format = (count: number) => string;

/** `at least 4.09 GMAC` where some are not known, `? MAC` where none is. */
export const macsText = (
  { macs, macsAtLeast }: Pick<Counts, 'macs' | 'macsAtLeast'>,
  format: Format = formatMacs,
): string => amountText({ exact: macs, atLeast: macsAtLeast }, format, '? MAC');

/** `at least 25.6 M params` where some are not known, `? params` where none is. */
export const paramsText = (
  { params, paramsAtLeast }: Pick<Counts, 'params' | 'paramsAtLeast'>,
  format: Format = formatParams,
): string => amountText(paramsAmount({ params, paramsAtLeast }), format, '? params');

/** `25.6 M params · 4.09 GMAC`. */
export const costText = (counts: Counts): string => `${paramsText(counts)} · ${macsText(counts)}`;

/** As {@link costText}, without what there is none of. */
export const ownCostText = (counts: Counts): string =>
  [
    ...(counts.params || counts.paramsAtLeast ? [paramsText(counts)] : []),
    ...(counts.macs === 0 ? [] : [macsText(counts)]),
  ].join(' · ');

/** A number that may be known in part: `exact` is null then. */
export interface Amount {
  readonly exact: number | null;
  readonly atLeast: number;
}

export const amountText = ({ exact, atLeast }: Amount, format: Format, unknown = 'unknown'): string =>
  exact !== null ? format(exact) : atLeast > 0 ? `at least ${format(atLeast)}` : unknown;

export const paramsAmount = ({ params, paramsAtLeast }: Pick<Counts, 'params' | 'paramsAtLeast'>): Amount => ({
  exact: paramsAtLeast ? null : params,
  atLeast: params,
});

/** `64 × 56 × 56`: without the batch axis, as figures in papers have it; `?` for unknown lengths. */
export const formatFeature = (shape: Shape): string => {
  if (shape === null) return '?';
  const axes = shape.length > 1 ? shape.slice(1) : shape;
  return axes.length ? axes.map((dim) => dim ?? '?').join(' × ') : 'scalar';
};

/** What kind of work an operator does; steers colour and nothing else. */
export type OpFamily = 'conv' | 'linear' | 'norm' | 'activation' | 'pool' | 'shape' | 'combine' | 'unknown' | 'other';

const FAMILIES: readonly [OpFamily, readonly string[]][] = [
  ['conv', ['Conv', 'ConvTranspose']],
  ['linear', ['Gemm', 'MatMul', 'Einsum', 'Gather', 'LSTM', 'GRU', 'RNN']],
  ['norm', ['BatchNormalization', 'LayerNormalization', 'GroupNormalization', 'InstanceNormalization', 'LRN']],
  [
    'activation',
    ['Relu', 'Gelu', 'Sigmoid', 'Tanh', 'Softmax', 'LogSoftmax', 'LeakyRelu', 'HardSwish', 'HardSigmoid', 'Elu'],
  ],
  ['activation', ['Selu', 'Celu', 'PRelu', 'Softplus', 'Softsign', 'Mish', 'Clip', 'Erf', 'Silu', 'Swish', 'Dropout']],
  ['pool', ['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'ReduceMean', 'ReduceMax', 'Resize']],
  ['combine', ['Add', 'Sub', 'Mul', 'Div', 'Concat', 'Sum', 'Where', 'Pow']],
  ['shape', ['Reshape', 'Transpose', 'Flatten', 'Slice', 'Split', 'Pad', 'Squeeze', 'Unsqueeze', 'Expand', 'Identity']],
  ['shape', ['Cast', 'Shape', 'Tile', 'DepthToSpace', 'SpaceToDepth', 'Detach']],
  ['unknown', ['Unknown']],
];
const FAMILY = new Map(FAMILIES.flatMap(([family, ops]) => ops.map((op) => [op, family] as const)));

export const familyOf = (op: string): OpFamily => FAMILY.get(op) ?? 'other';

/** True for what moves data about and computes nothing. */
export const isMove = ({ op }: Node): boolean => familyOf(op) === 'shape' || op === 'Concat';

/** The name of a call that moves data about by several operators: `roll`. */
export const moveLabel = ({ origin }: Node): string => {
  const name = origin.slice(origin.lastIndexOf('.') + 1);
  return name.startsWith('__') ? 'index' : name.replaceAll('_', ' ');
};

/** The node of a fused module that says most about it: a convolution before its padding, a product before its bias. */
export function leadNode(nodes: readonly Node[]): Node {
  const rank: Record<OpFamily, number> = {
    conv: 0,
    linear: 1,
    norm: 2,
    pool: 3,
    activation: 4,
    unknown: 5,
    other: 6,
    combine: 7,
    shape: 8,
  };
  return nodes.reduce((best, node) => (rank[familyOf(node.op)] < rank[familyOf(best.op)] ? node : best));
}

const ints = (value: unknown): readonly number[] => (Array.isArray(value) ? (value as number[]) : []);
const square = (sizes: readonly number[]): string =>
  sizes.length === 1
    ? String(sizes[0])
    : sizes.every((size) => size === sizes[0]) && sizes.length > 2
      ? `${sizes[0]}³`
      : sizes.join('×');

/** `conv 3×3, 64, /2`, `up-conv 2×2, 64, ×2`, `max pool 3×3, /2`, `linear 1000`. */
export function opLabel(index: GraphIndex, node: Node): string {
  const out = node.outputs[0] === undefined ? null : valueOf(index.graph, node.outputs[0]).type.shape;
  const kernel = ints(node.attrs['kernel_shape']);
  const strides = ints(node.attrs['strides']);
  const steps = strides.every((step) => step === strides[0]) ? strides[0] : strides.join('×');
  const stride = strides.some((step) => step > 1) ? `, ${node.op === 'ConvTranspose' ? '×' : '/'}${steps}` : '';
  switch (node.op) {
    case 'Conv':
    case 'ConvTranspose': {
      const weight = weightShape(index, node.inputs[1]);
      const size = kernel.length ? kernel : (weight?.slice(2) ?? []).map((dim) => dim ?? 0);
      const channels = out?.[1] ?? null;
      const group = Number(node.attrs['group'] ?? 1);
      const grouped = group > 1 ? (group === channels ? ', depthwise' : `, ${group} groups`) : '';
      const dilation = ints(node.attrs['dilations']).find((step) => step > 1);
      const name = node.op === 'Conv' ? 'conv' : 'up-conv';
      return `${name} ${square(size)}, ${channels ?? '?'}${stride}${grouped}${dilation ? `, dilation ${dilation}` : ''}`;
    }
    case 'MaxPool':
      return `max pool ${square(kernel)}${stride}`;
    case 'AveragePool':
      return `avg pool ${square(kernel)}${stride}`;
    case 'GlobalAveragePool':
      return 'global avg pool';
    case 'GlobalMaxPool':
      return 'global max pool';
    case 'Gemm':
      return `linear ${out?.at(-1) ?? '?'}`;
    case 'MatMul':
      return weightShape(index, node.inputs[1]) ? `linear ${out?.at(-1) ?? '?'}` : 'matmul';
    case 'Gather':
      return weightShape(index, node.inputs[0]) ? `embedding ${out?.at(-1) ?? '?'}` : 'gather';
    case 'LSTM':
    case 'GRU':
    case 'RNN': {
      const both = node.attrs['direction'] === 'bidirectional' ? ', both ways' : '';
      return `${node.op} ${String(node.attrs['hidden_size'] ?? out?.at(-1) ?? '?')}${both}`;
    }
    case 'BatchNormalization':
      return 'batch norm';
    case 'LayerNormalization':
      return 'layer norm';
    case 'GroupNormalization':
      return 'group norm';
    case 'InstanceNormalization':
      return 'instance norm';
    case 'Relu':
      return 'ReLU';
    case 'Gelu':
      return 'GELU';
    case 'Clip':
      return clipName(index, node);
    case 'HardSwish':
      return 'hard swish';
    case 'ReduceMean':
      return 'mean';
    case 'Unknown':
      return `? ${node.origin.split('.').at(-1) ?? ''}`.trim();
    default:
      return node.op.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  }
}

/** The label of a framework module's whole call: a hard swish and not the hard sigmoid in it. */
export function callLabel(index: GraphIndex, nodes: readonly Node[], name: string): string {
  const lead = leadNode(nodes);
  const known = familyOf(lead.op) === 'activation' && nodes.length > 1 ? CALLS[name] : undefined;
  return known ?? opLabel(index, lead);
}

/** Activations that are several operators, by their class. */
const CALLS: Readonly<Record<string, string>> = { Hardswish: 'hard swish', SiLU: 'SiLU', Mish: 'Mish', GELU: 'GELU' };

function clipName(index: GraphIndex, node: Node): string {
  const bounds = node.inputs
    .slice(1)
    .map((input) => (input === null ? undefined : index.graph.values[input]?.data?.[0]));
  return bounds[0] === 0 && bounds[1] === 6 ? 'ReLU6' : 'clip';
}

/** Shape of a weight that stands on an input, whether direct or transposed first; null for data. */
function weightShape(index: GraphIndex, input: ValueId | null | undefined): Shape {
  if (input === null || input === undefined || index.isData(input)) return null;
  const [weight] = index.parametersOf(input);
  return weight === undefined ? null : valueOf(index.graph, weight).type.shape;
}
