/** Short names for emitting nodes, shared by gradients, expansions, front ends and profile plans. */

import type { GraphBuilder } from '../ir/builder.ts';
import type { Attrs, ValueId } from '../ir/graph.ts';
import type { DType, TensorType } from '../ir/type.ts';
import { formatShape, isStatic } from '../ir/type.ts';

export class Emit {
  constructor(readonly builder: GraphBuilder) {}

  op(op: string, inputs: readonly (ValueId | null)[], attrs: Attrs = {}): ValueId {
    return this.builder.op(op, inputs, attrs);
  }

  ops(op: string, inputs: readonly (ValueId | null)[], attrs: Attrs, outputs: number): readonly ValueId[] {
    return this.builder.ops(op, inputs, attrs, outputs);
  }

  type(value: ValueId): TensorType {
    return this.builder.typeOf(value);
  }

  /** The value's shape; throws where it is not fully known, since gradients need static shapes. */
  shape(value: ValueId): readonly number[] {
    const { shape } = this.type(value);
    if (!isStatic(shape)) throw new Error(`shape ${formatShape(shape)} is not static`);
    return shape;
  }

  /** Contents of a compile-time constant; null for computed values. */
  data(value: ValueId): readonly number[] | null {
    return this.builder.valueAt(value).data ?? null;
  }

  scalar(value: number, dtype: DType = 'float32'): ValueId {
    return this.builder.constant([value], [], dtype);
  }

  /** One-dimensional int64 constant, as shapes, axes and indices are passed. */
  ints(values: readonly number[]): ValueId {
    return this.builder.constant(values, [values.length], 'int64');
  }

  constant(values: readonly number[], shape: readonly number[], dtype: DType = 'float32'): ValueId {
    return this.builder.constant(values, shape, dtype);
  }

  add = (a: ValueId, b: ValueId): ValueId => this.op('Add', [a, b]);
  sub = (a: ValueId, b: ValueId): ValueId => this.op('Sub', [a, b]);
  mul = (a: ValueId, b: ValueId): ValueId => this.op('Mul', [a, b]);
  div = (a: ValueId, b: ValueId): ValueId => this.op('Div', [a, b]);
  neg = (a: ValueId): ValueId => this.op('Neg', [a]);
  sqrt = (a: ValueId): ValueId => this.op('Sqrt', [a]);
  matMul = (a: ValueId, b: ValueId): ValueId => this.op('MatMul', [a, b]);

  reshape(value: ValueId, shape: readonly number[]): ValueId {
    return this.op('Reshape', [value, this.ints(shape)]);
  }

  transpose(value: ValueId, perm: readonly number[]): ValueId {
    return this.op('Transpose', [value], { perm });
  }

  /** Swaps the last two axes. */
  transposeMatrix(value: ValueId): ValueId {
    const rank = this.shape(value).length;
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    return this.transpose(value, [...perm.slice(0, -2), rank - 1, rank - 2]);
  }

  /** Opset 13 form: axes are an input. */
  reduceSum(value: ValueId, axes: readonly number[], keepDims = true): ValueId {
    return this.op('ReduceSum', [value, this.ints(axes)], { keepdims: keepDims ? 1 : 0 });
  }

  /** Opset 13 to 17 form: axes are an attribute. */
  reduceMean(value: ValueId, axes: readonly number[], keepDims = true): ValueId {
    return this.op('ReduceMean', [value], { axes, keepdims: keepDims ? 1 : 0 });
  }

  /** 1.0 where `condition` holds, else 0.0. */
  indicator(condition: ValueId): ValueId {
    return this.op('Cast', [condition], { to: 1 });
  }
}
