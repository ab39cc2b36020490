/** Options, plan and report of a profile. A plan is plain data; a report is the stable JSON of the command line. */

import type { Ablation } from '../analysis/types.ts';
import type { InitSpec } from '../ir/graph.ts';
import type { DType } from '../ir/type.ts';

export type Provider = 'webgpu' | 'wasm';

export type { Ablation };

export interface ProfileOptions {
  /** Forward only, or forward and reverse. */
  readonly gradients: boolean;
  /** Number of weight draws; 1 when weights are given. */
  readonly seeds: number;
  readonly ablation?: Ablation;
  /**
   * `given-labels`: the data set holds int64 `target`; `random-labels`: labels drawn from the seed; `cotangent`: unit
   * random cotangent, which a network that is no classifier gets in place of random labels. With weights and data given
   * nothing is random: a dropout's mask follows from its `seed` and shape alone and is the same in every pass.
   */
  readonly loss: 'given-labels' | 'random-labels' | 'cotangent';
}

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
}

export interface PlanParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: InitSpec;
  /** Sum of squares of the gradient; null without a gradient. */
  readonly gradient: string | null;
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
  /** True when any element is NaN or infinite. */
  readonly nonFinite: boolean;
}

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
  /** Forward time, as {@link ProfileReport.timing} says; null where not measured. Of the network itself, not of a twin. */
  readonly forwardMs: number | null;
}

export interface ParameterProfile {
  readonly gradNorm: number | null;
  readonly weightNorm: number;
}

export interface ProfileRun {
  readonly loss: number | null;
  readonly parameters: Readonly<Record<string, ParameterProfile>>;
  readonly blocks: readonly BlockProfile[];
}

export interface ProfileReport extends ProfileRun {
  readonly model: string;
  readonly backend: {
    readonly provider: Provider;
    readonly device: string;
    readonly software: boolean;
    readonly fallbackReason: string | null;
  };
  readonly precision: 'float32';
  readonly mode: 'train' | 'eval';
  readonly batch: number;
  readonly seeds: number;
  readonly lossKind: ProfileOptions['loss'];
  /** Milliseconds of one pass, median over the runs. */
  readonly passMs: number;
  /**
   * How `forwardMs` was measured: kernel times of onnxruntime's profiler, summed by block, the median over `runs` warm
   * forward passes. Time between kernels is in no block. Absent where the provider gives no times.
   */
  readonly timing?: { readonly method: 'provider-profile'; readonly runs: number };
  /** The same network with skips changed, on the same weights and data. */
  readonly ablation?: ProfileRun & { readonly kind: string; readonly paramsChange: number };
}
