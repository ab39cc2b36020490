/** The steps of LSTM, GRU and RNN in other operators, as ONNX defines them. */

import type { Attrs, AttrValue, ValueId } from '../../ir/graph.ts';
import type { Emit } from '../emit.ts';
import { full, sliced } from '../forms.ts';
import type { PrimalNode } from '../op.ts';
import { isAbsent, numberAttr, range, stringAttr } from './attributes.ts';

type Activation = (value: ValueId) => ValueId;

/** What one direction of a layer has: weights as matrices, and what its steps share. */
interface Direction {
  readonly emit: Emit;
  readonly attrs: Attrs;
  readonly hidden: number;
  readonly acts: readonly Activation[];
  /** [gates · hidden, features] and [gates · hidden, output]. */
  readonly input: ValueId;
  readonly recurrent: ValueId;
  /** [gates · hidden] each; null without a bias. */
  readonly inputBias: ValueId | null;
  readonly recurrentBias: ValueId | null;
  /** [3, hidden]: of the input, output and forget gates. */
  readonly peepholes: ValueId | null;
  /** [output, hidden]. */
  readonly projection: ValueId | null;
}

interface State {
  /** [batch, output]; null while it is still zero. */
  readonly h: ValueId | null;
  /** [batch, hidden]. */
  readonly c: ValueId | null;
}

/** Prepares all steps of a direction: `x` is [length · batch, features]. */
type Cell = (direction: Direction, x: ValueId, length: number) => (state: State, step: number) => State;

/** Sum of what is there. */
const total = (emit: Emit, a: ValueId | null, b: ValueId | null): ValueId | null =>
  a === null ? b : b === null ? a : emit.add(a, b);

/** a · bᵀ + c. */
const affine = (emit: Emit, a: ValueId, b: ValueId, c: ValueId | null): ValueId =>
  emit.op('Gemm', [a, b, c], { transB: 1 });

const split = (emit: Emit, value: ValueId, parts: readonly number[], axis: number): readonly ValueId[] =>
  parts.length === 1 ? [value] : emit.ops('Split', [value, emit.ints(parts)], { axis }, parts.length);

const equal = (count: number, size: number): readonly number[] => new Array<number>(count).fill(size);

/** Rows of each step. */
const bySteps = (emit: Emit, value: ValueId, length: number): readonly ValueId[] =>
  split(emit, value, equal(length, emit.shape(value)[0]! / length), 0);

/** The gates' sums before activation: x·Wᵀ + h·Rᵀ + b. */
const sums = (d: Direction, x: ValueId, length: number): ((h: ValueId | null, step: number) => ValueId) => {
  const { emit, recurrent } = d;
  const steps = bySteps(emit, affine(emit, x, d.input, total(emit, d.inputBias, d.recurrentBias)), length);
  return (h, step) => (h === null ? steps[step]! : affine(emit, h, recurrent, steps[step]!));
};

// i, o, f = f(·); c = f ⊙ c + i ⊙ g(·); h = o ⊙ h(c), then projected.
const lstm: Cell = (d, x, length) => {
  const { emit, hidden, peepholes, projection } = d;
  const [gate, candidate, squash] = d.acts as [Activation, Activation, Activation];
  const sumsOf = sums(d, x, length);
  const [peepI, peepO, peepF] = peepholes === null ? [] : split(emit, peepholes, [1, 1, 1], 0);
  const coupled = numberAttr(d.attrs, 'input_forget', 0) !== 0;
  return ({ h, c }, step) => {
    const [rest, g] = split(emit, sumsOf(h, step), [3 * hidden, hidden], 1) as [ValueId, ValueId];
    const fresh = candidate(g);
    const parts = split(emit, peepholes === null ? gate(rest) : rest, equal(3, hidden), 1);
    let [i, o, f] = parts as [ValueId, ValueId, ValueId];
    if (peepholes !== null) {
      const seen = (value: ValueId, peep: ValueId): ValueId =>
        c === null ? value : emit.add(value, emit.mul(peep, c));
      [i, f] = [gate(seen(i, peepI!)), gate(seen(f, peepF!))];
    }
    if (coupled) f = emit.sub(emit.scalar(1), i);
    const kept = c === null ? null : emit.mul(f, c);
    const cell = total(emit, kept, emit.mul(i, fresh))!;
    if (peepholes !== null) o = gate(emit.add(o, emit.mul(peepO!, cell)));
    const out = emit.mul(o, squash(cell));
    return { h: projection === null ? out : affine(emit, out, projection, null), c: cell };
  };
};

