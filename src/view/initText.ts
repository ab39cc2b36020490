/** How a parameter gets its first contents, in a few characters: `N(0, 0.059²)`, `U(−0.1, 0.1)`, `1`. */

import type { InitSpec } from '../ir/graph.ts';

const short = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−');

export function initText(init: InitSpec): string {
  switch (init.kind) {
    case 'constant':
      return short(init.value);
    case 'uniform':
      return `U(${short(init.low)}, ${short(init.high)})`;
    case 'normal':
      return `N(${short(init.mean)}, ${short(init.std)}²)`;
    case 'truncatedNormal':
      return `N(${short(init.mean)}, ${short(init.std)}²) in [${short(init.low)}, ${short(init.high)}]`;
    case 'orthogonal':
      return init.gain === 1 ? 'orthogonal' : `orthogonal × ${short(init.gain)}`;
    case 'eye':
      return 'identity';
    case 'dirac':
      return 'Dirac';
    case 'data':
      return 'given in the code';
    default:
      return init.kind;
  }
}
