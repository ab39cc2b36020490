/** The operators of layers: convolutions, matrix products, normalisations, pooling, resampling. */

import type { OpDef } from '../op.ts';
import { dropout, lpNormalization, lrn, pRelu } from './activation.ts';
import { batchNormalization } from './batchNormalization.ts';
import { conv } from './conv.ts';
import { convTranspose } from './convTranspose.ts';
import { dft } from './dft.ts';
import { einsum } from './einsum.ts';
import { globalAveragePool, globalLpPool, globalMaxPool } from './globalPool.ts';
import { gridSample } from './gridSample.ts';
import { groupNormalization, instanceNormalization, layerNormalization } from './layerNormalization.ts';
import { gemm, matMul } from './matMul.ts';
import { averagePool, lpPool, maxPool } from './pool.ts';
import { gru, lstm, rnn } from './recurrent.ts';
import { resize } from './resize.ts';

export const nn: readonly OpDef[] = [
  conv,
  convTranspose,
  matMul,
  gemm,
  einsum,
  dft,
  batchNormalization,
  layerNormalization,
  instanceNormalization,
  groupNormalization,
  lpNormalization,
  lrn,
  maxPool,
  averagePool,
  lpPool,
  globalAveragePool,
  globalMaxPool,
  globalLpPool,
  resize,
  gridSample,
  pRelu,
  dropout,
  lstm,
  gru,
  rnn,
];
