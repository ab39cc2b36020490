/** Calls that read and write by index. */

import type { ValueId } from '../../../ir/graph.ts';
import type { Shape } from '../../../ir/type.ts';
import type { Arg, Lower, Lowering, Lowerings } from './lower.ts';
import { isEllipsis, isSlice, isTensor, product, range, Unsupported } from './lower.ts';

export interface Step {
  readonly axis: number;
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly drops: boolean;
}

/** Expands the ellipsis and bounds every slice; `news` are the axes of the result that did not exist. */
export const resolve = (shape: readonly number[], parts: readonly Arg[]): { steps: Step[]; news: number[] } => {
  const used = parts.filter((part) => part !== null && !isEllipsis(part)).length;
  const steps: Step[] = [];
  const news: number[] = [];
  let axis = 0;
  let at = 0;
  for (const part of parts) {
    if (isEllipsis(part)) {
      at += shape.length - used;
      axis += shape.length - used;
    } else if (part === null) {
      news.push(at++);
    } else if (isSlice(part)) {
      const length = shape[axis]!;
      const [start, stop, step] = part.s as readonly (number | null)[];
      const bound = (value: number): number => Math.min(length, Math.max(0, value < 0 ? value + length : value));
      const from = bound(start ?? 0);
      steps.push({ axis, start: from, stop: Math.max(from, bound(stop ?? length)), step: step ?? 1, drops: false });
      axis += 1;
      at += 1;
    } else {
      const length = shape[axis]!;
      const index = Number(part) < 0 ? Number(part) + length : Number(part);
      steps.push({ axis, start: index, stop: index + 1, step: 1, drops: true });
      axis += 1;
    }
  }
  return { steps, news };
};

export const isWhole = (step: Step, shape: readonly number[]): boolean =>
  step.start === 0 && step.stop === shape[step.axis] && step.step === 1;

const basicIndex = (c: Lower, x: ValueId, parts: readonly Arg[]): ValueId => {
  const shape = c.shape(x);
  const { steps, news } = resolve(shape, parts);
  const cut = steps.filter((step) => !isWhole(step, shape));
  let y = x;
  if (cut.length) {
    const ints = (pick: (step: Step) => number): ValueId => c.ints(cut.map(pick));
    y = c.op('Slice', [x, ints((s) => s.start), ints((s) => s.stop), ints((s) => s.axis), ints((s) => s.step)]);
  }
  y = c.dropAxes(
    y,
    steps.filter((step) => step.drops).map((step) => step.axis),
  );
  y = c.addAxes(y, news);
  return y === x ? c.op('Identity', [x]) : y;
};

const WHOLE: Arg = { s: [null, null, null] };

/** An index with masks of known contents as positions along each of their axes, and with slices for its ellipsis. */
const spelledOut = (c: Lower, parts: readonly Arg[], rank: number): readonly Arg[] => {
  const positions = (part: Arg): readonly Arg[] => {
    const data = isTensor(part) && c.dtype(part.t) === 'bool' ? c.data(part.t) : undefined;
    if (!data || !isTensor(part)) return [part];
    const shape = c.shape(part.t);
    const chosen = data.flatMap((one, at) => (one ? [at] : []));
    return shape.map((length, axis): Arg => {
      const below = product(shape.slice(axis + 1));
      const along = chosen.map((at) => Math.floor(at / below) % length);
      return { t: c.constant(along, [along.length], 'int64') };
    });
  };
  const all = parts.flatMap(positions);
  const used = all.filter((part) => part !== null && !isEllipsis(part)).length;
  return all.flatMap((part) => (isEllipsis(part) ? new Array<Arg>(rank - used).fill(WHOLE) : [part]));
};

/** What is known of an index with masks: one length depends on their values, the others on the slices around them. */
const maskedShape = (c: Lower, shape: readonly number[], parts: readonly Arg[]): Shape => {
  const isMask = (part: Arg): boolean => isTensor(part) && c.dtype(part.t) === 'bool';
  const width = (part: Arg): number => (isTensor(part) && isMask(part) ? c.rank(part.t) : part === null ? 0 : 1);
  const used = parts.reduce<number>((sum, part) => sum + (isEllipsis(part) ? 0 : width(part)), 0);
  const around: number[] = [];
  // Where the indexed axes go; in front where something stands between them.
  let at: number | null = null;
  let axis = 0;
  const all = parts.flatMap((part) => (isEllipsis(part) ? new Array<Arg>(shape.length - used).fill(WHOLE) : [part]));
  if (!parts.some(isEllipsis)) all.push(...new Array<Arg>(shape.length - used).fill(WHOLE));
  for (const part of all) {
    if (isTensor(part) || typeof part === 'number') {
      if (isTensor(part) && !isMask(part) && c.rank(part.t) > 1) return null;
      at = at === null || at === around.length ? around.length : 0;
    } else if (part === null) around.push(1);
    else if (isSlice(part)) {
      const { start, stop, step } = resolve([shape[axis]!], [part]).steps[0]!;
      around.push(Math.ceil((stop - start) / step));
    } else return null;
    axis += width(part);
  }
  return [...around.slice(0, at!), null, ...around.slice(at!)];
};

