/** Tells a mistake from its consequences: what fits again, or may do so, once an earlier mismatch is given its other shape. */

import type { Node, Value, ValueId } from '../ir/graph.ts';
import type { Shape } from '../ir/type.ts';
import { inferNode } from '../ops/infer.ts';
import type { DataFlow } from './dataFlow.ts';
import { isContraction } from './roles.ts';

/**
 * True where a node's problems are only those of a sum before it: operands of a sum that do not fit leave open which of
 * them was meant, inference goes on with one, and the node would have fitted the other. True as well of what depends on how
 * large a picture is behind one that fits nothing.
 */
export function isConsequence(flow: DataFlow, node: Node): boolean {
  const unfit = (input: ValueId): ReadonlySet<Node> => nodesBefore(flow, input, (one) => isUnfit(flow, one));
  const [first, ...others] = flow.dataInputs(node);
  if (first !== undefined && takesSize(flow, node) && unfit(first).size > 0) return true;
  // Of two pictures that both come from one that fits nothing the mistake is another one.
  if (first !== undefined && isUnfit(flow, node)) {
    const own = unfit(first);
    if (others.some((other) => !sameNodes(unfit(other), own))) return true;
  }
  if (node.op === 'Unknown') return false;
  const inputs = node.inputs.map((input) => (input === null ? null : flow.graph.values[input]!));
  const sums = new Set(node.inputs.flatMap((input) => (input === null ? [] : [...sumsBefore(flow, input)])));
  return [...sums].some((sum) =>
    otherShapes(flow, sum).some((other) => {
      const made = flow.graph.values[sum.outputs[0]!]!.type.shape;
      const meant = inputs.map((value) =>
        value && sumsBefore(flow, value.id).has(sum) ? reshaped(value, made, other) : value,
      );
      const call = { op: node.op, inputs: meant, attrs: node.attrs, outputs: node.outputs.length };
      return inferNode(call).problems.length === 0;
    }),
  );
}

/** Whether a layer takes a picture that was laid into one axis, or takes only pictures that are large enough. */
function takesSize(flow: DataFlow, { op, inputs: [input], problems }: Node): boolean {
  if (problems.some(({ message }) => message.includes('larger than the padded input'))) return true;
  if (op !== 'Gemm' && op !== 'MatMul') return false;
  let at = flow.producer[input ?? -1];
  while (at && LAID_THROUGH.has(at.op)) at = flow.producer[at.inputs[0] ?? -1];
  if (at?.op !== 'Reshape' && at?.op !== 'Flatten') return false;
  return (flow.graph.values[at.inputs[0]!]!.type.shape?.length ?? 0) >= 4;
}

const LAID_THROUGH = new Set(['Identity', 'Dropout', 'Relu']);

/** Whether pictures do not fit in a sum or a join because of their sides. */
function isUnfit(flow: DataFlow, { inputs, problems }: Node): boolean {
  if (!problems.some(({ code }) => UNFIT.has(code))) return false;
  const shapes = inputs.flatMap((input) => {
    const shape = input === null ? null : flow.graph.values[input]!.type.shape;
    return shape !== null && shape.length >= 4 ? [shape.slice(2)] : [];
  });
  return shapes.some((sides) => sides.some((length, axis) => length !== shapes[0]![axis]));
}

const UNFIT = new Set(['broadcast-mismatch', 'concat-mismatch']);

const sumsBefore = (flow: DataFlow, value: ValueId): ReadonlySet<Node> =>
  shownIn(flow, value, ({ problems }) => problems.some(({ code }) => code === 'broadcast-mismatch'));

/** Nodes of a kind whose shape still shows in `value`: a contraction between them makes its own channels. */
export const shownIn = (flow: DataFlow, value: ValueId, isWanted: (node: Node) => boolean): ReadonlySet<Node> =>
  nodesBefore(flow, value, isWanted, isContraction);

/** Nodes of a kind among those that `value` comes from, without looking behind some others. */
function nodesBefore(
  flow: DataFlow,
  value: ValueId,
  isWanted: (node: Node) => boolean,
  ends: (node: Node) => boolean = () => false,
): ReadonlySet<Node> {
  const found = new Set<Node>();
  const seen = new Set([value]);
  for (const one of seen) {
    const maker = flow.producer[one];
    if (!maker) continue;
    if (isWanted(maker)) found.add(maker);
    if (!ends(maker)) for (const input of flow.dataInputs(maker)) seen.add(input);
  }
  return found;
}

const sameNodes = (a: ReadonlySet<Node>, b: ReadonlySet<Node>): boolean =>
  a.size === b.size && [...a].every((node) => b.has(node));

function otherShapes(flow: DataFlow, sum: Node): readonly Shape[] {
  const made = flow.graph.values[sum.outputs[0]!]!.type.shape;
  const shapes = flow.dataInputs(sum).map((input) => flow.graph.values[input]!.type.shape);
  return shapes.filter((shape) => shape !== null && made !== null && shape.length === made.length);
}

/**
 * The value with its channels changed from the sum's to the other operand's. Only channels: a contraction makes its own,
 * while a wrong stride goes on through it, and both operands of a later sum would change.
 */
function reshaped(value: Value, made: Shape, other: Shape): Value {
  const { dtype, shape } = value.type;
  if (shape === null || made === null || other === null) return value;
  const channels = made.length === 3 ? 2 : 1;
  const meant = shape.map((dim, axis) => (axis === channels && dim === made[axis] ? other[axis]! : dim));
  return { ...value, type: { dtype, shape: meant } };
}
