/** Which axes of an einsum's operands and output are the same. */

import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { isStatic } from '../ir/type.ts';
import { einsumLabels } from '../ops/nn/einsum.ts';

interface Axis {
  readonly label: string;
  readonly value: ValueId;
  readonly axis: number;
  readonly length: number;
}

/** The labelled axes of all operands, and the labels of the output's; none where a shape is unknown or the equation wrong. */
export function einsumAxes(
  { values }: Graph,
  { inputs, attrs }: Node,
): { readonly operands: readonly Axis[]; readonly output: readonly string[] } {
  const shapes = inputs.map((input) => (input === null ? null : values[input]!.type.shape));
  const labels = shapes.every(isStatic)
    ? einsumLabels(
        attrs,
        shapes.map(({ length }) => length),
      )
    : null;
  if (!labels) return { operands: [], output: [] };
  const operands = labels.operands.flatMap((letters, at) =>
    letters.map((label, axis): Axis => ({ label, value: inputs[at]!, axis, length: shapes[at]![axis] as number })),
  );
  return { operands, output: labels.output };
}
