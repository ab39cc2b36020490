/** Operators that move, repeat, cut and join: Transpose, Concat, Split, Slice, Pad, Expand, Tile, depth and space, Trilu. */

import type { Dim } from '../ir/type.ts';
import { formatShape, tensorType } from '../ir/type.ts';
import { broadcast } from './broadcast.ts';
import { fill, reader, staticShape } from './fold.ts';
import { inversePerm, padded, reshaped, scatterAdd, sliced, spread, sumOver, zerosLike } from './forms.ts';
import type { Call, OpDef } from './op.ts';
import { free } from './op.ts';
import {
  axisProblem,
  axesWithin,
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
  range,
  requiredInt,
  shapeAt,
  text,
  textOf,
  typeAt,
  wrong,
} from './read.ts';

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

const concat: OpDef = {
  name: 'Concat',
  summary: 'Joins tensors along `axis`.',
  attrs: { axis: requiredInt },
  infer: (call) => {
    const { dtype } = typeAt(call, 0);
    const shapes = call.inputs.map((_, index) => shapeAt(call, index));
    const first = shapes.find((shape) => shape !== null) ?? null;
    if (first === null) return of(dtype, null);
    const given = numberOf(call.attrs, 'axis');
    const axis = axisWithin(given, first.length);
    if (axis === null) return axisProblem(call, given);
    const result: Dim[] = [...first];
    result[axis] = 0;
    let fits = true;
    for (const shape of shapes) {
      const last: Dim | undefined = result[axis];
      const own = shape === null ? null : (shape[axis] ?? null);
      result[axis] = isAbsent(last) || own === null ? null : last + own;
      if (shape === null) continue;
      if (shape.length !== first.length) fits = false;
      shape.forEach((dim, index) => {
        if (index === axis || dim === null) return;
        result[index] ??= dim;
        if (result[index] !== dim) fits = false;
      });
    }
    if (fits) return of(dtype, result);
    const message = `Shapes ${shapes.map(formatShape).join(', ')} cannot be joined along axis ${axis}.`;
    return wrong('concat-mismatch', message, dtype, result);
  },
  cost: free,
  fold: (call, types) => {
    const axis = axisWithin(numberOf(call.attrs, 'axis'), types[0]!.shape!.length)!;
    const readers = call.inputs.map(reader);
    const lengths = call.inputs.map((input) => staticShape(input!.type)[axis]!);
    return [
      fill(staticShape(types[0]), (index) => {
        let part = 0;
        let offset = index[axis]!;
        while (offset >= lengths[part]!) offset -= lengths[part++]!;
        return readers[part]!(index.map((at, dim) => (dim === axis ? offset : at)));
      }),
    ];
  },
  // d of each part = its slice of g
  vjp: (e, { inputs, attrs }, [g]) => {
    const axis = axisWithin(numberOf(attrs, 'axis'), e.shape(g!).length)!;
    let start = 0;
    return inputs.map((input) => {
      const end = start + e.shape(input!)[axis]!;
      const part = sliced(e, g!, axis, start, end);
      start = end;
      return part;
    });
  },
};

