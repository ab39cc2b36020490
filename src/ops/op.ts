/** The contract of an operator. One definition per ONNX operator: attributes, types, cost, gradient. */

import type { Attrs, AttrValue, Value, ValueId } from '../ir/graph.ts';
import type { Problem } from '../ir/graph.ts';
import type { TensorType } from '../ir/type.ts';
import type { Emit } from './emit.ts';

/** How an attribute is stored in ONNX. Numbers in {@link Attrs} do not say it themselves. */
export type AttrKind = 'int' | 'float' | 'string' | 'ints' | 'floats' | 'strings';

export interface AttrDef {
  readonly kind: AttrKind;
  /** ONNX's default. Absent when the attribute has none. */
  readonly default?: AttrValue;
  readonly required?: boolean;
}

/** One node as inference, cost and gradients see it. */
export interface Call {
  readonly op: string;
  /** Null marks an absent optional input. Constant inputs carry `data`. */
  readonly inputs: readonly (Value | null)[];
  /** As given, with ONNX's defaults filled in. */
  readonly attrs: Attrs;
  /** How many outputs the node has. */
  readonly outputs: number;
}

export interface OpResult {
  readonly types: readonly TensorType[];
  /** Empty when the inputs fit the operator. Otherwise `types` holds the likeliest intention, or unknown shapes. */
  readonly problems?: readonly Problem[];
  /** Row-major contents of the outputs where they follow from constant inputs (shapes, indices, small tables). */
  readonly data?: readonly (readonly number[] | undefined)[];
}

/** Arithmetic of one node. A MAC is one multiply and one add; it counts as two FLOPs. Null: shapes not known. */
export interface Cost {
  /** Multiply-accumulates of convolutions and matrix products; 0 for everything else. */
  readonly macs: number;
  /** All floating-point operations, the MACs' two each included. */
  readonly flops: number;
}

/** A node with its types resolved, as a gradient rule sees it. */
export interface PrimalNode {
  readonly op: string;
  readonly inputs: readonly (ValueId | null)[];
  readonly outputs: readonly ValueId[];
  readonly attrs: Attrs;
}

/**
 * Emits the cotangent of each input, given the cotangent of each output (null where nothing depends on that output;
 * at least one is not null). An entry may be null where the input has no gradient (indices, absent inputs), and may
 * have the shape of the output for an operator that broadcasts: `autodiff` sums it down to the input's shape.
 */
export type Vjp = (
  emit: Emit,
  node: PrimalNode,
  cotangents: readonly (ValueId | null)[],
) => readonly (ValueId | null)[];

/** Rewrites the node in other operators and returns its outputs; the expansion then supplies the gradient. */
export type Expand = (emit: Emit, node: PrimalNode) => readonly (ValueId | null)[];

/** Cost of an operator that only moves elements. */
export const free = (): Cost => ({ macs: 0, flops: 0 });

export interface OpDef {
  /** ONNX's name. */
  readonly name: string;
  /** One line for `docs/operators.md`. */
  readonly summary: string;
  readonly attrs: Readonly<Record<string, AttrDef>>;
  infer(call: Call): OpResult;
  /**
   * Contents of the outputs, row-major, from those of the inputs. Asked for only where every present input is a constant
   * and every output's shape is known; inference keeps the answer for small tensors (shape arithmetic).
   */
  fold?(call: Call, types: readonly TensorType[]): readonly (readonly number[])[];
  /** Absent: one FLOP per output element. `types` are the inferred output types. */
  cost?(call: Call, types: readonly TensorType[]): Cost | null;
  /** `expand`: differentiated through {@link OpDef.expand}. `none`: not differentiable, gradients stop here. */
  readonly vjp: Vjp | 'expand' | 'none';
  readonly expand?: Expand;
}
