/** Reductions over axes, Softmax and LogSoftmax. */

import type { ValueId } from '../ir/graph.ts';
import type { Dim } from '../ir/type.ts';
import { tensorType } from '../ir/type.ts';
import { ONNX_DTYPE } from './dtype.ts';
import type { Emit } from './emit.ts';
import { fill, reader, staticShape } from './fold.ts';
import { reshaped, sumOver } from './forms.ts';
import type { AttrDef, Call, OpDef, OpResult, PrimalNode } from './op.ts';
import {
  axesWithin,
  axisProblem,
  axisWithin,
  dataAt,
  hasInput,
  int,
  isAbsent,
  ints,
  likeFirst,
  numberOf,
  numbersOf,
  of,
  product,
  range,
  typeAt,
} from './read.ts';

interface Local {
  readonly x: ValueId;
  /** Result and cotangent with the reduced axes kept at length 1. */
  readonly y: ValueId;
  readonly g: ValueId;
  readonly count: number;
}

interface Row {
  readonly name: string;
  readonly summary: string;
  readonly value: (elements: readonly number[]) => number;
  readonly vjp: (e: Emit, local: Local) => ValueId;
}

/** Reduced axes: an input (ReduceSum from opset 13, all from opset 18) or an attribute. Null when they are computed. */
function axesOf(
  given: readonly number[] | null,
  attrs: Call['attrs'],
  computed: boolean,
  rank: number,
): readonly number[] | null {
  if (computed && given === null) return null;
  const axes = given ?? numbersOf(attrs, 'axes') ?? [];
  if (axes.length === 0) return numberOf(attrs, 'noop_with_empty_axes') ? [] : range(rank);
  return axes;
}

const keepsDims = (attrs: Call['attrs']): boolean => numberOf(attrs, 'keepdims', 1) !== 0;

const callAxes = (call: Call, rank: number): readonly number[] | null =>
  axesOf(dataAt(call, 1), call.attrs, hasInput(call, 1), rank);

function inferReduction(call: Call): OpResult {
  const { dtype, shape } = typeAt(call, 0);
  const given = shape && callAxes(call, shape.length);
  if (given === null) return of(dtype, shape && keepsDims(call.attrs) ? shape.map(() => null) : null);
  const axes = axesWithin(given, shape!.length);
  if (axes === null) return axisProblem(call, given);
  const kept = shape!.map((dim, axis): Dim => (axes.includes(axis) ? 1 : dim));
  return of(dtype, keepsDims(call.attrs) ? kept : kept.filter((_, axis) => !axes.includes(axis)));
}

function foldReduction(call: Call, value: Row['value']): readonly (readonly number[])[] {
  const shape = staticShape(call.inputs[0]!.type);
  const axes = axesWithin(callAxes(call, shape.length)!, shape.length)!;
  const read = reader(call.inputs[0]);
  const inner = axes.map((axis) => shape[axis]!);
  const outer = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return [
    fill(outer, (index) => {
      const at = [...index];
      const elements = fill(inner, (offset) => {
        axes.forEach((axis, position) => (at[axis] = offset[position]!));
        return read(at);
      });
      return value(elements);
    }),
  ];
}

/** Axes of a reduction in a graph whose shapes are static, counted from the front. */
function primalAxes(e: Emit, { inputs, attrs }: PrimalNode): readonly number[] {
  const rank = e.shape(inputs[0]!).length;
  const given = isAbsent(inputs[1]) ? null : e.data(inputs[1]);
  return axesWithin(axesOf(given, attrs, !isAbsent(inputs[1]), rank)!, rank)!;
}

const sum = (elements: readonly number[]): number => elements.reduce((a, b) => a + b, 0);
const like = (e: Emit, x: ValueId, value: number): ValueId => e.scalar(value, e.type(x).dtype);

