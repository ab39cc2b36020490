/** Graph to ONNX: the bytes of a ModelProto. Parameters become graph inputs unless their contents are given. */

import { create, toBinary } from '@bufbuild/protobuf';
import type { AttrValue, Graph, Node, Value, ValueId } from '../ir/graph.ts';
import { parameterOf, valueOf } from '../ir/query.ts';
import type { DType, TensorType } from '../ir/type.ts';
import { formatShape, isStatic } from '../ir/type.ts';
import { ONNX_DTYPE } from '../ops/dtype.ts';
import { OPS } from '../ops/index.ts';
import type { AttrKind } from '../ops/op.ts';
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from './gen/onnx_pb.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './gen/onnx_pb.ts';
import { encodeNumbers } from './tensor.ts';

export interface EncodeOptions {
  /** Opset of the default domain. */
  readonly opset?: number;
  /** Contents by parameter name. Parameters listed here become initialisers, the others graph inputs. */
  readonly weights?: ReadonlyMap<string, { readonly data: ArrayLike<number | bigint> }>;
  /** Names of the model's outputs, by value; the others are named like any value. */
  readonly outputNames?: ReadonlyMap<ValueId, string>;
}

/** IR version that goes with opset 17. */
const IR_VERSION = 8n;

/** Nodes that ONNX cannot say: calls that the front end did not know. */
export const inexpressible = (graph: Graph): readonly Node[] => graph.nodes.filter((node) => node.op === 'Unknown');

/**
 * A unique ONNX name for every value: inputs and parameters keep theirs, the rest is numbered.
 */
export function nameValues(graph: Graph, outputNames?: ReadonlyMap<ValueId, string>): readonly string[] {
  const names = new Array<string>(graph.values.length);
  const taken = new Set<string>();
  const claim = (id: ValueId, wish: string): void => {
    if (names[id] !== undefined) return;
    let name = wish;
    for (let copy = 2; taken.has(name); copy++) name = `${wish}#${copy}`;
    taken.add(name);
    names[id] = name;
  };
  for (const id of graph.inputs) claim(id, valueOf(graph, id).name || 'input');
  for (const { value, name } of graph.parameters) claim(value, name);
  for (const [id, name] of outputNames ?? []) claim(id, name);
  for (const { id } of graph.values) claim(id, `%${id}`);
  return names;
}

/**
 * The graph as ModelProto bytes. Constants become initialisers; nodes that nothing reads are left out, and so are
 * parameters that no remaining node reads. Data inputs always stay.
 *
 * @throws on a node that ONNX cannot express (see {@link inexpressible}) among those that the outputs need
 */
export function encodeModel(graph: Graph, options: EncodeOptions = {}): Uint8Array {
  const { opset = 17, weights, outputNames } = options;
  const names = nameValues(graph, outputNames);
  const nameOf = (id: ValueId | null): string => (id === null ? '' : names[id]!);
  const { nodes, used } = reachable(graph);
  const parameters = parameterOf(graph);

  const input: ValueInfoProto[] = graph.inputs.map((id) => valueInfo(names[id]!, valueOf(graph, id).type));
  const initializer: TensorProto[] = [];
  for (const id of used) {
    const value = valueOf(graph, id);
    const parameter = parameters.get(id);
    const given = parameter && weights?.get(parameter.name);
    if (given) initializer.push(tensor(names[id]!, value, Array.from(given.data, Number)));
    else if (parameter) input.push(valueInfo(names[id]!, value.type));
    else if (value.data) initializer.push(tensor(names[id]!, value, value.data));
  }

  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'skipscope',
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: graph.name || 'graph',
      input,
      initializer,
      node: nodes.map((node) => encodeNode(node, nameOf)),
      output: graph.outputs.map((id) => valueInfo(names[id]!, valueOf(graph, id).type)),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** The inputs of the encoded model, under their names there: data inputs, then the parameters that are not given. */
export function modelInputs(
  graph: Graph,
  options: EncodeOptions = {},
): readonly { readonly name: string; readonly value: ValueId }[] {
  const names = nameValues(graph, options.outputNames);
  const { used } = reachable(graph);
  const fed = graph.parameters.filter(({ value, name }) => used.has(value) && !options.weights?.has(name));
  return [...graph.inputs, ...fed.map(({ value }) => value)].map((value) => ({ name: names[value]!, value }));
}

/** The nodes that the outputs need, in execution order, and the values that these and the outputs read. */
export function reachable(graph: Graph): { nodes: readonly Node[]; used: ReadonlySet<ValueId> } {
  const used = new Set<ValueId>(graph.outputs);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    const wanted = node.outputs.some((output) => used.has(output) && !valueOf(graph, output).data);
    if (!wanted) continue;
    nodes.push(node);
    for (const id of node.inputs) if (id !== null) used.add(id);
  }
  return { nodes: nodes.reverse(), used };
}

function encodeNode(node: Node, nameOf: (id: ValueId | null) => string): NodeProto {
  if (node.op === 'Unknown') throw new Error(`${node.origin} cannot be expressed in ONNX`);
  const kinds = OPS.get(node.op)?.attrs ?? {};
  return create(NodeProtoSchema, {
    name: `${node.module ? `${node.module}/` : ''}${node.op}_${node.id}`,
    opType: node.op,
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    attribute: Object.entries(node.attrs).map(([name, value]) =>
      encodeAttribute(name, value, kinds[name]?.kind ?? guessKind(value)),
    ),
  });
}

function guessKind(value: AttrValue): AttrKind {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (value.every((item) => typeof item === 'string')) return 'strings';
  return value.every((item) => Number.isInteger(item)) ? 'ints' : 'floats';
}

function encodeAttribute(name: string, value: AttrValue, kind: AttrKind): AttributeProto {
  const many = (Array.isArray(value) ? value : [value]) as readonly (number | string)[];
  const text = (item: number | string | undefined) => new TextEncoder().encode(String(item));
  switch (kind) {
    case 'int':
      return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(many[0]!) });
    case 'float':
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: Number(many[0]) });
    case 'string':
      return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: text(many[0]) });
    case 'ints':
      return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: many.map((item) => BigInt(item)) });
    case 'floats':
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: many.map(Number) });
    case 'strings':
      return create(AttributeProtoSchema, { name, type: AttributeType.STRINGS, strings: many.map(text) });
  }
}

function tensor(name: string, { type }: Value, data: readonly number[]): TensorProto {
  if (!isStatic(type.shape)) throw new Error(`constant ${name} has shape ${formatShape(type.shape)}`);
  return create(TensorProtoSchema, {
    name,
    dataType: elementType(type.dtype),
    dims: type.shape.map(BigInt),
    rawData: encodeNumbers(data, type.dtype),
  });
}

const elementType = (dtype: DType): number => ONNX_DTYPE[dtype];

function valueInfo(name: string, { dtype, shape }: TensorType): ValueInfoProto {
  const dims = shape?.map((dim) => (dim === null ? {} : { value: { case: 'dimValue' as const, value: BigInt(dim) } }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: elementType(dtype), shape: dims && { dim: dims } } } },
  });
}
