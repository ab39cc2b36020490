/** The reverse pass as such: sums over consumers, parts by consumer, expansions, where gradients stop. */

import { expect, test } from 'vitest';
import { reverse } from '../../../src/autodiff/reverse.ts';
import { unbroadcast } from '../../../src/autodiff/unbroadcast.ts';
import { tensorType } from '../../../src/ir/type.ts';
import { Emit } from '../../../src/ops/emit.ts';
import { createBuilder } from '../../../src/ops/infer.ts';
import type { Tensor } from '../../support/evaluate.ts';
import { evaluate } from '../../support/evaluate.ts';
import { checkGradient, randomNumbers, randomTensor } from '../../support/gradientCheck.ts';

const floats = (shape: readonly number[]) => tensorType('float32', shape);
const ones = (shape: readonly number[]): Tensor => randomTensor(shape, () => 1);

function setUp() {
  const builder = createBuilder({ merge: true });
  return { builder, emit: new Emit(builder) };
}

test('a fork gets the sum of what comes back through each consumer', () => {
  const { builder, emit } = setUp();
  const x = builder.input('x', floats([3]));
  const branch = emit.mul(x, emit.scalar(5));
  const y = emit.add(x, branch);
  const nodes = [...builder.nodes];
  const seed = builder.input('g', floats([3]));
  const cotangents = reverse(builder, nodes, new Map([[y, seed]]), [x]);
  const through = nodes.map((node) => cotangents.through(x, node.id));
  const wanted = [cotangents.of(x), ...through].map((value) => value!);
  const values = evaluate(
    builder.build('g', wanted),
    new Map([
      [x, ones([3])],
      [seed, ones([3])],
    ]),
  );
  expect(wanted.map((value) => values.get(value)!.data[0])).toEqual([6, 5, 1]);
  expect(cotangents.through(y, 0)).toBeNull();
});

test('a value that stands twice in a node gets both parts', () => {
  const x = randomTensor([4], randomNumbers(1));
  expect(checkGradient([x], (emit, [a]) => emit.mul(a!, a!)).error).toBeLessThan(1e-6);
  expect(checkGradient([x], (emit, [a]) => emit.op('Gelu', [emit.add(a!, a!)])).error).toBeLessThan(1e-6);
});

test('seeds inside the graph add to what comes back', () => {
  const { builder, emit } = setUp();
  const x = builder.input('x', floats([2]));
  const middle = emit.neg(x);
  const y = emit.mul(middle, emit.scalar(3));
  const seed = builder.input('g', floats([2]));
  const cotangents = reverse(
    builder,
    [...builder.nodes],
    new Map([
      [y, seed],
      [middle, seed],
    ]),
    [x],
  );
  const gradient = cotangents.of(x)!;
  const values = evaluate(
    builder.build('g', [gradient]),
    new Map([
      [x, ones([2])],
      [seed, ones([2])],
    ]),
  );
  expect([...values.get(gradient)!.data]).toEqual([-4, -4]);
});

test('only paths to wanted values are walked', () => {
  const { builder, emit } = setUp();
  const [x, w] = [builder.input('x', floats([2])), builder.input('w', floats([2]))];
  const y = emit.mul(emit.op('Exp', [x]), w);
  const cotangents = reverse(builder, [...builder.nodes], new Map([[y, builder.input('g', floats([2]))]]), [w]);
  expect(cotangents.of(w)).not.toBeNull();
  expect(cotangents.of(x)).toBeNull();
  // The rule of Mul emits both sides; Exp's rule, one more Mul, is never asked.
  expect(builder.nodes.map((node) => node.op)).toEqual(['Exp', 'Mul', 'Mul', 'Mul']);
});

test('gradients stop at operators without one and at integers', () => {
  const { builder, emit } = setUp();
  const x = builder.input('x', floats([2]));
  const rounded = emit.op('Floor', [x]);
  const whole = emit.op('Cast', [emit.op('Cast', [x], { to: 7 })], { to: 1 });
  const y = emit.add(rounded, whole);
  const cotangents = reverse(builder, [...builder.nodes], new Map([[y, builder.input('g', floats([2]))]]), [x]);
  expect(cotangents.of(x)).toBeNull();
});

test('an expansion differentiates through, and recomputes nothing on a merging builder', () => {
  const { builder, emit } = setUp();
  const x = builder.input('x', floats([2]));
  const y = emit.op('Mish', [x]);
  emit.op('Softplus', [x]);
  const seed = builder.input('g', floats([2]));
  reverse(builder, [builder.nodes[0]!], new Map([[y, seed]]), [x]);
  expect(builder.nodes.filter((node) => node.op === 'Softplus')).toHaveLength(1);
});

test('un-broadcasting sums repeated axes and refuses what does not fit', () => {
  const { builder, emit } = setUp();
  const wide = builder.input('g', floats([5, 2, 3, 4]));
  const [narrow, other] = [builder.input('a', floats([3, 1])), builder.input('b', floats([2, 4]))];
  const sum = unbroadcast(emit, wide, narrow, 'Add');
  const values = evaluate(builder.build('sum', [sum]), new Map([[wide, ones([5, 2, 3, 4])]]));
  expect(values.get(sum)).toEqual({ shape: [3, 1], data: Float64Array.of(40, 40, 40) });
  expect(() => unbroadcast(emit, wide, other, 'Add')).toThrow(/gradient of Add has shape/);
  expect(unbroadcast(emit, wide, wide, 'Add')).toBe(wide);
});
