/** What is known of a call's results where lengths of its arguments are not known: what holds whatever they are. */

import type { Value, ValueId } from '../../../ir/graph.ts';
import type { Shape, TensorType } from '../../../ir/type.ts';
import { isStatic, tensorType } from '../../../ir/type.ts';
import { createBuilder } from '../../../ops/infer.ts';
import type { Arg, Lowering } from './lower.ts';
import { holdsUnknown, isSlice, isTensor, Lower } from './lower.ts';

/** Types of a call's results; one result, or a list of them. */
interface Supposed {
  readonly isOne: boolean;
  readonly types: readonly (TensorType | null)[];
}

/** Lengths that are tried in place of those that are not known; a slice may take all of a length, or end before it. */
const SUPPOSED = [23, 37] as const;
const SLICED = [1, 37] as const;

/** Whether a call's results are as long as it is told by its list of lengths; others may take less than is asked for. */
const isSized = (op: string, args: readonly Arg[]): boolean =>
  ['split', 'reshape', 'expand', 'basic_index'].includes(op) && Array.isArray(args[1]);

/** An index of which only the slices matter: what else is taken is one, wherever it is. */
const withoutPlaces = (parts: Arg | undefined): Arg =>
  Array.isArray(parts)
    ? (parts as readonly Arg[]).map((part) =>
        typeof part === 'number' || (!isSlice(part) && holdsUnknown(part)) ? 0 : part,
      )
    : (parts ?? null);

/** The axis that a call cuts into parts of lengths that are listed, some of them not known: it is as long as all of them. */
const cutAxis = (op: string, [, parts, dim]: readonly Arg[], rank: number): number | null => {
  if (op !== 'split' || !Array.isArray(parts) || !parts.some((part: Arg) => holdsUnknown(part))) return null;
  return typeof dim === 'number' ? (dim + rank) % rank : null;
};

const resultsWith = (
  op: string,
  lowering: Lowering,
  args: readonly Arg[],
  valueAt: (id: ValueId) => Value,
  length: number,
): Supposed | null => {
  const builder = createBuilder();
  const ids = new Map<ValueId, ValueId>();
  const supposed = (arg: Arg): Arg => {
    if (Array.isArray(arg)) return (arg as readonly Arg[]).map(supposed);
    if (isSlice(arg)) return { s: arg.s.map(supposed) };
    if (holdsUnknown(arg)) return length;
    if (!isTensor(arg)) return arg;
    const { type, data } = valueAt(arg.t);
    const shape = type.shape!.map((one) => one ?? length);
    const cut = arg === args[0] ? cutAxis(op, args, shape.length) : null;
    if (cut !== null)
      shape[cut] = (args[1] as readonly Arg[]).reduce<number>((sum, part) => sum + Number(supposed(part)), 0);
    const id = ids.get(arg.t) ?? builder.input('', tensorType(type.dtype, shape));
    if (data !== undefined) builder.values[id] = { ...builder.values[id]!, data };
    ids.set(arg.t, id);
    return { t: id };
  };
  const result = lowering(new Lower(builder), args.map(supposed));
  if (builder.nodes.some(({ problems }) => problems.length > 0)) return null;
  const typesOf = (values: readonly (ValueId | null)[]): readonly (TensorType | null)[] =>
    values.map((value) => (value === null ? null : builder.typeOf(value)));
  return { isOne: typeof result === 'number', types: typesOf(typeof result === 'number' ? [result] : result) };
};

const tensorsIn = (arg: Arg): readonly ValueId[] => {
  if (isTensor(arg)) return [arg.t];
  if (isSlice(arg)) return arg.s.flatMap(tensorsIn);
  return Array.isArray(arg) ? (arg as readonly Arg[]).flatMap(tensorsIn) : [];
};

/**
 * The types of a call's results, with null for lengths that depend on those that are not known; null where nothing is known:
 * the rank of an argument is not, or the call does not go with any lengths.
 */
export const suppose = (
  op: string,
  lowering: Lowering,
  args: readonly Arg[],
  valueAt: (id: ValueId) => Value,
): Supposed | null => {
  const shapes = args.flatMap(tensorsIn).map((id) => valueAt(id).type.shape);
  const isTold = args.some(holdsUnknown);
  if (shapes.includes(null) || (isTold ? !isSized(op, args) : shapes.every(isStatic))) return null;
  const slices = op === 'basic_index';
  const given = slices ? args.with(1, withoutPlaces(args[1])) : args;
  try {
    const [one, other] = (slices ? SLICED : SUPPOSED).map((length) =>
      resultsWith(op, lowering, given, valueAt, length),
    );
    if (!one || one.types.length !== other?.types.length) return null;
    const types = one.types.map((type, at) => {
      return type && tensorType(type.dtype, common(type.shape, other.types[at]?.shape ?? null));
    });
    return { isOne: one.isOne, types };
  } catch {
    return null;
  }
};

const common = (a: Shape, b: Shape): Shape =>
  a === null || a.length !== b?.length ? null : a.map((one, axis) => (one === b[axis] ? one : null));
