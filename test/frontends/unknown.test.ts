/** Numbers, lists and layers that come from a module that cannot be had: unknown, and nothing is said of what follows from them. */

import { beforeAll, expect, test } from 'vitest';
import { measureCost } from '../../src/analysis/cost.ts';
import type { TraceResult } from '../../src/frontends/types.ts';
import { valueOf } from '../../src/ir/query.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { UNKNOWN_CASES } from '../support/unknownCases.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const HEAD = `import math
import torch
from torch import nn
import torch.nn.functional as F
from somewhere import WIDTH, DIMS, N, KERNEL, STRIDE, cfg, build, get_channels
`;
const indent = (lines: string): string => lines.replace(/^/gm, '        ');
const fileOf = (init: string, forward: string, input: string | null, more: string): string => `${HEAD}
class Net(nn.Module):
    def __init__(self${more}):
        super().__init__()
${indent(init)}
    def forward(self, x):
${indent(forward)}
${input === null ? '' : `# skipscope: model=Net() input=${input}`}
`;
const said = ({ diagnostics, graph }: TraceResult): readonly (readonly [string, number | undefined])[] => [
  ...diagnostics.map(({ code, range }) => [code, range.start.line] as const),
  ...(graph?.nodes ?? []).flatMap(({ problems, frames }) =>
    problems.map(({ code }) => [code, frames[0]?.range.start.line] as const),
  ),
];
const IMPORT = ['unresolved-import', 4];

for (const [what, init, forward, input = '1x3x32x32', more = ''] of UNKNOWN_CASES)
  test(what, () => {
    expect(said(engine.trace(fileOf(init, forward, input, more)))).toEqual([IMPORT]);
  });

test('what is known beside it is checked', () => {
  const skip = `self.a = nn.Conv2d(3, WIDTH, 1)
self.b = nn.Conv2d(3, 16, 1)
self.c = nn.Conv2d(3, 8, 1)`;
  const found = engine.trace(fileOf(skip, 'y = self.a(x)\nreturn self.b(x) + self.c(x), y', '1x3x32x32', ''));
  expect(said(found)).toEqual([IMPORT, ['broadcast-mismatch', 14]]);
  const narrow = engine.trace(fileOf('self.a = nn.Linear(16, WIDTH)', 'return self.a(x)', '1x8', ''));
  expect(said(narrow)).toEqual([IMPORT, ['shape-mismatch', 11]]);
});

test('a layer of unknown width leaves the other axes known', () => {
  const init = 'self.a = nn.Linear(3072, WIDTH)\nself.b = nn.Linear(WIDTH, 10)';
  const { graph } = engine.trace(fileOf(init, 'return self.b(self.a(x.flatten(1)))', '1x3x32x32', ''));
  expect(valueOf(graph!, graph!.outputs[0]!).type.shape).toEqual([1, 10]);
});

test('what Python refuses to take for something unknown is said once, where nothing else is', () => {
  const { diagnostics } = engine.trace(`${HEAD}TABLE = {'a': 1}
SIZE = TABLE[cfg.name]
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, SIZE)
    def forward(self, x):
        return self.a(x)
`);
  expect(diagnostics.map(({ code, severity, range }) => [code, severity, range.start.line])).toEqual([
    ['unknown-value', 'warning', 6],
  ]);
});

test('names that come from all of a missing module are unknown, and said once, at the import', () => {
  const source = `import torch
from torch.nn import *
from layers import *
class Net(Module):
    def __init__(self):
        super().__init__()
        self.first = Conv2d(3, 8, 3, padding=1)
        self.block = GatedBlock(8, width=WIDTH)
        self.second = Conv2d(8, 4, 1)
    def forward(self, x):
        return self.second(rescale(self.block(self.first(x))))
`;
  const result = engine.trace(source);
  expect(said(result)).toEqual([['unresolved-import', 2]]);
  expect(result.graph!.parameters.map(({ name }) => name)).toContain('second.weight');
});

test('parameters are counted up to what is known', () => {
  const cost = (init: string): unknown => {
    const { params, paramsAtLeast } = measureCost(engine.trace(fileOf(init, 'return self.a(x)', '1x8', '')).graph!);
    return [params, paramsAtLeast];
  };
  expect(cost('self.a = nn.Linear(8, 2)')).toEqual([18, false]);
  expect(cost('self.a = nn.Linear(8, 2)\nself.b = build(8)')).toEqual([18, true]);
  expect(cost('self.a = nn.Sequential(nn.Linear(8, 2), nn.Linear(2, WIDTH))')).toEqual([18, true]);
});

/** A file that runs its network on numbers of this shape itself; it has layers from 16 to 4 and from 4 to 2 features. */
const running = (forward: string, shape = '8, 16'): string => `import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 4)
        self.head = nn.Linear(4, 2)
    def forward(self, x):
${indent(forward)}
net = Net()
net(torch.randn(${shape}))
`;

test('of lengths that depend on values only those stay unknown: what does not depend on them is known', () => {
  const net = running(`at = torch.where(x.sum(1) > 0)[0]
