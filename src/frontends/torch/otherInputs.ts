/** Guesses of the inputs that a model needs beside its first: masks, times, labels, what it attends to. */

import type { Node, ValueId } from '../../ir/graph.ts';
import { isStatic } from '../../ir/type.ts';
import type { DType } from '../../ir/type.ts';
import type { InputSpec } from '../types.ts';
import type { FailedAttempt } from './learnShapes.ts';

/** How many words a prompt has, and how wide each is, where nothing says otherwise: those of CLIP. */
const CONTEXT = [77, 768] as const;

/** Whether an argument tells how long each sequence of a batch is. */
export const isLengths = (name: string): boolean => /(^|_)(len|lens|length|lengths)$/.test(name);

const WAVEFORM = /(^|_)(waveforms?|wavs?|wave|audio)$/;
export const isWaveform = (name: string): boolean => WAVEFORM.test(name);
const isSpectrogram = (name: string): boolean => /(^|_)(mels?|spec|specs|specgrams?|spectrograms?)($|_)/.test(name);

/** Steps of a sequence beside the first input, and bins of a spectrogram, where nothing says how many. */
const [STEPS, BINS] = [16, 80];

interface Kind {
  readonly names: RegExp;
  /** The likeliest first, from the first input and the size that the model says its pictures have. */
  readonly of: (
    main: InputSpec,
    sides: readonly number[],
  ) => readonly (readonly [dtype: DType, shape: readonly number[], bound?: number])[];
}

/** Nodes of a graph; edges for each of them, and numbers that describe an edge, where nothing says how many. */
export const NODES = 16;
const [EDGES_PER_NODE, EDGE_FEATURES] = [4, 16];

/** Whether one of the arguments tells which nodes of a graph are joined. */
export const isGraph = (names: readonly string[]): boolean => names.some((name) => /^edge_ind(ex|ices)$/.test(name));

const batchOf = ({ shape }: InputSpec): number => shape[0] ?? 1;
const edgesOf = (nodes: InputSpec): number => EDGES_PER_NODE * batchOf(nodes);
const isImage = ({ shape }: InputSpec): boolean => shape.length >= 4;
/** Of spectrograms, frames come last. */
const stepsOf = ({ name, shape }: InputSpec): number =>
  (isSpectrogram(name ?? '') && shape.length > 2 ? shape.at(-1) : shape[1]) ?? 1;
/** Sequences of words, or several of them for each of the batch. */
const isTokens = ({ dtype, shape }: InputSpec): boolean =>
  dtype === 'int64' && (shape.length === 2 || shape.length === 3);

/** One for each step, or word. */
const eachOf = (main: InputSpec): readonly number[] => (isTokens(main) ? main.shape : main.shape.slice(0, 2));

