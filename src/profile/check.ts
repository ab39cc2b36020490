/** Whether a GPU computes what WebAssembly does: one small network through every emitted form, on both. */

import type { Graph } from '../ir/graph.ts';
import { tensorType } from '../ir/type.ts';
import { Emit } from '../ops/emit.ts';
import { createBuilder } from '../ops/infer.ts';
import { planProfile } from './plan.ts';
import type { OrtModule } from './run.ts';
import { measurePlan } from './run.ts';
import type { ProfilePlan, Provider } from './types.ts';

/** Largest difference that rounding explains: of the size of the statistic, and of 1. */
const RELATIVE = 2e-3;
const ABSOLUTE = 1e-4;

/**
 * Runs the forms that profiles emit (convolutions and their gradients, pooling, norms, scatter) on WebGPU and on
 * WebAssembly. Some drivers corrupt even float32 (onnxruntime#29807), without an error.
 *
 * @returns null when they agree, else a sentence that says what does not. Sessions stay open: without any the GPU device is destroyed
 * @throws what the runtime throws when WebGPU cannot run at all
 */
export async function checkProvider(ort: OrtModule): Promise<string | null> {
  const plan = planProfile(sampleNetwork(), [], { gradients: true, seeds: 1, loss: 'random-labels' });
  const run = async (provider: Provider) => (await measurePlan(plan, ort, { provider, seed: 0 })).statistics;
  const [expected, actual] = [await run('wasm'), await run('webgpu')];
  return compareStatistics(plan, expected, actual);
}

const TRAINED = { trainable: true, buffer: false };

/** Null when two runs of a plan agree within rounding, else a sentence with the worst of the differences. */
export function compareStatistics(plan: ProfilePlan, expected: Float32Array, actual: Float32Array): string | null {
  let worst = { excess: 1, key: '' };
  for (const { key, offset, length } of plan.statistics) {
    const own = expected.subarray(offset, offset + length);
    const size = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    own.forEach((value, index) => {
      const off = Math.abs(value - actual[offset + index]!);
      // NaN is no number of times too far off, but a mismatch all the same.
      const excess = Number.isFinite(off) ? off / (ABSOLUTE + RELATIVE * size) : Infinity;
      if (excess > worst.excess) worst = { excess, key };
    });
  }
  if (worst.key === '') return null;
  return `this GPU's results differ from those of the processor (${worst.key.replace(/^parameter\//, '')})`;
}

/** Every parameter belongs to one form, so that its gradient tells which is wrong. */
export function sampleNetwork(): Graph {
  const builder = createBuilder();
  const emit = new Emit(builder);
  const parameter = (name: string, shape: readonly number[], spread = 0.3, mean = 0) =>
    builder.parameter(name, tensorType('float32', shape), { kind: 'normal', mean, std: spread }, TRAINED);
  const conv = (name: string, x: number, [to, from, size]: [number, number, number], stride: number, group = 1) =>
    emit.op('Conv', [x, parameter(name, [to, from / group, size, size])], {
      ...{ dilations: [1, 1], group, kernel_shape: [size, size], strides: [stride, stride] },
      pads: new Array<number>(4).fill((size - 1) >> 1),
    });
  let x = conv('convolution', builder.input('input', tensorType('float32', [2, 3, 17, 17])), [16, 3, 3], 1);
  const constant = (name: string, value: number) =>
    builder.parameter(
      name,
      tensorType('float32', [16]),
      { kind: 'constant', value },
      { trainable: false, buffer: true },
    );
  const [scale, shift] = [parameter('batch norm scale', [16], 0.3, 1), parameter('batch norm shift', [16])];
  const norm = [x, scale, shift, constant('mean', 0), constant('variance', 1)];
  x = builder.ops('BatchNormalization', norm, { epsilon: 1e-5, momentum: 0.9, training_mode: 1 }, 3)[0]!;
  const window = { ceil_mode: 0, kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] };
  x = emit.op('MaxPool', [emit.op('Relu', [x])], { ...window, dilations: [1, 1], storage_order: 0 });
  x = emit.add(x, conv('grouped convolution', x, [16, 16, 3], 1, 4));
  x = conv('strided convolution', x, [16, 16, 3], 2);
  x = emit.add(x, conv('1×1 convolution', x, [16, 16, 1], 1));
  x = emit.op('AveragePool', [x], { ...window, count_include_pad: 1 });
  x = emit.reshape(emit.op('GlobalAveragePool', [x]), [2, 16]);
  const table = parameter('embedding', [5, 16]);
  x = emit.add(x, emit.op('Gather', [table, emit.constant([3, 3], [2], 'int64')], { axis: 0 }));
  const [gain, offset] = [parameter('layer norm scale', [16], 0.3, 1), parameter('layer norm shift', [16])];
  x = emit.op('LayerNormalization', [x, gain, offset], { axis: -1, epsilon: 1e-5 });
  const product = emit.op('Gemm', [x, parameter('linear', [10, 16]), parameter('bias', [10])], { transB: 1 });
  return builder.build('check', [product], true);
}
