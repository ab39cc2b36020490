/** Costly measurements, each in programs of its own, on one draw of the weights: paths, shattering, Jacobian. */

import type { ResidualBlock } from '../analysis/types.ts';
import { reverse } from '../autodiff/reverse.ts';
import type { Graph, InitSpec, ValueId } from '../ir/graph.ts';
import { valueOf } from '../ir/query.ts';
import { elementCount, isFloat, isStatic } from '../ir/type.ts';
import { encodeModel, modelInputs } from '../onnx/encode.ts';
import { Emit } from '../ops/emit.ts';
import { expandForRuntime } from '../ops/expand.ts';
import { extendGraph } from '../ops/infer.ts';
import { randomCotangent } from './initialise.ts';
import { planInput } from './inputs.ts';
import { summarise, unravel } from './paths.ts';
import { emitLoss } from './loss.ts';
import { keyOf } from './plan.ts';
import type { FloatTensor, Program } from './program.ts';
import { openProgram } from './program.ts';
import type { OrtModule, RunOptions } from './run.ts';
import { parameterContents } from './run.ts';
import { cutStream, planSegment, SEGMENT_COTANGENT, SEGMENT_INPUT } from './segments.ts';
import type { JacobianProfile, PathProfile, ProfileOptions, ShatteringProfile } from './types.ts';

/** What the measurements run on. */
export interface DeepRun {
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly lossKind: ProfileOptions['loss'];
  readonly ort: OrtModule;
  readonly options: RunOptions;
  /** `fraction` of this one measurement. */
  readonly onProgress?: (fraction: number) => void;
}

/** The network cannot be measured so; the message says why. */
export class NotMeasurable extends Error {}

const size = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Builds a program on the graph: `emit` returns the outputs by name. */
async function open(
  { graph, ort, options, lossKind }: DeepRun,
  build: (emit: Emit) => Readonly<Record<string, ValueId>>,
): Promise<Program> {
  const builder = extendGraph(graph, { merge: true });
  const outputs = Object.entries(build(new Emit(builder)));
  const { graph: full, values } = expandForRuntime(
    builder.build(graph.name, [...new Set(outputs.map(([, value]) => value))], graph.training),
  );
  const outputNames = new Map(outputs.map(([name, value]) => [values.get(value)!, name]));
  const classes = valueOf(graph, graph.outputs[0]!).type.shape?.at(-1) ?? 1;
  const inputs = modelInputs(full, { outputNames }).map(({ name, value }) => planInput(full, name, value, classes));
  return openProgram(encodeModel(full, { outputNames }), inputs, ort, options, lossKind);
}

/** @throws {NotMeasurable} */
export async function measurePaths(run: DeepRun): Promise<PathProfile> {
  const { graph, blocks, ort, options, onProgress } = run;
  const segments = cutStream(graph, blocks);
  if (!segments) throw new NotMeasurable('Paths were not counted: the network is no chain of residual adds.');
  const [first, last] = [segments[0]!, segments.at(-1)!];
  const forward = await open(run, (emit) => {
    // An auxiliary head's gradient would join the stream in its middle: paths are those of the first output.
    const seed = [...emitLoss(emit, graph, run.lossKind).seeds()].slice(0, 1);
    const cotangents = reverse(emit.builder, graph.nodes, new Map(seed), [first.from]);
    const [start, end] = [cotangents.of(first.from), cotangents.of(last.to)];
    if (start === null || end === null)
      throw new NotMeasurable('Paths were not counted: no gradient reaches the blocks.');
    const copy = (value: ValueId): ValueId => emit.mul(value, emit.scalar(1));
    const states = segments.map(({ from }, index) => [`x${index}`, copy(from)] as const);
    return { start: copy(start), end: copy(end), ...Object.fromEntries(states) };
  });
  const states = await forward.run().finally(() => forward.release());

  // Equal blocks share a session; only the current segment's parameters are held.
  const programs = new Map<string, Program>();
  let current: { index: number; program: Program; given: Map<string, FloatTensor>; parts: readonly number[] } | null =
    null;
  const enter = async (index: number): Promise<NonNullable<typeof current>> => {
    if (current?.index === index) return current;
    const plan = planSegment(graph, segments[index]!);
    const key = keyOf(plan.model);
    const known = programs.get(key) ?? (await openProgram(plan.model, plan.inputs, ort, options));
    programs.set(key, known);
    const given = new Map<string, FloatTensor>([[SEGMENT_INPUT, states.get(`x${index}`)!]]);
    for (const input of plan.inputs) {
      if (input.source.kind !== 'parameter') continue;
      const name = plan.parameters.get(input.source.parameter)!;
      given.set(input.name, { shape: input.shape, data: weight(name, input.shape, input.source.init) });
    }
    return (current = { index, program: known, given, parts: plan.parts });
  };
  const weight = (name: string, shape: readonly number[], init: InitSpec): Float32Array =>
    Float32Array.from(parameterContents(name, shape, init, false, options), Number);
  let done = 0;
  const total = (segments.length * (segments.length + 1)) / 2;
  const toDoubles = (tensor: FloatTensor): Float64Array => Float64Array.from(tensor.data);
  try {
    const parts = await unravel(segments.length, toDoubles(states.get('end')!), async (index, cotangent) => {
      const { program, given, parts: lengths } = await enter(index);
      const shape = valueOf(graph, segments[index]!.to).type.shape as number[];
      // Small cotangents are scaled up, so that float32 keeps their digits: the reverse pass is linear in them.
      const largest = cotangent.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
      given.set(SEGMENT_COTANGENT, { shape, data: Float32Array.from(cotangent, (value) => value / largest) });
      const results = await program.run(given);
      onProgress?.(++done / total);
      return lengths.map((length) => ({
        length,
        part: toDoubles(results.get(`part${length}`)!).map((value) => value * largest),
      }));
    });
    return summarise(parts, toDoubles(states.get('start')!));
  } finally {
    for (const program of programs.values()) await program.release();
  }
}

