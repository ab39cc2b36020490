/** Raw statistics vectors to the figures of a report, averaged over the draws of the weights. */

import { BLOCK_METRICS, METRIC_NAMES } from './metrics.ts';
import type { RunResult } from './run.ts';
import { intervalOfLogs, intervalOfMean, meanOf } from './spread.ts';
import type {
  BlockMetric,
  BlockProfile,
  Histogram,
  ParameterProfile,
  PlanBlock,
  PlanTensor,
  ProfilePlan,
  ProfileRun,
  TensorStatistics,
} from './types.ts';
import { HISTOGRAM } from './types.ts';

/** The figures of a run, before anything is said of them. */
export type Measured = Omit<ProfileRun, 'verdict'>;

/** Reads one run; the figures of several are put together by {@link averageRuns}. */
export function readRun(plan: ProfilePlan, result: RunResult): Measured {
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
    const gradNorm = gradient === null ? null : Math.sqrt(sum(gradient));
    parameters[name] = { gradNorm, weightNorm, gradToWeight: ratio(gradNorm, weightNorm) };
  }
  const blocks = plan.blocks.map((block) => readBlock(block, read, sum));
  return {
    loss: plan.loss === null ? null : sum(plan.loss),
    parameters,
    blocks: blocks.map((block, index) => {
      const { share, streamEnd } = plan.blocks[index]!;
      const norms = (block.gradient?.l2 ?? 0) * (blocks[streamEnd ?? -1]?.gradient?.l2 ?? 0);
      return { ...block, identityShare: share === null || norms === 0 ? null : sum(share) / norms };
    }),
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
  const squares = block.sum === null ? null : sum(block.sum);
  const dead = block.rectifiers.map((key) => fractionOf(read(key), (value) => value <= 0));
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
    branchGain: branchGradNorm === null ? null : ratio(branchGradNorm ** 2, squares),
    skipGain: skipGradNorm === null ? null : ratio(skipGradNorm ** 2, squares),
    identityShare: null,
    deadFraction: dead.length ? Math.max(...dead) : null,
    intervals: {},
    bySeed: {},
    forwardMs: null,
    backwardMs: null,
    forwardSpread: null,
    backwardSpread: null,
  };
}

const fractionOf = (values: ArrayLike<number>, holds: (value: number) => boolean): number =>
  Array.from(values).filter(holds).length / values.length;

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
    deadFraction: place.hasChannels ? fractionOf(squares, (square) => square === 0) : null,
    histogram: place.histogram === null ? null : readHistogram(read(place.histogram), sum(place.zeros)),
    nonFinite: sum(place.finite) < place.elements,
  };
}

/** Without the empty bins at both ends. */
function readHistogram(bins: ArrayLike<number>, zeros: number): Histogram {
  const all = Array.from(bins);
  const start = Math.max(
    0,
    all.findIndex((count) => count > 0),
  );
  const end = all.findLastIndex((count) => count > 0) + 1;
  return { first: HISTOGRAM.first + start, counts: all.slice(start, end), zeros };
}

/** Mean of logs for what is a norm or a variance, plain mean for what has a sign or lies in [0, 1]. */
export function averageRuns(runs: readonly Measured[]): Measured {
  const [first] = runs;
  if (!first || runs.length === 1) return first ?? { loss: null, parameters: {}, blocks: [] };
  const parameters: Record<string, ParameterProfile> = {};
  for (const name of Object.keys(first.parameters)) {
    const all = runs.map((run) => run.parameters[name]!);
    const gradNorm = geometric(all.map((one) => one.gradNorm));
    const weightNorm = geometric(all.map((one) => one.weightNorm))!;
    parameters[name] = { gradNorm, weightNorm, gradToWeight: ratio(gradNorm, weightNorm) };
  }
  return {
    loss: arithmetic(runs.map(({ loss }) => loss)),
    parameters,
    blocks: first.blocks.map((_, index) => averageBlocks(runs.map((run) => run.blocks[index]!))),
  };
}

function averageBlocks(all: readonly BlockProfile[]): BlockProfile {
  const norm = (pick: (block: BlockProfile) => number | null) => geometric(all.map(pick));
  const bySeed: Partial<Record<BlockMetric, number[]>> = {};
  const intervals: BlockProfile['intervals'] = Object.fromEntries(
    METRIC_NAMES.flatMap((name) => {
      const { read, scale } = BLOCK_METRICS[name];
      const values = all.map(read).filter((value) => value !== null);
      if (values.length < all.length) return [];
      bySeed[name] = values;
      const interval = scale === 'log' ? intervalOfLogs(values) : intervalOfMean(values);
      return interval ? [[name, interval]] : [];
    }),
  );
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
    branchGain: norm((block) => block.branchGain),
    skipGain: norm((block) => block.skipGain),
    identityShare: arithmetic(all.map(({ identityShare }) => identityShare)),
    deadFraction: arithmetic(all.map(({ deadFraction }) => deadFraction)),
    intervals,
    bySeed,
    forwardMs: null,
    backwardMs: null,
    forwardSpread: null,
    backwardSpread: null,
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
    deadFraction: arithmetic(all.map(({ deadFraction }) => deadFraction)),
    histogram: all[0]!.histogram,
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
  return meanOf(values as readonly number[]);
}
