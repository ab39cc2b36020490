/**
 * Whose a mistake is when no guess of a model's inputs runs. The user's own stays the same whatever the inputs' lengths are: a
 * skip that adds 64 channels to 128. What a guess got wrong moves with the guess, or lies on the input itself.
 */

import type { Node, ValueId } from '../../ir/graph.ts';
import { isFloat } from '../../ir/type.ts';
import type { InputSpec } from '../types.ts';
import type { Attempt, Failure } from './attempt.ts';

/** Two other guesses of the same kind as a run's: the same rank and channels, other lengths. */
export const variantsOf = ({ inputs, session }: Attempt): readonly (readonly InputSpec[])[] => {
  const isFlat = ({ dtype, shape }: InputSpec): boolean => isFloat(dtype) && shape.length <= 2;
  const flat = inputs[0] !== undefined && isFlat(inputs[0]);
  // What is convolved is a series: its length is none of the model's widths.
  const series = flat && session.builder.nodes.find(({ op }) => WEIGHTED.has(op))?.op === 'Conv';
  const batched = flat && !series;
  const isScaled = ({ dtype, shape }: InputSpec, axis: number): boolean => {
    if (series && shape.length <= 2) return axis === 1;
    if (batched || shape.length <= 1) return batched && axis === 0;
    if (shape.length === 2) return !isFloat(dtype) && axis === 1;
    return shape.length === 3 ? axis === 1 && shape[1]! > 3 : axis >= 2;
  };
  return [2, 3].map((factor) =>
    inputs.map((one) => ({
      ...one,
      shape: one.shape.map((length, axis) => (isScaled(one, axis) ? length * factor : length)),
    })),
  );
};

/** The inputs with each but the first in turn twice as long along all axes. */
export const enlarged = (inputs: readonly InputSpec[]): readonly (readonly InputSpec[])[] =>
  inputs
    .slice(1)
    .map((other) =>
      inputs.map((one) => (one === other ? { ...one, shape: one.shape.map((length) => 2 * length) } : one)),
    );

const WEIGHTED = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'LSTM', 'GRU', 'RNN', 'Gather']);
const MERGES = new Set(['Add', 'Sub', 'Mul', 'Div', 'Concat']);

/** Layers whose inputs have a certain number of axes. */
const RANKED = /^(Conv|ConvTranspose|LSTM|GRU|RNN|Gather)$/;
const MISSED_AXIS = /^Dimension out of range/;

interface Found {
  readonly at: number;
  /** What stays the same of the problem whatever the guess is, in one way of looking at it or another. */
  readonly keys: readonly string[];
  /** Pairs of lengths behind the channels that it says do not fit. */
  readonly lengths: readonly (readonly [string, string])[];
}

