/** What does not fit at a node that reports a mismatch: one length, and the layers that it comes from. */

import type { Node, ValueId } from '../ir/graph.ts';
import { elementCount, isStatic } from '../ir/type.ts';
import type { DataFlow } from './dataFlow.ts';
import { einsumAxes } from './einsumAxes.ts';
import type { Makers } from './widths.ts';
import { sum } from './widths.ts';

/** Of a view: the elements that there are, and the lengths that are asked for. */
export interface View {
  readonly count: number;
  readonly asked: readonly number[];
}

/** By how much a node's input is too long, what makes it so long, and whether the node's own layer says how long it may be. */
export interface Misfit {
  readonly excess: number;
  readonly makers: Makers;
  readonly takes: boolean;
  readonly view?: View;
}

/** One axis of a value. */
type Axis = readonly [value: ValueId, axis: number, length: number];

/** The one length of a mismatch that does not fit; null where there are several, or none is known. */
export function misfitOf(flow: DataFlow, node: Node, makers: (value: ValueId, axis: number) => Makers): Misfit | null {
  const shapeOf = (value: ValueId | null | undefined): readonly number[] | null => {
    const shape = typeof value === 'number' ? flow.graph.values[value]!.type.shape : null;
    return isStatic(shape) ? shape : null;
  };
  const [value, other] = node.inputs;
  const [shape, weight] = [shapeOf(value), shapeOf(other)];
  if (typeof value !== 'number' || !shape) return null;
  if (node.op === 'Unknown' && node.inputs.length === 1) {
    // A view in another shape: what counts is how many elements there are.
    const asked = shapeOf(node.outputs[0]);
    const count = elementCount(shape)!;
    if (!asked) return null;
    const all = sum(shape.map((length, axis) => [makers(value, axis), count / length] as const));
    return { excess: count - elementCount(asked)!, makers: all, takes: false, view: { count, asked } };
  }
  if (!weight) return null;
  const excess = (expected: number | undefined): number =>
    (shape[channelsOf(node, shape.length)] ?? 0) - (expected ?? 0);
  const taken = (expected: number | undefined) => ({
    excess: excess(expected),
    makers: makers(value, channelsOf(node, shape.length)),
    takes: true,
  });
  const apart = ([a, axisOfA, length]: Axis, [b, axisOfB, other]: Axis, takes: boolean): Misfit => ({
    excess: length - other,
    makers: sum([[makers(a, axisOfA), 1] as const, [makers(b, axisOfB), -1] as const]),
    takes,
  });
  switch (node.op) {
    case 'Conv':
      return taken(weight[1]! * Number(node.attrs['group'] ?? 1));
    case 'ConvTranspose':
    case 'BatchNormalization':
    case 'InstanceNormalization':
    case 'LayerNormalization':
      return taken(weight[0]);
    case 'MatMul':
      return flow.isData(other!) ? null : taken(weight.at(-2));
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return taken(weight.at(-1));
    case 'Gemm':
      return taken(weight.at(node.attrs['transB'] ? -1 : -2));
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div': {
      const rank = Math.min(shape.length, weight.length);
      const [left, right] = [shape.slice(-rank), weight.slice(-rank)];
      const axes = left.flatMap((length, axis) =>
        length === right[axis] || length === 1 || right[axis] === 1 ? [] : [axis],
      );
      if (rank === 0 || axes.length !== 1) return null;
      const [axis] = axes as [number];
      const one: Axis = [value, shape.length - rank + axis, left[axis]!];
      return apart(one, [other!, weight.length - rank + axis, right[axis]!], !flow.isData(other!));
    }
    case 'Einsum': {
      const { operands } = einsumAxes(flow.graph, node);
      const pair = operands.flatMap((one, at) => {
        const other = operands.slice(at + 1).find(({ label, length }) => label === one.label && length !== one.length);
        return other && one.length !== 1 && other.length !== 1 ? [[one, other] as const] : [];
      })[0];
      if (!pair) return null;
      const [left, right] = pair.map(({ value, axis, length }): Axis => [value, axis, length]) as [Axis, Axis];
      return apart(left, right, !pair.every(({ value }) => flow.isData(value)));
    }
    default:
      return null;
  }
}

/** The axis of the channels, or of the features, that a layer takes and makes. */
export const channelsOf = ({ op }: Node, rank: number): number => (LAST.has(op) ? rank - 1 : 1);

const LAST = new Set(['MatMul', 'Gemm', 'LayerNormalization', 'Gather', 'LSTM', 'GRU', 'RNN']);
