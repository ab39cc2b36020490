/** LSTM, GRU and RNN: a layer's whole sequence in one node. Gradients go through its steps (`recurrentSteps.ts`). */

import type { Attrs, Problem } from '../../ir/graph.ts';
import type { Dim, TensorType } from '../../ir/type.ts';
import { formatShape } from '../../ir/type.ts';
import type { AttrDef, Call, Cost, OpDef, OpResult } from '../op.ts';
import {
  differs,
  isAbsent,
  mismatch,
  numberAttr,
  plural,
  product,
  range,
  shapeOf,
  stringAttr,
  typed,
} from './attributes.ts';
import { unroll } from './recurrentSteps.ts';

/** Gates of each kind of cell. */
const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;
type RecurrentKind = keyof typeof GATES;

/** Layers over a whole sequence, whose gradients are those of their steps. */
export const RECURRENT: ReadonlySet<string> = new Set(Object.keys(GATES));

/** Where optional inputs stand. The projection is Skipscope's own: ONNX has none, so that form is always expanded. */
const INPUTS = { lengths: 4, hidden: 5, cell: 6, projection: 8 } as const;

interface RecurrentSizes {
  readonly gates: number;
  readonly directions: number;
  readonly length: Dim;
  readonly batch: Dim;
  readonly features: Dim;
  /** Of the cell. */
  readonly hidden: Dim;
  /** Of what each step gives: the hidden size, or what it is projected to. */
  readonly output: Dim;
}

/** Sizes of a recurrent node; null where the input's rank is not 3. */
export function recurrentSizes({ op, inputs, attrs }: Pick<Call, 'op' | 'inputs' | 'attrs'>): RecurrentSizes | null {
  const x = shapeOf(inputs[0]);
  if (x?.length !== 3) return null;
  const gates = GATES[op as RecurrentKind];
  const [first, second, features] = x as readonly [Dim, Dim, Dim];
  const [length, batch] = isBatchFirst(attrs) ? [second, first] : [first, second];
  const rows = shapeOf(inputs[1])?.[1] ?? null;
  const said = numberAttr(attrs, 'hidden_size', 0);
  const hidden = said > 0 ? said : rows === null ? null : rows / gates;
  const projection = shapeOf(inputs[INPUTS.projection]);
  return {
    ...{ gates, length, batch, features, hidden },
    directions: stringAttr(attrs, 'direction', 'forward') === 'bidirectional' ? 2 : 1,
    output: projection ? projection[1]! : hidden,
  };
}

const isBatchFirst = (attrs: Attrs): boolean => numberAttr(attrs, 'layout', 0) === 1;

function infer(call: Call): OpResult {
  const [x, w, r] = call.inputs;
  const sizes = recurrentSizes(call);
  if (sizes === null) {
    const types = range(call.outputs).map(() => typed(x, null));
    const shape = shapeOf(x);
    return shape === null
      ? { types }
      : {
          types,
          problems: [mismatch(`${call.op} takes sequences [length, batch, features], not ${formatShape(shape)}.`)],
        };
  }
  const { gates, directions, length, batch, features, hidden, output } = sizes;
  const rows = hidden === null ? null : gates * hidden;
  const problems: Problem[] = [];
  const check = (name: string, given: TensorType['shape'], wanted: readonly Dim[]): void => {
    if (given === null || problems.length > 0) return;
    if (given.length !== wanted.length || given.some((dim, axis) => differs(dim, wanted[axis])))
      problems.push(mismatch(`${call.op} expects ${name} ${formatShape(wanted)}, not ${formatShape(given)}.`));
  };
  const expected = shapeOf(w)?.[2];
  if (differs(features, expected))
    problems.push(mismatch(`The input has ${plural(features!, 'feature')}, the weight expects ${expected}.`));
  check('a weight', shapeOf(w), [directions, rows, features]);
  check('a recurrent weight', shapeOf(r), [directions, rows, output]);
  check('a bias', shapeOf(call.inputs[3]), [directions, rows === null ? null : 2 * rows]);
  const state = (size: Dim): readonly Dim[] =>
    isBatchFirst(call.attrs) ? [batch, directions, size] : [directions, batch, size];
  check('a first state', shapeOf(call.inputs[INPUTS.hidden]), state(output));
  if (call.op === 'LSTM') check('a first cell state', shapeOf(call.inputs[INPUTS.cell]), state(hidden));
  const all = isBatchFirst(call.attrs) ? [batch, length, directions, output] : [length, directions, batch, output];
  const types = [typed(x, all), typed(x, state(output)), typed(x, state(hidden))];
  return { types: types.slice(0, call.outputs), problems };
}

/** Each step multiplies the input and the state with the weights of all gates, and the new state with the projection. */
function cost(call: Call): Cost | null {
  const sizes = recurrentSizes(call);
  if (sizes === null) return null;
  const { gates, directions, length, batch, features, hidden, output } = sizes;
  const steps = product([length, batch, directions]);
  const inner = features === null || output === null ? null : features + output;
  const projected = isAbsent(call.inputs[INPUTS.projection]) ? 0 : product([steps, hidden, output]);
  const macs = product([steps, gates, hidden, inner]);
  const elements = product([steps, hidden]);
  if (macs === null || projected === null || elements === null) return null;
  // Per gate a bias and an activation, and some three operations to join them.
  return { macs: macs + projected, flops: 2 * (macs + projected) + elements * (3 * gates + 3) };
}

const shared: Readonly<Record<string, AttrDef>> = {
  activation_alpha: { kind: 'floats' },
  activation_beta: { kind: 'floats' },
  activations: { kind: 'strings' },
  clip: { kind: 'float' },
  direction: { kind: 'string', default: 'forward' },
  hidden_size: { kind: 'int' },
  layout: { kind: 'int', default: 0 },
};

const define = (name: RecurrentKind, summary: string, attrs: Readonly<Record<string, AttrDef>> = {}): OpDef => ({
  name,
  summary,
  attrs: { ...shared, ...attrs },
  infer,
  cost,
  vjp: 'expand',
  expand: (emit, node) => unroll(emit, node, name),
});

export const lstm = define('LSTM', 'Long short-term memory over a sequence, in one or both directions', {
  input_forget: { kind: 'int', default: 0 },
});
export const gru = define('GRU', 'Gated recurrent units over a sequence, in one or both directions', {
  linear_before_reset: { kind: 'int', default: 0 },
});
export const rnn = define('RNN', 'Simple recurrent units over a sequence, in one or both directions');
