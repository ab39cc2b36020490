/** Guesses of a model's inputs, best first, from its layers and the names of forward's arguments. */

import type { InputSpec, Place } from '../types.ts';
import { NODES, isGraph, isWaveform, otherInputs } from './otherInputs.ts';

/** What the shim says of layers that tell something about their input: class name, then attributes. */
export type Hint = readonly [string, ...unknown[]];

/** Hints that no layer gives, but the model itself, its configuration or its documentation. */
const SAYINGS: readonly string[] = ['Size', 'Channels', 'Frames', 'Series', 'Shape'];

export interface Signature {
  /** Names of the tensors that forward needs. */
  readonly needed: readonly string[];
  /** Of each of them, where it lies in an argument that is made of several; null for an argument by itself. */
  readonly places: readonly (Place | null)[];
  /** Names of the arguments that forward can do without. */
  readonly optional: readonly string[];
  /** Of the optional ones, those that are said to be tensors. */
  readonly tensors: readonly string[];
  /** The items of a list go to layers of their own, as the feature maps of a pyramid do. */
  readonly levels: boolean;
  /** Names of what forward needs where each argument is a tensor by itself; null where one cannot be. */
  readonly plain: readonly string[] | null;
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

/** How many pictures a video has, where the model says so. */
const saidFrames = (hints: readonly Hint[]): number | null => {
  const frames = hints.find(([kind]) => kind === 'Frames')?.[1];
  return typeof frames === 'number' && frames >= 1 && frames <= 128 ? frames : null;
};

/** Videos of so many channels, before or behind the frames, where the model says how many frames there are. */
export const saidVideos = (channels: number, hints: readonly Hint[]): readonly (readonly number[])[] => {
  const frames = saidFrames(hints);
  const sides = saidSize(hints) ?? [224, 224];
  const orders = [
    [channels, frames],
    [frames, channels],
  ];
  return frames === null ? [] : orders.map((two) => [1, ...(two as number[]), ...sides]);
};

/** Steps of so many series beside each other, where the model says how many there are of both. */
const saidSeries = (hints: readonly Hint[]): readonly InputSpec[] =>
  hints.flatMap(([kind, steps, count]) =>
    kind === 'Series' ? [{ dtype: 'float32', shape: [1, Number(steps), Number(count)] }] : [],
  );

/** The shape that the documentation of an argument gives it, with a usual length where it leaves one open. */
const documented = (name: string, hints: readonly Hint[]): readonly InputSpec[] => {
  const [, , ...shape] = hints.find(([kind, argument]) => kind === 'Shape' && argument === name) ?? [];
  const lengths = shape.map((length) => (length === null ? LENGTHS[0]! : Number(length)));
  const fits = lengths.length > 2 && lengths.every((length) => length >= 1 && length <= 1e5);
  return fits ? [{ dtype: 'float32', shape: lengths }] : [];
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

const WAVEFORMS: readonly InputSpec[] = [
  [1, 1, 16000],
  [1, 16000],
].map((shape) => ({ dtype: 'float32', shape }));

/** Videos of a network without convolutions in time: frames before or behind channels. */
const videos = (hints: readonly Hint[]): readonly InputSpec[] => {
  const [height, width] = saidSize(hints) ?? [224, 224];
  return [...saidVideos(3, hints), [1, 8, 3, height, width], [1, 3, 8, height, width], [1, 4, 3, height, width]].map(
    (shape) => ({ dtype: 'float32', shape }),
  );
};

/** Channels that a model says its pictures have, where its first convolution takes what it makes of them: folds, spectra. */
const beforeChanging = (width: number, hints: readonly Hint[]): number | null => {
  const channels = Number(hints.find(([kind]) => kind === 'Channels')?.[1] ?? NaN);
  return channels !== width && channels <= 4 ? channels : null;
};

/** The nodes of a graph, which lie along the first axis: vectors, or a class of each. */
const nodes = (shapes: readonly InputSpec[]): readonly InputSpec[] => {
  const [vector] = shapes.filter(({ dtype, shape }) => dtype === 'float32' && shape.length === 2);
  const [words] = shapes.filter(({ dtype }) => dtype === 'int64');
  return [
    ...(words
      ? [
          { ...words, shape: [NODES] },
          { ...words, shape: [NODES, 1] },
        ]
      : []),
    ...(vector ? [{ ...vector, shape: [NODES, vector.shape[1]!] }] : []),
  ];
};

/** What a first layer takes whose width is not known. */
const usualWidth = (kind: string): number => (kind.startsWith('Conv') ? 3 : kind === 'Embedding' ? 2 : 64);

/** Shapes for the first input, from the first layer that says what it takes. */
const shapesFor = (hints: readonly Hint[]): readonly InputSpec[] => {
  const floats = (shapes: readonly (readonly number[])[]): InputSpec[] =>
    shapes.map((shape) => ({ dtype: 'float32', shape }));
  const hint = hints.find(([kind]) => !['MaxPool2d', 'TransformerEncoderLayer', ...SAYINGS].includes(kind));
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
        ...[1024, 128].map((length) => [1, width, length]),
        ...(width === 1 ? [[1, 16000]] : []),
        // Channels last, where the model turns them itself.
        ...[128, 1024].map((length) => [1, length, width]),
        ...[256, 512, 64, 16000, 4096, 32].map((length) => [1, width, length]),
        [1, 32, width],
      ]);
    case 'Conv2d':
    case 'ConvTranspose2d': {
      // What a model is told of its channels holds where its first convolution takes another number of them.
      const said = Number(hints.find(([one]) => one === 'Channels')?.[2] ?? width);
      const other = kind === 'Conv2d' && said !== width ? imageShapes(said, hints) : [];
      const whole = beforeChanging(width, hints);
      const pictures = kind === 'Conv2d' && whole !== null ? imageShapes(whole, hints).slice(0, 3) : [];
      const shapes = floats([...other, ...pictures, ...imageShapes(width, hints)]);
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
        ...saidVideos(width, hints),
        [1, width, 16, 112, 112],
        [1, width, 16, 64, 64],
        [1, width, 32, 32, 32],
        [1, width, 8, 224, 224],
        [1, width, 16, 224, 224],
        [1, 16, width, 224, 224],
        [1, 8, width, 224, 224],
      ]);
    case 'Embedding':
      // A single sentence, without a batch, and a single word come last.
      return [...LENGTHS.map((length) => [1, length]), [LENGTHS[3]!], [1, 1]].map((shape) => ({
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
  const { needed, places, levels, plain } = signature;
  if (places.every((place) => place === null)) return guessNamed(hints, needed, wide, learnt);
  const parts = guessNamed(hints, needed, wide, learnt);
  const placed = [...(levels ? parts.slice(0, 4).flatMap((list) => withLevels(list) ?? []) : []), ...parts].map(
    (list) => list.map((spec, at): InputSpec => (places[at] ? { ...spec, place: places[at] } : spec)),
  );
  if (plain === null) return placed;
  const whole = guessNamed(hints, plain, wide, learnt);
  return [...whole.slice(0, 3), ...placed.slice(0, 8), ...whole.slice(3), ...placed.slice(8)];
};

/** Pictures or feature maps of which each is half as large as the one before. */
const withLevels = (list: readonly InputSpec[]): readonly (readonly InputSpec[])[] | null => {
  const [first] = list;
  if (!first || list.length < 2 || list.some(({ shape }) => shape.length !== 4)) return null;
  const size = Math.max(64, 2 ** (list.length + 2));
  return [list.map((spec, at) => ({ ...spec, shape: [...spec.shape.slice(0, 2), size / 2 ** at, size / 2 ** at] }))];
};

const guessNamed = (
  hints: readonly Hint[],
  needed: readonly string[],
  wide: readonly InputSpec[],
  learnt: ReadonlyMap<string, InputSpec>,
): readonly (readonly InputSpec[])[] => {
  const names = needed.length ? needed : ['input'];
  const [main, ...others] = names;
  const token = /(^|_)(ids|tokens|idx)$|^(ids|tokens|idx|src|tgt)$/.test(main!)
    ? (hints.find(([kind]) => kind === 'Embedding') ?? (/^(src|tgt)$/.test(main!) ? undefined : ['Embedding', 2]))
    : undefined;
  // A table before the first convolution of pictures embeds what comes beside them: a time, a label.
  const pictured = others.length > 0 ? hints.findIndex(([kind]) => /^Conv[23]d$/.test(kind)) : -1;
  const latent = others.length > 0 && /^(z|zs|noise|latents?|styles?|codes?)$/.test(main!);
  const own = hints.filter(
    ([kind], at) => (at >= pictured && !(latent && kind === 'Embedding')) || SAYINGS.includes(kind),
  );
  const isVague = own.every(([kind]) => SAYINGS.includes(kind));
  const shapes = [
    ...wide,
    ...documented(main!, hints),
    ...saidSeries(hints),
    ...(latent && isVague ? [128, 100, 512].map((width): InputSpec => ({ dtype: 'float32', shape: [1, width] })) : []),
    ...(others.length > 0 && isWaveform(main!) ? WAVEFORMS : []),
    ...(/^(videos?|clips?)$/.test(main!) && !hints.some(([kind]) => kind === 'Conv3d') ? videos(hints) : []),
    ...(isGraph(others) ? nodes(shapesFor(own)) : []),
    ...(token ? shapesFor([token]) : shapesFor(own)),
  ];
  // The likeliest of each other input, then those that come next to it.
  const listsFor = (spec: InputSpec): readonly (readonly InputSpec[])[] => {
    const named = { ...spec, name: main! };
    const choices: (readonly InputSpec[])[] = [];
    for (const name of others) {
      const earlier = choices.map(([best]) => best!);
      choices.push(otherInputs(name, [named, ...earlier], names, learnt, saidSize(hints) ?? undefined));
    }
    const count = Math.max(1, ...choices.map(({ length }) => length));
    return Array.from({ length: count }, (_, at) => [named, ...choices.map((one) => one[at] ?? one[0]!)]);
  };
  if (others.length === 0) return shapes.flatMap(listsFor);
  const lists = shapes.slice(0, 6).map(listsFor);
  return [
    ...lists.slice(0, 3).flat(),
    ...lists.slice(3).map(([best]) => best!),
    // Several tensors of one kind, as for source and target, or two pictures.
    ...shapes.slice(0, 4).map((spec) => names.map((name) => ({ ...spec, name }))),
  ];
};