const KINDS: readonly Kind[] = [
  {
    names: /(^|_)(mels?|spec|specs|specgrams?|spectrograms?)($|_)|^input_features$/,
    of: (main) => {
      // A frame stands for many samples of a waveform.
      const steps = main.shape.length > 1 && stepsOf(main) > 1 && !isWaveform(main.name ?? '') ? stepsOf(main) : STEPS;
      return [
        ['float32', [batchOf(main), BINS, steps]],
        ['float32', [batchOf(main), 1, BINS, steps]],
      ];
    },
  },
  {
    names: /^(pixel_values|images?|imgs?|pictures?)$/,
    of: (main, sides) => [['float32', isImage(main) ? main.shape : [batchOf(main), 3, ...sides]]],
  },
  {
    names: /^(adj|adjacency|adj_matrix|adj_mat)$/,
    of: ({ shape }) => [['float32', [...shape.slice(0, -1), shape.at(-2) ?? 1]]],
  },
  {
    // Month, day, weekday and hour of each step of a series.
    names: /(^|_)mark($|_)/,
    of: (main) => [['float32', [batchOf(main), stepsOf(main), 4]]],
  },
  {
    names: /^(edge_ind(ex|ices)|edges)$/,
    of: (main) => [['int64', [2, edgesOf(main)], batchOf(main)]],
  },
  {
    names: /^edge_(weights?|norm)$/,
    of: (main) => [['float32', [edgesOf(main)]]],
  },
  {
    names: /^edge_(attrs?|feats?|features|embs?)$/,
    of: (main) => [['float32', [edgesOf(main), EDGE_FEATURES]]],
  },
  {
    names: /^edge_types?$/,
    of: (main) => [['int64', [edgesOf(main)], 2]],
  },
  {
    // Which of the graphs of a batch each node belongs to: there is one.
    names: /^(batch|batch_(index|idx|ids?)|graph_(ids?|idx|index))$/,
    of: (main) => [['int64', [batchOf(main)], 1]],
  },
  {
    names: /^(attn|attention|src|tgt|trg|causal|look_ahead|x)_mask$|^mask$/,
    of: (main) => {
      const [batch, steps] = [batchOf(main), stepsOf(main)];
      if (isImage(main)) {
        const sides = main.shape.slice(2);
        return [
          ['float32', [batch, 1, ...sides]],
          ['bool', [batch, ...sides]],
        ];
      }
      const each = isTokens(main) ? 'int64' : 'float32';
      return [
        [each, isTokens(main) ? main.shape : [batch, steps], 2],
        ['bool', [steps, steps]],
        ['bool', [batch, 1, steps, steps]],
      ];
    },
  },
  {
    names: /mask/,
    of: (main) => [['bool', isImage(main) ? [batchOf(main), ...main.shape.slice(2)] : [batchOf(main), stepsOf(main)]]],
  },
  {
    names: /^(t|times?|time_?steps?|(diffusion|denoising|noise)_?(steps?|times?|levels?)|sigmas?|log_?snr|gammas?)$/,
    of: (main) => [
      ['int64', [batchOf(main)], 1000],
      ['float32', [batchOf(main)]],
      ['float32', [batchOf(main), 1]],
    ],
  },
  {
    names: WAVEFORM,
    of: (main) => [
      ['float32', [batchOf(main), 16000]],
      ['float32', [batchOf(main), 1, 16000]],
    ],
  },
  {
    names: /^(y|labels?|class(es|_id|_ids|_labels?)?|targets?|cond_?labels?)$/,
    of: (main) => {
      const one: readonly [DType, readonly number[], number] = ['int64', [batchOf(main)], 2];
      const each: readonly [DType, readonly number[], number] = ['int64', main.shape, 2];
      return isTokens(main) ? [each, one] : [one];
    },
  },
  {
    names: /(^|_)(input_ids|tokens?|texts?|words?|captions?|questions?|sentences?)$/,
    of: (main) => [isTokens(main) ? ['int64', main.shape, 2] : ['int64', [batchOf(main), CONTEXT[0]], 2]],
  },
  {
    names: /^(token_type|segment|type|seg)(_?ids?|s|_labels?|_info)?$/,
    of: (main) => [['int64', eachOf(main), 2]],
  },
  {
    names: /^(pos|positions?)(_?ids?)?$|^(time|frame)_ids$/,
    of: (main) => [['int64', eachOf(main), isTokens(main) ? main.shape.at(-1)! : stepsOf(main)]],
  },
  {
    names:
      /^(contexts?|cond|conditioning|memory|(encoder|enc)_(out|outs|outputs?|states?|hidden_states)|encoder_hidden_states|text_?(embeds?|embeddings?|emb|features)|prompt_?(embeds?|embeddings?))$/,
    of: (main) => [
      ['float32', [batchOf(main), ...CONTEXT]],
      ['float32', [batchOf(main), CONTEXT[1]]],
    ],
  },
];

/** Whether one argument tells how long the sequences of another are: `target_lengths` of `targets`. */
const isLengthsOf = (lengths: string, name: string): boolean => {
  const stem = lengths.replace(/_?(len|lens|length|lengths)$/, '');
  return stem !== lengths && stem !== '' && (name === stem || name === `${stem}s`);
};

