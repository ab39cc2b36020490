/** Elementwise operators of several tensors, with NumPy broadcasting. */

import type { ValueId } from '../ir/graph.ts';
import type { DType } from '../ir/type.ts';
import { tensorType } from '../ir/type.ts';
import { broadcastAll } from './broadcast.ts';
import { ONNX_DTYPE } from './dtype.ts';
import type { Emit } from './emit.ts';
import { fill, reader, staticShape, toDType } from './fold.ts';
import type { AttrDef, Call, Expand, OpDef, OpResult, Vjp } from './op.ts';
import { int, numberOf, typeAt } from './read.ts';

interface Row {
  readonly name: string;
  readonly summary: string;
  readonly attrs?: Readonly<Record<string, AttrDef>>;
  readonly value: (operands: readonly number[], call: Call) => number;
  readonly vjp: Vjp | 'none';
  readonly expand?: Expand;
  readonly dtype?: DType;
}

function inferBroadcast(call: Call, inputs: readonly number[], dtype: DType): OpResult {
  const { shape, problem } = broadcastAll(inputs.map((index) => typeAt(call, index).shape));
  return { types: [tensorType(dtype, shape)], ...(problem && { problems: [problem] }) };
}

const nary = ({ name, summary, attrs = {}, value, vjp, expand, dtype }: Row): OpDef => ({
  name,
  summary,
  attrs,
  infer: (call) => inferBroadcast(call, [...call.inputs.keys()], dtype ?? typeAt(call, 0).dtype),
  fold: (call, types) => {
    const readers = call.inputs.map(reader);
    const { dtype: result } = types[0]!;
    return [
      fill(staticShape(types[0]), (index) =>
        toDType(
          value(
            readers.map((read) => read(index)),
            call,
          ),
          result,
        ),
      ),
    ];
  },
  vjp,
  ...(expand && { expand }),
});

const bool = (value: boolean): number => Number(value);
const compare = (name: string, summary: string, holds: (a: number, b: number) => boolean): OpDef =>
  nary({ name, summary, value: ([a, b]) => bool(holds(a!, b!)), dtype: 'bool', vjp: 'none' });

/** Cotangents of Max and Min: g goes to the operands that equal the result, in equal parts where several do. */
const shareAmongEqual: Vjp = (e, { inputs, outputs: [y] }, [g]) => {
  const { dtype } = e.type(y!);
  const masks = inputs.map((x) => e.op('Cast', [e.op('Equal', [x!, y!])], { to: ONNX_DTYPE[dtype] }));
  const share = e.div(
    g!,
    masks.reduce((a, b) => e.add(a, b)),
  );
  return masks.map((mask) => e.mul(share, mask));
};

/**
 * x to a constant power, without Pow where products, quotients and roots do: a broadcasting Pow fails on WebGPU.
 */
export function power(e: Emit, x: ValueId, exponent: number): ValueId {
  const { dtype } = e.type(x);
  if (exponent < 0) return e.div(e.scalar(1, dtype), power(e, x, -exponent));
  if (exponent === 0) return e.op('Expand', [e.scalar(1, dtype), e.ints(e.shape(x))]);
  if (exponent === 0.5) return e.sqrt(x);
  if (exponent === 1) return x;
  if (exponent === 1.5) return e.mul(x, e.sqrt(x));
  if (Number.isInteger(exponent) && exponent <= 8) {
    const half = power(e, x, Math.floor(exponent / 2));
    const squared = e.mul(half, half);
    return exponent % 2 === 0 ? squared : e.mul(squared, x);
  }
  return e.op('Pow', [x, e.op('Expand', [e.scalar(exponent, dtype), e.ints(e.shape(x))])]);
}

const expandLike = (e: Emit, value: ValueId, like: ValueId): ValueId =>
  e.shape(value).join() === e.shape(like).join() ? value : e.op('Expand', [value, e.ints(e.shape(like))]);

const powVjp: Vjp = (e, { inputs: [a, b], outputs: [y] }, [g]) => {
  const exponent = e.data(b!);
  const { dtype } = e.type(a!);
  // da = g·b·a^(b − 1); db = g·y·log a
  if (exponent?.length === 1) {
    const [value = 1] = exponent;
    return [e.mul(g!, e.mul(power(e, a!, value - 1), e.scalar(value, dtype))), null];
  }
  const base = expandLike(e, a!, y!);
  const full = expandLike(e, b!, y!);
  const da = e.mul(g!, e.mul(full, e.op('Pow', [base, e.sub(full, e.scalar(1, dtype))])));
  return [da, e.mul(g!, e.mul(y!, e.op('Log', [base])))];
};

