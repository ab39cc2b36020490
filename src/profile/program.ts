/** A model that is run several times with some inputs given anew each time: what measurements beside the plan use. */

import type * as Ort from 'onnxruntime-web';
import type { OrtModule, RunOptions } from './run.ts';
import { exclusively, feed, sessionOptions } from './run.ts';
import type { PlanInput, ProfileOptions } from './types.ts';

/** A tensor of float32 numbers. */
export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Program {
  /** @param given contents of inputs by name; the others are drawn from the seed, once. @returns the outputs by name */
  run(given?: ReadonlyMap<string, FloatTensor>): Promise<ReadonlyMap<string, FloatTensor>>;
  release(): Promise<void>;
}

/**
 * Opens a session of its own.
 *
 * @param model ONNX ModelProto without weights
 * @param inputs all of its inputs; those named in `given` of every run are never drawn
 */
export async function openProgram(
  model: Uint8Array,
  inputs: readonly PlanInput[],
  ort: OrtModule,
  options: RunOptions,
  lossKind: ProfileOptions['loss'] = 'cotangent',
): Promise<Program> {
  options.signal?.throwIfAborted();
  const session = await exclusively(() => ort.InferenceSession.create(model, sessionOptions(options.provider)));
  const drawn = new Map<string, Ort.Tensor>();
  const source = { inputs, lossKind };
  return {
    run: (given = new Map()) =>
      exclusively(async () => {
        options.signal?.throwIfAborted();
        const feeds: Record<string, Ort.Tensor> = {};
        for (const input of inputs) {
          const own = given.get(input.name);
          const kept = own ? new ort.Tensor('float32', own.data, [...own.shape]) : drawn.get(input.name);
          const tensor = kept ?? feed(ort, input, source, new Map(), options);
          if (!own) drawn.set(input.name, tensor);
          feeds[input.name] = tensor;
        }
        const results = await session.run(feeds);
        const outputs = new Map<string, FloatTensor>();
        for (const [name, tensor] of Object.entries(results)) {
          const data = Float32Array.from((await tensor.getData()) as Float32Array);
          outputs.set(name, { shape: [...tensor.dims], data });
          tensor.dispose();
        }
        return outputs;
      }),
    release: () => exclusively(() => session.release()),
  };
}
