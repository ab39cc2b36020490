/** LayerNormalization, InstanceNormalization and GroupNormalization: statistics per sample. */

import type { Attrs, ValueId } from '../../ir/graph.ts';
import type { TensorType } from '../../ir/type.ts';
import { elementCount, formatShape } from '../../ir/type.ts';
import type { Call, Cost, OpDef, OpResult } from '../op.ts';
import { isAbsent, differs, mismatch, numberAttr, plural, range, shapeOf, typed } from './attributes.ts';
import { channelProblem } from './batchNormalization.ts';
import { moments, normalisationGradient, perChannel } from './moments.ts';

const epsilonOf = (attrs: Attrs): number => numberAttr(attrs, 'epsilon', 1e-5);

const cost = (_call: Call, types: readonly TensorType[]): Cost | null => {
  const elements = elementCount(types[0]!.shape);
  return elements === null ? null : { macs: 0, flops: elements * 7 };
};

/** `axis` counted from the front. */
const firstAxis = (attrs: Attrs, rank: number): number => {
  const axis = numberAttr(attrs, 'axis', -1);
  return axis < 0 ? axis + rank : axis;
};

function inferLayer(call: Call): OpResult {
  const [input, scale] = call.inputs;
  const shape = shapeOf(input);
  if (shape === null) return { types: range(call.outputs).map(() => typed(input, null)) };
  const axis = firstAxis(call.attrs, shape.length);
  const reduced = shape.map((dim, index) => (index < axis ? dim : 1));
  const types = [typed(input, shape), typed(input, reduced), typed(input, reduced)].slice(0, call.outputs);
  const weight = shapeOf(scale);
  if (weight === null) return { types };
  const last = shape.slice(-weight.length);
  const fits = weight.length <= shape.length && !weight.some((dim, index) => dim !== 1 && differs(dim, last[index]));
  if (fits) return { types };
  const message =
    weight.length === 1
      ? `The input has ${plural(shape.at(-1)!, 'feature')} in its last axis, the normalisation expects ${weight[0]}.`
      : `The input ${formatShape(shape)} does not end in the normalised shape ${formatShape(weight)}.`;
  return { types, problems: [mismatch(message)] };
}

export const layerNormalization: OpDef = {
  name: 'LayerNormalization',
  summary: 'Normalises each sample over the axes from `axis` on',
  attrs: {
    axis: { kind: 'int', default: -1 },
    epsilon: { kind: 'float', default: 1e-5 },
    stash_type: { kind: 'int', default: 1 },
  },
  infer: inferLayer,
  cost,
  // dX = inverse·(g − mean(g) − x̂·mean(g·x̂)) with g = dY·γ; dγ = dY·x̂ and dβ = dY, summed to their shapes by autodiff.
  vjp(emit, node, [cotangent, meanCotangent, inverseCotangent]) {
    const [input, scale, shift] = node.inputs as [number, number, number | null | undefined];
    const rank = emit.shape(input).length;
    const first = firstAxis(node.attrs, rank);
    const axes = range(rank - first, first);
    const stats = moments(emit, input, axes, epsilonOf(node.attrs));
    const { dtype } = emit.type(input);
    const elements = axes.reduce((count, axis) => count * emit.shape(input)[axis]!, 1);
    const parts: ValueId[] = [];
    if (!isAbsent(cotangent)) parts.push(normalisationGradient(emit, emit.mul(cotangent, scale), stats));
    if (!isAbsent(meanCotangent)) {
      const share = emit.mul(meanCotangent, emit.scalar(1 / elements, dtype));
      parts.push(emit.op('Expand', [share, emit.ints(emit.shape(input))]));
    }
    if (!isAbsent(inverseCotangent)) {
      // d(inverse)/dx = −inverse²·x̂ / D.
      const square = emit.mul(emit.mul(stats.inverse, stats.inverse), emit.scalar(-1 / elements, dtype));
      parts.push(emit.mul(stats.normalised, emit.mul(square, inverseCotangent)));
    }
    return [
      parts.reduce((sum, part) => emit.add(sum, part)),
      isAbsent(cotangent) ? null : emit.mul(cotangent, stats.normalised),
      isAbsent(shift) ? null : (cotangent ?? null),
    ];
  },
  expand(emit, node) {
    const [input, scale, shift] = node.inputs as [number, number, number | null | undefined];
    const rank = emit.shape(input).length;
    const first = firstAxis(node.attrs, rank);
    const stats = moments(emit, input, range(rank - first, first), epsilonOf(node.attrs));
    const scaled = emit.mul(stats.normalised, scale);
    const output = isAbsent(shift) ? scaled : emit.add(scaled, shift);
    return [output, stats.mean, stats.inverse].slice(0, node.outputs.length);
  },
};

export const instanceNormalization: OpDef = {
  name: 'InstanceNormalization',
  summary: 'Normalises each channel of each sample over its positions',
  attrs: { epsilon: { kind: 'float', default: 1e-5 } },
  infer(call) {
    const [input, scale] = call.inputs;
    const problem = channelProblem(shapeOf(input)?.[1], shapeOf(scale)?.[0]);
    return { types: [typed(input, shapeOf(input))], problems: problem ? [problem] : [] };
  },
  cost,
  vjp: 'expand',
  expand(emit, node) {
    const [input, scale, shift] = node.inputs as [number, number, number];
    const rank = emit.shape(input).length;
    const { normalised } = moments(emit, input, range(rank - 2, 2), epsilonOf(node.attrs));
    return [emit.add(emit.mul(normalised, perChannel(emit, scale, rank)), perChannel(emit, shift, rank))];
  },
};

export const groupNormalization: OpDef = {
  name: 'GroupNormalization',
  summary: 'Normalises groups of channels of each sample',
  attrs: {
    epsilon: { kind: 'float', default: 1e-5 },
    num_groups: { kind: 'int', required: true },
    stash_type: { kind: 'int', default: 1 },
  },
  infer(call) {
    const [input, scale] = call.inputs;
    const shape = shapeOf(input);
    const groups = numberAttr(call.attrs, 'num_groups', 1);
    const [channels, length] = [shape?.[1], shapeOf(scale)?.[0]];
    const problems = [];
    if (typeof channels === 'number' && channels % groups !== 0) {
      problems.push(mismatch(`${plural(channels, 'channel')} cannot be divided into ${plural(groups, 'group')}.`));
    }
    // Opset 18 has one scale per group, opset 21 one per channel.
    const problem = length === groups ? null : channelProblem(channels, length);
    if (problem) problems.push(problem);
    return { types: [typed(input, shape)], problems };
  },
  cost,
  vjp: 'expand',
  expand(emit, node) {
    const [input, scale, shift] = node.inputs as [number, number, number];
    const [samples, channels, ...spatial] = emit.shape(input) as [number, number, ...number[]];
    const groups = numberAttr(node.attrs, 'num_groups', 1);
    const positions = spatial.reduce((count, length) => count * length, 1);
    const grouped = emit.reshape(input, [samples, groups, (channels / groups) * positions]);
    const { normalised } = moments(emit, grouped, [2], epsilonOf(node.attrs));
    if (emit.shape(scale)[0] === channels) {
      const whole = emit.reshape(normalised, [samples, channels, ...spatial]);
      const rank = spatial.length + 2;
      return [emit.add(emit.mul(whole, perChannel(emit, scale, rank)), perChannel(emit, shift, rank))];
    }
    const scaled = emit.mul(normalised, emit.reshape(scale, [1, groups, 1]));
    return [emit.reshape(emit.add(scaled, emit.reshape(shift, [1, groups, 1])), [samples, channels, ...spatial])];
  },
};
