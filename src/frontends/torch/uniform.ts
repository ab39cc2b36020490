/** The one number that all elements of a tensor are: what a condition on its contents needs to know. */

import type { GraphBuilder } from '../../ir/builder.ts';
import type { Node, Value, ValueId } from '../../ir/graph.ts';
import { elementCount, isStatic, tensorType } from '../../ir/type.ts';
import { inferNode } from '../../ops/infer.ts';

/** Elements of the result are elements of the first input. */
const MOVES = new Set([
  ...[
    'Identity',
    'Detach',
    'Reshape',
    'Flatten',
    'Squeeze',
    'Unsqueeze',
    'Transpose',
    'Expand',
    'Tile',
    'Slice',
    'Split',
  ],
  ...['Gather', 'GatherElements', 'GatherND', 'Resize', 'ReduceMax', 'ReduceMin', 'ReduceMean'],
]);

/** No longer way to where a tensor comes from is gone. */
const DEEPEST = 1000;

/** The result is computed element by element. */
const ELEMENTWISE = new Set([
  ...['Cast', 'Not', 'And', 'Or', 'Xor', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Where'],
  ...['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Abs', 'Min', 'Max'],
]);

/**
 * A mask of what is there among the inputs is taken to hide nothing, as for a batch without padding: no other batch is known
 * while a model is traced. Torch's own masks of padding say the opposite, and are left alone.
 */
const assumed = ({ name, type }: Value): number | null =>
  /(^|_)(attention|pixel)_mask$/.test(name) && (type.shape?.length ?? 0) >= 2 ? 1 : null;

/** Null where the elements differ, or nobody knows. */
export const uniformOf = (builder: GraphBuilder, value: ValueId): number | null => {
  const makers = new Map<ValueId, Node>(builder.nodes.flatMap((node) => node.outputs.map((made) => [made, node])));
  const known = new Map<ValueId, number | null>();
  let depth = 0;
  const look = (id: ValueId): number | null => {
    const seen = known.get(id);
    if (seen !== undefined || depth > DEEPEST) return seen ?? null;
    known.set(id, null);
    const { data, type } = builder.valueAt(id);
    const made = makers.get(id);
    depth += 1;
    const given = builder.inputs.includes(id) ? assumed(builder.valueAt(id)) : null;
    const found = data ? same(data) : made ? through(made, type.dtype) : given;
    depth -= 1;
    known.set(id, found);
    return found;
  };
  const through = (node: Node, dtype: Value['type']['dtype']): number | null => {
    if (node.problems.length > 0) return null;
    const [first] = node.inputs;
    if (first === null || first === undefined) return null;
    if (MOVES.has(node.op)) return look(first);
    if (node.op === 'Concat') return same(node.inputs.map((input) => (input === null ? null : look(input))));
    if (node.op === 'ReduceSum') {
      const [whole, part] = [first, node.outputs[0]!].map((id) => builder.typeOf(id).shape);
      if (!isStatic(whole!) || !isStatic(part!)) return null;
      const one = look(first);
      return one === null ? null : (one * elementCount(whole)!) / elementCount(part)!;
    }
    if (!ELEMENTWISE.has(node.op)) return null;
    const inputs = node.inputs.map((input): Value | null => {
      const number = input === null ? null : look(input);
      return number === null
        ? null
        : { id: input!, name: '', type: tensorType(builder.typeOf(input!).dtype, []), data: [number] };
    });
    if (inputs.includes(null)) return null;
    const { data, types } = inferNode({ op: node.op, inputs, attrs: node.attrs, outputs: 1 });
    return types[0]?.dtype === dtype ? (data?.[0]?.[0] ?? null) : null;
  };
  return look(value);
};

const same = (numbers: readonly (number | null)[]): number | null => {
  const [first = null] = numbers;
  return numbers.every((one) => one === first) ? first : null;
};
