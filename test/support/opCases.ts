/** The table of operator cases: what goes in, the shapes and arithmetic that come out, what is complained about. */

import type { Attrs } from '../../src/ir/graph.ts';
import type { DType, Shape } from '../../src/ir/type.ts';

export interface OpInput {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Contents; drawn from [low, high) where absent. */
  readonly data?: readonly number[];
  /** True for compile-time constants: shapes, axes, bounds. */
  readonly constant: boolean;
  readonly low: number;
  readonly high: number;
}

export interface OpCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly (OpInput | null)[];
  readonly outputs: number;
  /** Expected shapes of the outputs. */
  readonly shapes: readonly Shape[];
  /** Expected element type of the first output. */
  readonly dtype: DType;
  readonly flops?: number;
  /** Expected problem code. */
  readonly problem?: string;
  /** Inputs that have a gradient; empty where there is nothing to differentiate. */
  readonly wrt: readonly number[];
  /** False where onnxruntime cannot run the case: unknown shapes, problems, operators newer than opset 17. */
  readonly runs: boolean;
}

const input = (shape: Shape, extra: Partial<OpInput> = {}): OpInput => ({
  shape,
  dtype: 'float32',
  constant: false,
  low: -1,
  high: 1,
  ...extra,
});

/** A float tensor with values in [low, high). */
const x = (shape: Shape, low = -1, high = 1): OpInput => input(shape, { low, high });
const ints = (data: readonly number[], shape: readonly number[] = [data.length]): OpInput =>
  input(shape, { dtype: 'int64', data, constant: true });
/** Indices that are computed, not constant. */
const fed = (data: readonly number[], shape: readonly number[] = [data.length]): OpInput =>
  input(shape, { dtype: 'int64', data });
const scalar = (value: number, dtype: DType = 'float32'): OpInput =>
  input([], { dtype, data: [value], constant: true });
const bools = (data: readonly number[], shape: readonly number[] = [data.length]): OpInput =>
  input(shape, { dtype: 'bool', data });

type Extra = Partial<Omit<OpCase, 'name' | 'op' | 'inputs' | 'shapes'>> & { readonly label?: string };

function row(op: string, inputs: readonly (OpInput | null)[], shapes: readonly Shape[], extra: Extra = {}): OpCase {
  const { label, ...rest } = extra;
  const shown = inputs.map((one) => (one === null ? '_' : one.shape === null ? '[…]' : `[${one.shape.join()}]`));
  const attrs = Object.entries(rest.attrs ?? {}).map(([key, value]) => ` ${key}=${String(value)}`);
  const known = inputs.every((one) => one === null || one.shape?.includes(null) === false);
  return {
    name: `${op}(${shown.join(' ')})${attrs.join('')}${label ? ` ${label}` : ''}`,
    op,
    inputs,
    shapes,
    attrs: {},
    outputs: shapes.length,
    dtype: 'float32',
    runs: known && rest.problem === undefined,
    wrt: [],
    ...rest,
  };
}

/** Differentiable by its first input. */
const d = (op: string, inputs: readonly (OpInput | null)[], shapes: readonly Shape[], extra: Extra = {}): OpCase =>
  row(op, inputs, shapes, { wrt: [0], ...extra });

const unary: readonly OpCase[] = [
  ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Softplus', 'Softsign'],
  ...['Tanh', 'Exp', 'Abs', 'Neg', 'Erf', 'Sin', 'Cos', 'Tan', 'Atan', 'Sinh', 'Cosh', 'Identity', 'Mish', 'Gelu'],
].map((op) => d(op, [x([2, 3, 4])], [[2, 3, 4]], op === 'Mish' || op === 'Gelu' ? {} : { flops: 24 }));