// z, r = f(·); n = g(x·Wₙᵀ + r ⊙ (h·Rₙᵀ + b)), or with r inside the product; h = n + z ⊙ (h − n).
const gru: Cell = (d, x, length) => {
  const { emit, hidden } = d;
  const [gate, candidate] = d.acts as [Activation, Activation];
  const late = numberAttr(d.attrs, 'linear_before_reset', 0) !== 0;
  const parts = (value: ValueId | null): (ValueId | null)[] =>
    value === null ? [null, null] : [...split(emit, value, [2 * hidden, hidden], 0)];
  const [inputGates, inputNew] = parts(d.input);
  const [backGates, backNew] = parts(d.recurrent);
  const [biasGates, biasNew] = parts(d.inputBias);
  const [backBiasGates, backBiasNew] = parts(d.recurrentBias);
  const project = (weight: ValueId, bias: ValueId | null): readonly ValueId[] =>
    bySteps(emit, affine(emit, x, weight, bias), length);
  const gates = project(inputGates!, total(emit, biasGates!, backBiasGates!));
  const news = project(inputNew!, late ? biasNew! : total(emit, biasNew!, backBiasNew!));
  return ({ h }, step) => {
    const open = gate(h === null ? gates[step]! : affine(emit, h, backGates!, gates[step]!));
    const [z, r] = split(emit, open, [hidden, hidden], 1) as [ValueId, ValueId];
    let before = news[step]!;
    if (late && h !== null) before = emit.add(before, emit.mul(r, affine(emit, h, backNew!, backBiasNew!)));
    else if (late && backBiasNew !== null) before = emit.add(before, emit.mul(r, backBiasNew!));
    else if (h !== null) before = affine(emit, emit.mul(r, h), backNew!, before);
    const n = candidate(before);
    return { h: h === null ? emit.sub(n, emit.mul(z, n)) : emit.add(n, emit.mul(z, emit.sub(h, n))), c: null };
  };
};

// h = f(x·Wᵀ + h·Rᵀ + b).
const rnn: Cell = (d, x, length) => {
  const sumsOf = sums(d, x, length);
  return ({ h }, step) => ({ h: d.acts[0]!(sumsOf(h, step)), c: null });
};

const CELLS = {
  LSTM: { cell: lstm, acts: ['Sigmoid', 'Tanh', 'Tanh'] },
  GRU: { cell: gru, acts: ['Sigmoid', 'Tanh'] },
  RNN: { cell: rnn, acts: ['Tanh'] },
} as const;

/** What an activation's numbers mean, and what they are where the node does not say. */
const ACTIVATIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Relu: {},
  Tanh: {},
  Sigmoid: {},
  Softsign: {},
  Softplus: {},
  LeakyRelu: { alpha: 0.01 },
  Elu: { alpha: 1 },
  HardSigmoid: { alpha: 0.2, beta: 0.5 },
};

const list = <T>(value: AttrValue | undefined): readonly T[] => (Array.isArray(value) ? (value as T[]) : []);

/** The activations of every direction. Numbers are consumed in their order, by those that take one. */
function activationsOf(emit: Emit, attrs: Attrs, usual: readonly string[], directions: number): Activation[][] {
  const given = list<string>(attrs['activations']);
  const names = given.length > 0 ? given : range(directions).flatMap(() => usual);
  const numbers = {
    alpha: [...list<number>(attrs['activation_alpha'])],
    beta: [...list<number>(attrs['activation_beta'])],
  };
  const limit = numberAttr(attrs, 'clip', 0);
  const made = names.map((given): Activation => {
    const name = Object.keys(ACTIVATIONS).find((one) => one.toLowerCase() === given.toLowerCase());
    if (name === undefined) throw new Error(`the activation ${given} of a recurrent layer is not known`);
    const settings = Object.entries(ACTIVATIONS[name]!).map(([key, value]) => [
      key,
      numbers[key as 'alpha' | 'beta'].shift() ?? value,
    ]);
    const own = Object.fromEntries(settings) as Attrs;
    const clipped = (value: ValueId): ValueId =>
      limit > 0 ? emit.op('Clip', [value, emit.scalar(-limit), emit.scalar(limit)]) : value;
    return (value) => emit.op(name, [clipped(value)], own);
  });
  return range(directions).map((at) => made.slice(at * usual.length, (at + 1) * usual.length));
}