const split: OpDef = {
  name: 'Split',
  summary: 'Cuts a tensor along `axis` into the given lengths, else into equal parts (the last may be shorter).',
  attrs: { axis: int(0) },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const given = numberOf(call.attrs, 'axis');
    const unknown = range(call.outputs).map(() => tensorType(dtype, null));
    if (shape === null) return { types: unknown };
    const axis = axisWithin(given, shape.length);
    if (axis === null) return { ...axisProblem(call, given), types: unknown };
    const total = shape[axis]!;
    const chunk = total === null ? null : Math.ceil(total / call.outputs);
    const even = range(call.outputs).map((part) =>
      total === null || chunk === null ? null : Math.max(0, Math.min(chunk, total - part * chunk)),
    );
    const lengths: readonly Dim[] = hasInput(call, 1) ? (dataAt(call, 1) ?? even.map(() => null)) : even;
    const types = range(call.outputs).map((part) =>
      tensorType(
        dtype,
        shape.map((dim, index) => (index === axis ? (lengths[part] ?? null) : dim)),
      ),
    );
    const sum = lengths.reduce<Dim>((a, b) => (a === null || b === null ? null : a + b), 0);
    if (sum === null || total === null || (sum === total && lengths.length === call.outputs)) return { types };
    const message = `Axis ${axis} of ${formatShape(shape)} cannot be cut into lengths ${lengths.join(', ')}.`;
    return { types, problems: [{ code: 'split-mismatch', message }] };
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const axis = axisWithin(numberOf(call.attrs, 'axis'), types[0]!.shape!.length)!;
    let start = 0;
    return types.map((type) => {
      const shape = staticShape(type);
      const data = fill(shape, (index) => read(index.map((at, dim) => (dim === axis ? at + start : at))));
      start += shape[axis]!;
      return data;
    });
  },
  // dx = the cotangents joined again; zeros for parts that nothing depends on
  vjp: (e, { inputs: [x], outputs, attrs }, cotangents) => {
    const axis = axisWithin(numberOf(attrs, 'axis'), e.shape(x!).length)!;
    const parts = outputs.map((output, part) => cotangents[part] ?? zerosLike(e, output));
    return [parts.length === 1 ? parts[0]! : e.op('Concat', parts, { axis }), null];
  },
};

