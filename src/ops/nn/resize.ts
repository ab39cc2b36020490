/** Resize: nearest, linear and cubic resampling. Along one axis each is a matrix; so are its expansion and gradient. */

import type { Attrs, ValueId } from '../../ir/graph.ts';
import type { Dim } from '../../ir/type.ts';
import { elementCount, formatShape } from '../../ir/type.ts';
import type { Emit } from '../emit.ts';
import type { Call, OpDef, OpResult, PrimalNode } from '../op.ts';
import { mismatch, numberAttr, numbersAttr, range, shapeOf, stringAttr, typed } from './attributes.ts';

interface AxisScale {
  readonly axis: number;
  /** Output length over input length, as given or as it follows from the sizes. */
  readonly scale: number;
  readonly output: number;
}

/** Scales of the axes that are resized; null where neither constant scales nor constant sizes are there. */
function axisScales(
  shape: readonly Dim[],
  scales: readonly number[] | null,
  sizes: readonly number[] | null,
  attrs: Attrs,
): readonly (AxisScale | null)[] | null {
  const axes = numbersAttr(attrs, 'axes', range(shape.length)).map((axis) => (axis < 0 ? axis + shape.length : axis));
  const given = scales?.length ? scales : sizes;
  if (!given?.length) return null;
  const policy = stringAttr(attrs, 'keep_aspect_ratio_policy', 'stretch');
  const ratios = axes.map((axis, index) => (sizes?.length ? sizes[index]! / (shape[axis] ?? NaN) : 1));
  const common = policy === 'stretch' ? null : policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return axes.map((axis, index) => {
    const length = shape[axis];
    if (scales?.length) {
      const scale = scales[index]!;
      return typeof length === 'number' ? { axis, scale, output: Math.floor(length * scale) } : null;
    }
    if (typeof length !== 'number') return common === null ? { axis, scale: NaN, output: sizes![index]! } : null;
    if (common === null) return { axis, scale: sizes![index]! / length, output: sizes![index]! };
    return { axis, scale: common, output: Math.round(length * common) };
  });
}

function infer(call: Call): OpResult {
  const [input, , scales, sizes] = call.inputs;
  const shape = shapeOf(input);
  if (shape === null) return { types: [typed(input, null)] };
  const given = axisScales(shape, scales?.data ?? null, sizes?.data ?? null, call.attrs);
  if (given === null)
    return {
      types: [
        typed(
          input,
          shape.map(() => null),
        ),
      ],
    };
  const count = numbersAttr(call.attrs, 'axes', range(shape.length)).length;
  const length = scales?.data?.length || sizes?.data?.length;
  if (length !== count) {
    const message = `Resize has ${length} scales or sizes for the ${count} axes of ${formatShape(shape)}.`;
    return {
      types: [
        typed(
          input,
          shape.map(() => null),
        ),
      ],
      problems: [mismatch(message)],
    };
  }
  const result: Dim[] = [...shape];
  const axes = numbersAttr(call.attrs, 'axes', range(shape.length));
  given.forEach(
    (entry, index) => (result[axes[index]! < 0 ? axes[index]! + shape.length : axes[index]!] = entry?.output ?? null),
  );
  return { types: [typed(input, result)] };
}

/** Position in the input that the output's element `place` is taken from. */
function sourcePosition(mode: string, place: number, input: number, output: number, scale: number): number {
  switch (mode) {
    case 'align_corners':
      return output === 1 ? 0 : (place * (input - 1)) / (output - 1);
    case 'asymmetric':
      return place / scale;
    case 'pytorch_half_pixel':
      return output > 1 ? (place + 0.5) / scale - 0.5 : 0;
    case 'half_pixel_symmetric': {
      const adjustment = output / (scale * input);
      return (input / 2) * (1 - adjustment) + (place + 0.5) / scale - 0.5;
    }
    default:
      return (place + 0.5) / scale - 0.5;
  }
}

function nearestElement(mode: string, position: number): number {
  switch (mode) {
    case 'floor':
      return Math.floor(position);
    case 'ceil':
      return Math.ceil(position);
    case 'round_prefer_ceil':
      return Math.floor(position + 0.5);
    default:
      return Math.ceil(position - 0.5);
  }
}

/** Keys' cubic convolution kernel. */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/** [output][input] weights of resampling along one axis. */
export function resizeMatrix(
  attrs: Attrs,
  input: number,
  output: number,
  scale: number,
): readonly (readonly number[])[] {
  const mode = stringAttr(attrs, 'mode', 'nearest');
  const coordinates = stringAttr(attrs, 'coordinate_transformation_mode', 'half_pixel');
  const a = numberAttr(attrs, 'cubic_coeff_a', -0.75);
  const antialias = numberAttr(attrs, 'antialias', 0) !== 0 && scale < 1;
  const excludes = antialias || numberAttr(attrs, 'exclude_outside', 0) !== 0;
  const stretch = antialias ? scale : 1;
  const reach = (mode === 'cubic' ? 2 : 1) / stretch;
  return range(output).map((place) => {
    const row = new Array<number>(input).fill(0);
    const position = sourcePosition(coordinates, place, input, output, scale);
    const clamp = (element: number): number => Math.min(input - 1, Math.max(0, element));
    if (mode === 'nearest') {
      row[clamp(nearestElement(stringAttr(attrs, 'nearest_mode', 'round_prefer_floor'), position))] = 1;
      return row;
    }
    let total = 0;
    for (let element = Math.floor(position - reach); element <= Math.ceil(position + reach); element++) {
      const distance = (element - position) * stretch;
      const weight = mode === 'cubic' ? cubic(distance, a) : Math.max(0, 1 - Math.abs(distance));
      if (excludes && (element < 0 || element >= input)) continue;
      row[clamp(element)]! += weight;
      total += weight;
    }
    return excludes ? row.map((weight) => weight / total) : row;
  });
}

