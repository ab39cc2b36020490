/** Calls that move elements: reshapes, permutations, indexing, joining, splitting, and writes through views. */

import type { ValueId } from '../../../ir/graph.ts';
import { adaptive } from './layers.ts';
import type { Arg, Lower, Lowering, Lowerings, Result } from './lower.ts';
import { isEllipsis, isSlice, isTensor, partOf, product, range, ShapeError, Unsupported } from './lower.ts';

const reshapeTo = (c: Lower, x: ValueId, target: readonly number[]): ValueId => {
  const own = c.shape(x);
  const count = product(own);
  const rest = product(target.filter((dim) => dim !== -1));
  const shape = target.map((dim) => (dim === -1 ? count / (rest || 1) : dim));
  if (product(shape) !== count || shape.some((dim) => !Number.isInteger(dim))) {
    const meant =
      target.filter((dim) => dim === -1).length <= 1 ? target.map((dim) => (dim === -1 ? null : dim)) : null;
    throw new ShapeError(
      `shape '[${target.join(', ')}]' is invalid for input of size ${count} ${c.describe(x)}`,
      meant,
    );
  }
  return c.op('Reshape', [x, c.ints(shape)]);
};

const swap = (rank: number, a: number, b: number): number[] => {
  const perm = range(rank);
  [perm[a], perm[b]] = [perm[b]!, perm[a]!];
  return perm;
};

interface Step {
  readonly axis: number;
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly drops: boolean;
}

