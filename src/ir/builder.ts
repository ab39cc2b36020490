/** Builds graphs node by node. Types come from the inference function it is given; values are numbered as they appear. */

import type { Location } from './diagnostic.ts';
import type { Attrs, Graph, InitSpec, ModuleInfo, Node, Parameter, Problem, Value, ValueId } from './graph.ts';
import type { DType, Shape, TensorType } from './type.ts';
import { tensorType } from './type.ts';

/** What inference sees of one node. */
export interface InferCall {
  readonly op: string;
  readonly inputs: readonly (Value | null)[];
  readonly attrs: Attrs;
  /** How many outputs the node has. */
  readonly outputs: number;
}

export interface Inferred {
  readonly types: readonly TensorType[];
  readonly problems: readonly Problem[];
  /** Row-major contents of each output, where they follow from constant inputs. */
  readonly data?: readonly (readonly number[] | undefined)[];
}

export type Infer = (call: InferCall) => Inferred;

/** Where a node comes from. */
export interface Origin {
  readonly module: string;
  readonly origin: string;
  readonly inPlace: boolean;
  readonly frames: readonly Location[];
}

const NOWHERE: Origin = { module: '', origin: '', inPlace: false, frames: [] };

export class GraphBuilder {
  readonly values: Value[] = [];
  readonly nodes: Node[] = [];
  readonly inputs: ValueId[] = [];
  readonly parameters: Parameter[] = [];
  readonly modules: ModuleInfo[] = [];
  /** Given to every node that follows. */
  origin: Origin = NOWHERE;
  private readonly known = new Map<string, readonly ValueId[]>();

  /**
   * @param infer types of a node's outputs
   * @param merge give a node that repeats an earlier one (same operator, inputs and attributes) the earlier outputs
   */
  constructor(
    private readonly infer: Infer,
    private readonly merge = false,
  ) {}

  /** A builder that goes on where `graph` ends, with its values and nodes under their old ids. */
  static extend(graph: Graph, infer: Infer, merge = false): GraphBuilder {
    const builder = new GraphBuilder(infer, merge);
    builder.values.push(...graph.values);
    builder.nodes.push(...graph.nodes);
    builder.inputs.push(...graph.inputs);
    builder.parameters.push(...graph.parameters);
    builder.modules.push(...graph.modules);
    if (merge) {
      for (const node of graph.nodes)
        builder.known.set(signature(node.op, node.inputs, node.attrs, node.outputs.length), node.outputs);
      for (const value of graph.values)
        if (value.data) builder.known.set(constantKey(value.type, value.data), [value.id]);
    }
    return builder;
  }

  input(name: string, type: TensorType): ValueId {
    const id = this.value(type, name);
    this.inputs.push(id);
    return id;
  }

  parameter(name: string, type: TensorType, init: InitSpec, flags: { trainable: boolean; buffer: boolean }): ValueId {
    const value = this.value(type, name);
    this.parameters.push({ value, name, init, ...flags });
    return value;
  }

  /** A compile-time constant, row-major. */
  constant(data: readonly number[], shape: Shape = [data.length], dtype: DType = 'float32'): ValueId {
    const type = tensorType(dtype, shape);
    if (!this.merge) return this.value(type, '', data);
    const key = constantKey(type, data);
    const [seen] = this.known.get(key) ?? [];
    const id = seen ?? this.value(type, '', data);
    this.known.set(key, [id]);
    return id;
  }

  /** Adds a node with one output. */
  op(op: string, inputs: readonly (ValueId | null)[], attrs: Attrs = {}): ValueId {
    return this.ops(op, inputs, attrs, 1)[0]!;
  }

  /** Adds a node with `outputs` outputs. Trailing absent inputs are dropped. */
  ops(op: string, inputs: readonly (ValueId | null)[], attrs: Attrs, outputs: number): readonly ValueId[] {
    const present = inputs.slice(0, inputs.findLastIndex((input) => input !== null) + 1);
    const key = this.merge ? signature(op, present, attrs, outputs) : '';
    const seen = this.merge ? this.known.get(key) : undefined;
    if (seen) return seen;
    const values = present.map((input) => (input === null ? null : this.valueAt(input)));
    const { types, problems, data } = this.infer({ op, inputs: values, attrs, outputs });
    const results = types.map((type, index) => this.value(type, '', data?.[index]));
    this.nodes.push({ id: this.nodes.length, op, inputs: present, outputs: results, attrs, problems, ...this.origin });
    if (this.merge) this.known.set(key, results);
    return results;
  }

  valueAt(id: ValueId): Value {
    const value = this.values[id];
    if (value === undefined) throw new Error(`no value ${id}`);
    return value;
  }

  typeOf(id: ValueId): TensorType {
    return this.valueAt(id).type;
  }

  /** The graph so far, with the given results. */
  build(name: string, outputs: readonly ValueId[], training = false): Graph {
    const { values, nodes, inputs, parameters, modules } = this;
    return {
      name,
      values: [...values],
      nodes: [...nodes],
      inputs: [...inputs],
      outputs,
      parameters: [...parameters],
      modules: [...modules],
      training,
    };
  }

  private value(type: TensorType, name: string, data?: readonly number[]): ValueId {
    const id = this.values.length;
    this.values.push(data === undefined ? { id, name, type } : { id, name, type, data });
    return id;
  }
}

const signature = (op: string, inputs: readonly (ValueId | null)[], attrs: Attrs, outputs: number): string =>
  `${op}(${inputs.join()})${JSON.stringify(Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1)))}${outputs}`;

const constantKey = (type: TensorType, data: readonly number[]): string =>
  `${type.dtype}[${type.shape?.join()}]=${data.join()}`;
