/** Operators that join tensors and cut them into parts: Concat, Split. */

import type { Dim, Shape } from '../ir/type.ts';
import { formatShape, isStatic, tensorType } from '../ir/type.ts';
import { likelier } from './broadcast.ts';
import { fill, reader, staticShape } from './fold.ts';
import { sliced, zerosLike } from './forms.ts';
import type { OpDef } from './op.ts';
import { free } from './op.ts';
import {
  axisProblem,
  axisWithin,
  dataAt,
  hasInput,
  int,
  isAbsent,
  numberOf,
  of,
  range,
  requiredInt,
  shapeAt,
  typeAt,
  wrong,
} from './read.ts';

/** The one axis, no side of a picture, along which shapes can be joined as they differ there only, and what that gives. */
function otherJoin(shapes: readonly Shape[]): { readonly axis: number; readonly shape: Shape } | null {
  const [first, ...others] = shapes;
  if (!isStatic(first ?? null) || !others.every((shape) => isStatic(shape) && shape.length === first!.length))
    return null;
  const apart = range(first!.length).filter((axis) => others.some((shape) => shape![axis] !== first![axis]));
  const [axis, ...more] = apart;
  if (axis === undefined || more.length > 0 || (axis >= 2 && first!.length >= 4)) return null;
  return {
    axis,
    shape: first!.with(
      axis,
      shapes.reduce((sum, shape) => sum + (shape![axis] as number), 0),
    ),
  };
}

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
        if (result[index] === dim) return;
        fits = false;
        result[index] = likelier(result[index]!, dim, index, first.length);
      });
    }
    if (fits) return of(dtype, result);
    const message = `Shapes ${shapes.map(formatShape).join(', ')} cannot be joined along axis ${axis}.`;
    const other = otherJoin(shapes);
    return wrong(
      'concat-mismatch',
      other ? `${message} Along axis ${other.axis} they can.` : message,
      dtype,
      other?.shape ?? result,
    );
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

export const joiningOps: readonly OpDef[] = [concat, split];
