/** How the inputs of a plan's model get their contents. */

import type { Graph, ValueId } from '../ir/graph.ts';
import { consumers, parameterOf, valueOf } from '../ir/query.ts';
import { formatShape, isStatic } from '../ir/type.ts';
import type { PlanInput } from './types.ts';

// Names that no model's own input has.
export const TARGET = 'skipscope:target';
export const COTANGENT = 'skipscope:cotangent';

/** @param classes number of classes that labels are drawn from */
export function planInput(graph: Graph, name: string, id: ValueId, classes: number): PlanInput {
  const value = valueOf(graph, id);
  const { dtype, shape } = value.type;
  if (!isStatic(shape)) throw new Error(`input ${name} has shape ${formatShape(shape)}`);
  const parameter = parameterOf(graph).get(id);
  const place = { name, dtype, shape };
  if (parameter) return { ...place, source: { kind: 'parameter', parameter: parameter.name, init: parameter.init } };
  if (value.name === TARGET) return { ...place, source: { kind: 'target', classes } };
  if (value.name === COTANGENT) return { ...place, source: { kind: 'cotangent' } };
  return { ...place, source: { kind: 'data', bound: boundOf(graph, id) } };
}

/** Integers that index a table lie below its length. */
function boundOf(graph: Graph, id: ValueId): number | null {
  const readers = consumers(graph)[id] ?? [];
  for (const node of readers) {
    if (node.op !== 'Gather' || node.inputs[1] !== id) continue;
    const axis = node.attrs['axis'];
    return valueOf(graph, node.inputs[0]!).type.shape?.at(typeof axis === 'number' ? axis : 0) ?? null;
  }
  for (const node of readers) {
    if (!['Cast', 'Identity', 'Reshape', 'Unsqueeze', 'Flatten'].includes(node.op)) continue;
    const bound = boundOf(graph, node.outputs[0]!);
    if (bound !== null) return bound;
  }
  return null;
}
