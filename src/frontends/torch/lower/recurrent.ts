/** torch.nn.LSTM, GRU and RNN as ONNX's operators: one node per layer, with gates in ONNX's order. */

import type { ValueId } from '../../../ir/graph.ts';
import type { Lower, Lowering, Lowerings } from './lower.ts';
import { isTensor, range } from './lower.ts';

/** Where each of ONNX's gates stands among torch's: i, o, f, c in i, f, g, o; z, r, h in r, z, n. */
const GATE_ORDER: Readonly<Record<string, readonly number[]>> = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2], RNN: [0] };

const reorder = (c: Lower, value: ValueId, order: readonly number[]): ValueId => {
  if (order.length === 1) return value;
  const size = c.shape(value)[0]! / order.length;
  const gates = c.ops('Split', [value, c.ints(order.map(() => size))], { axis: 0 }, order.length);
  return c.concat(
    order.map((gate) => gates[gate]!),
    0,
  );
};

const recurrent: Lowering = (c, [input, states, weights, mode, settings, rate, lengths]) => {
  const [hidden, layers, bias, batchFirst, both, projected] = c.numbers(settings) as [
    ...[hidden: number, layers: number, bias: number],
    ...[batchFirst: number, both: number, projected: number],
  ];
  const op = c.text(mode).startsWith('RNN') ? 'RNN' : c.text(mode);
  const order = GATE_ORDER[op]!;
  const directions = both ? 2 : 1;
  const flat = c.tensors(weights);
  const [own, ...given] = c.likeWeights([c.tensor(input), ...c.tensors(states)], flat[0]!) as [ValueId, ...ValueId[]];
  const per = 2 + 2 * bias + (projected ? 1 : 0);
  const attrs = {
    hidden_size: hidden,
    ...(both ? { direction: 'bidirectional' } : {}),
    ...(op === 'GRU' ? { linear_before_reset: 1 } : {}),
    ...(mode === 'RNN_RELU' ? { activations: range(directions).map(() => 'Relu') } : {}),
  };
  let x = batchFirst ? c.transpose(own, [1, 0, 2]) : own;
  const longest = c.type(x).shape?.[0] ?? null;
  const ragged = isTensor(lengths) && !c.data(lengths.t)?.every((one) => one === longest) ? lengths.t : null;
  const ends = ragged === null ? null : c.cast(ragged, 'int32');
  const last: ValueId[][] = [[], []];
  for (let layer = 0; layer < layers; layer++) {
    const parts = range(directions).map((at) => {
      const from = (layer * directions + at) * per;
      return flat.slice(from, from + per);
    });
    const stack = (pick: (part: readonly ValueId[]) => ValueId): ValueId =>
      c.concat(
        parts.map((part) => c.addAxes(pick(part), [0])),
        0,
      );
    const state = (kind: number): ValueId | null => {
      const all = given[kind];
      if (all === undefined || layers === 1) return all ?? null;
      return c.slice(all, 0, layer * directions, (layer + 1) * directions);
    };
    const biases = (part: readonly ValueId[]): ValueId =>
      c.concat([reorder(c, part[2]!, order), reorder(c, part[3]!, order)], 0);
    const inputs = [
      ...[x, stack((part) => reorder(c, part[0]!, order)), stack((part) => reorder(c, part[1]!, order))],
      ...[bias ? stack(biases) : null, ends, state(0), state(1), null],
      projected ? stack((part) => part.at(-1)!) : null,
    ];
    const [y, ...ended] = c.ops(op, inputs, attrs, op === 'LSTM' ? 3 : 2) as [ValueId, ...ValueId[]];
    ended.forEach((value, kind) => last[kind]!.push(value));
    if (both) {
      const [length, , batch, width] = c.shape(y) as [number, number, number, number];
      x = c.reshape(c.transpose(y, [0, 2, 1, 3]), [length, batch, 2 * width]);
    } else x = c.dropAxes(y, [1]);
    if (c.number(rate) > 0 && layer < layers - 1) x = c.dropout(x, c.number(rate));
  }
  const out = batchFirst ? c.transpose(x, [1, 0, 2]) : x;
  return [out, ...last.filter((values) => values.length > 0).map((values) => c.concat(values, 0))];
};

export const recurrentLayers: Lowerings = { rnn: recurrent };
