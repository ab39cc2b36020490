/** Losses on class indices. */

import type { Lowering } from './lower.ts';
import { Unsupported } from './lower.ts';

/** Mean, sum or each of −log softmax(x)[target], classes on axis 1. */
export const lowerCrossEntropy: Lowering = (c, [input, target, weight, , reduction, smoothing]) => {
  if (weight !== null || c.number(smoothing, 0) !== 0) throw new Unsupported('class weights and label smoothing');
  const [x, t] = [c.tensor(input), c.tensor(target)];
  const axis = c.rank(x) === 1 ? 0 : 1;
  const shifted = c.sub(x, c.op('ReduceMax', [x], { axes: [axis], keepdims: 1 }));
  const logs = c.sub(shifted, c.op('Log', [c.reduceSum(c.op('Exp', [shifted]), [axis])]));
  const picked = c.dropAxes(c.op('GatherElements', [logs, c.addAxes(t, [axis])], { axis }), [axis]);
  const losses = c.neg(picked);
  if (reduction === 'none') return losses;
  const axes = c.shape(losses).map((_, at) => at);
  return reduction === 'sum' ? c.reduceSum(losses, axes, false) : c.reduceMean(losses, axes, false);
};
