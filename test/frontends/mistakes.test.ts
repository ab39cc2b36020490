/** One wrong number in a constructor call is one diagnostic, wherever it shows. */

import { beforeAll, expect, test } from 'vitest';
import { analyse } from '../../src/analysis/analyse.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const errorsOf = (source: string): readonly (readonly [string, readonly string[]])[] => {
  const result = engine.trace(`import torch\nfrom torch import nn\n${source}`);
  expect(result.diagnostics).toEqual([]);
  return analyse(result.graph!).diagnostics.map(({ message, related }) => [message, related.map((one) => one.message)]);
};

test('of an embedding: the sum with the positions, the norms behind it and the views that take its width', () => {
  const gpt = (width: number): string => `
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln = nn.LayerNorm(8)
        self.qkv = nn.Linear(8, 24)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(self.ln(x)).split(8, dim=2)
        y = nn.functional.scaled_dot_product_attention(*(one.reshape(b, t, 2, 4).transpose(1, 2) for one in (q, k, v)))
        return x + y.transpose(1, 2).reshape(b, t, c)

class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(50, ${width})
        self.places = nn.Embedding(16, 8)
        self.blocks = nn.Sequential(Block(), Block())
        self.head = nn.Linear(8, 50)

    def forward(self, tokens):
        x = self.table(tokens) + self.places(torch.arange(tokens.shape[1]))
        return self.head(self.blocks(x))
`;
  const found = errorsOf(gpt(9));
  expect(found).toHaveLength(1);
  expect(found[0]![0]).toMatch(/do not broadcast \(axis 2: 9 and 8\)/);
  expect(found[0]![1]).toContain('table makes 9: with 8 all of this fits.');
  expect(errorsOf(gpt(8))).toEqual([]);
});

test('of a layer that a product scales, or of parameters that a class holds itself', () => {
  const gated = errorsOf(`
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 9, 3)
        self.gate = nn.Parameter(torch.ones(8, 1, 1))
        self.b = nn.Conv2d(8, 4, 1)

    def forward(self, x):
        x = self.a(x)
        return self.b(x * self.gate)
`);
  expect(gated).toHaveLength(1);
  const normed = errorsOf(`
class Scale(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return x * self.weight + self.bias

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 8)
        self.scale = Scale(9)

    def forward(self, x):
        return self.scale(self.a(x))
`);
  expect(normed).toHaveLength(1);
});

test('of a view that leaves one length open, wherever its layer is used', () => {
  const found = errorsOf(`# skipscope: model=Net() input=1x3x80x80
class Attend(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.heads = dim // 4
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, dim * 2 + 1)

    def forward(self, x):
        b, n, c = x.shape
        q = self.q(x).reshape(b, n, self.heads, 4).permute(0, 2, 1, 3)
        k, v = self.kv(x).reshape(b, -1, 2, self.heads, 4).permute(2, 0, 3, 1, 4)
        return ((q @ k.transpose(-2, -1)) @ v).transpose(1, 2).reshape(b, n, c)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 16, 16)
        self.one = Attend(8)
        self.widen = nn.Linear(8, 16)
        self.two = Attend(16)

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2)
        return self.two(self.widen(self.one(x)))
`);
  expect(found).toHaveLength(1);
});

test('of a layer whose channels an einsum, the groups of a norm or a shuffle meet, and of what it feeds behind them', () => {
  const scan = errorsOf(`
class Scan(nn.Module):
    def __init__(self):
        super().__init__()
        self.step = nn.Linear(8, 9)
        self.decay = nn.Parameter(torch.ones(8, 4))
        self.skip = nn.Parameter(torch.ones(8))

    def forward(self, x):
        step = self.step(x)
        kept = torch.einsum('bld,dn->bldn', step, self.decay)
        new = torch.einsum('bld,bld->bl', step, x)
        return kept.sum(-1) * self.skip + new[..., None]

def test():
    Scan()(torch.randn(1, 5, 8))
`);
  expect(scan).toHaveLength(1);
  expect(scan[0]![0]).toMatch(/^Einsum: “d” has length 9 in one operand and 8 in another/);
  expect(scan[0]![1]).toContain('step makes 9: with 8 all of this fits.');

  const grouped = errorsOf(`
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv1d(4, 13, 1)
        self.norm = nn.GroupNorm(1, 12)
        self.lstm = nn.LSTM(12, 12)

    def forward(self, x):
        return self.lstm(self.norm(self.a(x)).permute(2, 0, 1))[0]

def test():
    Net()(torch.randn(1, 4, 10))
`);
  expect(grouped).toHaveLength(1);

  const shuffled = errorsOf(`
class Shuffle(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Conv2d(8, width, 1)
        self.norm = nn.BatchNorm2d(8)
        self.b = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        y = torch.cat([x, self.norm(self.a(x))], 1)
        n, c, h, w = y.shape
        y = y.view(n, 2, 8, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.b(y.chunk(2, dim=1)[0])

def test():
    Shuffle(9)(torch.randn(1, 8, 6, 6))
`);
  expect(shuffled).toHaveLength(1);
});

