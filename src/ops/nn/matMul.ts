/** MatMul (batched, broadcasting, as numpy's matmul) and Gemm. */

import type { Call, Cost, OpDef, OpResult } from '../op.ts';
import type { Value, ValueId } from '../../ir/graph.ts';
import type { Dim, TensorType } from '../../ir/type.ts';
import { elementCount, formatShape } from '../../ir/type.ts';
import type { Emit } from '../emit.ts';
import { isAbsent, differs, mismatch, numberAttr, plural, shapeOf, typed } from './attributes.ts';

/** Says that a product's inner lengths differ, in the words of a layer where the right side is a named weight. */
function innerProblem(left: Value, right: Value, inner: readonly [Dim, Dim]) {
  const shapes = `${formatShape(left.type.shape)} × ${formatShape(right.type.shape)}`;
  return mismatch(
    right.name
      ? `The input has ${plural(inner[0]!, 'feature')}, the weight expects ${inner[1]}. (${shapes})`
      : `Matrices do not fit: ${shapes}. The left one has ${plural(inner[0]!, 'column')}, the right one ${plural(inner[1]!, 'row')}.`,
  );
}

/** Broadcasts batch axes, right-aligned; null where two lengths contradict each other. */
function broadcastBatch(a: readonly Dim[], b: readonly Dim[]): { dims: readonly Dim[]; clash: [Dim, Dim] | null } {
  const rank = Math.max(a.length, b.length);
  let clash: [Dim, Dim] | null = null;
  const dims = Array.from({ length: rank }, (_, axis): Dim => {
    const left = a[axis - rank + a.length];
    const right = b[axis - rank + b.length];
    if (left === undefined || left === 1) return right ?? (right === undefined ? left! : null);
    if (right === undefined || right === 1) return left;
    if (left === null) return right;
    if (differs(left, right)) clash ??= [left, right];
    return left;
  });
  return { dims, clash };
}

function inferMatMul(call: Call): OpResult {
  const [left, right] = call.inputs;
  const [a, b] = [shapeOf(left), shapeOf(right)];
  if (a === null || b === null) return { types: [typed(left, null)] };
  if (a.length === 0 || b.length === 0) {
    return { types: [typed(left, null)], problems: [mismatch('A matrix product takes no scalars.')] };
  }
  const problems = [];
  const [inner, other] = [a.at(-1)!, b.length === 1 ? b[0]! : b.at(-2)!];
  if (differs(inner, other)) problems.push(innerProblem(left!, right!, [inner, other]));
  const { dims, clash } = broadcastBatch(a.slice(0, -2), b.slice(0, -2));
  if (clash) {
    problems.push(
      mismatch(
        `Batches of matrices do not broadcast: ${formatShape(a)} × ${formatShape(b)} (${clash[0]} against ${clash[1]}).`,
      ),
    );
  }
  const rows = a.length === 1 ? [] : [a.at(-2)!];
  const columns = b.length === 1 ? [] : [b.at(-1)!];
  return { types: [typed(left, [...dims, ...rows, ...columns])], problems };
}

function innerCost(types: readonly TensorType[], inner: Dim | undefined, rest = 0): Cost | null {
  const outputs = elementCount(types[0]!.shape);
  if (outputs === null || isAbsent(inner)) return null;
  return { macs: outputs * inner, flops: 2 * outputs * inner + rest };
}

/** Gradients of x · y for a matrix y and any batch of rows x: one plain product each, all rows together. */
function rowsGradient(emit: Emit, left: ValueId, right: ValueId, cotangent: ValueId): readonly ValueId[] {
  const shape = emit.shape(left);
  const [inner, columns] = emit.shape(right) as [number, number];
  const rows = shape.slice(0, -1).reduce((total, dim) => total * dim, 1);
  const flat = (value: ValueId, width: number): ValueId =>
    shape.length === 2 ? value : emit.reshape(value, [rows, width]);
  const ct = flat(cotangent, columns);
  const dx = emit.op('Gemm', [ct, right], { transB: 1 });
  return [shape.length === 2 ? dx : emit.reshape(dx, shape), emit.op('Gemm', [flat(left, inner), ct], { transA: 1 })];
}

