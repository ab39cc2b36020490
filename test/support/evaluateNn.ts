/** Reference kernels of the layer operators: plain loops in float64, written from the definitions, not from `expand`. */

import type { Attrs } from '../../src/ir/graph.ts';
import { recurrentKernels } from './evaluateRecurrent.ts';

/** Row-major; booleans as 0 and 1. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Computes a node's outputs. `attrs` have ONNX's defaults filled in. */
export type Kernel = (inputs: readonly (Tensor | null)[], attrs: Attrs, outputs: number) => readonly Tensor[];

const size = (shape: readonly number[]): number => shape.reduce((count, dim) => count * dim, 1);
const zeros = (shape: readonly number[]): Tensor => ({ shape, data: new Float64Array(size(shape)) });

/** All index tuples of a shape, row-major. */
function* indices(shape: readonly number[]): Generator<readonly number[]> {
  const index = shape.map(() => 0);
  for (let left = size(shape); left > 0; left--) {
    yield index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

const offset = (shape: readonly number[], index: readonly number[]): number =>
  shape.reduce((position, dim, axis) => position * dim + index[axis]!, 0);

const ints = (attrs: Attrs, name: string, rank: number, value: number): readonly number[] =>
  (attrs[name] as readonly number[] | undefined) ?? new Array<number>(rank).fill(value);
const num = (attrs: Attrs, name: string, value: number): number => (attrs[name] as number | undefined) ?? value;

/** Pads per axis, [before, after], `auto_pad` included. */
function padsOf(
  attrs: Attrs,
  input: readonly number[],
  kernel: readonly number[],
): readonly (readonly [number, number])[] {
  const rank = kernel.length;
  const [strides, dilations] = [ints(attrs, 'strides', rank, 1), ints(attrs, 'dilations', rank, 1)];
  const mode = (attrs['auto_pad'] as string | undefined) ?? 'NOTSET';
  const pads = ints(attrs, 'pads', 2 * rank, 0);
  return kernel.map((taps, axis) => {
    if (mode === 'VALID') return [0, 0];
    if (mode === 'NOTSET') return [pads[axis]!, pads[axis + rank]!];
    const output = Math.ceil(input[axis]! / strides[axis]!);
    const total = Math.max(0, (output - 1) * strides[axis]! + (taps - 1) * dilations[axis]! + 1 - input[axis]!);
    const half = Math.floor(total / 2);
    return mode === 'SAME_UPPER' ? [half, total - half] : [total - half, half];
  });
}

const conv: Kernel = ([x, w, b], attrs) => {
  const [samples, , ...input] = x!.shape as [number, number, ...number[]];
  const [filters, depth, ...kernel] = w!.shape as [number, number, ...number[]];
  const rank = kernel.length;
  const [strides, dilations] = [ints(attrs, 'strides', rank, 1), ints(attrs, 'dilations', rank, 1)];
  const pads = padsOf(attrs, input, kernel);
  const positions = input.map(
    (length, axis) =>
      Math.floor(
        (length + pads[axis]![0] + pads[axis]![1] - dilations[axis]! * (kernel[axis]! - 1) - 1) / strides[axis]!,
      ) + 1,
  );
  const perGroup = filters / num(attrs, 'group', 1);
  const y = zeros([samples, filters, ...positions]);
  let at = 0;
  for (const [n, m, ...place] of indices(y.shape) as Iterable<[number, number, ...number[]]>) {
    let sum = b ? b.data[m]! : 0;
    for (const [c, ...tap] of indices([depth, ...kernel]) as Iterable<[number, ...number[]]>) {
      const source = tap.map((t, axis) => place[axis]! * strides[axis]! - pads[axis]![0] + t * dilations[axis]!);
      if (source.some((s, axis) => s < 0 || s >= input[axis]!)) continue;
      const channel = Math.floor(m / perGroup) * depth + c;
      sum += x!.data[offset(x!.shape, [n, channel, ...source])]! * w!.data[offset(w!.shape, [m, c, ...tap])]!;
    }
    y.data[at++] = sum;
  }
  return [y];
};

const convTranspose: Kernel = ([x, w, b], attrs) => {
  const [samples, channels, ...input] = x!.shape as [number, number, ...number[]];
  const [, depth, ...kernel] = w!.shape as [number, number, ...number[]];
  const rank = kernel.length;
  const [strides, dilations] = [ints(attrs, 'strides', rank, 1), ints(attrs, 'dilations', rank, 1)];
  const extra = ints(attrs, 'output_padding', rank, 0);
  const group = num(attrs, 'group', 1);
  const mode = (attrs['auto_pad'] as string | undefined) ?? 'NOTSET';
  const wanted = attrs['output_shape'] as readonly number[] | undefined;
  const full = input.map(
    (n, axis) => strides[axis]! * (n - 1) + extra[axis]! + dilations[axis]! * (kernel[axis]! - 1) + 1,
  );
  const pads = ints(attrs, 'pads', 2 * rank, 0);
  let begin = pads.slice(0, rank);
  let lengths = full.map((n, axis) => n - pads[axis]! - pads[axis + rank]!);
  if (wanted || mode.startsWith('SAME')) {
    lengths = input.map((n, axis) => wanted?.at(axis - rank) ?? n * strides[axis]!);
    begin = lengths.map((n, axis) => {
      const total = Math.max(0, full[axis]! - n);
      return mode === 'SAME_UPPER' ? Math.floor(total / 2) : total - Math.floor(total / 2);
    });
  } else if (mode === 'VALID') [begin, lengths] = [input.map(() => 0), full];
  const y = zeros([samples, depth * group, ...lengths]);
  if (b) allIndices(y.shape).forEach((index, at) => (y.data[at] = b.data[index[1]!]!));
  for (const [n, c, ...place] of indices(x!.shape) as Iterable<[number, number, ...number[]]>) {
    const value = x!.data[offset(x!.shape, [n, c, ...place])]!;
    for (const [m, ...tap] of indices([depth, ...kernel]) as Iterable<[number, ...number[]]>) {
      const target = tap.map((t, axis) => place[axis]! * strides[axis]! - begin[axis]! + t * dilations[axis]!);
      if (target.some((t, axis) => t < 0 || t >= lengths[axis]!)) continue;
      const filter = Math.floor(c / (channels / group)) * depth + m;
      y.data[offset(y.shape, [n, filter, ...target])]! += value * w!.data[offset(w!.shape, [c, m, ...tap])]!;
    }
  }
  return [y];
};

const matMul: Kernel = ([a, b]) => {
  const left = a!.shape.length === 1 ? [1, ...a!.shape] : a!.shape;
  const right = b!.shape.length === 1 ? [...b!.shape, 1] : b!.shape;
  const [rows, inner, columns] = [left.at(-2)!, left.at(-1)!, right.at(-1)!];
  const rank = Math.max(left.length, right.length) - 2;
  const batchOf = (shape: readonly number[]) => [
    ...new Array<number>(rank + 2 - shape.length).fill(1),
    ...shape.slice(0, -2),
  ];
  const [batchA, batchB] = [batchOf(left), batchOf(right)];
  const batch = batchA.map((n, axis) => Math.max(n, batchB[axis]!));
  const shape = [...batch, ...(a!.shape.length === 1 ? [] : [rows]), ...(b!.shape.length === 1 ? [] : [columns])];
  const y = zeros(shape);
  let at = 0;
  for (const index of indices([...batch, rows, columns])) {
    const pick = (dims: readonly number[]) =>
      offset(
        dims,
        dims.map((n, axis) => (n === 1 ? 0 : index[axis]!)),
      );
    const [i, j] = [index.at(-2)!, index.at(-1)!];
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += a!.data[(pick(batchA) * rows + i) * inner + k]! * b!.data[(pick(batchB) * inner + k) * columns + j]!;
    }
    y.data[at++] = sum;
  }
  return [y];
};

const gemm: Kernel = ([a, b, c], attrs) => {
  const flip = (t: Tensor): Tensor => {
    const [rows, columns] = t.shape as [number, number];
    return {
      shape: [columns, rows],
      data: t.data.map((_, at) => t.data[(at % rows) * columns + Math.floor(at / rows)]!),
    };
  };
  const left = num(attrs, 'transA', 0) ? flip(a!) : a!;
  const right = num(attrs, 'transB', 0) ? flip(b!) : b!;
  const [y] = matMul([left, right], {}, 1) as [Tensor];
  const columns = y.shape[1]!;
  const [cr, cc] = c ? [c.shape.length > 1 ? c.shape[0]! : 1, c.shape.at(-1) ?? 1] : [1, 1];
  const bias = (row: number, column: number) => (c ? c.data[(cr === 1 ? 0 : row) * cc + (cc === 1 ? 0 : column)]! : 0);
  const [alpha, beta] = [num(attrs, 'alpha', 1), num(attrs, 'beta', 1)];
  return [
    { shape: y.shape, data: y.data.map((v, at) => alpha * v + beta * bias(Math.floor(at / columns), at % columns)) },
  ];
};

/** Sums over all assignments of lengths to labels. */
const einsum: Kernel = (inputs, attrs) => {
  // The axes of an ellipsis are labelled by digits, 0 the last; lengths of 1 broadcast.
  let widest = 0;
  const digits = (count: number) => '9876543210'.slice(10 - count);
  const [before, right0] = (attrs['equation'] as string).replaceAll(' ', '').split('->') as [
    string,
    string | undefined,
  ];
  const left = before
    .split(',')
    .map((term, t) => {
      const rest = inputs[t]!.shape.length - term.replace('...', '').length;
      widest = Math.max(widest, rest);
      return term.replace('...', digits(rest));
    })
    .join();
  const right = right0?.replace('...', digits(widest));
  const terms = left.split(',');
  const all = [...new Set(terms.join(''))];
  const joined = terms.join('');
  const output =
    right ??
    all
      .filter((l) => joined.indexOf(l) === joined.lastIndexOf(l))
      .sort()
      .join('');
  const lengths = new Map<string, number>();
  terms.forEach((term, t) =>
    [...term].forEach((l, axis) => lengths.set(l, Math.max(lengths.get(l) ?? 1, inputs[t]!.shape[axis]!))),
  );
  const y = zeros([...output].map((l) => lengths.get(l)!));
  for (const index of indices(all.map((l) => lengths.get(l)!))) {
    const at = (labels: string, shape: readonly number[]) =>
      offset(
        shape,
        [...labels].map((l, axis) => (shape[axis] === 1 ? 0 : index[all.indexOf(l)]!)),
      );
    const value = terms.reduce((p, term, t) => p * inputs[t]!.data[at(term, inputs[t]!.shape)]!, 1);
    y.data[at(output, y.shape)]! += value;
  }
  return [y];
};

/** Mean and biased variance of the elements that share a key. */
function statistics(x: Tensor, keyOf: (index: readonly number[]) => number, keys: number) {
  const [mean, variance, count] = [new Float64Array(keys), new Float64Array(keys), new Float64Array(keys)];
  const key = Int32Array.from(allIndices(x.shape), keyOf);
  key.forEach((k, at) => ((mean[k]! += x.data[at]!), count[k]!++));
  mean.forEach((total, k) => (mean[k] = total / count[k]!));
  key.forEach((k, at) => (variance[k]! += (x.data[at]! - mean[k]!) ** 2));
  variance.forEach((total, k) => (variance[k] = total / count[k]!));
  return { mean, variance, key };
}

const allIndices = (shape: readonly number[]): readonly (readonly number[])[] =>
  Array.from(indices(shape), (index) => [...index]);

const batchNormalization: Kernel = ([x, scale, shift, mean, variance], attrs, outputs) => {
  const epsilon = num(attrs, 'epsilon', 1e-5);
  const channels = x!.shape[1]!;
  const own = statistics(x!, (index) => index[1]!, channels);
  const training = num(attrs, 'training_mode', 0) !== 0;
  const [m, v] = training ? [own.mean, own.variance] : [mean!.data, variance!.data];
  const data = x!.data.map((value, at) => {
    const c = own.key[at]!;
    return ((value - m[c]!) / Math.sqrt(v[c]! + epsilon)) * scale!.data[c]! + shift!.data[c]!;
  });
  const momentum = num(attrs, 'momentum', 0.9);
  const running = (old: Tensor, now: Float64Array): Tensor => ({
    shape: old.shape,
    data: old.data.map((value, c) => value * momentum + now[c]! * (1 - momentum)),
  });
  return [{ shape: x!.shape, data }, running(mean!, own.mean), running(variance!, own.variance)].slice(0, outputs);
};

const layerNormalization: Kernel = ([x, scale, shift], attrs, outputs) => {
  const axis = num(attrs, 'axis', -1);
  const first = axis < 0 ? axis + x!.shape.length : axis;
  const inner = size(x!.shape.slice(first));
  const outer = x!.data.length / inner;
  const { mean, variance } = statistics({ shape: [outer, inner], data: x!.data }, (index) => index[0]!, outer);
  const inverse = variance.map((v) => 1 / Math.sqrt(v + num(attrs, 'epsilon', 1e-5)));
  const data = x!.data.map((value, at) => {
    const row = Math.floor(at / inner);
    const normalised = (value - mean[row]!) * inverse[row]!;
    const weight = scale!.data[at % scale!.data.length]!;
    return normalised * weight + (shift ? shift.data[at % shift.data.length]! : 0);
  });
  const reduced = x!.shape.map((n, index) => (index < first ? n : 1));
  return [
    { shape: x!.shape, data },
    { shape: reduced, data: mean },
    { shape: reduced, data: inverse },
  ].slice(0, outputs);
};

const grouped = (x: Tensor, scale: Tensor, shift: Tensor, groups: number, epsilon: number): readonly Tensor[] => {
  const channels = x.shape[1]!;
  const keyOf = (index: readonly number[]) => index[0]! * groups + Math.floor((index[1]! * groups) / channels);
  const { mean, variance, key } = statistics(x, keyOf, x.shape[0]! * groups);
  const data = Float64Array.from(allIndices(x.shape), (index, at) => {
    const k = key[at]!;
    const entry = scale.data.length === channels ? index[1]! : k % groups;
    return ((x.data[at]! - mean[k]!) / Math.sqrt(variance[k]! + epsilon)) * scale.data[entry]! + shift.data[entry]!;
  });
  return [{ shape: x.shape, data }];
};

const lpNormalization: Kernel = ([x], attrs) => {
  const axis = (num(attrs, 'axis', -1) + x!.shape.length) % x!.shape.length;
  const p = num(attrs, 'p', 2);
  const others = x!.shape.map((n, index) => (index === axis ? 1 : n));
  const norms = zeros(others);
  const keys = allIndices(x!.shape).map((index) =>
    offset(
      others,
      index.map((i, a) => (a === axis ? 0 : i)),
    ),
  );
  keys.forEach((key, at) => (norms.data[key]! += Math.abs(x!.data[at]!) ** p));
  return [{ shape: x!.shape, data: x!.data.map((value, at) => value / norms.data[keys[at]!]! ** (1 / p)) }];
};

const lrn: Kernel = ([x], attrs) => {
  const [n, alpha] = [num(attrs, 'size', 1), num(attrs, 'alpha', 1e-4)];
  const channels = x!.shape[1]!;
  const data = Float64Array.from(allIndices(x!.shape), (index, at) => {
    let sum = 0;
    for (let c = index[1]! - Math.floor((n - 1) / 2); c <= index[1]! + Math.ceil((n - 1) / 2); c++) {
      if (c < 0 || c >= channels) continue;
      sum +=
        x!.data[
          offset(
            x!.shape,
            index.map((i, axis) => (axis === 1 ? c : i)),
          )
        ]! ** 2;
    }
    return x!.data[at]! / (num(attrs, 'bias', 1) + (alpha / n) * sum) ** num(attrs, 'beta', 0.75);
  });
  return [{ shape: x!.shape, data }];
};

/** Calls `reduce` with the elements (and flat places) of every window, and how many places lie within the padding too. */
function pool(
  x: Tensor,
  attrs: Attrs,
  reduce: (values: readonly number[], places: readonly number[], padded: number) => number,
): Tensor {
  const kernel = attrs['kernel_shape'] as readonly number[];
  const rank = kernel.length;
  const input = x.shape.slice(2);
  const [strides, dilations] = [ints(attrs, 'strides', rank, 1), ints(attrs, 'dilations', rank, 1)];
  const pads = padsOf(attrs, input, kernel);
  const positions = input.map((length, axis) => {
    const room = length + pads[axis]![0] + pads[axis]![1] - dilations[axis]! * (kernel[axis]! - 1) - 1;
    if (!num(attrs, 'ceil_mode', 0)) return Math.floor(room / strides[axis]!) + 1;
    const output = Math.ceil(room / strides[axis]!) + 1;
    return (output - 1) * strides[axis]! >= length + pads[axis]![0] ? output - 1 : output;
  });
  const y = zeros([...x.shape.slice(0, 2), ...positions]);
  const taps = allIndices(kernel);
  allIndices(y.shape).forEach(([n, c, ...place], at) => {
    const inside: number[] = [];
    let padded = 0;
    for (const tap of taps) {
      const source = tap.map((t, axis) => place[axis]! * strides[axis]! - pads[axis]![0] + t * dilations[axis]!);
      if (source.every((s, axis) => s >= -pads[axis]![0] && s < input[axis]! + pads[axis]![1])) padded++;
      if (source.every((s, axis) => s >= 0 && s < input[axis]!)) inside.push(offset(x.shape, [n!, c!, ...source]));
    }
    y.data[at] = reduce(
      inside.map((i) => x.data[i]!),
      inside,
      padded,
    );
  });
  return y;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const whole = (x: Tensor, reduce: (values: readonly number[]) => number): Tensor => {
  const positions = size(x.shape.slice(2));
  const y = zeros(x.shape.map((n, axis) => (axis < 2 ? n : 1)));
  y.data.forEach((_, at) => (y.data[at] = reduce([...x.data.subarray(at * positions, (at + 1) * positions)])));
  return y;
};

/** Interpolates the way the ONNX text says, one output element at a time: nearest, and linear and cubic with edges repeated. */
const resize: Kernel = ([x, , scales, sizes], attrs) => {
  const rank = x!.shape.length;
  const given = scales?.data.length ? [...scales.data] : [...sizes!.data].map((n, axis) => n / x!.shape[axis]!);
  const shape = x!.shape.map((n, axis) => (scales?.data.length ? Math.floor(n * given[axis]!) : sizes!.data[axis]!));
  const mode = (attrs['mode'] as string | undefined) ?? 'nearest';
  const transform = (attrs['coordinate_transformation_mode'] as string | undefined) ?? 'half_pixel';
  const a = num(attrs, 'cubic_coeff_a', -0.75);
  const round: Record<string, (p: number) => number> = {
    floor: Math.floor,
    ceil: Math.ceil,
    round_prefer_floor: (p) => Math.ceil(p - 0.5),
    round_prefer_ceil: (p) => Math.floor(p + 0.5),
  };
  const taps = (axis: number, o: number): readonly (readonly [number, number])[] => {
    const [n, out, scale] = [x!.shape[axis]!, shape[axis]!, given[axis]!];
    if (n === out) return [[o, 1]];
    let p = (o + 0.5) / scale - 0.5;
    if (transform === 'asymmetric') p = o / scale;
    if (transform === 'align_corners') p = out === 1 ? 0 : (o * (n - 1)) / (out - 1);
    if (transform === 'pytorch_half_pixel' && out === 1) p = 0;
    const clamp = (i: number) => Math.min(n - 1, Math.max(0, i));
    if (num(attrs, 'antialias', 0) && mode === 'linear' && scale < 1) {
      const weights = Array.from({ length: n }, (_, i) => Math.max(0, 1 - Math.abs(i - p) * scale));
      return weights.map((weight, i) => [i, weight / total(weights)] as const);
    }
    if (mode === 'nearest') return [[clamp(round[(attrs['nearest_mode'] as string) ?? 'round_prefer_floor']!(p)), 1]];
    const low = Math.floor(p);
    const t = p - low;
    if (mode === 'linear')
      return [
        [clamp(low), 1 - t],
        [clamp(low + 1), t],
      ];
    const near = (d: number) => (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
    const far = (d: number) => a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a;
    return [
      [clamp(low - 1), far(1 + t)],
      [clamp(low), near(t)],
      [clamp(low + 1), near(1 - t)],
      [clamp(low + 2), far(2 - t)],
    ];
  };
  const y = zeros(shape);
  allIndices(shape).forEach((index, at) => {
    let terms: { place: readonly number[]; weight: number }[] = [{ place: [], weight: 1 }];
    for (let axis = 0; axis < rank; axis++) {
      const own = taps(axis, index[axis]!);
      terms = terms.flatMap(({ place, weight }) => own.map(([i, w]) => ({ place: [...place, i], weight: weight * w })));
    }
    y.data[at] = total(terms.map(({ place, weight }) => weight * x!.data[offset(x!.shape, place)]!));
  });
  return [y];
};

const pRelu: Kernel = ([x, slope]) => {
  const index = allIndices(x!.shape);
  const lead = x!.shape.length - slope!.shape.length;
  const at = (i: readonly number[]) =>
    offset(
      slope!.shape,
      slope!.shape.map((n, axis) => (n === 1 ? 0 : i[axis + lead]!)),
    );
  return [{ shape: x!.shape, data: x!.data.map((v, k) => (v > 0 ? v : v * slope!.data[at(index[k]!)]!)) }];
};

/** Inactive dropout. An active one is random by definition: tests look at its expansion. */
const dropout: Kernel = ([x, ratio, training], _attrs, outputs) => {
  if (training?.data[0] && (ratio?.data[0] ?? 0.5) > 0) throw new Error('active dropout has no reference');
  return [x!, { shape: x!.shape, data: x!.data.map(() => 1) }].slice(0, outputs);
};

const dft: Kernel = ([x, length], attrs) => {
  const rank = x!.shape.length;
  const axis = (num(attrs, 'axis', 1) + rank) % rank;
  const n = length ? length.data[0]! : x!.shape[axis]!;
  const bins = num(attrs, 'onesided', 0) ? Math.floor(n / 2) + 1 : n;
  const y = zeros([...x!.shape.with(axis, bins).slice(0, -1), 2]);
  const inverse = num(attrs, 'inverse', 0) !== 0;
  let at = 0;
  for (const index of indices(y.shape)) {
    const place = [...index];
    const imaginary = place.at(-1) === 1;
    let sum = 0;
    for (let t = 0; t < Math.min(n, x!.shape[axis]!); t++) {
      const angle = ((inverse ? 2 : -2) * Math.PI * t * index[axis]!) / n;
      const from = place.with(axis, t);
      const real = x!.data[offset(x!.shape, from.with(-1, 0))]!;
      const other = x!.shape.at(-1) === 2 ? x!.data[offset(x!.shape, from.with(-1, 1))]! : 0;
      sum += imaginary
        ? real * Math.sin(angle) + other * Math.cos(angle)
        : real * Math.cos(angle) - other * Math.sin(angle);
    }
    y.data[at++] = inverse ? sum / n : sum;
  }
  return [y];
};

export const nnKernels: ReadonlyMap<string, Kernel> = new Map<string, Kernel>([
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['MatMul', matMul],
  ['Gemm', gemm],
  ['Einsum', einsum],
  ['BatchNormalization', batchNormalization],
  ['LayerNormalization', layerNormalization],
  ['InstanceNormalization', ([x, s, b], attrs) => grouped(x!, s!, b!, x!.shape[1]!, num(attrs, 'epsilon', 1e-5))],
  [
    'GroupNormalization',
    ([x, s, b], attrs) => grouped(x!, s!, b!, num(attrs, 'num_groups', 1), num(attrs, 'epsilon', 1e-5)),
  ],
  ['LpNormalization', lpNormalization],
  ['LRN', lrn],
  [
    'MaxPool',
    ([x], attrs, outputs) => {
      const best = (values: readonly number[]) => values.indexOf(Math.max(...values));
      const y = pool(x!, attrs, (values) => values[best(values)]!);
      return [y, pool(x!, attrs, (values, places) => places[best(values)]!)].slice(0, outputs);
    },
  ],
  [
    'AveragePool',
    ([x], attrs) => [
      pool(
        x!,
        attrs,
        (values, _places, padded) => total(values) / (num(attrs, 'count_include_pad', 0) ? padded : values.length),
      ),
    ],
  ],
  [
    'LpPool',
    ([x], attrs) => {
      const p = num(attrs, 'p', 2);
      return [pool(x!, attrs, (values) => total(values.map((v) => Math.abs(v) ** p)) ** (1 / p))];
    },
  ],
  ['GlobalAveragePool', ([x]) => [whole(x!, (values) => total(values) / values.length)]],
  ['GlobalMaxPool', ([x]) => [whole(x!, (values) => Math.max(...values))]],
  [
    'GlobalLpPool',
    ([x], attrs) => {
      const p = num(attrs, 'p', 2);
      return [whole(x!, (values) => total(values.map((v) => Math.abs(v) ** p)) ** (1 / p))];
    },
  ],
  ['Resize', resize],
  ['PRelu', pRelu],
  ['Dropout', dropout],
  ['DFT', dft],
  ...recurrentKernels,
]);