/** The problems of a run that may be the user's: those behind a layer that took what the model's first input became. */
const candidates = ({ session }: Attempt, guessedArguments: boolean): readonly Found[] => {
  const { nodes, inputs } = session.builder;
  const makers = new Map<ValueId, Node>(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const behind = (value: ValueId, seen: Set<ValueId>): void => {
    if (seen.has(value)) return;
    seen.add(value);
    for (const input of makers.get(value)?.inputs ?? []) if (input !== null) behind(input, seen);
  };
  const before = (values: readonly (ValueId | null)[]): ReadonlySet<ValueId> => {
    const seen = new Set<ValueId>();
    for (const value of values) if (value !== null) behind(value, seen);
    return seen;
  };
  const isTaken = (seen: ReadonlySet<ValueId>): boolean =>
    [...seen].some((value) => WEIGHTED.has(makers.get(value)?.op ?? ''));
  // Where a layer refused what was guessed, what it made does not go with the guess itself either.
  const refused = nodes.some(
    ({ op, problems, inputs: taken }) => problems.length > 0 && WEIGHTED.has(op) && !isTaken(before(taken)),
  );
  const isGuess = (value: ValueId | null): boolean => {
    const seen = before([value]);
    return !isTaken(seen) && inputs.some((input) => seen.has(input));
  };
  const ranked = RANKED.test(nodes.find(({ op }) => WEIGHTED.has(op))?.op ?? '');
  return nodes.flatMap((node, at) => {
    // How many axes the input has was guessed too, where no layer tells.
    if (!ranked && node.problems.some(({ message }) => MISSED_AXIS.test(message))) return [];
    if (node.problems.length === 0) return [];
    // Numbers that were guessed too small leave nothing of a tensor.
    const isEmpty = (value: ValueId | null): boolean =>
      value !== null && (session.builder.typeOf(value).shape?.includes(0) ?? false);
    if (guessedArguments && node.inputs.some(isEmpty)) return [];
    if (refused && MERGES.has(node.op) && node.inputs.some(isGuess)) return [];
    const seen = before(node.inputs);
    if (!isTaken(seen)) return [];
    const place = session.framesAt(node).join();
    const ways = node.problems.map(({ code, message }) => lasting(message).map((stays) => `${code} ${stays} ${place}`));
    const keys = ways.reduce((sofar, more) => sofar.flatMap((one) => more.map((other) => `${one},${other}`)));
    return [{ at, keys, lengths: node.problems.flatMap(({ message }) => lengthsOf(message)) }];
  });
};

/** Lengths of axes behind the channels, as `axis 2: 16 and 64` gives them. */
const lengthsOf = (message: string): readonly (readonly [string, string])[] =>
  [...withAxes(message).matchAll(AXIS)].flatMap(([, axis, a, b]) => (Number(axis) < 2 ? [] : [[a!, b!] as const]));

/** Whether only one of two lengths has moved with the guess: it was guessed to fit no table of the other length. */
const missesTable = (one: Found, other: Found): boolean =>
  one.lengths.some(([a, b], index) => {
    const [c, d] = other.lengths[index] ?? [];
    return (a === c) !== (b === d);
  });

/**
 * What another guess leaves of a message. A tensor is seen in another shape by the user's mistake where the shape is written
 * out, or where it holds so many times too much of what it is made from; a number that comes from the guess alone is none.
 */
const lasting = (message: string): readonly string[] => {
  const [, shape, size] = /^shape '\[([^\]]*)\]' is invalid for input of size (\d+)/.exec(message) ?? [];
  if (shape === undefined) return perAxis(message).map(withoutLengths);
  const asked = shape.split(',').reduce((product, length) => product * Math.abs(Number(length)), 1);
  return [`written ${shape}`, `times ${(asked / Number(size)).toPrecision(9)}`];
};

/** Channels stay what they are when a guess is scaled; of the axes behind them, only which side is longer does. */
const withoutLengths = (message: string): string =>
  message
    .replace(/\[[^\]]*\]/g, '')
    .replace(AXIS, (said, axis: string, a: string, b: string) =>
      Number(axis) < 2 ? said : `axis ${axis} ${Number(a) < Number(b)}`,
    );

/** A message that names axes, once for each of them. */
const perAxis = (message: string): readonly string[] => {
  const whole = withAxes(message);
  const axes = whole.match(AXIS) ?? [];
  return axes.length === 0 ? [whole] : axes.map((axis) => `${whole.split(axes[0]!)[0]!}${axis}`);
};

const AXIS = /axis (\d+): (\d+) and (\d+)/g;

/** A message on what cannot be joined, with the axes along which it differs from the first written out as for what does not broadcast. */
const withAxes = (message: string): string => {
  const joined = Number(/cannot be joined along axis (\d+)/.exec(message)?.[1] ?? -1);
  if (joined < 0) return message;
  const [first = [], ...others] = [...message.matchAll(/\[([^\]]*)\]/g)].map(([, shape = '']) => shape.split(', '));
  const apart = others.flatMap((other) =>
    other.flatMap((length, axis) =>
      axis === joined || length === first[axis] ? [] : [`axis ${axis}: ${first[axis] ?? 0} and ${length}`],
    ),
  );
  return `${message} ${apart.join(', ')}`;
};

/** Whether the model turns a guess down in its own words, where it goes on with the run's: of one size only, it has no other. */
const isTurnedDown = ({ error }: Attempt, run: Attempt, guessedArguments: boolean): boolean =>
  error !== null &&
  (REFUSAL.test(error.message) || (guessedArguments && UNFIT.test(error.message))) &&
  error.frames.join() !== run.error?.frames.join();

const REFUSAL = /^(AssertionError|ValueError)\b/;
/** Its size goes with arguments that were guessed: those tell. */
const UNFIT = /^EinopsError\b/;

/**
 * Indices of the nodes whose problems come back with every other guess that the model takes. `changed`: runs in which one of
 * the numbers that were guessed is another; of the first input, `others` say that.
 */
