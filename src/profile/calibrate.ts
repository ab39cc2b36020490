/** Evaluation mode on statistics of the batch at hand: what running statistics would be had only this batch been seen. */

import type { Graph, ValueId } from '../ir/graph.ts';
import { parameterOf, valueOf } from '../ir/query.ts';
import { isStatic } from '../ir/type.ts';
import { encodeModel, modelInputs } from '../onnx/encode.ts';
import { Emit } from '../ops/emit.ts';
import { expandForRuntime } from '../ops/expand.ts';
import { createBuilder } from '../ops/infer.ts';
import { planInput } from './inputs.ts';
import { openProgram } from './program.ts';
import type { OrtModule, RunOptions } from './run.ts';
import type { PlanInput, TensorMap } from './types.ts';

/** A forward pass whose outputs are the statistics of every batch norm, by the name of the buffer that holds them. */
export interface CalibrationPlan {
  readonly model: Uint8Array;
  readonly inputs: readonly PlanInput[];
  readonly buffers: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** Batch norms that take their statistics from buffers. */
const stored = (graph: Graph) =>
  graph.nodes.filter(({ op, attrs }) => op === 'BatchNormalization' && attrs['training_mode'] !== 1);

/**
 * True for a network in evaluation mode whose running statistics are those that it is made with, mean 0 and variance 1:
 * they are no statistics of anything, and turn what a plain network does to the gradient around.
 */
export function hasFreshStatistics(graph: Graph, given: (name: string) => boolean = () => false): boolean {
  const parameters = parameterOf(graph);
  return stored(graph).some((node) => {
    const mean = parameters.get(node.inputs[3] ?? -1);
    return mean !== undefined && mean.init.kind === 'constant' && !given(mean.name);
  });
}

/** Contents of the running statistics on the batch that `options` draws, by buffer name. */
export async function calibrate(plan: CalibrationPlan, ort: OrtModule, options: RunOptions): Promise<TensorMap> {
  const program = await openProgram(plan.model, plan.inputs, ort, options);
  try {
    const results = await program.run();
    return new Map(
      plan.buffers.map(({ name, shape }) => {
        const { data } = results.get(`${PREFIX}${name}`)!;
        return [name, { dtype: 'float32' as const, shape, data }];
      }),
    );
  } finally {
    await program.release();
  }
}

/** No buffer is named so. */
const PREFIX = 'calibrated ';

/** Null where there is nothing to calibrate. Each norm sees its input as the norms before it make it, calibrated. */
export function planCalibration(graph: Graph): CalibrationPlan | null {
  const parameters = parameterOf(graph);
  if (stored(graph).length === 0) return null;
  const builder = createBuilder({ merge: true });
  const emit = new Emit(builder);
  const values = new Map<ValueId, ValueId>();
  for (const id of graph.inputs) values.set(id, builder.input(valueOf(graph, id).name, valueOf(graph, id).type));
  for (const { value, name, init, trainable, buffer } of graph.parameters)
    values.set(value, builder.parameter(name, valueOf(graph, value).type, init, { trainable, buffer }));
  for (const { id, type, data } of graph.values)
    if (data && !values.has(id)) values.set(id, builder.constant(data, type.shape, type.dtype));
  const results = new Map<string, ValueId>();
  for (const node of graph.nodes) {
    if (node.outputs.every((output) => values.has(output))) continue;
    const inputs = node.inputs.map((input) => (input === null ? null : values.get(input)!));
    if (node.op === 'BatchNormalization' && node.attrs['training_mode'] !== 1) {
      const input = inputs[0]!;
      const axes = emit.shape(input).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
      const mean = emit.reduceMean(input, axes);
      const centred = emit.sub(input, mean);
      const flat = (value: ValueId): ValueId => emit.reshape(value, [emit.shape(input)[1]!]);
      inputs[3] = flat(mean);
      inputs[4] = flat(emit.reduceMean(emit.mul(centred, centred), axes));
      for (const at of [3, 4]) {
        const name = parameters.get(node.inputs[at]!)?.name;
        if (name !== undefined) results.set(name, inputs[at]!);
      }
    }
    const outputs = builder.ops(node.op, inputs, node.attrs, node.outputs.length);
    node.outputs.forEach((output, index) => values.set(output, outputs[index]!));
  }
  const { graph: full, values: expanded } = expandForRuntime(
    builder.build(graph.name, [...results.values()], graph.training),
  );
  const names = [...results.keys()];
  const outputNames = new Map([...results].map(([name, value]) => [expanded.get(value)!, `${PREFIX}${name}`]));
  return {
    model: encodeModel(full, { outputNames }),
    inputs: modelInputs(full, { outputNames }).map(({ name, value }) => planInput(full, name, value, 1)),
    buffers: names.map((name) => {
      const { shape } = valueOf(full, expanded.get(results.get(name)!)!).type;
      if (!isStatic(shape)) throw new Error(`the statistics ${name} have no fixed shape`);
      return { name, shape };
    }),
  };
}
