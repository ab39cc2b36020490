/** Computes first contents as the model's code does, by the operators' own rules for constants. */

import type { InitProgram, Value, ValueId } from '../ir/graph.ts';
import { isStatic } from '../ir/type.ts';
import { OPS } from '../ops/index.ts';
import { withDefaults } from '../ops/infer.ts';

/**
 * @param draw contents of one of the leaves, of the given shape
 * @returns the contents of the result, row-major
 * @throws where an operator cannot be computed so
 */
export function runProgram(
  { values, nodes, leaves, result }: InitProgram,
  draw: (leaf: InitProgram['leaves'][number], shape: readonly number[]) => ArrayLike<number>,
): readonly number[] {
  const known = new Map<ValueId, Value>(values.filter(({ data }) => data).map((value) => [value.id, value]));
  for (const leaf of leaves) {
    const value = values[leaf.value]!;
    if (!isStatic(value.type.shape)) throw new Error(`the shape of ${leaf.name} is not known`);
    known.set(leaf.value, { ...value, data: Array.from(draw(leaf, value.type.shape)) });
  }
  for (const { op, inputs, outputs, attrs } of nodes) {
    const def = OPS.get(op);
    if (!def) throw new Error(`${op} is no operator`);
    const given = inputs.map((input) => (input === null ? null : known.get(input)!));
    const call = { op, inputs: given, attrs: withDefaults(def, attrs), outputs: outputs.length };
    const { types, data } = def.infer(call);
    const contents = data ?? def.fold?.(call, types);
    outputs.forEach((output, index) => {
      const own = contents?.[index];
      if (!own) throw new Error(`${op} cannot be computed ahead`);
      known.set(output, { ...values[output]!, type: types[index]!, data: own });
    });
  }
  return known.get(result)!.data!;
}
