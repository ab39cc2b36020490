/** Where the length of an axis comes from: the layers that chose it, and how often it counts in it. */

import type { Node, ValueId } from '../ir/graph.ts';
import { isStatic, sameShape } from '../ir/type.ts';
import { numbersOf, product, range } from '../ops/read.ts';
import { makesAxis, sourceAxis } from './axisChanges.ts';
import type { DataFlow } from './dataFlow.ts';
import { einsumAxes } from './einsumAxes.ts';

/** Of each layer, by how much the length grows for each channel more that the layer makes. */
export type Makers = ReadonlyMap<Node, number>;

const RESHAPES = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);
const NONE: Makers = new Map();

/** The layers that chose the length of `axis` of a value: one for channels, several where layers are joined or flattened. */
export const makersOf = (flow: DataFlow): ((value: ValueId, axis: number) => Makers) => {
  const known = new Map<string, Makers>();
  const shapeOf = (value: ValueId): readonly number[] | null => {
    const { shape } = flow.graph.values[value]!.type;
    return isStatic(shape) ? shape : null;
  };

  const look = (value: ValueId, axis: number): Makers => {
    const key = `${value} ${axis}`;
    const found = known.get(key) ?? find(value, axis);
    known.set(key, found);
    return found;
  };

  const find = (value: ValueId, axis: number): Makers => {
    const node = flow.producer[value];
    const output = shapeOf(value);
    if (!node || !output) return NONE;
    const isTable = node.op === 'Gather' && axis === output.length - 1 && !flow.isData(node.inputs[0]!);
    if (isTable || makesAxis(node, axis, output.length)) return new Map([[node, 1]]);
    const inputs = flow.dataInputs(node);
    if (node.op === 'Concat' && axisOf(node, output.length) === axis)
      return sum(node.inputs.flatMap((input) => (input === null ? [] : [[look(input, axis), 1] as const])));
    if (node.op === 'Einsum') {
      const axes = einsumAxes(flow.graph, node);
      const from = axes.operands.find(({ label, length }) => label === axes.output[axis] && length === output[axis]);
      return from ? look(from.value, from.axis) : NONE;
    }
    if (RESHAPES.has(node.op)) return inputs.length === 1 ? throughReshape(inputs[0]!, output, axis) : NONE;
    for (const input of inputs) {
      const shape = shapeOf(input);
      const source =
        shape &&
        (keptAxis(node, axis, shape.length, output.length) ?? sourceAxis(node, axis, shape.length, output.length));
      if (typeof source !== 'number') continue;
      // Padding adds what does not depend on the layers.
      if (shape![source] === output[axis] || node.op === 'Pad') return look(input, source);
    }
    return NONE;
  };

  /** Of a reduction that takes axes away, the input's axis that is this one of its output; else null. */
  const keptAxis = ({ op, attrs, inputs }: Node, axis: number, from: number, to: number): number | null => {
    if (!op.startsWith('Reduce') || from === to) return null;
    const axes = numbersOf(attrs, 'axes') ?? flow.graph.values[inputs[1] ?? -1]?.data ?? [];
    const gone = new Set(axes.map((one) => (one + from) % from));
    return range(from).filter((one) => !gone.has(one))[axis] ?? null;
  };

  /** An axis that is made of several: each counts as often as the others are long. */
  const throughReshape = (input: ValueId, output: readonly number[], axis: number): Makers => {
    const shape = shapeOf(input);
    if (!shape) return NONE;
    const before = product(output.slice(0, axis));
    const first = shape.findIndex((_, at) => product(shape.slice(0, at)) === before && shape[at] !== 1);
    const last = shape.findIndex((_, at) => at >= first && product(shape.slice(0, at + 1)) === before * output[axis]!);
    if (first < 0 || last < 0) return throughUndone(input, output, axis);
    const parts = shape.map((length, at) => [length, at] as const).slice(first, last + 1);
    return sum(parts.map(([length, at]) => [look(input, at), output[axis]! / length] as const));
  };

  /** An axis of a view that puts back what another has taken apart, as around the groups of a normalisation. */
  const throughUndone = (input: ValueId, output: readonly number[], axis: number): Makers => {
    const shape = shapeOf(input);
    for (let at = flow.producer[input]; at; at = flow.producer[flow.dataInputs(at)[0] ?? -1]) {
      const [source] = flow.dataInputs(at);
      const from = source === undefined ? null : shapeOf(source);
      if (!sameShape(shapeOf(at.outputs[0]!), shape)) break;
      if (RESHAPES.has(at.op) && sameShape(from, output)) return look(source!, axis);
    }
    return NONE;
  };

  return look;
};

const axisOf = ({ attrs }: Node, rank: number): number => (Number(attrs['axis'] ?? 0) + rank) % rank;

/** The makers of several lengths, each taken so many times. */
export const sum = (parts: readonly (readonly [Makers, number])[]): Makers => {
  const all = new Map<Node, number>();
  for (const [makers, times] of parts)
    for (const [node, count] of makers) all.set(node, (all.get(node) ?? 0) + times * count);
  return all;
};
