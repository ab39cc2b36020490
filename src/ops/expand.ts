/** Rewrites what no provider runs, or runs wrongly at opset 17, in operators that all of them run alike. */

import type { GraphBuilder } from '../ir/builder.ts';
import type { Attrs, Graph, Node, ValueId } from '../ir/graph.ts';
import { valueOf } from '../ir/query.ts';
import { isStatic } from '../ir/type.ts';
import { Emit } from './emit.ts';
import { OPS } from './index.ts';
import { createBuilder, withDefaults } from './infer.ts';
import { isTraining } from './nn/batchNormalization.ts';
import { needsPlainTransposition } from './nn/convTranspose.ts';
import { needsExplicitWindow } from './nn/pool.ts';
import { needsPlainResize } from './nn/resize.ts';
import { hasAutoPad } from './nn/window.ts';

/** Operators rewritten wherever they appear, provided that their definition has an `expand`. */
export const RUNTIME_EXPANDS: ReadonlySet<string> = new Set([
  'Celu',
  'Detach',
  'Dropout',
  'Einsum',
  'Gelu',
  'GridSample',
  'GroupNormalization',
  'LRN',
  'LogSoftmax',
  'LpNormalization',
  'LpPool',
  'GlobalLpPool',
  'Mean',
  'Mish',
  'OneHot',
  'Selu',
  'Softsign',
  'Sum',
]);

/** A projected LSTM is not ONNX. */
const isProjected = (_: Attrs, __: readonly number[], inputs: number): boolean => inputs > 8;

/** Operators rewritten only in some of their forms. `shape` is the first input's. */
const RUNTIME_EXPANDS_WHEN: Readonly<
  Record<string, (attrs: Attrs, shape: readonly number[], inputs: number) => boolean>
> = {
  AveragePool: (attrs, shape) => needsExplicitWindow(attrs, shape),
  BatchNormalization: (attrs) => isTraining(attrs),
  Conv: (attrs) => hasAutoPad(attrs),
  ConvTranspose: (attrs) => needsPlainTransposition(attrs),
  LSTM: isProjected,
  MaxPool: (attrs) => hasAutoPad(attrs) || attrs['ceil_mode'] === 1,
  Resize: (attrs, shape) => needsPlainResize(attrs, shape),
};

function isExpanded(graph: Graph, node: Node, attrs: Attrs, more: ReadonlySet<string>): boolean {
  if (!OPS.get(node.op)?.expand) return false;
  if (RUNTIME_EXPANDS.has(node.op) || more.has(node.op)) return true;
  const [input] = node.inputs;
  const shape = input === null || input === undefined ? null : valueOf(graph, input).type.shape;
  return isStatic(shape) && (RUNTIME_EXPANDS_WHEN[node.op]?.(attrs, shape, node.inputs.length) ?? false);
}

export interface Expanded {
  readonly graph: Graph;
  /** For every value of the graph that was given, the value that now carries its contents. */
  readonly values: ReadonlyMap<ValueId, ValueId>;
}

/**
 * An equal graph for the run time: needs static shapes wherever something is rewritten. Equal nodes are merged, so
 * statistics that a gradient computed again coincide with those of the forward pass. Inputs, parameters and modules keep
 * their order and names.
 *
 * @param more operators that are rewritten besides
 */
export function expandForRuntime(graph: Graph, more: ReadonlySet<string> = new Set()): Expanded {
  let current = graph;
  let values: ReadonlyMap<ValueId, ValueId> = new Map(graph.values.map(({ id }) => [id, id]));
  // An expansion may emit what needs expanding in turn.
  for (let isDone = false; !isDone;) {
    const pass = expandOnce(current, more);
    values = new Map(
      [...values].flatMap(([from, to]) => (pass.values.has(to) ? [[from, pass.values.get(to)!] as const] : [])),
    );
    current = pass.graph;
    isDone = pass.count === 0;
  }
  return { graph: current, values };
}

function expandOnce(graph: Graph, more: ReadonlySet<string>): Expanded & { count: number } {
  const builder: GraphBuilder = createBuilder({ merge: true });
  const emit = new Emit(builder);
  const values = new Map<ValueId, ValueId>();
  let count = 0;
  builder.modules.push(...graph.modules);
  for (const input of graph.inputs) {
    const { name, type } = valueOf(graph, input);
    values.set(input, builder.input(name, type));
  }
  for (const { value, name, init, trainable, buffer } of graph.parameters) {
    values.set(value, builder.parameter(name, valueOf(graph, value).type, init, { trainable, buffer }));
  }
  for (const { id, type, data } of graph.values) {
    if (data && !values.has(id)) values.set(id, builder.constant(data, type.shape, type.dtype));
  }
  for (const node of graph.nodes) {
    if (node.outputs.every((output) => values.has(output))) continue;
    const { module, origin, inPlace, frames } = node;
    builder.origin = { module, origin, inPlace, frames };
    const inputs = node.inputs.map((input) => (input === null ? null : values.get(input)!));
    const def = OPS.get(node.op);
    const attrs = def ? withDefaults(def, node.attrs) : node.attrs;
    const rewrites = def?.expand && isExpanded(graph, node, attrs, more);
    // The outputs of the node do not exist here: an expansion may count them and nothing else.
    const primal = { op: node.op, inputs, outputs: node.outputs.map(() => -1), attrs };
    const outputs = rewrites
      ? def.expand!(emit, primal)
      : builder.ops(node.op, inputs, node.attrs, node.outputs.length);
    if (rewrites) count++;
    node.outputs.forEach((output, index) => {
      const result = outputs[index];
      if (result !== null && result !== undefined && !values.has(output)) values.set(output, result);
    });
  }
  const outputs = graph.outputs.map((output) => values.get(output)!);
  return { graph: builder.build(graph.name, outputs, graph.training), values, count };
}
