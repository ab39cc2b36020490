/** One profile from start to end: plan, run for every seed, the ablated twin on the same weights, report. */

import { ablateWithBlocks, labelOf } from '../analysis/ablate.ts';
import { bytesOf, measureCost } from '../analysis/cost.ts';
import { measureMemory } from '../analysis/memory.ts';
import type { Ablation, ResidualBlock } from '../analysis/types.ts';
import type { Graph } from '../ir/graph.ts';
import { calibrate, hasFreshStatistics, planCalibration } from './calibrate.ts';
import type { DeepRun } from './deep.ts';
import { measureJacobian, measurePaths, measureShattering, NotMeasurable } from './deep.ts';
import { ablationName } from './figures/variants.ts';
import { findingsOf } from './findings.ts';
import { parameterCount, valueOf } from '../ir/query.ts';
import { inFloat32 } from './inFloat32.ts';
import { planProfile } from './plan.ts';
import { median } from './median.ts';
import type { Measured } from './report.ts';
import { averageRuns, readRun } from './report.ts';
import { formatBytes, largestTensor, leastBytes, WASM_LIMIT } from './size.ts';
import type { OrtModule } from './run.ts';
import { measurePlan, releaseSessions } from './run.ts';
import type { Capture, PassTimes, TimingPlan } from './timing.ts';
import { timeSegments } from './segmentTiming.ts';
import { planTiming, timePlan } from './timing.ts';
import { judge, placesOf } from './verdict.ts';
import type {
  AblationRun,
  BlockProfile,
  DeepMeasure,
  MemoryReport,
  ProfileOptions,
  ProfileReport,
  TensorMap,
  TimingReport,
} from './types.ts';

/** What a profile runs on, and with. */
export interface ProfileBackend {
  readonly ort: OrtModule;
  readonly provider: ProfileReport['backend']['provider'];
  /** For the report: `SwiftShader`, `NVIDIA RTX …`, `CPU`. */
  readonly device?: string;
  /** That WebAssembly was given; 1 unless said otherwise. */
  readonly threads?: number;
  readonly software?: boolean;
  /** Bytes of the largest tensor that the device takes; without end unless given. */
  readonly tensorLimit?: number;
  /** Why it is not the provider that was asked for. */
  readonly fallbackReason?: string | null;
  readonly weights?: TensorMap;
  /** For the report: the name of the file that `weights` are from. */
  readonly weightsFile?: string | null;
  readonly data?: TensorMap;
  /** Reads what onnxruntime prints, for the time of each block; without it blocks are not timed. */
  readonly capture?: Capture;
  /** Of the process that all runs in. */
  readonly memory?: MemoryProbe;
  readonly signal?: AbortSignal;
  /** `fraction` of the whole profile, 0 to 1. */
  readonly onProgress?: (text: string, fraction: number) => void;
}

/** Resident bytes of a process. */
export interface MemoryProbe {
  now(): number;
  /** The most so far. */
  peak(): number;
}

/** The network cannot be profiled; `reasons` are sentences for the user. */
export class ProfileRefusal extends Error {
  override readonly name = 'ProfileRefusal';

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join(' '));
  }
}

/**
 * Profiles a network, and its ablated twin if asked to; in float32, whatever the network's own numbers are.
 *
 * @throws {ProfileRefusal} when the network cannot be profiled, here or anywhere else
 * @throws Error before anything is computed, where a tensor is larger than this device takes
 * @throws Error naming the parameter or input that a weights or data file does not fit; AbortError when cancelled
 */
