/** What a failed attempt tells of the shape that a model's first input should have. */

import type { ValueId } from '../../ir/graph.ts';
import type { Shape } from '../../ir/type.ts';
import { isStatic } from '../../ir/type.ts';
import type { InputSpec } from '../types.ts';
import type { Hint } from './findInputs.ts';
import { imageShapes, saidVideos } from './findInputs.ts';
import type { Session } from './session.ts';

export interface FailedAttempt {
  readonly session: Session;
  readonly inputs: readonly InputSpec[];
  readonly hints: readonly Hint[];
  /** Of the Python error that ended it; empty where none did. */
  readonly message: string;
}

const floats = (shapes: readonly (readonly number[])[]): readonly InputSpec[] =>
  shapes.map((shape) => ({ dtype: 'float32', shape }));

/** Shapes to try first from now on; null where the attempt tells nothing. */
export const learnShapes = (done: FailedAttempt): readonly InputSpec[] | null => {
  const words = wantedWords(done) ?? wantedChoices(done);
  if (words !== null) return words;
  const parted = wantedParts(done) ?? wantedView(done);
  if (parted) return floats([parted]);
  const convolved = wantedConvolved(done) ?? wantedPoints(done);
  if (convolved) return floats(convolved);
  const channels = wantedChannels(done);
  if (channels !== null) {
    const [, , ...sides] = done.inputs[0]?.shape ?? [];
    const same = [1, channels, ...sides];
    const latent = done.session.failed?.op === 'conv_transpose';
    return floats(sides.length === 2 ? [...(latent ? [same] : []), ...imageShapes(channels, done.hints)] : [same]);
  }
  const width = wantedWidth(done) ?? wantedFlattened(done) ?? wantedBeside(done);
  if (width !== null) return floats([width]);
  const told = wantedSaid(done);
  if (told !== null) return floats(told);
  const rank = wantedRank(done);
  return rank === null ? null : floats(shapesOfRank(rank, done.hints));
};

/** Where a table of embeddings was given what are no integers: a sequence of its words. */
const wantedWords = ({ session: { failed, builder } }: FailedAttempt): readonly InputSpec[] | null => {
  const [input] = builder.inputs;
  if (failed?.op !== 'embedding' || input === undefined) return null;
  const [words, table] = failed.inputs[0] === input ? failed.inputs : [failed.inputs[1], failed.inputs[0]];
  if (words !== input || typeof table !== 'number' || builder.typeOf(input).dtype === 'int64') return null;
  const { shape } = builder.typeOf(table);
  if (!isStatic(shape)) return null;
  return [128, 64, 16].map((length) => ({ dtype: 'int64', shape: [1, length], bound: shape[0]! }));
};

/** Choices for one question: so many sequences stand for one where nothing says how many. */
const CHOICES = 4;

/** Where a model takes the length of a sequence for how many of something there are: several sequences for each of the batch. */
const wantedChoices = ({ inputs, session: { failed } }: FailedAttempt): readonly InputSpec[] | null => {
  const [first] = inputs;
  if (failed?.op !== 'reshape' || first?.dtype !== 'int64' || first.shape.length !== 2) return null;
  const [batch, length] = first.shape as [number, number];
  const asked = failed.args[1];
  return Array.isArray(asked) && asked.includes(length) ? [{ ...first, shape: [batch, CHOICES, length] }] : null;
};

/** Where a convolution refused the input itself, which has another rank: what it takes. */
const wantedConvolved = ({
  hints,
  session: { failed, builder },
}: FailedAttempt): readonly (readonly number[])[] | null => {
  const [input] = builder.inputs;
  if (failed?.op !== 'conv' || input === undefined) return null;
  const given = builder.typeOf(input).shape;
  if (failed.inputs[0] !== input) return withoutAxis(failed.inputs[0], failed.inputs[1], given, builder);
  const weight = typeof failed.inputs[1] === 'number' ? builder.typeOf(failed.inputs[1]).shape : null;
  if (!weight || !isStatic(weight) || !isStatic(given) || weight.length === given.length) return null;
  const groups = failed.args[6];
  const channels = weight[1]! * (typeof groups === 'number' ? groups : 1);
  if (weight.length === 4) return imageShapes(channels, hints);
  return weight.length === 3 ? [1024, 128, 64].map((length) => [1, channels, length]) : [[1, channels, 16, 112, 112]];
};

