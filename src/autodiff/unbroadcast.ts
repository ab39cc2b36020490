/** Sums a cotangent down to the shape of the value it belongs to: the transpose of broadcasting. */

import type { ValueId } from '../ir/graph.ts';
import { formatShape, isFloat } from '../ir/type.ts';
import { ONNX_DTYPE } from '../ops/dtype.ts';
import type { Emit } from '../ops/emit.ts';
import { reshaped, sumOver } from '../ops/forms.ts';

/**
 * The cotangent in the shape and element type of `primal`.
 * @throws where the cotangent's shape is not one that `primal` broadcasts to: a fault in a gradient rule
 */
export function unbroadcast(emit: Emit, cotangent: ValueId, primal: ValueId, rule: string): ValueId {
  const from = emit.shape(cotangent);
  const to = emit.shape(primal);
  const lead = from.length - to.length;
  const repeated: number[] = [];
  const fits = from.every((dim, axis) => {
    const own = axis < lead ? 1 : to[axis - lead]!;
    if (own !== dim) repeated.push(axis);
    return own === dim || own === 1;
  });
  if (lead < 0 || !fits) {
    throw new Error(`the gradient of ${rule} has shape ${formatShape(from)} where ${formatShape(to)} is needed`);
  }
  const summed = reshaped(emit, sumOver(emit, cotangent, repeated, true), to);
  const { dtype } = emit.type(primal);
  if (emit.type(summed).dtype === dtype || !isFloat(dtype)) return summed;
  return emit.op('Cast', [summed], { to: ONNX_DTYPE[dtype] });
}
