/** The operator table held against the table of cases: shapes, arithmetic, complaints and gradients. */

import { describe, expect, test } from 'vitest';
import { verifyGraph } from '../../../src/ir/verify.ts';
import { Emit } from '../../../src/ops/emit.ts';
import { OPS } from '../../../src/ops/index.ts';
import { costOf, createBuilder, withDefaults } from '../../../src/ops/infer.ts';
import { evaluate } from '../../support/evaluate.ts';
import { checkGradient } from '../../support/gradientCheck.ts';
import { CASES } from '../../support/nnCases.ts';
import { OP_CASES } from '../../support/opCases.ts';
import { contents, emitCase } from '../../support/opModels.ts';

const named = OP_CASES.map((one) => [one.name, one] as const);
const differentiable = named.filter(([, one]) => one.wrt.length > 0);

describe('types, cost and complaints', () => {
  test.each(named)('%s', (_name, one) => {
    const builder = createBuilder();
    const { outputs } = emitCase(new Emit(builder), one);
    expect(outputs.map((output) => builder.typeOf(output).shape)).toEqual(one.shapes);
    expect(builder.typeOf(outputs[0]!).dtype).toBe(one.dtype);
    expect(builder.nodes[0]!.problems.map((problem) => problem.code)).toEqual(one.problem ? [one.problem] : []);
    const graph = builder.build('case', outputs);
    if (one.problem === undefined && one.shapes.every((shape) => shape?.includes(null) === false)) {
      expect(verifyGraph(graph)).toEqual([]);
      expect(costOf(graph, graph.nodes[0]!)?.macs).toBe(0);
    }
    if (one.flops !== undefined) expect(costOf(graph, graph.nodes[0]!)).toEqual({ macs: 0, flops: one.flops });
  });
});

describe('gradients by central differences', () => {
  test.each(differentiable)('%s', (_name, one) => {
    const primals = one.wrt.map((index) => contents(one.inputs[index]!, index));
    const { error } = checkGradient(primals, (emit, inputs) => {
      const given = new Map(one.wrt.map((index, position) => [index, inputs[position]!]));
      one.inputs.forEach((input, index) => {
        // Indices and conditions do not move: they are constants here.
        if (input && !input.constant && !given.has(index)) {
          given.set(index, emit.constant([...contents(input, index).data], input.shape as number[], input.dtype));
        }
      });
      return emitCase(emit, one, given).outputs[0]!;
    });
    expect(error).toBeLessThan(1e-6);
  });
});

describe('expansions compute what their operator computes', () => {
  const expanding = named.filter(([, one]) => one.runs && OPS.get(one.op)?.expand && one.op !== 'Dropout');
  test('there are such operators', () => expect(expanding.length).toBeGreaterThan(10));
  test.each(expanding)('%s', (_name, one) => {
    const builder = createBuilder();
    const emit = new Emit(builder);
    const { outputs, inputs } = emitCase(emit, one);
    const node = builder.nodes[0]!;
    const attrs = withDefaults(OPS.get(one.op)!, node.attrs);
    // As at run time: an expansion sees no results of its own node.
    const expanded = OPS.get(one.op)!.expand!(emit, { ...node, attrs, outputs: [-1] })[0]!;
    const feeds = new Map([...inputs].map(([index, id]) => [id, contents(one.inputs[index]!, index)]));
    const values = evaluate(builder.build('both', [...outputs, expanded]), feeds);
    const [wanted, got] = [values.get(outputs[0]!)!, values.get(expanded)!];
    expect(got.shape).toEqual(wanted.shape);
    got.data.forEach((value, index) => expect(value).toBeCloseTo(wanted.data[index]!, 12));
  });
});

describe('every operator', () => {
  const inTables = new Set([...OP_CASES.map((one) => one.op), ...CASES.map((golden) => golden.op)]);
  const withGradient = new Set([
    ...OP_CASES.filter((one) => one.wrt.length).map((one) => one.op),
    ...CASES.filter((golden) => golden.gradients.some(Boolean)).map((golden) => golden.op),
  ]);

  test.each([...OPS.values()].map((def) => [def.name, def] as const))('%s is tested and described', (name, def) => {
    expect(inTables.has(name), 'is in a table of cases').toBe(true);
    expect(withGradient.has(name), 'has its gradient tested, where it has one').toBe(def.vjp !== 'none');
    expect(def.summary, 'is described in one sentence').toMatch(/^\S[^\n]{2,}$/);
    if (def.vjp === 'expand') expect(def.expand).toBeTypeOf('function');
  });

  test('stands once in the table of its name', () => {
    for (const [name, def] of OPS) expect(def.name).toBe(name);
  });
});
