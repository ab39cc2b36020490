/** What the figures of a profile say in a sentence, and what each word of it rests on. */

import { isContraction } from '../analysis/roles.ts';
import type { ResidualBlock } from '../analysis/types.ts';
import type { Graph } from '../ir/graph.ts';
import { sameShape } from '../ir/type.ts';
import { superscript } from './figures/figure.ts';
import type { Measured } from './report.ts';
import { intervalOfMean, meanOf } from './spread.ts';
import type { BlockMetric, BlockProfile, Evidence, Interval, Verdict } from './types.ts';

/** What the judgement needs to know of each block's place: blocks of one stage share a stream of one shape. */
export interface Place {
  /** Null for blocks beside the stream: joined by concatenation, or spanning others. */
  readonly stage: number | null;
  /** Layers on the branch. */
  readonly layers: number;
}

export function placesOf(graph: Graph, blocks: readonly ResidualBlock[]): readonly Place[] {
  let stage = 0;
  let before: ResidualBlock | null = null;
  return blocks.map((block): Place => {
    const contractions = block.branch.filter((id) => isContraction(graph.nodes[id]!)).length;
    // Attention is four products deep, and no deeper for the gradient than an MLP.
    const layers = block.kind === 'transformer' ? 2 : Math.max(1, contractions);
    if (block.kind === 'long-skip' || block.kind === 'dense') return { stage: null, layers };
    if (before && !sameShape(before.outputShape, block.outputShape)) stage++;
    before = block;
    return { stage, layers };
  });
}

/** Growth of the variance of a stream of normalised branches in each block, and of a gradient in each layer: laws 5, 10. */
const STEP = 1 - 1 / Math.PI;
/** Channel variance where a stage begins: law 5. */
const START = 2 * STEP;
/** Slope of the logarithm per block that no healthy stream keeps up (Schoenholz 2017). */
const SUSTAINED = 0.1;
/** By how much a slope may exceed the power law of a residual stream: between that (1) and short plain nets (1.4). */
const SLACK = 1.25;
/** Below this part of the squared gradient, the skips of a stage are said to be blocked. */
const BLOCKED = 0.01;
/** Mean cosine of two samples' gradients; a plain network with batch norm falls to it in seven layers (law 13). */
const SHATTERED = 0.01;

/**
 * ln(1 + r) of law 11 for the block that stands `at` places after the one that begins the stage. A block without a skip
 * has no such law to follow, only the bound.
 */
const residualSlope = (at: number, layers: number, block?: BlockProfile): number =>
  block && block.skipGradNorm === null ? SUSTAINED : Math.log1p(STEP ** (1 - layers) / (START + STEP * at));

/** Slopes of ln of a figure from block to block within stages, per seed, with what a residual stream would have. */
interface Course {
  /** Per block, the mean over the stages' steps. */
  readonly perSeed: readonly number[];
  readonly steps: number;
  /** Sum of the steps over that of the law's. */
  readonly excess: number;
}

function follow(
  blocks: readonly BlockProfile[],
  places: readonly Place[],
  metric: BlockMetric,
  read: (block: BlockProfile) => number | null,
  law: (at: number, layers: number, block: BlockProfile) => number,
  direction: 1 | -1,
): Course | null {
  const usable = blocks.flatMap((block, index) => {
    const { stage, layers } = places[index]!;
    const mean = read(block);
    if (stage === null || mean === null || !(mean > 0)) return [];
    return [{ block, stage, layers, values: block.bySeed[metric] ?? [mean] }];
  });
  const sums: number[] = [];
  let [steps, expected, at] = [0, 0, 0];
  for (let index = 1; index < usable.length; index++) {
    const [before, own] = [usable[index - 1]!, usable[index]!];
    at = before.stage === own.stage ? at + 1 : 0;
    if (at === 0) continue;
    steps++;
    expected += law(at - 1, own.layers, own.block);
    own.values.forEach((value, seed) => {
      sums[seed] = (sums[seed] ?? 0) + direction * Math.log(value / before.values[seed]!);
    });
  }
  if (steps === 0) return null;
  return { perSeed: sums.map((sum) => sum / steps), steps, excess: meanOf(sums) / expected };
}

/** Fewer steps from block to block than this say nothing about a trend. */
const FEWEST_STEPS = 3;

/**
 * Judges a network by its blocks.
 *
 * @param twin the network without its skips, if that was measured: what they make of the gradient is said
 * @param shattering mean cosine of the gradients of different samples at the input, where measured
 */
