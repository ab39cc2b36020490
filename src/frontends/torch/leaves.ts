/** Tensors that no call makes: a model's parameters and buffers under their names, constants, and what its constructor drew. */

import type { GraphBuilder } from '../../ir/builder.ts';
import type { InitSpec, Parameter, ValueId } from '../../ir/graph.ts';
import type { DType, Shape, TensorType } from '../../ir/type.ts';
import { isStatic, tensorType } from '../../ir/type.ts';
import { computedInits } from './computedInits.ts';
import type { Lower } from './lower/lower.ts';
import { product } from './lower/lower.ts';

/** Constants up to this size are written out; larger ones are expanded from one number. */
const CONSTANT_LIMIT = 4096;

/** What a module says of one of its tensors when it is registered; `value` where the constructor has used it before. */
export type NamedLeaf = readonly [
  name: string,
  dtype: DType,
  shape: Shape,
  init: InitSpec | null,
  trainable: boolean,
  buffer: boolean,
  value: ValueId | null,
  complex: boolean,
];

export class Leaves {
  private readonly unnamed = new Map<ValueId, number>();
  /** Places of parameters in the framework's order; what is in no list comes after them. */
  private readonly listed = new Map<ValueId, number>();
  /** By parameter that the model's constructor computed: the value that it starts with. */
  private readonly computed = new Map<ValueId, ValueId>();

  constructor(
    private readonly builder: GraphBuilder,
    private readonly lower: Lower,
  ) {}

  /** Takes over what another has noted of the same values. */
  continue({ unnamed, listed, computed }: Leaves): void {
    for (const entry of unnamed) this.unnamed.set(...entry);
    for (const entry of listed) this.listed.set(...entry);
    for (const entry of computed) this.computed.set(...entry);
  }

  /** `shape` is static unless the tensor has a name. */
  make(name: string | null, dtype: DType, shape: Shape, init: InitSpec | null, trainable: boolean | null): ValueId {
    const { builder } = this;
    if (name === null && isStatic(shape) && init) {
      const count = product(shape);
      if (init.kind === 'data') return builder.constant(init.data.map(Number), shape, dtype);
      if (init.kind === 'constant' && count <= CONSTANT_LIMIT) {
        return builder.constant(new Array<number>(count).fill(init.value), shape, dtype);
      }
      if (init.kind === 'constant') return this.lower.expandTo(builder.constant([init.value], [], dtype), shape);
    }
    // A tensor without a name is no parameter of the model; it becomes one when it is registered.
    const flags = { trainable: name ? (trainable ?? false) : false, buffer: !name || !trainable };
    const label = name ? name : `tensor${this.unnamed.size}`;
    const value = builder.parameter(label, tensorType(dtype, shape), init ?? { kind: 'unknown' }, flags);
    if (!name) this.unnamed.set(value, builder.parameters.length - 1);
    return value;
  }

  /** Gives a tensor its name, as a parameter or a buffer of the model. */
  register([name, dtype, shape, init, trainable, buffer, value, complex]: NamedLeaf): ValueId {
    const made = this.registered(name, tensorType(dtype, shape), init, { trainable, buffer }, value);
    const at = complex ? this.builder.parameters.findIndex((one) => one.value === made) : -1;
    if (at >= 0) this.builder.parameters[at] = { ...this.builder.parameters[at]!, complex: true };
    return made;
  }

  private registered(
    name: string,
    type: TensorType,
    init: InitSpec | null,
    flags: { readonly trainable: boolean; readonly buffer: boolean },
    value: ValueId | null,
  ): ValueId {
    const spec = init ?? { kind: 'unknown' };
    const listed = (parameter: ValueId): ValueId => {
      this.listed.set(parameter, this.listed.size);
      return parameter;
    };
    if (value === null) return listed(this.builder.parameter(name, type, spec, flags));
    // The model's constructor has used it before it had a name.
    const at = this.unnamed.get(value) ?? this.builder.parameters.findIndex((one) => one.value === value);
    if (at < 0) {
      const data = this.builder.values[value]?.data;
      const known: InitSpec = data ? { kind: 'data', data: [...data] } : { kind: 'unknown' };
      const parameter = this.builder.parameter(name, type, known, flags);
      if (!data) this.computed.set(parameter, value);
      return listed(parameter);
    }
    this.builder.parameters[at] = { value, name, init: spec, ...flags };
    this.builder.values[value] = { ...this.builder.values[value]!, name };
    return listed(value);
  }

  /** The parameters that a finished graph has, in the framework's order. */
  parametersOf(needed: ReadonlySet<ValueId>): readonly Parameter[] {
    const place = ({ value }: Parameter): number => this.listed.get(value) ?? this.listed.size;
    return this.builder.parameters
      .filter((one) => !one.buffer || needed.has(one.value))
      .sort((a, b) => place(a) - place(b));
  }

  /** How each parameter starts. */
  inits(): (parameter: Parameter) => InitSpec {
    return computedInits(this.builder, this.computed, this.unnamed);
  }
}
