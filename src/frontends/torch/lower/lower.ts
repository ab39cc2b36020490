/** What lowerings share: decoding of recorded arguments, type promotion, and the few node forms that everything needs. */

import type { ValueId } from '../../../ir/graph.ts';
import type { DType, Shape } from '../../../ir/type.ts';
import { formatShape, isFloat, isStatic } from '../../../ir/type.ts';
import { ONNX_DTYPE } from '../../../ops/dtype.ts';
import { Emit } from '../../../ops/emit.ts';
import { contentsOf } from '../contents.ts';

/** An argument as the shim sends it: tensors `{t}`, floats `{f}`, element types `{d}`, slices `{s}`, unknown values `{u}`. */
export type Arg =
  | null
  | number
  | boolean
  | string
  | readonly Arg[]
  | { readonly t: number }
  | { readonly f: number | string }
  | { readonly d: DType }
  | { readonly s: readonly Arg[] }
  | { readonly e: 1 }
  | { readonly u: 1 }
  | { readonly part: number };

export type Result = ValueId | readonly (ValueId | null)[];
export type Lowering = (c: Lower, args: readonly Arg[]) => Result;
export type Lowerings = Readonly<Record<string, Lowering>>;

/** The call cannot be expressed; the message says why, or is empty where something unknown flowed in. */
export class Unsupported extends Error {
  constructor(
    message: string,
    /** What is known of its result. */
    readonly shape: Shape = null,
    readonly dtype: DType | null = null,
    /** The value whose contents would have to be known, where that is all that is missing. */
    readonly source: ValueId | null = null,
  ) {
    super(message);
  }
}

const has = <K extends string>(arg: Arg | undefined, key: K): arg is Extract<Arg, Record<K, unknown>> =>
  typeof arg === 'object' && arg !== null && key in arg;

export const isTensor = (arg: Arg | undefined): arg is { readonly t: number } => has(arg, 't');
export const isSlice = (arg: Arg | undefined): arg is { readonly s: readonly Arg[] } => has(arg, 's');
export const isEllipsis = (arg: Arg | undefined): boolean => has(arg, 'e');
export const isFloatArg = (arg: Arg | undefined): boolean => has(arg, 'f');
export const partOf = (arg: Arg | undefined): number | null => (has(arg, 'part') ? arg.part : null);

export const holdsUnknown = (arg: Arg): boolean =>
  has(arg, 'u') || (Array.isArray(arg) && arg.some(holdsUnknown)) || (isSlice(arg) && arg.s.some(holdsUnknown));

const SPECIAL: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN };

/** Ordered by torch's categories: bool < integer < float. */
const category = (dtype: DType): number => (dtype === 'bool' ? 0 : isFloat(dtype) ? 2 : dtype === 'complex64' ? 3 : 1);
const WIDTH: readonly DType[] = [
  'bool',
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'bfloat16',
  'float32',
  'float64',
  'complex64',
];

export class Lower extends Emit {
  private dropouts = 0;
  /** What numbers with a fraction are made in where nothing else is said. */
  floating: DType = 'float32';
  /** Layers convert what they are given themselves: torch.autocast. */
  converts = false;

  /** Dropout while training, of a mask of its own: each call of a trace has another seed. */
  dropout(value: ValueId, ratio: number): ValueId {
    const inputs = [value, this.scalar(ratio), this.scalar(1, 'bool')];
    return this.op('Dropout', inputs, { seed: this.dropouts++ });
  }

  /** 1.0 where a dropout of that ratio, with a mask of its own, keeps an element, else 0.0. */
  keepMask(shape: readonly number[], ratio: number): ValueId {
    const ones = this.expandTo(this.scalar(1), shape);
    if (ratio <= 0) return ones;
    return this.indicator(this.op('Greater', [this.dropout(ones, ratio), this.scalar(0)]));
  }

  // ---- arguments ----

  tensor(arg: Arg | undefined): ValueId {
    if (isTensor(arg)) return arg.t;
    if (has(arg, 'f') || typeof arg === 'number' || typeof arg === 'boolean') return this.literal(arg!, null);
    throw new Unsupported('an argument is not a tensor');
  }

