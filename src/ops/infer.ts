/** Inference, cost and defaults of any node, by the operator table. */

import type { Infer, InferCall } from '../ir/builder.ts';
import { GraphBuilder } from '../ir/builder.ts';
import type { Attrs, Graph, Node } from '../ir/graph.ts';
import { valueOf } from '../ir/query.ts';
import { elementCount, tensorType } from '../ir/type.ts';
import { FOLD_LIMIT } from './fold.ts';
import { OPS } from './index.ts';
import type { Call, Cost, OpDef, OpResult } from './op.ts';

/** The attributes with ONNX's defaults filled in. */
export function withDefaults(def: OpDef, attrs: Attrs): Attrs {
  const filled: Record<string, Attrs[string]> = {};
  for (const [name, attr] of Object.entries(def.attrs)) if (attr.default !== undefined) filled[name] = attr.default;
  return { ...filled, ...attrs };
}

/**
 * Output types of a node, and its contents where they are known and no output has more than `limit` elements. An operator that is
 * not in the table gives unknown types and the problem `unknown-operator`.
 */
export const inferNode = (call: InferCall, limit = FOLD_LIMIT): ReturnType<Infer> => {
  const def = OPS.get(call.op);
  if (def === undefined) {
    return {
      types: Array.from({ length: call.outputs }, () => tensorType('float32', null)),
      problems: [{ code: 'unknown-operator', message: `Skipscope does not know the operator ${call.op}.` }],
    };
  }
  const full = { ...call, attrs: withDefaults(def, call.attrs) };
  const result = def.infer(full);
  const data = result.data ?? foldConstants(def, full, result, limit);
  return { types: result.types, problems: result.problems ?? [], ...(data && { data }) };
};

function foldConstants(
  def: OpDef,
  call: Call,
  result: OpResult,
  limit: number,
): readonly (readonly number[])[] | undefined {
  if (!def.fold || result.problems?.length || !call.inputs.every((input) => input === null || input.data)) return;
  const counts = result.types.map((type) => elementCount(type.shape));
  if (!counts.every((count) => count !== null && count <= limit)) return;
  return def.fold(call, result.types);
}

/** The operator's view of a node that is already in a graph. */
export function callOf(graph: Graph, node: Node): Call {
  const def = OPS.get(node.op);
  const inputs = node.inputs.map((input) => (input === null ? null : valueOf(graph, input)));
  return { op: node.op, inputs, attrs: def ? withDefaults(def, node.attrs) : node.attrs, outputs: node.outputs.length };
}

/** Arithmetic of one node; null where shapes are unknown. */
export function costOf(graph: Graph, node: Node): Cost | null {
  const def = OPS.get(node.op);
  const types = node.outputs.map((output) => valueOf(graph, output).type);
  if (def?.cost) return def.cost(callOf(graph, node), types);
  let flops = 0;
  for (const { shape } of types) {
    if (shape === null || shape.includes(null)) return null;
    flops += (shape as readonly number[]).reduce((product, dim) => product * dim, 1);
  }
  return { macs: 0, flops };
}

/** A builder that infers by the operator table. */
export const createBuilder = (options: { merge?: boolean } = {}): GraphBuilder =>
  new GraphBuilder(inferNode, options.merge);

/** A builder that goes on where `graph` ends. */
export const extendGraph = (graph: Graph, options: { merge?: boolean } = {}): GraphBuilder =>
  GraphBuilder.extend(graph, inferNode, options.merge);
