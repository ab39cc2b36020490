/** ONNX to graph: ModelProto bytes, with initialisers as parameters and a module tree guessed from node names. */

import type { GraphBuilder, Origin } from '../../ir/builder.ts';
import type { Diagnostic, Location } from '../../ir/diagnostic.ts';
import type { Attrs, AttrValue, Graph, ValueId } from '../../ir/graph.ts';
import type { DType, Shape } from '../../ir/type.ts';
import { isFloat, tensorType } from '../../ir/type.ts';
import type { AttributeProto, GraphProto, NodeProto, ValueInfoProto } from '../../onnx/gen/onnx_pb.ts';
import { AttributeProto_AttributeType as Kind } from '../../onnx/gen/onnx_pb.ts';
import { parseModel } from '../../onnx/parse.ts';
import { dtypeOfOnnx } from '../../ops/dtype.ts';
import { OPS } from '../../ops/index.ts';
import { createBuilder } from '../../ops/infer.ts';
import type { InputSpec } from '../types.ts';
import { readModules } from './modules.ts';
import { readTensor } from '../../onnx/readTensor.ts';

export interface DecodeOptions {
  /** Name of the file, for diagnostics. */
  readonly file?: string;
  /** Shapes of the inputs, by name or in order; they bind symbolic dimensions, which are 1 otherwise. */
  readonly inputs?: readonly InputSpec[];
  /** False leaves out what is in the weights, which can be large; they are `unknown` then. */
  readonly contents?: boolean;
}

