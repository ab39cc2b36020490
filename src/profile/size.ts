/** How much memory a profile will take, told before it starts. */

import type { Graph } from '../ir/graph.ts';
import { elementCount } from '../ir/type.ts';

/** Bytes of a float32 and of an int32, which is how the runtime is fed; wider integers are small. */
const BYTES = 4;

/** Of WebAssembly's 4 GB, what tensors can have: the rest is the runtime's, and lost between tensors. */
export const WASM_LIMIT = 3.5e9;

const bytesOf = (graph: Graph, value: number): number =>
  BYTES * (elementCount(graph.values[value]?.type.shape ?? null) ?? 0);

/** Bytes of the biggest tensor of a graph, parameters included. Unknown shapes count nothing. */
export const largestTensor = (graph: Graph): number =>
  graph.values.reduce((most, _, value) => Math.max(most, bytesOf(graph, value)), 0);

/**
 * A bound from below on the bytes that a profile holds at once: the weights, and with a reverse pass every output of the
 * forward pass, since it waits there for its gradient.
 */
export function leastBytes(graph: Graph, gradients: boolean): number {
  const weights = graph.parameters.reduce((sum, { value }) => sum + bytesOf(graph, value), 0);
  if (!gradients) return weights + largestTensor(graph);
  // Views share their contents with what they are views of.
  const kept = graph.nodes.filter(({ op }) => !VIEWS.has(op)).flatMap(({ outputs }) => outputs);
  return weights + kept.reduce((sum, value) => sum + bytesOf(graph, value), 0);
}

const VIEWS = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);

/** `1.2 GB`. */
export const formatBytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
