/** Runs plans on an injected onnxruntime: feeds, sessions, one run at a time. */

import type * as Ort from 'onnxruntime-web';
import { initialise, randomCotangent, randomInput, randomIntegers } from './initialise.ts';
import type { PlanInput, ProfilePlan, Provider, TensorMap } from './types.ts';

/** onnxruntime-web, or one of its builds. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

export interface RunOptions {
  readonly provider: Provider;
  /** Draws the weights. */
  readonly seed: number;
  /** Draws inputs, labels and cotangent; the same for every seed of the weights unless told otherwise. */
  readonly dataSeed?: number;
  /** Weights by parameter name; those of every trainable parameter, when given at all. */
  readonly weights?: TensorMap;
  /** Buffers by name, in place of what they start with. */
  readonly buffers?: TensorMap;
  /** `input` (or the inputs by name) and, for given labels, `target`. */
  readonly data?: TensorMap;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string, fraction: number) => void;
}

export interface RunResult {
  /** The plan's statistics vector. */
  readonly statistics: Float32Array;
  /** Σ w² of each of the plan's parameters. */
  readonly weightSquares: ReadonlyMap<string, number>;
  /** Milliseconds that `session.run` took, reading the statistics back included. */
  readonly milliseconds: number;
}

/** The plan's statistics vector for one draw of the weights. */
export async function runPlan(plan: ProfilePlan, ort: OrtModule, options: RunOptions): Promise<Float32Array> {
  return (await measurePlan(plan, ort, options)).statistics;
}

/** Like {@link runPlan}, with what is measured outside of the model. */
export async function measurePlan(plan: ProfilePlan, ort: OrtModule, options: RunOptions): Promise<RunResult> {
  const { provider, signal, onProgress } = options;
  signal?.throwIfAborted();
  onProgress?.('Preparing weights', 0);
  const contents = new Map<string, Contents>();
  const weightSquares = new Map<string, number>();
  for (const { name, shape, init } of plan.parameters) {
    const weights = parameterContents(name, shape, init, true, options);
    contents.set(name, weights);
    weightSquares.set(name, sumSquares(weights));
  }
  signal?.throwIfAborted();
  onProgress?.('Creating the session', 0.2);
  return exclusively(async () => {
    signal?.throwIfAborted();
    const session = await openSession(plan, ort, provider);
    const feeds: Record<string, Ort.Tensor> = {};
    try {
      for (const input of plan.inputs) feeds[input.name] = feed(ort, input, plan, contents, options);
      signal?.throwIfAborted();
      onProgress?.('Running', 0.4);
      const start = performance.now();
      const results = await session.run(feeds);
      const statistics = Float32Array.from((await results['statistics']!.getData()) as Float32Array);
      const milliseconds = performance.now() - start;
      for (const tensor of Object.values(results)) tensor.dispose();
      signal?.throwIfAborted();
      return { statistics, weightSquares, milliseconds };
    } finally {
      for (const tensor of Object.values(feeds)) tensor.dispose();
    }
  });
}

type Contents = Float32Array | BigInt64Array | Int32Array;

const sumSquares = (data: Contents): number => {
  let sum = 0;
  for (let index = 0; index < data.length; index++) sum += Number(data[index]) ** 2;
  return sum;
};

export function parameterContents(
  name: string,
  shape: readonly number[],
  init: Parameters<typeof initialise>[0],
  isRequired: boolean,
  { weights, buffers, seed }: RunOptions,
): Contents {
  const given = buffers?.get(name) ?? weights?.get(name);
  if (!given) {
    if (weights && isRequired) throw new Error(`The weights file lacks parameter ${name}.`);
    return initialise(init, shape, seed, name);
  }
  if (given.shape.join() !== shape.join()) {
    throw new Error(
      `Parameter ${name} has shape [${shape.join(', ')}], in the weights file [${given.shape.join(', ')}].`,
    );
  }
  return given.data;
}

