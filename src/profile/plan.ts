/** Graph and options to plan: forward, loss, reverse and statistics as one ONNX model without weights. */

import type { ResidualBlock } from '../analysis/types.ts';
import type { Cotangents } from '../autodiff/reverse.ts';
import { reverse } from '../autodiff/reverse.ts';
import type { GraphBuilder } from '../ir/builder.ts';
import type { Graph, ValueId } from '../ir/graph.ts';
import { valueOf } from '../ir/query.ts';
import { formatShape, isFloat, isStatic, sameShape } from '../ir/type.ts';
import { encodeModel, modelInputs, reachable } from '../onnx/encode.ts';
import { Emit } from '../ops/emit.ts';
import { expandForRuntime } from '../ops/expand.ts';
import { extendGraph } from '../ops/infer.ts';
import { RECURRENT } from '../ops/nn/recurrent.ts';
import { planInput } from './inputs.ts';
import { classAxis, emitLoss, lossOutputs } from './loss.ts';
import { hashText } from './random.ts';
import type { Collector } from './statistics.ts';
import { collectStatistics } from './statistics.ts';
import type { PlanBlock, PlanParameter, ProfileOptions, ProfilePlan } from './types.ts';

/** One step becomes some forty operations with its gradient. */
const MAX_STEPS = 1024;

/**
 * Plans a profile of `graph` at the shapes it was traced with. The batch is the first dimension of the first input.
 * A graph that cannot be profiled gives a plan with `refusals` and no model.
 */
export function planProfile(graph: Graph, blocks: readonly ResidualBlock[], options: ProfileOptions): ProfilePlan {
  const refusals = refuse(graph, options);
  const lossKind = options.loss !== 'cotangent' && classAxis(graph) === null ? 'cotangent' : options.loss;
  const common = {
    lossKind,
    outputs: { all: graph.outputs.length, withLoss: lossOutputs(graph).length },
    batch: batchOf(graph),
    mode: graph.training ? ('train' as const) : ('eval' as const),
    refusals,
  };
  const empty = {
    model: new Uint8Array(),
    inputs: [],
    statistics: [],
    parameters: [],
    blocks: [],
    loss: null,
    key: '',
  };
  if (refusals.length) return { ...empty, ...common };

  const builder = extendGraph(graph, { merge: true });
  const emit = new Emit(builder);
  const collector = collectStatistics(emit, options.histograms);
  const head = emitLoss(emit, graph, lossKind);
  const backward = options.gradients ? differentiate(builder, graph, blocks, head.seeds()) : null;

  const loss = head.loss === null ? null : collector.elements('loss', head.loss);
  const parameters = graph.parameters
    .filter((parameter) => !parameter.buffer)
    .map(({ name, value, init, trainable }): PlanParameter => {
      const cotangent = trainable ? (backward?.of(value) ?? null) : null;
      const gradient = cotangent === null ? null : collector.sumOfSquares(`parameter/${name}/gradient`, cotangent);
      return { name, init, gradient, shape: emit.shape(value) };
    });
  const ends = streamEnds(graph, blocks);
  const planned = blocks.map((block, index) => {
    const end = ends[index] ?? null;
    const { split, ...measured } = planBlock(emit, graph, block, backward, collector);
    const cotangent = (of: ResidualBlock | undefined) => (of && backward?.of(of.output)) ?? null;
    const [own, last] = [cotangent(block), cotangent(blocks[end ?? -1])];
    const share = own !== null && last !== null ? collector.dot(`block/${block.path}/share`, own, last) : null;
    return { ...measured, split, share, streamEnd: end };
  });
  // Without this the forward pass would end at the last block.
  collector.sumOfSquares('output', graph.outputs[0]!);

  const { vector, statistics } = collector.finish();
  // The gradients have the steps of recurrent layers in the graph: the layers themselves would compute them again.
  const steps = options.gradients ? RECURRENT : undefined;
  const { graph: full } = expandForRuntime(builder.build(graph.name, [vector], graph.training), steps);
  const classes = emit.shape(graph.outputs[0]!).at(-1) ?? 1;
  const outputNames = new Map([[full.outputs[0]!, 'statistics']]);
  const model = encodeModel(full, { outputNames });
  const inputs = modelInputs(full, { outputNames }).map(({ name, value }) => planInput(full, name, value, classes));
  return { ...common, model, inputs, statistics, parameters, blocks: planned, loss, key: keyOf(model) };
}

const batchOf = (graph: Graph): number => {
  const first = graph.inputs[0];
  return (first === undefined ? null : valueOf(graph, first).type.shape?.[0]) ?? 1;
};

/** Why this graph cannot run, one sentence per cause. */
function refuse(graph: Graph, { loss, gradients }: ProfileOptions): string[] {
  const output = graph.outputs[0];
  if (output === undefined) return ['The model returns no tensor.'];
  const reasons = new Set<string>();
  const { nodes } = reachable(graph);
  for (const node of nodes) {
    const where = node.module ? ` in ${node.module}` : '';
    if (node.op === 'Unknown') reasons.add(`Skipscope does not know ${node.origin || 'a call'}${where}.`);
    for (const problem of node.problems) reasons.add(`${problem.message.replace(/\.$/, '')}${where}.`);
    if (reasons.size) continue;
    const loose = node.outputs.find((id) => !isStatic(valueOf(graph, id).type.shape));
    if (loose === undefined) continue;
    const shape = formatShape(valueOf(graph, loose).type.shape);
    reasons.add(`The shape ${shape} that ${node.origin || node.op}${where} gives is not known.`);
  }
  const { dtype } = valueOf(graph, output).type;
  if (!reasons.size && !isFloat(dtype)) reasons.add(`The model returns ${dtype}, which has no gradient.`);
  if (!reasons.size && loss === 'given-labels' && classAxis(graph) === null) {
    const shape = formatShape(valueOf(graph, output).type.shape);
    reasons.add(`Labels were given, but the model's output ${shape} is not one score per class for each row.`);
  }
  const steps = gradients && !reasons.size ? recurrentSteps(graph) : 0;
  if (steps > MAX_STEPS)
    reasons.add(
      `Gradients go through each step of a recurrent layer, and here there are ${steps}; up to ${MAX_STEPS} can be profiled. Give a shorter sequence as the input.`,
    );
  return [...reasons].slice(0, 8);
}

