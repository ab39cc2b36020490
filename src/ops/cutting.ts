/** Operators that take a part of a tensor, or put one around it: Slice, Pad. */

import type { Dim } from '../ir/type.ts';
import { formatShape } from '../ir/type.ts';
import { fill, reader, staticShape } from './fold.ts';
import { padded, scatterAdd, sliced, spread } from './forms.ts';
import type { OpDef } from './op.ts';
import { free } from './op.ts';
import {
  axisProblem,
  axesWithin,
  axisWithin,
  dataAt,
  hasInput,
  isAbsent,
  of,
  range,
  shapeAt,
  text,
  textOf,
  typeAt,
  wrong,
} from './read.ts';

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

export const cuttingOps: readonly OpDef[] = [slice, pad];
