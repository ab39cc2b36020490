/** Calls that join tensors and cut them into parts. */

import type { ValueId } from '../../../ir/graph.ts';
import type { Arg, Lower, Lowering, Lowerings, Result } from './lower.ts';
import { isTensor, partOf, product, range, ShapeError } from './lower.ts';

/** Lengths of the parts that `split` or `chunk` makes. */
export const lengths = (c: Lower, op: string, x: ValueId, args: readonly Arg[]): { axis: number; parts: number[] } => {
  const axis = c.axis(x, c.number(args[op === 'unbind' ? 0 : 1], 0));
  const total = c.shape(x)[axis]!;
  if (op === 'unbind') return { axis, parts: new Array<number>(total).fill(1) };
  if (op === 'split' && Array.isArray(args[0])) {
    const parts = c.numbers(args[0]);
    if (parts.reduce((a, b) => a + b, 0) !== total) {
      throw new ShapeError(`split_with_sizes expects split_sizes to sum to ${total}, not [${parts.join(', ')}]`);
    }
    return { axis, parts };
  }
  const size = op === 'split' ? c.number(args[0]) : Math.ceil(total / c.number(args[0]));
  const parts = range(Math.max(1, Math.ceil(total / size))).map((index) => Math.min(size, total - index * size));
  return { axis, parts };
};

const splitting =
  (op: string): Lowering =>
  (c, [input, ...args]): Result => {
    const x = c.tensor(input);
    const { axis, parts } = lengths(c, op, x, args);
    const part = partOf(args.at(-1));
    const finish = (value: ValueId): ValueId => (op === 'unbind' ? c.dropAxes(value, [axis]) : value);
    if (part !== null) {
      const start = parts.slice(0, part).reduce((a, b) => a + b, 0);
      return finish(c.slice(x, axis, start, start + parts[part]!));
    }
    if (parts.length === 1) return [finish(c.op('Identity', [x]))];
    return c.ops('Split', [x, c.ints(parts)], { axis }, parts.length).map(finish);
  };

export const joining: Lowerings = {
  cat: (c, [tensors, dim]) => {
    const list = c.list(tensors).filter((one) => !(isTensor(one) && c.type(one.t).shape?.join() === '0'));
    const values = c.promote(list);
    if (values.length === 1) return c.op('Identity', [values[0]!]);
    return c.op('Concat', values, { axis: c.axis(values[0]!, c.number(dim)) });
  },
  stack: (c, [tensors, dim]) => {
    const values = c.promote(c.list(tensors));
    const axis = c.axis(values[0]!, c.number(dim), 1);
    return c.concat(
      values.map((value) => c.addAxes(value, [axis])),
      axis,
    );
  },
  split: splitting('split'),
  chunk: splitting('chunk'),
  unbind: splitting('unbind'),
  meshgrid: (c, [tensors, indexing]) => {
    const values = c.tensors(tensors);
    const swapped = indexing === 'xy' && values.length > 1;
    const order = swapped ? [values[1]!, values[0]!, ...values.slice(2)] : values;
    const shape = order.map((value) => product(c.shape(value)));
    const grids = order.map((value, at) =>
      c.expandTo(
        c.reshape(
          value,
          shape.map((_, axis) => (axis === at ? shape[at]! : 1)),
        ),
        shape,
      ),
    );
    return swapped ? [grids[1]!, grids[0]!, ...grids.slice(2)] : grids;
  },
};
