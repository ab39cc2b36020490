/** Typed reads of node attributes, and the problems that layer operators report. */

import type { Attrs, Problem, Value } from '../../ir/graph.ts';
import type { Dim, Shape, TensorType } from '../../ir/type.ts';
import { tensorType } from '../../ir/type.ts';

export const numberAttr = (attrs: Attrs, name: string, fallback: number): number => {
  const value = attrs[name];
  return typeof value === 'number' ? value : fallback;
};

export const stringAttr = (attrs: Attrs, name: string, fallback: string): string => {
  const value = attrs[name];
  return typeof value === 'string' ? value : fallback;
};

/** A list of numbers; an absent or empty one gives the fallback. */
export const numbersAttr = (attrs: Attrs, name: string, fallback: readonly number[]): readonly number[] => {
  const value = attrs[name];
  return Array.isArray(value) && value.length > 0 ? (value as readonly number[]) : fallback;
};

export const mismatch = (message: string): Problem => ({ code: 'shape-mismatch', message });

/** True when both lengths are known and differ. */
export const differs = (a: Dim | undefined, b: Dim | undefined): boolean =>
  typeof a === 'number' && typeof b === 'number' && a !== b;

export const shapeOf = (value: Value | null | undefined): Shape => value?.type.shape ?? null;

/** Same element type as `value`, another shape. */
export const typed = (value: Value | null | undefined, shape: Shape): TensorType =>
  tensorType(value?.type.dtype ?? 'float32', shape);

/** Product of the lengths; null when one is unknown. */
export const product = (dims: readonly Dim[]): Dim =>
  dims.reduce((total, dim) => (total === null || dim === null ? null : total * dim), 1);

/** `count` times the same value. */
export const repeat = (count: number, value: number): readonly number[] => new Array<number>(count).fill(value);

/** 0, 1, … count − 1. */
export const range = (count: number, start = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => start + index);

/** `3 × 3`, for messages. */
export const formatSize = (dims: readonly Dim[]): string => dims.map((dim) => dim ?? '?').join(' × ');

export const plural = (count: number, noun: string): string => `${count} ${count === 1 ? noun : `${noun}s`}`;

/** True for an input or cotangent that is not there. */
export const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;
