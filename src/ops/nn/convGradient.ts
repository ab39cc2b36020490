/** Gradients of convolutions with respect to input, weight and bias, in the forms that both providers compute correctly. */

import type { ValueId } from '../../ir/graph.ts';
import type { Emit } from '../emit.ts';
import { product } from '../read.ts';
import { range, repeat } from './attributes.ts';
import type { StaticWindow } from './window.ts';
import { oneHotKernel, transposedPadding, windowAttrs } from './window.ts';

/** Gradient of the input, [N, C, …]: the transposed convolution of the output's gradient. */
export function convInputGradient(
  emit: Emit,
  cotangent: ValueId,
  weight: ValueId,
  window: StaticWindow,
  group: number,
  spatial: readonly number[],
): ValueId {
  const output = emit.shape(cotangent).slice(2);
  const { pads, outputPadding } = transposedPadding(window, spatial, output);
  return emit.op('ConvTranspose', [cotangent, weight], {
    ...windowAttrs(window),
    pads,
    group,
    output_padding: outputPadding,
  });
}

/**
 * Gradient of the weight, [M, C/group, …kernel], of a convolution of `input` [N, C, …] whose output has `cotangent`
 * [N, M, …]: dW[m, c, k] = Σ_{n, p} dY[n, m, p] · X[n, c, s·p + d·k − pad].
 */
export function convWeightGradient(
  emit: Emit,
  input: ValueId,
  cotangent: ValueId,
  window: StaticWindow,
  group: number,
): ValueId {
  const channels = emit.shape(input)[1]!;
  if (group > 1 || channels <= 4) return byTransposedConv(emit, input, cotangent, window, group);
  const isPointwise = window.kernel.every((size) => size === 1);
  const isPadded = [...window.begin, ...window.end].some((pad) => pad !== 0);
  if (isPointwise && !isPadded) return byMatrixProduct(emit, sample(emit, input, window), cotangent, window);
  const columns = patches(emit, input, window);
  const [samples, filters, ...positions] = emit.shape(cotangent) as [number, number, ...number[]];
  // A product for each sample is then no larger than its columns, which are left as they lie.
  const isShallow = samples > 1 && filters <= product(positions);
  return (isShallow ? bySamples : byMatrixProduct)(emit, columns, cotangent, window);
}

/** Gradient of the bias, [M]: sums over samples and positions, positions first (shorter sums lose less). */
export function biasGradient(emit: Emit, cotangent: ValueId): ValueId {
  const rank = emit.shape(cotangent).length;
  const perSample = rank > 2 ? emit.reduceSum(cotangent, range(rank - 2, 2), false) : cotangent;
  return emit.reduceSum(perSample, [0], false);
}

/** Samples become channels: X as [C/g, g·N, …] convolved with dY as [M, N, …], strides and dilations exchanged. */
function byTransposedConv(
  emit: Emit,
  input: ValueId,
  cotangent: ValueId,
  window: StaticWindow,
  group: number,
): ValueId {
  const [samples, channels, ...spatial] = emit.shape(input) as [number, number, ...number[]];
  const [, filters, ...positions] = emit.shape(cotangent) as [number, number, ...number[]];
  const rank = spatial.length;
  const swap = [1, 0, ...range(rank, 2)];
  let data: ValueId;
  let weight: ValueId;
  if (group === 1) {
    data = emit.transpose(input, swap);
    weight = emit.transpose(cotangent, swap);
  } else {
    const grouped = emit.reshape(input, [samples, group, channels / group, ...spatial]);
    const moved = emit.transpose(grouped, [2, 1, 0, ...range(rank, 3)]);
    data = emit.reshape(moved, [channels / group, group * samples, ...spatial]);
    weight = emit.transpose(cotangent, swap);
  }
  const product = emit.op('Conv', [data, weight], {
    kernel_shape: positions,
    strides: window.dilations,
    dilations: window.strides,
    pads: [...window.begin, ...window.end],
    group,
  });
  // Input elements beyond the last window give positions beyond the kernel.
  const reached = emit.shape(product).slice(2);
  const exact = reached.every((length, axis) => length === window.kernel[axis])
    ? product
    : emit.op('Slice', [product, emit.ints(repeat(rank, 0)), emit.ints(window.kernel), emit.ints(range(rank, 2))]);
  return emit.reshape(emit.transpose(exact, swap), [filters, channels / group, ...window.kernel]);
}

/** The columns [N, C·k, P] times dY as [N, P, M], summed over the samples. */
function bySamples(emit: Emit, columns: ValueId, cotangent: ValueId, window: StaticWindow): ValueId {
  const [samples, filters, ...positions] = emit.shape(cotangent) as [number, number, ...number[]];
  const rows = emit.shape(columns)[1]!;
  const count = product(positions);
  const outer = emit.transpose(emit.reshape(cotangent, [samples, filters, count]), [0, 2, 1]);
  const products = emit.matMul(emit.reshape(columns, [samples, rows, count]), outer);
  const sum = emit.transpose(emit.reduceSum(products, [0], false), [1, 0]);
  return emit.reshape(sum, [filters, rows / product(window.kernel), ...window.kernel]);
}

/** dY as [M, N·P] times the columns as [C·k, N·P], transposed. */
function byMatrixProduct(emit: Emit, columns: ValueId, cotangent: ValueId, window: StaticWindow): ValueId {
  const [samples, filters, ...positions] = emit.shape(cotangent) as [number, number, ...number[]];
  const count = product(positions);
  const rows = emit.shape(columns)[1]!;
  const flatten = (value: ValueId, height: number): ValueId => {
    if (samples === 1) return emit.reshape(value, [height, count]);
    return emit.reshape(emit.transpose(emit.reshape(value, [samples, height, count]), [1, 0, 2]), [
      height,
      samples * count,
    ]);
  };
  const weights = emit.op('Gemm', [flatten(cotangent, filters), flatten(columns, rows)], { transB: 1 });
  return emit.reshape(weights, [filters, rows / product(window.kernel), ...window.kernel]);
}

/** The elements that a 1 × 1 window visits. */
function sample(emit: Emit, input: ValueId, window: StaticWindow): ValueId {
  if (window.strides.every((stride) => stride === 1)) return input;
  const rank = window.strides.length;
  return emit.op('Slice', [
    input,
    emit.ints(repeat(rank, 0)),
    emit.ints(emit.shape(input).slice(2)),
    emit.ints(range(rank, 2)),
    emit.ints(window.strides),
  ]);
}

/** Every window's elements as channels, [N, C·k, …positions], by a convolution with a one-hot kernel. */
function patches(emit: Emit, input: ValueId, window: StaticWindow): ValueId {
  const [samples, channels, ...spatial] = emit.shape(input) as [number, number, ...number[]];
  const { data, shape } = oneHotKernel(window.kernel);
  const kernel = emit.constant(data, shape, emit.type(input).dtype);
  const flat = emit.reshape(input, [samples * channels, 1, ...spatial]);
  const copied = emit.op('Conv', [flat, kernel], { ...windowAttrs(window), group: 1 });
  const [, taps, ...positions] = emit.shape(copied) as [number, number, ...number[]];
  return emit.reshape(copied, [samples, channels * taps, ...positions]);
}
