/** Mean cross-entropy of logits against class indices, and its gradient. */

import type { ValueId } from '../ir/graph.ts';
import type { Emit } from './emit.ts';

export interface CrossEntropy {
  /** Scalar, []. */
  readonly loss: ValueId;
  /** dLoss/dlogits, of the logits' shape: (softmax − one-hot) / rows. */
  readonly gradient: ValueId;
}

/**
 * Emits the loss of torch's `cross_entropy` with its defaults.
 * @param logits float, [N, C] or [N, C, d…]
 * @param target int64 class indices below C, [N] or [N, d…]
 */
export function emitCrossEntropy(emit: Emit, logits: ValueId, target: ValueId): CrossEntropy {
  const shape = emit.shape(logits);
  const { dtype } = emit.type(logits);
  const classes = shape[1]!;
  const positions = shape.slice(2);
  const rows = shape[0]! * positions.reduce((count, length) => count * length, 1);
  // One-hot by comparison: the OneHot operator and int64 arithmetic leave the GPU.
  const index = emit.op('Cast', [emit.reshape(target, [shape[0]!, 1, ...positions])], { to: 6 });
  const numbers = Array.from({ length: classes }, (_, number) => number);
  const all = emit.constant(numbers, [1, classes, ...positions.map(() => 1)], 'int32');
  const hot = emit.indicator(emit.op('Equal', [index, all]));
  // x − max − log Σ exp: the logarithm of a Softmax would be −∞ for improbable classes.
  const shifted = emit.sub(logits, emit.op('ReduceMax', [logits], { axes: [1], keepdims: 1 }));
  const exponentials = emit.op('Exp', [shifted]);
  const total = emit.reduceSum(exponentials, [1]);
  const logProbabilities = emit.sub(shifted, emit.op('Log', [total]));
  const picked = emit.reduceSum(emit.mul(hot, logProbabilities), [1]);
  const share = emit.scalar(1 / rows, dtype);
  const mean = emit.reduceMean(emit.reshape(picked, [rows]), [0], false);
  const gradient = emit.mul(emit.sub(emit.div(exponentials, total), hot), share);
  return { loss: emit.neg(mean), gradient };
}
