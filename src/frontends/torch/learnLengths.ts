/** What a failed attempt tells of the lengths of sequences: what was joined did not agree along one axis. */

import type { ValueId } from '../../ir/graph.ts';
import { isStatic } from '../../ir/type.ts';
import type { InputSpec } from '../types.ts';
import type { FailedAttempt } from './learnShapes.ts';

/** The inputs with another length; null where the attempt tells no such thing. */
export const learnLengths = (done: FailedAttempt): readonly InputSpec[] | null =>
  fromTable(done) ?? fromTurned(done) ?? fromOther(done);

/** Where a table of the model (of positions, say) was added to what an input became and is longer or shorter along one axis. */
const fromTable = ({ session: { failed, builder }, inputs }: FailedAttempt): readonly InputSpec[] | null => {
  if (failed?.op !== 'add') return null;
  const parameters = new Set(builder.parameters.map(({ value }) => value));
  const [a, b] = failed.inputs;
  if (typeof a !== 'number' || typeof b !== 'number' || parameters.has(a) === parameters.has(b)) return null;
  const [wanted, given] = lengthsApart(...(parameters.has(a) ? ([a, b] as const) : ([b, a] as const)), builder) ?? [];
  if (given === undefined || wanted === undefined) return null;
  const changed = inputs.map((spec) => ({
    ...spec,
    // Of pictures, no side is a length.
    shape: spec.shape.map((length, axis) => (axis > 0 && length === given && spec.shape.length < 4 ? wanted : length)),
  }));
  return JSON.stringify(changed) === JSON.stringify(inputs) ? null : changed;
};

/** Where a linear layer mixes the steps of a sequence that was turned for it: as many steps as it takes. */
const fromTurned = ({ session: { failed, builder }, inputs }: FailedAttempt): readonly InputSpec[] | null => {
  const [seen, weight] = failed?.inputs ?? [];
  if (failed?.op !== 'linear' || typeof seen !== 'number' || typeof weight !== 'number') return null;
  const [given, wanted] = [builder.typeOf(seen).shape?.at(-1), builder.typeOf(weight).shape?.at(-1)];
  const at = soleInput(seen, builder);
  const [batch, steps, width] = inputs[at]?.shape.length === 3 ? inputs[at].shape : [];
  if (typeof given !== 'number' || typeof wanted !== 'number' || steps !== given || width === given) return null;
  // What was taken for the width is the number of steps.
  return inputs.with(at, { ...inputs[at]!, shape: [batch!, wanted, width === wanted ? steps : width!] });
};

/** Where two inputs do not go together: a waveform is as long as its spectrogram has frames, times the samples of a frame. */
const fromOther = ({ session: { failed, builder }, inputs }: FailedAttempt): readonly InputSpec[] | null => {
  if (failed === null || !['add', 'mul', 'cat'].includes(failed.op) || inputs.length < 2) return null;
  const joined = [...failed.inputs, ...failed.args.flatMap((arg) => (Array.isArray(arg) ? arg.map(valueIn) : []))];
  const values = joined.filter((value) => typeof value === 'number');
  for (const one of values)
    for (const other of values) {
      const [given, wanted] = lengthsApart(one, other, builder) ?? [];
      const from = given === undefined ? [] : sourcesOf(one, builder).filter((at) => isOfLength(inputs[at], given));
      const sources = sourcesOf(other, builder);
      if (from.length !== 1 || wanted === undefined || sources.length === 0 || sources.includes(from[0]!)) continue;
      const { shape } = inputs[from[0]!]!;
      return inputs.with(from[0]!, { ...inputs[from[0]!]!, shape: shape.with(shape.lastIndexOf(given!), wanted) });
    }
  return null;
};

type Builder = FailedAttempt['session']['builder'];

const valueIn = (arg: unknown): ValueId | null =>
  typeof arg === 'object' && arg !== null && 't' in arg && typeof arg.t === 'number' ? arg.t : null;

/** The lengths of two tensors along the one axis, counted from the last, where they do not fit each other. */
const lengthsApart = (a: ValueId, b: ValueId, builder: Builder): readonly [number, number] | null => {
  const [one, other] = [builder.typeOf(a).shape, builder.typeOf(b).shape];
  if (!isStatic(one) || !isStatic(other)) return null;
  const apart = one.flatMap((length, at) => {
    const beside = other.at(at - one.length);
    return beside !== undefined && beside !== length && length !== 1 && beside !== 1 ? [[length, beside] as const] : [];
  });
  return apart.length === 1 ? apart[0]! : null;
};

/** Whether an input has an axis of a length; of pictures, no side is one. */
const isOfLength = (spec: InputSpec | undefined, length: number): boolean =>
  spec !== undefined && spec.shape.length < 4 && spec.shape.lastIndexOf(length) > 0;

/** Which inputs a value comes from. */
const sourcesOf = (value: ValueId, builder: Builder): readonly number[] => {
  const needed = new Set([value]);
  for (const { inputs, outputs } of builder.nodes.toReversed())
    if (outputs.some((output) => needed.has(output))) for (const input of inputs) if (input !== null) needed.add(input);
  return builder.inputs.flatMap((input, at) => (needed.has(input) ? [at] : []));
};

/** Which input a value comes from; -1 where it comes from none, or from several. */
const soleInput = (value: ValueId, builder: Builder): number => {
  const found = sourcesOf(value, builder);
  return found.length === 1 ? found[0]! : -1;
};
