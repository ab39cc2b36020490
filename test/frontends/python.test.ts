/** What a model file may do wrong or unusually: errors at their place, aliasing, unknown things, choices of inputs. */

import { beforeAll, expect, test } from 'vitest';
import type { TraceOptions } from '../support/engine.ts';
import type { TraceResult } from '../../src/frontends/types.ts';
import { printGraph } from '../../src/ir/print.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const HEAD = 'import torch\nfrom torch import nn\nimport torch.nn.functional as F\n';
const net = (init: string, forward: string): string =>
  `${HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n${indent(init)}\n    def forward(self, x):\n${indent(forward)}\n`;
const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `        ${line}`)
    .join('\n');
const input = (shape: readonly number[]): TraceOptions => ({ inputs: [{ dtype: 'float32', shape }] });
/** Operators in order, with the shape each makes. */
const ops = ({ graph }: TraceResult): string[] =>
  graph!.nodes.map((node) => `${node.op}[${graph!.values[node.outputs[0]!]!.type.shape?.join()}]`);
const textAt = (source: string, { start, end }: TraceResult['diagnostics'][number]['range']): string =>
  source.split('\n')[start.line]!.slice(start.character, end.character);

test.each([
  ['a NameError in forward', net('pass', 'x = F.relu(x)\nreturn undefined_name + x'), 'undefined_name', 'NameError'],
  ['a wrong argument', net('self.c = nn.Conv2d(3, 8)', 'return self.c(x)'), 'nn.Conv2d(3, 8)', 'TypeError'],
  [
    'an unknown keyword',
    net('self.c = nn.Conv2d(3, 8, 3, strid=2)', 'return self.c(x)'),
    'nn.Conv2d(3, 8, 3, strid=2)',
    'TypeError',
  ],
  ['after letters of two bytes', net('pass', 'return x + "é€😀" * nope'), 'nope', 'NameError'],
  ['too few values', net('pass', 'b, c = x.shape\nreturn x'), 'b, c', 'ValueError'],
])('%s is an error at its expression', (_, source, text, kind) => {
  const { diagnostics } = engine.trace(source, input([1, 3, 8, 8]));
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]!.code).toBe('python-error');
  expect(diagnostics[0]!.message).toMatch(new RegExp(`^${kind}: `));
  expect(textAt(source, diagnostics[0]!.range)).toBe(text);
});

test('a syntax error stands where Python sees it, and the next trace works', () => {
  const { diagnostics, graph } = engine.trace('import torch\nclass Net(:\n    pass\n');
  expect(graph).toBeNull();
  expect(diagnostics).toMatchObject([{ code: 'python-error', severity: 'error', range: { start: { line: 1 } } }]);
  expect(engine.trace(net('pass', 'return F.relu(x)'), input([1, 4])).diagnostics).toEqual([]);
});

test('what ran before an error is shown', () => {
  const result = engine.trace(net('pass', 'x = F.relu(x)\nreturn y'), input([1, 3]));
  expect(ops(result)).toEqual(['Relu[1,3]']);
});

test('an in-place operation is seen through every name of the tensor', () => {
  const result = engine.trace(net('pass', 'y = x.exp()\nz = y\ny += 1\nreturn z * 2'), input([4]));
  expect(ops(result)).toEqual(['Exp[4]', 'Add[4]', 'Mul[4]']);
  const [, add, mul] = result.graph!.nodes;
  expect(mul!.inputs[0]).toBe(add!.outputs[0]);
  expect([add!.inPlace, mul!.inPlace]).toEqual([true, false]);
});

test('writing through a view changes its base, and the base its views', () => {
  const result = engine.trace(net('pass', 'y = x.exp()\nv = y[:, 1:3]\nv.mul_(2)\nreturn y'), input([2, 4]));
  const { graph } = result;
  const concat = graph!.nodes.find((node) => node.op === 'Concat')!;
  expect(graph!.outputs).toEqual([concat.outputs[0]]);
  const back = engine.trace(net('pass', 'y = x.exp()\nv = y.view(8)\ny.relu_()\nreturn v'), input([2, 4]));
  expect(ops(back).slice(-2)).toEqual(['Relu[2,4]', 'Reshape[8]']);
});

