/** Made-up profile reports of any depth, for what shows and stores them: no runtime, the same numbers every time. */

import type { AblationRun, BlockProfile, Interval, ProfileReport, TensorStatistics } from '../../src/profile/types.ts';

export interface SampleOptions {
  /** Blocks of each stage. */
  readonly stages?: readonly number[];
  readonly seeds?: number;
  readonly ablations?: readonly string[];
  /** Growth of the gradient's norm per block toward the input. */
  readonly growth?: number;
  readonly model?: string;
}

const tensor = (l2: number, secondMoment: number): TensorStatistics => ({
  l2,
  secondMoment,
  mean: 0.1,
  channelVariance: 0.8 * secondMoment,
  channelSquaredMean: 0.2 * secondMoment,
  zeroFraction: 0.5,
  deadFraction: 0.01,
  histogram: { first: -6, counts: [1, 4, 9, 14, 9, 4, 1], zeros: 42 },
  nonFinite: false,
});

export function sampleReport(options: SampleOptions = {}): ProfileReport {
  const { stages = [3, 3, 3], seeds = 5, ablations = ['plain'], growth = 1.01, model = 'resnet20()' } = options;
  const depth = stages.reduce((sum, count) => sum + count, 0);
  const paths = stages.flatMap((count, stage) => Array.from({ length: count }, (_, at) => `layer${stage + 1}.${at}`));
  const around = (value: number, spread: number): Interval => ({
    low: value / (1 + spread),
    high: value * (1 + spread),
  });
  const blocks = (factor: number, hasSkip: boolean): BlockProfile[] =>
    paths.map((path, at) => {
      const wave = 1 + 0.08 * Math.sin(7 * at);
      const l2 = 0.1 * factor ** (depth - 1 - at) * wave;
      const activation = hasSkip ? (1 + 0.3 * at) * wave : 0.5 * wave;
      const spread = 0.1 + 0.3 * (1 - at / depth);
      const intervals =
        seeds > 1 ? { gradientNorm: around(l2, spread), activationSecondMoment: around(activation, 0.1) } : {};
      return {
        path,
        activation: tensor(Math.sqrt(activation * 4096), activation),
        gradient: tensor(l2, l2 ** 2 / 4096),
        branchVariance: hasSkip ? 0.6 : null,
        branchRatio: hasSkip ? 0.6 / (1 + 0.3 * at) : null,
        skipGradNorm: hasSkip ? 0.9 * l2 : null,
        branchGradNorm: hasSkip ? (0.9 * l2) / Math.sqrt(at + 1) : null,
        cosine: hasSkip ? 0.04 * Math.sin(at) : null,
        skipGain: hasSkip ? 1 : null,
        branchGain: hasSkip ? 1 / (at + 1) : null,
        identityShare: hasSkip ? 1 - 0.5 * (1 - at / depth) : 0.02,
        deadFraction: 0.01,
        intervals,
        bySeed: {},
        forwardMs: hasSkip ? 0.4 + 0.1 * Math.cos(at) : null,
        backwardMs: hasSkip ? 0.9 + 0.1 * Math.cos(at) : null,
        forwardSpread: null,
        backwardSpread: null,
      };
    });
  const ablated = ablations.map((kind, at): AblationRun => ({
    kind,
    paramsChange: 0,
    loss: 2.5,
    verdict: {
      kind: 'explodes',
      text: `The gradient explodes: its norm grows ×1.2${at} per block toward the input.`,
      evidence: [],
    },
    parameters: { 'conv1.weight': { gradNorm: 2, weightNorm: 3, gradToWeight: 2 / 3 } },
    blocks: blocks(1.21 + 0.1 * at, false),
  }));
  return {
    model,
    outputs: { all: 1, withLoss: 1 },
    backend: { provider: 'wasm', device: 'CPU', threads: 2, software: false, fallbackReason: null },
    precision: 'float32',
    mode: 'train',
    batch: 32,
    seeds,
    weightsFile: null,
    lossKind: 'random-labels',
    passMs: 740,
    loss: 2.31,
    verdict: {
      kind: 'healthy',
      text: 'Healthy: the gradient’s norm grows ×1.01 per block toward the input.',
      evidence: [
        {
          what: 'g² per block toward the input',
          value: 1.02,
          interval: { low: 1.01, high: 1.03 },
          threshold: 'at most ×1.1',
          calibrated: true,
          blocks: [],
        },
      ],
    },
    parameters: { 'conv1.weight': { gradNorm: 0.4, weightNorm: 3, gradToWeight: 0.4 / 3 } },
    blocks: blocks(growth, true),
    memory: {
      forwardBytes: 9e6,
      forwardAndBackwardBytes: 61e6,
      weightBytes: 1.1e6,
      measuredBytes: 148e6,
    },
    timing: {
      method: 'provider-profile',
      ...{ runs: 5, warmUp: 1 },
      forward: { median: 210, spread: { low: 204, high: 219 } },
      backward: { median: 455, spread: { low: 440, high: 470 } },
      macsPerSecond: 6.2e9,
      operators: [
        { op: 'Conv', calls: 19, forwardMs: 160, backwardMs: 330 },
        { op: 'BatchNormalization', calls: 19, forwardMs: 40, backwardMs: 101 },
        { op: 'Relu', calls: 19, forwardMs: 10, backwardMs: 24 },
      ],
      onCpu: [],
    },
    paths: {
      norms: Array.from({ length: Math.min(12, depth + 1) }, (_, k) => 0.1 * 2 ** -Math.abs(k - 2)),
      meanLength: 2.4,
      branches: depth,
      identityShare: 0.3,
      residue: 1e-6,
    },
    notMeasured: [],
    shattering: {
      samples: 8,
      input: 0.31,
      blocks: paths.map((path, at) => ({ path, cosine: 0.3 + (0.3 * at) / depth })),
    },
    jacobian: { probes: 8, mean: 1.6, variance: 0.9, largest: 5.2, iterations: 12 },
    findings: [],
    ...(ablated[0] && { ablation: ablated[0] }),
    ablations: ablated,
  };
}
