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
    case 'sparse':
      return `N(0, ${short(init.std)}²), ${short(100 * init.sparsity)} % zeros`;
    case 'exponential':
      return `Exp(${short(init.rate)})`;
    case 'geometric':
      return `Geom(${short(init.probability)})`;
    case 'cauchy':
      return `Cauchy(${short(init.median)}, ${short(init.scale)})`;
    case 'logNormal':
      return `e^N(${short(init.mean)}, ${short(init.std)}²)`;
    case 'bernoulli':
      return `1 with p = ${short(init.probability)}, else 0`;
    case 'integers':
      return `whole numbers from ${short(init.low)} to ${short(init.high - 1)}`;
    case 'eye':
      return 'identity';
    case 'dirac':
      return 'Dirac';
    case 'data':
      return 'given in the code';
    case 'computed':
      return 'computed in the code';
    default:
      return init.kind;
  }
}