/** Samples whose gradients are compared, and coordinates of each that are looked at. */
const MOST_SAMPLES = 16;
const MOST_COORDINATES = 4096;

/** @throws {NotMeasurable} */
export async function measureShattering(run: DeepRun): Promise<ShatteringProfile> {
  const { graph, blocks, options, onProgress } = run;
  const output = graph.outputs[0]!;
  const shape = valueOf(graph, output).type.shape;
  const batch = isStatic(shape) ? shape[0] : undefined;
  const perSample = (id: ValueId): boolean => {
    const { dtype, shape: own } = valueOf(graph, id).type;
    return isFloat(dtype) && isStatic(own) && own.length > 1 && own[0] === batch;
  };
  if (!isStatic(shape) || batch === undefined || batch < 2)
    throw new NotMeasurable('Shattering was not measured: it takes two samples or more.');
  const input = graph.inputs.find(perSample);
  const forks = blocks.filter(({ fork, skip }) => skip !== 'concat' && perSample(fork));
  const places = new Map<string, ValueId>([
    ...(input === undefined ? [] : [['gradient', input] as const]),
    ...forks.map(({ fork }, index) => [`gradient${index}`, fork] as const),
  ]);
  const program = await open(run, (emit) => {
    // f_i is the same random function of each sample's own output.
    const mask = emit.builder.input('skipscope:mask', { dtype: 'float32', shape: [batch] });
    const direction = emit.builder.input('skipscope:direction', { dtype: 'float32', shape: [1, ...shape.slice(1)] });
    const seed = emit.mul(emit.reshape(mask, [batch, ...shape.slice(1).map(() => 1)]), direction);
    const cotangents = reverse(emit.builder, graph.nodes, new Map([[output, seed]]), places.values());
    const row = emit.reshape(mask, [1, batch]);
    return Object.fromEntries(
      [...places].flatMap(([name, value]) => {
        const cotangent = cotangents.of(value);
        if (cotangent === null) return [];
        const columns = size(emit.shape(cotangent)) / batch;
        const matrix = emit.reshape(cotangent, [batch, columns]);
        const step = Math.ceil(columns / MOST_COORDINATES);
        const sampled =
          step === 1
            ? matrix
            : emit.op('Slice', [matrix, ...[0, columns, 1, step].map((number) => emit.ints([number]))]);
        return [[name, emit.matMul(row, sampled)]];
      }),
    );
  });
  const samples = Math.min(batch, MOST_SAMPLES);
  const direction = {
    shape: [1, ...shape.slice(1)],
    data: randomCotangent([1, ...shape.slice(1)], options.dataSeed ?? 0),
  };
  const gradients = new Map<string, Float32Array[]>();
  try {
    for (let sample = 0; sample < samples; sample++) {
      const mask = new Float32Array(batch);
      mask[sample] = 1;
      const given = new Map<string, FloatTensor>([
        ['skipscope:mask', { shape: [batch], data: mask }],
        ['skipscope:direction', direction],
      ]);
      for (const [name, { data }] of await program.run(given))
        gradients.set(name, [...(gradients.get(name) ?? []), data]);
      onProgress?.((sample + 1) / samples);
    }
  } finally {
    await program.release();
  }
  const cosineAt = (name: string): number | null => {
    const all = gradients.get(name);
    return all ? meanCosine(all) : null;
  };
  return {
    samples,
    input: cosineAt('gradient'),
    blocks: forks.flatMap(({ path }, index) => {
      const cosine = cosineAt(`gradient${index}`);
      return cosine === null ? [] : [{ path, cosine }];
    }),
  };
}

