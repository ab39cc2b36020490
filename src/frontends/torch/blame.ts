/**
 * Whose a mistake is when no guess of a model's inputs runs. The user's own stays the same whatever the inputs' lengths are: a
 * skip that adds 64 channels to 128. What a guess got wrong moves with the guess, or lies on the input itself.
 */

import type { Node, ValueId } from '../../ir/graph.ts';
import type { InputSpec } from '../types.ts';
import type { Attempt, Failure } from './attempt.ts';

/** Two other guesses of the same kind: the same rank and channels, other lengths. */
export const variantsOf = (inputs: readonly InputSpec[]): readonly (readonly InputSpec[])[] => {
  const isFlat = ({ dtype, shape }: InputSpec): boolean => dtype === 'float32' && shape.length <= 2;
  const batched = inputs[0] !== undefined && isFlat(inputs[0]);
  const isScaled = ({ dtype, shape }: InputSpec, axis: number): boolean => {
    if (batched || shape.length <= 1) return batched && axis === 0;
    if (shape.length === 2) return dtype !== 'float32' && axis === 1;
    return shape.length === 3 ? axis === 1 && shape[1]! > 3 : axis >= 2;
  };
  return [2, 3].map((factor) =>
    inputs.map((one) => ({
      ...one,
      shape: one.shape.map((length, axis) => (isScaled(one, axis) ? length * factor : length)),
    })),
  );
};

const WEIGHTED = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'LSTM', 'GRU', 'RNN', 'Gather']);
const MERGES = new Set(['Add', 'Sub', 'Mul', 'Div', 'Concat']);

interface Found {
  readonly at: number;
  readonly key: string;
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
  return nodes.flatMap((node, at) => {
    if (node.problems.length === 0 || (guessedArguments && !MERGES.has(node.op))) return [];
    // Numbers that were guessed too small leave nothing of a tensor.
    const isEmpty = (value: ValueId | null): boolean =>
      value !== null && (session.builder.typeOf(value).shape?.includes(0) ?? false);
    if (guessedArguments && node.inputs.some(isEmpty)) return [];
    const seen = new Set<ValueId>();
    for (const input of node.inputs) if (input !== null) behind(input, seen);
    const taken = [...seen].some((value) => WEIGHTED.has(makers.get(value)?.op ?? ''));
    if (!taken || inputs.some((input, index) => index > 0 && seen.has(input))) return [];
    const place = session.framesAt(node).join();
    return [
      { at, key: node.problems.map(({ code, message }) => `${code} ${withoutLengths(message)} ${place}`).join() },
    ];
  });
};

/** Channels stay what they are when a guess is scaled; of the axes behind them, only which side is longer does. */
const withoutLengths = (message: string): string =>
  message
    .replace(/\[[^\]]*\]/g, '')
    .replace(/axis (\d+): (\d+) and (\d+)/g, (said, axis: string, a: string, b: string) =>
      Number(axis) < 2 ? said : `axis ${axis} ${Number(a) < Number(b)}`,
    );

/** Indices of the nodes whose problems come back with every other guess. */
export const lastingProblems = (
  run: Attempt,
  others: readonly Attempt[],
  guessedArguments: boolean,
): ReadonlySet<number> => {
  const keys = others.map((other) => new Set(candidates(other, guessedArguments).map(({ key }) => key)));
  const found = candidates(run, guessedArguments).filter(({ key }) => keys.every((one) => one.has(key)));
  return new Set(found.map(({ at }) => at));
};

const PLAIN = /^(NameError|UnboundLocalError|ImportError|ModuleNotFoundError|NotImplementedError|RecursionError)\b/;
const BUG = /^(AttributeError|TypeError|KeyError|ZeroDivisionError|DataDependent)\b/;
/** What a value of the wrong kind is answered with. */
const MISFED = /Tensor|NoneType|Namespace|torch\.Size|\btuple\b/;

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
