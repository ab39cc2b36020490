/** Text form of a graph, one line per node, for snapshots and for people. */

import type { AttrValue, Graph, ValueId } from './graph.ts';
import { valueOf } from './query.ts';
import { formatShape } from './type.ts';

/** `%7: float32[1, 64, 56, 56] = Conv(%0, conv1.weight) {strides: [2, 2]}  # conv1`. */
export function printGraph(graph: Graph): string {
  const show = (id: ValueId | null): string => {
    if (id === null) return '_';
    const { name, data } = valueOf(graph, id);
    if (name) return name;
    return data && data.length <= 8 ? `[${data.join(', ')}]` : `%${id}`;
  };
  const typed = (id: ValueId): string => {
    const { type } = valueOf(graph, id);
    return `${show(id)}: ${type.dtype}${formatShape(type.shape)}`;
  };
  const lines = [`graph ${graph.name}(${graph.inputs.map(typed).join(', ')})`];
  for (const node of graph.nodes) {
    const attrs = Object.entries(node.attrs).map(([key, value]) => `${key}: ${printAttr(value)}`);
    const suffix = attrs.length ? ` {${attrs.join(', ')}}` : '';
    const place = node.module ? `  # ${node.module}` : '';
    lines.push(
      `  ${node.outputs.map(typed).join(', ')} = ${node.op}(${node.inputs.map(show).join(', ')})${suffix}${place}`,
    );
    for (const problem of node.problems) lines.push(`    ! ${problem.code}: ${problem.message}`);
  }
  lines.push(`  return ${graph.outputs.map(show).join(', ')}`);
  return `${lines.join('\n')}\n`;
}

const printAttr = (value: AttrValue): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));