const elementwise: readonly OpCase[] = [
  ...unary,
  d('Gelu', [x([2, 3])], [[2, 3]], { attrs: { approximate: 'tanh' } }),
  d('LeakyRelu', [x([5])], [[5]], { attrs: { alpha: 0.2 } }),
  d('Elu', [x([5])], [[5]], { attrs: { alpha: 0.7 } }),
  d('Celu', [x([5])], [[5]], { attrs: { alpha: 0.7 } }),
  d('HardSigmoid', [x([7], -4, 4)], [[7]], { attrs: { alpha: 1 / 6, beta: 0.5 } }),
  d('HardSwish', [x([8], -5, 5)], [[8]]),
  d('Softplus', [x([8], -30, 30)], [[8]], { label: 'far from 0' }),
  d('Erf', [x([8], -4, 4)], [[8]], { label: 'far from 0' }),
  d('Asin', [x([2, 3], -0.9, 0.9)], [[2, 3]]),
  d('Acos', [x([2, 3], -0.9, 0.9)], [[2, 3]]),
  d('Atanh', [x([2, 3], -0.9, 0.9)], [[2, 3]]),
  d('Asinh', [x([2, 3])], [[2, 3]]),
  d('Acosh', [x([2, 3], 1.1, 3)], [[2, 3]]),
  d('Log', [x([2, 3], 0.3, 3)], [[2, 3]]),
  d('Sqrt', [x([2, 3], 0.3, 3)], [[2, 3]]),
  d('Reciprocal', [x([2, 3], 0.3, 3)], [[2, 3]]),
  ...['Sign', 'Floor', 'Ceil', 'Round'].map((op) => row(op, [x([7], -3, 3)], [[7]])),
  row('Round', [input([4], { data: [0.5, 1.5, 2.5, -0.5] })], [[4]], { label: 'halves' }),
  row('Not', [bools([1, 0])], [[2]], { dtype: 'bool' }),
  row('IsNaN', [input([3], { data: [NaN, 1, Infinity] })], [[3]], { dtype: 'bool' }),
  row('IsInf', [input([3], { data: [NaN, -Infinity, Infinity] })], [[3]], { dtype: 'bool' }),
  row('IsInf', [input([2], { data: [-Infinity, Infinity] })], [[2]], { dtype: 'bool', attrs: { detect_negative: 0 } }),
  row('Detach', [x([2, 3])], [[2, 3]]),
  d('Cast', [x([3])], [[3]], { attrs: { to: 1 } }),
  row('Cast', [x([5], -3, 3)], [[5]], { attrs: { to: 7 }, dtype: 'int64' }),
  row('Cast', [bools([1, 0])], [[2]], { attrs: { to: 1 } }),
  d('Clip', [x([9]), scalar(-0.4), scalar(0.3)], [[9]]),
  d('Clip', [x([9]), null, scalar(0.3)], [[9]]),
  d('Clip', [x([9]), scalar(-0.4)], [[9]]),
  d('Relu', [x([null, 3])], [[null, 3]], { wrt: [], runs: false }),
  d('Relu', [x(null)], [null], { wrt: [], runs: false }),
];

const broadcasting: readonly OpCase[] = [
  ...['Add', 'Sub', 'Mul', 'Max', 'Min', 'Sum', 'Mean'].flatMap((op) => [
    d(op, [x([2, 3]), x([2, 3])], [[2, 3]], { wrt: [0, 1] }),
    d(op, [x([2, 1, 4]), x([3, 1])], [[2, 3, 4]], { wrt: [0, 1], flops: 24 }),
  ]),
  ...['Max', 'Sum', 'Mean'].map((op) => d(op, [x([3]), x([2, 3]), x([2, 1])], [[2, 3]], { wrt: [0, 1, 2] })),
  d('Max', [x([4])], [[4]]),
  d('Add', [x([]), x([2, 3])], [[2, 3]], { wrt: [0, 1] }),
  d('Div', [x([2, 3]), x([3], 0.5, 2)], [[2, 3]], { wrt: [0, 1] }),
  d('Pow', [x([2, 3], 0.3, 2), x([2, 1], -2, 2)], [[2, 3]], { wrt: [0, 1] }),
  ...[2, 3, 0.5, -1, 1.5, 2.7, -0.5, 1, 0, 5].map((exponent) =>
    d('Pow', [x([2, 3], 0.3, 2), scalar(exponent)], [[2, 3]], { label: `exponent ${exponent}` }),
  ),
  row('Mod', [fed([5, -5, 7]), fed([3, 3, -4])], [[3]], { dtype: 'int64' }),
  d('Mod', [x([4], -3, 3), x([4], 1, 2)], [[4]], { attrs: { fmod: 1 }, wrt: [0, 1] }),
  ...['And', 'Or', 'Xor'].map((op) => row(op, [bools([1, 0, 1, 0]), bools([1, 1, 0, 0])], [[4]], { dtype: 'bool' })),
  ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].map((op) =>
    row(op, [input([2, 2], { data: [1, 2, 3, 4] }), input([2], { data: [1, 4] })], [[2, 2]], { dtype: 'bool' }),
  ),
  d('Where', [bools([1, 0, 1], [1, 3]), x([2, 1]), x([3])], [[2, 3]], { wrt: [1, 2] }),
  row('Where', [bools([1, 0]), fed([1, 2]), ints([7], [1])], [[2]], { dtype: 'int64' }),
  row('Add', [x([1, 64, 56, 56]), x([1, 64, 28, 28])], [[1, 64, 56, 56]], { problem: 'broadcast-mismatch' }),
  row('Add', [x([3]), x([2, 4])], [[2, 4]], { problem: 'broadcast-mismatch' }),
  row('Add', [x([null, 3]), x([2, 1])], [[2, 3]]),
  row('Add', [x([null, 3]), x([1, 1])], [[null, 3]]),
  row('Add', [x(null), x([2])], [null]),
];

