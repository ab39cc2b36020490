/** What the message of a Python error tells of the inputs that would have been taken. */

import type { InputSpec } from '../types.ts';
import type { Signature } from './findInputs.ts';

/** Arguments that a model hardly ever needs beside its inputs, or that stand for another one. */
const SPARE = /mask$|embeds$|(^|_)(positions?|labels?|past|cache|bias|targets?)(_|$)|^head_/;

/** Where in a text something stands that is no word. */
const PLACES = /^(image|visual|video|audio)_.*position.*mask$/;

/** The next optional tensor that a model seems to have missed: one that the message names, else the first it may need. */
export const missedArgument = (
  message: string,
  { optional, tensors }: Signature,
  given: readonly InputSpec[],
): string | null => {
  const left = optional.filter((name) => !given.some((spec) => spec.name === name));
  const isNamed = (name: string | undefined): boolean =>
    name !== undefined && new RegExp(`\\b${name}\\b`).test(message);
  // What is given already is missed by another part of the model, or another name for it is.
  const own = given.filter((spec) => isNamed(spec.name));
  const named = left.find((name) => (own.length > 0 ? own.some((spec) => isPartner(name, spec)) : isNamed(name)));
  if (named !== undefined) return named;
  // A part calls its own argument shorter than the model does.
  const words: readonly string[] = message.match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? [];
  const longer = left.find((name) => !SPARE.test(name) && words.some((word) => name.endsWith(`_${word}`)));
  if (longer !== undefined) return longer;
  if (!message.includes('NoneType')) return null;
  const likely = left.filter((name) => !SPARE.test(name));
  const said = likely.find((name) => tensors.includes(name)) ?? left.find((name) => PLACES.test(name));
  return said ?? (likely.length === 1 ? likely[0]! : null);
};

/** Whether an argument is for another part of a model what a given one is for the first: `decoder_input_ids` for `input_ids`. */
const isPartner = (name: string, given: InputSpec): boolean =>
  given.name !== undefined && name.endsWith(`_${given.name}`);

/** The inputs with one length exchanged, where the message names one of theirs and one other number; null otherwise. */
export const saidLength = (message: string, inputs: readonly InputSpec[]): readonly InputSpec[] | null => {
  const numbers = new Set((message.match(/(?<![\w.])\d+(?![\w.]\w)/g) ?? []).map(Number));
  const isOwn = (number: number): boolean => inputs.some(({ shape }) => shape.slice(1).includes(number));
  const [own = [], other = []] = [[...numbers].filter(isOwn), [...numbers].filter((number) => !isOwn(number))];
  const [given, wanted] = [own[0], other[0]];
  // Small numbers count axes, batches and arguments.
  if (own.length !== 1 || other.length !== 1 || given === undefined || wanted === undefined) return null;
  if (wanted < 8 || wanted > 1e6) return null;
  return inputs.map((spec) => ({
    ...spec,
    shape: spec.shape.map((length, axis) => (axis > 0 && length === given ? wanted : length)),
  }));
};

/** The widest picture that is tried where a model says that one is too small. */
const LARGEST = 2048;

/**
 * The inputs with other sides of their pictures, where the message holds the size that it refuses and the one it wants, as in
 * `1792*448 … 896*448`, or says of a size that it is too small; null otherwise.
 */
export const saidSides = (message: string, inputs: readonly InputSpec[]): readonly InputSpec[] | null => {
  const [, ...sides] = inputs[0]?.shape.length === 4 ? inputs[0].shape.slice(1) : [];
  if (sides.length !== 2) return null;
  const pairs = [...message.matchAll(/(\d+)\s?[*x×]\s?(\d+)/g)].map((one) => [Number(one[1]), Number(one[2])]);
  const [given, wanted] = pairs;
  const ratios = given && wanted && given.map((length, at) => wanted[at]! / length);
  // What a model made of its pictures, as when it lays two of them beside each other, is so many times as large.
  const isTimes = given?.every((length, at) => length % sides[at]! === 0) ?? false;
  const factors =
    isTimes && ratios ? ratios : pairs.length === 1 && isTimes && /too small/.test(message) ? [2, 2] : null;
  const made = factors && sides.map((side, at) => side * factors[at]!);
  if (!made?.every((side) => Number.isInteger(side) && side >= 1 && side <= LARGEST)) return null;
  const isAlike = ({ shape }: InputSpec): boolean =>
    shape.length === 4 && sides.every((side, at) => shape[at + 2] === side);
  const changed = inputs.map((spec) =>
    isAlike(spec) ? { ...spec, shape: [...spec.shape.slice(0, 2), ...made] } : spec,
  );
  return JSON.stringify(changed) === JSON.stringify(inputs) ? null : changed;
};

/** The inputs with one more axis behind the batch in the only one beside the first that a model unpacked in too many lengths. */
export const saidAxis = (message: string, inputs: readonly InputSpec[]): readonly InputSpec[] | null => {
  const [wanted = NaN, given = NaN] =
    /values to unpack \(expected (\d), got (\d)\)/.exec(message)?.slice(1).map(Number) ?? [];
  const fits = inputs.flatMap(({ shape }, at) => (shape.length === given ? [at] : []));
  const [at = 0] = fits;
  if (wanted !== given + 1 || fits.length !== 1 || at === 0) return null;
  const [batch = 1, ...rest] = inputs[at]!.shape;
  return inputs.with(at, { ...inputs[at]!, shape: [batch, 1, ...rest] });
};
