/** Einsum: sums of products in index notation, rewritten in transposes, products and sums. */

import type { ValueId } from '../../ir/graph.ts';
import type { Dim } from '../../ir/type.ts';
import { formatShape } from '../../ir/type.ts';
import type { Emit } from '../emit.ts';
import type { Call, Cost, OpDef, OpResult } from '../op.ts';
import { mismatch, range, shapeOf, stringAttr, typed } from './attributes.ts';

/** Labels per operand and of the output. Axes of an ellipsis are labelled `.0`, `.1`, … from the right. */
interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Reads an equation for operands of the given ranks; a string says what is wrong with it. */
function parse(text: string, ranks: readonly number[]): Equation | string {
  const [left, right] = text.replaceAll(/\s/g, '').split('->') as [string, string | undefined];
  const terms = left.split(',');
  if (terms.length !== ranks.length) return `“${text}” has ${terms.length} terms for ${ranks.length} operands.`;
  let widest = 0;
  const operands: string[][] = [];
  for (const [index, term] of terms.entries()) {
    const [before, after] = term.split('...') as [string, string | undefined];
    const named = before.length + (after?.length ?? 0);
    const rest = ranks[index]! - named;
    if (rest < 0 || (after === undefined && rest !== 0)) {
      return `“${term}” names ${named} axes, but its operand has ${ranks[index]}.`;
    }
    if (after !== undefined) widest = Math.max(widest, rest);
    const dots = range(after === undefined ? 0 : rest).map((axis) => `.${rest - 1 - axis}`);
    operands.push([...before, ...dots, ...(after ?? '')]);
  }
  const dots = range(widest).map((axis) => `.${widest - 1 - axis}`);
  const all = operands.flat();
  if (right === undefined) {
    // Without an arrow the output has the labels that occur once, in alphabetical order.
    const once = [...new Set(all)].filter(
      (label) => !label.startsWith('.') && all.indexOf(label) === all.lastIndexOf(label),
    );
    return { operands, output: [...dots, ...once.sort()] };
  }
  const [before, after] = right.split('...') as [string, string | undefined];
  const output = [...before, ...(after === undefined ? [] : dots), ...(after ?? '')];
  const stranger = output.find((label) => !all.includes(label));
  return stranger === undefined ? { operands, output } : `“${stranger}” of the output is in no operand of “${text}”.`;
}

/** Labels of the axes of each operand and of the output; null where the equation does not fit operands of these ranks. */
export const einsumLabels = (attrs: Call['attrs'], ranks: readonly number[]): Equation | null => {
  const equation = parse(stringAttr(attrs, 'equation', ''), ranks);
  return typeof equation === 'string' ? null : equation;
};

/** Length of every label; lengths of 1 broadcast. */
function labelLengths(
  equation: Equation,
  shapes: readonly (readonly Dim[])[],
): { lengths: Map<string, Dim>; clash: string | null } {
  const lengths = new Map<string, Dim>();
  let clash: string | null = null;
  equation.operands.forEach((labels, operand) => {
    labels.forEach((label, axis) => {
      const length = shapes[operand]![axis]!;
      const known = lengths.get(label);
      if (known === undefined || known === 1 || known === null)
        lengths.set(label, known === null ? (length ?? null) : length);
      else if (length !== null && length !== 1 && length !== known) {
        const name = label.startsWith('.') ? '…' : `“${label}”`;
        clash ??= `Einsum: ${name} has length ${known} in one operand and ${length} in another (${shapes.map((shape) => formatShape(shape)).join(', ')}).`;
      }
    });
  });
  return { lengths, clash };
}

function infer(call: Call): OpResult {
  const [first] = call.inputs;
  const shapes = call.inputs.map((input) => shapeOf(input));
  if (shapes.some((shape) => shape === null)) return { types: [typed(first, null)] };
  const known = shapes as readonly (readonly Dim[])[];
  const equation = parse(
    stringAttr(call.attrs, 'equation', ''),
    known.map((shape) => shape.length),
  );
  if (typeof equation === 'string') return { types: [typed(first, null)], problems: [mismatch(`Einsum: ${equation}`)] };
  const { lengths, clash } = labelLengths(equation, known);
  const types = [
    typed(
      first,
      equation.output.map((label) => lengths.get(label) ?? null),
    ),
  ];
  return clash ? { types, problems: [mismatch(clash)] } : { types };
}

/** Labels that later operands or the output still need after the first `done` operands. */
const needed = (equation: Equation, done: number): ReadonlySet<string> =>
  new Set([...equation.operands.slice(done).flat(), ...equation.output]);

/** MACs as contracted from left to right: products that sum over several elements count, others are 0. */
function cost(call: Call): Cost | null {
  const shapes = call.inputs.map((input) => shapeOf(input));
  if (shapes.some((shape) => shape === null || shape.includes(null))) return null;
  const known = shapes as readonly (readonly number[])[];
  const equation = parse(
    stringAttr(call.attrs, 'equation', ''),
    known.map((shape) => shape.length),
  );
  if (typeof equation === 'string') return null;
  const { lengths } = labelLengths(equation, known);
  let [macs, flops] = [0, 0];
  let labels = new Set(equation.operands[0]);
  equation.operands.slice(1).forEach((operand, index) => {
    const keep = needed(equation, index + 2);
    const both = operand.filter((label) => labels.has(label));
    const contracted = both.some((label) => !keep.has(label) && lengths.get(label) !== 1);
    const all = new Set([...labels, ...operand]);
    // Labels of one side alone that nothing needs are summed before the product.
    const kept = [...all].filter((label) => keep.has(label) || both.includes(label));
    const size = kept.reduce((count, label) => count * lengths.get(label)!, 1);
    macs += contracted ? size : 0;
    flops += contracted ? 2 * size : size;
    labels = new Set(kept.filter((label) => keep.has(label)));
  });
  return { macs, flops };
}

