/** Calls that give a tensor another shape, another order of axes, or copies of itself. */

import type { ValueId } from '../../../ir/graph.ts';
import type { Arg, Lower, Lowerings } from './lower.ts';
import { product, range, ShapeError } from './lower.ts';

const reshapeTo = (c: Lower, x: ValueId, target: readonly number[]): ValueId => {
  const own = c.shape(x);
  const count = product(own);
  const rest = product(target.filter((dim) => dim !== -1));
  const shape = target.map((dim) => (dim === -1 ? count / (rest || 1) : dim));
  if (product(shape) !== count || shape.some((dim) => !Number.isInteger(dim))) {
    const hole = Math.max(1, Math.round(count / (rest || 1)));
    const meant =
      target.filter((dim) => dim === -1).length <= 1 ? target.map((dim) => (dim === -1 ? hole : dim)) : null;
    throw new ShapeError(
      `shape '[${target.join(', ')}]' is invalid for input of size ${count} ${c.describe(x)}`,
      meant,
    );
  }
  return c.op('Reshape', [x, c.ints(shape)]);
};

export const swap = (rank: number, a: number, b: number): number[] => {
  const perm = range(rank);
  [perm[a], perm[b]] = [perm[b]!, perm[a]!];
  return perm;
};

const flattenTo = (c: Lower, x: ValueId, start: number, end: number): ValueId => {
  const shape = c.shape(x);
  if (shape.length === 0) return c.reshape(x, [1]);
  const [from, to] = [c.axis(x, start), c.axis(x, end)];
  if (from === 1 && to === shape.length - 1 && shape.length > 1) return c.op('Flatten', [x], { axis: 1 });
  return c.reshape(x, [...shape.slice(0, from), product(shape.slice(from, to + 1)), ...shape.slice(to + 1)]);
};

const squeezed = (c: Lower, x: ValueId, dim: Arg | undefined): number[] => {
  const shape = c.shape(x);
  const wanted =
    dim === null || dim === undefined ? range(shape.length) : c.numbers(dim).map((axis) => c.axis(x, axis));
  return wanted.filter((axis) => shape[axis] === 1);
};

const rolled = (c: Lower, x: ValueId, shift: number, axis: number): ValueId => {
  const length = c.shape(x)[axis]!;
  const by = ((shift % length) + length) % length;
  if (by === 0) return x;
  return c.concat([c.slice(x, axis, length - by, length), c.slice(x, axis, 0, length - by)], axis);
};

export const shapes: Lowerings = {
  reshape: (c, [x, shape]) => reshapeTo(c, c.tensor(x), c.numbers(shape)),
  flatten: (c, [x, start, end]) => flattenTo(c, c.tensor(x), c.number(start), c.number(end)),
  unflatten: (c, [input, dim, sizes]) => {
    const x = c.tensor(input);
    const shape = c.shape(x);
    const axis = c.axis(x, c.number(dim));
    const parts = c.numbers(sizes);
    const rest = product(parts.filter((part) => part !== -1));
    const filled = parts.map((part) => (part === -1 ? shape[axis]! / rest : part));
    return reshapeTo(c, x, [...shape.slice(0, axis), ...filled, ...shape.slice(axis + 1)]);
  },
  transpose: (c, [input, a, b]) => {
    const x = c.tensor(input);
    return c.transpose(x, swap(c.rank(x), c.axis(x, c.number(a)), c.axis(x, c.number(b))));
  },
  permute: (c, [input, dims]) => {
    const x = c.tensor(input);
    const perm = c.numbers(dims);
    if (perm.length !== c.rank(x)) {
      throw new ShapeError(`permute(dims): ${perm.length} axes are given for the input ${c.describe(x)}.`);
    }
    return c.transpose(
      x,
      perm.map((axis) => c.axis(x, axis)),
    );
  },
  squeeze: (c, [input, dim]) => {
    const x = c.tensor(input);
    const axes = squeezed(c, x, dim);
    return axes.length ? c.dropAxes(x, axes) : c.op('Identity', [x]);
  },
  unsqueeze: (c, [input, dim]) => {
    const x = c.tensor(input);
    return c.addAxes(x, [c.axis(x, c.number(dim), 1)]);
  },
  expand: (c, [input, sizes]) => {
    const x = c.tensor(input);
    const own = c.shape(x);
    const target = c.numbers(sizes);
    const shape = target.map((dim, axis) => (dim === -1 ? own[axis - target.length + own.length]! : dim));
    const bad = own.some((dim, axis) => dim !== 1 && dim !== shape[shape.length - own.length + axis]);
    if (bad) throw new ShapeError(`The shape ${c.describe(x)} cannot be expanded to [${target.join(', ')}].`, shape);
    return c.op('Expand', [x, c.ints(shape)]);
  },
  repeat: (c, [input, repeats]) => {
    const x = c.tensor(input);
    const times = c.numbers(repeats);
    const missing = times.length - c.rank(x);
    const y = missing > 0 ? c.addAxes(x, range(missing)) : x;
    const padded = [...new Array<number>(Math.max(0, -missing)).fill(1), ...times];
    return c.op('Tile', [y, c.ints(padded)]);
  },
  repeat_interleave: (c, [input, repeats, dim]) => {
    let x = c.tensor(input);
    const times = c.number(repeats);
    if (dim === null) x = c.reshape(x, [-1]);
    const axis = dim === null ? 0 : c.axis(x, c.number(dim));
    const shape = c.shape(x);
    const wide = [...shape.slice(0, axis + 1), times, ...shape.slice(axis + 1)];
    return c.reshape(
      c.expandTo(c.addAxes(x, [axis + 1]), wide),
      shape.map((d, at) => (at === axis ? d * times : d)),
    );
  },
  roll: (c, [input, shifts, dims]) => {
    const x = c.tensor(input);
    if (dims === null) {
      return c.reshape(rolled(c, c.reshape(x, [-1]), c.number(c.list(shifts)[0]), 0), c.shape(x));
    }
    const by = c.numbers(shifts);
    return c.numbers(dims).reduce((y, axis, at) => rolled(c, y, by[at]!, c.axis(x, axis)), x);
  },
  tril: (c, [x, k]) => c.op('Trilu', [c.tensor(x), c.scalar(c.number(k), 'int64')], { upper: 0 }),
  triu: (c, [x, k]) => c.op('Trilu', [c.tensor(x), c.scalar(c.number(k), 'int64')], { upper: 1 }),
};
