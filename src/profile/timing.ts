/** Forward and backward time of blocks and operators: kernel times of onnxruntime's own profiler, in a session of their own. */

import type * as Ort from 'onnxruntime-web';
import type { ResidualBlock } from '../analysis/types.ts';
import { reverse } from '../autodiff/reverse.ts';
import type { Graph } from '../ir/graph.ts';
import { encodeModel, modelInputs } from '../onnx/encode.ts';
import { Emit } from '../ops/emit.ts';
import { expandForRuntime } from '../ops/expand.ts';
import { sliced } from '../ops/forms.ts';
import { extendGraph } from '../ops/infer.ts';
import { RECURRENT } from '../ops/nn/recurrent.ts';
import { planInput } from './inputs.ts';
import type { KernelTimes } from './kernelTimes.ts';
import { readKernelTimes, tagOf } from './kernelTimes.ts';
import { emitLoss } from './loss.ts';
import { median } from './median.ts';
import type { OrtModule, RunOptions } from './run.ts';
import { exclusively, feed, sessionOptions } from './run.ts';
import { quartiles } from './spread.ts';
import type { Duration, PlanInput, ProfileOptions, TimingReport } from './types.ts';

/**
 * Runs `work` and returns the text that onnxruntime printed meanwhile. Its profile is printed and given out nowhere else.
 */
export type Capture = (work: () => void) => string;

/** The forward pass, and the reverse pass where gradients are wanted, without statistics. */
export interface TimingPlan {
  /** ONNX ModelProto, opset 17, without weights. Names of its nodes say which node of the graph these serve, and how. */
  readonly model: Uint8Array;
  readonly inputs: readonly PlanInput[];
  readonly lossKind: ProfileOptions['loss'];
  /** Of the graph as traced, by node id. */
  readonly ops: readonly string[];
  /** Node ids of each block. A node that serves several blocks counts in each. */
  readonly blocks: readonly (readonly number[])[];
  readonly hasGradients: boolean;
  /** Both passes, in the order that their nodes run in. */
  readonly graph: Graph;
}

/** Plans the timing of a network that can be profiled. */
export function planTiming(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  { gradients, loss }: Pick<ProfileOptions, 'gradients' | 'loss'>,
): TimingPlan {
  // Encoding names nodes after their module; rewriting for the run time and the reverse pass keep it.
  const nodes = graph.nodes.map((node) => ({ ...node, module: tagOf(`f${node.id}`) }));
  const builder = extendGraph({ ...graph, nodes }, { merge: true });
  const emit = new Emit(builder);
  const results = graph.outputs.slice(0, 1);
  if (gradients) {
    const trainable = graph.parameters.filter(({ trainable }) => trainable).map(({ value }) => value);
    const cotangents = reverse(builder, nodes, emitLoss(emit, graph, loss).seeds(), trainable);
    // One element of each is enough to have them all computed.
    for (const value of new Set(trainable.map((value) => cotangents.of(value))))
      if (value !== null) results.push(sliced(emit, emit.reshape(value, [-1]), 0, 0, 1));
  }
  const whole = builder.build(graph.name, results, graph.training);
  const backward = (module: string): string => module.replace(/^t=f/, 't=b');
  const tagged = whole.nodes.map((node) =>
    node.id < nodes.length ? node : { ...node, module: backward(node.module) },
  );
  const steps = gradients ? RECURRENT : undefined;
  const { graph: full } = expandForRuntime({ ...whole, nodes: tagged }, steps);
  const outputNames = new Map(full.outputs.map((value, index) => [value, `result${index}`]));
  const classes = emit.shape(graph.outputs[0]!).at(-1) ?? 1;
  return {
    model: encodeModel(full, { outputNames }),
    inputs: modelInputs(full, { outputNames }).map(({ name, value }) => planInput(full, name, value, classes)),
    lossKind: loss,
    ops: graph.nodes.map(({ op }) => op),
    blocks: blocks.map(({ head, branch, shortcut, merge, tail }) => [
      ...new Set([...head, ...branch, ...shortcut, ...(merge === null ? [] : [merge]), ...tail]),
    ]),
    hasGradients: gradients,
    graph: whole,
  };
}

/** What a network's passes take. */
export interface PassTimes extends Pick<
  TimingReport,
  'method' | 'runs' | 'warmUp' | 'forward' | 'backward' | 'operators' | 'onCpu'