export interface Decoded {
  readonly graph: Graph | null;
  readonly inputs: readonly InputSpec[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Inputs that set an operator up, rather than being a weight: positions by operator. */
const SETTINGS: Readonly<Record<string, readonly number[]>> = { Resize: [1, 2], Clip: [1, 2], Pad: [2] };

/** The newest opset of ONNX's own domain whose operators are read as they are meant. */
const NEWEST_OPSET = 23;

/** Never throws for what is in the file: damaged bytes and unknown operators come back as diagnostics. */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  const { file = 'model.onnx' } = options;
  const diagnostics: Diagnostic[] = [];
  const report = (severity: Diagnostic['severity'], code: string, message: string): void => {
    diagnostics.push({ ...startOf(file), severity, code, message, related: [] });
  };
  const model = parseModel(bytes);
  if (!model?.graph || model.graph.node.length === 0) {
    report('error', 'onnx-unreadable', 'This is not an ONNX model, or the file is damaged.');
    return { graph: null, inputs: [], diagnostics };
  }
  const opset = Number(model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 1n);
  if (opset > NEWEST_OPSET) {
    report('warning', 'onnx-opset', `Opset ${opset} is newer than ${NEWEST_OPSET}; operators are read as of that one.`);
  }
  const decoder = createDecoder(model.graph, opset, options, report);
  const inputs = decoder.declare();
  for (const node of model.graph.node) decoder.add(node);
  return { graph: decoder.finish(), inputs, diagnostics };
}

const startOf = (file: string): Location => ({
  file,
  range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
});

type Report = (severity: Diagnostic['severity'], code: string, message: string) => void;

function createDecoder(proto: GraphProto, opset: number, options: DecodeOptions, report: Report) {
  const builder = createBuilder();
  const ids = new Map<string, ValueId>();
  const modules = readModules(proto.node.map(({ name }) => name ?? ''));
  const unknown = new Set<string>();
  const settings = new Set(
    proto.node.flatMap(({ opType, input }) => (SETTINGS[opType] ?? []).flatMap((index) => input[index] ?? [])),
  );
  builder.modules.push(...modules.list);

  /** Inputs and initialisers. */
  const declare = (): InputSpec[] => {
    const initialised = new Set(proto.initializer.map(({ name }) => name));
    const fed = proto.input.filter(({ name }) => !initialised.has(name));
    const specs = fed.map((info, index) => bindInput(info, index, options.inputs, report));
    for (const spec of specs) ids.set(spec.name!, builder.input(spec.name!, tensorType(spec.dtype, spec.shape)));
    for (const tensor of proto.initializer) {
      const isWeight =
        isFloat(dtypeOfOnnx(tensor.dataType) ?? 'float32') &&
        tensor.dims.length > 0 &&
        !settings.has(tensor.name) &&
        !isNumbered(tensor.name);
      const { dtype, shape, data, problem } = readTensor(tensor, !isWeight || options.contents !== false);
      if (problem) report('error', 'onnx-tensor', `Initialiser ${tensor.name}: ${problem}`);
      const id =
        data === null || isWeight
          ? declareWeight(builder, tensor.name, dtype, shape, data)
          : builder.constant(data, shape, dtype);
      ids.set(tensor.name, id);
    }
    if (proto.sparseInitializer.length) report('error', 'onnx-sparse', 'Sparse initialisers are not supported.');
    return specs;
  };

  const add = (node: NodeProto): void => {
    const op = node.opType;
    builder.origin = originOf(node, modules.pathOf(node.name ?? ''), options.file ?? 'model.onnx');
    const inputs = node.input.map((name) => (name === '' ? null : (ids.get(name) ?? missing(name, node))));
    const outputs = constantOf(node) ?? emitNode(node, inputs);
    node.output.forEach((name, index) => {
      const value = outputs[index];
      if (name === '' || value === undefined) return;
      ids.set(name, value);
      // The file's own name shows in drawings and reports.
      builder.values[value] = { ...builder.values[value]!, name: builder.values[value]!.name || name };
    });
    if (!OPS.has(op) && op !== 'Constant' && !unknown.has(op)) {
      unknown.add(op);
      const domain = node.domain ? `${node.domain}.` : '';
      report('warning', 'unknown-operator', `Skipscope does not know the operator ${domain}${op}.`);
    }
  };

  const missing = (name: string, node: NodeProto): ValueId => {
    report('error', 'onnx-order', `${node.opType} reads '${name}' before anything makes it.`);
    const id = builder.input(name, tensorType('float32', null));
    ids.set(name, id);
    return id;
  };

  const emitNode = (node: NodeProto, inputs: readonly (ValueId | null)[]): readonly ValueId[] => {
    const attrs = readAttributes(node.attribute);
    if (!attrs || (node.domain && node.domain !== 'ai.onnx') || !OPS.has(node.opType)) {
      return builder.ops('Unknown', inputs, {}, node.output.length);
    }
    const form = modernise(builder, node.opType, inputs, attrs, opset);
    return builder.ops(node.opType, form.inputs, form.attrs, node.output.length);
  };

  const constantOf = (node: NodeProto): readonly ValueId[] | null => {
    const [attribute] = node.attribute;
    if (node.opType !== 'Constant' || !attribute) return null;
    if (attribute.t) {
      const { dtype, shape, data, problem } = readTensor(attribute.t);
      if (problem) report('error', 'onnx-tensor', `Constant ${node.output[0]}: ${problem}`);
      return [
        data ? builder.constant(data, shape, dtype) : declareWeight(builder, node.output[0]!, dtype, shape, null),
      ];
    }
    const value = readAttribute(attribute);
    const isWhole = attribute.type === Kind.INT || attribute.type === Kind.INTS;
    const list = (Array.isArray(value) ? value : [value]) as readonly number[];
    return [builder.constant(list, Array.isArray(value) ? [list.length] : [], isWhole ? 'int64' : 'float32')];
  };

  const finish = (): Graph => {
    const outputs = proto.output.flatMap(({ name }) => ids.get(name ?? '') ?? []);
    if (outputs.length < proto.output.length) report('error', 'onnx-output', 'Some outputs are never made.');
    const normalisations = builder.nodes.filter(({ op }) => op === 'BatchNormalization');
    return builder.build(
      proto.name || 'model',
      outputs,
      normalisations.some(({ attrs }) => attrs['training_mode'] === 1),
    );
  };

  return { declare, add, finish };
}

/** Skipscope's own exports number their constants (`%12`) and name their weights. */
const isNumbered = (name: string): boolean => /^%\d+$/.test(name);

function declareWeight(
  builder: GraphBuilder,
  name: string,
  dtype: DType,
  shape: readonly number[],
  data: readonly number[] | null,
): ValueId {
  const buffer = /running_(mean|var)$/.test(name);
  const init = data === null ? ({ kind: 'unknown' } as const) : ({ kind: 'data', data } as const);
  return builder.parameter(name, tensorType(dtype, shape), init, { trainable: isFloat(dtype) && !buffer, buffer });
}

function bindInput(
  info: ValueInfoProto,
  index: number,
  given: readonly InputSpec[] | undefined,
  report: Report,
): InputSpec {
  const name = info.name ?? `input${index}`;
  const type = info.type?.value;
  const declared = type?.case === 'tensorType' ? type.value : null;
  const dtype = dtypeOfOnnx(declared?.elemType ?? 1) ?? 'float32';
  const dims: Shape = declared?.shape
    ? declared.shape.dim.map(({ value }) =>
        value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null,
      )
    : null;
  const spec = given?.find((other) => other.name === name) ?? (given?.[index]?.name ? undefined : given?.[index]);
  if (spec) {
    const fits =
      dims === null ||
      (dims.length === spec.shape.length && dims.every((dim, axis) => dim === null || dim === spec.shape[axis]));
    if (!fits) {
      const shown = dims.map((dim) => dim ?? '?').join(', ');
      report(
        'error',
        'onnx-input',
        `Input ${name} is [${shown}] in the file; it was given [${spec.shape.join(', ')}].`,
      );
    }
    return { ...spec, name, dtype };
  }
  if (dims === null) report('warning', 'onnx-input', `The file does not say the shape of input ${name}; give it.`);
  const isFixed = typeof dims?.[0] === 'number';
  return { name, dtype, shape: (dims ?? []).map((dim) => dim ?? 1), ...(isFixed && { isFixed }) };
}

const originOf = (node: NodeProto, module: string, file: string): Origin => ({
  module,
  origin: node.domain ? `${node.domain}.${node.opType}` : node.opType,
  inPlace: false,
  frames: [startOf(file)],
});

/** Null when an attribute is a graph or tensor, which no operator of the table takes. */
function readAttributes(list: readonly AttributeProto[]): Attrs | null {
  const attrs: Record<string, AttrValue> = {};
  for (const attribute of list) {
    const value = readAttribute(attribute);
    if (value === null) return null;
    attrs[attribute.name] = value;
  }
  return attrs;
}

function readAttribute(attribute: AttributeProto): AttrValue | null {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  switch (attribute.type) {
    case Kind.FLOAT:
      return attribute.f;
    case Kind.INT:
      return Number(attribute.i);
    case Kind.STRING:
      return text(attribute.s);
    case Kind.FLOATS:
      return [...attribute.floats];
    case Kind.INTS:
      return attribute.ints.map(Number);
    case Kind.STRINGS:
      return attribute.strings.map(text);
    case Kind.TENSOR: {
      const data = attribute.t ? readTensor(attribute.t).data : null;
      return data?.length === 1 ? data[0]! : data;
    }
    default:
      return null;
  }
}

/** Inputs and attributes of a node of any opset, in the forms of opset 17. */
function modernise(
  builder: GraphBuilder,
  op: string,
  inputs: readonly (ValueId | null)[],
  attrs: Attrs,
  opset: number,
): { inputs: readonly (ValueId | null)[]; attrs: Attrs } {
  const { [AXES]: axes, ...rest } = attrs;
  const list = (value: AttrValue | undefined): readonly number[] | null =>
    Array.isArray(value) ? (value as readonly number[]) : null;
  const ints = (values: readonly number[]): ValueId => builder.constant(values, [values.length], 'int64');

  // ReduceMean and its like take axes as an input from opset 18 on, ReduceSum, Squeeze and Unsqueeze from 13.
  if (op.startsWith('Reduce') && op !== 'ReduceSum' && inputs.length > 1) {
    const given = inputs[1] === null ? null : builder.valueAt(inputs[1]!).data;
    const { noop_with_empty_axes: _, ...others } = attrs;
    return { inputs: inputs.slice(0, 1), attrs: given?.length ? { ...others, axes: given } : others };
  }
  if (['ReduceSum', 'Squeeze', 'Unsqueeze'].includes(op) && list(axes)) {
    return { inputs: [inputs[0]!, ints(list(axes)!)], attrs: rest };
  }
  if (op === 'Split' && list(attrs['split'])) {
    const { split, ...others } = attrs;
    return { inputs: [inputs[0]!, ints(list(split)!)], attrs: others };
  }
  if (op === 'Split' && 'num_outputs' in attrs) {
    const { num_outputs: _, ...others } = attrs;
    return { inputs, attrs: others };
  }
  if (op === 'Slice' && list(attrs['starts'])) {
    const starts = list(attrs['starts'])!;
    const along = list(axes) ?? starts.map((_, axis) => axis);
    return { inputs: [inputs[0]!, ints(starts), ints(list(attrs['ends'])!), ints(along)], attrs: {} };
  }
  if (op === 'Pad' && list(attrs['pads'])) {
    const { pads, value = 0, ...others } = attrs;
    const fill = builder.constant([value as number], [], 'float32');
    return { inputs: [inputs[0]!, ints(list(pads)!), fill], attrs: others };
  }
  if (op === 'Clip' && ('min' in attrs || 'max' in attrs)) {
    const bound = (value: AttrValue | undefined) =>
      typeof value === 'number' ? builder.constant([value], [], 'float32') : null;
    return { inputs: [inputs[0]!, bound(attrs['min']), bound(attrs['max'])], attrs: {} };
  }
  if (op === 'Dropout' && 'ratio' in attrs && opset < 12) return { inputs: inputs.slice(0, 1), attrs: {} };
  if (op === 'BatchNormalization' && 'spatial' in attrs) {
    const { spatial: _, ...others } = attrs;
    return { inputs, attrs: others };
  }
  // Before opset 13 softmax flattened everything from `axis` on; on the last axis, the usual one, both agree.
  if ((op === 'Softmax' || op === 'LogSoftmax') && opset < 13 && !('axis' in attrs)) {
    return { inputs, attrs: { ...attrs, axis: 1 } };
  }
  return { inputs, attrs };
}

const AXES = 'axes';
