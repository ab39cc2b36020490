/** Reading a call: types, constant inputs, attributes and axes, all tolerant of what is missing or unknown. */

import type { Attrs } from '../ir/graph.ts';
import type { DType, Shape, TensorType } from '../ir/type.ts';
import { formatShape, tensorType } from '../ir/type.ts';
import type { AttrDef, Call, OpResult } from './op.ts';

const UNKNOWN = tensorType('float32', null);

export const typeAt = (call: Call, index: number): TensorType => call.inputs[index]?.type ?? UNKNOWN;
export const shapeAt = (call: Call, index: number): Shape => typeAt(call, index).shape;

/** Contents of a constant input; null when it is absent or computed. */
export const dataAt = (call: Call, index: number): readonly number[] | null => call.inputs[index]?.data ?? null;

export const isAbsent = <T>(value: T | null | undefined): value is null | undefined =>
  value === null || value === undefined;

export const hasInput = (call: Call, index: number): boolean => (call.inputs[index] ?? null) !== null;

export const numberOf = (attrs: Attrs, name: string, fallback = 0): number => {
  const value = attrs[name];
  return typeof value === 'number' ? value : fallback;
};

export const textOf = (attrs: Attrs, name: string, fallback = ''): string => {
  const value = attrs[name];
  return typeof value === 'string' ? value : fallback;
};

export const numbersOf = (attrs: Attrs, name: string): readonly number[] | null => {
  const value = attrs[name];
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? (value as number[]) : null;
};

export const int = (value?: number): AttrDef =>
  value === undefined ? { kind: 'int' } : { kind: 'int', default: value };
export const float = (value?: number): AttrDef =>
  value === undefined ? { kind: 'float' } : { kind: 'float', default: value };
export const text = (value: string): AttrDef => ({ kind: 'string', default: value });
export const ints: AttrDef = { kind: 'ints' };
export const requiredInt: AttrDef = { kind: 'int', required: true };

/** Axis counted from the front; null when it lies outside the rank. */
export const axisWithin = (axis: number, rank: number): number | null => {
  const positive = axis < 0 ? axis + rank : axis;
  return Number.isInteger(axis) && positive >= 0 && positive < rank ? positive : null;
};

/** All axes counted from the front; null when one lies outside the rank. */
export const axesWithin = (axes: readonly number[], rank: number): readonly number[] | null => {
  const positive = axes.map((axis) => axisWithin(axis, rank));
  return positive.includes(null) ? null : (positive as number[]);
};

export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

export const product = (dims: readonly number[]): number => dims.reduce((total, dim) => total * dim, 1);

/** One output of this type. */
export const of = (dtype: DType, shape: Shape): OpResult => ({ types: [tensorType(dtype, shape)] });

/** Same type as the first input. */
export const likeFirst = (call: Call): OpResult => ({ types: [typeAt(call, 0)] });

/** One output of this type, and a complaint. */
export const wrong = (code: string, message: string, dtype: DType, shape: Shape = null): OpResult => ({
  types: [tensorType(dtype, shape)],
  problems: [{ code, message }],
});

export const axisProblem = (call: Call, axis: number | readonly number[]): OpResult =>
  wrong(
    'axis-out-of-range',
    `${call.op}: axis ${String(axis)} is outside a tensor of shape ${formatShape(shapeAt(call, 0))}.`,
    typeAt(call, 0).dtype,
  );
