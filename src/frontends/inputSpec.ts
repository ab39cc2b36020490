/** How an input is written, in a comment of a model file and on the command line. */

import type { DType } from '../ir/type.ts';
import type { InputSpec } from './types.ts';

const DTYPES: readonly DType[] = [
  ...(['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'] as const),
];

/** `2x3x32x32` (float32) or `int64:1x128:50257` (integers below the bound); null when it is neither. */
export function parseInputSpec(text: string): InputSpec | null {
  const match = /^(?:([a-z0-9]+):)?(\d+(?:x\d+)*)(?::(\d+))?$/.exec(text.trim());
  const dtype = DTYPES.find((known) => known === (match?.[1] ?? 'float32'));
  if (!match || !dtype) return null;
  const shape = match[2]!.split('x').map(Number);
  return { dtype, shape, ...(match[3] !== undefined && { bound: Number(match[3]) }) };
}

/** The text that {@link parseInputSpec} reads; null for what it cannot say: scalars, and parts of lists and mappings. */
export function formatInputSpec({ dtype, shape, bound, place }: InputSpec): string | null {
  if (shape.length === 0 || place !== undefined || !DTYPES.includes(dtype)) return null;
  const prefix = dtype === 'float32' ? '' : `${dtype}:`;
  return `${prefix}${shape.join('x')}${bound === undefined ? '' : `:${bound}`}`;
}
