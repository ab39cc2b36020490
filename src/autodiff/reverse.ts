/** The one reverse pass: seeds, walks back, accumulates, un-broadcasts. It emits graph, never numbers. */

import type { GraphBuilder } from '../ir/builder.ts';
import type { Node, ValueId } from '../ir/graph.ts';
import { formatShape, isFloat, sameShape } from '../ir/type.ts';
import { Emit } from '../ops/emit.ts';
import { OPS } from '../ops/index.ts';
import { withDefaults } from '../ops/infer.ts';
import type { OpDef, PrimalNode } from '../ops/op.ts';
import { unbroadcast } from './unbroadcast.ts';

export interface Cotangents {
  /** dLoss/d(value), summed over consumers and seed, in the value's own shape; null where no path leads back. */
  of(value: ValueId): ValueId | null;
  /** The part of {@link of} that came back through one consumer, by node id; null where that consumer gave none. */
  through(value: ValueId, consumer: number): ValueId | null;
}

/**
 * Emits the gradient of whatever `seeds` are cotangents of. Its nodes belong to the modules of those that they differentiate.
 *
 * @param builder a merging builder that holds `nodes`, so that recomputed values coincide with those of the forward pass
 * @param nodes the forward nodes, in execution order
 * @param seeds cotangents that come from outside, by value, each of the value's shape
 * @param wanted values whose cotangents are needed; only paths to them are walked
 * @throws where a shape on such a path is not static, or a gradient rule gives the wrong shape
 */
export function reverse(
  builder: GraphBuilder,
  nodes: readonly Node[],
  seeds: ReadonlyMap<ValueId, ValueId>,
  wanted: Iterable<ValueId>,
): Cotangents {
  const emit = new Emit(builder);
  const active = reachableFrom(nodes, wanted);
  const contributions = new Map<ValueId, Map<number, ValueId>>();
  const sums = new Map<ValueId, ValueId>();

  const accumulate = (value: ValueId, part: ValueId): void => {
    const earlier = sums.get(value);
    sums.set(value, earlier === undefined ? part : emit.add(earlier, part));
  };
  for (const [value, seed] of seeds) {
    if (active.has(value)) accumulate(value, unbroadcast(emit, seed, value, 'a seed'));
  }

  const { origin } = builder;
  for (const node of [...nodes].reverse()) {
    if (!node.inputs.some((input) => input !== null && active.has(input))) continue;
    const outgoing = node.outputs.map((output) => sums.get(output) ?? null);
    if (outgoing.every((cotangent) => cotangent === null)) continue;
    const def = OPS.get(node.op);
    if (def === undefined || def.vjp === 'none') continue;
    builder.origin = { ...origin, module: node.module };
    const primal: PrimalNode = { ...node, attrs: withDefaults(def, node.attrs) };
    const incoming = differentiate(emit, def, primal, outgoing, active);
    const parts = new Map<ValueId, ValueId>();
    node.inputs.forEach((input, index) => {
      const cotangent = incoming[index] ?? null;
      if (input === null || cotangent === null || !active.has(input)) return;
      const part = unbroadcast(emit, cotangent, input, node.op);
      const { type } = builder.valueAt(input);
      const shape = builder.typeOf(part).shape;
      if (!sameShape(shape, type.shape)) {
        throw new Error(`${node.op}: gradient ${formatShape(shape)} for a value of shape ${formatShape(type.shape)}`);
      }
      const twin = parts.get(input);
      parts.set(input, twin === undefined ? part : emit.add(twin, part));
    });
    for (const [input, part] of parts) {
      const through = contributions.get(input) ?? new Map<number, ValueId>();
      contributions.set(input, through.set(node.id, part));
      accumulate(input, part);
    }
  }
  builder.origin = origin;

  return {
    of: (value) => sums.get(value) ?? null,
    through: (value, consumer) => contributions.get(value)?.get(consumer) ?? null,
  };

  /** Floating-point values that depend on a wanted one; booleans and indices carry no gradient. */
  function reachableFrom(all: readonly Node[], from: Iterable<ValueId>): ReadonlySet<ValueId> {
    const reached = new Set(from);
    for (const node of all) {
      if (!node.inputs.some((input) => input !== null && reached.has(input))) continue;
      for (const output of node.outputs) if (isFloat(builder.typeOf(output).dtype)) reached.add(output);
    }
    return reached;
  }
}

/** Cotangents of a node's inputs, by its own rule or by that of its expansion. */
function differentiate(
  emit: Emit,
  def: OpDef,
  node: PrimalNode,
  outgoing: readonly (ValueId | null)[],
  active: ReadonlySet<ValueId>,
): readonly (ValueId | null)[] {
  if (typeof def.vjp === 'function') return def.vjp(emit, node, outgoing);
  if (!def.expand) throw new Error(`${def.name} is to be differentiated by an expansion that it lacks`);
  const outputs = def.expand(emit, node);
  const seeds = new Map<ValueId, ValueId>();
  outputs.forEach((output, index) => {
    const cotangent = outgoing[index] ?? null;
    if (output === null || cotangent === null) return;
    const earlier = seeds.get(output);
    seeds.set(output, earlier === undefined ? cotangent : emit.add(earlier, cotangent));
  });
  const inputs = new Set(node.inputs.filter((input) => input !== null));
  const inner = reverse(
    emit.builder,
    nodesBetween(emit.builder, inputs, seeds.keys()),
    seeds,
    [...inputs].filter((input) => active.has(input)),
  );
  // An input that stands twice gets its whole cotangent once.
  return node.inputs.map((input, index) =>
    input === null || node.inputs.indexOf(input) !== index ? null : inner.of(input),
  );
}

/** The nodes that lead from `inputs` to `outputs`, in execution order. Merged nodes may be much older than the call. */
function nodesBetween(builder: GraphBuilder, inputs: ReadonlySet<ValueId>, outputs: Iterable<ValueId>): Node[] {
  const makers = makersOf(builder);
  const found = new Map<number, Node>();
  const pending = [...outputs];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (inputs.has(value)) continue;
    const node = makers.get(value);
    if (node === undefined || found.has(node.id)) continue;
    found.set(node.id, node);
    for (const input of node.inputs) if (input !== null) pending.push(input);
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

/** Which node made a value, per builder, brought up to date as the builder grows. */
const known = new WeakMap<GraphBuilder, { readonly makers: Map<ValueId, Node>; seen: number }>();

function makersOf(builder: GraphBuilder): ReadonlyMap<ValueId, Node> {
  const entry = known.get(builder) ?? { makers: new Map<ValueId, Node>(), seen: 0 };
  known.set(builder, entry);
  for (; entry.seen < builder.nodes.length; entry.seen++) {
    const node = builder.nodes[entry.seen]!;
    for (const output of node.outputs) entry.makers.set(output, node);
  }
  return entry.makers;
}
