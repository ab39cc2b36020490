/** Convolutions, linear layers, norms, pools, embeddings. */

import type { ValueId } from '../../../ir/graph.ts';
import type { Arg, Lower, Lowerings } from './lower.ts';
import { product, range, ShapeError, Unsupported } from './lower.ts';

const twice = (pads: readonly number[]): number[] => [...pads, ...pads];

/** Adds a batch axis where torch accepts input without one, runs, and drops it again. */
const batched = (c: Lower, x: ValueId, rank: number, run: (x: ValueId) => ValueId): ValueId => {
  if (c.type(x).shape?.length !== rank + 1) return run(x);
  return c.dropAxes(run(c.addAxes(x, [0])), [0]);
};

/** Output length of a pool with torch's `ceil_mode`: a window may not start in the padding behind the input. */
const pooled = (length: number, k: number, s: number, p: number, d: number, ceil: boolean): number => {
  const span = length + 2 * p - d * (k - 1) - 1;
  let count = (ceil ? Math.ceil(span / s) : Math.floor(span / s)) + 1;
  if (ceil && (count - 1) * s >= length + p) count -= 1;
  return count;
};

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly number[];
  readonly dilations: readonly number[];
}

/** Pads at the start and at the end, so that no `ceil_mode` is needed. */
const explicitPads = (c: Lower, x: ValueId, window: Window, ceil: boolean): number[] => {
  const { kernel, strides, padding, dilations } = window;
  if (!ceil) return twice(padding);
  const shape = c.shape(x).slice(-kernel.length);
  const ends = shape.map((length, axis) => {
    const [k, s, p, d] = [kernel[axis]!, strides[axis]!, padding[axis]!, dilations[axis]!];
    const count = pooled(length, k, s, p, d, true);
    return Math.max(p, (count - 1) * s + d * (k - 1) + 1 - length - p);
  });
  return [...padding, ...ends];
};

const averagePool = (
  c: Lower,
  x: ValueId,
  window: Window,
  ceil: boolean,
  includePad: boolean,
  divisor: number | null,
): ValueId => {
  const { kernel, strides, padding } = window;
  const pads = explicitPads(c, x, window, ceil);
  const extra = pads.some((pad, at) => pad !== padding[at % padding.length]);
  if (divisor !== null) {
    const pool = c.op('AveragePool', [x], { kernel_shape: kernel, strides, pads, count_include_pad: 1 });
    return c.mul(pool, c.like(x, product(kernel) / divisor));
  }
  if (extra && includePad) {
    // torch's divisor counts its own padding but not what `ceil_mode` adds; so pad first, then do not count.
    const spatial = padding.length;
    const widths = [0, 0, ...padding, 0, 0, ...padding];
    const padded = padding.some((pad) => pad > 0)
      ? c.op('Pad', [x, c.ints(widths), c.like(x, 0)], { mode: 'constant' })
      : x;
    const rest = [...new Array<number>(spatial).fill(0), ...pads.slice(spatial).map((pad, at) => pad - padding[at]!)];
    return c.op('AveragePool', [padded], { kernel_shape: kernel, strides, pads: rest, count_include_pad: 0 });
  }
  return c.op('AveragePool', [x], { kernel_shape: kernel, strides, pads, count_include_pad: includePad ? 1 : 0 });
};

export const adaptive = (c: Lower, x: ValueId, sizes: readonly Arg[], kind: 'Average' | 'Max'): ValueId => {
  const spatial = c.shape(x).slice(-sizes.length);
  const target = sizes.map((size, axis) => (size === null ? spatial[axis]! : c.number(size)));
  if (target.every((size) => size === 1)) return c.op(`Global${kind}Pool`, [x]);
  if (target.every((size, axis) => size === spatial[axis])) return c.op('Identity', [x]);
  if (spatial.every((length, axis) => length % target[axis]! === 0)) {
    const kernel = spatial.map((length, axis) => length / target[axis]!);
    const pads = new Array<number>(2 * kernel.length).fill(0);
    return c.op(`${kind}Pool`, [x], { kernel_shape: kernel, strides: kernel, pads });
  }
  // Windows of different lengths: one axis after the other, window by window.
  let y = x;
  target.forEach((size, at) => {
    const axis = c.rank(x) - target.length + at;
    const length = spatial[at]!;
    if (size === length) return;
    const parts = range(size).map((index) => {
      const window = c.slice(y, axis, Math.floor((index * length) / size), Math.ceil(((index + 1) * length) / size));
      return c.op(kind === 'Average' ? 'ReduceMean' : 'ReduceMax', [window], { axes: [axis], keepdims: 1 });
    });
    y = c.concat(parts, axis);
  });
  return y;
};

