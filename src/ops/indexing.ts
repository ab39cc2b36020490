/** Operators that read and write by index: Gather and Scatter in their forms, OneHot, CumSum, NonZero. */

import type { Dim } from '../ir/type.ts';
import { formatShape } from '../ir/type.ts';
import { fill, reader, staticShape, stridesOf } from './fold.ts';
import { ONNX_DTYPE } from './dtype.ts';
import { reshaped, scatterAdd, zerosLike } from './forms.ts';
import type { ValueId } from '../ir/graph.ts';
import type { Emit } from './emit.ts';
import type { OpDef, PrimalNode } from './op.ts';
import { free } from './op.ts';
import {
  axisProblem,
  axisWithin,
  dataAt,
  int,
  isAbsent,
  likeFirst,
  numberOf,
  of,
  range,
  shapeAt,
  text,
  textOf,
  typeAt,
  wrong,
} from './read.ts';

const fromFront = (index: number, length: number): number => (index < 0 ? index + length : index);

const gather: OpDef = {
  name: 'Gather',
  summary: 'Entries of one axis at the given indices (embedding look-up).',
  attrs: { axis: int(0) },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const indices = shapeAt(call, 1);
    if (shape === null || indices === null) return of(dtype, null);
    const given = numberOf(call.attrs, 'axis');
    const axis = axisWithin(given, shape.length);
    if (axis === null) return axisProblem(call, given);
    const result = of(dtype, [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)]);
    const length = shape[axis]!;
    const bad = length === null ? undefined : dataAt(call, 1)?.find((at) => at >= length || at < -length);
    if (bad === undefined) return result;
    const message = `Index ${bad} lies outside axis ${axis} of ${formatShape(shape)}.`;
    return { ...result, problems: [{ code: 'index-out-of-range', message }] };
  },
  cost: free,
  fold: (call, types) => {
    const shape = staticShape(call.inputs[0]!.type);
    const axis = axisWithin(numberOf(call.attrs, 'axis'), shape.length)!;
    const depth = staticShape(call.inputs[1]!.type).length;
    const [read, at] = call.inputs.map(reader);
    return [
      fill(staticShape(types[0]), (index) => {
        const chosen = fromFront(at!(index.slice(axis, axis + depth)), shape[axis]!);
        return read!([...index.slice(0, axis), chosen, ...index.slice(axis + depth)]);
      }),
    ];
  },
  // dx = zeros with g added at the indices
  vjp: (e, { inputs: [x, indices], attrs }, [g]) => {
    const shape = e.shape(x!);
    return [scatterAdd(e, g!, indices!, axisWithin(numberOf(attrs, 'axis'), shape.length)!, shape), null];
  },
};

const gatherElements: OpDef = {
  name: 'GatherElements',
  summary: 'One entry per index: `indices` has the shape of the result and replaces the coordinate along `axis`.',
  attrs: { axis: int(0) },
  infer: (call) => {
    const given = numberOf(call.attrs, 'axis');
    const { dtype, shape } = typeAt(call, 0);
    if (shape && axisWithin(given, shape.length) === null) return axisProblem(call, given);
    return of(dtype, shapeAt(call, 1));
  },
  cost: free,
  fold: (call, types) => {
    const shape = staticShape(call.inputs[0]!.type);
    const axis = axisWithin(numberOf(call.attrs, 'axis'), shape.length)!;
    const [read, at] = call.inputs.map(reader);
    return [
      fill(staticShape(types[0]), (index) =>
        read!(index.map((own, dim) => (dim === axis ? fromFront(at!(index), shape[axis]!) : own))),
      ),
    ];
  },
  // dx = zeros with g added at the indices
  vjp: (e, { inputs: [x, indices], attrs }, [g]) => [
    e.op('ScatterElements', [zerosLike(e, x!), indices!, g!], { axis: numberOf(attrs, 'axis'), reduction: 'add' }),
    null,
  ],
};

