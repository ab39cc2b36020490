/** Guesses of a model's inputs, best first, from its layers and the names of forward's arguments. */

import type { InputSpec } from '../types.ts';
import { otherInputs } from './otherInputs.ts';

/** What the shim says of layers that tell something about their input: class name, then attributes. */
export type Hint = readonly [string, ...unknown[]];

export interface Signature {
  readonly needed: readonly string[];
  readonly optional: readonly string[];
  /** Of the optional ones, those that are said to be tensors. */
  readonly tensors: readonly string[];
  /** The first may be a list of tensors. */
  readonly listed: boolean;
}

const first = (value: unknown): number => (Array.isArray(value) ? Number(value[0]) : Number(value));

const IMAGE_SIZES = [224, 32, 28, 64, 96, 128, 256, 299, 384, 512, 572, 16, 48, 112, 240];
/** Height and width where the model itself says how large its pictures are. */
export const saidSize = (hints: readonly Hint[]): readonly [number, number] | null => {
  const value = hints.find(([kind]) => kind === 'Size')?.[1];
  const numbers = (Array.isArray(value) ? value : [value, value]).map(Number);
  // Channels stand before or after.
  const sides = numbers.length === 3 ? (numbers[0]! <= 4 ? numbers.slice(1) : numbers.slice(0, 2)) : numbers;
  const fits = sides.length === 2 && sides.every((side) => Number.isInteger(side) && side >= 8 && side <= 2048);
  return fits ? [sides[0]!, sides[1]!] : null;
};

const LENGTHS = [128, 64, 32, 16, 256, 512, 8, 1024, 10, 20, 50, 100];

/** Whether the layers look like a network for large pictures: a strided stem, or a thousand classes. */
export const wantsLargeImages = (hints: readonly Hint[]): boolean => {
  const stem = hints.find(([kind]) => kind.startsWith('Conv'));
  const classes = hints.filter(([kind]) => kind === 'Linear').at(-1)?.[2];
  const convClasses = hints.filter(([kind]) => kind === 'Conv2d').at(-1)?.[4];
  return (stem !== undefined && first(stem[3]) >= 2) || Number(classes) >= 1000 || Number(convClasses) === 1000;
};

/** Pictures with this many channels, likely sizes first. */
export const imageShapes = (channels: number, hints: readonly Hint[]): readonly (readonly number[])[] => {
  const large = wantsLargeImages(hints);
  const order = channels === 1 ? [28, ...IMAGE_SIZES] : large ? IMAGE_SIZES : [32, ...IMAGE_SIZES];
  const said = saidSize(hints);
  const usual = [...new Set(order)].map((size) => [1, channels, size, size]);
  return said ? [[1, channels, ...said], ...usual] : usual;
};

/** What a first layer takes whose width is not known. */
const usualWidth = (kind: string): number => (kind.startsWith('Conv') ? 3 : kind === 'Embedding' ? 2 : 64);

