/** Shapes, MACs and complaints of the layer operators. */

import { expect, test } from 'vitest';
import type { Attrs } from '../../../../src/ir/graph.ts';
import type { Shape } from '../../../../src/ir/type.ts';
import { tensorType } from '../../../../src/ir/type.ts';
import { costOf, createBuilder } from '../../../../src/ops/infer.ts';

interface Row {
  readonly op: string;
  readonly inputs: readonly (Shape | 'absent')[];
  readonly attrs?: Attrs;
  /** Shapes of the outputs. */
  readonly shapes: readonly Shape[];
  /** Null: not known. Absent: not looked at. */
  readonly macs?: number | null;
  /** Parts of the messages, in order; none where absent. */
  readonly problems?: readonly string[];
}

const rows: readonly Row[] = [
  // torchvision's ResNet-50 at 224²: stem, a 3 × 3, a projection and the classifier.
  {
    op: 'Conv',
    inputs: [
      [1, 3, 224, 224],
      [64, 3, 7, 7],
    ],
    attrs: { strides: [2, 2], pads: [3, 3, 3, 3] },
    shapes: [[1, 64, 112, 112]],
    macs: 118013952,
  },
  {
    op: 'Conv',
    inputs: [
      [1, 64, 56, 56],
      [64, 64, 3, 3],
    ],
    attrs: { pads: [1, 1, 1, 1] },
    shapes: [[1, 64, 56, 56]],
    macs: 115605504,
  },
  {
    op: 'Conv',
    inputs: [
      [1, 256, 56, 56],
      [512, 256, 1, 1],
    ],
    attrs: { strides: [2, 2] },
    shapes: [[1, 512, 28, 28]],
    macs: 102760448,
  },
  // Four gates of four units, from three features and the state; then three gates both ways, batch first.
  {
    op: 'LSTM',
    inputs: [
      [5, 2, 3],
      [1, 16, 3],
      [1, 16, 4],
      [1, 32],
    ],
    attrs: { hidden_size: 4 },
    shapes: [
      [5, 1, 2, 4],
      [1, 2, 4],
      [1, 2, 4],
    ],
    macs: 1120,
  },
  {
    op: 'GRU',
    inputs: [
      [2, 5, 3],
      [2, 12, 3],
      [2, 12, 4],
    ],
    attrs: { hidden_size: 4, direction: 'bidirectional', layout: 1 },
    shapes: [
      [2, 5, 2, 4],
      [2, 2, 4],
    ],
    macs: 1680,
  },
  {
    op: 'RNN',
    inputs: [
      [5, 2, 3],
      [1, 4, 6],
      [1, 4, 4],
    ],
    attrs: { hidden_size: 4 },
    shapes: [[5, 1, 2, 4]],
    problems: ['The input has 3 features, the weight expects 6.'],
  },
  {
    op: 'LSTM',
    inputs: [
      [2, 3],
      [1, 16, 3],
      [1, 16, 4],
    ],
    attrs: { hidden_size: 4 },
    shapes: [null],
    macs: null,
    problems: ['takes sequences'],
  },
  { op: 'Gemm', inputs: [[1, 2048], [1000, 2048], [1000]], attrs: { transB: 1 }, shapes: [[1, 1000]], macs: 2048000 },
  // ResNeXt-50's grouped convolution.
  {
    op: 'Conv',
    inputs: [
      [1, 128, 56, 56],
      [128, 4, 3, 3],
    ],
    attrs: { pads: [1, 1, 1, 1], group: 32 },
    shapes: [[1, 128, 56, 56]],
    macs: 14450688,
  },
  {
    op: 'Conv',
    inputs: [
      [2, 3, 10],
      [4, 3, 3],
    ],
    attrs: { dilations: [2], pads: [1, 2] },
    shapes: [[2, 4, 9]],
    macs: 648,
  },
  {
    op: 'Conv',
    inputs: [
      [2, 3, 7, 8],
      [4, 3, 3, 3],
    ],
    attrs: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
    shapes: [[2, 4, 4, 4]],
  },
  {
    op: 'Conv',
    inputs: [
      [2, 3, 7, 8],
      [4, 3, 3, 3],
    ],
    attrs: { auto_pad: 'VALID' },
    shapes: [[2, 4, 5, 6]],
  },
  {
    op: 'Conv',
    inputs: [
      [null, 3, null, 8],
      [4, 3, 3, 3],
    ],
    shapes: [[null, 4, null, 6]],
    macs: null,
  },
  { op: 'Conv', inputs: [null, [4, 3, 3, 3]], shapes: [[null, 4, null, null]], macs: null },
  {
    op: 'Conv',
    inputs: [
      [1, 128, 8, 8],
      [32, 64, 3, 3],
    ],
    shapes: [[1, 32, 6, 6]],
    problems: ['The input has 128 channels, the weight expects 64.'],
  },
  {
    op: 'Conv',
    inputs: [
      [1, 9, 8, 8],
      [32, 4, 3, 3],
    ],
    attrs: { group: 2 },
    shapes: [[1, 32, 6, 6]],
    problems: ['expects 8 (2 groups of 4)'],
  },
  {
    op: 'Conv',
    inputs: [
      [1, 6, 8, 8],
      [5, 3, 3, 3],
    ],
    attrs: { group: 2 },
    shapes: [[1, 5, 6, 6]],
    problems: ['5 output channels cannot be divided into 2 groups'],
  },
  {
    op: 'Conv',
    inputs: [
      [1, 64],
      [32, 64, 3, 3],
    ],
    shapes: [[null, 32, null, null]],
    problems: ['[1, 64] has 2 axes'],
  },
  {
    op: 'Conv',
    inputs: [
      [1, 3, 5, 5],
      [8, 3, 7, 7],
    ],
    shapes: [[1, 8, null, null]],
    problems: ['The kernel (7 × 7) is larger than the padded input (5 × 5).'],
  },
  {
    op: 'Conv',
    inputs: [[1, 3, 5, 5], [8, 3, 1, 1], [9]],
    shapes: [[1, 8, 5, 5]],
    problems: ['The bias has 9 elements, the output has 8 channels.'],
  },
  {
    op: 'ConvTranspose',
    inputs: [
      [1, 8, 4, 4],
      [8, 5, 3, 3],
    ],
    attrs: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    shapes: [[1, 5, 8, 8]],
    macs: 5760,
  },
  {
    op: 'ConvTranspose',
    inputs: [
      [1, 8, 4, 4],
      [8, 3, 2, 2],
    ],
    attrs: { strides: [2, 2], group: 2 },
    shapes: [[1, 6, 8, 8]],
    macs: 1536,
  },
  {
    op: 'ConvTranspose',
    inputs: [
      [1, 8, 4, 4],
      [8, 3, 3, 3],
    ],
    attrs: { strides: [2, 2], auto_pad: 'SAME_LOWER' },
    shapes: [[1, 3, 8, 8]],
  },
  {
    op: 'ConvTranspose',
    inputs: [
      [1, 8, 4, 4],
      [8, 3, 3, 3],
    ],
    attrs: { strides: [2, 2], output_shape: [7, 9] },
    shapes: [[1, 3, 7, 9]],
  },
  {
    op: 'ConvTranspose',
    inputs: [
      [1, 7, 4, 4],
      [8, 5, 2, 2],
    ],
    shapes: [[1, 5, 5, 5]],
    problems: ['The input has 7 channels, the weight expects 8.'],
  },
  {
    op: 'MatMul',
    inputs: [
      [4, 5],
      [5, 3],
    ],
    shapes: [[4, 3]],
    macs: 60,
  },
  {
    op: 'MatMul',
    inputs: [
      [2, 1, 4, 5],
      [3, 5, 6],
    ],
    shapes: [[2, 3, 4, 6]],
    macs: 720,
  },
  { op: 'MatMul', inputs: [[5], [3, 5, 6]], shapes: [[3, 6]], macs: 90 },
  { op: 'MatMul', inputs: [[3, 4, 5], [5]], shapes: [[3, 4]], macs: 60 },
  { op: 'MatMul', inputs: [[5], [5]], shapes: [[]], macs: 5 },
  {
    op: 'MatMul',
    inputs: [
      [null, 5],
      [5, 3],
    ],
    shapes: [[null, 3]],
    macs: null,
  },
  {
    op: 'MatMul',
    inputs: [
      [8, 100],
      [128, 10],
    ],
    shapes: [[8, 10]],
    problems: ['The input has 100 features, the weight expects 128. ([8, 100] × [128, 10])'],
  },
  {
    op: 'MatMul',
    inputs: [
      [2, 4, 5],
      [3, 5, 6],
    ],
    shapes: [[2, 4, 6]],
    problems: ['do not broadcast'],
  },
  {
    op: 'Gemm',
    inputs: [
      [5, 4],
      [5, 3],
    ],
    attrs: { transA: 1 },
    shapes: [[4, 3]],
    macs: 60,
  },
  {
    op: 'Gemm',
    inputs: [
      [8, 100],
      [10, 128],
    ],
    attrs: { transB: 1 },
    shapes: [[8, 10]],
    problems: ['The input has 100 features, the weight expects 128.'],
  },
  {
    op: 'Gemm',
    inputs: [
      [2, 8, 100],
      [10, 100],
    ],
    attrs: { transB: 1 },
    shapes: [[null, null]],
    problems: ['left side is [2, 8, 100]'],
  },
  {
    op: 'Gemm',
    inputs: [[4, 5], [5, 3], [4]],
    shapes: [[4, 3]],
    problems: ['The bias has 4 elements, the output has 3 features.'],
  },
  {
    op: 'Einsum',
    inputs: [
      [2, 8, 10, 64],
      [2, 8, 12, 64],
    ],
    attrs: { equation: 'bhid,bhjd->bhij' },
    shapes: [[2, 8, 10, 12]],
    macs: 122880,
  },
  { op: 'Einsum', inputs: [[3], [4]], attrs: { equation: 'i,j->ij' }, shapes: [[3, 4]], macs: 0 },
  {
    op: 'Einsum',
    inputs: [
      [3, 1],
      [1, 4],
    ],
    attrs: { equation: 'ij,jk->ik' },
    shapes: [[3, 4]],
    macs: 0,
  },
  { op: 'Einsum', inputs: [[2, 3, 4, 5]], attrs: { equation: '...ij->...ji' }, shapes: [[2, 3, 5, 4]], macs: 0 },
  {
    op: 'Einsum',
    inputs: [
      [3, 4],
      [5, 6],
    ],
    attrs: { equation: 'ij,jk->ik' },
    shapes: [[3, 6]],
    problems: ['“j” has length 4 in one operand and 5 in another'],
  },
  { op: 'Einsum', inputs: [[3, 4]], attrs: { equation: 'ijk->i' }, shapes: [null], problems: ['names 3 axes'] },
  { op: 'Einsum', inputs: [[3, 4]], attrs: { equation: 'ij->ik' }, shapes: [null], problems: ['“k” of the output'] },
  { op: 'BatchNormalization', inputs: [[2, 64, 8, 8], [64], [64], [64], [64]], shapes: [[2, 64, 8, 8]], macs: 0 },
  {
    op: 'BatchNormalization',
    inputs: [[2, 64, 8, 8], [64], [64], [64], [64]],
    attrs: { training_mode: 1 },
    shapes: [[2, 64, 8, 8], [64], [64]],
  },
  {
    op: 'BatchNormalization',
    inputs: [[2, 128, 8, 8], [64], [64], [64], [64]],
    shapes: [[2, 128, 8, 8]],
    problems: ['The input has 128 channels, the normalisation expects 64.'],
  },
  {
    op: 'BatchNormalization',
    inputs: [[64], [64], [64], [64], [64]],
    shapes: [[64]],
    problems: ['needs samples and channels'],
  },
  {
    op: 'LayerNormalization',
    inputs: [[2, 10, 32], [32], [32]],
    shapes: [
      [2, 10, 32],
      [2, 10, 1],
      [2, 10, 1],
    ],
    macs: 0,
  },
  {
    op: 'LayerNormalization',
    inputs: [
      [2, 10, 32],
      [10, 32],
    ],
    attrs: { axis: 1 },
    shapes: [
      [2, 10, 32],
      [2, 1, 1],
      [2, 1, 1],
    ],
  },
  {
    op: 'LayerNormalization',
    inputs: [[2, 10, 30], [32], [32]],
    shapes: [[2, 10, 30]],
    problems: ['The input has 30 features in its last axis, the normalisation expects 32.'],
  },
  {
    op: 'LayerNormalization',
    inputs: [
      [2, 8, 8, 3],
      [7, 8, 3],
    ],
    attrs: { axis: 1 },
    shapes: [[2, 8, 8, 3]],
    problems: ['does not end in the normalised shape [7, 8, 3]'],
  },
  { op: 'InstanceNormalization', inputs: [[2, 6, 5], [4], [4]], shapes: [[2, 6, 5]], problems: ['6 channels'] },
  { op: 'GroupNormalization', inputs: [[2, 6, 5], [6], [6]], attrs: { num_groups: 3 }, shapes: [[2, 6, 5]] },
  {
    op: 'GroupNormalization',
    inputs: [[2, 6, 5], [6], [6]],
    attrs: { num_groups: 4 },
    shapes: [[2, 6, 5]],
    problems: ['6 channels cannot be divided into 4 groups.'],
  },
  { op: 'LpNormalization', inputs: [[2, 6, 5]], shapes: [[2, 6, 5]], macs: 0 },
  { op: 'LRN', inputs: [[2, 6, 5, 5]], attrs: { size: 3 }, shapes: [[2, 6, 5, 5]], macs: 0 },
  {
    op: 'MaxPool',
    inputs: [[1, 64, 112, 112]],
    attrs: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    shapes: [[1, 64, 56, 56]],
    macs: 0,
  },
  {
    op: 'MaxPool',
    inputs: [[1, 4, 6, 8]],
    attrs: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
    shapes: [
      [1, 4, 3, 4],
      [1, 4, 3, 4],
    ],
  },
  {
    op: 'MaxPool',
    inputs: [[1, 4, 5, 5]],
    attrs: { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
    shapes: [[1, 4, 3, 3]],
  },
  { op: 'MaxPool', inputs: [[1, 4, 9]], attrs: { kernel_shape: [3], dilations: [3] }, shapes: [[1, 4, 3]] },
  {
    op: 'MaxPool',
    inputs: [[4, 6, 8]],
    attrs: { kernel_shape: [3, 3] },
    shapes: [[null, 6, null, null]],
    problems: ['a 2-D pool takes 4'],
  },
  {
    op: 'MaxPool',
    inputs: [[1, 4, 2, 2]],
    attrs: { kernel_shape: [3, 3] },
    shapes: [[1, 4, null, null]],
    problems: ['The window (3 × 3) is larger than the padded input (2 × 2).'],
  },
  { op: 'AveragePool', inputs: [[1, 4, 7, 7]], attrs: { kernel_shape: [7, 7] }, shapes: [[1, 4, 1, 1]], macs: 0 },
  { op: 'LpPool', inputs: [[1, 4, 8]], attrs: { kernel_shape: [2], strides: [2] }, shapes: [[1, 4, 4]] },
  { op: 'GlobalAveragePool', inputs: [[2, 512, 7, 7]], shapes: [[2, 512, 1, 1]], macs: 0 },
  { op: 'GlobalMaxPool', inputs: [[2, 512, 7]], shapes: [[2, 512, 1]] },
  { op: 'GlobalLpPool', inputs: [[2, 5, 7]], shapes: [[2, 5, 1]] },
  { op: 'GlobalAveragePool', inputs: [[2, 512]], shapes: [[2, 512]], problems: ['needs spatial axes'] },
  {
    op: 'GridSample',
    inputs: [
      [2, 3, 8, 8],
      [2, 5, 6, 2],
    ],
    shapes: [[2, 3, 5, 6]],
  },
  {
    op: 'GridSample',
    inputs: [
      [2, 3, 8, 8],
      [2, 5, 6, 3],
    ],
    shapes: [[2, 3, 5, 6]],
    problems: ['3 coordinates'],
  },
  {
    op: 'PRelu',
    inputs: [
      [2, 3, 4, 4],
      [3, 1, 1],
    ],
    shapes: [[2, 3, 4, 4]],
    macs: 0,
  },
  { op: 'PRelu', inputs: [[2, 3, 4, 4], [3]], shapes: [[2, 3, 4, 4]], problems: ['do not broadcast'] },
  {
    op: 'Dropout',
    inputs: [[2, 3]],
    shapes: [
      [2, 3],
      [2, 3],
    ],
    macs: 0,
  },
];

/** Inputs after the first stand for weights and carry a name. */
test.each(
  rows.map((row) => [`${row.op} ${JSON.stringify(row.inputs)} ${JSON.stringify(row.attrs ?? {})}`, row] as const),
)('%s', (_name, row) => {
  const builder = createBuilder();
  const inputs = row.inputs.map((shape, index) =>
    shape === 'absent' ? null : builder.input(index === 0 ? 'x' : 'w', tensorType('float32', shape)),
  );
  const outputs = builder.ops(row.op, inputs, row.attrs ?? {}, row.shapes.length);
  expect(outputs.map((output) => builder.typeOf(output).shape)).toEqual(row.shapes);
  const [node] = builder.nodes;
  const messages = node!.problems.map((problem) => problem.message);
  expect(messages).toHaveLength(row.problems?.length ?? 0);
  messages.forEach((message, index) => expect(message).toContain(row.problems![index]!));
  for (const { code } of node!.problems) expect(code).toBe('shape-mismatch');
  if (row.macs === undefined) return;
  const cost = costOf(builder.build('one node', outputs), node!);
  expect(cost?.macs ?? null).toBe(row.macs);
  if (cost) expect(cost.flops).toBeGreaterThanOrEqual(2 * cost.macs);
});

test('matrices that are no weights are called matrices', () => {
  const builder = createBuilder();
  const a = builder.op('Neg', [builder.input('a', tensorType('float32', [8, 100]))]);
  const b = builder.op('Neg', [builder.input('b', tensorType('float32', [128, 10]))]);
  builder.op('MatMul', [a, b]);
  expect(builder.nodes.at(-1)!.problems[0]!.message).toContain('The left one has 100 columns, the right one 128 rows.');
});

test('Resize reads constant scales and sizes, and says when they do not fit', () => {
  const builder = createBuilder();
  const x = builder.input('x', tensorType('float32', [1, 3, 8, 9]));
  const scales = builder.constant([1, 1, 2, 0.5]);
  const sizes = builder.constant([16, 4], [2], 'int64');
  const shape = (inputs: readonly (number | null)[], attrs: Attrs = {}) =>
    builder.typeOf(builder.op('Resize', inputs, attrs)).shape;
  expect(shape([x, null, scales])).toEqual([1, 3, 16, 4]);
  expect(shape([x, null, null, sizes], { axes: [2, 3] })).toEqual([1, 3, 16, 4]);
  expect(shape([x, null, null, sizes], { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' })).toEqual([1, 3, 4, 4]);
  expect(shape([x])).toEqual([null, null, null, null]);
  expect(shape([x, null, null, sizes])).toEqual([null, null, null, null]);
  expect(builder.nodes.at(-1)!.problems[0]!.message).toContain('2 scales or sizes for the 4 axes');
});