test('slice assignment writes into the tensor', () => {
  const result = engine.trace(net('pass', 'y = x.exp()\ny[:, ::2] = 0\nreturn y'), input([2, 4]));
  expect(ops(result).at(-1)).toBe('Transpose[2,4]');
  expect(result.diagnostics).toEqual([]);
});

test('a module that is not there is one warning, and the rest traces', () => {
  const source = net('self.a = fancy.Layer(3)', 'return F.relu(self.a(x))').replace(
    'import torch\n',
    'import torch\nimport fancy\n',
  );
  const { diagnostics, graph } = engine.trace(source, input([1, 3]));
  expect(diagnostics).toMatchObject([
    { code: 'unresolved-import', severity: 'warning', range: { start: { line: 1 } } },
  ]);
  expect(graph!.nodes.map((node) => node.op)).toEqual(['Unknown', 'Relu']);
  expect(graph!.values[graph!.outputs[0]!]!.type.shape).toBeNull();
});

test('a missing module or data file, or a loop of training, that the model does not depend on says nothing', () => {
  const script = [
    'import fancy',
    'fancy.use("Agg")',
    'torch.optim.Fancy([])',
    'import argparse',
    'parser = argparse.ArgumentParser()',
    'parser.add_argument("--data", required=True)',
    'width = 4 if parser.parse_args().data is None else 5',
    'net = Net()',
    'for step in range(10 ** 9):',
    '    net(torch.zeros(1, width)).backward()',
    'net(torch.zeros(1, 4)).sum().item()',
  ];
  const result = engine.trace(`${net('pass', 'return F.relu(x) * x')}\n${script.join('\n')}\n`);
  expect(result.diagnostics).toEqual([]);
  expect(ops(result)).toEqual(['Relu[1,4]', 'Mul[1,4]']);
});

test('a script goes on after a file that cannot be read', () => {
  const script = 'with open("words.txt") as f:\n    words = f.read()\nlimit = len(words) + 2\n';
  const result = engine.trace(`${script}${net('pass', 'return F.relu(x) * limit')}`, input([3]));
  expect(result.diagnostics).toMatchObject([
    { code: 'unread-file', severity: 'warning', range: { start: { line: 0 } } },
  ]);
  expect(ops(result)).toEqual(['Relu[3]', 'Mul[3]']);
});

test('an optional import that is tried raises as in Python', () => {
  const source = `try:\n    import fancy\nexcept ImportError:\n    fancy = None\n${net('pass', 'return x if fancy else F.relu(x)')}`;
  const result = engine.trace(source, input([1, 3]));
  expect(result.diagnostics).toEqual([]);
  expect(ops(result)).toEqual(['Relu[1,3]']);
});

test('an unknown torch function is one warning at its call, and gives an unknown tensor', () => {
  const source = net('pass', 'y = torch.frobnicate(x)\nreturn F.relu(y) + y');
  const { diagnostics, graph } = engine.trace(source, input([1, 3]));
  expect(diagnostics).toMatchObject([{ code: 'unknown-operation', severity: 'warning' }]);
  expect(textAt(source, diagnostics[0]!.range)).toBe('torch.frobnicate(x)');
  expect(graph!.nodes.map((node) => node.op)).toEqual(['Unknown', 'Relu', 'Add']);
});

test('small tensors have values', () => {
  const source = net(
    'rates = [r.item() for r in torch.linspace(0, 0.3, 4)]\nself.n = sum(r > 0.05 for r in rates)\nself.k = int(torch.tensor([2, 3]).sum())',
    'for _ in range(self.n + self.k):\n    x = F.relu(x)\nreturn x',
  );
  expect(ops(engine.trace(source, input([1])))).toHaveLength(8);
});

test('whole numbers are shifted by bits', () => {
  const source = net(
    'self.n = int((torch.tensor(-9) >> 1) + (torch.tensor(3) << torch.tensor(2)) + (1 << torch.tensor(1)))',
    'for _ in range(self.n):\n    x = F.relu(x)\nreturn x',
  );
  expect(ops(engine.trace(source, input([1])))).toHaveLength(-5 + 12 + 2);
});

