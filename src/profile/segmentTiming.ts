/** Forward and backward time of blocks where the provider gives no kernel times: each block is a program that runs by itself. */

import type * as Ort from 'onnxruntime-web';
import { reverse } from '../autodiff/reverse.ts';
import type { Graph, ValueId } from '../ir/graph.ts';
import { consumers, valueOf } from '../ir/query.ts';
import { isFloat } from '../ir/type.ts';
import { encodeModel, modelInputs } from '../onnx/encode.ts';
import { Emit } from '../ops/emit.ts';
import { expandForRuntime } from '../ops/expand.ts';
import { sliced } from '../ops/forms.ts';
import { createBuilder, extendGraph } from '../ops/infer.ts';
import { RECURRENT } from '../ops/nn/recurrent.ts';
import { planInput } from './inputs.ts';
import { median } from './median.ts';
import type { OrtModule, RunOptions } from './run.ts';
import { exclusively, feed, sessionOptions } from './run.ts';
import { renameParameters } from './segments.ts';
import type { PassTimes, TimingPlan } from './timing.ts';
import { durationOf, MOST_RUNS, planTiming, WARM_UP } from './timing.ts';
import type { Duration, PlanInput } from './types.ts';

type Piece = Pick<TimingPlan, 'model' | 'inputs' | 'lossKind'>;

/** Milliseconds that a piece's runs may take together. */
const BUDGET_MS = 500;
/** Runs on a GPU between two waits for it: a wait takes longer than a small block. */
const BETWEEN_WAITS = 8;

/** Runs every block by itself, equal ones once, and the whole network. */
export async function timeSegments(
  plan: TimingPlan,
  graph: Graph,
  ort: OrtModule,
  options: RunOptions,
): Promise<PassTimes> {
  const { hasGradients, lossKind } = plan;
  const known = new Map<string, readonly number[]>();
  const time = async (piece: Piece): Promise<readonly number[]> => {
    const key = new TextDecoder('latin1').decode(piece.model);
    const times = known.get(key) ?? (await timePiece(piece, ort, options));
    known.set(key, times);
    return times;
  };
  const both = async (
    forward: Piece,
    whole: Piece | null,
  ): Promise<{ forward: Duration; backward: Duration | null }> => {
    const alone = await time(forward);
    const rest = whole && (await time(whole)).map((total) => Math.max(0, total - median(alone)));
    return { forward: durationOf(alone), backward: rest && durationOf(rest) };
  };
  const blocks: PassTimes['blocks'][number][] = [];
  for (const [at, ids] of plan.blocks.entries()) {
    options.onProgress?.('Timing the blocks', at / plan.blocks.length);
    blocks.push(await both(planPiece(graph, ids, false), hasGradients ? planPiece(graph, ids, true) : null));
  }
  const forward = planTiming(graph, [], { gradients: false, loss: lossKind });
  const network = await both(forward, hasGradients ? plan : null);
  const runs = Math.min(...[...known.values()].map(({ length }) => length));
  return { method: 'segments', runs, warmUp: WARM_UP, ...network, operators: [], onCpu: [], blocks };
}

/** Some nodes alone, from what they read to one element of each output: reading more back would take time of its own. */
export function planPiece(graph: Graph, ids: readonly number[], gradients: boolean): Piece {
  const part = cutOut(graph, new Set(ids));
  const builder = extendGraph(part, { merge: true });
  const emit = new Emit(builder);
  const results = [...part.outputs];
  if (gradients) {
    const floats = (values: readonly ValueId[]): ValueId[] => values.filter((id) => isFloat(emit.type(id).dtype));
    const seeds = floats(part.outputs).map((id, at) => [id, builder.input(`g${at}`, emit.type(id))] as const);
    const trainable = part.parameters.filter((parameter) => parameter.trainable).map(({ value }) => value);
    const wanted = [...floats(part.inputs), ...trainable];
    const cotangents = reverse(builder, part.nodes, new Map(seeds), wanted);
    results.push(...wanted.map((id) => cotangents.of(id)).filter((id) => id !== null));
  }
  const elements = [...new Set(results)].map((id) => sliced(emit, emit.reshape(id, [-1]), 0, 0, 1));
  const whole = builder.build(part.name, elements, graph.training);
  return encodePiece(expandForRuntime(whole, gradients ? RECURRENT : undefined).graph);
}

