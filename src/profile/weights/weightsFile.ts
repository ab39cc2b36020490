/** Files of weights, whatever their format, and which of their tensors is which parameter. */

import { readSafetensors } from '../safetensors.ts';
import type { TensorMap } from '../types.ts';
import { isPickle, isZip, readCheckpoint } from './checkpoint.ts';
import { readOnnxWeights } from './onnxWeights.ts';
import type { Tensor } from './storage.ts';

/** A model's first field is the version of its format. A safetensors file that starts alike is no protobuf further on. */
const ONNX_START = 0x08;

export interface WeightsFile {
  /** In the file's order. */
  readonly names: readonly string[];
  /** @throws an Error for the user when the tensor cannot be read */
  read(name: string): Tensor;
}

/**
 * Opens safetensors files, PyTorch checkpoints and ONNX models, told apart by their first bytes.
 *
 * @throws an Error for the user on a file that is none of them, or damaged
 */
export function openWeights(bytes: Uint8Array): WeightsFile {
  if (isZip(bytes) || isPickle(bytes)) return readCheckpoint(bytes);
  const onnx = bytes[0] === ONNX_START ? readOnnxWeights(bytes) : null;
  if (onnx) return onnx;
  const tensors = readSafetensors(bytes);
  return { names: [...tensors.keys()], read: (name) => tensors.get(name)! };
}

/**
 * The file's tensors by the names that the model gives its parameters and buffers. Files often put something before all
 * names (`module.`, `model.`, `state_dict.`): what fits most names is taken off.
 *
 * @param wanted names of the parameters and buffers, as the model has them
 * @throws an Error for the user when nothing fits, or a tensor cannot be read
 */
export function matchWeights(file: WeightsFile, wanted: readonly string[]): TensorMap {
  const prefix = commonPrefix(file.names, wanted);
  if (prefix === null) {
    const some = (names: readonly string[]): string => names.slice(0, 2).join(', ');
    throw new Error(
      `The weights file fits another model: it holds ${some(file.names)} …, this model has ${some(wanted)} ….`,
    );
  }
  const present = new Set(file.names);
  return new Map(
    wanted.filter((name) => present.has(prefix + name)).map((name) => [name, file.read(prefix + name)] as const),
  );
}

/** Of what can stand before a wanted name, that which stands before most; the first in the file of several. */
function commonPrefix(names: readonly string[], wanted: readonly string[]): string | null {
  const known = new Set(wanted);
  const counts = new Map<string, number>();
  for (const name of names) {
    for (let at = 0; at >= 0; at = nextPart(name, at)) {
      if (known.has(name.slice(at))) counts.set(name.slice(0, at), (counts.get(name.slice(0, at)) ?? 0) + 1);
    }
  }
  let best: string | null = null;
  for (const [prefix, count] of counts) if (best === null || count > counts.get(best)!) best = prefix;
  return best;
}

/** Where the part after the next dot begins; −1 at the end. */
const nextPart = (name: string, at: number): number => {
  const dot = name.indexOf('.', at);
  return dot < 0 ? -1 : dot + 1;
};