/** Expands the ellipsis and bounds every slice; `news` are the axes of the result that did not exist. */
const resolve = (shape: readonly number[], parts: readonly Arg[]): { steps: Step[]; news: number[] } => {
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

const isWhole = (step: Step, shape: readonly number[]): boolean =>
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

/** Lengths of the parts that `split` or `chunk` makes. */
const lengths = (c: Lower, op: string, x: ValueId, args: readonly Arg[]): { axis: number; parts: number[] } => {
  const axis = c.axis(x, c.number(args[op === 'unbind' ? 0 : 1], 0));
  const total = c.shape(x)[axis]!;
  if (op === 'unbind') return { axis, parts: new Array<number>(total).fill(1) };
  if (op === 'split' && Array.isArray(args[0])) {
    const parts = c.numbers(args[0]);
    if (product([1]) && parts.reduce((a, b) => a + b, 0) !== total) {
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

const flattenTo = (c: Lower, x: ValueId, start: number, end: number): ValueId => {
  const shape = c.shape(x);
  if (shape.length === 0) return c.reshape(x, [1]);
  const [from, to] = [c.axis(x, start), c.axis(x, end)];
  if (from === 1 && to === shape.length - 1 && shape.length > 1) return c.op('Flatten', [x], { axis: 1 });
  return c.reshape(x, [...shape.slice(0, from), product(shape.slice(from, to + 1)), ...shape.slice(to + 1)]);
};

const squeezed = (c: Lower, x: ValueId, dim: Arg | undefined): number[] => {
  const shape = c.shape(x);
  const wanted =
    dim === null || dim === undefined ? range(shape.length) : c.numbers(dim).map((axis) => c.axis(x, axis));
  return wanted.filter((axis) => shape[axis] === 1);
};

/** Advanced indexing: integer tensors on neighbouring axes, the rest slices. */
const advanced = (c: Lower, x: ValueId, parts: readonly Arg[]): ValueId => {
  const shape = c.shape(x);
  const used = parts.filter((part) => part !== null && !isEllipsis(part)).length;
  const full = parts.flatMap((part) =>
    isEllipsis(part) ? new Array<Arg>(shape.length - used).fill({ s: [null, null, null] }) : [part],
  );
  for (const part of full) {
    if (isTensor(part) && c.dtype(part.t) === 'bool') {
      const kept = parts.length === 1 ? [null, ...shape.slice(c.rank(part.t))] : null;
      throw new Unsupported('a mask as index: its result has no fixed shape', kept);
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
  if (list.length === 1 && isTensor(only) && c.dtype(only.t) === 'bool') {
    const mask = only.t;
    const missing = c.rank(x) - c.rank(mask);
    const aligned = c.addAxes(
      mask,
      range(missing).map((axis) => c.rank(mask) + axis),
    );
    return c.op('Where', [aligned, source, x]);
  }
  if (list.every(isTensor)) {
    const shape = c.shape(x);
    const indices = list.map((one) => c.cast(c.tensor(one), 'int64'));
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

const rolled = (c: Lower, x: ValueId, shift: number, axis: number): ValueId => {
  const length = c.shape(x)[axis]!;
  const by = ((shift % length) + length) % length;
  if (by === 0) return x;
  return c.concat([c.slice(x, axis, length - by, length), c.slice(x, axis, 0, length - by)], axis);
};

export const shapes: Lowerings = {
  reshape: (c, [x, shape]) => reshapeTo(c, c.tensor(x), c.numbers(shape)),
  flatten: (c, [x, start, end]) => flattenTo(c, c.tensor(x), c.number(start), c.number(end)),
  unflatten: (c, [input, dim, sizes]) => {
    const x = c.tensor(input);
    const shape = c.shape(x);
    const axis = c.axis(x, c.number(dim));
    const parts = c.numbers(sizes);
    const rest = product(parts.filter((part) => part !== -1));
    const filled = parts.map((part) => (part === -1 ? shape[axis]! / rest : part));
    return reshapeTo(c, x, [...shape.slice(0, axis), ...filled, ...shape.slice(axis + 1)]);
  },
  transpose: (c, [input, a, b]) => {
    const x = c.tensor(input);
    return c.transpose(x, swap(c.rank(x), c.axis(x, c.number(a)), c.axis(x, c.number(b))));
  },
  permute: (c, [input, dims]) => {
    const x = c.tensor(input);
    const perm = c.numbers(dims);
    if (perm.length !== c.rank(x)) {
      throw new ShapeError(`permute(dims): ${perm.length} axes are given for the input ${c.describe(x)}.`);
    }
    return c.transpose(
      x,
      perm.map((axis) => c.axis(x, axis)),
    );
  },
  squeeze: (c, [input, dim]) => {
    const x = c.tensor(input);
    const axes = squeezed(c, x, dim);
    return axes.length ? c.dropAxes(x, axes) : c.op('Identity', [x]);
  },
  unsqueeze: (c, [input, dim]) => {
    const x = c.tensor(input);
    return c.addAxes(x, [c.axis(x, c.number(dim), 1)]);
  },
  expand: (c, [input, sizes]) => {
    const x = c.tensor(input);
    const own = c.shape(x);
    const target = c.numbers(sizes);
    const shape = target.map((dim, axis) => (dim === -1 ? own[axis - target.length + own.length]! : dim));
    const bad = own.some((dim, axis) => dim !== 1 && dim !== shape[shape.length - own.length + axis]);
    if (bad) throw new ShapeError(`The shape ${c.describe(x)} cannot be expanded to [${target.join(', ')}].`, shape);
    return c.op('Expand', [x, c.ints(shape)]);
  },
  repeat: (c, [input, repeats]) => {
    const x = c.tensor(input);
    const times = c.numbers(repeats);
    const missing = times.length - c.rank(x);
    const y = missing > 0 ? c.addAxes(x, range(missing)) : x;
    const padded = [...new Array<number>(Math.max(0, -missing)).fill(1), ...times];
    return c.op('Tile', [y, c.ints(padded)]);
  },
  repeat_interleave: (c, [input, repeats, dim]) => {
    let x = c.tensor(input);
    const times = c.number(repeats);
    if (dim === null) x = c.reshape(x, [-1]);
    const axis = dim === null ? 0 : c.axis(x, c.number(dim));
    const shape = c.shape(x);
    const wide = [...shape.slice(0, axis + 1), times, ...shape.slice(axis + 1)];
    return c.reshape(
      c.expandTo(c.addAxes(x, [axis + 1]), wide),
      shape.map((d, at) => (at === axis ? d * times : d)),
    );
  },
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
  basic_index: (c, [x, parts]) => basicIndex(c, c.tensor(x), c.list(parts)),
  index: (c, [x, parts]) => advanced(c, c.tensor(x), c.list(parts)),
  index_put: indexPut,
  unview,
  roll: (c, [input, shifts, dims]) => {
    const x = c.tensor(input);
    if (dims === null) {
      return c.reshape(rolled(c, c.reshape(x, [-1]), c.number(c.list(shifts)[0]), 0), c.shape(x));
    }
    const by = c.numbers(shifts);
    return c.numbers(dims).reduce((y, axis, at) => rolled(c, y, by[at]!, c.axis(x, axis)), x);
  },
  flip: (c, [input, dims]) => {
    const x = c.tensor(input);
    const axes = c.numbers(dims).map((axis) => c.axis(x, axis));
    const ints = (value: number): ValueId => c.ints(axes.map(() => value));
    return c.op('Slice', [x, ints(-1), ints(-Number.MAX_SAFE_INTEGER), c.ints(axes), ints(-1)]);
  },
  tril: (c, [x, k]) => c.op('Trilu', [c.tensor(x), c.scalar(c.number(k), 'int64')], { upper: 0 }),
  triu: (c, [x, k]) => c.op('Trilu', [c.tensor(x), c.scalar(c.number(k), 'int64')], { upper: 1 }),
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
    const reduction = reduce === 'add' ? 'add' : 'none';
    return c.op('ScatterElements', [x, i, c.cast(source, c.dtype(x))], { axis, reduction });
  },
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
  pad: (c, [input, widths, mode, value]) => {
    const x = c.tensor(input);
    const pads = c.numbers(widths);
    const rank = c.rank(x);
    const begins = new Array<number>(rank).fill(0);
    const ends = new Array<number>(rank).fill(0);
    for (let at = 0; at < pads.length / 2; at++) {
      begins[rank - 1 - at] = pads[2 * at]!;
      ends[rank - 1 - at] = pads[2 * at + 1]!;
    }
    let y = x;
    if (mode === 'circular') {
      begins.forEach((before, axis) => {
        const length = c.shape(x)[axis]!;
        const after = ends[axis]!;
        if (!before && !after) return;
        const pieces = [y];
        if (before) pieces.unshift(c.slice(y, axis, length - before, length));
        if (after) pieces.push(c.slice(y, axis, 0, after));
        y = c.concat(pieces, axis);
      });
      return y;
    }
    // Negative widths cut.
    [...begins.keys()].forEach((axis) => {
      const length = c.shape(y)[axis]!;
      const [before, after] = [Math.min(0, begins[axis]!), Math.min(0, ends[axis]!)];
      if (before || after) y = c.slice(y, axis, -before, length + after);
    });
    const positive = [...begins, ...ends].map((width) => Math.max(0, width));
    if (positive.every((width) => width === 0)) return y === x ? c.op('Identity', [x]) : y;
    const onnx = mode === 'reflect' ? 'reflect' : mode === 'replicate' ? 'edge' : 'constant';
    const fill = onnx === 'constant' ? c.like(x, c.number(value, 0)) : null;
    return c.op('Pad', [y, c.ints(positive), fill], { mode: onnx });
  },
  pixel_shuffle: (c, [x, factor]) => {
    return c.op('DepthToSpace', [c.tensor(x), null], { blocksize: c.number(factor), mode: 'CRD' });
  },
  pixel_unshuffle: (c, [input, factor]) => {
    const x = c.tensor(input);
    const [n, d, h, w] = c.shape(x) as [number, number, number, number];
    const r = c.number(factor);
    const cells = c.reshape(x, [n, d, h / r, r, w / r, r]);
    return c.reshape(c.transpose(cells, [0, 1, 3, 5, 2, 4]), [n, d * r * r, h / r, w / r]);
  },
  channel_shuffle: (c, [input, groups]) => {
    const x = c.tensor(input);
    const [n, d, ...rest] = c.shape(x) as [number, number, ...number[]];
    const g = c.number(groups);
    const perm = [0, 2, 1, ...rest.map((_, at) => at + 3)];
    return c.reshape(c.transpose(c.reshape(x, [n, g, d / g, ...rest]), perm), [n, d, ...rest]);
  },
  interpolate: (c, [input, size, factors, mode, aligned]) => {
    const x = c.tensor(input);
    const shape = c.shape(x);
    const kind = c.text(mode);
    const onnx = kind === 'nearest' || kind === 'nearest-exact' ? 'nearest' : kind === 'bicubic' ? 'cubic' : 'linear';
    const spatial = shape.slice(2);
    const target =
      size === null ? spatial.map((dim, at) => Math.floor(dim * c.numbers(factors)[at]!)) : c.numbers(size);
    if (kind === 'area') return adaptive(c, x, target, 'Average');
    const attrs = {
      mode: onnx,
      coordinate_transformation_mode:
        kind === 'nearest' ? 'asymmetric' : c.flag(aligned) ? 'align_corners' : 'half_pixel',
      ...(onnx === 'nearest' && { nearest_mode: kind === 'nearest' ? 'floor' : 'round_prefer_ceil' }),
      ...(onnx === 'cubic' && { cubic_coeff_a: -0.75 }),
    };
    return c.op('Resize', [x, null, null, c.ints([...shape.slice(0, 2), ...target])], attrs);
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
  unfold: (c, [input, kernel, dilation, padding, stride]) => {
    const x = c.tensor(input);
    const [n, channels] = c.shape(x) as [number, number];
    const [k, d, p, s] = [kernel, dilation, padding, stride].map((one) => c.numbers(one)) as number[][];
    const padded = p!.some((width) => width > 0)
      ? c.op('Pad', [x, c.ints([0, 0, ...p!, 0, 0, ...p!]), c.like(x, 0)], { mode: 'constant' })
      : x;
    const axes = [0, 1].map((at) => {
      const length = c.shape(padded)[at + 2]!;
      const count = Math.floor((length - d![at]! * (k![at]! - 1) - 1) / s![at]!) + 1;
      return { count, indices: range(k![at]!).flatMap((i) => range(count).map((j) => i * d![at]! + j * s![at]!)) };
    }) as [{ count: number; indices: number[] }, { count: number; indices: number[] }];
    const [rows, columns] = axes;
    let y = c.op('Gather', [padded, c.constant(rows.indices, [k![0]!, rows.count], 'int64')], { axis: 2 });
    y = c.op('Gather', [y, c.constant(columns.indices, [k![1]!, columns.count], 'int64')], { axis: 4 });
    return c.reshape(c.transpose(y, [0, 1, 2, 4, 3, 5]), [n, channels * k![0]! * k![1]!, rows.count * columns.count]);
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
