/** Gates: x multiplied by what was computed from x, as in squeeze-and-excitation and highway layers. */

import type { Node, ValueId } from '../ir/graph.ts';
import type { GraphIndex } from './graphIndex.ts';
import { familyOf } from './label.ts';

/** A gate looks back over this many nodes at most: further away it is no gate that a drawing could show as one. */
const REACH = 40;

/** For each multiplication that closes a gate, the value that skips to it. */
export function findGates(index: GraphIndex): ReadonlyMap<number, ValueId> {
  const gates = new Map<number, ValueId>();
  for (const node of index.graph.nodes) {
    if (node.op !== 'Mul') continue;
    const [a, b] = node.inputs;
    if (typeof a !== 'number' || typeof b !== 'number' || a === b || !index.isData(a) || !index.isData(b)) continue;
    if (isGate(index, a, b)) gates.set(node.id, a);
    else if (isGate(index, b, a)) gates.set(node.id, b);
  }
  return gates;
}

/** True when `factor` is computed from `value` by weights, squashed at the end. */
function isGate(index: GraphIndex, value: ValueId, factor: ValueId): boolean {
  const start = index.producer(value)?.id ?? -1;
  const seen = new Set<ValueId>();
  let reached = false;
  let weighted = false;
  let squashed = false;
  const stack = [factor];
  while (stack.length && seen.size < REACH) {
    const at = stack.pop()!;
    if (at === value) reached = true;
    if (at === value || seen.has(at) || !index.isData(at)) continue;
    seen.add(at);
    const node: Node | undefined = index.producer(at);
    if (!node || node.id < start) continue;
    weighted ||= ['conv', 'linear'].includes(familyOf(node.op));
    squashed ||= ['Sigmoid', 'HardSigmoid', 'Tanh', 'Softmax'].includes(node.op);
    for (const input of node.inputs) if (input !== null) stack.push(input);
  }
  return reached && weighted && squashed && stack.length === 0;
}
