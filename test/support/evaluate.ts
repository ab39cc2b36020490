/** A naive float64 evaluator: runs a graph node by node, the reference for gradients and for what a runtime computes. */

import type { Graph, Node, Value, ValueId } from '../../src/ir/graph.ts';
import { elementCount, isFloat, tensorType } from '../../src/ir/type.ts';
import type { Call } from '../../src/ops/op.ts';
import { OPS } from '../../src/ops/index.ts';
import { Emit } from '../../src/ops/emit.ts';
import { callOf, createBuilder } from '../../src/ops/infer.ts';
import type { Kernel, Tensor } from './evaluateNn.ts';
import { nnKernels } from './evaluateNn.ts';

export type { Kernel, Tensor };

/** Kernels of operators whose definition does not fold constants, or folds them by a formula of its own. */
export const KERNELS: ReadonlyMap<string, Kernel> = new Map<string, Kernel>([
  // The mask of an active Dropout is defined by its expansion alone.
  ...[...nnKernels].filter(([name]) => name !== 'Dropout'),
  ['Shape', shapeKernel],
  ['Size', ([x]) => [{ shape: [], data: Float64Array.of(x!.data.length) }]],
]);

function shapeKernel([x]: readonly (Tensor | null)[], attrs: Node['attrs']): Tensor[] {
  const end = attrs['end'];
  const dims = x!.shape.slice(attrs['start'] as number, typeof end === 'number' ? end : undefined);
  return [{ shape: [dims.length], data: Float64Array.from(dims) }];
}

/** Shape and contents of a constant. */
export function tensorOf(value: Value): Tensor {
  if (!value.data || elementCount(value.type.shape) === null) throw new Error(`value ${value.id} is not a constant`);
  return { shape: value.type.shape as number[], data: Float64Array.from(value.data) };
}

/** Every value of the graph, computed from the inputs and parameters in `feeds`. Nodes that lack an input are left out. */
export function evaluate(graph: Graph, feeds: ReadonlyMap<ValueId, Tensor>): Map<ValueId, Tensor> {
  const values = new Map<ValueId, Tensor>(feeds);
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  for (const value of graph.values) if (value.data && !made.has(value.id)) values.set(value.id, tensorOf(value));
  for (const node of graph.nodes) {
    if (!node.inputs.every((input) => input === null || values.has(input))) continue;
    const inputs = node.inputs.map((input) => (input === null ? null : values.get(input)!));
    const outputs = run(graph, node, inputs);
    node.outputs.forEach((output, index) => {
      const { shape } = graph.values[output]!.type;
      const got = outputs[index];
      if (!got) return;
      if (
        shape?.some((dim, axis) => dim !== null && dim !== got.shape[axis]) ||
        (shape && shape.length !== got.shape.length)
      ) {
        throw new Error(`${node.op} computes [${got.shape.join()}] where inference says [${shape.join()}]`);
      }
      values.set(output, got);
    });
  }
  return values;
}

function run(graph: Graph, node: Node, inputs: readonly (Tensor | null)[]): readonly Tensor[] {
  const call = callOf(graph, node);
  const kernel = KERNELS.get(node.op);
  if (kernel) return kernel(inputs, call.attrs, node.outputs.length);
  const def = OPS.get(node.op);
  if (!def) throw new Error(`${node.op} is not in the operator table`);
  const known = inputs.map((tensor, index): Value | null => {
    if (tensor === null) return null;
    const { id, name, type } = call.inputs[index]!;
    return { id, name, type: tensorType(type.dtype, tensor.shape), data: Array.from(tensor.data) };
  });
  const full = { ...call, inputs: known };
  const { types, data } = def.infer(full);
  const contents = data ?? def.fold?.(full, types);
  if (!contents) return runExpansion(node, full);
  return types.map((type, index) => ({ shape: type.shape as number[], data: Float64Array.from(contents[index]!) }));
}

/** Computes an operator that has no kernel (a random mask) by what it expands into. */
function runExpansion(node: Node, call: Call): readonly Tensor[] {
  const expand = OPS.get(node.op)?.expand;
  if (!expand) throw new Error(`${node.op} has no kernel`);
  const builder = createBuilder();
  const feeds = new Map<ValueId, Tensor>();
  const inputs = call.inputs.map((value, index) => {
    if (value === null) return null;
    const { dtype, shape } = value.type;
    // Bounds, axes and rates are to stay constants; everything else is fed.
    if (!isFloat(dtype) || shape?.length === 0) return builder.constant(value.data!, shape, dtype);
    const id = builder.input(`x${index}`, value.type);
    feeds.set(id, tensorOf(value));
    return id;
  });
  const primal = { op: node.op, inputs, attrs: call.attrs, outputs: [...node.outputs] };
  const outputs = expand(new Emit(builder), primal).filter((output) => output !== null);
  const values = evaluate(builder.build(node.op, outputs), feeds);
  return outputs.map((output) => values.get(output)!);
}