test('the contents of a real tensor are not known, and that is said at the line', () => {
  const source = net('pass', 'if x.sum() > 0:\n    x = F.relu(x)\nreturn x + x.max().item()');
  const { diagnostics } = engine.trace(source, input([1, 3]));
  expect(diagnostics.map((one) => [one.code, one.severity, one.range.start.line])).toEqual([
    ['data-dependent-control-flow', 'warning', 8],
    ['data-dependent-value', 'warning', 10],
  ]);
});

test('hooks run, and may change what passes', () => {
  const source = net(
    'self.a = nn.Identity()\nself.a.register_forward_pre_hook(lambda m, args: (args[0].exp(),))\nself.a.register_forward_hook(lambda m, args, out: out.tanh())',
    'return self.a(x)',
  );
  expect(ops(engine.trace(source, input([2])))).toEqual(['Exp[2]', 'Tanh[2]']);
});

test('shared parameters count once', () => {
  const source = net(
    'self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)\nself.b.weight = self.a.weight',
    'return self.b(self.a(x))',
  );
  const { graph } = engine.trace(source, input([1, 4]));
  expect(graph!.parameters.map((one) => one.name)).toEqual(['a.weight', 'a.bias', 'b.bias']);
});

test('training mode reaches batch norm and dropout', () => {
  const source = net('self.bn = nn.BatchNorm1d(4)\nself.d = nn.Dropout(0.5)', 'return self.d(self.bn(x))');
  const train = engine.trace(source, { ...input([2, 4]), training: true }).graph!;
  expect(train.nodes.map((node) => node.op)).toEqual(['BatchNormalization', 'Dropout']);
  expect(train.nodes[0]!.attrs['training_mode']).toBe(1);
  expect(engine.trace(source, input([2, 4])).graph!.nodes.map((node) => node.op)).toEqual(['BatchNormalization']);
});

test('every dropout has a mask of its own', () => {
  const source = net(
    'self.d = nn.Dropout(0.5)\nself.p = nn.Dropout2d(0.5)',
    'return F.dropout(self.p(self.d(self.d(x))), 0.5)',
  );
  const { nodes } = engine.trace(source, { ...input([2, 4, 3, 3]), training: true }).graph!;
  const seeds = nodes.filter(({ op }) => op === 'Dropout').map(({ attrs }) => attrs['seed'] ?? 0);
  expect(seeds).toEqual([0, 1, 2, 3]);
});

test.each([
  [
    'pictures for CIFAR',
    'self.c = nn.Conv2d(3, 8, 3, padding=1)\nself.f = nn.Linear(8 * 8 * 8, 10)',
    'return self.f(F.avg_pool2d(self.c(x), 4).flatten(1))',
    [1, 3, 32, 32],
  ],
  [
    'digits',
    'self.c = nn.Conv2d(1, 8, 5)\nself.f = nn.Linear(8 * 24 * 24, 10)',
    'return self.f(self.c(x).flatten(1))',
    [1, 1, 28, 28],
  ],
  ['a vector', 'self.f = nn.Linear(17, 3)', 'return self.f(x)', [1, 17]],
  ['a sequence', 'self.f = nn.Linear(17, 3)', 'b, n, d = x.shape\nreturn self.f(x)', [1, 16, 17]],
])('%s are found by trying', (_, init, forward, shape) => {
  const { inputs, diagnostics, graph } = engine.trace(net(init, forward));
  expect(inputs.map((one) => one.shape)).toEqual([shape]);
  expect(diagnostics).toEqual([]);
  expect(verifyGraph(graph!)).toEqual([]);
});

test('token ids come from the embedding', () => {
  const source = net(
    'self.e = nn.Embedding(50, 8)\nself.p = nn.Parameter(torch.zeros(1, 64, 8))',
    'return self.e(x) + self.p[:, : x.size(1)]',
  );
  expect(engine.trace(source).inputs).toEqual([{ name: 'x', dtype: 'int64', shape: [1, 64], bound: 50 }]);
});

test('relative imports find the files that were given', () => {
  const modules = [
    {
      name: 'pkg.blocks',
      file: '/w/pkg/blocks.py',
      source: `${HEAD}class Block(nn.Module):\n    def forward(self, x):\n        return x.exp()\n`,
    },
  ];
  const source = `from .blocks import Block\n${net('self.b = Block()', 'return self.b(x)')}`;
  const result = engine.trace(source, { ...input([2]), file: '/w/pkg/net.py', modules });
  expect(result.diagnostics).toEqual([]);
  expect(printGraph(result.graph!)).toContain('Exp');
  expect(result.graph!.nodes[0]!.frames.map((one) => one.file)).toEqual(['/w/pkg/blocks.py', '/w/pkg/net.py']);
});