interface Labelled {
  readonly value: ValueId;
  readonly labels: readonly string[];
}

/** Takes the diagonal where an operand repeats a label, as a product with an identity matrix and a sum. */
function withoutRepeats(emit: Emit, operand: Labelled): Labelled {
  const second = operand.labels.findIndex((label, axis) => operand.labels.indexOf(label) < axis);
  if (second < 0) return operand;
  const first = operand.labels.indexOf(operand.labels[second]!);
  const shape = emit.shape(operand.value);
  const length = shape[first]!;
  const eye = range(length * length).map((element) => (element % (length + 1) === 0 ? 1 : 0));
  const dims = shape.map((dim, axis) => (axis === first || axis === second ? dim : 1));
  const masked = emit.mul(operand.value, emit.constant(eye, dims, emit.type(operand.value).dtype));
  const value = emit.reduceSum(masked, [second], false);
  return withoutRepeats(emit, { value, labels: operand.labels.filter((_, axis) => axis !== second) });
}

/** Sums labels away that are not in `keep`. */
function sumOut(emit: Emit, operand: Labelled, keep: ReadonlySet<string>): Labelled {
  const axes = range(operand.labels.length).filter((axis) => !keep.has(operand.labels[axis]!));
  if (axes.length === 0) return operand;
  return {
    value: emit.reduceSum(operand.value, axes, false),
    labels: operand.labels.filter((label) => keep.has(label)),
  };
}

/** The operand with exactly these labels in this order; absent ones get length 1. */
function arrange(emit: Emit, operand: Labelled, labels: readonly string[]): ValueId {
  const present = labels.filter((label) => operand.labels.includes(label));
  const perm = present.map((label) => operand.labels.indexOf(label));
  const isOrdered = perm.every((axis, index) => axis === index);
  const moved = isOrdered ? operand.value : emit.transpose(operand.value, perm);
  if (present.length === labels.length) return moved;
  const shape = emit.shape(moved);
  return emit.reshape(
    moved,
    labels.map((label) => (present.includes(label) ? shape[present.indexOf(label)]! : 1)),
  );
}

/** Product of two operands, summed over the labels that nothing needs afterwards. */
function contract(
  emit: Emit,
  a: Labelled,
  b: Labelled,
  keep: ReadonlySet<string>,
  lengths: ReadonlyMap<string, Dim>,
): Labelled {
  const left = sumOut(emit, a, new Set([...keep, ...b.labels]));
  const right = sumOut(emit, b, new Set([...keep, ...left.labels]));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const summed = shared.filter((label) => !keep.has(label));
  const isFull = (operand: Labelled): boolean =>
    operand.labels.every((label, axis) => emit.shape(operand.value)[axis] === lengths.get(label));
  if (summed.length === 0 || !isFull(left) || !isFull(right)) {
    const labels = [...new Set([...left.labels, ...right.labels])];
    const value = emit.mul(arrange(emit, left, labels), arrange(emit, right, labels));
    return sumOut(emit, { value, labels }, keep);
  }
  const batch = shared.filter((label) => keep.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const dims = (labels: readonly string[]): readonly number[] => labels.map((label) => lengths.get(label) as number);
  const size = (labels: readonly string[]): number => dims(labels).reduce((count, length) => count * length, 1);
  const head = batch.length > 0 ? [size(batch)] : [];
  const x = emit.reshape(arrange(emit, left, [...batch, ...rows, ...summed]), [...head, size(rows), size(summed)]);
  const y = emit.reshape(arrange(emit, right, [...batch, ...summed, ...columns]), [
    ...head,
    size(summed),
    size(columns),
  ]);
  const labels = [...batch, ...rows, ...columns];
  return { value: emit.reshape(emit.matMul(x, y), dims(labels)), labels };
}

export const einsum: OpDef = {
  name: 'Einsum',
  summary: 'Sum of products in index notation',
  attrs: { equation: { kind: 'string', required: true } },
  infer,
  cost,
  vjp: 'expand',
  expand(emit, node) {
    const inputs = node.inputs as readonly number[];
    const shapes = inputs.map((input) => emit.shape(input));
    const equation = parse(
      stringAttr(node.attrs, 'equation', ''),
      shapes.map((shape) => shape.length),
    );
    if (typeof equation === 'string') throw new Error(equation);
    const { lengths } = labelLengths(equation, shapes);
    const operands = inputs.map((value, index) => withoutRepeats(emit, { value, labels: equation.operands[index]! }));
    const product = operands
      .slice(1)
      .reduce(
        (total, operand, index) => contract(emit, total, operand, needed(equation, index + 2), lengths),
        operands[0]!,
      );
    const result = arrange(emit, sumOut(emit, product, new Set(equation.output)), equation.output);
    return [result];
  },
};