/** Advanced indexing: integer tensors on neighbouring axes, the rest slices. */
const advanced = (c: Lower, x: ValueId, parts: readonly Arg[]): ValueId => {
  const shape = c.shape(x);
  const full = spelledOut(c, parts, shape.length);
  for (const part of full) {
    if (isTensor(part) && c.dtype(part.t) === 'bool') {
      throw new Unsupported(
        'a mask as index: its result has no fixed shape',
        maskedShape(c, shape, parts),
        null,
        part.t,
      );
    }
  }
  // First everything that is not a tensor; integers between tensors join them.
  const isIndex = (part: Arg): boolean => isTensor(part) || typeof part === 'number';
  const basics = full.map((part): Arg => (isIndex(part) ? { s: [null, null, null] } : part));
  let y = basicIndex(c, x, basics);
  const at = full.map((part, index) => ({ part, index })).filter(({ part }) => isIndex(part));
  const axes = at.map(({ index }) => index);
  if (axes.some((axis, index) => index > 0 && axis !== axes[index - 1]! + 1)) {
    // Separated indices: torch puts the indexed axes first.
    const rest = range(c.rank(y)).filter((axis) => !axes.includes(axis));
    y = c.permute(y, [...axes, ...rest]);
    axes.forEach((_, index) => (axes[index] = index));
  }
  const first = axes[0]!;
  const dims = c.shape(y);
  const wrap = (part: Arg, length: number): ValueId => {
    if (typeof part === 'number') return c.scalar(part < 0 ? part + length : part, 'int64');
    const index = c.cast(c.tensor(part), 'int64');
    const data = c.data(index);
    if (data && data.every((one) => one >= 0)) return index;
    if (data)
      return c.constant(
        data.map((one) => (one < 0 ? one + length : one)),
        c.shape(index),
        'int64',
      );
    return index;
  };
  let index = wrap(at[0]!.part, dims[first]!);
  for (let k = 1; k < at.length; k++) {
    const length = dims[first + k]!;
    index = c.add(c.mul(index, c.scalar(length, 'int64')), wrap(at[k]!.part, length));
  }
  if (at.length > 1) {
    const merged = product(dims.slice(first, first + at.length));
    y = c.reshape(y, [...dims.slice(0, first), merged, ...dims.slice(first + at.length)]);
  }
  return c.op('Gather', [y, index], { axis: first });
};

const indexPut: Lowering = (c, [target, parts, value]) => {
  const x = c.tensor(target);
  const list = c.list(parts);
  const [only] = list;
  const source = c.cast(c.tensor(value), c.dtype(x));
  const isMask = list.length === 1 && isTensor(only) && c.dtype(only.t) === 'bool';
  if (isMask && (c.rank(source) === 0 || !c.data(only.t))) {
    const mask = only.t;
    const missing = c.rank(x) - c.rank(mask);
    const aligned = c.addAxes(
      mask,
      range(missing).map((axis) => c.rank(mask) + axis),
    );
    return c.op('Where', [aligned, source, x]);
  }
  const full = spelledOut(c, list, c.rank(x));
  const first = full.findIndex(isTensor);
  const count = full.filter(isTensor).length;
  const isFull = (part: Arg): boolean => isSlice(part) && part.s.every((bound) => bound === null);
  const around = [...full.slice(0, first), ...full.slice(first + count)];
  if (first > 0 && full.slice(first, first + count).every(isTensor) && around.every(isFull)) {
    // Written with the indexed axes in front, and turned back.
    const order = [...range(count).map((at) => first + at), ...range(first)];
    const rest = range(c.rank(x)).slice(first + count);
    const indices = full.slice(first, first + count);
    const rank = Math.max(...indices.map((one) => c.rank(c.tensor(one))));
    const shape = c.shape(x);
    const common = range(rank).map((axis) =>
      Math.max(...indices.map((one) => c.shape(c.tensor(one))[axis - rank + c.rank(c.tensor(one))] ?? 1)),
    );
    const chosen = [...shape.slice(0, first), ...common, ...shape.slice(first + count)];
    const moved = [
      ...range(rank).map((at) => first + at),
      ...range(first),
      ...range(chosen.length).slice(first + rank),
    ];
    const updates = c.permute(c.expandTo(source, chosen), moved);
    const turned = [...order, ...rest];
    const written = indexPut(c, [{ t: c.permute(x, turned) }, indices, { t: updates }]) as ValueId;
    return c.permute(
      written,
      turned.map((_, axis) => turned.indexOf(axis)),
    );
  }
  const indexed = full.slice(0, count);
  if (first === 0 && indexed.every(isTensor) && full.slice(count).every(isFull)) {
    const shape = c.shape(x);
    const indices = indexed.map((one) => c.cast(c.tensor(one), 'int64'));
    const rank = Math.max(...indices.map((one) => c.rank(one)));
    const common = range(rank).map((axis) =>
      Math.max(...indices.map((one) => c.shape(one)[axis - rank + c.rank(one)] ?? 1)),
    );
    const stacked = c.concat(
      indices.map((one) => c.addAxes(c.expandTo(one, common), [rank])),
      rank,
    );
    return c.op('ScatterND', [x, stacked, c.expandTo(source, [...common, ...shape.slice(indices.length)])]);
  }
  throw new Unsupported('writing through this index');
};