test('containers are told apart by what they hold', () => {
  const source = `from typing import Dict, List, Optional, Tuple
${net(
  'pass',
  `kinds = [List[torch.Tensor], Tuple[int, ...], Tuple[int, str], Dict[str, int], Optional[int], (int, str)]
values = [[x, x], [x, 1], (1, 2), (1, 'a'), {'a': 1}, {'a': x}, None, 3]
assert [[torch.jit.isinstance(v, k) for v in values].index(True) for k in kinds] == [0, 2, 3, 4, 6, 7]
return x`,
)}`;
  expect(engine.trace(source, input([1, 3])).diagnostics).toEqual([]);
});

test('a package that is not there is not found when asked for', () => {
  const source = `import importlib.util\nif importlib.util.find_spec('nowhere_to_be_found') is not None:\n    import nowhere_to_be_found\n${net('pass', 'return x * 2')}`;
  const result = engine.trace(source, input([1, 3]));
  expect([result.diagnostics, ops(result)]).toEqual([[], ['Mul[1,3]']]);
});

test('nothing is said of a condition on data that guards a complaint', () => {
  const check = (consequence: string): readonly string[] =>
    engine
      .trace(net('pass', `if (\n    x > 3  # too much\n).any():\n    ${consequence}\nreturn x`), input([1, 3]))
      .diagnostics.map(({ code }) => code);
  expect(check('raise ValueError("too large")')).toEqual([]);
  expect(check('warnings.warn("too large")')).toEqual([]);
  expect(check('x = x - 3')).toEqual(['data-dependent-control-flow']);
});

test('a complaint may get itself names, which are not used behind it', () => {
  const check = (after: string): readonly string[] =>
    engine
      .trace(
        net('pass', `if (x > 3).any():\n    most = x.max()\n    raise ValueError(most)\ny = x\n${after}`),
        input([1, 3]),
      )
      .diagnostics.map(({ code }) => code);
  expect(check('return y')).toEqual([]);
  expect(check('most = y + 1\nreturn most')).toEqual(['data-dependent-control-flow']);
});

test('a mask of what is there hides nothing where the model asks, and still is an input', () => {
  const forward = (condition: string): string => `import torch
from torch import nn
class Net(nn.Module):
    def forward(self, x, attention_mask, mask):
        if ${condition}:
            return x * 2
        return x + attention_mask.float() * mask.float()
`;
  const inputs = ['x', 'attention_mask', 'mask'].map((name) => ({
    name,
    dtype: name === 'x' ? ('float32' as const) : ('int64' as const),
    shape: [2, 70],
  }));
  const traced = (condition: string): readonly unknown[] => {
    const { diagnostics, graph } = engine.trace(forward(condition), { inputs });
    return [diagnostics.map(({ code }) => code), graph!.nodes.at(-1)!.op];
  };
  const bound = 'attention_mask[:, None, :, None].expand(2, 3, 70, 2).to(torch.bool)';
  for (const condition of [
    ...['attention_mask.all()', 'not (attention_mask == 0).any()', `${bound}.all()`, 'attention_mask.sum() == 140'],
    ...['torch.cat([attention_mask, attention_mask], 1).float().mean() > 0.5', '(1 - attention_mask).max() == 0'],
    'torch.ones(64, 128, dtype=bool).all()',
    // More than is kept of what is computed, a part of which is asked for.
    'torch.arange(6400).view(64, 100).mul(2)[:, 0].sum() == 403200',
  ])
    expect(traced(condition), condition).toEqual([[], 'Mul']);
  for (const condition of ['mask.all()', '(attention_mask * mask).all()', '(attention_mask * torch.rand(2, 70)).all()'])
    expect(traced(condition)[0], condition).toEqual(['data-dependent-control-flow']);
});