/** Spectrograms without an axis for channels, where a model gave the input, which had one, another axis. */
const withoutAxis = (
  seen: ValueId | null | undefined,
  weight: ValueId | null | undefined,
  given: Shape,
  builder: Session['builder'],
): readonly (readonly number[])[] | null => {
  if (typeof seen !== 'number' || typeof weight !== 'number') return null;
  if (builder.nodes.some(({ op, inputs }) => op === 'Conv' && inputs[0] !== seen)) return null;
  const [own, wanted] = [builder.typeOf(seen).shape, builder.typeOf(weight).shape];
  if (given?.length !== 4 || own?.length !== 5 || wanted?.length !== 4 || wanted[1] !== 1) return null;
  return [80, 64, 40, 128].flatMap((bins) => [
    [1, 128, bins],
    [1, bins, 128],
  ]);
};

/** Where a model laid one side of a picture into the channels, and so takes points that have no second side. */
const wantedPoints = ({
  inputs,
  session: { failed, builder },
}: FailedAttempt): readonly (readonly number[])[] | null => {
  const [batch, channels, height, width] = inputs[0]?.shape.length === 4 ? inputs[0].shape : [];
  const seen = failed?.op === 'conv' ? failed.inputs[0] : null;
  const shown = typeof seen === 'number' ? builder.typeOf(seen).shape : null;
  if (batch === undefined || !isStatic(shown) || shown.length !== 4) return null;
  const isFolded = shown[2] === height && shown[3] !== width && shown[1]! % (channels! * width!) === 0;
  return isFolded ? [[batch, channels!, 1024]] : null;
};

/**
 * Where the first convolution refused the input, what padding made of it, or what has so many times its channels: how many it
 * takes.
 */
const wantedChannels = ({ session: { failed, builder } }: FailedAttempt): number | null => {
  const [input] = builder.inputs;
  if ((failed?.op !== 'conv' && failed?.op !== 'conv_transpose') || input === undefined) return null;
  const [seen, weight] = failed.inputs;
  if (typeof seen !== 'number' || typeof weight !== 'number') return null;
  const [given, wanted, shown] = [input, weight, seen].map((value) => builder.typeOf(value).shape);
  if (!isStatic(given!) || !isStatic(wanted!) || !isStatic(shown!)) return null;
  const first = seen === input || builder.nodes.every((node) => node.op !== 'Conv' || node.inputs[0] === seen);
  const groups = failed.args[6];
  const channels = failed.op === 'conv' ? wanted[1]! * (typeof groups === 'number' ? groups : 1) : wanted[0]!;
  if (!first || shown.length !== wanted.length || given.length < 3) return null;
  const each = channels / (shown[1]! / given[1]!);
  const same = shown[1] === given[1] ? given.length === wanted.length : shown[1]! % given[1]! === 0;
  return same && Number.isInteger(each) && each !== given[1] ? each : null;
};

/** Where a linear layer refused the input itself: the input with as many features as it takes. */
const wantedWidth = ({ hints, session: { failed, builder } }: FailedAttempt): readonly number[] | null => {
  const [input] = builder.inputs;
  if (failed?.op !== 'linear' || input === undefined || failed.inputs[0] !== input) return null;
  const weight = failed.inputs[1];
  const [given, wanted] = [
    builder.typeOf(input).shape,
    typeof weight === 'number' ? builder.typeOf(weight).shape : null,
  ];
  if (!isStatic(given) || !isStatic(wanted) || given.length < 2) return null;
  // Where the first layer is linear and says how wide, its width has been guessed already.
  const first = hints.find(([kind]) => /^(Conv|Linear|LSTM|GRU|RNN|Embedding)/.test(kind));
  return first?.[0] === 'Linear' && first[1] === wanted.at(-1) ? null : given.with(-1, wanted.at(-1)!);
};