const reduction = ({ name, summary, value, vjp }: Row): OpDef => ({
  name,
  summary,
  attrs: ATTRS[name === 'ReduceSum' ? 'input' : 'attribute'],
  infer: inferReduction,
  cost: (call) => {
    const { shape } = typeAt(call, 0);
    return shape === null || shape.includes(null) ? null : { macs: 0, flops: product(shape as number[]) };
  },
  fold: (call) => foldReduction(call, value),
  vjp: (e, node, [g]) => {
    const [x] = node.inputs as [ValueId];
    const axes = primalAxes(e, node);
    const shape = e.shape(x);
    const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const local = {
      x,
      y: reshaped(e, node.outputs[0]!, kept),
      g: reshaped(e, g!, kept),
      count: product(axes.map((axis) => shape[axis]!)),
    };
    return [e.op('Expand', [vjp(e, local), e.ints(shape)]), null];
  },
});

const ATTRS: Readonly<Record<'input' | 'attribute', Readonly<Record<string, AttrDef>>>> = {
  input: { keepdims: int(1), noop_with_empty_axes: int(0) },
  attribute: { axes: ints, keepdims: int(1) },
};

/** The cotangent goes to the elements that equal the result, in equal parts. */
function shareAmongEqual(e: Emit, { x, y, g }: Local, axes: readonly number[]): ValueId {
  const mask = e.op('Cast', [e.op('Equal', [x, y])], { to: ONNX_DTYPE[e.type(x).dtype] });
  return e.mul(mask, e.div(g, sumOver(e, mask, axes, true)));
}

/** Axes along which y is shorter than x; axes of length 1 need no sum. */
const reducedAxes = (e: Emit, { x, y }: Local): number[] =>
  e.shape(x).flatMap((dim, axis) => (dim !== e.shape(y)[axis] ? [axis] : []));

const sign = (e: Emit, x: ValueId): ValueId => {
  const zero = like(e, x, 0);
  const to = ONNX_DTYPE[e.type(x).dtype];
  return e.sub(e.op('Cast', [e.op('Greater', [x, zero])], { to }), e.op('Cast', [e.op('Less', [x, zero])], { to }));
};

const rows: readonly Row[] = [
  {
    name: 'ReduceSum',
    summary: 'Sum over axes (an input since opset 13).',
    value: sum,
    // dx = g
    vjp: (_, { g }) => g,
  },
  {
    name: 'ReduceMean',
    summary: 'Mean over axes.',
    value: (elements) => sum(elements) / elements.length,
    // dx = g / n
    vjp: (e, { g, count }) => e.mul(g, like(e, g, 1 / count)),
  },
  {
    name: 'ReduceMax',
    summary: 'Largest element over axes.',
    value: (elements) => elements.reduce((a, b) => Math.max(a, b), -Infinity),
    // dx = g·[x = y] / Σ[x = y]
    vjp: (e, local) => shareAmongEqual(e, local, reducedAxes(e, local)),
  },
  {
    name: 'ReduceMin',
    summary: 'Smallest element over axes.',
    value: (elements) => elements.reduce((a, b) => Math.min(a, b), Infinity),
    // dx = g·[x = y] / Σ[x = y]
    vjp: (e, local) => shareAmongEqual(e, local, reducedAxes(e, local)),
  },
  {
    name: 'ReduceProd',
    summary: 'Product over axes.',
    value: (elements) => elements.reduce((a, b) => a * b, 1),
    // dx = g times the product of the others. Zeros are left out of the product p and counted: where others than x are
    // zero, dx is 0, else g·p / x, or g·p for an x that is the only zero.
    vjp: (e, local) => {
      const { x, g } = local;
      const axes = reducedAxes(e, local);
      if (axes.length === 0) return g;
      const isZero = e.op('Equal', [x, like(e, x, 0)]);
      const others = e.op('Where', [isZero, like(e, x, 1), x]);
      const zero = e.op('Cast', [isZero], { to: ONNX_DTYPE[e.type(x).dtype] });
      const alone = e.op('Equal', [e.sub(e.reduceSum(zero, axes), zero), like(e, x, 0)]);
      const part = e.div(e.mul(g, e.op('ReduceProd', [others], { axes, keepdims: 1 })), others);
      return e.op('Where', [alone, part, like(e, x, 0)]);
    },
  },
  {
    name: 'ReduceL1',
    summary: 'Sum of absolute values over axes.',
    value: (elements) => sum(elements.map(Math.abs)),
    // dx = g·sign x
    vjp: (e, { x, g }) => e.mul(g, sign(e, x)),
  },
  {
    name: 'ReduceL2',
    summary: 'Square root of the sum of squares over axes.',
    value: (elements) => Math.sqrt(sum(elements.map((x) => x * x))),
    // dx = g·x / y, and 0 where y is 0
    vjp: (e, { x, y, g }) => e.mul(x, e.div(g, e.op('Clip', [y, like(e, y, 1e-30)]))),
  },
  {
    name: 'ReduceSumSquare',
    summary: 'Sum of squares over axes.',
    value: (elements) => sum(elements.map((x) => x * x)),
    // dx = 2·g·x
    vjp: (e, { x, g }) => e.mul(x, e.mul(g, like(e, g, 2))),
  },
  {
    name: 'ReduceLogSumExp',
    summary: 'log Σ eˣ over axes.',
    value: (elements) => {
      const top = Math.max(...elements);
      return top + Math.log(sum(elements.map((x) => Math.exp(x - top))));
    },
    // dx = g·e^(x − y)
    vjp: (e, { x, y, g }) => e.mul(g, e.op('Exp', [e.sub(x, y)])),
  },
];