/** Steps of all recurrent layers, counted once for each direction. */
const recurrentSteps = (graph: Graph): number =>
  graph.nodes
    .filter(({ op }) => RECURRENT.has(op))
    .reduce((sum, node) => {
      const [length = 0, directions = 0] = valueOf(graph, node.outputs[0]!).type.shape ?? [];
      return sum + (length ?? 0) * (directions ?? 0);
    }, 0);

function differentiate(
  builder: GraphBuilder,
  graph: Graph,
  blocks: readonly ResidualBlock[],
  seeds: ReadonlyMap<ValueId, ValueId>,
): Cotangents {
  const wanted = new Set<ValueId>();
  for (const parameter of graph.parameters) if (parameter.trainable) wanted.add(parameter.value);
  for (const block of blocks) {
    wanted.add(block.fork);
    wanted.add(block.output);
  }
  return reverse(builder, graph.nodes, seeds, wanted);
}

function planBlock(
  emit: Emit,
  graph: Graph,
  block: ResidualBlock,
  backward: Cotangents | null,
  collector: Collector,
): Omit<PlanBlock, 'share' | 'streamEnd'> {
  const axis = (value: ValueId): number | null => {
    const rank = emit.shape(value).length;
    if (rank < 2) return null;
    return block.kind === 'transformer' ? rank - 1 : 1;
  };
  const measure = (value: ValueId | null) => (value === null ? null : collector.tensor(value, axis(value)));
  const gradient = backward?.of(block.output) ?? null;
  const merged = block.merge === null ? null : (backward?.of(graph.nodes[block.merge]!.outputs[0]!) ?? null);
  const own = [...block.head, ...block.branch, ...block.tail].map((id) => graph.nodes[id]!);
  const rectified = own.filter(({ op }) => op === 'Relu').map(({ outputs }) => outputs[0]!);
  return {
    path: block.path,
    activation: measure(block.output)!,
    gradient: measure(gradient),
    branch: measure(block.branchInput),
    skip: measure(block.skipInput),
    split: backward === null ? null : splitGradient(emit, graph, block, backward, collector),
    sum: merged === null ? null : collector.sumOfSquares(`block/${block.path}/sum`, merged),
    rectifiers: rectified.flatMap((value) => {
      const channels = axis(value);
      return channels === null ? [] : [collector.largest(`block/${block.path}/rectifier/${value}`, value, channels)];
    }),
  };
}

/**
 * For each block, the last one that its stream of one shape reaches by way of identity skips; the block itself where the
 * next one changes the shape. Null for blocks without an add.
 */
function streamEnds(graph: Graph, blocks: readonly ResidualBlock[]): readonly (number | null)[] {
  const ends = new Array<number | null>(blocks.length).fill(null);
  for (let index = blocks.length - 1; index >= 0; index--) {
    const { output, merge, skip } = blocks[index]!;
    if (merge === null || skip === 'concat') continue;
    const next = blocks.findIndex(
      (other) => other.fork === output && other.skip === 'identity' && other.merge !== null,
    );
    const same =
      next > index && sameShape(valueOf(graph, blocks[next]!.output).type.shape, valueOf(graph, output).type.shape);
    ends[index] = same ? (ends[next] ?? next) : index;
  }
  return ends;
}

/** Gradient at the fork that came back through the skip, and through the branch. */
function splitGradient(
  emit: Emit,
  graph: Graph,
  block: ResidualBlock,
  backward: Cotangents,
  collector: Collector,
): PlanBlock['split'] {
  if (block.merge === null) return null;
  const through = (nodes: readonly number[]): ValueId | null => {
    const readers = nodes.filter((id) => graph.nodes[id]?.inputs.includes(block.fork));
    const parts = readers.map((id) => backward.through(block.fork, id)).filter((part) => part !== null);
    return parts.length ? parts.reduce((sum, part) => emit.add(sum, part)) : null;
  };
  const skip = through([...block.shortcut, block.merge]);
  const branch = through(block.branch);
  if (skip === null || branch === null) return null;
  const key = `block/${block.path}`;
  return {
    skip: collector.sumOfSquares(`${key}/skip`, skip),
    branch: collector.sumOfSquares(`${key}/branch`, branch),
    product: collector.dot(`${key}/product`, skip, branch),
  };
}

/** Two 32-bit hashes and the length of the bytes. */
export function keyOf(bytes: Uint8Array): string {
  let forward = 0x811c9dc5;
  let backward = hashText('skipscope');
  for (let index = 0; index < bytes.length; index++) {
    forward = Math.imul(forward ^ bytes[index]!, 0x01000193);
    backward = Math.imul(backward ^ bytes[bytes.length - 1 - index]!, 0x01000193);
  }
  return [bytes.length, forward >>> 0, backward >>> 0].map((part) => part.toString(36)).join('-');
}