const reductions: readonly OpCase[] = [
  ...['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare', 'ReduceLogSumExp'].flatMap(
    (op) => [
      d(op, [x([2, 3, 4])], [[2, 1, 4]], { attrs: { axes: [1] }, flops: 24 }),
      d(op, [x([2, 3, 4])], [[3]], { attrs: { axes: [-1, 0], keepdims: 0 } }),
      d(op, [x([2, 3])], [[1, 1]]),
    ],
  ),
  d('ReduceProd', [x([2, 3], 0.5, 1.5)], [[2]], { attrs: { axes: [1], keepdims: 0 } }),
  d('ReduceSum', [x([2, 3, 4]), ints([0, -1])], [[1, 3, 1]], { flops: 24 }),
  d('ReduceSum', [x([2, 3, 4]), ints([1])], [[2, 4]], { attrs: { keepdims: 0 } }),
  d('ReduceSum', [x([2, 3])], [[]], { attrs: { keepdims: 0 } }),
  d('ReduceSum', [x([2, 3])], [[2, 3]], { attrs: { noop_with_empty_axes: 1 } }),
  row('ReduceMean', [x([2, null])], [[1, null]], { attrs: { axes: [0] } }),
  row('ReduceMean', [x([2, 3])], [null], { attrs: { axes: [2] }, problem: 'axis-out-of-range' }),
  ...['Softmax', 'LogSoftmax'].flatMap((op) => [
    d(op, [x([2, 5])], [[2, 5]], { flops: 50 }),
    d(op, [x([2, 3, 4])], [[2, 3, 4]], { attrs: { axis: 1 } }),
    row(op, [x([2, 5])], [[2, 5]], { attrs: { axis: 2 }, problem: 'axis-out-of-range' }),
  ]),
];