kept = self.fc(x[at])
first, = kept.split([kept.shape[0]], 0)
pairs = torch.cat([kept, first.view(kept.shape[0], -1)], 1)
some = x[:kept.shape[0]]
return self.head(kept.mean(0, keepdim=True)), pairs, some`);
  const { graph, diagnostics } = engine.trace(net);
  const shapes = graph?.outputs.map((id) => graph.values[id]!.type.shape);
  expect(shapes).toEqual([
    [1, 2],
    [null, 8],
    [null, 16],
  ]);
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'Skipscope does not know torch.nonzero; how much it finds depends on the values.',
  ]);
});

test('of what a mask keeps the length is unknown wherever it goes, its cause is told once, and the products before it count', () => {
  const net = running(`keep = self.fc(x)[:, 0] > 0
kept, dropped, places = x[keep], x[~keep], torch.where(keep)[0]
best = kept[:, 0].topk(min(3, len(kept)))[1]
table = torch.zeros((len(kept), 4))
table[best] = self.fc(kept[best])
each = torch.stack([one.repeat(int(at), 1)[0] for one, at in zip(kept, places)])
return self.head(table), each, kept[:5], dropped, torch.full_like(kept[:, :1], 2), [0] * len(kept)`);
  const { graph, diagnostics } = engine.trace(net);
  const shapes = graph?.outputs.map((id) => graph.values[id]!.type.shape);
  const kept = [null, 16];
  expect(shapes).toEqual([[null, 2], kept, kept, kept, [null, 1]]);
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'Skipscope does not know torch.nonzero; how much it finds depends on the values.',
  ]);
  expect(measureCost(graph!)).toMatchObject({ macs: null, macsAtLeast: 8 * 16 * 4 });
});

test('what a number behind a mask makes of shapes is no mistake, where the file runs its model itself either', () => {
  const net = running(`y = self.fc(x)
wide = int(y[y[:, 0] > 0][0, 0].item())
return y, torch.zeros(4, wide).reshape(wide + 1)`);
  expect(said(engine.trace(net))).toEqual([['unknown-operation', 9]]);
});

test('finding is no multiplying: behind the last layer it leaves the products known', () => {
  const net = running(`y = self.fc(x)
return y[torch.unique(y.argmax(1))], y[y > 0].sort()[0]`);
  expect(measureCost(engine.trace(net).graph!)).toMatchObject({ macs: 512, macsAtLeast: 512 });
});

test('a mask among other indices leaves their lengths known, and masked_select has one axis', () => {
  const net = running(
    `m = x[..., 0] > 0
return x[:, m[0]], x[m, 0], x[None, m, 2:6], x[m[:, 0], :, 0], torch.masked_select(x, x > 0)`,
    '2, 8, 16',
  );
  const { graph } = engine.trace(net);
  const shapes = graph?.outputs.map((id) => graph.values[id]!.type.shape);
  expect(shapes).toEqual([[2, null, 16], [null], [1, null, 4], [null, 8], [null]]);
});

test('what the quantile of a normal distribution is made of keeps its shape, and is told once', () => {
  const net = running(`return torch.distributions.Normal(0.0, 2.0).icdf(x.sigmoid())`, '2, 8');
  const { graph, diagnostics } = engine.trace(net);
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'Skipscope does not know torch.erfinv; the shape of its result is known.',
  ]);
  expect(graph?.outputs.map((id) => graph.values[id]!.type.shape)).toEqual([[2, 8]]);
});

test('numbers of real data route rows to experts: what comes out has its widths, and the products are counted up to what is known', () => {
  const moe = `import torch
from torch import nn
class MoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(16, 2)
        self.experts = nn.ModuleList(nn.Linear(16, 8) for _ in range(2))
    def forward(self, x):
        chosen = self.gate(x).argmax(-1)
        sizes = nn.functional.one_hot(chosen, 2).sum(0).tolist()
        rows = x[chosen.argsort()]
        parts = [expert(part) for expert, part in zip(self.experts, rows.split(sizes))]
        most = chosen.max().item()
        return torch.cat(parts), rows[:most], parts[0].new_zeros(most, 3)
net = MoE()
net(torch.randn(4, 16))
`;
  const { graph, diagnostics } = engine.trace(moe);
  expect(diagnostics.map(({ code, range }) => [code, range.start.line])).toEqual([
    ['data-dependent-value', 9],
    ['data-dependent-value', 12],
  ]);
  const shapes = graph!.outputs.map((id) => graph!.values[id]!.type.shape);
  expect(shapes).toEqual([
    [null, 8],
    [null, 16],
    [null, 3],
  ]);
  expect(measureCost(graph!)).toMatchObject({ macs: null, macsAtLeast: 4 * 16 * 2 });
});

test('the products of a forward pass that ends half way are what there is at least; the file’s own data decide nothing of it', () => {
  const net = (rest: string): string => `import torch
from torch import nn
# skipscope: input=4x16
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(16, 8)
    def forward(self, x):
        x = self.a(x)
        ${rest}
data = torch.load('data.pt')
net = Net()
net(torch.stack([torch.zeros(4, 16) for row in data])[0])
`;
  const ended = engine.trace(net('return x.nothing_of_the_kind()'));
  expect(ended.diagnostics.map(({ code }) => code)).toEqual(['python-error']);
  expect(measureCost(ended.graph!)).toMatchObject({ macs: null, macsAtLeast: 4 * 16 * 8 });
  const whole = engine.trace(net('return x'));
  expect(measureCost(whole.graph!)).toMatchObject({ macs: 4 * 16 * 8 });
  const wrong = engine.trace(net('return nn.functional.linear(x, torch.ones(4, 9))'));
  expect(wrong.graph!.nodes.flatMap(({ problems }) => problems)).toHaveLength(1);
});
