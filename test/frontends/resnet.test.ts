/** torchvision's ResNets from their unmodified source, and the CIFAR example: exact parameters, MACs and shapes. */

import { beforeAll, describe, expect, test } from 'vitest';
import { measureCost } from '../../src/analysis/cost.ts';
import type { TraceResult } from '../../src/frontends/types.ts';
import { valueOf } from '../../src/ir/query.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine, readText } from '../support/engine.ts';
import { torchvisionFile, torchvisionModules, torchvisionSource } from '../support/torchvision.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const figures = ({ graph }: TraceResult): { params: number; gmacs: string; shape: unknown } => {
  const { params, macs } = measureCost(graph!);
  return { params, gmacs: (macs! / 1e9).toFixed(3), shape: valueOf(graph!, graph!.outputs[0]!).type.shape };
};

const file = torchvisionFile('models/resnet.py');
const source = torchvisionSource('models/resnet.py');

describe("torchvision's resnet.py", () => {
  // Parameters and GMAC as torchvision's documentation has them.
  test.each([
    ['resnet18', 11_689_512, '1.814'],
    ['resnet34', 21_797_672, '3.664'],
    ['resnet50', 25_557_032, '4.089'],
    ['resnet101', 44_549_160, '7.801'],
    ['resnet152', 60_192_808, '11.514'],
    ['resnext50_32x4d', 25_028_904, '4.230'],
    ['wide_resnet50_2', 68_883_240, '11.398'],
  ])('%s is exact, with its package and, where that suffices, alone', (name, params, gmacs) => {
    // The helper that sets the width lies in another file: without it the result is another model, and is said to be.
    const alone = name.startsWith('resnet') ? [[]] : [];
    for (const modules of [torchvisionModules(), ...alone]) {
      const result = engine.trace(source, { file, model: `${name}()`, modules });
      expect(result.diagnostics.filter((one) => one.severity === 'error')).toEqual([]);
      expect(result.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [1, 3, 224, 224] }]);
      expect(figures(result)).toEqual({ params, gmacs, shape: [1, 1000] });
      expect(verifyGraph(result.graph!)).toEqual([]);
      expect(result.graph!.nodes.flatMap((node) => node.problems)).toEqual([]);
    }
  });

  test('chooses the first factory and lists all of them', () => {
    const { model, candidates } = engine.trace(source, { file, modules: torchvisionModules() });
    expect(model).toBe('resnet18()');
    expect(candidates.filter((one) => one.kind === 'function').map((one) => one.expression)).toContain('resnet152()');
    expect(candidates.find((one) => one.expression === 'Bottleneck(inplanes, planes)')?.buildable).toBe(false);
  });

  test('says once per line which missing imports the model uses when it stands alone', () => {
    const { diagnostics } = engine.trace(source, { file });
    expect(diagnostics.map((one) => one.code)).toEqual(new Array(2).fill('unresolved-import'));
    expect(diagnostics.map((one) => one.range.start.line)).toEqual([9, 8]);
  });

  test('warns where a missing helper may have changed the model', () => {
    const { diagnostics } = engine.trace(source, { file, model: 'resnext50_32x4d()' });
    const lines = diagnostics.filter((one) => one.code === 'unknown-operation').map((one) => one.range.start.line);
    expect(lines.map((line) => source.split('\n')[line]!.trim())).toEqual([
      '_ovewrite_named_param(kwargs, "groups", 32)',
      '_ovewrite_named_param(kwargs, "width_per_group", 4)',
    ]);
  });

  test('an add stands at the statement, with its callers behind it', () => {
    const { graph } = engine.trace(source, { file });
    const add = graph!.nodes.find((node) => node.op === 'Add')!;
    expect([add.origin, add.inPlace, add.module]).toEqual(['Tensor.__iadd__', true, 'layer1.0']);
    const texts = add.frames.map(({ range: { start, end } }) =>
      source.split('\n')[start.line]!.slice(start.character, end.character),
    );
    expect(texts).toEqual(['out += identity', 'self.layer1(x)', 'self._forward_impl(x)']);
    const conv = graph!.nodes.find((node) => node.module === 'layer1.0.conv1')!;
    const { start, end } = conv.frames[0]!.range;
    expect(source.split('\n')[start.line]!.slice(start.character, end.character)).toBe('self.conv1(x)');
  });

  test('initialises as torchvision does, last write first', () => {
    const { graph } = engine.trace(source, { file, model: 'resnet18(zero_init_residual=True)' });
    const init = (name: string): unknown => graph!.parameters.find((one) => one.name === name)?.init;
    expect(init('conv1.weight')).toEqual({ kind: 'normal', mean: 0, std: Math.sqrt(2) / Math.sqrt(64 * 49) });
    expect(init('layer1.0.bn2.weight')).toEqual({ kind: 'constant', value: 0 });
    const bound = 1 / Math.sqrt(512);
    expect(init('fc.bias')).toEqual({ kind: 'uniform', low: -bound, high: bound });
    const weight = init('fc.weight') as { low: number; high: number };
    expect(weight.high).toBeCloseTo(bound, 12);
    expect(weight.low).toBeCloseTo(-bound, 12);
  });
});

test.each([
  [20, 269_722],
  [56, 853_018],
  [110, 1_727_962],
])('the CIFAR example of depth %i has %i parameters', (depth, params) => {
  const path = 'examples/cifar_resnet.py';
  const result = engine.trace(readText(path), { file: path, model: `resnet${depth}()` });
  expect(result.diagnostics).toEqual([]);
  expect(figures(result)).toMatchObject({ params, shape: [1, 10] });
});