const shapes: readonly OpCase[] = [
  d('Reshape', [x([2, 3, 4]), ints([4, -1])], [[4, 6]], { flops: 0 }),
  d('Reshape', [x([2, 3, 4]), ints([0, -1])], [[2, 12]]),
  d('Reshape', [x([6]), ints([2, 3])], [[2, 3]]),
  row('Reshape', [x([2, 3]), ints([4, -1])], [[4, null]], { problem: 'reshape-mismatch' }),
  row('Reshape', [x([2, 3]), ints([7])], [[7]], { problem: 'reshape-mismatch' }),
  row('Reshape', [x([null, 3]), ints([0, -1])], [[null, null]]),
  row('Reshape', [x([2, 3]), input([2], { dtype: 'int64' })], [[null, null]], { runs: false }),
  d('Flatten', [x([2, 3, 4])], [[2, 12]]),
  d('Flatten', [x([2, 3, 4])], [[1, 24]], { attrs: { axis: 0 } }),
  d('Flatten', [x([2, 3, 4])], [[6, 4]], { attrs: { axis: -1 } }),
  row('Flatten', [x([2, 3])], [null], { attrs: { axis: 3 }, problem: 'axis-out-of-range' }),
  d('Squeeze', [x([2, 1, 3, 1]), ints([-1])], [[2, 1, 3]]),
  d('Squeeze', [x([2, 1, 3, 1])], [[2, 3]]),
  row('Squeeze', [x([2, 3]), ints([0])], [[3]], { problem: 'squeeze-mismatch' }),
  d('Unsqueeze', [x([2, 3]), ints([0, -1])], [[1, 2, 3, 1]]),
  row('Unsqueeze', [x([2, 3]), ints([4])], [null], { problem: 'axis-out-of-range' }),
  d('Transpose', [x([2, 3, 4])], [[4, 3, 2]], { flops: 0 }),
  d('Transpose', [x([2, 3, 4])], [[3, 4, 2]], { attrs: { perm: [1, 2, 0] } }),
  row('Transpose', [x([2, 3])], [[2, 3]], { attrs: { perm: [0, 0] }, problem: 'repeated-axis' }),
  row('Transpose', [x([2, 3])], [null], { attrs: { perm: [0, 2] }, problem: 'bad-permutation' }),
  d('Concat', [x([2, 3]), x([2, 1]), x([2, 2])], [[2, 6]], { attrs: { axis: -1 }, wrt: [0, 1, 2] }),
  d('Concat', [x([1, 2, 2]), x([1, 3, 2])], [[1, 5, 2]], { attrs: { axis: 1 }, wrt: [0, 1] }),
  row('Concat', [x([2, 3]), x([3, 3])], [[5, 3]], { attrs: { axis: 1 }, problem: 'concat-mismatch' }),
  row('Concat', [x([2, 3]), x([2, null])], [[2, null]], { attrs: { axis: 1 } }),
  d(
    'Split',
    [x([2, 6])],
    [
      [2, 3],
      [2, 3],
    ],
    { attrs: { axis: 1 } },
  ),
  d(
    'Split',
    [x([5, 2]), ints([1, 4])],
    [
      [1, 2],
      [4, 2],
    ],
  ),
  row(
    'Split',
    [x([5, 2]), ints([1, 3])],
    [
      [1, 2],
      [3, 2],
    ],
    { problem: 'split-mismatch' },
  ),
  d('Slice', [x([4, 5]), ints([1, 0]), ints([3, 4])], [[2, 4]]),
  d('Slice', [x([2, 3, 8, 8]), ints([0, 0]), ints([8, 8]), ints([2, 3]), ints([2, 2])], [[2, 3, 4, 4]], {
    label: 'option A',
  }),
  d('Slice', [x([2, 7]), ints([1]), ints([1000]), ints([-1]), ints([3])], [[2, 2]]),
  d('Slice', [x([8]), ints([-1]), ints([-9]), ints([0]), ints([-1])], [[8]], { label: 'reversed' }),
  d('Slice', [x([9, 2]), ints([7]), ints([0]), ints([0]), ints([-3])], [[3, 2]], { label: 'backwards by 3' }),
  d('Slice', [x([6]), ints([-4]), ints([-1])], [[3]]),
  row('Slice', [x([6]), ints([0]), ints([3]), ints([0]), ints([0])], [[null]], { problem: 'zero-step' }),
  row('Slice', [x([null, 6]), ints([1]), ints([3]), ints([1])], [[null, 2]]),
  d('Pad', [x([2, 3]), ints([1, 0, 0, 2])], [[3, 5]]),
  d('Pad', [x([1, 2, 3, 3]), ints([0, 1, 0, 0, 0, 1, 0, 0])], [[1, 4, 3, 3]], { label: 'option A' }),
  d('Pad', [x([4, 4]), ints([0, -1, 1, -1])], [[5, 2]], { label: 'cropping' }),
  d('Pad', [x([3]), ints([1, 1]), scalar(2.5)], [[5]]),
  d('Pad', [x([2, 4]), ints([0, 2, 0, 3])], [[2, 9]], { attrs: { mode: 'reflect' } }),
  d('Pad', [x([2, 3]), ints([1, 2, 0, 1])], [[3, 6]], { attrs: { mode: 'edge' } }),
  row('Pad', [x([2, 3]), ints([1, 1])], [null], { problem: 'bad-padding' }),
  row('Pad', [x([3]), ints([3, 0])], [[6]], { attrs: { mode: 'reflect' }, problem: 'bad-padding' }),
  d('Expand', [x([3, 1]), ints([2, 3, 4])], [[2, 3, 4]]),
  d('Expand', [x([3, 4]), ints([1])], [[3, 4]]),
  row('Expand', [x([3]), ints([4])], [[3]], { problem: 'broadcast-mismatch' }),
  d('Tile', [x([2, 3]), ints([2, 1])], [[4, 3]]),
  d('Tile', [x([2, 3]), ints([1, 3])], [[2, 9]]),
  d('Tile', [x([2, 1, 3]), ints([3, 2, 2])], [[6, 2, 6]]),
  row('Tile', [x([2, 3]), ints([2])], [null], { problem: 'bad-repeats' }),
  d('DepthToSpace', [x([1, 8, 2, 3])], [[1, 2, 4, 6]], { attrs: { blocksize: 2 } }),
  d('DepthToSpace', [x([1, 8, 2, 3])], [[1, 2, 4, 6]], { attrs: { blocksize: 2, mode: 'CRD' } }),
  row('DepthToSpace', [x([1, 6, 2, 2])], [[1, null, 4, 4]], { attrs: { blocksize: 2 }, problem: 'blocksize-mismatch' }),
  d('SpaceToDepth', [x([1, 2, 4, 6])], [[1, 8, 2, 3]], { attrs: { blocksize: 2 } }),
  row('SpaceToDepth', [x([1, 2, 5, 6])], [[1, 8, null, 3]], { attrs: { blocksize: 2 }, problem: 'blocksize-mismatch' }),
  d('Trilu', [x([3, 4])], [[3, 4]]),
  d('Trilu', [x([2, 3, 3]), scalar(1, 'int64')], [[2, 3, 3]]),
  d('Trilu', [x([3, 4]), scalar(-1, 'int64')], [[3, 4]], { attrs: { upper: 0 } }),
];

