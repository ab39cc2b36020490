/** Elementwise operators of one tensor. */

import type { Attrs, ValueId } from '../ir/graph.ts';
import type { DType } from '../ir/type.ts';
import { isFloat } from '../ir/type.ts';
import { dtypeOfOnnx, ONNX_DTYPE } from './dtype.ts';
import type { Emit } from './emit.ts';
import { toDType } from './fold.ts';
import type { AttrDef, Expand, OpDef, Vjp } from './op.ts';
import { dataAt, float, hasInput, int, isAbsent, likeFirst, numberOf, of, requiredInt, shapeAt, text } from './read.ts';
import { erf, roundEven, sigmoid, softplus } from './scalar.ts';

interface Local {
  readonly x: ValueId;
  readonly y: ValueId;
  /** Cotangent of y. */
  readonly g: ValueId;
  readonly attr: (name: string) => number;
}

type Derivative = (e: Emit, local: Local) => ValueId;

interface Row {
  readonly name: string;
  readonly summary: string;
  readonly attrs?: Readonly<Record<string, AttrDef>>;
  readonly value: (x: number, attrs: Attrs) => number;
  readonly vjp: Derivative | 'none' | 'expand';
  readonly expand?: Expand;
  /** Element type of the result where it differs from the input's. */
  readonly dtype?: DType;
}

const scalar = (e: Emit, like: ValueId, value: number): ValueId => e.scalar(value, e.type(like).dtype);
const positive = (e: Emit, x: ValueId): ValueId => e.op('Greater', [x, scalar(e, x, 0)]);
const negative = (e: Emit, x: ValueId): ValueId => e.op('Less', [x, scalar(e, x, 0)]);
const square = (e: Emit, x: ValueId): ValueId => e.mul(x, x);
const plus = (e: Emit, x: ValueId, value: number): ValueId => e.add(x, scalar(e, x, value));
const times = (e: Emit, x: ValueId, value: number): ValueId => e.mul(x, scalar(e, x, value));
const from = (e: Emit, value: number, x: ValueId): ValueId => e.sub(scalar(e, x, value), x);
/** g where the condition holds, else `other`. */
const pick = (e: Emit, condition: ValueId, g: ValueId, other: ValueId): ValueId => e.op('Where', [condition, g, other]);
/** 1 where the condition holds, else 0, in the element type of x. */
const mask = (e: Emit, condition: ValueId, x: ValueId): ValueId =>
  e.op('Cast', [condition], { to: ONNX_DTYPE[e.type(x).dtype] });

const num = numberOf;

const unary = ({ name, summary, attrs = {}, value, vjp, expand, dtype }: Row): OpDef => {
  const rule = (derivative: Derivative): Vjp => {
    return (e, { inputs: [x], outputs: [y], attrs: given }, [g]) => [
      derivative(e, { x: x!, y: y!, g: g!, attr: (key) => num(given, key) }),
    ];
  };
  return {
    name,
    summary,
    attrs,
    infer: (call) => (dtype ? of(dtype, shapeAt(call, 0)) : likeFirst(call)),
    fold: (call, types) => [dataAt(call, 0)!.map((x) => toDType(value(x, call.attrs), types[0]!.dtype))],
    vjp: typeof vjp === 'function' ? rule(vjp) : vjp,
    ...(expand && { expand }),
  };
};

const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

