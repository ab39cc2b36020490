/** Reductions, extrema, statistics, matrix products and attention. */

import type { ValueId } from '../../../ir/graph.ts';
import type { DType } from '../../../ir/type.ts';
import { isFloat } from '../../../ir/type.ts';
import type { Arg, Lower, Lowering, Lowerings } from './lower.ts';
import { isTensor, product, range, Unsupported } from './lower.ts';

const axesOf = (c: Lower, x: ValueId, dim: Arg | undefined): number[] => {
  const given = dim === null || dim === undefined ? [] : c.numbers(dim);
  return given.length ? given.map((axis) => c.axis(x, axis)) : range(c.rank(x));
};

const reduceBy = (c: Lower, op: string, x: ValueId, axes: readonly number[], keep: boolean): ValueId => {
  if (c.rank(x) === 0) return c.op('Identity', [x]);
  if (op === 'ReduceSum') return c.reduceSum(x, axes, keep);
  return c.op(op, [x], { axes, keepdims: keep ? 1 : 0 });
};

const reduction =
  (op: string, integers: 'keep' | 'widen' | 'float' = 'keep'): Lowering =>
  (c, [input, dim, keep, dtype]) => {
    let x = c.tensor(input);
    const wanted = c.dtypeArg(dtype);
    if (wanted) x = c.cast(x, wanted);
    else if (integers === 'widen' && !isFloat(c.dtype(x))) x = c.cast(x, 'int64');
    else if (integers === 'float') x = c.float(x);
    return reduceBy(c, op, x, axesOf(c, x, dim), c.flag(keep));
  };

const truth =
  (op: string): Lowering =>
  (c, [input, dim, keep]) => {
    const x = c.cast(c.cast(c.tensor(input), 'bool'), 'int32' as DType);
    return c.cast(reduceBy(c, op, x, axesOf(c, x, dim), c.flag(keep)), 'bool');
  };

const arg =
  (op: string): Lowering =>
  (c, [input, dim, keep]) => {
    const x = c.tensor(input);
    if (dim === null || dim === undefined) return c.op(op, [c.reshape(x, [-1])], { axis: 0, keepdims: 0 });
    return c.op(op, [x], { axis: c.axis(x, c.number(dim)), keepdims: c.flag(keep) ? 1 : 0 });
  };

const extremum =
  (op: string, index: string): Lowering =>
  (c, [input, dim, keep]) => {
    const x = c.tensor(input);
    const axis = c.axis(x, c.number(dim));
    const keepdims = c.flag(keep) ? 1 : 0;
    return [c.op(op, [x], { axes: [axis], keepdims }), c.op(index, [x], { axis, keepdims })];
  };

const variance = (c: Lower, x: ValueId, axes: readonly number[], correction: number, keep: boolean): ValueId => {
  const count = product(axes.map((axis) => c.shape(x)[axis]!));
  const centred = c.sub(x, c.reduceMean(x, axes));
  const mean = c.reduceMean(c.mul(centred, centred), axes, keep);
  return correction === 0 ? mean : c.mul(mean, c.like(x, count / (count - correction)));
};

const matmul = (c: Lower, a: Arg | undefined, b: Arg | undefined): ValueId => {
  const [x, y] = [c.tensor(a), c.tensor(b)];
  return c.matMul(c.sameDtype(x, y, ['first factor', 'second']), y);
};

/** Causal mask as numbers to add: 0 where the key is not after the query, else −∞ (as a large number). */
const NEGATIVE = -Infinity;

const attention: Lowering = (c, [query, key, value, mask, rate, causal, scale, grouped]) => {
  const q = c.tensor(query);
  let [k, v] = [key, value].map((one) => c.sameDtype(c.tensor(one), q, ['key or value', 'query'])) as [
    ValueId,
    ValueId,
  ];
  const shape = c.shape(q);
  const width = shape.at(-1)!;
  if (c.flag(grouped)) {
    const repeat = (x: ValueId): ValueId => {
      const [n, h, l, d] = c.shape(x) as [number, number, number, number];
      const times = shape[1]! / h;
      return c.reshape(c.expandTo(c.addAxes(x, [2]), [n, h, times, l, d]), [n, h * times, l, d]);
    };
    [k, v] = [repeat(k), repeat(v)];
  }
  const factor = scale === null || scale === undefined ? 1 / Math.sqrt(width) : c.number(scale);
  const kt = c.permute(k, [...range(c.rank(k) - 2), c.rank(k) - 1, c.rank(k) - 2]);
  let scores = c.mul(c.matMul(q, kt), c.like(q, factor));
  const [rows, columns] = c.shape(scores).slice(-2) as [number, number];
  if (c.flag(causal)) {
    const ones = c.expandTo(c.scalar(1), [rows, columns]);
    const allowed = c.cast(c.op('Trilu', [ones, null], { upper: 0 }), 'bool');
    scores = c.op('Where', [allowed, scores, c.like(scores, NEGATIVE)]);
  }
  if (isTensor(mask)) {
    scores =
      c.dtype(mask.t) === 'bool'
        ? c.op('Where', [mask.t, scores, c.like(scores, NEGATIVE)])
        : c.add(scores, c.cast(mask.t, c.dtype(scores)));
  }
  let weights = c.op('Softmax', [scores], { axis: c.rank(scores) - 1 });
  if (c.number(rate, 0) > 0) weights = c.dropout(weights, c.number(rate));
  return c.matMul(weights, v);
};