export function judge(
  run: Measured,
  places: readonly Place[],
  { twin, shattering }: { readonly twin?: Measured; readonly shattering?: number | null } = {},
): Verdict {
  const { blocks } = run;
  if (blocks.length === 0) return plainly('unmeasured', 'There are no residual blocks to judge.');
  const broken = blocks.filter(({ activation, gradient }) => activation.nonFinite || gradient?.nonFinite);
  if (broken.length) {
    const text = `Not finite: numbers overflow or are undefined from ${nameOf(broken[0]!)} on, in ${count(broken.length, 'block')}.`;
    return { kind: 'non-finite', text, evidence: [fact('blocks with NaN or infinity', broken.length, broken)] };
  }
  const size = (block: BlockProfile): number => block.activation.secondMoment;
  const forward = follow(blocks, places, 'activationSecondMoment', size, (at) => Math.log1p(1 / (1 + at)), 1);
  const activations = forward && evidenceOf('E[y²] per block', forward);
  if (forward && activations && explodes(forward)) {
    const text = `Explodes: E[y²] grows ${perBlock(forward)}, ${factor(1 / firstOverLast(blocks, size))} over the blocks; a healthy stream grows by a constant in each block, not by a factor.`;
    return { kind: 'explodes', text, evidence: [activations] };
  }
  if (blocks.every(({ gradient }) => gradient === null))
    return {
      ...plainly(
        'unmeasured',
        forward ? `E[y²] grows ${perBlock(forward)}. Gradients were not measured.` : 'Gradients were not measured.',
      ),
      evidence: activations ? [activations] : [],
    };
  return judgeGradient(blocks, places, activations, twin, shattering ?? null);
}

function judgeGradient(
  blocks: readonly BlockProfile[],
  places: readonly Place[],
  activations: Evidence | null,
  twin: Measured | undefined,
  shattering: number | null,
): Verdict {
  const cut = blocks.filter(({ gradient }) => gradient?.l2 === 0);
  if (cut.length) {
    const text = `Vanishes: the gradient is zero at the output of ${nameOf(cut[0]!)}, in ${count(cut.length, 'block')}.`;
    return { kind: 'vanishes', text, evidence: [fact('blocks without gradient', cut.length, cut)] };
  }
  const blocked = blockedStage(blocks, places);
  if (blocked) return blocked;
  const read = (block: BlockProfile): number | null => block.gradient?.secondMoment ?? null;
  const course = follow(blocks, places, 'gradientSecondMoment', read, residualSlope, -1);
  if (!course || course.steps < FEWEST_STEPS)
    return {
      ...plainly(
        'unclear',
        places.every(({ stage }) => stage === null)
          ? 'No verdict: the blocks are concatenated or span others, and what is known of healthy gradients is known of residual streams.'
          : `Too few blocks follow one another at one shape (${course?.steps ?? 0} steps) to tell a trend of the gradient.`,
      ),
      evidence: activations ? [activations] : [],
    };
  const evidence = [
    evidenceOf('g² per block toward the input', course),
    {
      ...fact('growth of g² over that of a pre-activation residual stream (logarithms)', course.excess, []),
      threshold: `at most ${SLACK}`,
    },
    ...(activations ? [activations] : []),
  ];
  const other = twin && follow(twin.blocks, places, 'gradientSecondMoment', read, residualSlope, -1);
  if (other) evidence.push(evidenceOf('g² per block toward the input without the skips', other));
  const without = other ? ` Without its skips: ${perBlock(other)}, ${normGrowth(twin.blocks)}.` : '';
  const whole = normGrowth(blocks);
  const interval = intervalOfMean(course.perSeed);
  const slope = meanOf(course.perSeed);
  if (explodes(course)) {
    const loud = loudest(blocks, places);
    const named = loud.length ? ` The branches of ${listOf(loud)} give back most.` : '';
    if (loud.length) evidence.push(fact('largest branch gain r', loud[0]!.branchGain!, loud));
    const residual = blocks.some(({ skipGradNorm }) => skipGradNorm !== null);
    const beyond = residual
      ? `${course.excess.toFixed(1)} times the exponent of a residual stream`
      : 'as networks without skips do';
    const text = `Explodes: g² grows ${perBlock(course)} toward the input, ${whole}, ${beyond}.${named}${without}`;
    return { kind: 'explodes', text, evidence };
  }
  if ((interval?.high ?? slope) < -SUSTAINED) {
    const text = `Vanishes: g² shrinks ${perBlock(course)} toward the input, ${whole}.${without}`;
    return { kind: 'vanishes', text, evidence };
  }
  if (shattering !== null) {
    const cosine: Evidence = {
      ...fact('mean cosine of the gradients of two samples', shattering, []),
      threshold: `above ${SHATTERED}`,
    };
    evidence.push(cosine);
    if (Math.abs(shattering) < SHATTERED)
      return {
        kind: 'shatters',
        text: `Shatters: the gradients of two samples have a mean cosine of ${shattering.toFixed(3)}: they are as unlike as noise.${without}`,
        evidence,
      };
  }
  const verb = slope >= 0 ? 'grows' : 'shrinks';
  const sure = (interval?.high ?? slope) <= SUSTAINED || course.excess <= SLACK;
  if (!sure || (interval !== null && interval.low < -SUSTAINED && interval.high > SUSTAINED)) {
    const text = `Unclear: g² ${verb} ${perBlock(course)} toward the input; the spread over the seeds allows for a healthy and for an exploding network.${without}`;
    return { kind: 'unclear', text, evidence };
  }
  const pace = Math.abs(slope) <= SUSTAINED ? '' : ', as a power of depth does';
  const text = `Healthy: g² ${verb} ${perBlock(course)} toward the input${pace}, ${whole}.${without}`;
  return { kind: 'healthy', text, evidence };
}

