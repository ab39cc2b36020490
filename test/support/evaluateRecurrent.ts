/** Reference kernels of LSTM, GRU and RNN: one sequence and one unit at a time, from ONNX's formulas. */

import type { Attrs } from '../../src/ir/graph.ts';
import type { Kernel, Tensor } from './evaluateNn.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  Sigmoid: sigmoid,
  Tanh: Math.tanh,
  Relu: (x) => Math.max(0, x),
  Softsign: (x) => x / (1 + Math.abs(x)),
  HardSigmoid: (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5)),
};

type Row = readonly number[];

/** A part of the tensor: what stands at the given places of its first axes. */
const at = ({ shape, data }: Tensor, ...place: readonly number[]): Row => {
  const rest = shape.slice(place.length).reduce((a, b) => a * b, 1);
  const start = place.reduce((position, index, axis) => position * shape[axis]! + index, 0) * rest;
  return [...data.slice(start, start + rest)];
};
const dot = (a: Row, b: Row): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

/** New state and cell from the old ones; `w`, `r`: rows by gate and unit. */
type Step = (one: {
  readonly x: Row;
  readonly h: Row;
  readonly c: Row;
  readonly w: (gate: number, unit: number) => number;
  readonly r: (gate: number, unit: number, from?: Row) => number;
  readonly peep: (index: number, unit: number) => number;
  readonly act: readonly ((x: number) => number)[];
  readonly units: readonly number[];
  readonly attrs: Attrs;
}) => { readonly h: Row; readonly c: Row };

const lstm: Step = ({ c, w, r, peep, act, units, attrs }) => {
  const [f, g, h] = act as [(x: number) => number, (x: number) => number, (x: number) => number];
  const next = units.map((unit) => {
    const input = f(w(0, unit) + r(0, unit) + peep(0, unit) * c[unit]!);
    const forget = attrs['input_forget'] === 1 ? 1 - input : f(w(2, unit) + r(2, unit) + peep(2, unit) * c[unit]!);
    return forget * c[unit]! + input * g(w(3, unit) + r(3, unit));
  });
  return { c: next, h: units.map((unit) => f(w(1, unit) + r(1, unit) + peep(1, unit) * next[unit]!) * h(next[unit]!)) };
};

const gru: Step = ({ h, w, r, act, units, attrs }) => {
  const [f, g] = act as [(x: number) => number, (x: number) => number];
  const reset = units.map((unit) => f(w(1, unit) + r(1, unit)));
  const next = units.map((unit) => {
    const update = f(w(0, unit) + r(0, unit));
    const gated = h.map((value, index) => value * reset[index]!);
    const back = attrs['linear_before_reset'] === 1 ? reset[unit]! * r(2, unit) : r(2, unit, gated);
    return (1 - update) * g(w(2, unit) + back) + update * h[unit]!;
  });
  return { h: next, c: [] };
};

const rnn: Step = ({ w, r, act, units }) => ({ h: units.map((unit) => act[0]!(w(0, unit) + r(0, unit))), c: [] });

const kernel =
  (gates: number, usual: readonly string[], step: Step): Kernel =>
  ([x, weight, recurrent, bias, lengths, h0, c0, peepholes, projection], attrs, outputs) => {
    const batchFirst = attrs['layout'] === 1;
    const [first, second] = x!.shape as [number, number, number];
    const [length, batch] = batchFirst ? [second, first] : [first, second];
    const [directions, rows, output] = recurrent!.shape as [number, number, number];
    const hidden = rows / gates;
    const units = Array.from({ length: hidden }, (_, unit) => unit);
    const names = (attrs['activations'] as readonly string[] | undefined) ?? [...usual, ...usual];
    const clip = (attrs['clip'] as number | undefined) ?? Infinity;
    const y = new Map<string, Row>();
    const last: { h: Row; c: Row }[][] = [];
    for (let d = 0; d < directions; d++) {
      last.push([]);
      const act = names
        .slice(d * usual.length, (d + 1) * usual.length)
        .map((name) => (value: number) => FUNCTIONS[name]!(Math.max(-clip, Math.min(clip, value))));
      // The bound is for what goes into gates and candidates, and for the cell that leaves.
      for (let n = 0; n < batch; n++) {
        const own = lengths ? lengths.data[n]! : length;
        const state = (given: Tensor | null | undefined, size: number): Row =>
          given ? at(given, ...(batchFirst ? [n, d] : [d, n])) : new Array<number>(size).fill(0);
        let [h, c] = [state(h0, output), state(c0, hidden)];
        const steps = Array.from({ length: own }, (_, t) => t);
        if (d === 1 || attrs['direction'] === 'reverse') steps.reverse();
        for (const t of steps) {
          const now = at(x!, ...(batchFirst ? [n, t] : [t, n]));
          const before = h;
          const made = step({
            ...{ x: now, h, c, act, units, attrs },
            w: (gate, unit) =>
              dot(now, at(weight!, d, gate * hidden + unit)) + (bias ? at(bias, d)[gate * hidden + unit]! : 0),
            r: (gate, unit, from = before) =>
              dot(from, at(recurrent!, d, gate * hidden + unit)) +
              (bias ? at(bias, d)[rows + gate * hidden + unit]! : 0),
            peep: (index, unit) => (peepholes ? at(peepholes, d)[index * hidden + unit]! : 0),
          });
          c = made.c;
          h = projection ? Array.from({ length: output }, (_, index) => dot(made.h, at(projection, d, index))) : made.h;
          y.set([t, d, n].join(), h);
        }
        last[d]!.push({ h, c });
      }
    }
    const none = new Array<number>(output).fill(0);
    const all: number[] = [];
    if (batchFirst)
      for (let n = 0; n < batch; n++)
        for (let t = 0; t < length; t++)
          for (let d = 0; d < directions; d++) all.push(...(y.get([t, d, n].join()) ?? none));
    else
      for (let t = 0; t < length; t++)
        for (let d = 0; d < directions; d++)
          for (let n = 0; n < batch; n++) all.push(...(y.get([t, d, n].join()) ?? none));
    const final = (kind: 'h' | 'c', size: number): Tensor => {
      const data: number[] = [];
      for (let i = 0; i < (batchFirst ? batch : directions); i++)
        for (let j = 0; j < (batchFirst ? directions : batch); j++)
          data.push(...(batchFirst ? last[j]![i]! : last[i]![j]!)[kind]);
      return {
        shape: batchFirst ? [batch, directions, size] : [directions, batch, size],
        data: Float64Array.from(data),
      };
    };
    const shape = batchFirst ? [batch, length, directions, output] : [length, directions, batch, output];
    const results = [{ shape, data: Float64Array.from(all) }, final('h', output)];
    return (gates === 4 ? [...results, final('c', hidden)] : results).slice(0, outputs);
  };

export const recurrentKernels: ReadonlyMap<string, Kernel> = new Map([
  ['LSTM', kernel(4, ['Sigmoid', 'Tanh', 'Tanh'], lstm)],
  ['GRU', kernel(3, ['Sigmoid', 'Tanh'], gru)],
  ['RNN', kernel(1, ['Tanh'], rnn)],
]);
