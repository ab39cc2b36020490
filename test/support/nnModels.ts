/** The layer operators' expectations as ONNX models, in the forms that a profile emits, with their feeds. */

import { encodeModel, modelInputs } from '../../src/onnx/encode.ts';
import { expandForRuntime } from '../../src/ops/expand.ts';
import type { Expectation, GoldenTensor } from './nnCases.ts';

export interface Model {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly feeds: Readonly<Record<string, GoldenTensor>>;
  readonly expected: readonly { readonly name: string; readonly output: string; readonly tensor: GoldenTensor }[];
}

export function modelOf({ name, graph, feeds, expected }: Expectation): Model {
  const expanded = expandForRuntime(graph);
  // Two outputs can be one value: the gradient of a sum is the cotangent itself.
  const outputNames = new Map(expanded.graph.outputs.map((output) => [output, `y${output}`]));
  const bytes = encodeModel(expanded.graph, { outputNames });
  const sources = new Map([...feeds].map(([value, tensor]) => [expanded.values.get(value), tensor]));
  const inputs = modelInputs(expanded.graph, { outputNames });
  return {
    name,
    bytes,
    feeds: Object.fromEntries(inputs.map((input) => [input.name, sources.get(input.value)!])),
    expected: expected.map((entry, index) => ({ ...entry, output: outputNames.get(expanded.graph.outputs[index]!)! })),
  };
}