  tensorOrNull(arg: Arg | undefined): ValueId | null {
    return arg === null || arg === undefined ? null : this.tensor(arg);
  }

  tensors(arg: Arg | undefined): readonly ValueId[] {
    return this.list(arg).map((one) => this.tensor(one));
  }

  number(arg: Arg | undefined, fallback?: number): number {
    if (typeof arg === 'number') return arg;
    if (typeof arg === 'boolean') return arg ? 1 : 0;
    if (has(arg, 'f')) return typeof arg.f === 'number' ? arg.f : SPECIAL[arg.f]!;
    if ((arg === null || arg === undefined) && fallback !== undefined) return fallback;
    if (isTensor(arg)) {
      const data = contentsOf(this.builder, arg.t);
      if (data?.length === 1) return data[0]!;
      throw new Unsupported('a number is only known at run time');
    }
    throw new Unsupported('an argument is not a number');
  }

  list(arg: Arg | undefined): readonly Arg[] {
    if (Array.isArray(arg)) return arg as readonly Arg[];
    return arg === null || arg === undefined ? [] : [arg];
  }

  numbers(arg: Arg | undefined): number[] {
    if (isTensor(arg)) {
      const data = this.data(arg.t);
      if (!data) throw new Unsupported('sizes are only known at run time');
      return [...data];
    }
    return this.list(arg).map((one) => this.number(one));
  }

  flag(arg: Arg | undefined): boolean {
    return arg === true || (typeof arg === 'number' && arg !== 0);
  }

  text(arg: Arg | undefined): string {
    return typeof arg === 'string' ? arg : '';
  }

  dtypeArg(arg: Arg | undefined): DType | null {
    return has(arg, 'd') ? arg.d : null;
  }

  // ---- types ----

  /** The shape; a value whose shape is not known makes the call's result unknown. */
  override shape(value: ValueId): readonly number[] {
    const { shape } = this.type(value);
    if (!isStatic(shape)) throw new Unsupported('');
    return shape;
  }

  rank(value: ValueId): number {
    const { shape } = this.type(value);
    if (shape === null) throw new Unsupported('');
    return shape.length;
  }

  dtype(value: ValueId): DType {
    return this.type(value).dtype;
  }

