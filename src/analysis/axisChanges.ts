/** Follows one axis of a tensor back to a fork and tells which operations changed its length on the way. */

import type { Node, ValueId } from '../ir/graph.ts';
import type { Dim } from '../ir/type.ts';
import type { DataFlow } from './dataFlow.ts';

/** One operation on the way. `made`: the length is the operation's own choice (output channels), whatever came in. */
export interface AxisChange {
  readonly node: Node;
  /** Axis of the node's output. */
  readonly axis: number;
  readonly from: Dim;
  readonly to: Dim;
  readonly made: boolean;
}

/** Changes between `fork` and `value` on `axis` of `value`, the one nearest to the fork first. */
export function axisChanges(
  flow: DataFlow,
  fork: ValueId,
  value: ValueId,
  axis: number,
  path: ReadonlySet<number>,
): readonly AxisChange[] {
  const changes: AxisChange[] = [];
  const shapeOf = (id: ValueId): readonly Dim[] | null => flow.graph.values[id]!.type.shape;
  let at = value;
  let where = axis;
  while (at !== fork) {
    const node = flow.producer[at];
    if (!node) break;
    const inputs = flow.dataInputs(node).filter((input) => input === fork || path.has(flow.producer[input]?.id ?? -1));
    const output = shapeOf(at);
    if (inputs.length === 0 || !output) break;
    // An elementwise operation takes the length from whichever operand has it.
    const input = inputs.find((id) => shapeOf(id)?.at(where - output.length) === output[where]) ?? inputs[0]!;
    const shape = shapeOf(input);
    const source = shape && sourceAxis(node, where, shape.length, output.length);
    const from = typeof source === 'number' ? (shape![source] ?? null) : null;
    const made = makesAxis(node, where, output.length);
    if (made || typeof source !== 'number' || from !== output[where])
      changes.unshift({ node, axis: where, from, to: output[where] ?? null, made });
    if (typeof source !== 'number') break;
    at = input;
    where = source;
  }
  return changes;
}

/** Whether an operation chooses the length of this axis of its output. */
export const makesAxis = ({ op }: Node, axis: number, rank: number): boolean =>
  op === 'Conv' || op === 'ConvTranspose' ? axis === 1 : (op === 'MatMul' || op === 'Gemm') && axis === rank - 1;

/** The input's axis that `axis` of the output comes from; null when there is no single one. */
export function sourceAxis(node: Node, axis: number, from: number, to: number): number | null {
  if (node.op === 'Transpose') {
    const perm = node.attrs['perm'];
    return Array.isArray(perm) ? Number(perm[axis]) : from - 1 - axis;
  }
  const aligned = axis - (to - from);
  return from === to || (from < to && aligned >= 0 && node.op !== 'Reshape') ? aligned : null;
}
