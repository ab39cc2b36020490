/** Options, plan and report of a profile. A plan is plain data; a report is the stable JSON of the command line. */

import type { Ablation } from '../analysis/types.ts';
import type { Diagnostic } from '../ir/diagnostic.ts';
import type { InitSpec } from '../ir/graph.ts';
import type { DType } from '../ir/type.ts';

export type Provider = 'webgpu' | 'wasm';

export type { Ablation };

export interface ProfileOptions {
  /** Forward only, or forward and reverse. */
  readonly gradients: boolean;
  /** Number of weight draws; 1 when weights are given. */
  readonly seeds: number;
  /** Measured beside the network, each on the same weights and data. */
  readonly ablations?: readonly Ablation[];
  /** Count the sizes of activations and gradients of each block, in the first draw of the weights. */
  readonly histograms?: boolean;
  /** In evaluation mode: take the running statistics of batch norms from the batch, for each draw of the weights. */
  readonly calibrate?: boolean;
  /** Costly measurements, in the first draw of the weights. */
  readonly deep?: readonly DeepMeasure[];
  /**
   * `given-labels`: the data set holds int64 `target`; `random-labels`: labels drawn from the seed; `cotangent`: unit
   * random cotangent, which a network that is no classifier gets in place of random labels. With weights and data given
   * nothing is random: a dropout's mask follows from its `seed` and shape alone and is the same in every pass.
   */
  readonly loss: 'given-labels' | 'random-labels' | 'cotangent';
}

/**
 * `paths`: the gradient by number of branches traversed. `shattering`: how alike the gradients of different samples are.
 * `jacobian`: the spectrum of the stream's Jacobian.
 */
export type DeepMeasure = 'paths' | 'shattering' | 'jacobian';

export const DEEP_MEASURES: readonly DeepMeasure[] = ['paths', 'shattering', 'jacobian'];

/** How one input of the plan's model gets its contents. */
export interface PlanInput {
  /** Name in the model. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly source:
    | { readonly kind: 'parameter'; readonly parameter: string; readonly init: InitSpec }
    | { readonly kind: 'data'; readonly bound: number | null }
    /** Class indices, flat. */
    | { readonly kind: 'target'; readonly classes: number }
    | { readonly kind: 'cotangent' };
}

/** A run of elements of the statistics vector. Sums are left in parts, to be added up in double precision. */
export interface PlanStatistic {
  /** Like `parameter/layer1.0.conv1.weight/gradient`. */
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

/** Where the statistics of one tensor are: keys of {@link ProfilePlan.statistics}. */
export interface PlanTensor {
  /** Mean of each channel, and of its squares. One channel where the tensor has no channel axis. */
  readonly mean: string;
  readonly meanSquare: string;
  /** Number of elements that are zero, in parts. */
  readonly zeros: string;
  /** Number of elements that are neither NaN nor infinite, in parts. */
  readonly finite: string;
  /** Counts of the bins of {@link HISTOGRAM}; null where not asked for. */
  readonly histogram: string | null;
  readonly elements: number;
  readonly hasChannels: boolean;
}

export interface PlanBlock {
  readonly path: string;
  readonly activation: PlanTensor;
  readonly gradient: PlanTensor | null;
  readonly branch: PlanTensor | null;
  readonly skip: PlanTensor | null;
  /** Sums of squares of the gradient that came through the skip and the branch, and of their product. */
  readonly split: { readonly skip: string; readonly branch: string; readonly product: string } | null;
  /** Σ g² of the gradient g at the sum. */
  readonly sum: string | null;
  /** Σ g·G of the gradient at the output and that of {@link streamEnd}. */
  readonly share: string | null;
  /** Index of the block where the stream of this block's shape ends; null where the block is on none. */
  readonly streamEnd: number | null;
  /** Largest output of each channel of each rectifier in the block. */
  readonly rectifiers: readonly string[];
}

export interface PlanParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: InitSpec;
  /** Sum of squares of the gradient; null without a gradient. */
  readonly gradient: string | null;
}

