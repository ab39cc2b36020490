/** What the elements of a tensor are, worked out when a condition asks: too much to keep of all that is computed. */

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

/** No tensor with more elements is computed. */
const LARGEST = 2 ** 16;

/** Row-major contents; null where only a real run has them. */
export const contentsOf = (builder: GraphBuilder, value: ValueId): readonly number[] | null => {
  const { data } = builder.valueAt(value);
  if (data) return data;
  const makers = makersOf(builder);
  const look = searching<readonly number[]>((id) => {
    const { data, type } = builder.valueAt(id);
    const count = elementCount(type.shape);
    if (data || count === null || count === 0 || count > LARGEST) return data ?? null;
    const one = uniformOf(builder, id, makers);
    if (one !== null) return new Array<number>(count).fill(one);
    const node = makers.get(id);
    if (!node || node.problems.length > 0 || node.inputs.length === 0) return null;
    const inputs: (Value | null)[] = [];
    for (const input of node.inputs) {
      const contents = input === null ? null : look(input);
      if (input !== null && contents === null) return null;
      inputs.push(input === null ? null : { ...builder.valueAt(input), data: contents! });
    }
    const { op, attrs, outputs } = node;
    return inferNode({ op, inputs, attrs, outputs: outputs.length }, LARGEST).data?.[outputs.indexOf(id)] ?? null;
  });
  return look(value);
};

/** A search back to where values come from: what was found of each is found once, and a way that is too long leads nowhere. */
const searching = <T>(find: (id: ValueId) => T | null): ((id: ValueId) => T | null) => {
  const known = new Map<ValueId, T | null>();
  let depth = 0;
  return (id) => {
    const seen = known.get(id);
    if (seen !== undefined || depth > DEEPEST) return seen ?? null;
    depth += 1;
    const found = find(id);
    depth -= 1;
    known.set(id, found);
    return found;
  };
};

type Makers = ReadonlyMap<ValueId, Node>;

interface Seen {
  readonly makers: Map<ValueId, Node>;
  count: number;
  last: Node | undefined;
}

/** By graph: what made the values of its first nodes. A graph grows, and is asked often. */
const seenOf = new WeakMap<GraphBuilder, Seen>();

/** What made each value of a graph that may still grow. */
export const makersOf = (builder: GraphBuilder): Makers => {
  const { nodes } = builder;
  const before = seenOf.get(builder);
  const goesOn = before !== undefined && before.count <= nodes.length && nodes[before.count - 1] === before.last;
  const seen = goesOn ? before : { makers: new Map<ValueId, Node>(), count: 0, last: undefined };
  for (const node of nodes.slice(seen.count)) for (const made of node.outputs) seen.makers.set(made, node);
  seen.count = nodes.length;
  seen.last = nodes.at(-1);
  seenOf.set(builder, seen);
  return seen.makers;
};

/** The one number that all elements are; null where they differ, or nobody knows. */
const uniformOf = (builder: GraphBuilder, value: ValueId, makers: Makers): number | null => {
  const look = searching<number>((id) => {
    const own = builder.valueAt(id);
    const made = makers.get(id);
    if (own.data) return same(own.data);
    if (made) return through(made, own.type.dtype);
    return builder.inputs.includes(id) ? assumed(own) : null;
  });
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
