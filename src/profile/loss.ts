/** What the reverse pass starts from: the mean loss of the network's outputs, or a random cotangent. */

import type { Graph, ValueId } from '../ir/graph.ts';
import { valueOf } from '../ir/query.ts';
import { isFloat, sameShape, tensorType } from '../ir/type.ts';
import type { Emit } from '../ops/emit.ts';
import { emitCrossEntropy } from '../ops/loss.ts';
import { COTANGENT, TARGET } from './inputs.ts';
import type { LossOutputs, ProfileOptions } from './types.ts';

/** What an auxiliary output's loss counts in the sum, as in "Going deeper with convolutions" (Szegedy et al. 2015). */
export const AUXILIARY_WEIGHT = 0.3;

/** The axis that holds the classes of a classifier's output: [N, classes] or [N, length, classes]; else null. */
export function classAxis(graph: Graph): number | null {
  const output = graph.outputs[0];
  const type = output === undefined ? null : valueOf(graph, output).type;
  const rank = type?.shape?.length ?? 0;
  return type && isFloat(type.dtype) && (rank === 2 || rank === 3) && type.shape!.at(-1) !== 1 ? rank - 1 : null;
}

/**
 * The outputs that get a loss: the first, and the others of its shape, which are auxiliary heads on the same labels.
 * What serves other outputs only (features, attention maps, states) has no gradient.
 */
export function lossOutputs(graph: Graph): readonly ValueId[] {
  const [first, ...rest] = graph.outputs;
  if (first === undefined) return [];
  const { shape } = valueOf(graph, first).type;
  const isAuxiliary = (id: ValueId): boolean => {
    const { type } = valueOf(graph, id);
    return id !== first && isFloat(type.dtype) && sameShape(type.shape, shape);
  };
  return [first, ...new Set(rest.filter(isAuxiliary))];
}

/** For the conditions of a report; null where there is but one output. */
export function describeOutputs({ all, withLoss }: LossOutputs): string | null {
  if (all === 1) return null;
  if (withLoss === 1) return `loss on the first of ${all} outputs`;
  return `loss on ${withLoss} of ${all} outputs, auxiliary ones × ${AUXILIARY_WEIGHT}`;
}

export interface Loss {
  /** The first output's mean loss plus {@link AUXILIARY_WEIGHT} times that of each other; null for a cotangent. */
  readonly loss: ValueId | null;
  /** Emits the cotangents of the outputs. */
  readonly seeds: () => ReadonlyMap<ValueId, ValueId>;
}

export function emitLoss(emit: Emit, graph: Graph, kind: ProfileOptions['loss']): Loss {
  const outputs = lossOutputs(graph);
  const shape = emit.shape(outputs[0]!);
  const weighted = (value: ValueId, index: number): ValueId =>
    index === 0 ? value : emit.mul(value, emit.scalar(AUXILIARY_WEIGHT));
  if (kind === 'cotangent') {
    const seeds = () => {
      const cotangent = emit.builder.input(COTANGENT, tensorType('float32', shape));
      return new Map(outputs.map((output, index) => [output, weighted(cotangent, index)]));
    };
    return { loss: null, seeds };
  }
  const classes = shape.at(-1)!;
  const rows = shape.reduce((product, dim) => product * dim, 1) / classes;
  // int32, since int64 arithmetic leaves the GPU.
  const target = emit.builder.input(TARGET, tensorType('int32', [rows]));
  const heads = outputs.map((output) => emitCrossEntropy(emit, emit.reshape(output, [rows, classes]), target));
  return {
    loss: heads.map(({ loss }, index) => weighted(loss, index)).reduce((sum, loss) => emit.add(sum, loss)),
    seeds: () =>
      new Map(outputs.map((output, index) => [output, emit.reshape(weighted(heads[index]!.gradient, index), shape)])),
  };
}