interface Cut {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Start, step and element count along one axis, with ONNX's clamping. */
function cutOf(start: number, end: number, step: number, length: number): Cut {
  const wrap = (at: number): number => (at < 0 ? at + length : at);
  const [low, high] = step > 0 ? [0, length] : [0, length - 1];
  const from = Math.min(Math.max(wrap(start), low), high);
  const to = step > 0 ? Math.min(Math.max(wrap(end), 0), length) : Math.min(Math.max(wrap(end), -1), length - 1);
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** What a Slice does to each axis of a tensor; null where the axis is whole. */
function cutsOf(
  shape: readonly number[],
  [starts, ends, axes, steps]: readonly (readonly number[] | null)[],
): readonly (Cut | null)[] {
  const cuts: (Cut | null)[] = shape.map(() => null);
  starts!.forEach((start, position) => {
    const axis = axisWithin(axes?.[position] ?? position, shape.length)!;
    cuts[axis] = cutOf(start, ends![position]!, steps?.[position] ?? 1, shape[axis]!);
  });
  return cuts;
}

const slice: OpDef = {
  name: 'Slice',
  summary: 'Elements from start to end in steps, per axis.',
  attrs: {},
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    if (shape === null) return of(dtype, null);
    const [starts, ends, axes, steps] = [1, 2, 3, 4].map((index) => dataAt(call, index));
    if (hasInput(call, 3) && axes === null)
      return of(
        dtype,
        shape.map(() => null),
      );
    const count = starts?.length ?? ends?.length ?? shapeAt(call, 1)?.[0] ?? shape.length;
    const touched = axesWithin(axes ?? range(count), shape.length);
    if (touched === null) return axisProblem(call, axes ?? count - 1);
    const result: Dim[] = [...shape];
    touched.forEach((axis, position) => {
      const [start, end, length] = [starts?.[position], ends?.[position], shape[axis]];
      const step = steps?.[position] ?? 1;
      const open = start === undefined || end === undefined || isAbsent(length) || (hasInput(call, 4) && !steps);
      result[axis] = open || step === 0 ? null : cutOf(start, end, step, length).count;
    });
    if (steps?.includes(0)) return wrong('zero-step', 'A slice cannot have the step 0.', dtype, result);
    return of(dtype, result);
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const cuts = cutsOf(
      staticShape(call.inputs[0]!.type),
      [1, 2, 3, 4].map((index) => dataAt(call, index)),
    );
    return [
      fill(staticShape(types[0]), (index) =>
        read(index.map((at, axis) => (cuts[axis] ? cuts[axis].start + at * cuts[axis].step : at))),
      ),
    ];
  },
  // dx = g spread by the step and padded with zeros to the place it was cut from
  vjp: (e, { inputs }, [g]) => {
    const [x, ...bounds] = inputs;
    const shape = e.shape(x!);
    const cuts = cutsOf(
      shape,
      bounds.map((bound) => (isAbsent(bound) ? null : e.data(bound))),
    );
    let dx = g!;
    const before = shape.map(() => 0);
    const after = shape.map(() => 0);
    cuts.forEach((cut, axis) => {
      if (cut === null) return;
      const step = Math.abs(cut.step);
      if (cut.step < 0) dx = sliced(e, dx, axis, -1, -shape[axis]! - 1, -1);
      const first = cut.step < 0 ? cut.start + (cut.count - 1) * cut.step : cut.start;
      dx = spread(e, dx, axis, step);
      const room = shape[axis]! - first;
      const length = Math.min(cut.count * step, room);
      dx = sliced(e, dx, axis, 0, length);
      before[axis] = first;
      after[axis] = room - length;
    });
    return [padded(e, dx, before, after)];
  },
};

/** Index into an axis of length `length` for position `at` outside or inside it. */
function padIndex(mode: string, at: number, length: number): number | null {
  if (at >= 0 && at < length) return at;
  if (mode === 'edge') return at < 0 ? 0 : length - 1;
  if (mode === 'wrap') return ((at % length) + length) % length;
  if (mode !== 'reflect') return null;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((at % period) + period) % period;
  return folded < length ? folded : period - folded;
}

const pad: OpDef = {
  name: 'Pad',
  summary: 'Adds elements before and after each axis: a constant, the edge or the reflection; negative counts crop.',
  attrs: { mode: text('constant') },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const pads = dataAt(call, 1);
    if (shape === null || pads === null) return of(dtype, shape?.map(() => null) ?? null);
    if (pads.length !== 2 * shape.length) {
      return wrong('bad-padding', `${pads.length} paddings for a tensor of shape ${formatShape(shape)}.`, dtype);
    }
    const result = shape.map((dim, axis) => (dim === null ? null : dim + pads[axis]! + pads[axis + shape.length]!));
    const mode = textOf(call.attrs, 'mode');
    const over = shape.findIndex(
      (dim, axis) => dim !== null && Math.max(pads[axis]!, pads[axis + shape.length]!) >= dim,
    );
    if (mode === 'reflect' && over >= 0) {
      const message = `Reflection padding must be shorter than axis ${over} of ${formatShape(shape)}.`;
      return wrong('bad-padding', message, dtype, result);
    }
    return of(dtype, result);
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const shape = staticShape(call.inputs[0]!.type);
    const pads = dataAt(call, 1)!;
    const value = dataAt(call, 2)?.[0] ?? 0;
    const mode = textOf(call.attrs, 'mode');
    return [
      fill(staticShape(types[0]), (index) => {
        const from = index.map((at, axis) => padIndex(mode, at - pads[axis]!, shape[axis]!));
        return from.includes(null) ? value : read(from as number[]);
      }),
    ];
  },
  // dx = g cut to the inside; with edge and reflect every position outside adds to the element that it repeats
  vjp: (e, { inputs: [x, pads], attrs }, [g]) => {
    const shape = e.shape(x!);
    const counts = e.data(pads!)!;
    const mode = textOf(attrs, 'mode', 'constant');
    let dx = g!;
    shape.forEach((length, axis) => {
      const [before, after] = [counts[axis]!, counts[axis + shape.length]!];
      if (before === 0 && after === 0) return;
      if (mode !== 'constant') {
        const from = range(before + length + after).map((at) => padIndex(mode, at - before, length)!);
        const result = e.shape(dx).map((dim, index) => (index === axis ? length : dim));
        dx = scatterAdd(e, dx, e.ints(from), axis, result);
        return;
      }
      const total = before + length + after;
      dx = sliced(e, dx, axis, Math.max(before, 0), total - Math.max(after, 0));
      const only = (count: number): number[] => shape.map((_, index) => (index === axis ? Math.max(-count, 0) : 0));
      dx = padded(e, dx, only(before), only(after));
    });
    return [dx, null, null];
  },
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

const depthToSpace: OpDef = {
  name: 'DepthToSpace',
  summary: 'Moves blocks of channels into space (pixel shuffle); mode DCR or CRD says how channels are ordered.',
  attrs: { blocksize: requiredInt, mode: text('DCR') },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const size = numberOf(call.attrs, 'blocksize', 1);
    if (shape?.length !== 4) return of(dtype, null);
    const [n, c, h, w] = shape as [Dim, Dim, Dim, Dim];
    const by = (dim: Dim, factor: number): Dim => (dim === null ? null : dim * factor);
    const result = [n, by(c, 1 / size ** 2), by(h, size), by(w, size)];
    if (c === null || c % size ** 2 === 0) return of(dtype, result);
    const message = `${c} channels do not split into blocks of ${size} × ${size}.`;
    return wrong('blocksize-mismatch', message, dtype, [n, null, by(h, size), by(w, size)]);
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const shape = staticShape(types[0]);
    const s = numberOf(call.attrs, 'blocksize', 1);
    const depth = shape[1]!;
    const crd = textOf(call.attrs, 'mode') === 'CRD';
    return [
      fill(shape, ([n, c, h, w]) => {
        const place = (h! % s) * s + (w! % s);
        const channel = crd ? c! * s * s + place : place * depth + c!;
        return read([n!, channel, Math.floor(h! / s), Math.floor(w! / s)]);
      }),
    ];
  },
  vjp: 'expand',
  expand: (e, { inputs: [x], attrs }) => {
    const [n, c, h, w] = e.shape(x!) as [number, number, number, number];
    const s = numberOf(attrs, 'blocksize', 1);
    const depth = c / s ** 2;
    const crd = textOf(attrs, 'mode', 'DCR') === 'CRD';
    const cut = e.reshape(x!, crd ? [n, depth, s, s, h, w] : [n, s, s, depth, h, w]);
    const order = e.transpose(cut, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
    return [e.reshape(order, [n, depth, h * s, w * s])];
  },
};

const spaceToDepth: OpDef = {
  name: 'SpaceToDepth',
  summary: 'Moves blocks of space into channels.',
  attrs: { blocksize: requiredInt },
  infer: (call) => {
    const { dtype, shape } = typeAt(call, 0);
    const size = numberOf(call.attrs, 'blocksize', 1);
    if (shape?.length !== 4) return of(dtype, null);
    const [n, c, h, w] = shape as [Dim, Dim, Dim, Dim];
    const part = (dim: Dim): Dim => (dim === null || dim % size !== 0 ? null : dim / size);
    const result = [n, c === null ? null : c * size ** 2, part(h), part(w)];
    const fits = [h, w].every((dim) => dim === null || dim % size === 0);
    if (fits) return of(dtype, result);
    return wrong('blocksize-mismatch', `${h} × ${w} does not split into blocks of ${size} × ${size}.`, dtype, result);
  },
  cost: free,
  fold: (call, types) => {
    const read = reader(call.inputs[0]);
    const s = numberOf(call.attrs, 'blocksize', 1);
    const depth = staticShape(call.inputs[0]!.type)[1]!;
    return [
      fill(staticShape(types[0]), ([n, c, h, w]) => {
        const place = Math.floor(c! / depth);
        return read([n!, c! % depth, h! * s + Math.floor(place / s), w! * s + (place % s)]);
      }),
    ];
  },
  vjp: 'expand',
  expand: (e, { inputs: [x], attrs }) => {
    const [n, c, h, w] = e.shape(x!) as [number, number, number, number];
    const s = numberOf(attrs, 'blocksize', 1);
    const cut = e.reshape(x!, [n, c, h / s, s, w / s, s]);
    return [e.reshape(e.transpose(cut, [0, 3, 5, 1, 2, 4]), [n, c * s * s, h / s, w / s])];
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

export const movementOps: readonly OpDef[] = [
  transpose,
  concat,
  split,
  slice,
  pad,
  expand,
  tile,
  depthToSpace,
  spaceToDepth,
  trilu,
];
