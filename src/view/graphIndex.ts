/** Look-ups over one graph, made once, that every step of the drawing shares. */

import type { Graph, ModuleInfo, Node, Parameter, ValueId } from '../ir/graph.ts';
import { parameterOf, producers } from '../ir/query.ts';

export interface GraphIndex {
  readonly graph: Graph;
  producer(value: ValueId): Node | undefined;
  parameter(value: ValueId): Parameter | undefined;
  module(path: string): ModuleInfo | undefined;
  /** True for modules of the framework that hold no modules of their own: `Conv2d`, not `Sequential`. */
  isLeafModule(path: string): boolean;
  /** True when the value depends on the network's data inputs; false for weights and constants. */
  isData(value: ValueId): boolean;
  /** True for what is not drawn because it hands on the data it is given. */
  isPassing(node: Node): boolean;
  /** The value that is handed on where one comes out of such nodes; else itself. */
  origin(value: ValueId): ValueId;
  /** The parameters behind a value that is no data: the weight itself, or what a transposed weight was made from. */
  parametersOf(value: ValueId): readonly ValueId[];
}

export function indexGraph(graph: Graph): GraphIndex {
  const producer = producers(graph);
  const parameters = parameterOf(graph);
  const modules = new Map(graph.modules.map((module) => [module.path, module]));
  const containers = new Set<string>();
  for (const { path } of graph.modules)
    for (let at = path.lastIndexOf('.'); at > 0; at = path.lastIndexOf('.', at - 1)) containers.add(path.slice(0, at));

  const data = new Set<ValueId>(graph.inputs);
  for (const node of graph.nodes) {
    const depends = node.inputs.some((input) => input !== null && data.has(input));
    if (depends) for (const output of node.outputs) if (!graph.values[output]?.data) data.add(output);
  }

  const behind = (value: ValueId, found: Set<ValueId>): Set<ValueId> => {
    if (data.has(value)) return found;
    if (parameters.has(value)) found.add(value);
    for (const input of producer[value]?.inputs ?? []) if (input !== null) behind(input, found);
    return found;
  };

  const isPassing = (node: Node): boolean =>
    node.problems.length === 0 && (node.op === 'Identity' || (node.op === 'Concat' && node.inputs.length === 1));
  const origin = (value: ValueId): ValueId => {
    const node = producer[value];
    const input = node && isPassing(node) ? node.inputs[0] : undefined;
    return typeof input === 'number' && data.has(input) ? origin(input) : value;
  };

  return {
    graph,
    isPassing: (node) => isPassing(node) && node.inputs.every((input) => input === null || data.has(input)),
    origin,
    producer: (value) => producer[value],
    parameter: (value) => parameters.get(value),
    module: (path) => modules.get(path),
    isLeafModule: (path) => path !== '' && modules.get(path)?.builtin === true && !containers.has(path),
    isData: (value) => data.has(value),
    parametersOf: (value) => [...behind(value, new Set())],
  };
}
