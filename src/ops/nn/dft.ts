/** The discrete Fourier transform: a fast algorithm, so it counts no MACs; at run time products with sines and cosines. */

import type { ValueId } from '../../ir/graph.ts';
import type { Dim } from '../../ir/type.ts';
import { elementCount, formatShape } from '../../ir/type.ts';
import type { Emit } from '../emit.ts';
import { sliced, transposed } from '../forms.ts';
import type { OpDef } from '../op.ts';
import { mismatch, numberAttr, range, shapeOf, typed } from './attributes.ts';

/** Length of the transform: what is asked for, else that of the signal. */
const lengthOf = (given: readonly number[] | undefined, signal: Dim): Dim => given?.[0] ?? signal;

/** cos(2π·row·column/n) and the sine of it. The angle is reduced while it is whole, which keeps it exact. */
function turns(emit: Emit, rows: number, columns: number, n: number): { cos: ValueId; sin: ValueId } {
  const product = emit.mul(
    emit.constant(range(rows), [rows, 1], 'int64'),
    emit.constant(range(columns), [1, columns], 'int64'),
  );
  const whole = emit.op('Mod', [product, emit.scalar(n, 'int64')]);
  const angles = emit.mul(emit.op('Cast', [whole], { to: 1 }), emit.scalar((2 * Math.PI) / n));
  return { cos: emit.op('Cos', [angles]), sin: emit.op('Sin', [angles]) };
}

export const dft: OpDef = {
  name: 'DFT',
  summary: 'Discrete Fourier transform along `axis`; real and imaginary part lie on the last axis',
  attrs: {
    axis: { kind: 'int', default: 1 },
    inverse: { kind: 'int', default: 0 },
    onesided: { kind: 'int', default: 0 },
  },
  infer(call) {
    const [input, length] = call.inputs;
    const shape = shapeOf(input);
    if (shape === null) return { types: [typed(input, null)] };
    const parts = shape.at(-1);
    if (shape.length < 2 || (typeof parts === 'number' && parts > 2))
      return {
        types: [typed(input, null)],
        problems: [mismatch(`DFT takes one or two parts on the last axis, not ${formatShape(shape)}.`)],
      };
    const rank = shape.length;
    const axis = (numberAttr(call.attrs, 'axis', 1) + rank) % rank;
    const whole = lengthOf(length?.data, shape[axis]!);
    const bins = whole === null || numberAttr(call.attrs, 'onesided', 0) === 0 ? whole : Math.floor(whole / 2) + 1;
    const signal = length && length.data === undefined ? null : bins;
    return { types: [typed(input, [...shape.with(axis, signal).slice(0, -1), 2])] };
  },
  // 5·n·log₂ n for a complex transform of n points.
  cost(call, types) {
    const shape = types[0]!.shape;
    const count = elementCount(shape);
    if (count === null) return null;
    const n = shape!.at(numberAttr(call.attrs, 'axis', 1))!;
    return { macs: 0, flops: Math.round((count / 2) * 5 * Math.log2(Math.max(2, n))) };
  },
  vjp: 'expand',
  // y = x · W with W = cos ∓ i·sin, over n for the inverse.
  expand(emit, node) {
    const [input, given] = node.inputs as [ValueId, ValueId | null | undefined];
    const shape = emit.shape(input);
    const rank = shape.length;
    const axis = (numberAttr(node.attrs, 'axis', 1) + rank) % rank;
    const data = given === null || given === undefined ? undefined : (emit.data(given) ?? undefined);
    const n = lengthOf(data, shape[axis]!)!;
    const inverse = numberAttr(node.attrs, 'inverse', 0) !== 0;
    const bins = numberAttr(node.attrs, 'onesided', 0) !== 0 ? Math.floor(n / 2) + 1 : n;
    const used = Math.min(n, shape[axis]!);
    const last = [...range(rank - 1).filter((one) => one !== axis), axis];
    const back = range(rank - 1).map((one) => last.indexOf(one));
    const { cos, sin } = turns(emit, used, bins, n);
    const part = (index: number): ValueId => {
      const one = sliced(emit, sliced(emit, input, axis, 0, used), rank - 1, index, index + 1);
      return transposed(emit, emit.reshape(one, emit.shape(one).slice(0, -1)), last);
    };
    const real = part(0);
    let [a, b] = [emit.matMul(real, cos), emit.matMul(real, sin)];
    if (!inverse) b = emit.neg(b);
    if (shape.at(-1) === 2) {
      const imaginary = part(1);
      const [c, d] = [emit.matMul(imaginary, sin), emit.matMul(imaginary, cos)];
      [a, b] = [inverse ? emit.sub(a, c) : emit.add(a, c), emit.add(b, d)];
    }
    const parts = [a, b].map((value) => {
      const moved = transposed(emit, value, back);
      return emit.reshape(moved, [...emit.shape(moved), 1]);
    });
    const whole = emit.op('Concat', parts, { axis: rank - 1 });
    return [inverse ? emit.mul(whole, emit.scalar(1 / n)) : whole];
  },
};
