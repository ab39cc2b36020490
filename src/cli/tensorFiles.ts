/** Reads files of weights and of data for `profile`. What is wrong with one is told with its name. */

import { readFile } from 'node:fs/promises';
import type { Graph } from '../ir/graph.ts';
import { readSafetensors } from '../profile/safetensors.ts';
import type { TensorMap } from '../profile/types.ts';
import { matchWeights, openWeights } from '../profile/weights/weightsFile.ts';
import { Failure, UsageError } from './usage.ts';

export const readData = (path: string): Promise<TensorMap> => readFrom(path, readSafetensors);

/** The weights of any network that is asked for, from a safetensors file or a PyTorch checkpoint. */
export async function readWeights(path: string): Promise<(graph: Graph) => TensorMap> {
  const file = await readFrom(path, openWeights);
  return ({ parameters }) =>
    naming(path, () =>
      matchWeights(
        file,
        parameters.map(({ name }) => name),
      ),
    );
}

async function readFrom<T>(path: string, read: (bytes: Uint8Array) => T): Promise<T> {
  const bytes = await readFile(path).catch(() => {
    throw new UsageError(`${path} cannot be read.`);
  });
  return naming(path, () => read(bytes));
}

function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Failure(`${path}: ${(error as Error).message}`);
  }
}