const indexing: readonly OpCase[] = [
  d('Gather', [x([5, 3]), fed([4, 0, 4, 1], [2, 2])], [[2, 2, 3]], { label: 'embedding', flops: 0 }),
  d('Gather', [x([2, 5, 3]), fed([4, 0, 4])], [[2, 3, 3]], { attrs: { axis: 1 } }),
  d('Gather', [x([2, 4]), ints([-1], [])], [[2]], { attrs: { axis: -1 } }),
  row('Gather', [x([2, 4]), ints([4])], [[1, 4]], { problem: 'index-out-of-range' }),
  d('GatherElements', [x([3, 2]), fed([2, 0, 2, 1], [2, 2])], [[2, 2]]),
  d('GatherND', [x([3, 2, 4]), fed([2, 1, 0, 0], [2, 2])], [[2, 4]]),
  d('GatherND', [x([2, 3, 4]), fed([2, 0], [2, 1])], [[2, 4]], { attrs: { batch_dims: 1 } }),
  row('GatherND', [x([3]), fed([0, 0], [1, 2])], [null], { problem: 'index-out-of-range' }),
  d('ScatterND', [x([4, 3]), fed([2, 0], [2, 1]), x([2, 3])], [[4, 3]], { wrt: [0, 2] }),
  d('ScatterND', [x([4, 3]), fed([2, 2], [2, 1]), x([2, 3])], [[4, 3]], { wrt: [0, 2], attrs: { reduction: 'add' } }),
  d('ScatterElements', [x([3, 3]), fed([2, 0, 1, 1], [2, 2]), x([2, 2])], [[3, 3]], { wrt: [0, 2] }),
  d('ScatterElements', [x([2, 4]), fed([3, 3], [2, 1]), x([2, 1])], [[2, 4]], {
    wrt: [0, 2],
    attrs: { axis: 1, reduction: 'add' },
  }),
  ...['mul', 'max', 'min'].map((reduction) =>
    d('ScatterElements', [x([3, 3]), fed([2, 0, 2, 1], [2, 2]), x([2, 2])], [[3, 3]], {
      wrt: [0, 2],
      attrs: { reduction },
      label: reduction,
    }),
  ),
  row('OneHot', [fed([1, 0, -1]), scalar(3, 'int64'), input([2], { data: [0, 1], constant: true })], [[3, 3]]),
  row('OneHot', [fed([1, 0]), scalar(3, 'int64'), input([2], { data: [-1, 2], constant: true })], [[3, 2]], {
    attrs: { axis: 0 },
  }),
  ...['ArgMax', 'ArgMin'].flatMap((op) => [
    row(op, [x([3, 4])], [[3, 1]], { attrs: { axis: 1 }, dtype: 'int64' }),
    row(op, [x([3, 4])], [[4]], { attrs: { axis: 0, keepdims: 0 }, dtype: 'int64' }),
  ]),
  d(
    'TopK',
    [x([3, 5]), ints([2])],
    [
      [3, 2],
      [3, 2],
    ],
  ),
  d(
    'TopK',
    [x([5, 3]), ints([3])],
    [
      [3, 3],
      [3, 3],
    ],
    { attrs: { axis: 0, largest: 0 } },
  ),
  row('TopK', [x([3]), ints([4])], [[4], [4]], { problem: 'index-out-of-range' }),
  d('CumSum', [x([3, 4]), scalar(1, 'int64')], [[3, 4]]),
  d('DFT', [x([2, 6, 1])], [[2, 6, 2]]),
  d('DFT', [x([2, 6, 1]), scalar(8, 'int64')], [[2, 5, 2]], { attrs: { onesided: 1 } }),
  d('DFT', [x([2, 5, 3, 2]), scalar(4, 'int64')], [[2, 4, 3, 2]], { attrs: { inverse: 1 } }),
  d('DFT', [x([4, 5, 2])], [[4, 5, 2]], { attrs: { axis: 0 } }),
  row('DFT', [x([4, 3])], [null], { problem: 'shape-mismatch' }),
  d('CumSum', [x([3, 4]), scalar(0, 'int64')], [[3, 4]], { attrs: { exclusive: 1, reverse: 1 } }),
  row('NonZero', [input([2, 2], { data: [1, 0, 0, 3], constant: true })], [[2, 2]], { dtype: 'int64' }),
  row('NonZero', [x([2, 2])], [[2, null]], { dtype: 'int64', runs: false }),
];