  /** Axis counted from the front; `extra` more axes are allowed where one is being added. */
  axis(value: ValueId, axis: number, extra = 0): number {
    const rank = this.rank(value) + extra;
    const at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= Math.max(rank, 1)) {
      throw new ShapeError(
        `Dimension out of range (expected to be in range of [${-rank}, ${rank - 1}], but got ${axis})`,
      );
    }
    return at;
  }

  cast(value: ValueId, dtype: DType): ValueId {
    return this.dtype(value) === dtype ? value : this.op('Cast', [value], { to: ONNX_DTYPE[dtype] });
  }

  /** A Python number as a scalar of the element type that `like` makes it; without `like`, its own. */
  literal(arg: Arg, like: DType | null): ValueId {
    const own = this.ownDtype(arg);
    const dtype = like !== null && category(like) >= category(own) ? like : own;
    return this.scalar(this.number(arg), dtype);
  }

  /** Operands in torch's common element type; tensors without axes do not widen tensors of their category. */
  promote(args: readonly Arg[], least?: DType): ValueId[] {
    const tensors = args.filter(isTensor).map((arg) => arg.t);
    const pick = (values: readonly ValueId[]): DType | null =>
      values.map((value) => this.dtype(value)).reduce<DType | null>((a, b) => (a === null ? b : wider(a, b)), null);
    const full = pick(tensors.filter((value) => (this.type(value).shape?.length ?? 1) > 0));
    const scalars = pick(tensors.filter((value) => this.type(value).shape?.length === 0));
    let common = full;
    if (scalars !== null && (common === null || category(scalars) > category(common))) common = scalars;
    if (least && (common === null || category(common) < category(least))) common = least;
    for (const arg of args) {
      if (isTensor(arg) || arg === null) continue;
      const own = this.ownDtype(arg);
      if (common === null || category(own) > category(common)) common = own;
    }
    const target = common ?? this.floating;
    return args.map((arg) => (isTensor(arg) ? this.cast(arg.t, target) : this.scalar(this.number(arg), target)));
  }

  /** Float version of a value: integers become what numbers with a fraction are made in. */
  float(value: ValueId): ValueId {
    return isFloat(this.dtype(value)) ? value : this.cast(value, this.floating);
  }

  /** What a Python number is made in. */
  private ownDtype(arg: Arg): DType {
    return typeof arg === 'boolean' ? 'bool' : isFloatArg(arg) ? this.floating : 'int64';
  }

  /** Values in the element type of a layer's weights. torch converts neither, so one that has another is a problem. */
  likeWeights(values: readonly ValueId[], weight: ValueId): ValueId[] {
    return values.map((value) => this.sameDtype(value, weight, ['input', 'weights']));
  }

  /** A value in the element type of another, which torch does not give it: a problem where it has not got it yet. */
  sameDtype(value: ValueId, other: ValueId, [name, otherName]: readonly [string, string]): ValueId {
    const [own, wanted] = [this.dtype(value), this.dtype(other)];
    if (own === wanted) return value;
    const cast = this.cast(value, wanted);
    const isComplex = own === 'complex64' || wanted === 'complex64';
    // Where not even the shape is known, the element type is a guess.
    const isGuess = [value, other].some((one) => this.type(one).shape === null);
    if (this.converts || isComplex || isGuess) return cast;
    const { nodes } = this.builder;
    const message = `The ${name} is ${own}, the ${otherName} ${wanted}: PyTorch converts neither, both must be of one type.`;
    nodes[nodes.length - 1] = { ...nodes.at(-1)!, problems: [{ code: 'dtype-mismatch', message }] };
    return cast;
  }

  like(value: ValueId, number: number): ValueId {
    return this.scalar(number, this.dtype(value));
  }

  // ---- forms ----

  permute(value: ValueId, perm: readonly number[]): ValueId {
    return perm.every((axis, at) => axis === at) ? value : this.transpose(value, perm);
  }

  /** Elements `start` to `end` (exclusive) along one axis. */
  slice(value: ValueId, axis: number, start: number, end: number, step = 1): ValueId {
    return this.op('Slice', [value, this.ints([start]), this.ints([end]), this.ints([axis]), this.ints([step])]);
  }

  /** Drops axes of length 1. */
  dropAxes(value: ValueId, axes: readonly number[]): ValueId {
    return axes.length ? this.op('Squeeze', [value, this.ints(axes)]) : value;
  }

  addAxes(value: ValueId, axes: readonly number[]): ValueId {
    return axes.length ? this.op('Unsqueeze', [value, this.ints(axes)]) : value;
  }

  concat(values: readonly ValueId[], axis: number): ValueId {
    return values.length === 1 ? values[0]! : this.op('Concat', values, { axis });
  }

  expandTo(value: ValueId, shape: readonly number[]): ValueId {
    const own = this.type(value).shape;
    if (own && own.length === shape.length && own.every((dim, axis) => dim === shape[axis])) return value;
    return this.op('Expand', [value, this.ints(shape)]);
  }

  describe(value: ValueId): string {
    return formatShape(this.type(value).shape as Shape);
  }
}

/** The user's mistake, found while lowering; it becomes a problem of the node. */
export class ShapeError extends Error {
  constructor(
    message: string,
    /** The shape that was probably meant. */
    readonly meant: Shape = null,
  ) {
    super(message);
  }
}

const wider = (a: DType, b: DType): DType => {
  if (category(a) !== category(b)) return category(a) > category(b) ? a : b;
  if ((a === 'float16' && b === 'bfloat16') || (a === 'bfloat16' && b === 'float16')) return 'float32';
  return WIDTH.indexOf(a) >= WIDTH.indexOf(b) ? a : b;
};

export const product = (numbers: readonly number[]): number => numbers.reduce((total, one) => total * one, 1);
export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
