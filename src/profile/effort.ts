/** How much a profile measures where the user leaves it to Skipscope. */

import { measureCost } from '../analysis/cost.ts';
import { valueOf } from '../ir/query.ts';
import type { Graph } from '../ir/graph.ts';
import { leastBytes, WASM_LIMIT } from './size.ts';

/** Multiply-accumulates of a forward pass whose profile takes some seconds on one thread of WebAssembly. */
const BUDGET = 2e9;
const MOST = 32;

/** Samples in a batch: 32, or fewer for a big network; never one, since batch statistics need more. */
export function affordableBatch(graph: Graph): number {
  const [input] = graph.inputs;
  const traced = (input === undefined ? null : valueOf(graph, input).type.shape?.[0]) ?? 1;
  const macs = (measureCost(graph).macs ?? 0) / traced;
  const bytes = leastBytes(graph, true) / traced;
  let batch = MOST;
  // Half of the memory: what is known before the trace is a bound from below.
  while (batch > 2 && (batch * macs > BUDGET || batch * bytes > WASM_LIMIT / 2)) batch /= 2;
  return batch;
}

/** Draws of the weights: several where a whole batch is affordable. */
export const affordableSeeds = (batch: number): number => (batch >= MOST ? 5 : 1);