/** One input of a model, drawn or taken from the user's files. */
export function feed(
  ort: OrtModule,
  input: PlanInput,
  plan: Pick<ProfilePlan, 'inputs' | 'lossKind'>,
  parameters: ReadonlyMap<string, Contents>,
  options: RunOptions,
): Ort.Tensor {
  const { shape, source } = input;
  const dataSeed = options.dataSeed ?? 0;
  switch (source.kind) {
    case 'parameter': {
      const { parameter: name, init } = source;
      return tensor(ort, input, parameters.get(name) ?? parameterContents(name, shape, init, false, options));
    }
    case 'cotangent':
      return tensor(ort, input, randomCotangent(shape, dataSeed));
    case 'target': {
      if (plan.lossKind === 'given-labels') return tensor(ort, input, givenLabels(input, source.classes, options));
      return tensor(ort, input, randomIntegers(shape[0]!, source.classes, dataSeed, 'target'));
    }
    case 'data': {
      const first = plan.inputs.find((other) => other.source.kind === 'data');
      const given = options.data?.get(input.name) ?? (first === input ? options.data?.get('input') : undefined);
      if (options.data && !given) throw new Error(`The data file lacks the input '${input.name}'.`);
      if (!given) {
        if (input.dtype === 'float32') return tensor(ort, input, randomInput(shape, dataSeed, input.name));
        const size = shape.reduce((product, dim) => product * dim, 1);
        return tensor(ort, input, randomIntegers(size, source.bound, dataSeed, input.name));
      }
      if (given.shape.join() !== shape.join()) {
        throw new Error(
          `The model was traced for an input of shape [${shape.join(', ')}]; '${input.name}' of the data file has ` +
            `[${given.shape.join(', ')}].`,
        );
      }
      return tensor(ort, input, given.data);
    }
  }
}

function givenLabels(input: PlanInput, classes: number, { data }: RunOptions): ArrayLike<number | bigint> {
  const target = data?.get('target');
  if (!target) throw new Error("The data file lacks 'target', the labels.");
  const labels = Array.from(target.data, Number);
  const rows = input.shape[0]!;
  if (labels.length !== rows) throw new Error(`The data file has ${labels.length} labels for ${rows} predictions.`);
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined) throw new Error(`Label ${wrong} of the data file is not among ${classes} classes.`);
  return labels;
}

function tensor(ort: OrtModule, { dtype, shape, name }: PlanInput, data: ArrayLike<number | bigint>): Ort.Tensor {
  const dims = [...shape];
  switch (dtype) {
    case 'float32':
      return new ort.Tensor('float32', data instanceof Float32Array ? data : Float32Array.from(data, Number), dims);
    case 'int64':
      return new ort.Tensor('int64', data instanceof BigInt64Array ? data : BigInt64Array.from(data, BigInt), dims);
    case 'int32':
      return new ort.Tensor('int32', Int32Array.from(data, Number), dims);
    case 'bool':
      return new ort.Tensor('bool', Uint8Array.from(data, Number), dims);
    case 'uint8':
      return new ort.Tensor('uint8', Uint8Array.from(data, Number), dims);
    default:
      throw new Error(`Input ${name} is ${dtype}, which profiles cannot feed.`);
  }
}

/** WebGPU pages hang when two sessions run at once, so runs and session creations wait for one another. */
let last: Promise<unknown> = Promise.resolve();

export function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work, work);
  last = result.catch(() => undefined);
  return result;
}

export const sessionOptions = (provider: Provider): Ort.InferenceSession.SessionOptions => ({
  // NHWC, the default, is silently wrong for some convolutions (onnxruntime#29651).
  executionProviders: provider === 'webgpu' ? [{ name: 'webgpu', preferredLayout: 'NCHW' }] : ['wasm'],
  graphOptimizationLevel: 'basic',
  logSeverityLevel: 3,
});

/** Sessions that stay open: the network and its twin. */
const CACHED_SESSIONS = 2;
const caches = new WeakMap<OrtModule, Map<string, Ort.InferenceSession>>();

async function openSession(plan: ProfilePlan, ort: OrtModule, provider: Provider): Promise<Ort.InferenceSession> {
  const cache = caches.get(ort) ?? new Map<string, Ort.InferenceSession>();
  caches.set(ort, cache);
  const key = `${provider}/${plan.key}`;
  const known = cache.get(key);
  if (known) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  for (const [old, session] of [...cache].slice(0, Math.max(0, cache.size + 1 - CACHED_SESSIONS))) {
    cache.delete(old);
    await session.release();
  }
  const session = await ort.InferenceSession.create(plan.model, sessionOptions(provider));
  cache.set(key, session);
  return session;
}

/** Frees the sessions that are kept for the next run. */
export async function releaseSessions(ort: OrtModule): Promise<void> {
  await exclusively(async () => {
    const cache = caches.get(ort);
    caches.delete(ort);
    for (const session of cache?.values() ?? []) await session.release();
  });
}
