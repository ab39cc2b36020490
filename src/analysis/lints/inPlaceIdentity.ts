/** An in-place activation on the tensor that the skip was to carry. */

import { isActivation, isNorm } from '../roles.ts';
import { isWithin } from '../../ir/query.ts';
import type { Lint } from './lint.ts';

export const inPlaceIdentity: Lint = {
  code: 'in-place-identity',
  severity: 'error',
  rule: 'A residual block begins with an in-place activation of its input, so that the skip carries the activated tensor.',
  evidence: 'Reproduced in PyTorch: outputs differ by 3.5 from those of the block as written out of place.',
  check: ({ flow, adds, node }) =>
    adds.flatMap(({ fork, module, merge, skip, class: name }) => {
      const maker = flow.producer[fork];
      if (!maker?.inPlace || !isActivation(maker) || module === '' || skip !== 'identity') return [];
      const source = flow.producer[maker.inputs[0]!];
      const inside = isWithin(maker.module, module) && !(source && (isWithin(source.module, module) || isNorm(source)));
      if (!inside) return [];
      const call = maker.origin.split('.').at(-1) ?? maker.op;
      const message = `${call} overwrites the input of ${name || 'the block'} in place: the skip carries its result, not the input.`;
      const place = node(merge).frames[0];
      return [{ node: maker, message, ...(place && { related: [{ ...place, message: 'The skip is added here.' }] }) }];
    }),
};