export const indexing: Lowerings = {
  basic_index: (c, [x, parts]) => basicIndex(c, c.tensor(x), c.list(parts)),
  index: (c, [x, parts]) => advanced(c, c.tensor(x), c.list(parts)),
  index_put: indexPut,
  flip: (c, [input, dims]) => {
    const x = c.tensor(input);
    const axes = c.numbers(dims).map((axis) => c.axis(x, axis));
    const ints = (value: number): ValueId => c.ints(axes.map(() => value));
    return c.op('Slice', [x, ints(-1), ints(-Number.MAX_SAFE_INTEGER), c.ints(axes), ints(-1)]);
  },
  gather: (c, [input, dim, index]) => {
    const x = c.tensor(input);
    return c.op('GatherElements', [x, c.tensor(index)], { axis: c.axis(x, c.number(dim)) });
  },
  index_select: (c, [input, dim, index]) => {
    const x = c.tensor(input);
    return c.op('Gather', [x, c.tensor(index)], { axis: c.axis(x, c.number(dim)) });
  },
  scatter: (c, [input, dim, index, src, reduce]) => {
    const [x, i] = [c.tensor(input), c.tensor(index)];
    const source = isTensor(src) ? src.t : c.expandTo(c.like(x, c.number(src)), c.shape(i));
    const axis = c.axis(x, c.number(dim));
    const reduction = reduce === 'multiply' ? 'mul' : c.text(reduce) || 'none';
    return c.op('ScatterElements', [x, i, c.cast(source, c.dtype(x))], { axis, reduction });
  },
  tensor_unfold: (c, [input, dim, size, step]) => {
    const x = c.tensor(input);
    const axis = c.axis(x, c.number(dim));
    const [k, s] = [c.number(size), c.number(step)];
    const count = Math.floor((c.shape(x)[axis]! - k) / s) + 1;
    const indices = range(count).flatMap((at) => range(k).map((offset) => at * s + offset));
    const gathered = c.op('Gather', [x, c.constant(indices, [count, k], 'int64')], { axis });
    const rank = c.rank(x) + 1;
    return c.permute(gathered, [...range(rank).filter((at) => at !== axis + 1), axis + 1]);
  },
  diagonal: (c, [input, offset, a, b]) => {
    const x = c.tensor(input);
    const [first, second] = [c.axis(x, c.number(a)), c.axis(x, c.number(b))];
    const k = c.number(offset);
    const [rows, columns] = [c.shape(x)[first]!, c.shape(x)[second]!];
    const count = Math.max(0, Math.min(rows - Math.max(0, -k), columns - Math.max(0, k)));
    const rest = range(c.rank(x)).filter((axis) => axis !== first && axis !== second);
    const y = c.permute(x, [...rest, first, second]);
    const flat = c.reshape(y, [...rest.map((axis) => c.shape(x)[axis]!), rows * columns]);
    const indices = range(count).map((i) => (i + Math.max(0, -k)) * columns + i + Math.max(0, k));
    return c.op('Gather', [flat, c.ints(indices)], { axis: rest.length });
  },
};
