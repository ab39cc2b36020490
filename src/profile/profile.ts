/** One profile from start to end: plan, run for every seed, the ablated twin on the same weights, report. */

import { ablateWithBlocks } from '../analysis/ablate.ts';
import type { ResidualBlock } from '../analysis/types.ts';
import type { Graph } from '../ir/graph.ts';
import { elementCount } from '../ir/type.ts';
import { valueOf } from '../ir/query.ts';
import { planProfile } from './plan.ts';
import { median } from './median.ts';
import { averageRuns, readRun } from './report.ts';
import type { BlockTimes, OrtModule } from './run.ts';
import { measurePlan, timePlan } from './run.ts';
import type { Capture } from './timing.ts';
import { planTiming } from './timing.ts';
import type { Ablation, ProfileOptions, ProfileReport, ProfileRun, TensorMap } from './types.ts';

/** What a profile runs on, and with. */
export interface ProfileBackend {
  readonly ort: OrtModule;
  readonly provider: ProfileReport['backend']['provider'];
  /** For the report: `SwiftShader`, `NVIDIA RTX …`, `CPU`. */
  readonly device?: string;
  readonly software?: boolean;
  /** Why it is not the provider that was asked for. */
  readonly fallbackReason?: string | null;
  readonly weights?: TensorMap;
  readonly data?: TensorMap;
  /** Reads what onnxruntime prints, for the time of each block; without it blocks are not timed. */
  readonly capture?: Capture;
  readonly signal?: AbortSignal;
  /** `fraction` of the whole profile, 0 to 1. */
  readonly onProgress?: (text: string, fraction: number) => void;
}

/** The network cannot be profiled; `reasons` are sentences for the user. */
export class ProfileRefusal extends Error {
  override readonly name = 'ProfileRefusal';

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join(' '));
  }
}

/**
 * Profiles a network, and its ablated twin if asked to.
 *
 * @throws {ProfileRefusal} when the network cannot be profiled
 * @throws Error naming the parameter or input that a weights or data file does not fit; AbortError when cancelled
 */
export async function profile(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  options: ProfileOptions,
  backend: ProfileBackend,
): Promise<ProfileReport> {
  backend.signal?.throwIfAborted();
  backend.onProgress?.('Building the gradient', 0);
  const plan = planOrRefuse(graph, blocks, options);
  const twin = options.ablation ? ablateWithBlocks(graph, blocks, options.ablation) : null;
  const twinPlan = twin && planOrRefuse(twin.graph, twin.blocks, options);
  const seeds = backend.weights ? 1 : Math.max(1, options.seeds);

  const total = seeds * (twinPlan ? 2 : 1);
  let done = 0;
  const measure = async (which: typeof plan, seed: number, what: string) => {
    const result = await measurePlan(which, backend.ort, {
      ...backend,
      seed,
      onProgress: (text, fraction) => backend.onProgress?.(`${what}: ${text}`, (done + fraction) / total),
    });
    done++;
    return { run: readRun(which, result), milliseconds: result.milliseconds };
  };
  const own: { run: ProfileRun; milliseconds: number }[] = [];
  const changed: ProfileRun[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const label = seeds > 1 ? `Seed ${seed + 1} of ${seeds}` : 'Network';
    own.push(await measure(plan, seed, label));
    if (twinPlan) changed.push((await measure(twinPlan, seed, `${label}, ${options.ablation!.kind} twin`)).run);
  }
  const times = backend.capture ? await timeBlocks(graph, blocks, backend.capture, backend) : null;
  backend.onProgress?.('Done', 1);

  // The first run also grows the runtime's memory; it counts only where there is no other.
  const passes = own.map(({ milliseconds }) => milliseconds);
  const averaged = averageRuns(own.map(({ run }) => run));
  const report: ProfileReport = {
    model: graph.name,
    backend: {
      provider: backend.provider,
      device: backend.device ?? 'CPU',
      software: backend.software ?? false,
      fallbackReason: backend.fallbackReason ?? null,
    },
    precision: 'float32',
    mode: plan.mode,
    batch: plan.batch,
    seeds,
    lossKind: plan.lossKind,
    passMs: median(passes.length > 1 ? passes.slice(1) : passes),
    ...(times && { timing: { method: 'provider-profile', runs: times.runs } }),
    ...averaged,
    blocks: averaged.blocks.map((block, index) => ({ ...block, forwardMs: times?.milliseconds[index] ?? null })),
  };
  if (!twin || !options.ablation) return report;
  const paramsChange = countParameters(twin.graph) - countParameters(graph);
  return { ...report, ablation: { kind: labelOf(options.ablation), paramsChange, ...averageRuns(changed) } };
}

/** Null where the provider gave no times. */
async function timeBlocks(
  graph: Graph,
  blocks: readonly ResidualBlock[],
  capture: Capture,
  backend: ProfileBackend,
): Promise<BlockTimes | null> {
  if (blocks.length === 0) return null;
  const onProgress = (text: string) => backend.onProgress?.(text, 1);
  const times = await timePlan(planTiming(graph, blocks), backend.ort, capture, { ...backend, seed: 0, onProgress });
  return times.milliseconds.some((time) => time !== null) ? times : null;
}

function planOrRefuse(...[graph, blocks, options]: Parameters<typeof planProfile>): ReturnType<typeof planProfile> {
  const plan = planProfile(graph, blocks, options);
  if (plan.refusals.length) throw new ProfileRefusal(plan.refusals);
  return plan;
}

/** As the command line spells it: `plain`, `scaled:0.5`, `lesion:layer1.0`. */
function labelOf(ablation: Ablation): string {
  if (ablation.kind === 'scaled') return `scaled:${ablation.factor}`;
  return ablation.kind === 'lesion' ? `lesion:${ablation.block}` : ablation.kind;
}

const countParameters = (graph: Graph): number =>
  graph.parameters
    .filter((parameter) => !parameter.buffer)
    .reduce((sum, { value }) => sum + (elementCount(valueOf(graph, value).type.shape) ?? 0), 0);