/** Mean over pairs: (|Σ ĝ_i|² − n) / (n (n − 1)) with unit vectors ĝ. Vectors of length zero have no direction. */
function meanCosine(vectors: readonly Float32Array[]): number | null {
  const sum = new Float64Array(vectors[0]!.length);
  let count = 0;
  for (const vector of vectors) {
    const norm = Math.sqrt(vector.reduce((total, value) => total + value * value, 0));
    if (norm === 0) continue;
    count++;
    vector.forEach((value, at) => (sum[at]! += value / norm));
  }
  if (count < 2) return null;
  return (sum.reduce((total, value) => total + value * value, 0) - count) / (count * (count - 1));
}

const PROBES = 6;
const ITERATIONS = 8;

/** @throws {NotMeasurable} */
export async function measureJacobian(run: DeepRun): Promise<JacobianProfile> {
  const { graph, blocks, options, onProgress } = run;
  const chain = blocks.filter(({ merge }) => merge !== null);
  const [first, last] = [chain[0], chain.at(-1)];
  const shape = last && valueOf(graph, last.output).type.shape;
  if (!first || !last || !isStatic(shape ?? null) || elementCount(shape ?? null) === null)
    throw new NotMeasurable('The Jacobian was not measured: there are no residual blocks.');
  const dims = shape as readonly number[];
  const program = await open(run, (emit) => {
    const { builder } = emit;
    const u = builder.input('skipscope:u', { dtype: 'float32', shape: dims });
    const back = reverse(builder, graph.nodes, new Map([[last.output, u]]), [first.fork]).of(first.fork);
    if (back === null) throw new NotMeasurable('The Jacobian was not measured: no gradient passes the blocks.');
    // u ↦ Jᵀu is linear: its own reverse pass, seeded with Jᵀu, gives J Jᵀ u.
    const nodes = [...builder.nodes];
    const forth = reverse(builder, nodes, new Map([[back, back]]), [u]).of(u);
    if (forth === null) throw new NotMeasurable('The Jacobian was not measured: it is zero.');
    return { back: emit.mul(back, emit.scalar(1)), forth: emit.mul(forth, emit.scalar(1)) };
  });
  const step = async (u: Float32Array) => {
    const results = await program.run(new Map([['skipscope:u', { shape: dims, data: u }]]));
    const [back, forth] = [results.get('back')!.data, results.get('forth')!.data];
    onProgress?.(Math.min(1, ++done / (PROBES + ITERATIONS)));
    return { first: squared(back), second: squared(forth), forth };
  };
  let done = 0;
  try {
    let [mean, second] = [0, 0];
    let vector: Float32Array | null = null;
    for (let probe = 0; probe < PROBES; probe++) {
      const found = await step(randomCotangent(dims, 1000 + probe + (options.dataSeed ?? 0)));
      mean += found.first / PROBES;
      second += found.second / PROBES;
      vector ??= found.forth;
    }
    let largest = 0;
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      const norm = Math.sqrt(squared(vector!));
      if (norm === 0) break;
      const found = await step(vector!.map((value) => value / norm));
      largest = Math.max(largest, found.first);
      vector = found.forth;
    }
    return { probes: PROBES, mean, variance: Math.max(0, second - mean * mean), largest, iterations: ITERATIONS };
  } finally {
    await program.release();
  }
}

const squared = (values: Float32Array): number => {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
};
