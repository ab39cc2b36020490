/** Writes through views: what the whole becomes when a view of it is overwritten. */

import type { ValueId } from '../../../ir/graph.ts';
import type { Step } from './indexing.ts';
import { isWhole, resolve } from './indexing.ts';
import { lengths } from './joining.ts';
import type { Arg, Lower, Lowering, Lowerings } from './lower.ts';
import { partOf, product, Unsupported } from './lower.ts';
import { swap } from './shapes.ts';

/** `whole` with the elements that the steps select replaced by `part`, which has the selected shape with no axis dropped. */
const put = (c: Lower, whole: ValueId, steps: readonly Step[], part: ValueId): ValueId => {
  const [step, ...rest] = steps;
  if (!step) return part;
  const { axis, start, stop, step: stride } = step;
  const length = c.shape(whole)[axis]!;
  const inner = rest.length ? put(c, c.slice(whole, axis, start, stop, stride), rest, part) : part;
  if (stride !== 1) {
    const order = swap(c.rank(whole), 0, axis);
    const indices: number[] = [];
    for (let index = start; index < stop; index += stride) indices.push(index);
    const written = c.op('ScatterND', [
      c.permute(whole, order),
      c.constant(indices, [indices.length, 1], 'int64'),
      c.permute(inner, order),
    ]);
    return c.permute(written, order);
  }
  const pieces = [inner];
  if (start > 0) pieces.unshift(c.slice(whole, axis, 0, start));
  if (stop < length) pieces.push(c.slice(whole, axis, stop, length));
  return c.concat(pieces, axis);
};

const putBasic = (c: Lower, whole: ValueId, parts: readonly Arg[], value: ValueId): ValueId => {
  const shape = c.shape(whole);
  const { steps } = resolve(shape, parts);
  const selected = shape.map((dim, axis) => {
    const step = steps.find((one) => one.axis === axis);
    return step ? Math.ceil((step.stop - step.start) / step.step) : dim;
  });
  return put(
    c,
    whole,
    steps.filter((step) => !isWhole(step, shape)),
    c.reshape(value, selected),
  );
};

/** Undoes one step of a view: what `whole` becomes when the view of it is overwritten with `part`. */
const unview: Lowering = (c, [wholeArg, partArg, op, args]) => {
  const [whole, part] = [c.tensor(wholeArg), c.tensor(partArg)];
  const given = c.list(args);
  switch (op) {
    case 'detach':
      return part;
    case 'reshape':
    case 'flatten':
    case 'unflatten':
    case 'squeeze':
    case 'unsqueeze':
      return c.reshape(part, c.shape(whole));
    case 'expand':
      // Without repetition it is another shape of the same elements.
      if (product(c.shape(part)) === product(c.shape(whole))) return c.reshape(part, c.shape(whole));
      throw new Unsupported('writing through a view that repeats elements');
    case 'transpose':
      return c.transpose(
        part,
        swap(c.rank(whole), c.axis(whole, c.number(given[0])), c.axis(whole, c.number(given[1]))),
      );
    case 'permute': {
      const perm = c.numbers(given[0]).map((axis) => c.axis(whole, axis));
      return c.transpose(
        part,
        perm.map((_, axis) => perm.indexOf(axis)),
      );
    }
    case 'basic_index':
      return putBasic(c, whole, c.list(given[0]), part);
    case 'split':
    case 'chunk':
    case 'unbind': {
      const { axis, parts } = lengths(c, op, whole, given);
      const at = partOf(given.at(-1))!;
      const start = parts.slice(0, at).reduce((a, b) => a + b, 0);
      const value = op === 'unbind' ? c.addAxes(part, [axis]) : part;
      return put(c, whole, [{ axis, start, stop: start + parts[at]!, step: 1, drops: false }], value);
    }
    default:
      throw new Unsupported(`writing through a view made by ${String(op)}`);
  }
};

export const writing: Lowerings = {
  unview,
};
