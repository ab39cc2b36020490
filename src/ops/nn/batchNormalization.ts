/** BatchNormalization, with stored statistics or (training_mode) with those of the batch. */

import type { Attrs, ValueId } from '../../ir/graph.ts';
import type { Dim } from '../../ir/type.ts';
import { elementCount } from '../../ir/type.ts';
import type { Emit } from '../emit.ts';
import type { Call, OpDef, OpResult, PrimalNode } from '../op.ts';
import { biasGradient } from './convGradient.ts';
import { isAbsent, differs, mismatch, numberAttr, plural, shapeOf, typed } from './attributes.ts';
import { batchAxes, meanOver, moments, perChannel } from './moments.ts';

/** True for a node that takes its statistics from the batch, which no provider runs. */
export const isTraining = (attrs: Attrs): boolean => numberAttr(attrs, 'training_mode', 0) !== 0;
const epsilonOf = (attrs: Attrs): number => numberAttr(attrs, 'epsilon', 1e-5);

/** The problem when a normalisation's per-channel vector does not fit its input. */
export function channelProblem(channels: Dim | undefined, expected: Dim | undefined) {
  if (!differs(channels, expected)) return null;
  return mismatch(`The input has ${plural(channels!, 'channel')}, the normalisation expects ${expected!}.`);
}

function infer(call: Call): OpResult {
  const [input, ...vectors] = call.inputs;
  const shape = shapeOf(input);
  const known = vectors.map((vector) => shapeOf(vector)?.[0]).find((length) => typeof length === 'number');
  const statistics = typed(vectors[2] ?? input, [known ?? shape?.[1] ?? null]);
  const types = [typed(input, shape), statistics, statistics].slice(0, call.outputs);
  if (shape !== null && shape.length < 2) {
    return { types, problems: [mismatch(`Batch normalisation needs samples and channels, not ${shape.length} axes.`)] };
  }
  const problem = channelProblem(shape?.[1], known);
  // Passing the input's shape on keeps one wrong layer from being reported twice.
  return problem ? { types, problems: [problem] } : { types };
}

function expandTraining(emit: Emit, node: PrimalNode): readonly ValueId[] {
  const [input, scale, shift, mean, variance] = node.inputs as [number, number, number, number, number];
  const rank = emit.shape(input).length;
  const stats = moments(emit, input, batchAxes(rank), epsilonOf(node.attrs));
  const scaled = emit.mul(stats.normalised, perChannel(emit, scale, rank));
  const output = emit.add(scaled, perChannel(emit, shift, rank));
  if (node.outputs.length === 1) return [output];
  const momentum = numberAttr(node.attrs, 'momentum', 0.9);
  const average = (old: ValueId, current: ValueId): ValueId => {
    const { dtype } = emit.type(old);
    const kept = emit.mul(old, emit.scalar(momentum, dtype));
    return emit.add(kept, emit.mul(emit.reshape(current, emit.shape(old)), emit.scalar(1 - momentum, dtype)));
  };
  return [output, average(mean, stats.mean), average(variance, stats.variance)].slice(0, node.outputs.length);
}

export const batchNormalization: OpDef = {
  name: 'BatchNormalization',
  summary: 'Normalises each channel over samples and positions',
  attrs: {
    epsilon: { kind: 'float', default: 1e-5 },
    momentum: { kind: 'float', default: 0.9 },
    training_mode: { kind: 'int', default: 0 },
  },
  infer,
  cost(call, types) {
    const elements = elementCount(types[0]!.shape);
    return elements === null ? null : { macs: 0, flops: elements * (isTraining(call.attrs) ? 7 : 2) };
  },
  vjp(emit, node, [cotangent]) {
    const [input, scale, , mean, variance] = node.inputs as [number, number, number, number, number];
    // Running statistics have no gradient, nor do they pass one on.
    if (isAbsent(cotangent)) return [];
    const rank = emit.shape(input).length;
    const epsilon = epsilonOf(node.attrs);
    const weight = perChannel(emit, scale, rank);
    if (isTraining(node.attrs)) {
      // dX = γ·inverse·(dY − mean(dY) − x̂·mean(dY·x̂)), dγ = Σ dY·x̂, dβ = Σ dY.
      const axes = batchAxes(rank);
      const { normalised, inverse } = moments(emit, input, axes, epsilon);
      const average = meanOver(emit, cotangent, axes);
      const along = meanOver(emit, emit.mul(cotangent, normalised), axes);
      const projected = emit.sub(emit.sub(cotangent, average), emit.mul(normalised, along));
      const [channels] = emit.shape(scale) as [number];
      const count = emit.scalar(emit.shape(input).reduce((n, dim) => n * dim, 1) / channels, emit.type(input).dtype);
      const total = (value: ValueId): ValueId => emit.mul(emit.reshape(value, [channels]), count);
      return [emit.mul(projected, emit.mul(weight, inverse)), total(along), total(average), null, null];
    }
    // dX = dY·γ·inverse, dγ = Σ dY·(x − mean)·inverse, dβ = Σ dY.
    const { dtype } = emit.type(variance);
    const inverse = emit.div(emit.scalar(1, dtype), emit.sqrt(emit.add(variance, emit.scalar(epsilon, dtype))));
    const centred = emit.sub(input, perChannel(emit, mean, rank));
    return [
      emit.mul(cotangent, perChannel(emit, emit.mul(scale, inverse), rank)),
      emit.mul(biasGradient(emit, emit.mul(cotangent, centred)), inverse),
      biasGradient(emit, cotangent),
      null,
      null,
    ];
  },
  expand: (emit, node) =>
    isTraining(node.attrs)
      ? expandTraining(emit, node)
      : emit.ops(node.op, node.inputs, node.attrs, node.outputs.length),
};
