/** Figures of a block that are followed over depth and over seeds: how each is read, and how it is averaged. */

import type { BlockMetric, BlockProfile } from './types.ts';

export interface MetricDef {
  /** Axis title, with what it is divided by. */
  readonly label: string;
  /** `log`: norms, moments and ratios, whose logarithms are averaged. `linear`: cosines. */
  readonly scale: 'log' | 'linear';
  read(block: Omit<BlockProfile, 'intervals' | 'bySeed'>): number | null;
}

export const BLOCK_METRICS: Readonly<Record<BlockMetric, MetricDef>> = {
  activationNorm: { label: '|y|', scale: 'log', read: (block) => block.activation.l2 },
  activationSecondMoment: { label: 'E[y²]', scale: 'log', read: (block) => block.activation.secondMoment },
  activationVariance: {
    label: 'average channel variance',
    scale: 'log',
    read: (block) => block.activation.channelVariance,
  },
  activationSquaredMean: {
    label: 'average channel squared mean',
    scale: 'log',
    read: (block) => block.activation.channelSquaredMean,
  },
  gradientNorm: { label: '|dL/dy|', scale: 'log', read: (block) => block.gradient?.l2 ?? null },
  gradientSecondMoment: {
    label: 'E[(dL/dy)²]',
    scale: 'log',
    read: (block) => block.gradient?.secondMoment ?? null,
  },
  branchVariance: {
    label: 'average channel variance of the branch',
    scale: 'log',
    read: (block) => block.branchVariance,
  },
  branchRatio: { label: 'branch / stream variance', scale: 'log', read: (block) => block.branchRatio },
  skipGradNorm: { label: '|gradient through the skip|', scale: 'log', read: (block) => block.skipGradNorm },
  branchGradNorm: { label: '|gradient through the branch|', scale: 'log', read: (block) => block.branchGradNorm },
  branchGain: { label: 'branch gain r', scale: 'log', read: (block) => block.branchGain },
  skipGain: { label: 'skip gain', scale: 'log', read: (block) => block.skipGain },
  cosine: { label: 'cosine of skip and branch gradient', scale: 'linear', read: (block) => block.cosine },
  identityShare: {
    label: 'cosine with the gradient at the end of the stream',
    scale: 'linear',
    read: (block) => block.identityShare,
  },
};

export const METRIC_NAMES = Object.keys(BLOCK_METRICS) as BlockMetric[];