/**
 * What may be given beside the first input, likeliest first. `earlier` are the inputs before it, the first one first, and
 * `names` those of all; `learnt` is what failed attempts taught, by name;
 * `sides` is how large pictures are.
 */
export const otherInputs = (
  name: string,
  earlier: readonly [InputSpec, ...InputSpec[]],
  names: readonly string[],
  learnt: ReadonlyMap<string, InputSpec>,
  sides: readonly number[] = [224, 224],
): readonly InputSpec[] => {
  const known = learnt.get(name);
  if (known) return [known];
  if (isLengths(name)) {
    const owner = earlier.find((one) => isLengthsOf(name, one.name ?? '')) ?? earlier[0];
    return [{ name, dtype: 'int64', shape: [batchOf(owner)], bound: stepsOf(owner) + 1 }];
  }
  // A mask goes with the words before it, whatever comes first.
  const main = (/mask/.test(name) ? earlier.findLast(isTokens) : undefined) ?? earlier[0];
  if (isGraph(names) && /^(pos|positions?|coords?)$/.test(name))
    return [{ name, dtype: 'float32', shape: [batchOf(main), 3] }];
  const kind = KINDS.find(({ names }) => names.test(name));
  if (!kind) return [{ ...main, name }];
  const several = names.some((one) => isLengthsOf(one, name));
  const sequence: readonly [DType, readonly number[], number] = ['int64', [batchOf(main), STEPS], 2];
  const choices = kind.of(main, sides);
  return [...(several && choices[0]?.[0] === 'int64' ? [sequence] : []), ...choices].map(([dtype, shape, bound]) => ({
    name,
    dtype,
    shape,
    ...(bound !== undefined && dtype === 'int64' && { bound }),
  }));
};

/** The value that another is, but for axes of length one, its number format, and how often it stands beside itself. */
const squeezedFrom = (value: ValueId, nodes: readonly Node[]): ValueId => {
  const maker = nodes.find(({ outputs }) => outputs.includes(value));
  const isRepeated = maker?.op === 'Concat' && new Set(maker.inputs).size === 1;
  const [input] = maker && (isRepeated || /^(Squeeze|Unsqueeze|Identity|Cast)$/.test(maker.op)) ? maker.inputs : [];
  return typeof input === 'number' ? squeezedFrom(input, nodes) : value;
};

/** Which input beside the first a layer refused, and what it would have taken; null where the attempt tells nothing. */
export const learnOther = ({ session: { failed, builder }, inputs }: FailedAttempt): InputSpec | null => {
  const taken = failed && typeof failed.inputs[0] === 'number' ? squeezedFrom(failed.inputs[0], builder.nodes) : null;
  const at = taken === null ? -1 : builder.inputs.indexOf(taken);
  const given = inputs[at];
  if (!failed || !given || at === 0) return null;
  const axes = failed.op === 'permute' ? failed.args[1] : null;
  if (Array.isArray(axes) && axes.length === given.shape.length + 1)
    return { ...given, shape: [...given.shape, STEPS] };
  const weight = failed.inputs[1];
  const wanted = typeof weight === 'number' ? builder.typeOf(weight).shape : null;
  if (!wanted || !isStatic(wanted)) return null;
  const { shape } = given;
  switch (failed.op) {
    case 'linear':
      // Beside a picture, what a linear layer takes is a vector.
      if (isImage(given) && isImage(inputs[0]!))
        return { ...given, dtype: 'float32', shape: [batchOf(given), wanted.at(-1)!] };
      return shape.length > 0 ? { ...given, dtype: 'float32', shape: shape.with(-1, wanted.at(-1)!) } : null;
    case 'conv':
      return shape.length >= wanted.length
        ? { ...given, dtype: 'float32', shape: shape.with(1 - wanted.length, wanted[1]!) }
        : isImage(inputs[0]!) && wanted.length === 4
          ? { ...given, dtype: 'float32', shape: [batchOf(given), wanted[1]!, ...inputs[0]!.shape.slice(2)] }
          : null;
    case 'embedding':
      return { ...given, dtype: 'int64', bound: wanted[0]! };
    default:
      return null;
  }
};
