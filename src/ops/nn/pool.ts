/** MaxPool, AveragePool and LpPool over windows. */

import type { ValueId } from '../../ir/graph.ts';
import type { Dim, TensorType } from '../../ir/type.ts';
import { elementCount, formatShape, tensorType } from '../../ir/type.ts';
import type { Emit } from '../emit.ts';
import type { Call, Cost, OpDef, OpResult, PrimalNode } from '../op.ts';
import { isAbsent, formatSize, mismatch, numberAttr, numbersAttr, range, shapeOf, typed } from './attributes.ts';
import { WINDOW_ATTRS } from './conv.ts';
import type { StaticWindow } from './window.ts';
import {
  extent,
  hasAutoPad,
  isCeil,
  oneHotKernel,
  outputLengths,
  readWindow,
  staticWindow,
  transposedPadding,
  windowAttrs,
} from './window.ts';

/** Below every finite float32 that a network makes, and finite: padding that a copying convolution can multiply by 0. */
const LOWEST = -3.4e38;

const POOL_ATTRS = { ...WINDOW_ATTRS, ceil_mode: { kind: 'int', default: 0 } } as const;

const kernelOf = (attrs: Call['attrs']): readonly number[] => numbersAttr(attrs, 'kernel_shape', []);

function infer(call: Call): OpResult {
  const [input] = call.inputs;
  const shape = shapeOf(input);
  const kernel = kernelOf(call.attrs);
  const types = (lengths: readonly Dim[], head: readonly Dim[]): readonly TensorType[] =>
    [typed(input, [...head, ...lengths]), tensorType('int64', [...head, ...lengths])].slice(0, call.outputs);
  if (shape === null)
    return {
      types: types(
        kernel.map(() => null),
        [null, null],
      ),
    };
  if (shape.length !== kernel.length + 2) {
    const message =
      `The input ${formatShape(shape)} has ${shape.length} axes, but a ${kernel.length}-D pool takes ` +
      `${kernel.length + 2}: samples, channels and ${kernel.length} spatial.`;
    return {
      types: types(
        kernel.map(() => null),
        [null, shape[1] ?? null],
      ),
      problems: [mismatch(message)],
    };
  }
  const spatial = shape.slice(2);
  const window = readWindow(call.attrs, kernel, spatial);
  const lengths = outputLengths(window, spatial, isCeil(call.attrs));
  const head = shape.slice(0, 2);
  if (!lengths.some((length) => length !== null && length < 1)) return { types: types(lengths, head) };
  const padded = spatial.map((length, axis) => (length ?? 0) + (window.begin[axis] ?? 0) + (window.end[axis] ?? 0));
  return {
    types: types(
      lengths.map((length) => (length !== null && length < 1 ? null : length)),
      head,
    ),
    problems: [mismatch(`The window (${formatSize(kernel)}) is larger than the padded input (${formatSize(padded)}).`)],
  };
}

function cost(call: Call, types: readonly TensorType[]): Cost | null {
  const outputs = elementCount(types[0]!.shape);
  const taps = kernelOf(call.attrs).reduce((count, size) => count * size, 1);
  return outputs === null ? null : { macs: 0, flops: outputs * taps };
}

/** Window, shapes and one image per channel: pools treat channels alike, so channels can be samples. */
function geometry(emit: Emit, node: PrimalNode) {
  const [input] = node.inputs as [number];
  const [samples, channels, ...spatial] = emit.shape(input) as [number, number, ...number[]];
  const window = staticWindow(node.attrs, kernelOf(node.attrs), spatial);
  const positions = outputLengths(window, spatial, isCeil(node.attrs)) as readonly number[];
  const { pads, outputPadding } = transposedPadding(window, spatial, positions);
  const images = samples * channels;
  return { input, samples, channels, spatial, window, positions, pads, outputPadding, images };
}

/** Pads reach over the input only as far as windows do. */
const reachedPads = (pads: readonly number[], rank: number) => ({ begin: pads.slice(0, rank), end: pads.slice(rank) });