test('Python’s own types are number formats too', () => {
  const made = (text: string): string | undefined => {
    const { graph } = engine.trace(net('pass', `return ${text}`), input([1, 3]));
    return graph!.values[graph!.outputs[0]!]?.type.dtype;
  };
  expect(['x.to(int)', 'x.to(dtype=bool)', 'x * torch.ones(3, dtype=float)'].map(made)).toEqual([
    ...['int64', 'bool', 'float64'],
  ]);
  expect(made('torch.bitwise_xor(x > 0, torch.tril(torch.ones(3, 3, dtype=bool)))')).toBe('bool');
});

test('a part is as long as a tensor of known contents says', () => {
  const text = 'return x.narrow(1, torch.tensor(1), torch.tensor([[0, 1], [1, 1]]).sum(1).max())';
  const result = engine.trace(net('pass', text), input([1, 3]));
  expect([result.diagnostics, ops(result)]).toEqual([[], ['Slice[1,2]']]);
  const viewed = engine.trace(
    net('pass', 'return x.view(torch.ones(90, 90).long().max(1)[0][0] * 3, -1)'),
    input([1, 3]),
  );
  expect([viewed.diagnostics, viewed.graph!.nodes.at(-1)!.op]).toEqual([[], 'Reshape']);
});

test('torch’s own checks pass on what only a run knows, and fail on what is known', () => {
  const check = (text: string): readonly string[] =>
    engine.trace(net('pass', `${text}\nreturn x`), input([1, 3])).diagnostics.map(({ message }) => message);
  expect(check('torch._check((x > 3).all())\ntorch._check_with(ValueError, x.shape[0] == 1, lambda: "no")')).toEqual(
    [],
  );
  expect(check('torch._check(x.shape[0] == 2, lambda: "two, please")')).toEqual(['RuntimeError: two, please']);
});

test('a package holds all that its __init__ gives it, once that is asked for', () => {
  const source = `import pkg.models as models\nmake = models.__dict__['make']\n${net('self.fc = make()', 'return self.fc(x)')}`;
  const modules = [
    { name: 'pkg.__init__', file: '/w/pkg/__init__.py', source: '' },
    { name: 'pkg.models.__init__', file: '/w/pkg/models/__init__.py', source: 'from .net import make\n' },
    {
      name: 'pkg.models.net',
      file: '/w/pkg/models/net.py',
      source: 'from torch import nn\ndef make(): return nn.Linear(3, 4)\n',
    },
  ];
  const result = engine.trace(source, { ...input([1, 3]), modules });
  expect([result.diagnostics, ops(result)]).toEqual([[], ['Gemm[1,4]']]);
});

test('what a library cannot fetch is unread data', () => {
  const fetch =
    'def fetch():\n    try:\n        open("/nowhere/data.gz")\n    except OSError:\n        raise RuntimeError("Error downloading")\n';
  const modules = [{ name: 'data', file: '/w/data.py', source: fetch }];
  const source = `import data\nset = data.fetch()\n${net('pass', 'return x * 2')}`;
  const result = engine.trace(source, { ...input([1, 3]), modules });
  expect(result.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['unread-file', 'warning']]);
});

test('a hard choice of classes at random is one of them, with the gradient of all', () => {
  const made = (hard: string): string[] =>
    ops(engine.trace(net('pass', `return F.gumbel_softmax(x, hard=${hard})`), input([2, 4])));
  expect(made('False').slice(-1)).toEqual(['Softmax[2,4]']);
  expect(made('True').slice(-2)).toEqual(['Sub[2,4]', 'Add[2,4]']);
  expect(made('True')).toEqual(expect.arrayContaining(['ArgMax[2,1]', 'Detach[2,4]']));
});

test('what another file of the workspace refuses names the line of this one that asks for it', () => {
  const parts = 'from torch import nn\ndef block(width):\n    return nn.Conv2d(width, width, 3, groups=5)\n';
  const source = `${HEAD}from parts import block\nmodel = nn.Sequential(\n    block(8),\n)\n`;
  const modules = [{ name: 'parts', file: 'parts.py', source: parts }];
  const { diagnostics } = engine.trace(source, { ...input([1, 8, 4, 4]), modules });
  expect(diagnostics).toMatchObject([
    {
      file: 'parts.py',
      range: { start: { line: 2 } },
      message: 'ValueError: in_channels must be divisible by groups',
      related: [{ file: 'model.py', range: { start: { line: 5 } }, message: 'It is called here.' }],
    },
  ]);
});
