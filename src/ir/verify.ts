/** Checks the invariants that every graph keeps; run between passes in tests. */

import type { Graph } from './graph.ts';

/** What is wrong with the graph, in words; empty when it is sound. */
export function verifyGraph(graph: Graph): readonly string[] {
  const faults: string[] = [];
  graph.values.forEach((value, index) => {
    if (value.id !== index) faults.push(`value ${index} has id ${value.id}`);
    const { shape } = value.type;
    if (value.data && shape && value.data.length !== shape.reduce<number>((n, dim) => n * (dim ?? NaN), 1)) {
      faults.push(`constant ${index} has ${value.data.length} elements for shape [${shape.join(', ')}]`);
    }
  });
  const ready = new Set<number>([...graph.inputs, ...graph.parameters.map((parameter) => parameter.value)]);
  for (const value of graph.values) if (value.data) ready.add(value.id);
  for (const node of graph.nodes) {
    const where = `node ${node.id} (${node.op})`;
    for (const input of node.inputs) {
      if (input !== null && !ready.has(input)) faults.push(`${where} reads value ${input} before it is made`);
    }
    for (const output of node.outputs) {
      if (graph.values[output] === undefined) faults.push(`${where} makes value ${output}, which is not in the graph`);
      if (ready.has(output) && !graph.values[output]?.data) faults.push(`${where} makes value ${output} a second time`);
      ready.add(output);
    }
  }
  for (const output of graph.outputs) if (!ready.has(output)) faults.push(`output ${output} is never made`);
  const paths = new Set(graph.modules.map((module) => module.path));
  for (const node of graph.nodes) {
    if (paths.size && !paths.has(node.module))
      faults.push(`node ${node.id} (${node.op}) is in unknown module '${node.module}'`);
  }
  return faults;
}
