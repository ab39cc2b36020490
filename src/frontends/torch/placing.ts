/** Which argument of forward each of the inputs belongs to that somebody gave without saying so. */

import type { InputSpec } from '../types.ts';
import type { Signature } from './findInputs.ts';

/**
 * The inputs with their names, in the order of forward's arguments, and with their places in those that are made of several. More
 * tensors than a list was taken to have make it longer.
 */
export const named = (inputs: readonly InputSpec[], signature: Signature): readonly InputSpec[] => {
  const { needed, places, optional, plain } = signature;
  // One tensor for an argument that may be a tensor or a list is the argument itself.
  const whole = plain !== null && inputs.length <= plain.length;
  const names = whole ? plain : needed;
  const last = places.at(-1);
  const [argument, [step]] = last ?? ['', []];
  const grows = !whole && inputs.length > needed.length && last?.[1].length === 1 && step?.[0] === 'list';
  return inputs.map((spec, at): InputSpec => {
    if (spec.name !== undefined) return spec;
    const over = at - names.length;
    if (over < 0) return { ...spec, name: names[at]!, ...(!whole && places[at] && { place: places[at] }) };
    if (!grows) return { ...spec, name: optional[over] ?? `input${at}` };
    const index = step[1] + 1 + over;
    return { ...spec, name: `${argument}[${index}]`, place: [argument, [['list', index]]] };
  });
};
