/** Operators that give a tensor another shape and keep its elements in order: Reshape, Flatten, Squeeze, Unsqueeze. */

import { elementCount, formatShape, isStatic } from '../ir/type.ts';
import type { Dim, Shape } from '../ir/type.ts';
import type { Problem } from '../ir/graph.ts';
import type { AttrDef, Call, OpDef, OpResult, Vjp } from './op.ts';
import { reshaped } from './forms.ts';
import {
  axesWithin,
  axisProblem,
  dataAt,
  hasInput,
  int,
  isAbsent,
  numberOf,
  numbersOf,
  of,
  range,
  shapeAt,
  typeAt,
} from './read.ts';

// dx = g in the shape of x
const back: Vjp = (e, { inputs: [x] }, [g]) => [reshaped(e, g!, e.shape(x!))];

const keepsOrder = (
  name: string,
  summary: string,
  attrs: Readonly<Record<string, AttrDef>>,
  infer: (call: Call) => OpResult,
): OpDef => ({
  name,
  summary,
  attrs,
  infer,
  cost: () => ({ macs: 0, flops: 0 }),
  fold: (call) => [dataAt(call, 0)!],
  vjp: back,
});

const multiply = (dims: readonly Dim[]): Dim =>
  dims.reduce((total, dim) => (total === null || dim === null ? null : total * dim), 1);

/** The shape that a Reshape asks for; −1 is filled in from the element count, 0 copies (unless allowzero). */
export function resolveReshape(
  input: Shape,
  wanted: readonly number[],
  allowZero: boolean,
): { shape: Shape; fits: boolean } {
  const known: Dim[] = wanted.map((dim, axis) => (dim === 0 && !allowZero ? (input?.[axis] ?? null) : dim));
  const hole = known.indexOf(-1);
  const total = elementCount(input);
  if (hole < 0) {
    const count = multiply(known);
    return { shape: known, fits: total === null || count === null || count === total };
  }
  const others = known.filter((_, axis) => axis !== hole);
  const rest = multiply(others);
  const size = total === null || rest === null || rest === 0 ? null : total / rest;
  const fits = size === null || Number.isInteger(size);
  return { shape: known.map((dim, axis) => (axis === hole ? (fits ? size : null) : dim)), fits };
}

const inferReshape = (call: Call): OpResult => {
  const { dtype, shape } = typeAt(call, 0);
  const wanted = dataAt(call, 1);
  const rank = shapeAt(call, 1)?.[0];
  if (wanted === null) return of(dtype, isAbsent(rank) ? null : range(rank).map(() => null));
  const resolved = resolveReshape(shape, wanted, numberOf(call.attrs, 'allowzero') !== 0);
  const problem: Problem = {
    code: 'reshape-mismatch',
    message: `A tensor of shape ${formatShape(shape)} (${elementCount(shape) ?? '?'} elements) cannot take the shape [${wanted.join(', ')}].`,
  };
  return { ...of(dtype, resolved.shape), ...(!resolved.fits && { problems: [problem] }) };
};

const inferFlatten = (call: Call): OpResult => {
  const { dtype, shape } = typeAt(call, 0);
  if (shape === null) return of(dtype, [null, null]);
  const given = numberOf(call.attrs, 'axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  if (axis < 0 || axis > shape.length) return axisProblem(call, given);
  return of(dtype, [multiply(shape.slice(0, axis)), multiply(shape.slice(axis))]);
};

/** Axes of Squeeze and Unsqueeze: an input since opset 13, an attribute before. Null when absent or computed. */
const axesOf = (call: Call): readonly number[] | null => dataAt(call, 1) ?? numbersOf(call.attrs, 'axes');

const inferSqueeze = (call: Call): OpResult => {
  const { dtype, shape } = typeAt(call, 0);
  const given = axesOf(call);
  if (shape === null || (given === null && (hasInput(call, 1) || !isStatic(shape)))) return of(dtype, null);
  if (given === null)
    return of(
      dtype,
      shape.filter((dim) => dim !== 1),
    );
  const axes = axesWithin(given, shape.length);
  if (axes === null) return axisProblem(call, given);
  const kept = of(
    dtype,
    shape.filter((_, axis) => !axes.includes(axis)),
  );
  const bad = axes.find((axis) => shape[axis] !== 1 && shape[axis] !== null);
  if (bad === undefined) return kept;
  const message = `Axis ${bad} of ${formatShape(shape)} has length ${shape[bad]} and cannot be squeezed.`;
  return { ...kept, problems: [{ code: 'squeeze-mismatch', message }] };
};

const inferUnsqueeze = (call: Call): OpResult => {
  const { dtype, shape } = typeAt(call, 0);
  const given = axesOf(call);
  if (shape === null || given === null) return of(dtype, null);
  const axes = axesWithin(given, shape.length + given.length);
  if (axes === null) return axisProblem(call, given);
  const rest = [...shape];
  return of(
    dtype,
    range(shape.length + given.length).map((axis) => (axes.includes(axis) ? 1 : rest.shift()!)),
  );
};

export const reshapeOps: readonly OpDef[] = [
  keepsOrder(
    'Reshape',
    'Same elements in another shape; −1 is worked out, 0 copies the length unless allowzero.',
    { allowzero: int(0) },
    inferReshape,
  ),
  keepsOrder('Flatten', 'Two axes: those before `axis` and those from it on.', { axis: int(1) }, inferFlatten),
  keepsOrder('Squeeze', 'Drops axes of length 1 (those given, else all).', {}, inferSqueeze),
  keepsOrder('Unsqueeze', 'Inserts axes of length 1.', {}, inferUnsqueeze),
];