> {
  /** By block. */
  readonly blocks: readonly { readonly forward: Duration; readonly backward: Duration | null }[];
}

export const MOST_RUNS = 5;
const BUDGET_MS = 2000;
export const WARM_UP = 1;

/**
 * Runs the plan with the profiler on, in a session that is closed again: profiled sessions are slower. Null where the
 * provider gives no kernel times.
 */
export async function timePlan(
  plan: TimingPlan,
  ort: OrtModule,
  capture: Capture,
  options: RunOptions,
): Promise<PassTimes | null> {
  const { provider, signal, onProgress } = options;
  signal?.throwIfAborted();
  onProgress?.('Timing the blocks', 0);
  return exclusively(async () => {
    signal?.throwIfAborted();
    const profiled = { ...sessionOptions(provider), enableProfiling: true };
    const session = await ort.InferenceSession.create(plan.model, profiled);
    const feeds: Record<string, Ort.Tensor> = {};
    try {
      for (const input of plan.inputs) feeds[input.name] = feed(ort, input, plan, new Map(), options);
      const pass = async (): Promise<number> => {
        signal?.throwIfAborted();
        const start = performance.now();
        const results = await session.run(feeds);
        for (const tensor of Object.values(results)) {
          await tensor.getData();
          tensor.dispose();
        }
        return performance.now() - start;
      };
      // The first pass grows the runtime's memory; what it takes says how many more are affordable.
      const runs = Math.min(MOST_RUNS, Math.max(1, Math.floor(BUDGET_MS / (await pass()))));
      for (let run = 0; run < runs; run++) {
        await pass();
        onProgress?.('Timing the blocks', (run + 1) / runs);
      }
      const kernels = readKernelTimes(
        capture(() => session.endProfiling()),
        provider,
        runs,
      );
      return kernels && summariseTimes(plan, kernels, runs);
    } finally {
      for (const tensor of Object.values(feeds)) tensor.dispose();
      await session.release();
    }
  });
}

/** Kernel times by block and by operator. */
export function summariseTimes(
  { ops, blocks, hasGradients }: Pick<TimingPlan, 'ops' | 'blocks' | 'hasGradients'>,
  { byTag, onCpu }: KernelTimes,
  runs: number,
): PassTimes {
  const over = (ids: Iterable<number>, phase: 'f' | 'b'): Duration => {
    const sums = new Array<number>(runs).fill(0);
    for (const id of ids) byTag.get(`${phase}${id}`)?.runs.forEach((time, run) => (sums[run]! += time));
    return durationOf(sums);
  };
  const backwardOf = (ids: Iterable<number>): Duration | null => (hasGradients ? over(ids, 'b') : null);
  const byOp = new Map<string, number[]>();
  ops.forEach((op, id) => byOp.set(op, [...(byOp.get(op) ?? []), id]));
  const operators = [...byOp].map(([op, ids]) => ({
    op,
    calls: ids.length,
    forwardMs: over(ids, 'f').median,
    backwardMs: backwardOf(ids)?.median ?? null,
  }));
  return {
    method: 'provider-profile',
    runs,
    warmUp: WARM_UP,
    forward: over(ops.keys(), 'f'),
    backward: backwardOf(ops.keys()),
    operators: operators
      .filter(({ forwardMs, backwardMs }) => forwardMs + (backwardMs ?? 0) > 0)
      .sort((a, b) => b.forwardMs + (b.backwardMs ?? 0) - a.forwardMs - (a.backwardMs ?? 0)),
    onCpu,
    blocks: blocks.map((ids) => ({ forward: over(ids, 'f'), backward: backwardOf(ids) })),
  };
}

export const durationOf = (values: readonly number[]): Duration => ({
  median: median(values),
  spread: quartiles(values),
});

/**
 * Captures what onnxruntime prints to the console, in pages and workers. To be called before the runtime's first session:
 * the runtime keeps the printer that it finds then.
 */
export function captureConsole(): Capture {
  const print = console.log.bind(console);
  let lines: string[] | null = null;
  console.log = (...parts: unknown[]) => {
    if (lines) lines.push(parts.map(String).join(' '));
    else print(...parts);
  };
  return (work) => {
    const printed: string[] = [];
    lines = printed;
    try {
      work();
    } finally {
      lines = null;
    }
    return printed.join('\n');
  };
}