const gatherND: OpDef = {
  name: 'GatherND',
  summary: 'Slices at index tuples: the last axis of `indices` holds the leading coordinates.',
  attrs: { batch_dims: int(0) },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const indices = shapeAt(call, 1);
    const batch = numberOf(call.attrs, 'batch_dims');
    const depth = indices?.at(-1);
    if (shape === null || indices === null || isAbsent(depth)) return of(dtype, null);
    if (batch + depth > shape.length) {
      const message = `Index tuples of length ${depth} are longer than the rank of ${formatShape(shape)}.`;
      return wrong('index-out-of-range', message, dtype);
    }
    return of(dtype, [...indices.slice(0, -1), ...shape.slice(batch + depth)]);
  },
  cost: free,
  fold: (call, types) => {
    const shape = staticShape(call.inputs[0]!.type);
    const tuples = staticShape(call.inputs[1]!.type);
    const batch = numberOf(call.attrs, 'batch_dims');
    const depth = tuples.at(-1)!;
    const [read, at] = call.inputs.map(reader);
    return [
      fill(staticShape(types[0]), (index) => {
        const tuple = index.slice(0, tuples.length - 1);
        const chosen = range(depth).map((part) => fromFront(at!([...tuple, part]), shape[batch + part]!));
        return read!([...index.slice(0, batch), ...chosen, ...index.slice(tuples.length - 1)]);
      }),
    ];
  },
  // dx = zeros with g added at the tuples; batch axes become leading coordinates of the tuples
  vjp: (e, { inputs: [x, indices], attrs }, [g]) => {
    const batch = numberOf(attrs, 'batch_dims');
    let tuples = indices!;
    if (batch > 0) {
      const shape = e.shape(tuples);
      const rows = shape.slice(0, -1);
      const own = fill([...rows, batch], (index) => index[index.at(-1)!]!);
      tuples = e.op('Concat', [e.constant(own, [...rows, batch], 'int64'), tuples], { axis: -1 });
    }
    return [e.op('ScatterND', [zerosLike(e, x!), tuples, g!], { reduction: 'add' }), null];
  },
};

const combine = (reduction: string, old: number, update: number): number =>
  reduction === 'add'
    ? old + update
    : reduction === 'mul'
      ? old * update
      : reduction === 'max'
        ? Math.max(old, update)
        : reduction === 'min'
          ? Math.min(old, update)
          : update;

const scatterND: OpDef = {
  name: 'ScatterND',
  summary: 'Copy of a tensor with slices written (or added) at index tuples.',
  attrs: { reduction: text('none') },
  infer: likeFirst,
  fold: (call) => {
    const shape = staticShape(call.inputs[0]!.type);
    const tuples = staticShape(call.inputs[1]!.type);
    const result = [...dataAt(call, 0)!];
    const at = reader(call.inputs[1]);
    const updates = reader(call.inputs[2]);
    const strides = stridesOf(shape);
    const reduction = textOf(call.attrs, 'reduction', 'none');
    fill(staticShape(call.inputs[2]!.type), (index) => {
      const tuple = index.slice(0, tuples.length - 1);
      const coordinates = [
        ...range(tuples.at(-1)!).map((part) => fromFront(at([...tuple, part]), shape[part]!)),
        ...index.slice(tuples.length - 1),
      ];
      const position = coordinates.reduce((sum, own, axis) => sum + own * strides[axis]!, 0);
      result[position] = combine(reduction, result[position]!, updates(index));
      return 0;
    });
    return [result];
  },
  // d data = g (0 where overwritten); d updates = g at the tuples
  vjp: (e, { inputs: [, indices, updates], attrs }, [g]) => {
    const reduction = textOf(attrs, 'reduction', 'none');
    if (reduction !== 'none' && reduction !== 'add') {
      throw new Error(`ScatterND with reduction ${reduction} has no gradient`);
    }
    const data =
      reduction === 'add' ? g! : e.op('ScatterND', [g!, indices!, zerosLike(e, updates!)], { reduction: 'none' });
    return [data, null, e.op('GatherND', [g!, indices!], { batch_dims: 0 })];
  },
};