export const lastingProblems = (
  run: Attempt,
  others: readonly Attempt[],
  changed: () => readonly Attempt[],
  guessedArguments: boolean,
): ReadonlySet<number> => {
  const taken = others.filter((other) => !isTurnedDown(other, run, guessedArguments));
  const seen = taken.map(
    (other) => new Map(candidates(other, guessedArguments).flatMap((one) => one.keys.map((key) => [key, one]))),
  );
  const found = candidates(run, guessedArguments).filter((one) =>
    one.keys.some((key) => seen.map((others) => others.get(key)).every((other) => other && !missesTable(one, other))),
  );
  const certain = run.session.builder.nodes.flatMap(({ problems }, at) =>
    problems.some(({ code }) => code === 'repeated-axis') ? [at] : [],
  );
  const kept = found.length === 0 ? found : unchanged(run, found, changed(), taken.length > 0);
  return withoutConsequences(run, new Set([...certain, ...kept.map(({ at }) => at)]));
};

/**
 * Those for which it makes no difference which numbers were guessed: two lengths stay as far apart, or as many times as long.
 * `isSeen`: the model took another guess; where it did not, and takes no other number either, nothing tells.
 */
const unchanged = (
  run: Attempt,
  found: readonly Found[],
  changed: readonly Attempt[],
  isSeen: boolean,
): readonly Found[] => {
  const relationsAt = ({ session }: Attempt, at: number): readonly string[] => {
    const node = session.builder.nodes[at]!;
    const place = session.framesAt(node).join();
    const said = node.problems.flatMap(({ code, message }) => perAxis(message).map((one) => [code, one] as const));
    return said.flatMap(([code, message]) => relationsOf(message).map((one) => `${code} ${one} ${place}`));
  };
  // What one fails of in its own way is not reached in it, or not said.
  const taken = changed.filter(({ built, error }) => built !== null && error === null);
  if (taken.length === 0 && changed.length > 0 && !isSeen) return [];
  const seen = taken.map((one) => new Set(one.session.builder.nodes.flatMap((_, at) => relationsAt(one, at))));
  return found.filter(({ at }) => relationsAt(run, at).some((key) => seen.every((one) => one.has(key))));
};

/** How the two numbers of a message, or the elements of two shapes, stand to each other. */
const relationsOf = (message: string): readonly string[] => {
  const brackets = message.match(/\[[^\]]*\]/g) ?? [];
  const listed = (text = ''): readonly number[] => (text.match(/\d+/g) ?? []).map(Number);
  const plain = listed(message.replace(/\[[^\]]*\]|axis \d+/g, ''));
  const last = listed(brackets.at(-1));
  const total = message.includes(' sum ') ? last.reduce((a, b) => a + b, 0) : last.reduce((a, b) => a * b, 1);
  const [a, b = total] = plain;
  if (a === undefined || (plain.length < 2 && last.length === 0)) return [];
  return [`apart ${a - b}`, `times ${(a / b).toPrecision(9)}`];
};

/** Those that do not lie behind what a guess got wrong: what such a node gives is a guess too. */
const withoutConsequences = ({ session: { builder } }: Attempt, lasting: ReadonlySet<number>): ReadonlySet<number> => {
  const wrong = new Set<ValueId>();
  const kept = new Set<number>();
  builder.nodes.forEach(({ inputs, outputs, problems }, at) => {
    const isBehind = inputs.some((input) => input !== null && wrong.has(input));
    if (lasting.has(at) && !isBehind) kept.add(at);
    else if (isBehind || problems.length > 0) for (const output of outputs) wrong.add(output);
  });
  return kept;
};

const PLAIN = /^(NameError|UnboundLocalError|ImportError|ModuleNotFoundError|NotImplementedError|RecursionError)\b/;
const BUG = /^(AttributeError|TypeError|KeyError|ZeroDivisionError|DataDependent)\b/;
/** What a value of the wrong kind is answered with. */
const MISFED = /Tensor|NoneType|Namespace|torch\.Size|\btuple\b(?! of ints)/;

/** Whether a Python error is the user's: it is none of shapes, and comes back with every other guess. */
export const isLastingError = ({ error }: Attempt, others: readonly Attempt[], guessedArguments: boolean): boolean => {
  if (error === null) return false;
  if (error.code === 'data-dependent-value') return true;
  const same = ({ message, frames }: Failure): boolean =>
    message === error.message && frames.join() === error.frames.join();
  if (error.frames.length === 0 || !others.every((one) => one.error !== null && same(one.error))) return false;
  if (MISFED.test(error.message)) return false;
  return PLAIN.test(error.message) || (!guessedArguments && BUG.test(error.message));
};
