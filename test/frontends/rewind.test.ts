/** What one trace leaves for the next, in the real interpreter process: speed, and nothing else. */

import { expect, test } from 'vitest';
import type { SourceModule, TraceRequest, TraceResult } from '../../src/frontends/types.ts';
import { openInterpreter } from '../support/tracer.ts';

const interpreter = openInterpreter();

const module = (name: string, source: string): SourceModule => ({ name, file: `/w/${name}.py`, source });

const trace = (source: string, modules: readonly SourceModule[], file = '/w/model.py'): Promise<TraceResult> => {
  const request: TraceRequest = { file, source, modules, training: false };
  return interpreter.trace(request);
};

/** Traces a file as it is being edited; the results but for the edit. */
const edit = async (source: string, modules: readonly SourceModule[] = []): Promise<TraceResult[]> => {
  const results: TraceResult[] = [];
  for (let round = 0; round < 4; round++) results.push(await trace(`${source}# edit ${round}\n`, modules));
  return results;
};

const net = (width: string): string => `
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(${width}, 4)

    def forward(self, x):
        return self.fc(x)
`;

const widthOf = ({ graph, diagnostics }: TraceResult): unknown => {
  expect(diagnostics).toEqual([]);
  return graph!.values[graph!.parameters[0]!.value]!.type.shape;
};

test('each version of a file finds its imports as they are when they have just been executed', async () => {
  const counter = module('counter', 'count = [0]\ndef tick():\n    count[0] += 1\n    return count[0]\ntick()\n');
  const source = `from torch import nn\nimport counter\n\nWIDTH = counter.tick()\n${net('WIDTH')}`;
  const results = await edit(source, [counter]);
  for (const result of results) expect(result).toEqual(results[0]);
  expect(widthOf(results[0]!)).toEqual([4, 2]);
});

test('what stands between the imports is executed once per trace', async () => {
  const counter = module('counter', 'count = [0]\n');
  const source = `import counter\ncounter.count[0] += 1\nfrom torch import nn\ncounter.count[0] += 1\n`;
  for (const result of await edit(`${source}${net('counter.count[0]')}`, [counter]))
    expect(widthOf(result)).toEqual([4, 2]);
});

test('another text of the imports, of a module, or another file begins anew', async () => {
  const odd = module('odd', 'from torch import nn\nnn.Linear.forward = None\nWIDTH = 3\n');
  const plain = `from torch import nn\n${net('5')}`;
  await edit(`from torch import nn\nimport odd\n${net('odd.WIDTH')}`, [odd]);
  expect(widthOf(await trace(plain, [odd]))).toEqual([4, 5]);
  await edit(`from torch import nn\nimport odd\n${net('odd.WIDTH')}`, [odd]);
  expect(widthOf(await trace(plain, [odd], '/w/other.py'))).toEqual([4, 5]);
  const mended = module('odd', 'WIDTH = 7\n');
  const source = `from torch import nn\nimport odd\n${net('odd.WIDTH')}`;
  await edit(source, [odd]);
  expect(widthOf(await trace(source, [mended]))).toEqual([4, 7]);
});

test('a text that cannot be read for a while changes nothing', async () => {
  const sizes = module('sizes', 'WIDTH = 6\n');
  const source = `from torch import nn\nimport sizes\n${net('sizes.WIDTH')}`;
  const [before] = await edit(source, [sizes]);
  const broken = await trace(`${source}def (:\n`, [sizes]);
  expect(broken.diagnostics.map(({ code }) => code)).toEqual(['python-error']);
  const [after] = await edit(source, [sizes]);
  expect(after).toEqual(before);
});

test('imports say each time what is wrong with them', async () => {
  const weak = module('weak', 'import nowhere_at_all\nraise ValueError("weak")\n');
  const results = await edit(
    `from torch import nn\nimport absent_package\nimport weak\n${net('absent_package.SIZE')}`,
    [weak],
  );
  expect(results[0]!.diagnostics.length).toBeGreaterThan(0);
  for (const result of results) expect(result).toEqual(results[0]);
});

test('tensors that are computed before there is a model are there for each version, and each attempt', async () => {
  const table = module('table', 'import torch\nTABLE = torch.ones(3).cumsum(0) * torch.arange(3)\n');
  const source = `import torch\nfrom torch import nn\nfrom table import TABLE\n${net('int(TABLE[-1])')}`;
  for (const result of await edit(source, [table])) expect(widthOf(result)).toEqual([4, 6]);
});

test('so is one that a model changes', async () => {
  const source = `import torch
from torch import nn
calls = torch.ones(2, 3) * torch.randn(3)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 3)

    def forward(self, x):
        calls.mul_(2)
        return self.fc(x) + calls[0]
`;
  const results = await edit(source);
  for (const { graph, diagnostics } of results) {
    expect(diagnostics).toEqual([]);
    expect(graph!.nodes.map(({ op }) => op)).toEqual(results[0]!.graph!.nodes.map(({ op }) => op));
    expect(graph!.nodes.filter(({ op }) => op === 'Mul')).toHaveLength(2);
  }
});