test('of a layer that runs before the model has it, and of a list of layers that code runs one by one', () => {
  const early = errorsOf(`
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(9, 8))
        self.forward(torch.zeros(2, 8))

    def forward(self, x):
        once = self.head(x)
        twice = self.head(once)
        return once + twice

def test():
    Net()(torch.randn(2, 8))
`);
  expect(early).toHaveLength(1);

  const listed = errorsOf(`
net = nn.Sequential(nn.Conv2d(1, 7, 5), nn.BatchNorm2d(6), nn.ReLU())
x = torch.rand(1, 1, 28, 28)
for layer in net:
    x = layer(x)
`);
  expect(listed).toHaveLength(1);
});

test('but two mistakes are two, though one is behind the other', () => {
  const found = errorsOf(`
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 9, 1)
        self.norm = nn.BatchNorm2d(8)
        self.b = nn.Conv2d(8, 8, 1)
        self.c = nn.Conv2d(9, 8, 1)

    def forward(self, x):
        x = self.b(self.norm(self.a(x)))
        return self.c(x)

def test():
    Net()(torch.randn(1, 3, 6, 6))
`);
  expect(found).toHaveLength(2);
});

test('a padding that lacks in a block is told at its sum, and not at what comes of it behind other layers', () => {
  const found = errorsOf(`
class Block(nn.Module):
    def __init__(self, padding):
        super().__init__()
        self.a = nn.Conv2d(8, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 8, 3, padding=padding)

    def forward(self, x):
        return self.b(self.a(x)) + x

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.Sequential(Block(1), Block(0), nn.MaxPool2d(2))
        self.twice = nn.Conv2d(8, 8, 3, padding=1)
        self.window = nn.AvgPool2d(4)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        x = torch.cat([x, self.twice(x)], 1)[:, :8] + x
        return self.head(torch.flatten(self.window(x), 1))

def test():
    Net()(torch.randn(1, 3, 8, 8))
`);
  expect(found).toHaveLength(1);
  expect(found[0]![0]).toMatch(/^Skip connection: \[1, 8, 6, 6\] \+ \[1, 8, 8, 8\]\. .*kernel 3 at b makes 6 of 8/);
});

test('what is laid into one axis behind pictures that do not fit is no mistake of its own', () => {
  const found = errorsOf(`
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1, stride=2)
        self.b = nn.Conv2d(3, 8, 3, padding=1)
        self.head = nn.Linear(8 * 4 * 4, 10)

    def forward(self, x):
        return self.head(nn.functional.relu(self.a(x) + self.b(x)).flatten(1))

def test():
    Net()(torch.randn(1, 3, 8, 8))
`);
  expect(found).toHaveLength(1);
});

test('pictures of a stream that was too large beside those of another one are no second mistake', () => {
  const found = errorsOf(`
class Pair(nn.Module):
    def __init__(self, stride, skip):
        super().__init__()
        self.a = nn.Conv2d(8, 8, 3, padding=1, stride=stride)
        self.b = nn.Conv2d(8, 8, 3, padding=1, stride=stride)
        self.short = nn.Conv2d(8, 8, 1, stride=skip)

    def forward(self, pair):
        x, y = pair
        return nn.functional.relu(self.a(x) + self.b(y) + self.short(x)), nn.functional.relu(self.a(y) + self.b(y))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.pairs = nn.Sequential(Pair(1, 1), Pair(2, 1), Pair(1, 1), Pair(2, 1), Pair(1, 1))

    def forward(self, x):
        x = self.stem(x)
        x, y = self.pairs((x, x))
        return torch.cat([x, y], 1)

def test():
    Net()(torch.randn(1, 3, 16, 16))
`);
  expect(found).toHaveLength(1);
});

test('what a head takes of a sum whose other operand would fit it is no mistake of its own', () => {
  const found = errorsOf(`
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 9, 3, padding=1)
        self.b = nn.Conv2d(3, 8, 3, padding=1)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        y = nn.functional.adaptive_avg_pool2d(self.a(x) + self.b(x), 1)
        return self.head(torch.flatten(y, 1))

def test():
    Net()(torch.randn(1, 3, 8, 8))
`);
  expect(found).toHaveLength(1);
});

test('what is joined along the wrong axis goes on as joined along the one that fits; an axis named twice as the one left out', () => {
  const found = errorsOf(`
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 1)
        self.b = nn.Conv2d(11, 4, 1)

    def forward(self, x):
        y = self.b(torch.cat([x, self.a(x)], 2))
        return nn.functional.linear(y.permute(0, 2, 3, 2), torch.ones(7, 4))

def test():
    Net()(torch.randn(1, 3, 8, 6))
`);
  expect(found.map(([message]) => message)).toEqual([
    'Shapes [1, 3, 8, 6], [1, 8, 8, 6] cannot be joined along axis 2. Along axis 1 they can.',
    '[0, 2, 3, 2] names axis 2 twice and axis 1 not at all.',
  ]);
});