const softmaxValue = (call: Call, logarithm: boolean): readonly (readonly number[])[] => {
  const shape = staticShape(call.inputs[0]!.type);
  const axis = axisWithin(numberOf(call.attrs, 'axis', -1), shape.length)!;
  const read = reader(call.inputs[0]);
  return [
    fill(shape, (index) => {
      const along = range(shape[axis]!).map((at) => read(index.map((own, dim) => (dim === axis ? at : own))));
      const top = Math.max(...along);
      const total = sum(along.map((x) => Math.exp(x - top)));
      const shifted = read(index) - top;
      return logarithm ? shifted - Math.log(total) : Math.exp(shifted) / total;
    }),
  ];
};

const inferSoftmax = (call: Call): OpResult => {
  const axis = numberOf(call.attrs, 'axis', -1);
  const { dtype, shape } = typeAt(call, 0);
  if (shape && axisWithin(axis, shape.length) === null) {
    return { types: [tensorType(dtype, shape)], problems: axisProblem(call, axis).problems! };
  }
  return likeFirst(call);
};

/** Max, subtract, exponential, sum and divide: five operations an element. */
const softmaxCost: NonNullable<OpDef['cost']> = (call) => {
  const { shape } = typeAt(call, 0);
  return shape === null || shape.includes(null) ? null : { macs: 0, flops: 5 * product(shape as number[]) };
};

const softmaxAxis = (e: Emit, { attrs, inputs: [x] }: PrimalNode): number =>
  axisWithin(numberOf(attrs, 'axis', -1), e.shape(x!).length)!;

const softmax: OpDef = {
  name: 'Softmax',
  summary: 'eˣ / Σ eˣ along an axis.',
  attrs: { axis: int(-1) },
  infer: inferSoftmax,
  cost: softmaxCost,
  fold: (call) => softmaxValue(call, false),
  // dx = y·(g − Σ g·y)
  vjp: (e, node, [g]) => {
    const [y] = node.outputs as [ValueId];
    return [e.mul(y, e.sub(g!, e.reduceSum(e.mul(g!, y), [softmaxAxis(e, node)])))];
  },
};

const logSoftmax: OpDef = {
  name: 'LogSoftmax',
  summary: 'x − log Σ eˣ along an axis.',
  attrs: { axis: int(-1) },
  infer: inferSoftmax,
  cost: softmaxCost,
  fold: (call) => softmaxValue(call, true),
  // dx = g − eʸ·Σ g
  vjp: (e, node, [g]) => {
    const sums = e.reduceSum(g!, [softmaxAxis(e, node)]);
    return [e.sub(g!, e.mul(e.op('Exp', [node.outputs[0]!]), sums))];
  },
  expand: (e, node) => {
    const [x] = node.inputs as [ValueId];
    const axes = [softmaxAxis(e, node)];
    const shifted = e.sub(x, e.op('ReduceMax', [x], { axes, keepdims: 1 }));
    return [e.sub(shifted, e.op('Log', [e.reduceSum(e.op('Exp', [shifted]), axes)]))];
  },
};

export const reductionOps: readonly OpDef[] = [...rows.map(reduction), softmax, logSoftmax];
