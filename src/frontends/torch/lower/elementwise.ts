/** Elementwise calls: arithmetic, comparisons, activations, casts, writes. */

import type { ValueId } from '../../../ir/graph.ts';
import type { Arg, Lower, Lowering, Lowerings } from './lower.ts';
import { isFloatArg, isTensor, product, Unsupported } from './lower.ts';

const floating =
  (build: (c: Lower, x: ValueId) => ValueId): Lowering =>
  (c, [x]) =>
    build(c, c.float(c.tensor(x)));
const direct =
  (op: string): Lowering =>
  (c, [x]) =>
    c.op(op, [c.tensor(x)]);
const asFloat = (op: string): Lowering => floating((c, x) => c.op(op, [x]));
const keep =
  (build: (c: Lower, x: ValueId, args: readonly Arg[]) => ValueId): Lowering =>
  (c, args) =>
    build(c, c.tensor(args[0]), args);
const binary =
  (op: string): Lowering =>
  (c, [a, b]) =>
    c.op(op, c.promote([a!, b!]));
const compare = binary;
const logical =
  (op: string): Lowering =>
  (c, [a, b]) =>
    c.op(
      op,
      [a!, b!].map((one) => c.cast(c.tensor(one), 'bool')),
    );
const scaled = (c: Lower, b: Arg, alpha: Arg | undefined): Arg => {
  const factor = c.number(alpha, 1);
  if (factor === 1) return b;
  if (isTensor(b)) return { t: c.mul(...(c.promote([b, alpha!]) as [ValueId, ValueId])) };
  const value = c.number(b) * factor;
  return isFloatArg(b) || isFloatArg(alpha) ? { f: value } : value;
};
const isBool = (c: Lower, arg: Arg | undefined): boolean =>
  isTensor(arg) ? c.dtype(arg.t) === 'bool' : typeof arg === 'boolean';
const bitwise =
  (op: string): Lowering =>
  (c, [a, b]) => {
    if (isBool(c, a) && isBool(c, b)) return c.op(op, [c.tensor(a), c.tensor(b)]);
    if (op === 'And' && (isBool(c, a) || isBool(c, b))) {
      // A truth value leaves at most the last bit of a number.
      const [truth, number] = c.promote(isBool(c, a) ? [a!, b!] : [b!, a!]);
      return c.mul(truth!, c.op('Mod', [number!, c.like(number!, 2)]));
    }
    throw new Unsupported('bitwise arithmetic on integers');
  };

const sub = (c: Lower, a: ValueId, b: number): ValueId => c.sub(a, c.like(a, b));
const times = (c: Lower, a: ValueId, b: number): ValueId => (b === 1 ? a : c.mul(a, c.like(a, b)));
const clip = (c: Lower, x: ValueId, low: number | null, high: number | null): ValueId =>
  c.op('Clip', [x, low === null ? null : c.like(x, low), high === null ? null : c.like(x, high)]);
const where = (c: Lower, condition: ValueId, a: Arg, b: Arg): ValueId =>
  c.op('Where', [c.cast(condition, 'bool'), ...c.promote([a, b])]);
const bound = (c: Lower, arg: Arg | undefined): boolean =>
  arg !== null && arg !== undefined && !isTensor(arg) && c.number(arg) === c.number(arg);