export const matMul: OpDef = {
  name: 'MatMul',
  summary: 'Matrix product; leading axes are batches and broadcast',
  attrs: {},
  infer: inferMatMul,
  cost: (call, types) => innerCost(types, shapeOf(call.inputs[0])?.at(-1)),
  // dA = dY · Bᵀ, dB = Aᵀ · dY.
  vjp(emit, node, [cotangent]) {
    const [left, right] = node.inputs as [number, number];
    const [a, b] = [emit.shape(left), emit.shape(right)];
    if (b.length === 2 && a.length >= 2) return rowsGradient(emit, left, right, cotangent!);
    // A vector takes part as a row on the left and as a column on the right.
    const x = a.length === 1 ? emit.reshape(left, [1, ...a]) : left;
    const y = b.length === 1 ? emit.reshape(right, [...b, 1]) : right;
    const batch = broadcastBatch(a.slice(0, -2), b.slice(0, -2)).dims as readonly number[];
    const ct = emit.reshape(cotangent!, [...batch, emit.shape(x).at(-2)!, emit.shape(y).at(-1)!]);
    const dx = emit.matMul(ct, emit.transposeMatrix(y));
    const dy = emit.matMul(emit.transposeMatrix(x), ct);
    // A vector's extra axis of length 1 goes, after the sum over the batches it was broadcast to.
    const squeeze = (value: ValueId, wanted: readonly number[]): ValueId => {
      if (wanted.length > 1) return value;
      const leading = emit.shape(value).length - 2;
      const axes = Array.from({ length: leading }, (_, index) => index);
      const total = leading > 0 ? emit.reduceSum(value, axes, false) : value;
      return emit.reshape(total, wanted);
    };
    return [squeeze(dx, a), squeeze(dy, b)];
  },
};

const transposed = (call: Pick<Call, 'attrs'>): readonly [boolean, boolean] => [
  numberAttr(call.attrs, 'transA', 0) !== 0,
  numberAttr(call.attrs, 'transB', 0) !== 0,
];

function inferGemm(call: Call): OpResult {
  const [left, right, bias] = call.inputs;
  const [a, b, c] = [shapeOf(left), shapeOf(right), shapeOf(bias)];
  const [transA, transB] = transposed(call);
  const problems = [];
  for (const [side, shape] of [
    ['left', a],
    ['right', b],
  ] as const) {
    if (shape !== null && shape.length !== 2) {
      problems.push(mismatch(`Gemm takes matrices, but its ${side} side is ${formatShape(shape)}.`));
    }
  }
  if (problems.length > 0) return { types: [typed(left, [null, null])], problems };
  const [rows, inner] = a === null ? [null, null] : transA ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
  const [other, columns] = b === null ? [null, null] : transB ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
  if (differs(inner, other)) problems.push(innerProblem(left!, right!, [inner, other]));
  const width = c?.at(-1);
  if (differs(width, columns) && width !== 1) {
    problems.push(
      mismatch(`The bias has ${plural(width!, 'element')}, the output has ${plural(columns!, 'feature')}.`),
    );
  }
  return { types: [typed(left, [rows, columns])], problems };
}

export const gemm: OpDef = {
  name: 'Gemm',
  summary: 'α · A · B + β · C for matrices, either side transposed on demand',
  attrs: {
    alpha: { kind: 'float', default: 1 },
    beta: { kind: 'float', default: 1 },
    transA: { kind: 'int', default: 0 },
    transB: { kind: 'int', default: 0 },
  },
  infer: inferGemm,
  cost(call, types) {
    const inner = shapeOf(call.inputs[0])?.[transposed(call)[0] ? 0 : 1];
    return innerCost(types, inner, isAbsent(call.inputs[2]) ? 0 : (elementCount(types[0]!.shape) ?? 0));
  },
  // With A' and B' as the product sees them: dA' = α · dY · B'ᵀ, dB' = α · A'ᵀ · dY, dC = β · dY.
  vjp(emit, node, [cotangent]) {
    const [left, right, bias] = node.inputs as [number, number, number | null | undefined];
    const [transA, transB] = transposed(node);
    const alpha = numberAttr(node.attrs, 'alpha', 1);
    const beta = numberAttr(node.attrs, 'beta', 1);
    const ct = cotangent!;
    const product = (x: ValueId, y: ValueId, flipX: boolean, flipY: boolean): ValueId =>
      emit.op('Gemm', [x, y], {
        ...(alpha === 1 ? {} : { alpha }),
        ...(flipX ? { transA: 1 } : {}),
        ...(flipY ? { transB: 1 } : {}),
      });
    return [
      transA ? product(right, ct, transB, true) : product(ct, right, false, !transB),
      transB ? product(ct, left, true, transA) : product(left, ct, !transA, false),
      isAbsent(bias) ? null : beta === 1 ? ct : emit.mul(ct, emit.scalar(beta, emit.type(ct).dtype)),
    ];
  },
};
