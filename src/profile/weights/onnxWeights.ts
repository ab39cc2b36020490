/** The initialisers of an ONNX file, as weights. */

import { parseModel } from '../../onnx/parse.ts';
import { readTensor } from '../../onnx/readTensor.ts';
import type { Tensor } from './storage.ts';
import type { WeightsFile } from './weightsFile.ts';

/** Null when the bytes are no ONNX model. */
export function readOnnxWeights(bytes: Uint8Array): WeightsFile | null {
  const graph = parseModel(bytes)?.graph;
  if (!graph) return null;
  const initialisers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  return {
    names: [...initialisers.keys()],
    read: (name): Tensor => {
      const { shape, data, problem } = readTensor(initialisers.get(name)!);
      if (!data) throw new Error(`Initialiser ${name}: ${problem}`);
      // Parameters are floating-point numbers; half and double precision become single.
      return { dtype: 'float32', shape, data: Float32Array.from(data) };
    },
  };
}