const rows: readonly Row[] = [
  {
    name: 'Relu',
    summary: 'max(x, 0).',
    value: (x) => Math.max(x, 0),
    // dx = x > 0 ? g : 0
    vjp: (e, { x, g }) => pick(e, positive(e, x), g, scalar(e, x, 0)),
  },
  {
    name: 'LeakyRelu',
    summary: 'x where positive, alpha·x elsewhere.',
    attrs: { alpha: float(0.01) },
    value: (x, a) => (x > 0 ? x : num(a, 'alpha') * x),
    // dx = x > 0 ? g : alpha·g
    vjp: (e, { x, g, attr }) => pick(e, positive(e, x), g, times(e, g, attr('alpha'))),
  },
  {
    name: 'Elu',
    summary: 'x where positive, alpha·(eˣ − 1) elsewhere.',
    attrs: { alpha: float(1) },
    value: (x, a) => (x > 0 ? x : num(a, 'alpha') * Math.expm1(x)),
    // dx = x > 0 ? g : g·(y + alpha)
    vjp: (e, { x, y, g, attr }) => pick(e, positive(e, x), g, e.mul(g, plus(e, y, attr('alpha')))),
  },
  {
    name: 'Selu',
    summary: 'gamma·x where positive, gamma·alpha·(eˣ − 1) elsewhere.',
    attrs: { alpha: float(SELU_ALPHA), gamma: float(SELU_GAMMA) },
    value: (x, a) => num(a, 'gamma') * (x > 0 ? x : num(a, 'alpha') * Math.expm1(x)),
    // dx = x > 0 ? gamma·g : g·(y + gamma·alpha)
    vjp: (e, { x, y, g, attr }) =>
      pick(e, positive(e, x), times(e, g, attr('gamma')), e.mul(g, plus(e, y, attr('gamma') * attr('alpha')))),
    expand: (e, { inputs: [x], attrs }) => [
      times(e, e.op('Elu', [x!], { alpha: num(attrs, 'alpha', SELU_ALPHA) }), num(attrs, 'gamma', SELU_GAMMA)),
    ],
  },
  {
    name: 'Celu',
    summary: 'x where positive, alpha·(e^(x/alpha) − 1) elsewhere.',
    attrs: { alpha: float(1) },
    value: (x, a) => (x > 0 ? x : num(a, 'alpha') * Math.expm1(x / num(a, 'alpha'))),
    // dx = x > 0 ? g : g·(y/alpha + 1)
    vjp: (e, { x, y, g, attr }) => pick(e, positive(e, x), g, e.mul(g, plus(e, times(e, y, 1 / attr('alpha')), 1))),
    expand: (e, { inputs: [x], attrs }) => {
      const alpha = num(attrs, 'alpha', 1);
      return [times(e, e.op('Elu', [times(e, x!, 1 / alpha)], { alpha: 1 }), alpha)];
    },
  },
  {
    name: 'Gelu',
    summary: 'x·Φ(x), exact or by tanh (opset 20; expanded for the runtime).',
    attrs: { approximate: text('none') },
    value: (x, a) =>
      a['approximate'] === 'tanh'
        ? 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
        : 0.5 * x * (1 + erf(x / Math.SQRT2)),
    vjp: 'expand',
    expand: (e, node) => {
      const x = node.inputs[0]!;
      const cubic = (): ValueId => e.mul(x, plus(e, times(e, square(e, x), 0.044715), 1));
      const squashed =
        node.attrs['approximate'] === 'tanh'
          ? e.op('Tanh', [times(e, cubic(), Math.sqrt(2 / Math.PI))])
          : e.op('Erf', [times(e, x, Math.SQRT1_2)]);
      return [e.mul(times(e, x, 0.5), plus(e, squashed, 1))];
    },
  },
  {
    name: 'Sigmoid',
    summary: '1 / (1 + e⁻ˣ).',
    value: sigmoid,
    // dx = g·y·(1 − y)
    vjp: (e, { y, g }) => e.mul(g, e.mul(y, from(e, 1, y))),
  },
  {
    name: 'HardSigmoid',
    summary: 'alpha·x + beta, held within [0, 1].',
    attrs: { alpha: float(0.2), beta: float(0.5) },
    value: (x, a) => Math.min(1, Math.max(0, num(a, 'alpha') * x + num(a, 'beta'))),
    // dx = alpha·g·[0 < y < 1]
    vjp: (e, { y, g, attr }) =>
      times(e, e.mul(e.mul(g, mask(e, positive(e, y), y)), mask(e, negative(e, plus(e, y, -1)), y)), attr('alpha')),
  },
  {
    name: 'HardSwish',
    summary: 'x·HardSigmoid(x) with alpha 1/6 and beta 1/2.',
    value: (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
    vjp: 'expand',
    expand: (e, { inputs: [x] }) => [e.mul(x!, e.op('HardSigmoid', [x!], { alpha: 1 / 6, beta: 0.5 }))],
  },
  {
    name: 'Mish',
    summary: 'x·tanh(softplus(x)) (opset 18; expanded for the runtime).',
    value: (x) => x * Math.tanh(softplus(x)),
    vjp: 'expand',
    expand: (e, { inputs: [x] }) => [e.mul(x!, e.op('Tanh', [e.op('Softplus', [x!])]))],
  },
  {
    name: 'Softplus',
    summary: 'log(1 + eˣ).',
    value: softplus,
    // dx = g·sigmoid(x)
    vjp: (e, { x, g }) => e.mul(g, e.op('Sigmoid', [x])),
  },
  {
    name: 'Softsign',
    summary: 'x / (1 + |x|).',
    value: (x) => x / (1 + Math.abs(x)),
    // dx = g / (1 + |x|)²
    vjp: (e, { x, g }) => e.div(g, square(e, plus(e, e.op('Abs', [x]), 1))),
    expand: (e, { inputs: [x] }) => [e.div(x!, plus(e, e.op('Abs', [x!]), 1))],
  },
  {
    name: 'Tanh',
    summary: 'Hyperbolic tangent.',
    value: Math.tanh,
    // dx = g·(1 − y²)
    vjp: (e, { y, g }) => e.mul(g, from(e, 1, square(e, y))),
  },
  { name: 'Exp', summary: 'eˣ.', value: Math.exp, vjp: (e, { y, g }) => e.mul(g, y) }, // dx = g·y
  { name: 'Log', summary: 'Natural logarithm.', value: Math.log, vjp: (e, { x, g }) => e.div(g, x) }, // dx = g / x
  {
    name: 'Sqrt',
    summary: 'Square root.',
    value: Math.sqrt,
    // dx = g / 2y
    vjp: (e, { y, g }) => e.div(g, times(e, y, 2)),
  },
  {
    name: 'Reciprocal',
    summary: '1 / x.',
    value: (x) => 1 / x,
    // dx = −g·y²
    vjp: (e, { y, g }) => e.neg(e.mul(g, square(e, y))),
  },
  {
    name: 'Abs',
    summary: '|x|.',
    value: Math.abs,
    // dx = g·([x > 0] − [x < 0])
    vjp: (e, { x, g }) => e.mul(g, e.sub(mask(e, positive(e, x), x), mask(e, negative(e, x), x))),
  },
  { name: 'Neg', summary: '−x.', value: (x) => -x, vjp: (e, { g }) => e.neg(g) }, // dx = −g
  { name: 'Sign', summary: '−1, 0 or 1.', value: Math.sign, vjp: 'none' },
  { name: 'Floor', summary: 'Largest integer not above x.', value: Math.floor, vjp: 'none' },
  { name: 'Ceil', summary: 'Smallest integer not below x.', value: Math.ceil, vjp: 'none' },
  { name: 'Round', summary: 'Nearest integer, halves to even.', value: roundEven, vjp: 'none' },
  {
    name: 'Erf',
    summary: 'Error function.',
    value: erf,
    // dx = g·2/√π·exp(−x²)
    vjp: (e, { x, g }) => e.mul(g, times(e, e.op('Exp', [e.neg(square(e, x))]), 2 / Math.sqrt(Math.PI))),
  },
  { name: 'Sin', summary: 'Sine.', value: Math.sin, vjp: (e, { x, g }) => e.mul(g, e.op('Cos', [x])) }, // dx = g·cos x
  {
    name: 'Cos',
    summary: 'Cosine.',
    value: Math.cos,
    // dx = −g·sin x
    vjp: (e, { x, g }) => e.neg(e.mul(g, e.op('Sin', [x]))),
  },
  {
    name: 'Tan',
    summary: 'Tangent.',
    value: Math.tan,
    // dx = g·(1 + y²)
    vjp: (e, { y, g }) => e.mul(g, plus(e, square(e, y), 1)),
  },
  {
    name: 'Asin',
    summary: 'Arc sine.',
    value: Math.asin,
    // dx = g / √(1 − x²)
    vjp: (e, { x, g }) => e.div(g, e.sqrt(from(e, 1, square(e, x)))),
  },
  {
    name: 'Acos',
    summary: 'Arc cosine.',
    value: Math.acos,
    // dx = −g / √(1 − x²)
    vjp: (e, { x, g }) => e.neg(e.div(g, e.sqrt(from(e, 1, square(e, x))))),
  },
  {
    name: 'Atan',
    summary: 'Arc tangent.',
    value: Math.atan,
    // dx = g / (1 + x²)
    vjp: (e, { x, g }) => e.div(g, plus(e, square(e, x), 1)),
  },
  {
    name: 'Sinh',
    summary: 'Hyperbolic sine.',
    value: Math.sinh,
    // dx = g·cosh x
    vjp: (e, { x, g }) => e.mul(g, e.op('Cosh', [x])),
  },
  {
    name: 'Cosh',
    summary: 'Hyperbolic cosine.',
    value: Math.cosh,
    // dx = g·sinh x
    vjp: (e, { x, g }) => e.mul(g, e.op('Sinh', [x])),
  },
  {
    name: 'Asinh',
    summary: 'Inverse hyperbolic sine.',
    value: Math.asinh,
    // dx = g / √(x² + 1)
    vjp: (e, { x, g }) => e.div(g, e.sqrt(plus(e, square(e, x), 1))),
  },
  {
    name: 'Acosh',
    summary: 'Inverse hyperbolic cosine.',
    value: Math.acosh,
    // dx = g / √(x² − 1)
    vjp: (e, { x, g }) => e.div(g, e.sqrt(plus(e, square(e, x), -1))),
  },
  {
    name: 'Atanh',
    summary: 'Inverse hyperbolic tangent.',
    value: Math.atanh,
    // dx = g / (1 − x²)
    vjp: (e, { x, g }) => e.div(g, from(e, 1, square(e, x))),
  },
  { name: 'Not', summary: 'Logical negation.', value: (x) => Number(x === 0), vjp: 'none' },
  {
    name: 'IsNaN',
    summary: 'True where x is not a number.',
    value: (x) => Number(Number.isNaN(x)),
    dtype: 'bool',
    vjp: 'none',
  },
  {
    name: 'IsInf',
    summary: 'True where x is infinite; each sign can be left out.',
    attrs: { detect_negative: int(1), detect_positive: int(1) },
    value: (x, a) =>
      Number(
        (x === Infinity && num(a, 'detect_positive') !== 0) || (x === -Infinity && num(a, 'detect_negative') !== 0),
      ),
    dtype: 'bool',
    vjp: 'none',
  },
  { name: 'Identity', summary: 'x itself.', value: (x) => x, vjp: (_, { g }) => g }, // dx = g
  {
    name: 'Detach',
    summary: 'x itself, through which no gradient passes (not ONNX; expanded for the runtime).',
    value: (x) => x,
    vjp: 'none',
    expand: (e, { inputs: [x] }) => [e.op('Identity', [x!])],
  },
];

const cast: OpDef = {
  name: 'Cast',
  summary: 'Converts to the element type `to` (an ONNX data type number).',
  attrs: { to: requiredInt },
  infer: (call) => of(dtypeOfOnnx(numberOf(call.attrs, 'to', 1)) ?? 'float32', shapeAt(call, 0)),
  fold: (call, types) => [dataAt(call, 0)!.map((x) => toDType(x, types[0]!.dtype))],
  // dx = g in the element type of x; integers and booleans have no gradient
  vjp: (e, node, [g]) => {
    const { dtype } = e.type(node.inputs[0]!);
    return [isFloat(dtype) ? e.op('Cast', [g!], { to: ONNX_DTYPE[dtype] }) : null];
  },
};

const clip: OpDef = {
  name: 'Clip',
  summary: 'Holds x within [min, max]; either bound may be absent.',
  attrs: {},
  infer: likeFirst,
  fold: (call) => {
    const low = hasInput(call, 1) ? dataAt(call, 1)![0]! : -Infinity;
    const high = hasInput(call, 2) ? dataAt(call, 2)![0]! : Infinity;
    return [dataAt(call, 0)!.map((x) => Math.min(Math.max(x, low), high))];
  },
  // dx = g·[min < x < max]; at a bound the gradient is 0, as for torch's hardtanh and relu6
  vjp: (e, { inputs: [x, low, high] }, [g]) => {
    let dx = g!;
    if (!isAbsent(low)) dx = e.mul(dx, mask(e, e.op('Greater', [x!, low]), x!));
    if (!isAbsent(high)) dx = e.mul(dx, mask(e, e.op('Less', [x!, high]), x!));
    return [dx, null, null];
  },
};

export const unaryOps: readonly OpDef[] = [...rows.map(unary), cast, clip];
