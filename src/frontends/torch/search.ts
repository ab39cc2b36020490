/** Looks for inputs on which a model runs. */

import type { DType } from '../../ir/type.ts';
import { isStatic } from '../../ir/type.ts';
import type { InputSpec } from '../types.ts';
import type { Attempt, Built, GuessInputs } from './attempt.ts';
import { enlarged, isLastingError, lastingProblems, variantsOf } from './blame.ts';
import type { Signature } from './findInputs.ts';
import { guessInputs, saidSize, wantsLargeImages } from './findInputs.ts';
import { learnLengths } from './learnLengths.ts';
import { missedArgument, saidAxis, saidLength, saidSides } from './learnMessages.ts';
import { learnShapes } from './learnShapes.ts';
import { learnSizes } from './learnSizes.ts';
import { learnOther } from './otherInputs.ts';

/** Strict attempts before the best one is taken as it is. */
const ATTEMPTS = 24;

/** Optional inputs that are given because failed attempts seem to have missed them. */
const MORE = 3;

export type Try = (guess: GuessInputs, strict: boolean) => Attempt;

export interface Doubt {
  readonly message: string;
  readonly frames: readonly number[];
}

/** What was found for a model. */
export interface Search {
  readonly best: Attempt;
  /** No guess ran, and what was wrong with the best one says nothing of the model: it is told here, and of no node. */
  readonly doubt: Doubt | null;
}

/**
 * Tries inputs until one runs through; else takes the one that came furthest, with those of its problems that are not the
 * guess's own. `remakes`: the same for the model with other arguments, where its own are guesses too; else null.
 */
export const search = (
  attempt: Try,
  known: readonly (readonly InputSpec[] | undefined)[],
  remakes: readonly Try[] | null,
): Search => {
  const guessed = remakes !== null;
  const sure = (best: Attempt): Search => ({ best, doubt: null });
  const tried = new Set<string>();
  let wide: readonly InputSpec[] = [];
  const learnt = new Map<string, InputSpec>();
  const resized: (readonly InputSpec[])[] = [];
  const missed: string[] = [];
  /** Ranks of the first inputs beside which those were missed. */
  const missedBeside = new Set<number>();
  let furthest: Attempt | null = null;
  let stretched: readonly InputSpec[] | null = null;
  /** What the guesses are in; null for what the model's parameters are in. */
  let floating: DType | null = null;
  const next = (built: Built): readonly InputSpec[] | null => {
    const examples = examplesOf(built);
    const guesses = [
      ...resized,
      ...examples.slice(0, built.own),
      ...known.filter((one) => one !== undefined && fits(one, built)),
      ...examples.slice(built.own),
      ...guessesWith(built, missed, missedBeside, wide, learnt).map((list) =>
        inDtype(list, floating ?? built.floating),
      ),
    ];
    const found = guesses.find((guess) => !tried.has(JSON.stringify(guess)));
    if (found) tried.add(JSON.stringify(found));
    return found ?? null;
  };
  const progress = (one: Attempt): number => one.session.builder.nodes.length;
  for (let count = 0; count < ATTEMPTS; count++) {
    const now = attempt(next, true);
    if (now.built === null)
      return guessed && now.error ? { best: { ...now, error: null }, doubt: now.error } : sure(now);
    if (now.inputs.length === 0 && count > 0) break;
    if (!now.failed && (isStretched(now) || isOnePatch(now)) && !isExample(now)) {
      stretched ??= now.inputs;
      continue;
    }
    if (!now.failed) {
      const smaller = preferSmall(now);
      if (smaller && !tried.has(JSON.stringify(smaller))) {
        tried.add(JSON.stringify(smaller));
        const other = attempt(() => smaller, true);
        return sure(other.failed ? attempt(() => now.inputs, true) : other);
      }
      return sure(now);
    }
    const tells = { ...now, hints: now.built.hints, message: now.error?.message ?? '' };
    if (now.built.floating !== 'float32' && isOfOtherDtype(now)) floating = 'float32';
    const other = learnOther(tells);
    if (other?.name !== undefined) learnt.set(other.name, other);
    else wide = learnShapes(tells) ?? wide;
    const longer =
      learnLengths(tells) ??
      saidSides(tells.message, now.inputs) ??
      saidLength(tells.message, now.inputs) ??
      saidAxis(tells.message, now.inputs);
    if (longer) resized.unshift(longer);
    for (const shape of learnSizes(tells) ?? []) resized.push(now.inputs.with(0, { ...now.inputs[0]!, shape }));
    const more = missed.length < MORE ? missedArgument(tells.message, now.built.signature, now.inputs) : null;
    if (more !== null) missed.push(more);
    if (more !== null) missedBeside.add(now.inputs[0]?.shape.length ?? 0);
    const before = furthest?.error?.message;
    if (furthest === null || progress(now) > progress(furthest)) furthest = now;
    // A Python error that has nothing to do with shapes comes back with every input.
    if (count >= 3 && now.error && before === now.error.message && isIndependent(before)) break;
  }
  if (stretched) {
    const inputs = stretched;
    return sure(attempt(() => inputs, true));
  }
  const own = furthest?.built && furthest.built.own > 0 ? examplesOf(furthest.built)[0] : undefined;
  if (own) return sure(attempt(() => own, false));
  return judge(attempt, furthest, remakes);
};