/** Channel-wise vector shaped to broadcast over [N, C, …]. */
const perChannel = (c: Lower, vector: ValueId, rank: number): ValueId =>
  c.reshape(vector, [-1, ...new Array<number>(rank - 2).fill(1)]);

/** What a norm takes and what it scales and shifts by, in one element type: of halves it may do so by float32. */
const withAffine = (c: Lower, x: ValueId, scale: ValueId, shift: ValueId): [ValueId, ValueId, ValueId] => {
  const halved = ['float16', 'bfloat16'].includes(c.dtype(x)) && c.dtype(scale) === 'float32';
  const y = halved ? x : c.sameDtype(x, scale, ['input', 'weights']);
  return [y, c.cast(scale, c.dtype(y)), c.cast(shift, c.dtype(y))];
};

const normalise = (c: Lower, x: ValueId, axes: readonly number[], eps: number): ValueId => {
  const centred = c.sub(x, c.reduceMean(x, axes));
  const variance = c.reduceMean(c.mul(centred, centred), axes);
  return c.div(centred, c.sqrt(c.add(variance, c.like(x, eps))));
};

export const layers: Lowerings = {
  conv: (c, [input, weight, bias, stride, padding, dilation, groups, rank]) => {
    const w = c.tensor(weight);
    const [x] = c.likeWeights([c.tensor(input)], w) as [ValueId];
    const dilations = c.numbers(dilation);
    const kernel = c.shape(w).slice(2);
    const pads =
      padding === 'same'
        ? [
            ...kernel.map((k, axis) => Math.floor((dilations[axis]! * (k - 1)) / 2)),
            ...kernel.map((k, axis) => Math.ceil((dilations[axis]! * (k - 1)) / 2)),
          ]
        : twice(c.numbers(padding));
    const attrs = { kernel_shape: kernel, strides: c.numbers(stride), pads, dilations, group: c.number(groups) };
    return batched(c, x, c.number(rank), (y) => c.op('Conv', [y, w, c.tensorOrNull(bias)], attrs));
  },
  conv_transpose: (c, [input, weight, bias, stride, padding, extra, groups, dilation, rank]) => {
    const w = c.tensor(weight);
    const [x] = c.likeWeights([c.tensor(input)], w) as [ValueId];
    const attrs = {
      kernel_shape: c.shape(w).slice(2),
      strides: c.numbers(stride),
      pads: twice(c.numbers(padding)),
      output_padding: c.numbers(extra),
      dilations: c.numbers(dilation),
      group: c.number(groups),
    };
    return batched(c, x, c.number(rank), (y) => c.op('ConvTranspose', [y, w, c.tensorOrNull(bias)], attrs));
  },
  linear: (c, [input, weight, bias]) => {
    const [w, b] = [c.tensor(weight), c.tensorOrNull(bias)];
    const [x] = c.likeWeights([c.tensor(input)], w) as [ValueId];
    if (c.type(x).shape?.length === 2) return c.op('Gemm', [x, w, b], { transB: 1 });
    const y = c.matMul(x, c.transpose(w, [1, 0]));
    return b === null ? y : c.add(y, b);
  },
  bilinear: (c, [first, second, weight, bias]) => {
    const w = c.tensor(weight);
    const [a, b] = c.likeWeights([c.tensor(first), c.tensor(second)], w) as [ValueId, ValueId];
    const y = c.op('Einsum', [a, w, b], {
      equation: '...i,oij,...j->...o',
    });
    return bias === null ? y : c.add(y, c.tensor(bias));
  },
  embedding: (c, [input, weight, padding]) => {
    const rows = c.op('Gather', [c.tensor(weight), c.tensor(input)], { axis: 0 });
    if (padding === null || padding === undefined) return rows;
    // The padding's row is read, and gets no gradient.
    const at = c.number(padding);
    const row = c.scalar(at < 0 ? at + c.shape(c.tensor(weight))[0]! : at, c.dtype(c.tensor(input)));
    const isPadding = c.addAxes(c.op('Equal', [c.tensor(input), row]), [c.rank(c.tensor(input))]);
    return c.op('Where', [isPadding, c.op('Detach', [rows]), rows]);
  },
  one_hot: (c, [input, classes]) => {
    const count = c.number(classes);
    if (count < 0) throw new Unsupported('the number of classes is only known at run time');
    const values = c.constant([0, 1], [2], 'int64');
    return c.op('OneHot', [c.tensor(input), c.scalar(count, 'int64'), values], { axis: -1 });
  },
  batch_norm: (c, [input, mean, variance, weight, bias, training, momentum, eps]) => {
    const x = c.tensor(input);
    const channels = weight === null ? c.shape(x)[1]! : c.shape(c.tensor(weight))[0]!;
    const full = (value: number): ValueId => c.expandTo(c.like(x, value), [channels]);
    const scale = weight === null ? full(1) : c.tensor(weight);
    const shift = bias === null ? full(0) : c.tensor(bias);
    const runningMean = mean === null ? full(0) : c.tensor(mean);
    const runningVariance = variance === null ? full(1) : c.tensor(variance);
    const epsilon = c.number(eps);
    const affine = withAffine(c, x, scale, shift);
    const inputs = [...affine, ...[runningMean, runningVariance].map((one) => c.cast(one, c.dtype(affine[0])))];
    if (!c.flag(training)) return c.op('BatchNormalization', inputs, { epsilon });
    // ONNX's momentum is the weight of the old statistics, torch's that of the new.
    const attrs = { epsilon, momentum: 1 - c.number(momentum, 0), training_mode: 1 };
    return [...c.ops('BatchNormalization', inputs, attrs, 3)];
  },
  instance_norm: (c, [input, weight, bias, eps]) => {
    const x = c.tensor(input);
    const channels = c.shape(x)[1]!;
    const scale = weight === null ? c.expandTo(c.like(x, 1), [channels]) : c.tensor(weight!);
    const shift = bias === null ? c.expandTo(c.like(x, 0), [channels]) : c.tensor(bias!);
    return c.op('InstanceNormalization', withAffine(c, x, scale, shift), { epsilon: c.number(eps) });
  },
  layer_norm: (c, [input, shape, weight, bias, eps]) => {
    const x = c.tensor(input);
    const dims = c.numbers(shape);
    const own = c.type(x).shape;
    // ONNX's scale may be stretched, torch's may not.
    if (own && dims.some((dim, axis) => dim === 1 && own[own.length - dims.length + axis] !== 1)) {
      throw new ShapeError(`LayerNorm over [${dims.join(', ')}] does not fit the input ${c.describe(x)}.`, own);
    }
    const scale = weight === null ? c.expandTo(c.like(x, 1), dims) : c.tensor(weight!);
    const attrs = { axis: -dims.length, epsilon: c.number(eps) };
    const [y, factor, shift] = withAffine(c, x, scale, bias === null ? scale : c.tensor(bias!));
    return c.op('LayerNormalization', [y, factor, bias === null ? null : shift], attrs);
  },
  rms_norm: (c, [input, shape, weight, eps]) => {
    const x = c.tensor(input);
    const rank = c.rank(x);
    const axes = c
      .numbers(shape)
      .map((_, at) => rank - 1 - at)
      .reverse();
    const scale = c.sqrt(c.add(c.reduceMean(c.mul(x, x), axes), c.like(x, c.number(eps))));
    const y = c.div(x, scale);
    return weight === null ? y : c.op('Mul', c.promote([{ t: y }, weight!]));
  },
  group_norm: (c, [input, groups, weight, bias, eps]) => {
    const given = c.tensor(input);
    const one = weight === null ? given : c.tensor(weight!);
    const [x, scale, shift] = withAffine(c, given, one, bias === null ? one : c.tensor(bias!));
    const shape = c.shape(x);
    const grouped = c.reshape(x, [shape[0]!, c.number(groups), -1]);
    let y = c.reshape(normalise(c, grouped, [2], c.number(eps)), shape);
    if (weight !== null) y = c.mul(y, perChannel(c, scale, shape.length));
    if (bias !== null) y = c.add(y, perChannel(c, shift, shape.length));
    return y;
  },
  local_response_norm: (c, [input, size, alpha, beta, k]) => {
    const attrs = { size: c.number(size), alpha: c.number(alpha), beta: c.number(beta), bias: c.number(k) };
    return c.op('LRN', [c.tensor(input)], attrs);
  },
  normalize: (c, [input, p, dim, eps]) => {
    const x = c.tensor(input);
    const axis = c.axis(x, c.number(dim));
    const power = c.number(p);
    const size = power === 1 ? c.reduceSum(c.op('Abs', [x]), [axis]) : c.sqrt(c.reduceSum(c.mul(x, x), [axis]));
    return c.div(x, c.op('Max', [size, c.like(x, c.number(eps))]));
  },
  max_pool: (c, [input, kernel, stride, padding, dilation, ceil]) => {
    const x = c.tensor(input);
    const window = {
      kernel: c.numbers(kernel),
      strides: c.numbers(stride),
      padding: c.numbers(padding),
      dilations: c.numbers(dilation),
    };
    return batched(c, x, window.kernel.length, (y) => {
      const { kernel: k, strides, dilations } = window;
      const pads = explicitPads(c, y, window, c.flag(ceil));
      const attrs = { kernel_shape: k, strides, pads, ...(dilations.some((d) => d !== 1) && { dilations }) };
      return c.op('MaxPool', [y], attrs);
    });
  },
  max_pool_with_indices: (c, [input, kernel, stride, padding, dilation, ceil]) => {
    const x = c.tensor(input);
    const window = {
      kernel: c.numbers(kernel),
      strides: c.numbers(stride),
      padding: c.numbers(padding),
      dilations: c.numbers(dilation),
    };
    const { kernel: k, strides, dilations } = window;
    const attrs = { kernel_shape: k, strides, pads: explicitPads(c, x, window, c.flag(ceil)), dilations };
    const [largest, places] = c.ops('MaxPool', [x], attrs, 2) as [ValueId, ValueId];
    // ONNX counts elements of the whole tensor, torch those of one channel.
    const channel = product(c.shape(x).slice(-k.length));
    return [largest, c.op('Mod', [places, c.scalar(channel, 'int64')])];
  },
  max_unpool: (c, [input, places, kernel, stride, padding, size]) => {
    const x = c.tensor(input);
    const [k, s, p] = [kernel, stride, padding].map((one) => c.numbers(one)) as [number[], number[], number[]];
    const shape = c.shape(x);
    const head = shape.slice(0, -k.length);
    const lengths = shape.slice(-k.length).map((length, at) => (length - 1) * s[at]! - 2 * p[at]! + k[at]!);
    const target = size === null ? lengths : c.numbers(size).slice(-k.length);
    const flat = [...head, product(shape.slice(-k.length))];
    const empty = c.expandTo(c.like(x, 0), [...head, product(target)]);
    const inputs = [empty, c.reshape(c.tensor(places), flat), c.reshape(x, flat)];
    return c.reshape(c.op('ScatterElements', inputs, { axis: head.length }), [...head, ...target]);
  },
  avg_pool: (c, [input, kernel, stride, padding, ceil, includePad, divisor]) => {
    const k = c.numbers(kernel);
    const window = { kernel: k, strides: c.numbers(stride), padding: c.numbers(padding), dilations: k.map(() => 1) };
    const fixed = divisor === null ? null : c.number(divisor);
    return batched(c, c.tensor(input), k.length, (y) =>
      averagePool(c, y, window, c.flag(ceil), c.flag(includePad), fixed),
    );
  },
  adaptive_avg_pool: (c, [input, size]) =>
    batched(c, c.tensor(input), c.list(size).length, (x) => adaptive(c, x, c.list(size), 'Average')),
  adaptive_max_pool: (c, [input, size]) =>
    batched(c, c.tensor(input), c.list(size).length, (x) => adaptive(c, x, c.list(size), 'Max')),
  grid_sample: (c, [input, grid, mode, padding, aligned]) =>
    c.op('GridSample', [c.tensor(input), c.tensor(grid)], {
      mode: c.text(mode),
      padding_mode: c.text(padding),
      align_corners: c.flag(aligned) ? 1 : 0,
    }),
};
