/** What operators mean for the structure of a residual network. */

import type { Node } from '../ir/graph.ts';
import { RECURRENT } from '../ops/nn/recurrent.ts';

/** Operators that contract a weight or another tensor with their input: the layers that are counted in "depth". */
const CONTRACTIONS = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Gemm', 'Einsum']);

const ACTIVATIONS = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'ThresholdedRelu', 'Elu', 'Selu', 'Celu', 'Gelu', 'Erf', 'Mish', 'Clip'],
  ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Softplus', 'Softsign', 'Softmax', 'LogSoftmax', 'Exp'],
]);

const NORMS = new Set([
  ...['BatchNormalization', 'LayerNormalization', 'InstanceNormalization', 'GroupNormalization'],
  ...['LpNormalization', 'RMSNormalization'],
]);

/** Moves, selects, pools or pads elements: may stand on a shortcut. */
const REARRANGEMENTS = new Set([
  ...['Identity', 'Cast', 'Dropout', 'Slice', 'Pad', 'Reshape', 'Transpose', 'Flatten', 'Squeeze', 'Unsqueeze'],
  ...['AveragePool', 'MaxPool', 'Resize', 'DepthToSpace', 'SpaceToDepth', 'Gather', 'Concat', 'Neg', 'Detach'],
]);

const ARITHMETIC = new Set(['Add', 'Sub', 'Mul', 'Div']);

const UPSAMPLERS = new Set(['Resize', 'ConvTranspose', 'DepthToSpace']);

/** A layer with gates and activations of its own. */
export const isRecurrent = (node: Node): boolean => RECURRENT.has(node.op);
/** An unknown call may hold anything, so it counts as a layer and as an activation. */
export const isContraction = (node: Node): boolean =>
  CONTRACTIONS.has(node.op) || isRecurrent(node) || node.op === 'Unknown';
export const isActivation = (node: Node): boolean => ACTIVATIONS.has(node.op) || node.op === 'Unknown';
export const isNorm = (node: Node): boolean => NORMS.has(node.op);
export const isArithmetic = (node: Node): boolean => ARITHMETIC.has(node.op);
export const isUpsampler = (node: Node): boolean => UPSAMPLERS.has(node.op);

/** True for a node that is affine in its one data input, so that it may stand on a projection or identity shortcut. */
export function isAffine(node: Node, dataInputs: number): boolean {
  if (node.op === 'Concat') return true;
  if (dataInputs !== 1) return false;
  const { op } = node;
  return REARRANGEMENTS.has(op) || CONTRACTIONS.has(op) || NORMS.has(op) || ARITHMETIC.has(op);
}
