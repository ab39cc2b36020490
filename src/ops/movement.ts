/** Operators that order, repeat and mask what is there: Transpose, Expand, Tile, Trilu. */

import { formatShape } from '../ir/type.ts';
import { broadcast } from './broadcast.ts';
import { fill, reader, staticShape } from './fold.ts';
import { inversePerm, reshaped, sumOver } from './forms.ts';
import type { Call, OpDef } from './op.ts';
import { free } from './op.ts';
import { dataAt, int, ints, likeFirst, numberOf, numbersOf, of, range, typeAt, wrong } from './read.ts';

const permOf = (attrs: Call['attrs'], rank: number): readonly number[] =>
  numbersOf(attrs, 'perm') ?? range(rank).reverse();

const transpose: OpDef = {
  name: 'Transpose',
  summary: 'Axes in the order `perm`; reversed when absent.',
  attrs: { perm: ints },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    if (shape === null) return of(dtype, null);
    const perm = permOf(call.attrs, shape.length);
    const whole = perm.length === shape.length && range(perm.length).every((axis) => perm.includes(axis));
    if (whole)
      return of(
        dtype,
        perm.map((axis) => shape[axis]!),
      );
    const again = perm.findIndex((axis, at) => perm.indexOf(axis) < at);
    const [missing, ...more] = range(shape.length).filter((axis) => !perm.includes(axis));
    if (perm.length === shape.length && again >= 0 && missing !== undefined && more.length === 0) {
      const message = `[${perm.join(', ')}] names axis ${perm[again]} twice and axis ${missing} not at all.`;
      const meant = perm.with(again, missing).map((axis) => shape[axis]!);
      return wrong('repeated-axis', message, dtype, meant);
    }
    return wrong('bad-permutation', `[${perm.join(', ')}] does not order the axes of ${formatShape(shape)}.`, dtype);
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const shape = staticShape(types[0]);
    const inverse = inversePerm(permOf(call.attrs, shape.length));
    return [fill(shape, (index) => read(inverse.map((axis) => index[axis]!)))];
  },
  // dx = g with the inverse permutation
  vjp: (e, { inputs: [x], attrs }, [g]) => [e.transpose(g!, inversePerm(permOf(attrs, e.shape(x!).length)))],
};

const expand: OpDef = {
  name: 'Expand',
  summary: 'Repeats axes of length 1 so that the shape broadcasts with the given one.',
  attrs: {},
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const wanted = dataAt(call, 1);
    if (wanted === null) return of(dtype, null);
    const result = broadcast(shape, wanted);
    return { ...of(dtype, result.shape), ...(result.problem && { problems: [result.problem] }) };
  },
  cost: free,
  fold: (call, types) => [fill(staticShape(types[0]), reader(call.inputs[0]))],
  // dx = g, summed over the repeated axes
  vjp: (_, __, [g]) => [g!, null],
};

const tile: OpDef = {
  name: 'Tile',
  summary: 'Repeats the tensor along each axis.',
  attrs: {},
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const repeats = dataAt(call, 1);
    if (shape === null) return of(dtype, null);
    if (repeats !== null && repeats.length !== shape.length) {
      return wrong('bad-repeats', `${repeats.length} repeats for a tensor of shape ${formatShape(shape)}.`, dtype);
    }
    return of(
      dtype,
      shape.map((dim, axis) => (dim === null || repeats === null ? null : dim * repeats[axis]!)),
    );
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const shape = staticShape(call.inputs[0]!.type);
    return [fill(staticShape(types[0]), (index) => read(index.map((at, axis) => at % shape[axis]!)))];
  },
  // dx = g, summed over the copies
  vjp: (e, { inputs: [x, repeats] }, [g]) => {
    const shape = e.shape(x!);
    const counts = e.data(repeats!)!;
    const split = shape.flatMap((dim, axis) => (counts[axis] === 1 ? [dim] : [counts[axis]!, dim]));
    const copies: number[] = [];
    let at = 0;
    for (const count of counts) {
      if (count !== 1) copies.push(at++);
      at++;
    }
    return [sumOver(e, reshaped(e, g!, split), copies, false), null];
  },
};

const trilu: OpDef = {
  name: 'Trilu',
  summary: 'Upper (or lower) triangle of the last two axes, shifted by k; zeros elsewhere.',
  attrs: { upper: int(1) },
  infer: likeFirst,
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const shift = dataAt(call, 1)?.[0] ?? 0;
    const upper = numberOf(call.attrs, 'upper') !== 0;
    return [
      fill(staticShape(types[0]), (index) => {
        const [row, column] = index.slice(-2) as [number, number];
        return (upper ? column >= row + shift : column <= row + shift) ? read(index) : 0;
      }),
    ];
  },
  // dx = the same triangle of g
  vjp: (e, { inputs: [, k], attrs }, [g]) => [e.op('Trilu', [g!, k ?? null], attrs), null],
};

export const movementOps: readonly OpDef[] = [transpose, expand, tile, trilu];
