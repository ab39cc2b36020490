/** The residual stream cut at its blocks: each piece a program of its own, from its input and a cotangent to cotangents. */

import { dataFlow } from '../analysis/dataFlow.ts';
import type { ResidualBlock } from '../analysis/types.ts';
import { reverse } from '../autodiff/reverse.ts';
import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { valueOf } from '../ir/query.ts';
import { sameShape, tensorType } from '../ir/type.ts';
import { encodeModel, modelInputs, reachable } from '../onnx/encode.ts';
import { Emit } from '../ops/emit.ts';
import { expandForRuntime } from '../ops/expand.ts';
import { extendGraph } from '../ops/infer.ts';
import { planInput } from './inputs.ts';
import type { PlanInput } from './types.ts';

/** A stretch of the stream that all data passes from `from` to `to`. */
export interface Segment {
  readonly from: ValueId;
  readonly to: ValueId;
  /** Blocks in it, one after the other; their branches are what a path's length counts. */
  readonly blocks: readonly ResidualBlock[];
}

/** More blocks than this in one segment are too many combinations of skips and branches. */
const MOST_TOGETHER = 5;

/**
 * Cuts the network where everything passes through one tensor. Null where it is no chain of adds: branches that join from
 * elsewhere, concatenations, blocks inside of branches.
 */
export function cutStream(graph: Graph, blocks: readonly ResidualBlock[]): readonly Segment[] | null {
  const flow = dataFlow(graph);
  const chain = blocks.filter(({ merge, skip, kind }) => merge !== null && skip !== 'concat' && kind !== 'long-skip');
  if (chain.length === 0 || chain.length < blocks.filter(({ merge }) => merge !== null).length) return null;
  const segments: Segment[] = [];
  let from = streamInput(graph, chain[0]!);
  let open: ResidualBlock[] = [];
  for (const block of chain) {
    open.push(block);
    if (open.length > MOST_TOGETHER) return null;
    const inside = new Set(flow.between(from, block.output));
    const closed = [...inside].every((id) =>
      graph.nodes[id]!.outputs.every(
        (output) => output === block.output || (flow.consumers[output] ?? []).every((reader) => inside.has(reader.id)),
      ),
    );
    const entered = [...inside].every((id) =>
      flow.dataInputs(graph.nodes[id]!).every((input) => input === from || inside.has(flow.producer[input]?.id ?? -1)),
    );
    const left = (flow.consumers[from] ?? []).every((reader) => inside.has(reader.id));
    if (!closed || !entered || !left) continue;
    segments.push({ from, to: block.output, blocks: open });
    from = block.output;
    open = [];
  }
  return open.length ? null : segments;
}

/** What enters a block: its fork, or what its shared norm and activation read. */
const streamInput = (graph: Graph, { fork, head }: ResidualBlock): ValueId =>
  head.length ? graph.nodes[head[0]!]!.inputs[0]! : fork;

export const SEGMENT_INPUT = 'skipscope:x';
export const SEGMENT_COTANGENT = 'skipscope:g';

export interface SegmentPlan {
  readonly model: Uint8Array;
  readonly inputs: readonly PlanInput[];
  /** Its parameter's name by that of each input: equal segments have equal models. */
  readonly parameters: ReadonlyMap<string, string>;
  /** k for which there is an output `part{k}`: the cotangent that came through k branches. */
  readonly parts: readonly number[];
}

/** @throws where a skip or a branch broadcasts, or something in the segment has no gradient */
export function planSegment(graph: Graph, segment: Segment): SegmentPlan {
  const { gradient, parameters, outputs } = differentiateSegment(graph, segment);
  const { graph: full, values } = expandForRuntime(gradient);
  const outputNames = new Map(outputs.map(({ length, value }) => [values.get(value)!, `part${length}`]));
  return {
    model: encodeModel(full, { outputNames }),
    inputs: modelInputs(full, { outputNames }).map(({ name, value }) => planInput(full, name, value, 1)),
    parameters,
    parts: outputs.map(({ length }) => length),
  };
}

