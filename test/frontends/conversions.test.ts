/** Models in another number format than float32: what they hold, what they are fed, and where formats meet, as in PyTorch. */

import { beforeAll, describe, expect, test } from 'vitest';
import { measureMemory } from '../../src/analysis/memory.ts';
import { diagnose } from '../../src/analysis/diagnose.ts';
import type { TraceResult } from '../../src/frontends/types.ts';
import { valueOf } from '../../src/ir/query.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { expectModel, HEAD, inputsOf } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const NET = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 4)
    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).mean((2, 3)))
`;
const INNER = `class Outer(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
    def forward(self, x):
        return self.inner(x)
`;

/** Formats of parameters and buffers that the graph lists, by name. */
const formats = ({ graph }: TraceResult): unknown =>
  Object.fromEntries(graph!.parameters.map(({ name, value }) => [name, valueOf(graph!, value).type.dtype]));
const outputs = ({ graph }: TraceResult): unknown => graph!.outputs.map((id) => valueOf(graph!, id).type.dtype);
/** What is wrong with the graph: code and line, counted from 1 without the head. */
const wrong = ({ graph }: TraceResult): unknown =>
  diagnose(graph!, []).map(({ code, range }) => [code, range.start.line + 1 - HEAD.split('\n').length + 1]);

describe('a module that is converted', () => {
  test.each([
    ['double()', 'float64'],
    ['half()', 'float16'],
    ['bfloat16()', 'bfloat16'],
    ['to(torch.float64)', 'float64'],
    ['to("cpu", dtype=torch.float16)', 'float16'],
    ['to(torch.zeros(1, dtype=torch.bfloat16))', 'bfloat16'],
    ['type(torch.float16)', 'float16'],
    ['double().float()', 'float32'],
    ['_apply(lambda one: one.half())', 'float16'],
    ['apply(lambda one: one.double())', 'float64'],
  ])('by %s holds %s, and is fed so', (conversion, dtype) => {
    const result = engine.trace(`${HEAD}${NET}`, { model: `Net().${conversion}` });
    expect(result.diagnostics).toEqual([]);
    expect(inputsOf(result)).toEqual([[dtype, 1, 3, 32, 32]]);
    expect(outputs(result)).toEqual([dtype]);
    expect(new Set(Object.values(formats(result) as object))).toEqual(new Set([dtype]));
    expect(formats(result)).toHaveProperty('fc.weight');
    expect(wrong(result)).toEqual([]);
  });

  test('keeps its whole numbers, its first contents and what it shares', () => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
        self.b.weight = self.a.weight
        nn.init.normal_(self.a.weight, 0, 0.5)
        self.register_buffer("table", torch.ones(5000, dtype=torch.int32))
    def forward(self, x):
        return self.b(self.a(x)) + self.table[:4]
`;
    const result = engine.trace(HEAD + source, { model: 'Net().half()' });
    expect(formats(result)).toEqual({
      'a.weight': 'float16',
      'a.bias': 'float16',
      'b.bias': 'float16',
      table: 'int32',
    });
    expect(result.graph!.parameters[0]!.init).toEqual({ kind: 'normal', mean: 0, std: 0.5 });
    expect(wrong(result)).toEqual([]);
  });

  test('takes half the memory', () => {
    const bytes = ['Net()', 'Net().half()'].map((model) =>
      measureMemory(engine.trace(HEAD + NET, { model }).graph!, []),
    );
    expect(bytes[0]!.peak.bytes).toBe(2 * bytes[1]!.peak.bytes);
  });

  test('cannot be one of whole numbers', () => {
    const { diagnostics } = engine.trace(`${HEAD}${NET}model = Net().to(torch.int64)\n`);
    expect(diagnostics[0]!.message).toContain('nn.Module.to only accepts floating point or complex dtypes');
  });
});