/**
 * Of a largest or smallest entry, those that are equal to it share its cotangent. Of a product, each factor has that of the
 * product times the others, y / factor; no factor may be 0.
 */
const combinedGradients = (
  e: Emit,
  { inputs, outputs, attrs }: PrimalNode,
  g: ValueId,
): readonly (ValueId | null)[] => {
  const [data, indices, updates] = inputs as readonly [ValueId, ValueId, ValueId];
  const axis = numberOf(attrs, 'axis');
  const [y] = outputs as readonly [ValueId];
  const picked = (value: ValueId): ValueId => e.op('GatherElements', [value, indices], { axis });
  if (textOf(attrs, 'reduction', 'none') === 'mul') {
    const product = e.mul(g, y);
    return [e.div(product, data), null, e.div(picked(product), updates)];
  }
  const isWinner = (one: ValueId, winner: ValueId): ValueId =>
    e.op('Cast', [e.op('Equal', [one, winner])], { to: ONNX_DTYPE[e.type(one).dtype] });
  const [own, other] = [isWinner(data, y), isWinner(updates, picked(y))];
  const share = e.div(g, e.op('ScatterElements', [own, indices, other], { axis, reduction: 'add' }));
  return [e.mul(own, share), null, e.mul(other, picked(share))];
};

const scatterElements: OpDef = {
  name: 'ScatterElements',
  summary: 'Copy of a tensor with single entries written (or added) along `axis`.',
  attrs: { axis: int(0), reduction: text('none') },
  infer: likeFirst,
  fold: (call) => {
    const shape = staticShape(call.inputs[0]!.type);
    const axis = axisWithin(numberOf(call.attrs, 'axis'), shape.length)!;
    const result = [...dataAt(call, 0)!];
    const [, at, updates] = call.inputs.map(reader);
    const strides = stridesOf(shape);
    const reduction = textOf(call.attrs, 'reduction', 'none');
    fill(staticShape(call.inputs[1]!.type), (index) => {
      const chosen = fromFront(at!(index), shape[axis]!);
      const position = index.reduce((sum, own, dim) => sum + (dim === axis ? chosen : own) * strides[dim]!, 0);
      result[position] = combine(reduction, result[position]!, updates!(index));
      return 0;
    });
    return [result];
  },
  // d data = g (0 where overwritten); d updates = g at the indices
  vjp: (e, node, [g]) => {
    const {
      inputs: [, indices, updates],
      attrs,
    } = node;
    const reduction = textOf(attrs, 'reduction', 'none');
    if (reduction !== 'none' && reduction !== 'add') return combinedGradients(e, node, g!);
    const axis = numberOf(attrs, 'axis');
    const zeros = zerosLike(e, updates!);
    const data = reduction === 'add' ? g! : e.op('ScatterElements', [g!, indices!, zeros], { axis, reduction: 'none' });
    return [data, null, e.op('GatherElements', [g!, indices!], { axis })];
  },
};

