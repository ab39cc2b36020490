/** What inputs are taken to hold where that steers a program: how long sequences are, which graph a node is of, what is joined. */

import { isGraph, isLengths } from './otherInputs.ts';

/**
 * The numbers of an input of integers below `bound`, in order; null where nothing of them is taken for granted. `steps` is how
 * long the first input's sequences are.
 */
export const knownContents = (
  name: string,
  shape: readonly number[],
  bound: number | null,
  steps: number | null,
): readonly number[] | null => {
  // Edges of a graph: each node is joined with those that follow it, and none with itself.
  if (isGraph([name]) && bound !== null && shape.length === 2 && shape[0] === 2) {
    const edges = Array.from({ length: shape[1]! }, (_, at) => at);
    const turns = Math.max(1, bound - 1);
    return [
      ...edges.map((at) => at % bound),
      ...edges.map((at) => (at + 1 + (Math.floor(at / bound) % turns)) % bound),
    ];
  }
  if (shape.length !== 1) return null;
  // Integers below one are zeros, as the numbers of the graphs that nodes belong to, where there is one.
  if (bound === 1) return new Array<number>(shape[0]!).fill(0);
  // Sequences are as long as they can be.
  const longest = bound === null ? steps : bound - 1;
  return isLengths(name) && longest ? new Array<number>(shape[0]!).fill(longest) : null;
};