describe('numbers of another format than the weights', () => {
  test('are an error at the layer that takes them, once', () => {
    const source = `${NET}${INNER}net = Outer(Net().double())\nprint(net(torch.randn(2, 3, 8, 8)))\n`;
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(wrong(result)).toEqual([['dtype-mismatch', 8]]);
    expect(diagnose(result.graph!, [])[0]!.message).toContain('The input is float32, the weights float64');
  });

  test.each([
    ['nn.Linear(8, 8)', 'x'],
    ['nn.Conv1d(8, 8, 1)', 'x'],
    ['nn.ConvTranspose1d(8, 8, 1)', 'x'],
    ['nn.LSTM(8, 8)', 'x'],
    ['nn.LayerNorm(8)', 'x'],
    ['nn.GroupNorm(2, 8)', 'x'],
    ['nn.BatchNorm1d(8)', 'x'],
    ['nn.Identity()', 'x @ x.double()'],
    ['nn.Identity()', 'torch.einsum("bij,bjk->bik", x, x.double())'],
    ['nn.Identity()', 'torch.nn.functional.scaled_dot_product_attention(x, x, x.double())'],
  ])('are refused by %s of %s', (layer, x) => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = ${layer}
    def forward(self, x):
        return self.layer(${x})
`;
    const inputs = [{ dtype: 'float32', shape: [8, 8, 8] }] as const;
    const result = engine.trace(HEAD + source, { model: 'Net().double()', inputs });
    expect(wrong(result)).toEqual([['dtype-mismatch', 6]]);
  });

  test('are added, joined and scaled, and converted by autocast', () => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8).double()
        self.norm = nn.LayerNorm(8)
    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            y = self.fc(x)
        y = torch.cat([x + y, x])
        return self.norm(y.half())
`;
    const result = engine.trace(HEAD + source, { inputs: [{ dtype: 'float32', shape: [2, 8] }] });
    expect(wrong(result)).toEqual([]);
    expect(outputs(result)).toEqual(['float16']);
  });
});

describe('a file that works in another format', () => {
  test('feeds its model so, and is understood', () => {
    const use = `def main():
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net = Net().to(device).eval()
    net = net.to(device=device, dtype=torch.bfloat16)
    print(net(torch.randn(2, 3, 8, 8).to(device, torch.bfloat16)))
`;
    const result = expectModel(engine, NET + use, 'Net().to(torch.bfloat16)', [['bfloat16', 2, 3, 8, 8]], [2, 4]);
    expect(wrong(result)).toEqual([]);
    const statement = 'net = Net()\nnet.half()\nprint(net(torch.randn(2, 3, 8, 8).half()))\n';
    expectModel(engine, NET + statement, 'Net().half()', [['float16', 2, 3, 8, 8]], [2, 4]);
  });

  test('by saying what its numbers are in', () => {
    const source = `torch.set_default_dtype(torch.float64)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 4)
        self.last = nn.Linear(4, 4, dtype=torch.float16)
    def forward(self, x):
        return self.last(self.fc(x + torch.arange(8) / 8).half()) * 0.5
`;
    const result = expectModel(engine, source, 'Net()', [['float64', 1, 8]], [1, 4]);
    expect(outputs(result)).toEqual(['float16']);
    expect(wrong(result)).toEqual([]);
  });
});

test('products of two formats that nothing is summed of widen, as places by frequencies do', () => {
  const result = engine.trace(`import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 4)

    def forward(self, x):
        angles = torch.einsum('i, j -> i j', torch.arange(x.shape[0]), torch.ones(4))
        return self.a(x) * angles
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.graph!.nodes.flatMap(({ problems }) => problems)).toEqual([]);
});

test('of what is not known the number format is not either: it is no mistake', () => {
  const result = engine.trace(`import torch
from torch import nn
import elsewhere

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(50, 8)
        self.a = nn.Linear(8, 4)

    def forward(self, tokens):
        return self.a(elsewhere.embed(self.table(tokens).long()))
`);
  expect(result.diagnostics.map(({ code }) => code)).toEqual(['unresolved-import']);
  expect(result.graph!.nodes.flatMap(({ problems }) => problems)).toEqual([]);
});
