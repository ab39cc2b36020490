/** Every model of torchvision for pictures and videos, traced from its unmodified source, against the real one. */

import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { measureCost } from '../../src/analysis/cost.ts';
import { analyse } from '../../src/analysis/analyse.ts';
import { collectModules } from '../../src/frontends/torch/modules.ts';
import type { SourceModule } from '../../src/frontends/types.ts';
import { valueOf } from '../../src/ir/query.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { loadEngine, readText } from '../support/engine.ts';
import { torchvisionFile, torchvisionRoot, torchvisionSource } from '../support/torchvision.ts';

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

const readFile = async (path: string): Promise<string | null> => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

test('all have the parameters, outputs and MACs of the real ones, in both modes, and nothing to complain of', async () => {
  const engine = await loadEngine();
  const collected = new Map<string, Promise<readonly SourceModule[]>>();
  const wrong: string[] = [];
  for (const [name, { file, model, input, params, ...measured }] of goldens) {
    const path = torchvisionFile(file);
    const source = torchvisionSource(file);
    const modules = await (collected.get(file) ?? collectModules(path, source, readFile, [dirname(torchvisionRoot())]));
    collected.set(file, Promise.resolve(modules));
    for (const mode of ['eval', 'train'] as const) {
      const { graph, diagnostics } = engine.trace(source, {
        ...{ file: path, model, modules, training: mode === 'train' },
        inputs: [{ dtype: 'float32', shape: input }],
      });
      const cost = graph && measureCost(graph);
      const outputs = graph?.outputs.map((id) => valueOf(graph, id).type.shape) ?? null;
      const { macs, outputs: shapes } = measured[mode];
      const faults = [
        ...[...diagnostics, ...(graph ? analyse(graph).diagnostics : [])].map(({ message }) => message),
        ...(graph ? verifyGraph(graph) : ['no graph']),
        ...(cost?.params === params ? [] : [`${cost?.params} of ${params} parameters`]),
        ...(cost?.macs === macs ? [] : [`${cost?.macs} of ${macs} MACs`]),
        ...(JSON.stringify(outputs) === JSON.stringify(shapes) ? [] : [JSON.stringify(outputs)]),
      ];
      if (faults.length > 0) wrong.push(`${name}, ${mode}: ${faults.slice(0, 3).join('; ')}`);
    }
  }
  console.log(`${goldens.length * 2 - wrong.length} of ${goldens.length * 2} exact`);
  expect(wrong).toEqual([]);
  expect(goldens.length).toBeGreaterThan(90);
});