/** Shapes for the first input, from the first layer that says what it takes. */
const shapesFor = (hints: readonly Hint[]): readonly InputSpec[] => {
  const floats = (shapes: readonly (readonly number[])[]): InputSpec[] =>
    shapes.map((shape) => ({ dtype: 'float32', shape }));
  const hint = hints.find(([kind]) => !['MaxPool2d', 'TransformerEncoderLayer', 'Size', 'Channels'].includes(kind));
  if (!hint)
    return floats([
      [1, 3, 224, 224],
      [1, 3, 32, 32],
      [1, 64],
      [1, 16, 64],
      [1, 64, 32, 32],
      [1, 64, 56, 56],
    ]);
  const [kind, size] = hint;
  const width = Number(size ?? usualWidth(kind));
  switch (kind) {
    case 'Conv1d':
    case 'ConvTranspose1d':
      return floats([
        ...[1024, 128, 256, 512, 64, 16000, 4096, 32].map((length) => [1, width, length]),
        ...(width === 1 ? [[1, 16000]] : []),
        ...[128, 1024, 32].map((length) => [1, length, width]),
      ]);
    case 'Conv2d':
    case 'ConvTranspose2d': {
      const shapes = floats(imageShapes(width, hints));
      return kind === 'ConvTranspose2d'
        ? floats([
            [1, width, 1, 1],
            [1, width, 8, 8],
            [1, width],
          ]).concat(shapes)
        : shapes;
    }
    case 'Conv3d':
    case 'ConvTranspose3d':
      return floats([
        [1, width, 16, 112, 112],
        [1, width, 16, 64, 64],
        [1, width, 32, 32, 32],
        [1, width, 8, 224, 224],
        [1, width, 16, 224, 224],
        [1, 16, width, 224, 224],
        [1, 8, width, 224, 224],
      ]);
    case 'Embedding':
      // A single sentence, without a batch, comes last.
      return [...LENGTHS.map((length) => [1, length]), [LENGTHS[3]!]].map((shape) => ({
        dtype: 'int64',
        shape,
        bound: width,
      }));
    case 'LSTM':
    case 'GRU':
    case 'RNN': {
      const [, , batchFirst] = hint;
      const shapes = [
        [1, LENGTHS[0]!, width],
        [LENGTHS[0]!, 1, width],
      ];
      return floats(batchFirst === true ? shapes : shapes.reverse());
    }
    default: {
      const pictures: number[][] = [];
      for (const channels of [1, 3]) {
        const side = Math.sqrt(width / channels);
        if (Number.isInteger(side) && side >= 8) pictures.push([1, channels, side, side]);
      }
      // A model that says how large its pictures are takes pictures, whatever it makes of them first.
      const said = saidSize(hints);
      return floats([
        ...(said ? [3, 1].map((channels) => [1, channels, ...said]) : []),
        [1, width],
        [1, 16, width],
        [1, 64, width],
        [1, 196, width],
        [1, 4, 8, width],
        ...pictures,
        ...imageShapes(3, hints),
      ]);
    }
  }
};

/** Input lists to try, best first. `wide` are shapes of the first input learnt from failed attempts, `learnt` of others by name. */
export const guessInputs = (
  hints: readonly Hint[],
  signature: Signature,
  wide: readonly InputSpec[] = [],
  learnt: ReadonlyMap<string, InputSpec> = new Map(),
): readonly (readonly InputSpec[])[] => {
  const names = signature.needed.length ? signature.needed : ['input'];
  const [main, ...others] = names;
  const token = /(^|_)(ids|tokens|idx)$|^(ids|tokens|idx|src|tgt)$/.test(main!)
    ? (hints.find(([kind]) => kind === 'Embedding') ?? (/^(src|tgt)$/.test(main!) ? undefined : ['Embedding', 2]))
    : undefined;
  // A table before the first convolution of pictures embeds what comes beside them: a time, a label.
  const pictured = others.length > 0 ? hints.findIndex(([kind]) => /^Conv[23]d$/.test(kind)) : -1;
  const own = hints.filter(([kind], at) => at >= pictured || kind === 'Size' || kind === 'Channels');
  const shapes = [...wide, ...(token ? shapesFor([token]) : shapesFor(own))];
  // The likeliest of each other input, then those that come next to it.
  const listsFor = (spec: InputSpec): readonly (readonly InputSpec[])[] => {
    const named = { ...spec, name: main! };
    const choices: (readonly InputSpec[])[] = [];
    for (const name of others) {
      const earlier = choices.map(([best]) => best!);
      choices.push(otherInputs(name, [named, ...earlier], names, learnt));
    }
    const count = Math.max(1, ...choices.map(({ length }) => length));
    return Array.from({ length: count }, (_, at) => [named, ...choices.map((one) => one[at] ?? one[0]!)]);
  };
  if (others.length === 0) {
    const lists = shapes.flatMap(listsFor);
    const within = lists.slice(0, 6).map((list) => list.map((spec): InputSpec => ({ ...spec, listed: true })));
    return signature.listed ? [...lists.slice(0, 3), ...within, ...lists.slice(3)] : lists;
  }
  const lists = shapes.slice(0, 6).map(listsFor);
  return [
    ...lists.slice(0, 3).flat(),
    ...lists.slice(3).map(([best]) => best!),
    // Several tensors of one kind, as for source and target, or two pictures.
    ...shapes.slice(0, 4).map((spec) => names.map((name) => ({ ...spec, name }))),
  ];
};