const creation: readonly OpCase[] = [
  row('Shape', [x([2, 3, 4])], [[3]], { dtype: 'int64', flops: 0 }),
  row('Shape', [x([2, 3, 4])], [[1]], { dtype: 'int64', attrs: { start: -1 } }),
  row('Shape', [x(null)], [[null]], { dtype: 'int64' }),
  row('Size', [x([2, 3, 4])], [[]], { dtype: 'int64' }),
  row('ConstantOfShape', [ints([2, 3])], [[2, 3]], { attrs: { value: 1.5 } }),
  row('Range', [scalar(1), scalar(6), scalar(2)], [[3]]),
  row('Range', [scalar(5, 'int64'), scalar(0, 'int64'), scalar(-2, 'int64')], [[3]], { dtype: 'int64' }),
  row('Range', [scalar(1), scalar(6), scalar(0)], [[null]], { problem: 'zero-step' }),
  row('EyeLike', [x([2, 3])], [[2, 3]], { attrs: { k: 1 } }),
  row('Unknown', [x([2, 3])], [null], { runs: false }),
];

/** Layer operators that real PyTorch gives no golden values for. */
const layers: readonly OpCase[] = [
  d('Dropout', [x([4, 6]), scalar(0.25), scalar(1, 'bool')], [[4, 6]], { attrs: { seed: 3 } }),
  d('Dropout', [x([4, 6]), scalar(0.25), scalar(0, 'bool')], [[4, 6]], { label: 'inactive', flops: 0 }),
  row('GridSample', [x([1, 2, 4, 4]), x([1, 3, 5, 2])], [[1, 2, 3, 5]], { runs: false }),
];

/** Every case; those of most layer operators are in nnCases.ts. */
export const OP_CASES: readonly OpCase[] = [
  ...elementwise,
  ...broadcasting,
  ...reductions,
  ...shapes,
  ...indexing,
  ...creation,
  ...layers,
];