export const elementwise: Lowerings = {
  add: (c, [a, b, alpha]) => {
    const other = scaled(c, b!, alpha);
    if (isBool(c, a) && isBool(c, other)) return c.op('Or', [c.tensor(a), c.tensor(other)]);
    return c.op('Add', c.promote([a!, other]));
  },
  sub: (c, [a, b, alpha]) => c.op('Sub', c.promote([a!, scaled(c, b!, alpha)])),
  mul: (c, [a, b]) =>
    isBool(c, a) && isBool(c, b) ? c.op('And', [c.tensor(a), c.tensor(b)]) : c.op('Mul', c.promote([a!, b!])),
  div: (c, [a, b, mode]) => {
    if (mode === null || mode === undefined) return c.op('Div', c.promote([a!, b!], c.floating));
    return divideRounded(c, a!, b!, mode === 'floor');
  },
  floor_divide: (c, [a, b]) => divideRounded(c, a!, b!, true),
  remainder: (c, [a, b]) => {
    const [x, y] = c.promote([a!, b!]) as [ValueId, ValueId];
    if (!c.dtype(x).includes('float')) return c.op('Mod', [x, y]);
    return c.sub(x, c.mul(c.op('Floor', [c.div(x, y)]), y));
  },
  fmod: (c, [a, b]) => c.op('Mod', c.promote([a!, b!]), { fmod: 1 }),
  pow: (c, [a, b]) => {
    if (!isTensor(b)) {
      const exponent = c.number(b);
      const x = c.tensor(a);
      if (exponent === 1) return c.op('Identity', [x]);
      if (exponent === 2) return c.mul(x, x);
      if (exponent === 3) return c.mul(c.mul(x, x), x);
      if (exponent === 0.5) return c.sqrt(c.float(x));
      if (exponent === -0.5) return c.op('Reciprocal', [c.sqrt(c.float(x))]);
      if (exponent === -1) return c.op('Reciprocal', [c.float(x)]);
    }
    return c.op('Pow', c.promote([a!, b!]));
  },
  maximum: binary('Max'),
  minimum: binary('Min'),
  eq: compare('Equal'),
  ne: (c, [a, b]) => c.op('Not', [c.op('Equal', c.promote([a!, b!]))]),
  lt: compare('Less'),
  le: compare('LessOrEqual'),
  gt: compare('Greater'),
  ge: compare('GreaterOrEqual'),
  logical_and: logical('And'),
  logical_or: logical('Or'),
  logical_xor: logical('Xor'),
  logical_not: (c, [a]) => c.op('Not', [c.cast(c.tensor(a), 'bool')]),
  bitwise_and: bitwise('And'),
  bitwise_or: bitwise('Or'),
  bitwise_xor: bitwise('Xor'),
  bitwise_left_shift: (c, [a, b]) => c.op('Mul', c.promote([a!, powerOfTwo(c, b!)])),
  bitwise_right_shift: (c, [a, b]) => divideRounded(c, a!, powerOfTwo(c, b!), true),
  bitwise_not: (c, [a]) => {
    const x = c.tensor(a);
    return c.dtype(x) === 'bool' ? c.op('Not', [x]) : sub(c, c.neg(x), 1);
  },
  clamp: (c, [a, low, high]) => {
    if (isTensor(low) || isTensor(high)) {
      let x = c.tensor(a);
      if (low !== null) x = c.op('Max', c.promote([{ t: x }, low!]));
      if (high !== null) x = c.op('Min', c.promote([{ t: x }, high!]));
      return x;
    }
    const x = c.tensor(a);
    const y = isFloatArg(low) || isFloatArg(high) ? c.float(x) : x;
    return clip(c, y, bound(c, low) ? c.number(low) : null, bound(c, high) ? c.number(high) : null);
  },
  where: (c, [condition, a, b]) => where(c, c.tensor(condition), a!, b!),
  masked_fill: (c, [a, mask, value]) => {
    const x = c.tensor(a);
    return c.op('Where', [c.cast(c.tensor(mask), 'bool'), c.cast(c.tensor(value), c.dtype(x)), x]);
  },
  nan_to_num: (c, [a, nan]) => where(c, c.op('IsNaN', [c.tensor(a)]), nan ?? 0, a!),

  exp: asFloat('Exp'),
  log: asFloat('Log'),
  sqrt: asFloat('Sqrt'),
  sin: asFloat('Sin'),
  cos: asFloat('Cos'),
  tan: asFloat('Tan'),
  sinh: asFloat('Sinh'),
  cosh: asFloat('Cosh'),
  asinh: asFloat('Asinh'),
  acosh: asFloat('Acosh'),
  atanh: asFloat('Atanh'),
  asin: asFloat('Asin'),
  acos: asFloat('Acos'),
  atan: asFloat('Atan'),
  tanh: asFloat('Tanh'),
  sigmoid: asFloat('Sigmoid'),
  erf: asFloat('Erf'),
  reciprocal: asFloat('Reciprocal'),
  log2: floating((c, x) => times(c, c.op('Log', [x]), Math.LOG2E)),
  log10: floating((c, x) => times(c, c.op('Log', [x]), Math.LOG10E)),
  log1p: floating((c, x) => c.op('Log', [c.add(x, c.like(x, 1))])),
  expm1: floating((c, x) => sub(c, c.op('Exp', [x]), 1)),
  rsqrt: floating((c, x) => c.op('Reciprocal', [c.sqrt(x)])),
  square: keep((c, x) => c.mul(x, x)),
  abs: direct('Abs'),
  neg: direct('Neg'),
  sign: direct('Sign'),
  floor: keep((c, x) => (c.dtype(x).includes('float') ? c.op('Floor', [x]) : x)),
  ceil: keep((c, x) => (c.dtype(x).includes('float') ? c.op('Ceil', [x]) : x)),
  round: keep((c, x) => (c.dtype(x).includes('float') ? c.op('Round', [x]) : x)),
  trunc: keep((c, x) => c.mul(c.op('Sign', [x]), c.op('Floor', [c.op('Abs', [x])]))),
  frac: keep((c, x) => c.sub(x, c.mul(c.op('Sign', [x]), c.op('Floor', [c.op('Abs', [x])])))),
  isnan: direct('IsNaN'),
  isinf: direct('IsInf'),
  isfinite: keep((c, x) => c.op('LessOrEqual', [c.op('Abs', [x]), c.like(x, 3.4028234663852886e38)])),

  relu: direct('Relu'),
  relu6: keep((c, x) => clip(c, x, 0, 6)),
  elu: keep((c, x, [, alpha]) => c.op('Elu', [x], { alpha: c.number(alpha, 1) })),
  selu: direct('Selu'),
  celu: keep((c, x, [, alpha]) => c.op('Celu', [x], { alpha: c.number(alpha, 1) })),
  leaky_relu: keep((c, x, [, slope]) => c.op('LeakyRelu', [x], { alpha: c.number(slope, 0.01) })),
  silu: keep((c, x) => c.mul(x, c.op('Sigmoid', [x]))),
  mish: keep((c, x) => c.mul(x, c.op('Tanh', [c.op('Softplus', [x])]))),
  hardsigmoid: keep((c, x) => c.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 })),
  hardswish: keep((c, x) => c.mul(x, c.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 }))),
  hardtanh: keep((c, x, [, low, high]) => clip(c, x, c.number(low, -1), c.number(high, 1))),
  threshold: keep((c, x, [, limit, value]) =>
    where(c, c.op('Greater', [x, c.like(x, c.number(limit))]), { t: x }, { f: c.number(value) }),
  ),
  gelu: keep((c, x, [, approximate]) => {
    if (approximate === 'tanh') {
      const cube = c.mul(c.mul(x, x), x);
      const inner = times(c, c.add(x, times(c, cube, 0.044715)), Math.sqrt(2 / Math.PI));
      return c.mul(times(c, x, 0.5), c.add(c.op('Tanh', [inner]), c.like(x, 1)));
    }
    const inner = c.op('Erf', [c.div(x, c.like(x, Math.SQRT2))]);
    return times(c, c.mul(x, c.add(inner, c.like(x, 1))), 0.5);
  }),
  softplus: keep((c, x, [, beta, threshold]) => {
    const [b, t] = [c.number(beta, 1), c.number(threshold, 20)];
    const scaled = times(c, x, b);
    const soft = times(c, c.op('Softplus', [scaled]), 1 / b);
    // From 20 on, float32 does not tell the two apart.
    return t >= 20 ? soft : c.op('Where', [c.op('Greater', [scaled, c.like(scaled, t)]), x, soft]);
  }),
  logsigmoid: keep((c, x) => c.neg(c.op('Softplus', [c.neg(x)]))),
  softsign: keep((c, x) => c.div(x, c.add(c.op('Abs', [x]), c.like(x, 1)))),
  tanhshrink: keep((c, x) => c.sub(x, c.op('Tanh', [x]))),
  softshrink: keep((c, x, [, lambd]) => {
    const l = c.number(lambd, 0.5);
    return c.sub(c.op('Relu', [sub(c, x, l)]), c.op('Relu', [sub(c, c.neg(x), l)]));
  }),
  hardshrink: keep((c, x, [, lambd]) =>
    where(c, c.op('Greater', [c.op('Abs', [x]), c.like(x, c.number(lambd, 0.5))]), { t: x }, { f: 0 }),
  ),
  prelu: (c, [input, weight]) => {
    const [x, w] = [c.tensor(input), c.tensor(weight)];
    const slopes = product(c.shape(w));
    // torch's slopes lie along axis 1, ONNX's are broadcast from the last axis.
    const shape = slopes === 1 ? [1] : [slopes, ...new Array<number>(Math.max(0, c.rank(x) - 2)).fill(1)];
    return c.op('PRelu', [x, c.reshape(w, shape)]);
  },
  glu: (c, [input, dim]) => {
    const x = c.tensor(input);
    const axis = c.axis(x, c.number(dim, -1));
    const half = c.shape(x)[axis]! / 2;
    return c.mul(c.slice(x, axis, 0, half), c.op('Sigmoid', [c.slice(x, axis, half, 2 * half)]));
  },
  softmax: keep((c, x, [, dim]) => c.op('Softmax', [c.float(x)], { axis: c.axis(x, defaultAxis(c, x, dim)) })),
  log_softmax: keep((c, x, [, dim]) => c.op('LogSoftmax', [c.float(x)], { axis: c.axis(x, defaultAxis(c, x, dim)) })),

  cast: (c, [a, dtype]) => c.cast(c.tensor(a), c.dtypeArg(dtype)!),
  detach: (c, [a]) => c.op('Detach', [c.tensor(a)]),
  alias: (c, [a]) => c.op('Identity', [c.tensor(a)]),
  alias_dropout: (c, [a]) => c.tensor(a),
  dropout: (c, [a, p, kind]) => {
    const x = c.tensor(a);
    const name = c.text(kind);
    const ratio = c.number(p);
    if (name === 'dropout') return c.dropout(x, ratio);
    const whole = name === 'alpha_dropout';
    const mask = whole ? c.shape(x) : c.shape(x).map((dim, axis) => (axis < 2 ? dim : 1));
    if (name.includes('alpha')) return alphaDropout(c, x, c.keepMask(mask, ratio), ratio);
    return c.mul(x, c.dropout(c.expandTo(c.scalar(1), mask), ratio));
  },
  stochastic_depth: (c, [a, p, mode]) => {
    const x = c.tensor(a);
    const shape = c.shape(x).map((dim, axis) => (axis === 0 && c.text(mode) === 'row' ? dim : 1));
    const ones = c.expandTo(c.scalar(1), shape);
    return c.mul(x, c.dropout(ones, c.number(p)));
  },
  bernoulli: (c, [shape, p]) => c.keepMask(c.numbers(shape), 1 - c.number(p)),
  /** In-place writes of a whole tensor: the source in the target's type and shape. */
  copy: (c, [target, source, shape]) => {
    const t = c.tensor(target);
    const s = c.cast(c.tensor(source), c.dtype(t));
    return c.expandTo(s, c.numbers(shape));
  },
};