/** How many outputs the network has, and how many take part in the loss: auxiliary ones count 0.3 each. */
export interface LossOutputs {
  readonly all: number;
  readonly withLoss: number;
}

export interface ProfilePlan {
  /** ONNX ModelProto, opset 17, without weights. */
  readonly model: Uint8Array;
  readonly inputs: readonly PlanInput[];
  /** What the model's single output, the float32 vector `statistics`, holds. */
  readonly statistics: readonly PlanStatistic[];
  /** As torch's `named_parameters()`: buffers are not among them. */
  readonly parameters: readonly PlanParameter[];
  readonly blocks: readonly PlanBlock[];
  /** Key of the mean loss; null without a loss. */
  readonly loss: string | null;
  /** The loss that the network takes: a network that is no classifier gets a random cotangent. */
  readonly lossKind: ProfileOptions['loss'];
  readonly outputs: LossOutputs;
  readonly batch: number;
  readonly mode: 'train' | 'eval';
  /** Identifies the architecture: equal plans can share a session. */
  readonly key: string;
  /** Why the network cannot be profiled, for the user; empty when it can. The model is then empty too. */
  readonly refusals: readonly string[];
}

/** Tensors by name, from a safetensors file. */
export type TensorMap = ReadonlyMap<
  string,
  { readonly dtype: DType; readonly shape: readonly number[]; readonly data: Float32Array | BigInt64Array | Int32Array }
>;

/** A confidence interval, or the quartiles of a spread: what it is says its owner. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Bins of every histogram: from 2^-64 to 2^32. */
export const HISTOGRAM = { first: -64, bins: 96 };

/** Numbers by size: bin i counts 2^(first + i) ≤ |x| < 2^(first + i + 1). The end bins take what lies beyond them too. */
export interface Histogram {
  readonly first: number;
  readonly counts: readonly number[];
  /** In no bin. */
  readonly zeros: number;
}

/** Statistics of one tensor. */
export interface TensorStatistics {
  /** Square root of the sum of squares. */
  readonly l2: number;
  /** E[x²]. */
  readonly secondMoment: number;
  readonly mean: number;
  /** mean over channels of Var over batch and positions (ACV); null without a channel axis. */
  readonly channelVariance: number | null;
  /** mean over channels of the squared mean (ACSM). */
  readonly channelSquaredMean: number | null;
  readonly zeroFraction: number;
  /** Fraction of the channels that are zero at every sample and position; null without a channel axis. */
  readonly deadFraction: number | null;
  /** Null where not counted. */
  readonly histogram: Histogram | null;
  /** True when any element is NaN or infinite. */
  readonly nonFinite: boolean;
}

/** A figure of each block that is followed over depth and over seeds; {@link BLOCK_METRICS} reads it. */
export type BlockMetric =
  | 'activationNorm'
  | 'activationSecondMoment'
  | 'activationVariance'
  | 'activationSquaredMean'
  | 'gradientNorm'
  | 'gradientSecondMoment'
  | 'branchVariance'
  | 'branchRatio'
  | 'skipGradNorm'
  | 'branchGradNorm'
  | 'branchGain'
  | 'skipGain'
  | 'cosine'
  | 'identityShare';