/** A run that reports everything, without what is wrong with its guesses. */
const judge = (attempt: Try, furthest: Attempt | null, remakes: readonly Try[] | null): Search => {
  const inputs = furthest?.inputs ?? [];
  const variants = furthest === null ? [] : variantsOf(furthest);
  const others = variants.map((variant) => attempt(() => variant, false));
  const best = attempt(() => inputs, false);
  const changed = (): readonly Attempt[] => [
    ...enlarged(inputs).map((other) => attempt(() => other, false)),
    ...(remakes ?? []).map((remake) => remake(() => inputs, false)),
  ];
  const lasting = lastingProblems(best, others, changed, remakes !== null);
  const lastingError = isLastingError(best, others, remakes !== null);
  const first = best.session.builder.nodes.find(({ problems }) => problems.length > 0);
  const doubt = first ? { message: first.problems[0]!.message, frames: best.session.framesAt(first) } : best.error;
  const { steeredAt } = best.session;
  // Behind something unknown nothing is known to be wrong.
  const isEarly = first !== undefined && (steeredAt === null || best.session.builder.nodes.indexOf(first) < steeredAt);
  best.session.forgive((at) => !lasting.has(at));
  if (steeredAt !== null && !isEarly) return { best, doubt: null };
  const kept = lastingError ? best : { ...best, error: null };
  return { best: kept, doubt: lasting.size > 0 || lastingError ? null : doubt };
};

/** Guessed numbers with a fraction in another element type. */
const inDtype = (inputs: readonly InputSpec[], floating: DType): readonly InputSpec[] =>
  inputs.map((spec) => (spec.dtype === 'float32' ? { ...spec, dtype: floating } : spec));

const isOfOtherDtype = ({ session }: Attempt): boolean =>
  session.builder.nodes.some(({ problems }) => problems.some(({ code }) => code === 'dtype-mismatch'));

/** What the file feeds its models, as inputs of this one. */
const examplesOf = ({ examples }: Built): readonly (readonly InputSpec[])[] =>
  examples.map((rows) =>
    rows.map(([name, dtype, shape, bound, place]) => ({
      name,
      dtype,
      shape,
      ...(bound !== null && { bound }),
      ...(place !== null && { place }),
    })),
  );

/** False of inputs that belong to arguments which the model no longer has. */
const fits = (inputs: readonly InputSpec[], { signature: { needed, optional, plain } }: Built): boolean => {
  const names = new Set([...needed, ...optional, ...(plain ?? [])]);
  return inputs.every(({ name }) => name === undefined || names.has(name));
};

/** So many guesses with what was missed come before those of other ranks, which may do without it. */
const FIRST = 4;