export const maxPool: OpDef = {
  name: 'MaxPool',
  summary: 'Largest element of each window',
  attrs: { ...POOL_ATTRS, storage_order: { kind: 'int', default: 0 } },
  infer,
  cost,
  // The cotangent goes to the first element of its window that equals the maximum, as in PyTorch.
  vjp(emit, node, [cotangent]) {
    if (isAbsent(cotangent)) return [null];
    const { input, spatial, window, positions, pads, outputPadding, images } = geometry(emit, node);
    const rank = spatial.length;
    const { dtype } = emit.type(input);
    const flat = emit.reshape(input, [images, 1, ...spatial]);
    const padded = pads.some((pad) => pad !== 0)
      ? emit.op('Pad', [
          flat,
          emit.ints([0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)]),
          emit.scalar(LOWEST, dtype),
        ])
      : flat;
    const { data, shape } = oneHotKernel(window.kernel);
    const [taps] = shape as [number];
    const kernel = emit.constant(data, shape, dtype);
    const unpadded = { ...windowAttrs(window), pads: pads.map(() => 0), group: 1 };
    const copies = emit.op('Conv', [padded, kernel], unpadded);
    const largest = emit.reshape(node.outputs[0]!, [images, 1, ...positions]);
    const isLargest = emit.indicator(emit.op('Equal', [copies, largest]));
    // Earlier elements score higher; the best score among the largest elements marks the first of them.
    const score = emit.constant(
      range(taps).map((tap) => taps - tap),
      [1, taps, ...range(rank).map(() => 1)],
      dtype,
    );
    const scored = emit.mul(isLargest, score);
    const best = emit.op('ReduceMax', [scored], { axes: [1], keepdims: 1 });
    const first = emit.indicator(emit.op('Equal', [scored, best]));
    const spread = emit.mul(first, emit.reshape(cotangent, [images, 1, ...positions]));
    const gathered = emit.op('ConvTranspose', [spread, kernel], {
      ...windowAttrs(window),
      pads,
      output_padding: outputPadding,
      group: 1,
    });
    return [emit.reshape(gathered, emit.shape(input))];
  },
  // Spells `auto_pad` and `ceil_mode` out.
  expand(emit, node) {
    const { input, spatial, window, pads } = geometry(emit, node);
    const storage = numberAttr(node.attrs, 'storage_order', 0);
    const attrs = { ...windowAttrs({ ...window, ...reachedPads(pads, spatial.length) }), storage_order: storage };
    return emit.ops('MaxPool', [input], attrs, node.outputs.length);
  },
};

/** How many elements each window of an average counts, row-major over positions. */
function windowCounts(
  window: StaticWindow,
  spatial: readonly number[],
  positions: readonly number[],
  countPadding: boolean,
): readonly number[] {
  let counts: readonly number[] = [1];
  positions.forEach((length, axis) => {
    const [low, high] = countPadding ? [-window.begin[axis]!, spatial[axis]! + window.end[axis]!] : [0, spatial[axis]!];
    const perPosition = range(length).map((position) => {
      const start = position * window.strides[axis]! - window.begin[axis]!;
      return range(window.kernel[axis]!).filter((tap) => {
        const place = start + tap * window.dilations[axis]!;
        return place >= low && place < high;
      }).length;
    });
    counts = counts.flatMap((count) => perPosition.map((other) => count * other));
  });
  return counts;
}