/** A segment's reverse pass, from {@link SEGMENT_INPUT} and {@link SEGMENT_COTANGENT}. */
export interface SegmentGradient {
  readonly gradient: Graph;
  /** As {@link SegmentPlan.parameters}. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The cotangents at its input by the number of branches that they came through. */
  readonly outputs: readonly { readonly length: number; readonly value: ValueId }[];
}

/** @throws like {@link planSegment} */
export function differentiateSegment(graph: Graph, segment: Segment): SegmentGradient {
  const { part, names } = isolate(graph, segment);
  const builder = extendGraph(part, { merge: true });
  const emit = new Emit(builder);
  const cotangent = builder.input(SEGMENT_COTANGENT, valueOf(graph, segment.to).type);
  const sums: (ValueId | null)[] = new Array<ValueId | null>(segment.blocks.length + 1).fill(null);
  // One reverse pass for each way through the blocks, with each merge read as what it lets through.
  for (let way = 0; way < 2 ** segment.blocks.length; way++) {
    const chosen = new Map<number, ValueId>();
    segment.blocks.forEach(({ merge, skipInput, branchInput }, at) => {
      chosen.set(merge!, (way >> at) & 1 ? branchInput! : skipInput!);
    });
    const nodes = part.nodes.map((node): Node => {
      const operand = chosen.get(node.id);
      if (operand === undefined) return node;
      if (!sameShape(valueOf(graph, operand).type.shape, valueOf(graph, node.outputs[0]!).type.shape))
        throw new Error('a skip or a branch is broadcast');
      return { ...node, op: 'Identity', inputs: [operand], attrs: {} };
    });
    const found = reverse(builder, nodes, new Map([[segment.to, cotangent]]), [segment.from]).of(segment.from);
    if (found === null) continue;
    const length = way.toString(2).replaceAll('0', '').length;
    const earlier = sums[length] ?? null;
    sums[length] = earlier === null ? found : emit.add(earlier, found);
  }
  // An input cannot be an output: of an identity, the cotangent itself is the part.
  const outputs = sums.flatMap((sum, length) =>
    sum === null ? [] : [{ length, value: emit.mul(sum, emit.scalar(1)) }],
  );
  const results = outputs.map(({ value }) => value);
  return { gradient: builder.build('segment', results, graph.training), parameters: names, outputs };
}

/** The segment alone, with parameters renamed in order of use and without places, so that equal blocks give equal bytes. */
function isolate(graph: Graph, { from, to }: Segment): { part: Graph; names: ReadonlyMap<string, string> } {
  const flow = dataFlow(graph);
  const inside = new Set(flow.between(from, to));
  const kept = graph.nodes.filter(
    (node) => inside.has(node.id) || node.outputs.every((output) => !flow.isData(output)),
  );
  const values = [...graph.values];
  values[from] = { id: from, name: SEGMENT_INPUT, type: tensorType('float32', valueOf(graph, from).type.shape) };
  const whole = {
    ...{ ...graph, name: 'segment', values, modules: [], inputs: [from], outputs: [to] },
    nodes: kept.map((node) => ({ ...node, module: '', origin: '', frames: [] })),
  };
  return renameParameters(whole);
}

/** What the outputs need, with parameters named in order of use. `names`: what each was called. */
export function renameParameters(whole: Graph): { part: Graph; names: ReadonlyMap<string, string> } {
  const { nodes, used } = reachable(whole);
  const order = [...new Set(nodes.flatMap(({ inputs }) => inputs))];
  const read = whole.parameters
    .filter(({ value }) => used.has(value))
    .sort((a, b) => order.indexOf(a.value) - order.indexOf(b.value));
  const parameters = read.map((parameter, at) => ({ ...parameter, name: `p${at}` }));
  return { part: { ...whole, nodes, parameters }, names: new Map(read.map(({ name }, at) => [`p${at}`, name])) };
}