export async function profile(
  given: Graph,
  blocks: readonly ResidualBlock[],
  options: ProfileOptions,
  backend: ProfileBackend,
): Promise<ProfileReport> {
  backend.signal?.throwIfAborted();
  const graph = inFloat32(given);
  refuseTooLarge(graph, options, backend);
  backend.onProgress?.('Building the gradient', 0);
  const plan = planOrRefuse(graph, blocks, options);
  const fresh = hasFreshStatistics(graph, (name) => backend.weights?.has(name) ?? false);
  if (fresh && !options.calibrate)
    throw new ProfileRefusal([
      'In evaluation mode batch norms would use the running statistics that they are made with, which are those of no ' +
        'data: profile in training mode, calibrate them on the batch, or give weights that hold them.',
    ]);
  const timing = planTiming(graph, blocks, { gradients: options.gradients, loss: plan.lossKind });
  const largest = largestTensor(timing.graph);
  if (largest > (backend.tensorLimit ?? Infinity))
    throw new Error(
      `a tensor of ${formatBytes(largest)} is larger than the GPU takes (${formatBytes(backend.tensorLimit!)})`,
    );
  const unchanged: string[] = [];
  const twins = (options.ablations ?? []).flatMap((ablation) => {
    const changed = ablateWithBlocks(graph, blocks, ablation);
    if (changed.graph === graph) {
      unchanged.push(nothingToChange(ablation, blocks));
      return [];
    }
    const paramsChange = countParameters(changed.graph) - countParameters(graph);
    const plan = planOrRefuse(changed.graph, changed.blocks, options);
    return [{ kind: labelOf(ablation), paramsChange, plan, graph: changed.graph, runs: [] as Measured[] }];
  });
  const seeds = backend.weights ? 1 : Math.max(1, options.seeds);

  const total = seeds * (1 + twins.length);
  let done = 0;
  const measure = async (which: typeof plan, of: Graph, seed: number, what: string) => {
    const calibration = options.calibrate ? planCalibration(of) : null;
    const buffers = calibration && (await calibrate(calibration, backend.ort, { ...backend, seed }));
    const result = await measurePlan(which, backend.ort, {
      ...backend,
      ...(buffers && { buffers }),
      seed,
      onProgress: (text, fraction) => backend.onProgress?.(`${what}: ${text}`, (done + fraction) / total),
    });
    done++;
    return { run: readRun(which, result), milliseconds: result.milliseconds };
  };
  const own: { run: Measured; milliseconds: number }[] = [];
  const growth = watchGrowth(backend.memory);
  let measuredBytes: number | null = null;
  for (let seed = 0; seed < seeds; seed++) {
    const label = seeds > 1 ? `Seed ${seed + 1} of ${seeds}` : 'Network';
    own.push(await measure(plan, graph, seed, label));
    measuredBytes ??= growth();
  }
  // One network after the other: a session is created once, and only the last ones stay open.
  for (const twin of twins) {
    for (let seed = 0; seed < seeds; seed++) {
      const label = seeds > 1 ? `${twin.kind} twin, seed ${seed + 1} of ${seeds}` : `${twin.kind} twin`;
      twin.runs.push((await measure(twin.plan, twin.graph, seed, label)).run);
    }
  }
  const times = await timePasses(timing, graph, backend);
  backend.onProgress?.('Done', 1);

  // The first run also grows the runtime's memory; it counts only where there is no other.
  const passes = own.map(({ milliseconds }) => milliseconds);
  const averaged = averageRuns(own.map(({ run }) => run));
  const places = placesOf(graph, blocks);
  const ablations = twins.map(({ kind, paramsChange, runs }): AblationRun => {
    const changed = averageRuns(runs);
    return { kind, paramsChange, verdict: judge(changed, places), ...changed };
  });
  const plain = ablations.find(({ kind }) => kind === 'plain');
  const deep = await measureDeep(graph, blocks, plan.lossKind, options, backend);
  const shattering = deep.shattering?.input ?? null;
  const verdict = judge(averaged, places, { ...(plain && { twin: plain }), shattering });
  return {
    model: graph.name,
    backend: {
      provider: backend.provider,
      device: backend.device ?? 'CPU',
      threads: backend.threads ?? 1,
      software: backend.software ?? false,
      fallbackReason: backend.fallbackReason ?? null,
    },
    precision: 'float32',
    mode: options.calibrate && plan.mode === 'eval' ? 'calibrated-eval' : plan.mode,
    batch: plan.batch,
    seeds,
    weightsFile: backend.weightsFile ?? null,
    lossKind: plan.lossKind,
    outputs: plan.outputs,
    passMs: median(passes.length > 1 ? passes.slice(1) : passes),
    ...(times && { timing: timingReport(times, graph) }),
    memory: { ...predictMemory(graph, timing), measuredBytes },
    ...deep,
    notMeasured: [...unchanged, ...deep.notMeasured],
    findings: findingsOf(graph, blocks, { ...averaged, verdict }, deep.paths),
    verdict,
    ...averaged,
    blocks: averaged.blocks.map((block, index) => ({ ...block, ...timesOf(times?.blocks[index]) })),
    ...(ablations[0] && { ablation: ablations[0] }),
    ablations,
  };
}

/** Why an ablation is not measured: it would be the network itself. */
const nothingToChange = (ablation: Ablation, blocks: readonly ResidualBlock[]): string => {
  const concatenated = blocks.some(({ skip }) => skip === 'concat');
  const why = concatenated ? '; what is concatenated stays, for the layers after it need its channels' : '';
  return `Not measured: ${ablationName(labelOf(ablation))}. It is the network itself, with no skip for it to change${why}.`;
};