const oneHot: OpDef = {
  name: 'OneHot',
  summary: 'A new axis that holds the on value at the index and the off value elsewhere.',
  attrs: { axis: int(-1) },
  infer: (call) => {
    const { dtype } = typeAt(call, 2);
    const indices = shapeAt(call, 0);
    if (indices === null) return of(dtype, null);
    const axis = axisWithin(numberOf(call.attrs, 'axis', -1), indices.length + 1);
    if (axis === null) return axisProblem(call, numberOf(call.attrs, 'axis'));
    const depth: Dim = dataAt(call, 1)?.[0] ?? null;
    return of(dtype, [...indices.slice(0, axis), depth, ...indices.slice(axis)]);
  },
  fold: (call, types) => {
    const shape = staticShape(types[0]);
    const axis = axisWithin(numberOf(call.attrs, 'axis', -1), shape.length)!;
    const at = reader(call.inputs[0]);
    const [off, on] = dataAt(call, 2)! as [number, number];
    return [
      fill(shape, (index) => {
        const chosen = at(index.filter((_, dim) => dim !== axis));
        return index[axis] === fromFront(chosen, shape[axis]!) ? on : off;
      }),
    ];
  },
  vjp: 'none',
  // Compares in float32: int64 arithmetic leaves the GPU. Negative indices count from the end.
  expand: (e, { inputs: [indices, size, values], attrs }) => {
    const own = e.shape(indices!);
    const axis = axisWithin(numberOf(attrs, 'axis', -1), own.length + 1)!;
    const [depth = 0] = e.data(size!) ?? [];
    const shape = [...own.slice(0, axis), depth, ...own.slice(axis)];
    const { dtype } = e.type(values!);
    const at = reshaped(e, e.op('Cast', [indices!], { to: ONNX_DTYPE.float32 }), shape.with(axis, 1));
    const hits = [0, -depth].map((shift) => {
      const places = range(depth).map((place) => place + shift);
      const ruler = e.constant(
        places,
        shape.map((_, index) => (index === axis ? depth : 1)),
      );
      return e.op('Cast', [e.op('Equal', [at, ruler])], { to: ONNX_DTYPE[dtype] });
    });
    const [off, on] = [0, 1].map((index) => e.op('Gather', [values!, e.constant([index], [], 'int64')], { axis: 0 }));
    const hit = e.add(hits[0]!, hits[1]!);
    return [e.add(off!, e.mul(hit, e.sub(on!, off!)))];
  },
};

const cumSum: OpDef = {
  name: 'CumSum',
  summary: 'Running sum along an axis; optionally without the element itself, or from the end.',
  attrs: { exclusive: int(0), reverse: int(0) },
  infer: likeFirst,
  fold: (call) => {
    const shape = staticShape(call.inputs[0]!.type);
    const axis = axisWithin(dataAt(call, 1)![0]!, shape.length)!;
    const exclusive = numberOf(call.attrs, 'exclusive');
    const backwards = numberOf(call.attrs, 'reverse') !== 0;
    const read = reader(call.inputs[0]);
    return [
      fill(shape, (index) => {
        const own = index[axis]!;
        const chosen = range(shape[axis]!).filter((at) => (backwards ? at >= own + exclusive : at <= own - exclusive));
        return chosen.reduce((sum, at) => sum + read(index.map((value, dim) => (dim === axis ? at : value))), 0);
      }),
    ];
  },
  // dx = running sum of g from the other end
  vjp: (e, { inputs: [, axis], attrs }, [g]) => [
    e.op('CumSum', [g!, axis!], {
      exclusive: numberOf(attrs, 'exclusive'),
      reverse: numberOf(attrs, 'reverse') ? 0 : 1,
    }),
    null,
  ],
};

const nonZero: OpDef = {
  name: 'NonZero',
  summary: 'Coordinates of the elements other than zero, one row per axis.',
  attrs: {},
  infer: (call) => {
    const { shape } = typeAt(call, 0);
    const data = dataAt(call, 0);
    if (shape === null) return of('int64', [null, null]);
    if (data === null) return of('int64', [shape.length, null]);
    const strides = stridesOf(shape as number[]);
    const places = data.flatMap((value, position) => (value === 0 ? [] : [position]));
    const rows = shape.flatMap((dim, axis) => places.map((place) => Math.floor(place / strides[axis]!) % dim!));
    return { ...of('int64', [shape.length, places.length]), data: [rows] };
  },
  vjp: 'none',
};

export const indexingOps: readonly OpDef[] = [
  gather,
  gatherElements,
  gatherND,
  scatterND,
  scatterElements,
  oneHot,
  cumSum,
  nonZero,
];
