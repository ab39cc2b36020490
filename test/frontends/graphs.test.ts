/** Models whose forward reads an object: graphs of nodes and edges, samples of a data set. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { HEAD, shapeOf } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const LAYER = `
class Conv(nn.Module):
    def __init__(self, width, out):
        super().__init__()
        self.lin = nn.Linear(width, out)
    def forward(self, x, edge_index, edge_attr=None):
        row, col = edge_index
        kept = row != col
        messages = self.lin(x)[row[kept]]
        return torch.zeros(x.shape[0], messages.shape[1]).index_add_(0, col[kept], messages)
`;

const net = (forward: string, signature: string, init = ''): string => `${LAYER}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = Conv(6, 8)
        self.out = nn.Linear(8, 3)
${init.replace(/^/gm, '        ')}
    def forward(${signature}):
${forward.replace(/^/gm, '        ')}
`;

const [NODES, EDGES, GRAPH] = [
  ['x', 'float32', 16, 6],
  ['edge_index', 'int64', 2, 64],
  ['batch', 'int64', 16],
];
/** One row for each graph of the batch: how many there are is only in the numbers. */
const POOL = `x = self.out(self.conv(x, edge_index).relu())
return torch.zeros(int(batch.max()) + 1, 3).index_add_(0, batch, x)`;

describe('what forward reads off an object is found', () => {
  test.each([
    [
      'a batch of graphs',
      net(`x, edge_index, batch = data.x, data.edge_index, data.batch\n${POOL}`, 'self, data'),
      [NODES, EDGES, GRAPH],
      [1, 3],
    ],
    ['its tensors one by one', net(POOL, 'self, x, edge_index, batch'), [NODES, EDGES, GRAPH], [1, 3]],
    [
      'features, whatever is read first',
      net(
        'edges = data.edge_index\nx = self.conv(data.x, edges)\nreturn self.out(x) / data.num_nodes + data.num_graphs',
        'self, data',
      ),
      [NODES, EDGES],
      [16, 3],
    ],
    [
      'what was brought to a device, and what may be missing',
      net(
        `data = data.to('cpu')
x = data.x
if hasattr(data, 'edge_attr') and 'edge_attr' in data:
    x = x * data.edge_attr
return self.out(self.conv(x, data.edge_index))`,
        'self, data',
      ),
      [NODES, EDGES],
      [16, 3],
    ],
    [
      'how much edges weigh, and what describes them',
      net(
        `x = self.conv(data.x, data.edge_index)
edges = self.edge(data.edge_attr) * data.edge_weight.view(-1, 1)
return self.out(x.index_add(0, data.edge_index[1], edges))`,
        'self, data',
        'self.edge = nn.Linear(5, 8)',
      ),
      [NODES, EDGES, ['edge_attr', 'float32', 64, 5], ['edge_weight', 'float32', 64]],
      [16, 3],
    ],
    [
      'what a part reads that is handed it',
      `${net('return self.out(self.conv(data.x, data.edge_index))', 'self, data')}
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()
    def forward(self, data):
        return self.net(data).relu()
`,
      [NODES, EDGES],
      [16, 3],
    ],
    [
      'an object in a mapping',
      net("return self.out(self.conv(batch['g'].x, batch['g'].edge_index))", 'self, batch'),
      [NODES, EDGES],
      [16, 3],
    ],
  ])('%s', (_, source, inputs, output) => {
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(result.inputs.map(({ name, dtype, shape }) => [name, dtype, ...shape])).toEqual(inputs);
    expect(shapeOf(result)).toEqual(output);
  });

  test('what the file feeds as an object of its own', () => {
    const source = `${net('return self.out(self.conv(sample.x, sample.edge_index))', 'self, sample')}
from dataclasses import dataclass
@dataclass
class Sample:
    x: torch.Tensor
    edge_index: torch.Tensor
net = Net()
net(Sample(torch.randn(5, 6), torch.tensor([[0, 1], [1, 0]])))
`;
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(result.inputs.map(({ name, dtype, shape }) => [name, dtype, ...shape])).toEqual([
      ['x', 'float32', 5, 6],
      ['edge_index', 'int64', 2, 2],
    ]);
    expect(shapeOf(result)).toEqual([5, 3]);
  });
});

test('a picture with its mask is what it was: a tensor is no object', () => {
  const source = `
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
    def forward(self, x):
        return self.conv(x.data) + x.device.index if x.is_cuda else self.conv(x)
`;
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs.map(({ name }) => name)).toEqual(['x']);
});

test('what is handed on by name, to a layer or to a method of a base class, is a tensor too', () => {
  const net = (init: string, forward: string): string => `import torch
from torch import nn
class Base(nn.Module):
    def features(self, x):
        return self.fc(x)
class Net(Base):
    def __init__(self):
        super().__init__()
        ${init}
    def forward(self, x):
        return ${forward}
`;
  for (const source of [
    net('self.attn = nn.MultiheadAttention(64, 4, batch_first=True)', 'self.attn(query=x, key=x, value=x)[0]'),
    net('self.fc = nn.Linear(8, 2)', 'self.features(x=x)'),
  ]) {
    const { graph, diagnostics } = engine.trace(source);
    expect(diagnostics).toEqual([]);
    expect(graph!.inputs).toHaveLength(1);
  }
});