/** Guesses with optional inputs that were missed: what a sequence needs beside it, a picture may not. */
const guessesWith = (
  { hints, signature }: Built,
  missed: readonly string[],
  ranks: ReadonlySet<number>,
  ...known: [wide: readonly InputSpec[], learnt: ReadonlyMap<string, InputSpec>]
): readonly (readonly InputSpec[])[] => {
  const all = guessInputs(hints, withMore(signature, missed), ...known);
  if (missed.length === 0) return all;
  const missedIt = ([first]: readonly InputSpec[]): boolean => ranks.has(first?.shape.length ?? 0);
  const plain = guessInputs(hints, signature, ...known).filter((guess) => !missedIt(guess));
  return [...all.filter(missedIt).slice(0, FIRST), ...plain, ...all];
};

const withMore = (signature: Signature, more: readonly string[]): Signature => ({
  ...signature,
  needed: [...signature.needed, ...more],
  plain: signature.plain && [...signature.plain, ...more],
});

const isIndependent = (message: string): boolean =>
  /^(NameError|AttributeError|ImportError|NotImplementedError)/.test(message);

const isExample = ({ inputs, built }: Attempt): boolean =>
  examplesOf(built!).some((one) => JSON.stringify(one) === JSON.stringify(inputs));

/** Whether a parameter, as a table of positions, repeats what it is added to: a guess so small that it fits any table. */
const isStretched = ({ session: { builder } }: Attempt): boolean => {
  const parameters = new Set(builder.parameters.map(({ value }) => value));
  return builder.nodes.some(({ op, inputs, outputs }) => {
    const [a, b] = inputs;
    if (op !== 'Add' || typeof a !== 'number' || typeof b !== 'number') return false;
    const [table, value] = parameters.has(a) ? [a, b] : [b, a];
    if (!parameters.has(table) || parameters.has(value)) return false;
    const [own, made] = [builder.typeOf(value).shape, builder.typeOf(outputs[0]!).shape];
    if (!isStatic(own) || !isStatic(made)) return false;
    return own.length === made.length && own.some((length, axis) => axis > 0 && length === 1 && made[axis] !== 1);
  });
};

/** Whether a picture is no larger than one of the patches that a model cuts it into, and so all that is cut off it is lost. */
const isOnePatch = ({ session: { builder }, inputs: [first] }: Attempt): boolean => {
  if (first?.shape.length !== 4) return false;
  const layer = builder.nodes.find(({ op }) => op === 'MatMul' || op === 'Gemm');
  const taken = typeof layer?.inputs[0] === 'number' ? builder.typeOf(layer.inputs[0]).shape : null;
  const width = first.shape.slice(1).reduce((product, length) => product * length, 1);
  return (
    taken !== null && taken.length > 2 && taken.at(-1) === width && taken.slice(1, -1).every((length) => length === 1)
  );
};

/** By how much the picture shrinks: the input's height over the smallest height that a convolution or pool makes. */
const shrinkage = ({ session: { builder } }: Attempt): number => {
  const [input] = builder.inputs;
  const size = input === undefined ? null : builder.typeOf(input).shape;
  if (!isStatic(size ?? null) || size!.length !== 4) return 1;
  let least = size![2]!;
  for (const node of builder.nodes) {
    if (node.op !== 'Conv' && node.op !== 'MaxPool') continue;
    const shape = builder.typeOf(node.outputs[0]!).shape;
    if (isStatic(shape) && shape.length === 4 && shape[2]! > 1) least = Math.min(least, shape[2]!);
  }
  return size![2]! / least;
};

/** A picture that hardly shrinks was meant to be small: 32 pixels, unless the layers say otherwise. */
const preferSmall = (done: Attempt): readonly InputSpec[] | null => {
  const [input] = done.inputs;
  if (isExample(done)) return null;
  if (done.inputs.length !== 1 || !input || input.shape.length !== 4 || input.shape[2] !== 224) return null;
  const { hints } = done.built!;
  if (saidSize(hints) || wantsLargeImages(hints) || shrinkage(done) >= 32) return null;
  return [{ ...input, shape: [input.shape[0]!, input.shape[1]!, 32, 32] }];
};
