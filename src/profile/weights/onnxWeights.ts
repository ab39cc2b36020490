/** The initialisers of an ONNX file, as weights. */

import { type TensorProto, TensorProto_DataType } from '../../onnx/gen/onnx_pb.ts';
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
      const tensor = initialisers.get(name)!;
      const own = rawFloats(tensor);
      if (own) return own;
      const { shape, data, problem } = readTensor(tensor);
      if (!data) throw new Error(`Initialiser ${name}: ${problem}`);
      // Parameters are floating-point numbers; half and double precision become single.
      return { dtype: 'float32', shape, data: Float32Array.from(data) };
    },
  };
}

/** Copies what most files hold, the bytes of little-endian floats, a hundred times faster than number by number. */
function rawFloats({ dataType, dims, rawData }: TensorProto): Tensor | null {
  const shape = dims.map(Number);
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (dataType !== TensorProto_DataType.FLOAT || rawData.length !== 4 * count || count === 0) return null;
  return { dtype: 'float32', shape, data: new Float32Array(new Uint8Array(rawData).buffer) };
}