function averageWeights(
  emit: Emit,
  node: PrimalNode,
  window: StaticWindow,
  spatial: readonly number[],
  positions: readonly number[],
) {
  const { dtype } = emit.type(node.inputs[0]!);
  const includePadding = numberAttr(node.attrs, 'count_include_pad', 0) !== 0;
  const counts = windowCounts(window, spatial, positions, includePadding);
  const isUniform = counts.every((count) => count === counts[0]);
  const taps = window.kernel.reduce((count, size) => count * size, 1);
  return {
    /** The kernel that sums a window, divided by the count where that is the same everywhere. */
    kernel: emit.constant(
      range(taps).map(() => (isUniform ? 1 / counts[0]! : 1)),
      [1, 1, ...window.kernel],
      dtype,
    ),
    /** Multiplies a position by 1 / its count. */
    share: (value: ValueId): ValueId =>
      isUniform
        ? value
        : emit.mul(
            value,
            emit.constant(
              counts.map((count) => 1 / count),
              [1, 1, ...positions],
              dtype,
            ),
          ),
  };
}

export const averagePool: OpDef = {
  name: 'AveragePool',
  summary: 'Mean of each window',
  attrs: { ...POOL_ATTRS, count_include_pad: { kind: 'int', default: 0 } },
  infer,
  cost,
  // Each element of a window receives the window's cotangent, divided by the window's count.
  vjp(emit, node, [cotangent]) {
    const { input, spatial, window, positions, pads, outputPadding, images } = geometry(emit, node);
    const weights = averageWeights(emit, node, window, spatial, positions);
    const ct = weights.share(emit.reshape(cotangent!, [images, 1, ...positions]));
    const spread = emit.op('ConvTranspose', [ct, weights.kernel], {
      ...windowAttrs(window),
      pads,
      output_padding: outputPadding,
      group: 1,
    });
    return [emit.reshape(spread, emit.shape(input))];
  },
  // A convolution with equal weights: for windows over the end, whose count providers get wrong, and for dilations.
  expand(emit, node) {
    const { input, samples, channels, spatial, window, positions, pads, images } = geometry(emit, node);
    const weights = averageWeights(emit, node, window, spatial, positions);
    const sums = emit.op('Conv', [emit.reshape(input, [images, 1, ...spatial]), weights.kernel], {
      ...windowAttrs({ ...window, ...reachedPads(pads, spatial.length) }),
      group: 1,
    });
    return [emit.reshape(weights.share(sums), [samples, channels, ...positions])];
  },
};

/** True for a pool whose windows or padding are not spelled out in a form that opset 17 providers agree on. */
export function needsExplicitWindow(attrs: Call['attrs'], shape: readonly number[]): boolean {
  if (hasAutoPad(attrs) || isCeil(attrs)) return true;
  const window = staticWindow(attrs, kernelOf(attrs), shape.slice(2));
  return range(window.kernel.length).some((axis) => extent(window, axis) !== window.kernel[axis]);
}

export const lpPool: OpDef = {
  name: 'LpPool',
  summary: 'p-norm of each window',
  attrs: { ...POOL_ATTRS, p: { kind: 'int', default: 2 } },
  infer,
  cost,
  vjp: 'expand',
  // (Σ |x|^p)^(1/p), the sum as the window's size times its mean with padding counted.
  expand(emit, node) {
    const [input] = node.inputs as [number];
    const { p, ...rest } = { p: 2, ...node.attrs };
    const taps = kernelOf(node.attrs).reduce((count, size) => count * size, 1);
    const { dtype } = emit.type(input);
    const powers = power(emit, emit.op('Abs', [input]), p as number);
    const mean = emit.op('AveragePool', [powers], { ...rest, count_include_pad: 1 });
    return [root(emit, emit.mul(mean, emit.scalar(taps, dtype)), p as number)];
  },
};

/** value^exponent for a whole exponent, by products: Pow with a broadcast exponent fails on WebGPU. */
export function power(emit: Emit, value: ValueId, exponent: number): ValueId {
  return range(exponent - 1).reduce((result) => emit.mul(result, value), value);
}

/** value^(1/degree) for values that are not negative. */
export function root(emit: Emit, value: ValueId, degree: number): ValueId {
  if (degree === 1) return value;
  if (degree === 2) return emit.sqrt(value);
  const logarithm = emit.op('Log', [value]);
  return emit.op('Exp', [emit.mul(logarithm, emit.scalar(1 / degree, emit.type(value).dtype))]);
}
