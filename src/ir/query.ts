/** Look-ups over a graph that several passes need. */

import type { Graph, Node, Parameter, Value, ValueId } from './graph.ts';
import { elementCount } from './type.ts';

/** Value by id; throws on an id that the graph does not have. */
export function valueOf(graph: Graph, id: ValueId): Value {
  const value = graph.values[id];
  if (value === undefined) throw new Error(`${graph.name}: no value ${id}`);
  return value;
}

/** For each value, the node that makes it; undefined for inputs, parameters and constants. */
export function producers(graph: Graph): readonly (Node | undefined)[] {
  const result = new Array<Node | undefined>(graph.values.length).fill(undefined);
  for (const node of graph.nodes) for (const output of node.outputs) result[output] = node;
  return result;
}

/** For each value, the nodes that read it, in execution order and once each. */
export function consumers(graph: Graph): readonly (readonly Node[])[] {
  const result: Node[][] = graph.values.map(() => []);
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) if (input !== null) result[input]?.push(node);
  }
  return result;
}

/** How many numbers a parameter has, as the framework counts them; null where its shape is not known. */
export const parameterCount = (graph: Graph, { value, complex }: Parameter): number | null => {
  const count = elementCount(valueOf(graph, value).type.shape);
  return count !== null && complex ? count / 2 : count;
};

export const parameterOf = (graph: Graph): ReadonlyMap<ValueId, Parameter> =>
  new Map(graph.parameters.map((parameter) => [parameter.value, parameter]));

/** True when `path` is `ancestor` or lies below it in the module tree. */
export const isWithin = (path: string, ancestor: string): boolean =>
  ancestor === '' || path === ancestor || path.startsWith(`${ancestor}.`);