/** Y, Y_h and, of an LSTM, Y_c. */
export function unroll(emit: Emit, node: PrimalNode, kind: keyof typeof CELLS): readonly ValueId[] {
  const { attrs, inputs } = node;
  const { cell, acts } = CELLS[kind];
  const at = (index: number): ValueId | null => inputs[index] ?? null;
  const batchFirst = numberAttr(attrs, 'layout', 0) === 1;
  const order = (value: ValueId | null): ValueId | null =>
    value === null || !batchFirst ? value : emit.transpose(value, [1, 0, 2]);
  const x = order(at(0))!;
  const [length, batch, features] = emit.shape(x) as [number, number, number];
  const [directions, rows, output] = emit.shape(at(2)!) as [number, number, number];
  const hidden = rows / (acts.length === 3 ? 4 : acts.length === 2 ? 3 : 1);
  const flat = emit.reshape(x, [length * batch, features]);
  const masks = masksOf(emit, at(4), length, batch);
  const activations = activationsOf(emit, attrs, acts, directions);
  const zero = (size: number): ValueId => full(emit, [batch, size], 0, emit.type(x).dtype);

  const results = range(directions).map((index) => {
    /** This direction's part of an input, without the axis of directions. */
    const own = (value: ValueId | null): ValueId | null =>
      isAbsent(value) ? null : emit.reshape(sliced(emit, value, 0, index, index + 1), emit.shape(value).slice(1));
    const biases = at(3) === null ? [] : split(emit, own(at(3))!, [rows, rows], 0);
    const peepholes = kind === 'LSTM' ? own(at(7)) : null;
    const direction: Direction = {
      ...{ emit, attrs, hidden, acts: activations[index]! },
      ...{ input: own(at(1))!, recurrent: own(at(2))!, projection: own(at(8)) },
      ...{ inputBias: biases[0] ?? null, recurrentBias: biases[1] ?? null },
      peepholes: peepholes === null ? null : emit.reshape(peepholes, [3, hidden]),
    };
    const step = cell(direction, flat, length);
    let state: State = { h: own(order(at(5))), c: own(order(at(6))) };
    const outputs: ValueId[] = [];
    const backwards = index === 1 || stringAttr(attrs, 'direction', 'forward') === 'reverse';
    for (const t of backwards ? [...range(length)].reverse() : range(length)) {
      const next = step(state, t);
      const mask = masks?.[t];
      if (mask === undefined) {
        outputs[t] = next.h!;
        state = next;
        continue;
      }
      // Where a sequence has no such step, its state stays and its output is zero.
      const keep = (fresh: ValueId | null, old: ValueId | null, size: number): ValueId | null =>
        fresh === null ? null : emit.op('Where', [mask, fresh, old ?? zero(size)]);
      outputs[t] = emit.op('Where', [mask, next.h!, zero(output)]);
      state = { h: keep(next.h, state.h, output), c: keep(next.c, state.c, hidden) };
    }
    const all = outputs.length === 1 ? outputs[0]! : emit.op('Concat', outputs, { axis: 0 });
    const layered = (value: ValueId, size: number): ValueId => emit.reshape(value, [1, batch, size]);
    return {
      y: emit.reshape(all, [length, 1, batch, output]),
      h: layered(state.h!, output),
      c: state.c === null ? null : layered(state.c, hidden),
    };
  });

  const joined = (values: readonly ValueId[], axis: number): ValueId =>
    values.length === 1 ? values[0]! : emit.op('Concat', values, { axis });
  const y = joined(
    results.map((one) => one.y),
    1,
  );
  const states = [results.map(({ h }) => h), kind === 'LSTM' ? results.map(({ c }) => c!) : null]
    .filter((values) => values !== null)
    .map((values) => order(joined(values, 0))!);
  return [batchFirst ? emit.transpose(y, [2, 0, 1, 3]) : y, ...states].slice(0, node.outputs.length);
}

/** Per step, which sequences are that long: [batch, 1]; null where all are as long as can be. */
function masksOf(emit: Emit, lengths: ValueId | null, length: number, batch: number): readonly ValueId[] | null {
  if (lengths === null || emit.data(lengths)?.every((one) => one >= length)) return null;
  const { dtype } = emit.type(lengths);
  const steps = emit.constant(range(length), [length, 1], dtype);
  const within = emit.op('Less', [steps, emit.reshape(lengths, [1, batch])]);
  return bySteps(emit, emit.reshape(within, [length * batch, 1]), length);
}