function encodePiece(graph: Graph): Piece {
  const outputNames = new Map(graph.outputs.map((value, at) => [value, `y${at}`]));
  const inputs = modelInputs(graph, { outputNames }).map(({ name, value }) => planInput(graph, name, value, 1));
  return { model: encodeModel(graph, { outputNames }), inputs, lossKind: 'cotangent' };
}

/** Without names of places, so that equal blocks give equal bytes. */
function cutOut(graph: Graph, inside: ReadonlySet<number>): Graph {
  const nodes = graph.nodes.filter(({ id }) => inside.has(id));
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const given = new Set(graph.parameters.map(({ value }) => value));
  const readers = consumers(graph);
  const isLeft = (id: ValueId): boolean =>
    graph.outputs.includes(id) || (readers[id] ?? []).some((reader) => !inside.has(reader.id));
  const inputs = [...new Set(nodes.flatMap((node) => node.inputs))].filter(
    (id): id is ValueId => id !== null && !made.has(id) && !given.has(id) && !valueOf(graph, id).data,
  );
  const values = [...graph.values];
  inputs.forEach((id, at) => (values[id] = { ...valueOf(graph, id), name: `x${at}` }));
  const places = { module: '', origin: '', frames: [] };
  return renameParameters({
    ...{ ...graph, name: 'segment', values, modules: [], inputs, outputs: [...made].filter(isLeft) },
    nodes: nodes.map((node) => ({ ...node, ...places })),
  }).part;
}

/** Milliseconds of single runs; on a GPU each is the mean of those between two waits. */
async function timePiece(piece: Piece, ort: OrtModule, options: RunOptions): Promise<readonly number[]> {
  const { provider, signal } = options;
  signal?.throwIfAborted();
  return exclusively(async () => {
    signal?.throwIfAborted();
    const onGpu = provider === 'webgpu';
    const sessions = [await openHere(ort, piece.model, provider)];
    const [session] = sessions as [Ort.InferenceSession];
    const feeds: Record<string, Ort.Tensor> = {};
    try {
      for (const input of piece.inputs) feeds[input.name] = feed(ort, input, piece, new Map(), options);
      if (onGpu) sessions.push(...(await moveToGpu(ort, piece.inputs, feeds)));
      const repeats = onGpu ? BETWEEN_WAITS : 1;
      const pass = async (): Promise<number> => {
        signal?.throwIfAborted();
        const start = performance.now();
        for (let run = 1; run <= repeats; run++) {
          const results = Object.values(await session.run(feeds));
          if (run === repeats) await results[0]?.getData();
          for (const tensor of results) tensor.dispose();
        }
        return (performance.now() - start) / repeats;
      };
      const first = await pass();
      const runs = Math.min(MOST_RUNS, Math.max(1, Math.floor(BUDGET_MS / (first * repeats))));
      const times: number[] = [];
      for (let run = 0; run < runs; run++) times.push(await pass());
      return times;
    } finally {
      for (const tensor of Object.values(feeds)) tensor.dispose();
      for (const one of sessions) await one.release();
    }
  });
}

/** A session whose outputs stay where they are computed. */
const openHere = (ort: OrtModule, model: Uint8Array, provider: RunOptions['provider']): Promise<Ort.InferenceSession> =>
  ort.InferenceSession.create(model, {
    ...sessionOptions(provider),
    ...(provider === 'webgpu' && { preferredOutputLocation: 'gpu-buffer' }),
  });

/**
 * Puts copies on the GPU in the place of what would be sent there anew in every run. Integers are few, and stay.
 *
 * @returns the sessions that the copies belong to, and are lost with
 */
async function moveToGpu(
  ort: OrtModule,
  inputs: readonly PlanInput[],
  feeds: Record<string, Ort.Tensor>,
): Promise<readonly Ort.InferenceSession[]> {
  const moved = inputs.filter(({ dtype }) => dtype === 'float32');
  if (moved.length === 0) return [];
  const builder = createBuilder();
  const emit = new Emit(builder);
  const copies = moved.map(({ name, dtype, shape }) => emit.mul(builder.input(name, { dtype, shape }), emit.scalar(1)));
  const outputNames = new Map(copies.map((value, at) => [value, `copy${at}`]));
  const session = await openHere(ort, encodeModel(builder.build('copy', copies, false), { outputNames }), 'webgpu');
  const results = await session.run(Object.fromEntries(moved.map(({ name }) => [name, feeds[name]!])));
  moved.forEach(({ name }, at) => {
    feeds[name]!.dispose();
    feeds[name] = results[`copy${at}`]!;
  });
  return [session];
}