/** Multiplies along one axis: out[…, i, …] = Σ_j matrix[i][j] · value[…, j, …]. */
function applyAlong(emit: Emit, value: ValueId, axis: number, matrix: readonly (readonly number[])[]): ValueId {
  const rank = emit.shape(value).length;
  const { dtype } = emit.type(value);
  const [rows, columns] = [matrix.length, matrix[0]!.length];
  if (axis === rank - 2) return emit.matMul(emit.constant(matrix.flat(), [rows, columns], dtype), value);
  const right = emit.constant(
    range(columns).flatMap((column) => matrix.map((row) => row[column]!)),
    [columns, rows],
    dtype,
  );
  if (axis === rank - 1) return emit.matMul(value, right);
  const perm = range(rank).map((index) => (index === axis ? rank - 1 : index === rank - 1 ? axis : index));
  return emit.transpose(emit.matMul(emit.transpose(value, perm), right), perm);
}

/** The matrices of the axes that are resized. */
function matrices(emit: Emit, node: PrimalNode) {
  const [input, , scales, sizes] = node.inputs;
  const shape = emit.shape(input!);
  const data = (value: ValueId | null | undefined) => (value === null || value === undefined ? null : emit.data(value));
  const given = axisScales(shape, data(scales), data(sizes), node.attrs);
  if (given === null) throw new Error('Resize with computed scales or sizes cannot be rewritten');
  return given
    .filter((entry) => entry !== null)
    .filter(({ scale, axis, output }) => scale !== 1 || output !== shape[axis])
    .map(({ axis, output, scale }) => ({ axis, matrix: resizeMatrix(node.attrs, shape[axis]!, output, scale) }));
}

/** How often each element is repeated, where resampling only repeats elements; else null. */
function repeats(matrix: readonly (readonly number[])[]): number | null {
  const [output, input] = [matrix.length, matrix[0]!.length];
  const times = output / input;
  if (!Number.isInteger(times)) return null;
  return matrix.every((row, place) => row[Math.floor(place / times)] === 1 && row.filter(Boolean).length === 1)
    ? times
    : null;
}

/** True for forms that are younger than opset 17 or that providers have for few ranks only. */
export function needsPlainResize(attrs: Attrs, shape: readonly number[]): boolean {
  const isYoung =
    numberAttr(attrs, 'antialias', 0) !== 0 ||
    numbersAttr(attrs, 'axes', []).length > 0 ||
    stringAttr(attrs, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch' ||
    stringAttr(attrs, 'coordinate_transformation_mode', 'half_pixel') === 'half_pixel_symmetric';
  return isYoung || (stringAttr(attrs, 'mode', 'nearest') !== 'nearest' && shape.length !== 4);
}

export const resize: OpDef = {
  name: 'Resize',
  summary: 'Nearest, linear or cubic resampling to given scales or sizes',
  attrs: {
    antialias: { kind: 'int' },
    axes: { kind: 'ints' },
    coordinate_transformation_mode: { kind: 'string', default: 'half_pixel' },
    cubic_coeff_a: { kind: 'float', default: -0.75 },
    exclude_outside: { kind: 'int', default: 0 },
    extrapolation_value: { kind: 'float', default: 0 },
    keep_aspect_ratio_policy: { kind: 'string' },
    mode: { kind: 'string', default: 'nearest' },
    nearest_mode: { kind: 'string', default: 'round_prefer_floor' },
  },
  infer,
  cost(call, types) {
    const elements = elementCount(types[0]!.shape);
    const rank = shapeOf(call.inputs[0])?.length ?? 0;
    const mode = stringAttr(call.attrs, 'mode', 'nearest');
    const taps = mode === 'nearest' ? 0 : (mode === 'cubic' ? 4 : 2) ** Math.max(0, rank - 2);
    return elements === null ? null : { macs: 0, flops: elements * 2 * taps };
  },
  // Along each axis dX = Mᵀ · dY; where M only repeats elements that is a sum over the repetitions.
  vjp(emit, node, [cotangent]) {
    const result = matrices(emit, node).reduceRight((value, { axis, matrix }) => {
      const times = repeats(matrix);
      const columns = matrix[0]!.length;
      if (times === null) {
        return applyAlong(
          emit,
          value,
          axis,
          range(columns).map((column) => matrix.map((row) => row[column]!)),
        );
      }
      const shape = emit.shape(value);
      const split = [...shape.slice(0, axis), columns, times, ...shape.slice(axis + 1)];
      return emit.reduceSum(emit.reshape(value, split), [axis + 1], false);
    }, cotangent!);
    return [result, null, null, null];
  },
  expand: (emit, node) => [
    matrices(emit, node).reduce((value, { axis, matrix }) => applyAlong(emit, value, axis, matrix), node.inputs[0]!),
  ],
};
