/** Raw statistics vectors to the figures of a report, averaged over the draws of the weights. */

import type { RunResult } from './run.ts';
import type {
  BlockProfile,
  ParameterProfile,
  PlanBlock,
  PlanTensor,
  ProfilePlan,
  ProfileRun,
  TensorStatistics,
} from './types.ts';

/** Reads one run; the figures of several are put together by {@link averageRuns}. */
export function readRun(plan: ProfilePlan, result: RunResult): ProfileRun {
  const places = new Map(plan.statistics.map((statistic) => [statistic.key, statistic]));
  const read = (key: string): Float32Array => {
    const place = places.get(key);
    if (!place) throw new Error(`the plan has no statistic ${key}`);
    return result.statistics.subarray(place.offset, place.offset + place.length);
  };
  const sum = (key: string): number => read(key).reduce((total, value) => total + value, 0);
  const parameters: Record<string, ParameterProfile> = {};
  for (const { name, gradient } of plan.parameters) {
    const weightNorm = Math.sqrt(result.weightSquares.get(name) ?? NaN);
    parameters[name] = { gradNorm: gradient === null ? null : Math.sqrt(sum(gradient)), weightNorm };
  }
  return {
    loss: plan.loss === null ? null : sum(plan.loss),
    parameters,
    blocks: plan.blocks.map((block) => readBlock(block, read, sum)),
  };
}

type Read = (key: string) => Float32Array;
type Sum = (key: string) => number;

function readBlock(block: PlanBlock, read: Read, sum: Sum): BlockProfile {
  const { path, split } = block;
  const tensor = (place: PlanTensor | null) => (place === null ? null : readTensor(place, read, sum));
  const branch = tensor(block.branch);
  const skip = tensor(block.skip);
  const skipGradNorm = split === null ? null : Math.sqrt(sum(split.skip));
  const branchGradNorm = split === null ? null : Math.sqrt(sum(split.branch));
  const norms = (skipGradNorm ?? 0) * (branchGradNorm ?? 0);
  return {
    path,
    activation: readTensor(block.activation, read, sum),
    gradient: tensor(block.gradient),
    branchVariance: branch?.channelVariance ?? null,
    branchRatio: ratio(branch?.channelVariance, skip?.channelVariance),
    skipGradNorm,
    branchGradNorm,
    // Without a gradient on one of the two there is no angle.
    cosine: split === null || norms === 0 ? null : sum(split.product) / norms,
    forwardMs: null,
  };
}

const ratio = (part: number | null | undefined, whole: number | null | undefined): number | null =>
  typeof part === 'number' && typeof whole === 'number' && whole > 0 ? part / whole : null;

function readTensor(place: PlanTensor, read: Read, sum: Sum): TensorStatistics {
  const means = [...read(place.mean)];
  const squares = [...read(place.meanSquare)];
  const average = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0) / list.length;
  const mean = average(means);
  const secondMoment = average(squares);
  const squaredMean = average(means.map((value) => value * value));
  return {
    l2: Math.sqrt(secondMoment * place.elements),
    secondMoment,
    mean,
    channelVariance: place.hasChannels ? Math.max(0, secondMoment - squaredMean) : null,
    channelSquaredMean: place.hasChannels ? squaredMean : null,
    zeroFraction: sum(place.zeros) / place.elements,
    nonFinite: sum(place.finite) < place.elements,
  };
}

/** Mean of logs for what is a norm or a variance, plain mean for what has a sign or lies in [0, 1]. */
export function averageRuns(runs: readonly ProfileRun[]): ProfileRun {
  const [first] = runs;
  if (!first || runs.length === 1) return first ?? { loss: null, parameters: {}, blocks: [] };
  const parameters: Record<string, ParameterProfile> = {};
  for (const name of Object.keys(first.parameters)) {
    const all = runs.map((run) => run.parameters[name]!);
    parameters[name] = {
      gradNorm: geometric(all.map(({ gradNorm }) => gradNorm)),
      weightNorm: geometric(all.map(({ weightNorm }) => weightNorm))!,
    };
  }
  return {
    loss: arithmetic(runs.map(({ loss }) => loss)),
    parameters,
    blocks: first.blocks.map((_, index) => averageBlocks(runs.map((run) => run.blocks[index]!))),
  };
}

function averageBlocks(all: readonly BlockProfile[]): BlockProfile {
  const norm = (pick: (block: BlockProfile) => number | null) => geometric(all.map(pick));
  const gradients = all.map(({ gradient }) => gradient).filter((gradient) => gradient !== null);
  return {
    path: all[0]!.path,
    activation: averageTensors(all.map(({ activation }) => activation)),
    gradient: gradients.length === all.length ? averageTensors(gradients) : null,
    branchVariance: norm((block) => block.branchVariance),
    branchRatio: norm((block) => block.branchRatio),
    skipGradNorm: norm((block) => block.skipGradNorm),
    branchGradNorm: norm((block) => block.branchGradNorm),
    cosine: arithmetic(all.map(({ cosine }) => cosine)),
    forwardMs: arithmetic(all.map(({ forwardMs }) => forwardMs)),
  };
}

function averageTensors(all: readonly TensorStatistics[]): TensorStatistics {
  return {
    l2: geometric(all.map(({ l2 }) => l2))!,
    secondMoment: geometric(all.map(({ secondMoment }) => secondMoment))!,
    mean: arithmetic(all.map(({ mean }) => mean))!,
    channelVariance: geometric(all.map(({ channelVariance }) => channelVariance)),
    channelSquaredMean: geometric(all.map(({ channelSquaredMean }) => channelSquaredMean)),
    zeroFraction: arithmetic(all.map(({ zeroFraction }) => zeroFraction))!,
    nonFinite: all.some(({ nonFinite }) => nonFinite),
  };
}

/** e to the mean of the logarithms; 0 when any is 0, null when any is missing. */
function geometric(values: readonly (number | null)[]): number | null {
  if (values.some((value) => value === null)) return null;
  return Math.exp(values.reduce<number>((sum, value) => sum + Math.log(value!), 0) / values.length);
}

function arithmetic(values: readonly (number | null)[]): number | null {
  if (values.some((value) => value === null)) return null;
  return values.reduce<number>((sum, value) => sum + value!, 0) / values.length;
}
