/** Operators that order values along an axis: ArgMax, ArgMin, TopK. */

import type { Dim } from '../ir/type.ts';
import { formatShape, tensorType } from '../ir/type.ts';
import { fill, reader, staticShape } from './fold.ts';
import { zerosLike } from './forms.ts';
import type { Call, OpDef, OpResult } from './op.ts';
import { axisProblem, axisWithin, dataAt, int, isAbsent, numberOf, of, range, typeAt } from './read.ts';

const inferArg = (call: Call): OpResult => {
  const { shape } = typeAt(call, 0);
  if (shape === null) return of('int64', null);
  const given = numberOf(call.attrs, 'axis');
  const axis = axisWithin(given, shape.length);
  if (axis === null) return { ...axisProblem(call, given), types: [tensorType('int64', null)] };
  const kept = shape.map((dim, index) => (index === axis ? 1 : dim));
  return of('int64', numberOf(call.attrs, 'keepdims', 1) ? kept : kept.filter((_, index) => index !== axis));
};

/** Position of the best element along an axis; the first of several equal ones unless `select_last_index`. */
const arg = (name: string, summary: string, better: (a: number, b: number) => boolean): OpDef => ({
  name,
  summary,
  attrs: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
  infer: inferArg,
  fold: (call) => {
    const shape = staticShape(call.inputs[0]!.type);
    const axis = axisWithin(numberOf(call.attrs, 'axis'), shape.length)!;
    const last = numberOf(call.attrs, 'select_last_index') !== 0;
    const read = reader(call.inputs[0]);
    return [
      fill(
        shape.map((dim, index) => (index === axis ? 1 : dim)),
        (index) => {
          const along = range(shape[axis]!).map((at) => read(index.map((own, dim) => (dim === axis ? at : own))));
          return along.reduce((best, x, at) => (better(x, along[best]!) || (last && x === along[best]) ? at : best), 0);
        },
      ),
    ];
  },
  vjp: 'none',
});

const topK: OpDef = {
  name: 'TopK',
  summary: 'The K largest (or smallest) elements along an axis, in order, and their positions.',
  attrs: { axis: int(-1), largest: int(1), sorted: int(1) },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const count: Dim = dataAt(call, 1)?.[0] ?? null;
    const given = numberOf(call.attrs, 'axis', -1);
    const axis = shape && axisWithin(given, shape.length);
    if (shape === null) return { types: [tensorType(dtype, null), tensorType('int64', null)] };
    if (axis === null) {
      return { ...axisProblem(call, given), types: [tensorType(dtype, null), tensorType('int64', null)] };
    }
    const result = shape.map((dim, index) => (index === axis ? count : dim));
    const types = [tensorType(dtype, result), tensorType('int64', result)];
    const length = shape[axis]!;
    if (count === null || length === null || count <= length) return { types };
    const message = `The ${count} largest of axis ${axis} of ${formatShape(shape)} do not exist.`;
    return { types, problems: [{ code: 'index-out-of-range', message }] };
  },
  fold: (call, types) => {
    const shape = staticShape(call.inputs[0]!.type);
    const axis = axisWithin(numberOf(call.attrs, 'axis', -1), shape.length)!;
    const direction = numberOf(call.attrs, 'largest', 1) ? -1 : 1;
    const read = reader(call.inputs[0]);
    const order = (index: readonly number[]): readonly (readonly [number, number])[] =>
      range(shape[axis]!)
        .map((at) => [read(index.map((own, dim) => (dim === axis ? at : own))), at] as const)
        .sort(([a, i], [b, j]) => direction * (a - b) || i - j);
    const result = staticShape(types[0]);
    return [0, 1].map((part) => fill(result, (index) => order(index)[index[axis]!]![part]!));
  },
  // dx = zeros with g at the positions
  vjp: (e, { inputs: [x], outputs: [, positions], attrs }, [g]) => {
    if (isAbsent(g)) return [null, null];
    const axis = numberOf(attrs, 'axis', -1);
    return [e.op('ScatterElements', [zerosLike(e, x!), positions!, g], { axis, reduction: 'none' }), null];
  },
};

export const orderingOps: readonly OpDef[] = [
  arg('ArgMax', 'Position of the largest element along an axis.', (a, b) => a > b),
  arg('ArgMin', 'Position of the smallest element along an axis.', (a, b) => a < b),
  topK,
];
