/** torch.autocast on the CPU: which calls convert what they are given to another number format, as PyTorch's lists say. */

import type { DType } from '../../../ir/type.ts';
import type { Arg, Lower } from './lower.ts';
import { isTensor } from './lower.ts';

/** What multiplies matrices works in the format that the user chose. */
const PRODUCTS: ReadonlySet<string> = new Set(
  'conv conv_transpose linear matmul einsum scaled_dot_product_attention rnn'.split(' '),
);
/** Products of vectors are on none of the lists, and a GRU has no kernel for other formats. */
const EXCEPT: ReadonlySet<string> = new Set(['torch.mv', 'torch.dot', 'torch.vdot', 'torch.inner']);
/** What adds up many numbers works in float32. */
const WIDE: ReadonlySet<string> = new Set(['grid_sample', 'prod']);

const HALVES: ReadonlySet<DType> = new Set(['float16', 'bfloat16']);

/** The arguments of a call as autocast to `format` hands them on. */
export function autocast(c: Lower, format: DType, op: string, origin: string, args: readonly Arg[]): readonly Arg[] {
  const isProduct = PRODUCTS.has(op) && !EXCEPT.has(origin) && !(op === 'rnn' && args.includes('GRU'));
  if (!isProduct && !WIDE.has(op)) return args;
  const convert = (arg: Arg): Arg => {
    if (Array.isArray(arg)) return (arg as readonly Arg[]).map(convert);
    if (!isTensor(arg)) return arg;
    const own = c.dtype(arg.t);
    const isMeant = HALVES.has(own) || (isProduct && own === 'float32');
    return isMeant ? { t: c.cast(arg.t, isProduct ? format : 'float32') } : arg;
  };
  return args.map(convert);
}