/** Sure of a slope above the threshold, and steeper than a power law. */
function explodes({ perSeed, excess, steps }: Course): boolean {
  const low = intervalOfMean(perSeed)?.low ?? meanOf(perSeed);
  return steps >= FEWEST_STEPS && low > SUSTAINED && excess > SLACK;
}

/** The stage whose skips let through the least of the squared gradient, if that is next to nothing. */
function blockedStage(blocks: readonly BlockProfile[], places: readonly Place[]): Verdict | null {
  const stages = new Map<number, BlockProfile[]>();
  blocks.forEach((block, index) => {
    const { stage } = places[index]!;
    if (stage !== null && block.skipGain !== null) stages.set(stage, [...(stages.get(stage) ?? []), block]);
  });
  for (const members of stages.values()) {
    // A projection that begins a stage may weigh anything.
    const share = members.slice(1).reduce((product, { skipGain }) => product * skipGain!, 1);
    if (share >= BLOCKED) continue;
    const weakest = members.slice(1).filter(({ skipGain }) => skipGain! < 0.99);
    const text = `Blocked: the skips of ${listOf(weakest)} let through ${percent(share)} of the squared gradient between them.`;
    const evidence: Evidence = {
      ...fact('squared gradient that skips alone let through in a stage', share, weakest),
      threshold: `at least ${BLOCKED}`,
    };
    return { kind: 'blocked', text, evidence: [evidence] };
  }
  return null;
}

/** Blocks whose branch gives back far more than the law says, the loudest first. */
function loudest(blocks: readonly BlockProfile[], places: readonly Place[]): readonly BlockProfile[] {
  let at = 0;
  const loud = blocks.filter((block, index) => {
    const { stage, layers } = places[index]!;
    at = index > 0 && places[index - 1]!.stage === stage ? at + 1 : 0;
    const expected = Math.expm1(residualSlope(Math.max(0, at - 1), layers));
    return stage !== null && block.branchGain !== null && block.branchGain > 2 * expected;
  });
  return loud.sort((a, b) => b.branchGain! - a.branchGain!).slice(0, 3);
}

const plainly = (kind: Verdict['kind'], text: string): Verdict => ({ kind, text, evidence: [] });

const fact = (what: string, value: number, blocks: readonly BlockProfile[]): Evidence => ({
  ...{ what, value, interval: null, threshold: null, calibrated: false },
  blocks: blocks.map(({ path }) => path),
});

const evidenceOf = (what: string, course: Course): Evidence => ({
  ...{ what, value: Math.exp(meanOf(course.perSeed)), interval: factors(course), blocks: [] },
  ...{ threshold: `at most ×${Math.exp(SUSTAINED).toFixed(2)}, or slowing with depth`, calibrated: true },
});

function factors({ perSeed }: Course): Interval | null {
  const interval = intervalOfMean(perSeed);
  return interval && { low: Math.exp(interval.low), high: Math.exp(interval.high) };
}

/** `×1.47 per block (95 % interval 1.45 to 1.49)`. */
function perBlock(course: Course): string {
  const interval = factors(course);
  const spread = interval ? `95 % interval ${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}` : 'one seed';
  return `×${Math.exp(meanOf(course.perSeed)).toFixed(2)} per block (${spread})`;
}

const firstOverLast = (blocks: readonly BlockProfile[], read: (block: BlockProfile) => number | null): number => {
  const known = blocks.map(read).filter((value) => value !== null);
  return known[0]! / known.at(-1)!;
};

/** Stages differ in size: of the whole network the norm tells what a mean square would not. */
const normGrowth = (blocks: readonly BlockProfile[]): string =>
  `the norm ${factor(firstOverLast(blocks, ({ gradient }) => gradient?.l2 ?? null))} over all blocks`;

/** `×1.7`, `×380`, `×1.3·10¹⁴`. */
function factor(value: number): string {
  if (value < 1e4 && value >= 0.01) return `×${Number(value.toPrecision(2))}`;
  const [digits, exponent] = value.toExponential(1).split('e');
  return `×${digits}·10${superscript(Number(exponent))}`;
}
const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
const nameOf = ({ path }: BlockProfile): string => path || 'the network';
const listOf = (blocks: readonly BlockProfile[]): string =>
  blocks.slice(0, 3).map(nameOf).join(', ') + (blocks.length > 3 ? ` and ${blocks.length - 3} more` : '');
