/** `skipscope export`: one model as an ONNX file with its weights. */

import { readFile, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { isStatic } from '../ir/type.ts';
import { encodeModel, inexpressible } from '../onnx/encode.ts';
import { expandForRuntime } from '../ops/expand.ts';
import { initialise } from '../profile/initialise.ts';
import { readSafetensors } from '../profile/safetensors.ts';
import type { TensorMap } from '../profile/types.ts';
import type { Loaded } from './load.ts';
import { loadGraph, loadOptions, withInterpreter } from './load.ts';
import { Failure, MODEL_OPTIONS, onlyFile, readArguments, UsageError } from './usage.ts';

export const usage = `skipscope export FILE [--model EXPR] [--input SPEC]... --out M.onnx [--weights W.safetensors]

  --out PATH     the ONNX file to write (opset 17)
  --weights      weights by parameter name; drawn as the model's initialisers say where there is no file`;

export async function run(args: readonly string[]): Promise<number> {
  const flags = { ...MODEL_OPTIONS, out: { type: 'string' }, weights: { type: 'string' } } as const;
  const { values, positionals } = readArguments(args, flags);
  const file = onlyFile(positionals);
  const { out } = values;
  if (out === undefined || extname(out) !== '.onnx') throw new UsageError('--out takes a path that ends in .onnx.');
  const given = values.weights === undefined ? null : readSafetensors(await readFile(values.weights));
  const options = { ...loadOptions(values, false), weights: true };
  const loaded = await withInterpreter((torch) => loadGraph(torch, file, options));
  const [unknown] = inexpressible(loaded.graph);
  if (unknown) throw new Failure(`${unknown.origin} cannot be expressed in ONNX.`);
  const { graph } = expandForRuntime(loaded.graph);
  await writeFile(out, encodeModel(graph, { weights: weightsOf(loaded, given) }));
  return 0;
}

function weightsOf({ graph }: Loaded, given: TensorMap | null) {
  return new Map(
    graph.parameters.map(({ name, value, init, buffer }) => {
      const { shape } = graph.values[value]!.type;
      const known = given?.get(name);
      if (known) {
        if (known.shape.join() === shape?.join()) return [name, { data: known.data }];
        throw new Failure(`${name} has shape [${shape?.join(', ')}], in the weights file [${known.shape.join(', ')}].`);
      }
      if (given && !buffer) throw new Failure(`The weights file lacks ${name}.`);
      if (!isStatic(shape)) throw new Failure(`The shape of ${name} is not known.`);
      return [name, { data: initialise(init, shape, 0, name) }];
    }),
  );
}