/** Whether an equation sums products of two operands: torch multiplies matrices then, which widens no element type. */
const contracts = (equation: string): boolean => {
  const [left = '', right] = equation.split('->');
  const terms = left.split(',').map((term) => new Set(term));
  const isShared = (label: string): boolean => terms.filter((term) => term.has(label)).length > 1;
  return [...new Set(left.match(/[A-Za-z]/g))].some((label) => isShared(label) && !(right ?? '').includes(label));
};

/** The result of a call that nothing computes, with what is known of its shape; null where its rank is not. */
const shaped: Lowering = (c, [, shape, dtype]) => {
  const known = shape === null ? null : c.list(shape).map((length) => (typeof length === 'number' ? length : null));
  throw new Unsupported('', known, c.dtypeArg(dtype));
};

export const reductions: Lowerings = {
  sum: reduction('ReduceSum', 'widen'),
  nansum: reduction('ReduceSum', 'widen'),
  mean: reduction('ReduceMean', 'float'),
  prod: reduction('ReduceProd', 'widen'),
  amax: reduction('ReduceMax'),
  amin: reduction('ReduceMin'),
  logsumexp: reduction('ReduceLogSumExp', 'float'),
  any: truth('ReduceMax'),
  all: truth('ReduceMin'),
  max: extremum('ReduceMax', 'ArgMax'),
  min: extremum('ReduceMin', 'ArgMin'),
  argmax: arg('ArgMax'),
  argmin: arg('ArgMin'),
  var: (c, [input, dim, correction, keep]) => {
    const x = c.tensor(input);
    return variance(c, x, axesOf(c, x, dim), c.number(correction), c.flag(keep));
  },
  std: (c, [input, dim, correction, keep]) => {
    const x = c.tensor(input);
    return c.sqrt(variance(c, x, axesOf(c, x, dim), c.number(correction), c.flag(keep)));
  },
  norm: (c, [input, p, dim, keep]) => {
    const x = c.tensor(input);
    const axes = axesOf(c, x, dim);
    const power = c.number(p);
    const size = c.op('Abs', [x]);
    if (power === Infinity) return reduceBy(c, 'ReduceMax', size, axes, c.flag(keep));
    if (power === 1) return reduceBy(c, 'ReduceSum', size, axes, c.flag(keep));
    if (power === 2) return c.sqrt(c.reduceSum(c.mul(x, x), axes, c.flag(keep)));
    const total = c.reduceSum(c.op('Pow', [size, c.like(x, power)]), axes, c.flag(keep));
    return c.op('Pow', [total, c.like(x, 1 / power)]);
  },
  cumsum: (c, [input, dim]) => {
    const x = c.tensor(input);
    return c.op('CumSum', [x, c.scalar(c.axis(x, c.number(dim)), 'int64')]);
  },
  topk: (c, [input, k, dim, largest]) => {
    const x = c.tensor(input);
    const attrs = { axis: c.axis(x, c.number(dim, -1)), largest: c.flag(largest) ? 1 : 0, sorted: 1 };
    return c.ops('TopK', [x, c.ints([c.number(k)])], attrs, 2);
  },
  sort: (c, [input, dim, descending]) => {
    const x = c.tensor(input);
    const axis = c.axis(x, c.number(dim, -1));
    const attrs = { axis, largest: c.flag(descending) ? 1 : 0, sorted: 1 };
    return c.ops('TopK', [x, c.ints([c.shape(x)[axis]!])], attrs, 2);
  },
  matmul: (c, [a, b]) => matmul(c, a, b),
  einsum: (c, [equation, operands]) => {
    const text = c.text(equation).replaceAll(' ', '');
    const [first, ...others] = c.tensors(operands) as [ValueId, ...ValueId[]];
    const values = contracts(text)
      ? [first, ...others.map((one) => c.sameDtype(one, first, ['operand', 'first']))]
      : c.promote(c.list(operands));
    return c.op('Einsum', values, { equation: text });
  },
  dft: (c, [input, axis, length, inverse, half]) => {
    const attrs = {
      axis: c.number(axis),
      ...(c.flag(inverse) ? { inverse: 1 } : {}),
      ...(c.flag(half) ? { onesided: 1 } : {}),
    };
    return c.op('DFT', [c.tensor(input), c.scalar(c.number(length), 'int64')], attrs);
  },
  scaled_dot_product_attention: attention,
  unknown: () => {
    throw new Unsupported('');
  },
  opaque: shaped,
  found: shaped,
  each: shaped,
};
