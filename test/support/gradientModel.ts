/** A traced network's loss and whole parameter gradients as one ONNX model, and the goldens that they are held against. */

import { dirname } from 'node:path';
import { reverse } from '../../src/autodiff/reverse.ts';
import type { PythonTracer } from '../../src/frontends/index.ts';
import { traceFile } from '../../src/frontends/index.ts';
import { createReader } from '../../src/frontends/torch/readSources.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { encodeModel, modelInputs } from '../../src/onnx/encode.ts';
import { Emit } from '../../src/ops/emit.ts';
import { expandForRuntime } from '../../src/ops/expand.ts';
import { extendGraph } from '../../src/ops/infer.ts';
import { initialise } from '../../src/profile/initialise.ts';
import { TARGET } from '../../src/profile/inputs.ts';
import { emitLoss } from '../../src/profile/loss.ts';
import golden from '../goldens/gradients.json';
import { recipeData, recipeWeights, sketchOf } from './recipe.ts';
import { torchvisionFile, torchvisionRoot, torchvisionSource } from './torchvision.ts';

export interface GradientGolden {
  readonly file: string;
  readonly input: readonly number[];
  /** Which of the recipe's batches, and how much norms' weights vary. */
  readonly batch: number;
  readonly spread: number;
  readonly loss: number;
  /** Norm, and products with vectors of random signs. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

export const GRADIENTS = golden as unknown as Readonly<Record<string, GradientGolden>>;

/** Number of classes that labels are drawn from; some networks have more. */
const CLASSES = 10;

export interface Feed {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array;
}

export interface GradientModel {
  readonly bytes: Uint8Array;
  readonly feeds: Readonly<Record<string, Feed>>;
  /** The model's output for each parameter; the loss is `loss`. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** Traces a model of torchvision in training mode on the golden's batch. */
export async function traceTorchvision(torch: PythonTracer, model: string): Promise<Graph> {
  const { file, input } = GRADIENTS[model]!;
  const roots = [dirname(torchvisionRoot())];
  const source = { name: torchvisionFile(file), bytes: new TextEncoder().encode(torchvisionSource(file)) };
  const inputs = [{ dtype: 'float32', shape: input }] as const;
  const { result } = await traceFile(source, {
    model,
    inputs,
    training: true,
    torch,
    readFile: createReader(roots),
    roots,
  });
  if (!result.graph) throw new Error(`${model} gives no graph`);
  return result.graph;
}

/** Loss and gradients in the forms of a profile, fed with the recipe's weights and batch. */
export function gradientModel(graph: Graph, { input, batch, spread }: GradientGolden): GradientModel {
  const builder = extendGraph(graph, { merge: true });
  const emit = new Emit(builder);
  const { loss, seeds } = emitLoss(emit, graph, 'given-labels');
  const trained = graph.parameters.filter(({ trainable }) => trainable);
  const cotangents = reverse(
    builder,
    graph.nodes,
    seeds(),
    trained.map(({ value }) => value),
  );
  const wanted = trained.flatMap(({ name, value }): [string, ValueId][] => {
    const gradient = cotangents.of(value);
    return gradient === null ? [] : [[name, emit.op('Identity', [gradient])]];
  });
  const results = [...new Set([loss!, ...wanted.map(([, value]) => value)])];
  const { graph: full, values } = expandForRuntime(builder.build(graph.name, results, true));
  const place = (value: ValueId): ValueId => values.get(value)!;
  const outputNames = new Map(results.map((value, index) => [place(value), index === 0 ? 'loss' : `gradient${index}`]));
  const contents = new Map([...recipeWeights(graph, spread)]);
  const data = recipeData(input, CLASSES, null, batch);
  const feeds: Record<string, Feed> = {};
  for (const { name, value } of modelInputs(full, { outputNames })) {
    const { type } = full.values[value]!;
    const shape = type.shape as readonly number[];
    const parameter = full.parameters.find((one) => one.value === value);
    if (parameter) {
      const own = { dtype: type.dtype, shape, data: initialise(parameter.init, shape, 0, parameter.name) };
      const given = contents.get(parameter.name);
      feeds[name] = given ? { ...given } : own;
    } else if (name === TARGET) {
      feeds[name] = { dtype: 'int32', shape, data: Int32Array.from(data.get('target')!.data, Number) };
    } else feeds[name] = data.get('input')!;
  }
  return {
    bytes: encodeModel(full, { outputNames }),
    feeds,
    outputs: new Map(wanted.map(([name, value]) => [name, outputNames.get(place(value))!])),
  };
}

/** A parameter's gradient is as good as nothing beside the others (a bias before a batch norm): no relative error. */
const NOTHING = 1e-9;

/**
 * The parameters whose gradients are further off than `tolerance` of their length, with the distance.
 *
 * The distance is estimated from random signs s, of which E (s·d)² = |d|²; the norm is compared as well.
 */
export function farOff(
  sketches: ReadonlyMap<string, readonly number[]>,
  { gradients }: GradientGolden,
  tolerance = 1e-3,
): string[] {
  const largest = Math.max(...Object.values(gradients).map(([norm]) => norm!));
  return Object.entries(gradients).flatMap(([name, [norm, ...products]]) => {
    const [ownNorm = 0, ...own] = sketches.get(name) ?? [];
    // Rounding leaves some 1e-7 of what cancels.
    if (norm! < NOTHING * largest) return ownNorm < 1e-5 * largest ? [] : [`${name}: ${ownNorm} instead of nothing`];
    const squares = products.reduce((sum, product, index) => sum + (product - (own[index] ?? 0)) ** 2, 0);
    const off = Math.max(Math.sqrt(squares / products.length) / norm!, Math.abs(ownNorm / norm! - 1));
    return off < tolerance ? [] : [`${name}: off by ${off.toExponential(1)}`];
  });
}

export const sketch = (name: string, gradient: Float32Array, golden: GradientGolden): number[] =>
  sketchOf(name, gradient, golden.gradients[name]!.length - 1);