const rows: readonly Row[] = [
  {
    name: 'Add',
    summary: 'a + b.',
    value: ([a, b]) => a! + b!,
    // da = g; db = g
    vjp: (_, __, [g]) => [g!, g!],
  },
  {
    name: 'Sub',
    summary: 'a − b.',
    value: ([a, b]) => a! - b!,
    // da = g; db = −g
    vjp: (e, _, [g]) => [g!, e.neg(g!)],
  },
  {
    name: 'Mul',
    summary: 'a·b.',
    value: ([a, b]) => a! * b!,
    // da = g·b; db = g·a
    vjp: (e, { inputs: [a, b] }, [g]) => [e.mul(g!, b!), e.mul(g!, a!)],
  },
  {
    name: 'Div',
    summary: 'a / b; integers are cut towards zero.',
    value: ([a, b]) => a! / b!,
    // da = g / b; db = −g·y / b
    vjp: (e, { inputs: [, b], outputs: [y] }, [g]) => {
      const da = e.div(g!, b!);
      return [da, e.neg(e.mul(da, y!))];
    },
  },
  { name: 'Pow', summary: 'a to the power b.', value: ([a, b]) => a! ** b!, vjp: powVjp },
  {
    name: 'Mod',
    summary: 'Remainder: of the sign of b, or of a with fmod 1.',
    attrs: { fmod: int(0) },
    value: ([a, b], call) => (numberOf(call.attrs, 'fmod') ? a! % b! : a! - b! * Math.floor(a! / b!)),
    // y = a − n·b with a whole n: da = g; db = −g·n = g·(y − a) / b
    vjp: (e, { inputs: [a, b], outputs: [y] }, [g]) => [g!, e.mul(g!, e.div(e.sub(y!, a!), b!))],
  },
  { name: 'Max', summary: 'Largest of the operands.', value: (all) => Math.max(...all), vjp: shareAmongEqual },
  { name: 'Min', summary: 'Smallest of the operands.', value: (all) => Math.min(...all), vjp: shareAmongEqual },
  {
    name: 'Sum',
    summary: 'Sum of the operands.',
    value: (all) => all.reduce((a, b) => a + b, 0),
    // each d = g
    vjp: (_, { inputs }, [g]) => inputs.map(() => g!),
    expand: (e, { inputs }) => [inputs.map((input) => input!).reduce((a, b) => e.add(a, b))],
  },
  {
    name: 'Mean',
    summary: 'Mean of the operands.',
    value: (all) => all.reduce((a, b) => a + b, 0) / all.length,
    // each d = g / count
    vjp: (e, { inputs }, [g]) => {
      const part = e.mul(g!, e.scalar(1 / inputs.length, e.type(g!).dtype));
      return inputs.map(() => part);
    },
    expand: (e, { inputs }) => {
      const total = inputs.map((input) => input!).reduce((a, b) => e.add(a, b));
      return [e.mul(total, e.scalar(1 / inputs.length, e.type(total).dtype))];
    },
  },
  { name: 'And', summary: 'Logical and.', value: ([a, b]) => bool(a !== 0 && b !== 0), vjp: 'none' },
  { name: 'Or', summary: 'Logical or.', value: ([a, b]) => bool(a !== 0 || b !== 0), vjp: 'none' },
  { name: 'Xor', summary: 'Logical exclusive or.', value: ([a, b]) => bool((a !== 0) !== (b !== 0)), vjp: 'none' },
];

const where: OpDef = {
  name: 'Where',
  summary: 'Second input where the first holds, else the third.',
  attrs: {},
  infer: (call) => inferBroadcast(call, [1, 2, 0], typeAt(call, 1).dtype),
  fold: (call, types) => {
    const [condition, a, b] = call.inputs.map(reader);
    return [fill(staticShape(types[0]), (index) => (condition!(index) ? a!(index) : b!(index)))];
  },
  // da = condition ? g : 0; db = condition ? 0 : g
  vjp: (e, { inputs: [condition] }, [g]) => {
    const zero = e.scalar(0, e.type(g!).dtype);
    return [null, e.op('Where', [condition!, g!, zero]), e.op('Where', [condition!, zero, g!])];
  },
};

export const binaryOps: readonly OpDef[] = [
  ...rows.map(nary),
  compare('Equal', 'a = b.', (a, b) => a === b),
  compare('Less', 'a < b.', (a, b) => a < b),
  compare('LessOrEqual', 'a ≤ b.', (a, b) => a <= b),
  compare('Greater', 'a > b.', (a, b) => a > b),
  compare('GreaterOrEqual', 'a ≥ b.', (a, b) => a >= b),
  where,
];
