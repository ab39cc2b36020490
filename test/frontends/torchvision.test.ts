/** Every model of torchvision for pictures and videos, traced from its unmodified source, against the real one. */

import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { diagnosticsOf, traceFile } from '../../src/frontends/index.ts';
import { createReader } from '../../src/frontends/torch/readSources.ts';
import { valueOf } from '../../src/ir/query.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { readText } from '../support/engine.ts';
import { torchvisionFile, torchvisionRoot, torchvisionSource } from '../support/torchvision.ts';
import { openInterpreter } from '../support/tracer.ts';

interface Measured {
  readonly outputs: readonly (readonly number[])[];
  readonly macs: number;
}

interface Golden {
  readonly file: string;
  readonly model: string;
  readonly input: readonly number[];
  readonly params: number;
  readonly eval: Measured;
  readonly train: Measured;
}

const goldens = Object.entries(JSON.parse(readText('test/goldens/torchvision.json')) as Record<string, Golden>);

const files = [...new Set(goldens.map(([, { file }]) => file))];
const torch = openInterpreter({ timeLimitMs: 60_000 });
const roots = [dirname(torchvisionRoot())];
const readFile = createReader(roots);
let exact = 0;

/** What is not as it is in the real model. */
const compare = async ({ file, model, input, params, ...measured }: Golden, mode: 'eval' | 'train') => {
  const source = { name: torchvisionFile(file), bytes: new TextEncoder().encode(torchvisionSource(file)) };
  const inputs = [{ dtype: 'float32', shape: input }] as const;
  const traced = await traceFile(source, { model, inputs, training: mode === 'train', torch, readFile, roots });
  const { graph } = traced.result;
  const cost = traced.analysis?.cost;
  const outputs = graph?.outputs.map((id) => valueOf(graph, id).type.shape) ?? null;
  const { macs, outputs: shapes } = measured[mode];
  return [
    ...diagnosticsOf(traced).map(({ message }) => message),
    ...(graph ? verifyGraph(graph) : ['no graph']),
    ...(cost?.params === params ? [] : [`${cost?.params} of ${params} parameters`]),
    ...(cost?.macs === macs ? [] : [`${cost?.macs} of ${macs} MACs`]),
    ...(JSON.stringify(outputs) === JSON.stringify(shapes) ? [] : [JSON.stringify(outputs)]),
  ];
};

test.each(files)('%s: parameters, outputs and MACs in both modes, and nothing to complain of', async (file) => {
  const wrong: string[] = [];
  for (const [name, golden] of goldens.filter(([, one]) => one.file === file)) {
    for (const mode of ['eval', 'train'] as const) {
      const faults = await compare(golden, mode);
      if (faults.length > 0) wrong.push(`${name}, ${mode}: ${faults.slice(0, 3).join('; ')}`);
      else exact++;
    }
  }
  expect(wrong).toEqual([]);
});

test.each([
  [
    `resnet18(), return_nodes={'layer2': 'a', 'layer4': 'b'}`,
    11_176_512,
    [
      [1, 128, 28, 28],
      [1, 512, 7, 7],
    ],
  ],
  [
    `efficientnet_b0(), ['features.3', 'features.5.1.add']`,
    643_236,
    [
      [1, 40, 28, 28],
      [1, 112, 14, 14],
    ],
  ],
])('features of %s', async (given, params, shapes) => {
  const text = `from torchvision.models import *
from torchvision.models.feature_extraction import create_feature_extractor
model = create_feature_extractor(${given})
`;
  const source = { name: '/w/features.py', bytes: new TextEncoder().encode(text) };
  const inputs = [{ dtype: 'float32', shape: [1, 3, 224, 224] }] as const;
  const traced = await traceFile(source, { inputs, training: false, torch, readFile, roots });
  const { graph } = traced.result;
  expect(diagnosticsOf(traced)).toEqual([]);
  expect(traced.analysis?.cost.params).toBe(params);
  expect(graph?.outputs.map((id) => valueOf(graph, id).type.shape)).toEqual(shapes);
});

test('that is every model, exact', () => {
  console.log(`${exact} of ${goldens.length * 2} exact`);
  expect(goldens).toHaveLength(92);
  expect(exact).toBe(goldens.length * 2);
});