/** Negative saturation of a SELU, −scale · α, which alpha dropout puts in the place of what it drops. */
const SATURATION = -1.7580993408473766;

/** Keeps mean 0 and variance 1 ("Self-normalizing neural networks", Klambauer et al. 2017). */
const alphaDropout = (c: Lower, x: ValueId, keep: ValueId, rate: number): ValueId => {
  if (rate >= 1) return c.mul(x, c.scalar(0));
  const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * SATURATION ** 2));
  const dropped = c.mul(c.sub(c.scalar(1), keep), c.scalar(SATURATION * scale));
  const shift = c.scalar(-scale * SATURATION * rate);
  return c.add(c.add(c.mul(x, c.mul(keep, c.scalar(scale))), dropped), shift);
};

/** Softmax without `dim`: torch takes 0 for 0, 1 or 3 axes, else 1. */
const defaultAxis = (c: Lower, x: ValueId, dim: Arg | undefined): number => {
  if (dim !== null && dim !== undefined) return c.number(dim);
  return [0, 1, 3].includes(c.rank(x)) ? 0 : 1;
};

const powerOfTwo = (c: Lower, exponent: Arg): Arg =>
  isTensor(exponent) ? { t: c.op('Pow', [c.like(exponent.t, 2), exponent.t]) } : 2 ** c.number(exponent);

const divideRounded = (c: Lower, a: Arg, b: Arg, floor: boolean): ValueId => {
  const [x, y] = c.promote([a, b]) as [ValueId, ValueId];
  const dtype = c.dtype(x);
  const quotient = c.div(c.float(x), c.float(y));
  const rounded = floor
    ? c.op('Floor', [quotient])
    : c.mul(c.op('Sign', [quotient]), c.op('Floor', [c.op('Abs', [quotient])]));
  return c.cast(rounded, dtype);
};