/** What was asked for of the costly measurements, on the first draw of the weights. */
async function measureDeep(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  lossKind: ProfileOptions['loss'],
  { deep = [], calibrate: calibrated }: ProfileOptions,
  backend: ProfileBackend,
): Promise<Pick<ProfileReport, 'paths' | 'shattering' | 'jacobian' | 'notMeasured'>> {
  const notMeasured: string[] = [];
  const calibration = calibrated && deep.length ? planCalibration(graph) : null;
  const own = { ...backend, seed: 0 };
  const buffers = calibration && (await calibrate(calibration, backend.ort, own));
  const options = { ...own, ...(buffers && { buffers }) };
  const measure = async <T>(
    which: DeepMeasure,
    label: string,
    work: (run: DeepRun) => Promise<T>,
  ): Promise<T | null> => {
    if (!deep.includes(which)) return null;
    const onProgress = (fraction: number) => backend.onProgress?.(label, fraction);
    try {
      return await work({ graph, blocks, lossKind, ort: backend.ort, options, onProgress });
    } catch (error) {
      if (!(error instanceof NotMeasurable)) throw error;
      notMeasured.push(error.message);
      return null;
    }
  };
  return {
    paths: await measure('paths', 'Following paths', measurePaths),
    shattering: await measure('shattering', 'Comparing samples', measureShattering),
    jacobian: await measure('jacobian', 'Probing the Jacobian', measureJacobian),
    notMeasured,
  };
}

/** Null where nothing says, or where the process had been as large before. */
function watchGrowth(probe: MemoryProbe | undefined): () => number | null {
  if (!probe) return () => null;
  const [before, most] = [probe.now(), probe.peak()];
  return () => (probe.peak() > most ? probe.peak() - before : null);
}

/** By the provider's own times, or by running blocks one by one. Null where nobody reads what the provider prints. */
async function timePasses(plan: TimingPlan, graph: Graph, backend: ProfileBackend): Promise<PassTimes | null> {
  const { capture, provider, ort } = backend;
  if (!capture) return null;
  // Two sessions with all their activations may be more than WebAssembly holds.
  if (provider === 'wasm' && 2 * leastBytes(graph, plan.hasGradients) > WASM_LIMIT / 2) await releaseSessions(ort);
  const options = { ...backend, seed: 0, onProgress: (text: string) => backend.onProgress?.(text, 1) };
  return (await timePlan(plan, ort, capture, options)) ?? (await timeSegments(plan, graph, ort, options));
}

const timesOf = (times: PassTimes['blocks'][number] | undefined): Partial<BlockProfile> =>
  times
    ? {
        forwardMs: times.forward.median,
        forwardSpread: times.forward.spread,
        backwardMs: times.backward?.median ?? null,
        backwardSpread: times.backward?.spread ?? null,
      }
    : {};

const timingReport = ({ blocks: _, ...times }: PassTimes, graph: Graph): TimingReport => {
  const { macs } = measureCost(graph);
  return {
    ...times,
    macsPerSecond: macs === null || times.forward.median === 0 ? null : (1000 * macs) / times.forward.median,
  };
};

/** What the passes hold at once, by the lifetimes of their tensors. */
const predictMemory = (
  graph: Graph,
  { graph: both, hasGradients }: TimingPlan,
): Omit<MemoryReport, 'measuredBytes'> => ({
  forwardBytes: measureMemory(graph, []).peak.bytes,
  forwardAndBackwardBytes: hasGradients ? measureMemory(both, []).peak.bytes : null,
  weightBytes: graph.parameters.reduce((sum, { value }) => sum + (bytesOf(valueOf(graph, value).type) ?? 0), 0),
});

/** Before anything is computed: WebAssembly that runs out of memory says nothing of use. */
function refuseTooLarge(graph: Graph, { gradients }: ProfileOptions, { provider }: ProfileBackend): void {
  const least = leastBytes(graph, gradients);
  if (provider === 'webgpu' || least <= WASM_LIMIT) return;
  throw new ProfileRefusal([
    `The profile needs at least ${formatBytes(least)}; WebAssembly has ${formatBytes(WASM_LIMIT)}.`,
    'Choose a smaller batch.',
  ]);
}

function planOrRefuse(...[graph, blocks, options]: Parameters<typeof planProfile>): ReturnType<typeof planProfile> {
  const plan = planProfile(graph, blocks, options);
  if (plan.refusals.length) throw new ProfileRefusal(plan.refusals);
  return plan;
}

const countParameters = (graph: Graph): number =>
  graph.parameters
    .filter((parameter) => !parameter.buffer)
    .reduce((sum, parameter) => sum + (parameterCount(graph, parameter) ?? 0), 0);