export interface BlockProfile {
  readonly path: string;
  /** Statistics of the block's output. */
  readonly activation: TensorStatistics;
  /** Statistics of dLoss/d(output); null in a forward profile. */
  readonly gradient: TensorStatistics | null;
  /** ACV at the end of the branch, before the add. */
  readonly branchVariance: number | null;
  /** Var(branch) / Var(stream). */
  readonly branchRatio: number | null;
  /** Gradient at the block's input that came through the skip, and through the branch (L2). */
  readonly skipGradNorm: number | null;
  readonly branchGradNorm: number | null;
  /** Cosine between those two. */
  readonly cosine: number | null;
  /** r = |J_fᵀg|² / |g|², with g the gradient at the sum: what the branch gives back of the gradient that it gets. */
  readonly branchGain: number | null;
  /** The same for the skip: 1 for an identity, λ² for one that is scaled. */
  readonly skipGain: number | null;
  /** Cosine between the gradient at the block's output and the one where the stream of this shape ends; 1 there. */
  readonly identityShare: number | null;
  /** Largest fraction of channels that are zero on the whole batch, over the rectifiers in the block; null without any. */
  readonly deadFraction: number | null;
  /**
   * 95 % confidence interval of each figure's mean over the seeds (Student's t; of logarithms where the mean is one of
   * logarithms). Empty with one seed.
   */
  readonly intervals: Readonly<Partial<Record<BlockMetric, Interval>>>;
  /** The figure of each seed, in order; empty with one seed. */
  readonly bySeed: Readonly<Partial<Record<BlockMetric, readonly number[]>>>;
  /** Forward time, as {@link ProfileReport.timing} says; null where not measured. Of the network itself, not of a twin. */
  readonly forwardMs: number | null;
  /** Time of the block's share of the reverse pass, like `forwardMs`. */
  readonly backwardMs: number | null;
  /** Quartiles of the two over the timed runs. */
  readonly forwardSpread: Interval | null;
  readonly backwardSpread: Interval | null;
}

export interface ParameterProfile {
  readonly gradNorm: number | null;
  readonly weightNorm: number;
  /** gradNorm / weightNorm; null without a gradient, or where the weight is zero. */
  readonly gradToWeight: number | null;
}

/** `unclear`: measured, and none of the others is supported. `unmeasured`: there is nothing to judge. */
export type VerdictKind =
  'healthy' | 'explodes' | 'vanishes' | 'blocked' | 'shatters' | 'non-finite' | 'unclear' | 'unmeasured';

/** One figure that a verdict rests on. */
export interface Evidence {
  /** In words, with its unit: `g² per block toward the input`. */
  readonly what: string;
  readonly value: number;
  /** 95 % confidence interval; null with one seed. */
  readonly interval: Interval | null;
  /** What it was held against, in words; null for figures that only inform. */
  readonly threshold: string | null;
  /** False for a threshold that no measurement backs. */
  readonly calibrated: boolean;
  /** The blocks that it is about; empty for the whole network. */
  readonly blocks: readonly string[];
}

export interface Verdict {
  readonly kind: VerdictKind;
  /** One or two sentences with the figures in them. */
  readonly text: string;
  readonly evidence: readonly Evidence[];
}

export interface ProfileRun {
  readonly loss: number | null;
  readonly verdict: Verdict;
  readonly parameters: Readonly<Record<string, ParameterProfile>>;
  readonly blocks: readonly BlockProfile[];
}

/** The network with its skips changed, on the same weights (by name) and data. */
export interface AblationRun extends ProfileRun {
  /** As the command line spells it: `plain`, `scaled:0.5`, `lesion:layer1.0`, `plain@layer2.0` for one block. */
  readonly kind: string;
  /** Parameters that it has more than the network. */
  readonly paramsChange: number;
}

/** The gradient at the start of the stream by the number of branches that it came through. */
export interface PathProfile {
  /** |G_k| for k = 0 … number of branches. */
  readonly norms: readonly number[];
  /** Σ k |G_k|² / Σ |G_k|². */
  readonly meanLength: number;
  /** Branches on the longest path. */
  readonly branches: number;
  /** |G_0| / |g_0|: the share that came through skips alone. */
  readonly identityShare: number;
  /** |Σ G_k − g_0| / |g_0|: rounding, when all is well. */
  readonly residue: number;
}