/** Where a linear layer took the last axes of a sequence laid into one: the input with as many features as make up its width. */
const wantedFlattened = ({ session: { failed, builder } }: FailedAttempt): readonly number[] | null => {
  const [input] = builder.inputs;
  const [seen, weight] = failed?.inputs ?? [];
  if (failed?.op !== 'linear' || input === undefined || typeof seen !== 'number' || typeof weight !== 'number')
    return null;
  const flat = builder.nodes.find(({ op, inputs }) => (op === 'Reshape' || op === 'Flatten') && inputs[0] === input);
  const [given, shown, wanted] = [input, seen, weight].map((value) => builder.typeOf(value).shape);
  if (flat?.outputs[0] !== seen || !isStatic(given!) || !isStatic(shown!) || !isStatic(wanted!)) return null;
  const [batch, steps, features] = given.length === 3 ? (given as [number, number, number]) : [];
  const width = wanted.at(-1)! / (steps ?? 1);
  const isLaid = batch !== undefined && shown.at(-1) === steps! * features!;
  return isLaid && Number.isInteger(width) && width !== features ? given.with(-1, width) : null;
};

/**
 * The input with as many features as leave room for what the model puts beside them, such as positions, in its first layer, or
 * for what it takes off them.
 */
const wantedBeside = ({ session: { failed, builder } }: FailedAttempt): readonly number[] | null => {
  const [input] = builder.inputs;
  const [seen, weight] = failed?.inputs ?? [];
  if (failed === null || !['linear', 'layer_norm'].includes(failed.op) || input === undefined) return null;
  if (typeof seen !== 'number') return null;
  if (builder.nodes.some(({ op, inputs }) => /^(Conv|Gemm|MatMul)$/.test(op) && inputs[0] !== seen)) return null;
  const normalized = Array.isArray(failed.args[1]) ? failed.args[1].at(-1) : null;
  const wanted =
    failed.op === 'linear' && typeof weight === 'number' ? builder.typeOf(weight).shape?.at(-1) : normalized;
  const [given, shown] = [builder.typeOf(input).shape, builder.typeOf(seen).shape?.at(-1)];
  if (!isStatic(given) || given.length < 2 || typeof wanted !== 'number' || typeof shown !== 'number') return null;
  // The input may stand there more than once, as each node of a graph beside each other.
  const times = Math.max(1, Math.floor(shown / given.at(-1)!));
  const once = given.at(-1)! + wanted - shown;
  const each = (wanted - (shown - times * given.at(-1)!)) / times;
  const width = Number.isInteger(each) && each > 0 ? each : once;
  // What stands beside the input makes it wider; what is taken off for something else, such as places, narrower.
  const change = shown > given.at(-1)! ? 'Concat' : 'Slice';
  const isChanged = shown !== given.at(-1) && builder.nodes.some(({ op }) => op === change);
  return isChanged && width > 0 && width !== given.at(-1) ? given.with(-1, width) : null;
};

/** The shape of an input that a model splits into parts of given lengths, which are more or fewer than it has. */
const wantedParts = ({ session: { failed, builder } }: FailedAttempt): readonly number[] | null => {
  const [input] = builder.inputs;
  if (failed?.op !== 'split' || input === undefined || failed.inputs[0] !== input) return null;
  const { shape } = builder.typeOf(input);
  const [, parts, axis] = failed.args;
  if (!isStatic(shape) || !Array.isArray(parts) || typeof axis !== 'number') return null;
  if (!parts.every((part) => typeof part === 'number')) return null;
  const total = parts.reduce((sum: number, part: number) => sum + part, 0);
  return shape.with(axis, total);
};

/** The shape that a model views its input in, where only the batch is open. */
const wantedView = ({ session: { failed, builder } }: FailedAttempt): readonly number[] | null => {
  const [input] = builder.inputs;
  if (failed?.op !== 'reshape' || input === undefined || failed.inputs[0] !== input) return null;
  const shape = failed.args[1];
  if (!Array.isArray(shape) || shape.length < 2 || shape[0] !== -1) return null;
  const rest = shape.slice(1) as readonly unknown[];
  return rest.every((length): length is number => typeof length === 'number' && length > 0) ? [1, ...rest] : null;
};

