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