/** Mean cosine between the gradients of two samples' own outputs with respect to their own inputs. */
export interface ShatteringProfile {
  readonly samples: number;
  /** At the network's input; null where that holds integers. */
  readonly input: number | null;
  /** At each block's input. */
  readonly blocks: readonly { readonly path: string; readonly cosine: number }[];
}

/** Eigenvalues of J Jᵀ, from the first block's input to the last block's output, by random probes. */
export interface JacobianProfile {
  readonly probes: number;
  readonly mean: number;
  readonly variance: number;
  /** By power iteration: a bound from below. */
  readonly largest: number;
  readonly iterations: number;
}

/** Milliseconds: the median and the quartiles over the runs. */
export interface Duration {
  readonly median: number;
  readonly spread: Interval;
}

export interface TimingReport {
  /**
   * `provider-profile`: kernel times of onnxruntime's profiler, summed; time between kernels is in none of the figures by
   * block or operator. `segments`, where the provider gives no such times: every block runs by itself, without the rest of
   * the network, and a reverse pass is what both passes take longer than the forward pass; operators are not told apart.
   */
  readonly method: 'provider-profile' | 'segments';
  /** Timed runs, and those before them that were not counted. */
  readonly runs: number;
  readonly warmUp: number;
  /** All kernels of the pass. `backward` is null in a forward profile. */
  readonly forward: Duration;
  readonly backward: Duration | null;
  /** Multiply-accumulates of the forward pass by second of it; null where they are not known. */
  readonly macsPerSecond: number | null;
  /** By ONNX operator, of the graph as traced: what an operator is rewritten into counts to it. Longest first. */
  readonly operators: readonly {
    readonly op: string;
    readonly calls: number;
    readonly forwardMs: number;
    readonly backwardMs: number | null;
  }[];
  /** ONNX operators, as emitted, that left the GPU for the CPU, with the number of their nodes. */
  readonly onCpu: readonly { readonly op: string; readonly nodes: number }[];
}

export interface MemoryReport {
  /** Largest sum of the sizes of tensors alive at once, by the order of the nodes; weights not included. */
  readonly forwardBytes: number;
  readonly forwardAndBackwardBytes: number | null;
  readonly weightBytes: number;
  /**
   * By how much the first pass grew the process's resident memory, with the runtime and the weights; null where nobody
   * says, or an earlier profile in the process took more.
   */
  readonly measuredBytes: number | null;
}

export interface ProfileReport extends ProfileRun {
  readonly model: string;
  readonly backend: {
    readonly provider: Provider;
    readonly device: string;
    /** Of the CPU, that WebAssembly ran on; 1 on WebGPU. */
    readonly threads: number;
    readonly software: boolean;
    readonly fallbackReason: string | null;
  };
  readonly precision: 'float32';
  /** `calibrated-eval`: evaluation mode, whose running statistics are those of this batch. */
  readonly mode: 'train' | 'eval' | 'calibrated-eval';
  readonly batch: number;
  readonly seeds: number;
  /** Name of the file that the weights were read from; null where they were drawn. */
  readonly weightsFile: string | null;
  readonly lossKind: ProfileOptions['loss'];
  readonly outputs: LossOutputs;
  /** Milliseconds of one pass, median over the runs. */
  readonly passMs: number;
  /** How `forwardMs` and `backwardMs` were measured, and what else was timed. Absent where the provider gives no times. */
  readonly timing?: TimingReport;
  readonly memory: MemoryReport | null;
  /** Why something that was asked for was not measured, in sentences. */
  readonly notMeasured: readonly string[];
  readonly paths: PathProfile | null;
  readonly shattering: ShatteringProfile | null;
  readonly jacobian: JacobianProfile | null;
  /** What the figures say of the design, at places in the source. */
  readonly findings: readonly Diagnostic[];
  /** The same network with skips changed; the first of `ablations`. */
  readonly ablation?: AblationRun;
  readonly ablations: readonly AblationRun[];
}