/** Pictures in the shape that a message spells out, as in `of shape (batch_size, 2, num_channels, height, width)`. */
const wantedSaid = ({ hints, message }: FailedAttempt): readonly (readonly number[])[] | null => {
  const axes = /\bshape `?\(([\w, ]+)\)/.exec(message)?.[1]?.split(', ') ?? [];
  const conv = hints.find(([kind]) => kind === 'Conv2d');
  const shapes = imageShapes(Number(conv?.[1]) || 3, hints).map(([batch, channels, height, width]) =>
    axes.map((axis) => {
      if (/^\d+$/.test(axis)) return Number(axis);
      if (/^(b|n|batch(_size)?)$/i.test(axis)) return batch!;
      if (/^c$|channels$/i.test(axis)) return channels!;
      return /^h(eight)?$/i.test(axis) ? height! : /^w(idth)?$/i.test(axis) ? width! : NaN;
    }),
  );
  return axes.length > 3 && shapes[0]!.every((length) => length > 0) ? shapes : null;
};

/** How many axes a model unpacks a shape into, or says that it takes. */
const wantedRank = ({ inputs, message, session: { builder } }: FailedAttempt): number | null => {
  // What a list holds says nothing of the batch that stands for it.
  if (/list of/.test(message)) return null;
  const problem = builder.nodes.find(({ problems }) => problems.length > 0)?.problems[0]!.message ?? '';
  const missed = /^Dimension out of range \(.*\[-(\d), \d\], but got (-?)(\d)/.exec(problem);
  const said =
    /values to unpack \(expected (\d)/.exec(message) ??
    /expected (?:(?:an?|the) )?(?:[a-z]+ ){0,5}(?:\dD or )?(\d) ?-?D(?:imensional)?\b/i.exec(message) ??
    /^EinopsError.*?(?:expected|takes a tensor of) (\d)/.exec(message);
  const own = inputs[0]?.shape.length ?? 0;
  const rank = missed
    ? own + Number(missed[3]) + (missed[2] ? 0 : 1) - Number(missed[1])
    : said
      ? Number(said[1])
      : null;
  return rank !== null && rank >= 2 && rank <= 5 && rank !== own ? rank : null;
};

const shapesOfRank = (rank: number, hints: readonly Hint[]): readonly (readonly number[])[] => {
  // A model of several branches may begin with layers for other ranks.
  const own = hints.find(([kind]) => kind === `Conv${rank - 2}d`);
  const layer = own ?? hints.find(([kind]) => /^(Conv|Linear|LSTM|GRU|RNN)/.test(kind));
  const channelsFirst = layer?.[0].startsWith('Conv') ?? false;
  const said = hints.find(([kind]) => kind === 'Channels')?.[1];
  const width = Number(said ?? (Array.isArray(layer?.[1]) ? layer[1][0] : layer?.[1])) || 3;
  switch (rank) {
    case 2:
      return channelsFirst
        ? [
            [1, 16000],
            [1, width],
          ]
        : [
            [1, width],
            [1, 16000],
          ];
    case 3: {
      const last = [
        [1, 16, width],
        [1, 128, width],
        [1, 1024, width],
        [1, 196, width],
      ];
      const second = [
        [1, width, 1024],
        [1, width, 8192],
        [1, width, 128],
        [1, width, 65536],
      ];
      return channelsFirst ? [...second, ...last] : [...last, ...second];
    }
    case 4:
      return [
        ...imageShapes(channelsFirst ? width : 3, hints),
        [1, width, 14, 14],
        [1, 14, 14, width],
        [1, 4, 8, width],
      ];
    default:
      return [
        ...saidVideos(channelsFirst || typeof said === 'number' ? width : 3, hints),
        [1, width, 16, 112, 112],
        [1, 16, width, 112, 112],
        [1, width, 32, 32, 32],
        [1, 8, width, 64, 64],
      ];
  }
};
