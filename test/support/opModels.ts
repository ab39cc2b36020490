/** Operator cases as graphs with contents: for the gradient check, and for onnxruntime against the evaluator. */

import { reverse } from '../../src/autodiff/reverse.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { tensorType } from '../../src/ir/type.ts';
import { Emit } from '../../src/ops/emit.ts';
import { createBuilder } from '../../src/ops/infer.ts';
import type { Tensor } from './evaluate.ts';
import { randomNumbers, randomTensor } from './gradientCheck.ts';
import type { OpCase, OpInput } from './opCases.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Contents of an input: as given, else evenly spaced numbers in random order, rounded to float32. No two are equal,
 * within a tensor or across inputs, and none is 0: every case stays away from ties.
 */
export function contents(input: OpInput, index: number): Tensor {
  const shape = input.shape as readonly number[];
  if (input.data) return { shape, data: Float64Array.from(input.data, Math.fround) };
  const count = sizeOf(shape);
  const next = randomNumbers(index + count, 0, 1);
  const order = Array.from({ length: count }, (_, position) => ({ position, key: next() }));
  order.sort((a, b) => a.key - b.key);
  const width = input.high - input.low;
  const at = (position: number): number => input.low + ((position + 0.31 + 0.17 * index) / count) * width;
  return { shape, data: Float64Array.from(order, ({ position }) => Math.fround(at(position))) };
}

/** Emits the case's node; constants become constants, all else becomes graph inputs. */
export function emitCase(
  emit: Emit,
  one: OpCase,
  given: ReadonlyMap<number, ValueId> = new Map(),
): { readonly outputs: readonly ValueId[]; readonly inputs: ReadonlyMap<number, ValueId> } {
  const fed = new Map(given);
  const ids = one.inputs.map((input, index): ValueId | null => {
    if (input === null) return null;
    if (input.constant) return emit.constant(input.data!, input.shape as readonly number[], input.dtype);
    const id = fed.get(index) ?? emit.builder.input(`x${index}`, tensorType(input.dtype, input.shape));
    fed.set(index, id);
    return id;
  });
  return { outputs: emit.ops(one.op, ids, one.attrs, one.outputs), inputs: fed };
}

export interface CaseGraph {
  /** Outputs: those of the node, then the gradients. */
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<ValueId, Tensor>;
}

/** The node, and the gradients of its first output, with what to feed. */
export function graphOf(one: OpCase): CaseGraph {
  const builder = createBuilder({ merge: true });
  const emit = new Emit(builder);
  const { outputs, inputs } = emitCase(emit, one);
  const feeds = new Map([...inputs].map(([index, id]) => [id, contents(one.inputs[index]!, index)]));
  const gradients: ValueId[] = [];
  if (one.wrt.length) {
    const shape = emit.shape(outputs[0]!);
    const cotangent = builder.input('cotangent', tensorType('float32', shape));
    const drawn = randomTensor(shape, randomNumbers(7));
    feeds.set(cotangent, { shape, data: drawn.data.map(Math.fround) });
    const wanted = one.wrt.map((index) => inputs.get(index)!);
    const cotangents = reverse(builder, [...builder.nodes], new Map([[outputs[0]!, cotangent]]), wanted);
    for (const value of wanted) {
      const gradient = cotangents.of(value);
      if (gradient === null) throw new Error(`${one.name}: an input has no gradient`);
      // A gradient can be the cotangent itself, and an input cannot be a result.
      gradients.push(emit.op('Identity', [gradient]));
    }
  }
  return { graph: builder.build(one.name, [...outputs, ...gradients]), feeds };
}
