/** Models that a file builds itself, configuration objects, einops, and numbers that JSON has no words for. */

import { beforeAll, expect, test } from 'vitest';
import { findBlocks } from '../../src/analysis/blocks.ts';
import { measureCost } from '../../src/analysis/cost.ts';
import type { TraceResult } from '../../src/frontends/types.ts';
import { valueOf } from '../../src/ir/query.ts';
import { costOf } from '../../src/ops/infer.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { evaluate } from '../support/evaluate.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const HEAD = 'import torch\nfrom torch import nn\n';
const NET = `${HEAD}
class Net(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.fc = nn.Linear(width, classes)
    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))
`;

const shapeOf = ({ graph }: TraceResult): unknown => valueOf(graph!, graph!.outputs[0]!).type.shape;
const inputsOf = ({ inputs }: TraceResult): unknown => inputs.map((one) => one.shape);

test.each([
  [
    'a test function',
    'def test():\n    w = 4\n    net = Net(w, classes=7)\n    x = torch.randn(2, 3, 20, 24)\n    y = net(x)',
  ],
  [
    'the end of the file',
    "if __name__ == '__main__':\n    net = Net(4, classes=7).eval()\n    print(net(torch.rand(2, 3, 20, 24)).shape)",
  ],
  ['the top level', 'net = Net(4, classes=7)\nx = torch.ones(2, 3, 20, 24)\nnet(x)'],
])('what %s builds and feeds is traced', (_, end) => {
  const result = engine.trace(`${NET}\n${end}\n`);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe('Net(4, classes=7)');
  expect(inputsOf(result)).toEqual([[2, 3, 20, 24]]);
  expect(shapeOf(result)).toEqual([2, 7]);
  expect(measureCost(result.graph!).params).toBe(4 * 27 + 4 + 4 * 7 + 7);
});

test('what depends on a run is not offered', () => {
  const { model, candidates } = engine.trace(
    `${NET.replaceAll('width', 'plan')}\ndef main(options):\n    net = Net(options.width, 7)\n`,
  );
  expect(model).toBeNull();
  expect(candidates.map((one) => [one.expression, one.buildable])).toEqual([['Net(plan, classes)', false]]);
});

test('a configuration with defaults is enough to build', () => {
  const result = engine.trace(`${HEAD}from dataclasses import dataclass
@dataclass
class Settings:
    words: int = 50
    width: int = 8
class Part(nn.Module):
    def __init__(self, args: Settings):
        super().__init__()
        self.fc = nn.Linear(args.width, args.width)
    def forward(self, x):
        return x + self.fc(x)
class Model(nn.Module):
    def __init__(self, args: Settings, deep=2):
        super().__init__()
        self.embed = nn.Embedding(args.words, args.width)
        self.parts = nn.Sequential(*[Part(args) for _ in range(deep)])
    def forward(self, tokens):
        return self.parts(self.embed(tokens))
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe('Model(Settings())');
  expect(measureCost(result.graph!).params).toBe(50 * 8 + 2 * 72);
});

test('einops patterns split, join, repeat and reduce', () => {
  const result = engine.trace(`${HEAD}from einops import rearrange, reduce, repeat
from einops.layers.torch import Rearrange
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = Rearrange('b c (h p) (w q) -> b (h w) (p q c)', p=4, q=4)
        self.first = nn.Parameter(torch.zeros(1, 1, 48))
        self.fc = nn.Linear(48, 48)
    def forward(self, x):
        y = self.fc(self.patches(x))
        first = repeat(self.first, '1 1 d -> b 1 d', b=x.shape[0])
        y = torch.cat([first, y], 1)
        y = rearrange(y, 'b n (k d) -> b k n d', k=3)
        return reduce(y, 'b k ... d -> b (k d)', 'mean')
net = Net()
net(torch.randn(2, 3, 8, 12))
`);
  expect(result.diagnostics).toEqual([]);
  expect(shapeOf(result)).toEqual([2, 48]);
});

test('a pattern that does not fit is an error at the call', () => {
  const { diagnostics } = engine.trace(`${HEAD}from einops import rearrange
class Net(nn.Module):
    def forward(self, x):
        return rearrange(x, 'b c (h p) w -> b c h p w', p=7)
net = Net()
net(torch.randn(1, 3, 8, 8))
`);
  const errors = diagnostics.filter((one) => one.severity === 'error');
  expect(errors.map((one) => [one.range.start.line, one.message])).toEqual([
    [5, expect.stringContaining('an axis of length 8 cannot be divided by 7')],
  ]);
});

test('minus infinity can be a first value', () => {
  const result = engine.trace(`${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer('mask', torch.triu(torch.full((4, 4), float('-inf')), diagonal=1))
        self.fc = nn.Linear(6, 6)
    def forward(self, x):
        return torch.softmax(self.fc(x) @ x.transpose(1, 2) + self.mask, -1)
net = Net()
net(torch.randn(1, 4, 6))
`);
  expect(result.diagnostics).toEqual([]);
  expect(shapeOf(result)).toEqual([1, 4, 4]);
});

test('normalised weights are counted as torch keeps them', () => {
  const result = engine.trace(`${HEAD}from torch.nn.utils import spectral_norm, weight_norm
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = weight_norm(nn.Conv1d(2, 5, 3))
        self.b = spectral_norm(nn.Linear(8, 3, bias=False))
    def forward(self, x):
        return self.b(self.a(x))
net = Net()
net(torch.randn(1, 2, 10))
`);
  expect(result.diagnostics).toEqual([]);
  expect(shapeOf(result)).toEqual([1, 5, 3]);
  expect(result.graph!.parameters.filter((one) => one.trainable).map((one) => one.name)).toEqual([
    'a.bias',
    'a.weight_g',
    'a.weight_v',
    'b.weight_orig',
  ]);
});

test('what a constructor computes to learn a size is not part of the model, and says what it is fed', () => {
  const result = engine.trace(`${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.free = nn.Conv2d(4, 4, 1, bias=False)
        with torch.no_grad():
            self.fc = nn.Linear(self.free(self.conv(torch.zeros(1, 3, 10, 12))).numel(), 5)
            self.free.weight *= 2
        nn.init.kaiming_normal_(self.conv.weight.data)
    def forward(self, x):
        return self.fc(self.free(self.conv(x)).flatten(1))
`);
  expect(result.diagnostics).toEqual([]);
  expect(inputsOf(result)).toEqual([[1, 3, 10, 12]]);
  expect(measureCost(result.graph!).params).toBe(4 * 27 + 4 + 16 + 4 * 8 * 10 * 5 + 5);
});

test('a function that returns a layer’s maker is no model, one that sets its result in branches is', () => {
  const { model } = engine.trace(`${NET}
def layer_of(kind='relu'):
    if kind == 'relu':
        make = nn.ReLU
    else:
        def make():
            return nn.Identity()
    return make
def build(kind='net'):
    net = None
    if kind == 'net':
        net = Net(4, 7)
    return net
`);
  expect(model).toBe('build()');
});

test('a package that is imported with a star gives what its __init__ takes from its parts', () => {
  const result = engine.trace(`${HEAD}from parts import *\nnet = nn.Sequential(Head(4, 2))\nnet = Head(4, 2)\n`, {
    modules: [
      { name: 'parts.__init__', file: 'parts/__init__.py', source: 'from .heads import *\n' },
      { name: 'parts.heads', file: 'parts/heads.py', source: 'from torch.nn import Linear as Head\n' },
    ],
  });
  expect(result.diagnostics).toEqual([]);
});

const UNET = `${HEAD}
class Identity(nn.Module):
    def forward(self, x):
        return x
class Part(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3)
    def forward(self, x):
        return self.conv(x)
`;

test('a model that needs to be told its channels and classes is told usual numbers, a part of one is not', () => {
  const whole = `class Net(nn.Module):
    def __init__(self, n_channels, n_classes, wide=False):
        super().__init__()
        self.part = Part(n_channels, n_classes)
    def forward(self, x):
        return self.part(x)
`;
  const result = engine.trace(UNET + whole);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe('Net(n_channels=3, n_classes=10)');
  expect(engine.trace(UNET).model).toBe('Identity()');
  expect(
    engine.trace(UNET.replace('forward(self, x):\n        return x', 'extra_repr(self):\n        return ""')).model,
  ).toBeNull();
});

test.each([
  [
    'a comparison',
    'def build(depth, wide=1):\n    if depth == 18:\n        return Net(4, 7)\n    return Net(8, 7)',
    'build(depth=18)',
  ],
  ['a table', 'widths = {"small": 4}\ndef build(size):\n    return Net(widths[size], 7)', "build(size='small')"],
  ['keywords', 'def build(**options):\n    return Net(4, options["num_classes"])', 'build(num_classes=10)'],
])('an argument that %s of the function tells is given', (_, end, model) => {
  const result = engine.trace(`${NET}${end}\n`);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe(model);
});

test('a model that asks for widths, heads, words or picture sizes is told usual ones that fit', () => {
  const result = engine.trace(`${HEAD}class Tower(nn.Module):
    def __init__(self, *, image_size, patch_size, vocab_size, d_model, n_heads, num_layers, hidden_dims, dropout):
        super().__init__()
        assert image_size % patch_size == 0 and d_model % n_heads == 0
        self.words = nn.Embedding(vocab_size, d_model)
        self.rest = nn.Sequential(*[nn.Linear(d_model, hidden_dims[0]), nn.Dropout(dropout)])
    def forward(self, ids):
        return self.rest(self.words(ids))
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe(
    'Tower(image_size=224, patch_size=16, vocab_size=10000, d_model=512, n_heads=8, num_layers=6, hidden_dims=[64, 64, 64, 64], dropout=0.1)',
  );
});

test('a model that is handed its parts gets them, with what they ask for', () => {
  const part = (name: string, size: string): string => `class ${name}(nn.Module):
    def __init__(self, ${size}, emb_dim):
        super().__init__()
        self.words = nn.Embedding(${size}, emb_dim)
    def forward(self, x):
        return self.words(x)
`;
  const result = engine.trace(`${HEAD}${part('Encoder', 'input_dim')}${part('Decoder', 'output_dim')}
class Seq2Seq(nn.Module):
    def __init__(self, encoder: Encoder, decoder: Decoder, device):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
    def forward(self, src, trg):
        return self.encoder(src) + self.decoder(trg)
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe(
    "Seq2Seq(encoder=Encoder(input_dim=10000, emb_dim=512), decoder=Decoder(output_dim=10000, emb_dim=512), device='cpu')",
  );
});

test.each([
  ['the end of the file', "if __name__ == '__main__':"],
  ['a function', 'def main():'],
])('what the command line that %s reads gives by default configures the model', (_, head) => {
  const result = engine.trace(`import argparse\n${NET.replace('width, classes', 'args').replaceAll(
    /\b(width|classes)\b/g,
    'args.$1',
  )}
${head}
    parser = argparse.ArgumentParser()
    parser.add_argument('--width', type=int, default=4)
    args = parser.parse_args()
    args.classes = args.width + 3
    net = Net(args)
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toBe('Net(args)');
  expect(measureCost(result.graph!).params).toBe(4 * 27 + 4 + 4 * 7 + 7);
});

test('a parameter whose contents the constructor computes stays a parameter', () => {
  const { graph } = engine.trace(`${HEAD}
class Shift(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 3, 1)
        self.weight.data = torch.eye(3).view(3, 3, 1, 1) / torch.ones(3).view(3, 1, 1, 1)
        self.bias.data = 2 * torch.Tensor([1, 2, 3])
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = Shift()
    def forward(self, x):
        return self.shift(x)
`);
  expect(measureCost(graph!).params).toBe(12);
});

test('a layer that stands in a table of several is not taken for the model', () => {
  const { model } = engine.trace(`${NET.replace('Net(', 'Wide(')}
class Scaled(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        self.scale = scale
    def forward(self, x):
        return x * self.scale
class Net(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.act = acts['scaled']
        self.conv = nn.Conv2d(3, num_classes, 3)
    def forward(self, x):
        return self.act(self.conv(x))
acts = {'plain': nn.ReLU(), 'scaled': Scaled(3)}
`);
  expect(model).toBe('Net(num_classes=10)');
});

test('convolutions that derive from the base of all are made as torch makes them', () => {
  const result = engine.trace(`${HEAD}from torch.nn.modules.conv import _ConvNd
class Conv(_ConvNd):
    def __init__(self, width, transposed):
        super().__init__(4, width, (3, 3), (1, 1), (1, 1), (1, 1), transposed, (0, 0), 2, True, 'reflect')
    def forward(self, x):
        x = nn.functional.pad(x, self._reversed_padding_repeated_twice, mode=self.padding_mode)
        return nn.functional.conv2d(x, self.weight, self.bias, groups=self.groups)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = Conv(6, False), Conv(8, True)
    def forward(self, x):
        return self.a(x)
`);
  expect(result.diagnostics).toEqual([]);
  expect(measureCost(result.graph!).params).toBe(6 * 2 * 9 + 6 + 4 * 4 * 9 + 8);
});

test('rotations by complex numbers are real arithmetic', () => {
  const result = engine.trace(`${HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        angles = torch.outer(torch.arange(10).float(), torch.arange(4).float())
        self.register_buffer("turn", torch.polar(torch.ones_like(angles), angles))
        self.other = torch.exp(1j * angles)
    def forward(self, x, start_pos: int):
        z = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
        y = (z * self.turn[start_pos : start_pos + x.shape[1]]).transpose(1, 2) / 2 + (z * self.other[None]).mT
        return torch.view_as_real(torch.cat([y, y.conj()], -1)).flatten(2), y.abs(), (2 * y).imag
net = Net()
net(torch.zeros(2, 10, 8), 0)
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.graph!.outputs.map((id) => valueOf(result.graph!, id).type.shape)).toEqual([
    [2, 4, 40],
    [2, 4, 10],
    [2, 4, 10],
  ]);
});

test('Fourier transforms count no MACs, and undo one another', () => {
  const result = engine.trace(`${HEAD}class Spectrum(nn.Module):
    def forward(self, x):
        f = torch.fft.rfft2(x, dim=(1, 2), norm="ortho")
        back = torch.fft.irfft2(f, s=(9, 7), dim=(1, 2), norm="ortho")
        twice = torch.fft.ifft(torch.fft.fft(x, dim=1, norm="forward"), dim=1, norm="forward").real
        return back, f.abs(), twice, torch.fft.irfft(torch.fft.rfft(x, dim=-1), n=3)
net = Spectrum()
net(torch.randn(2, 9, 7, 3))
`);
  expect(result.diagnostics).toEqual([]);
  const graph = result.graph!;
  expect(graph.outputs.map((id) => valueOf(graph, id).type.shape)).toEqual([
    [2, 9, 7, 3],
    [2, 9, 4, 3],
    [2, 9, 7, 3],
    [2, 9, 7, 3],
  ]);
  expect(graph.nodes.reduce((sum, node) => sum + costOf(graph, node)!.macs, 0)).toBe(0);
  const x = { shape: [2, 9, 7, 3], data: Float64Array.from({ length: 378 }, (_, at) => Math.sin(at * at)) };
  const values = evaluate(graph, new Map([[graph.inputs[0]!, x]]));
  for (const at of [0, 2, 3])
    values.get(graph.outputs[at]!)!.data.forEach((value, index) => expect(value).toBeCloseTo(x.data[index]!, 10));
});

test('recurrent layers compute what torch computes, one node each', () => {
  const source = `${HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, 2, proj_size=2, bidirectional=True)
        self.gru = nn.GRU(4, 3, batch_first=True)
        self.cell = nn.RNNCell(3, 3)
    def forward(self, x):
        y, (h, c) = self.lstm(x)
        y, last = self.gru(y.transpose(0, 1))
        state = torch.zeros(2, 3)
        for step in range(y.shape[1]):
            state = self.cell(y[:, step], state)
        return state, h, c, last
net = Net()
net(torch.randn(5, 2, 3))
`;
  const { graph, diagnostics } = engine.trace(source);
  expect(diagnostics).toEqual([]);
  expect(graph!.nodes.filter(({ op }) => op === 'LSTM' || op === 'GRU').map(({ op }) => op)).toEqual([
    ...['LSTM', 'LSTM', 'GRU'],
  ]);
  expect(findBlocks(graph!)).toEqual([]);
  const feeds = new Map([[graph!.inputs[0]!, filled([5, 2, 3])]]);
  for (const { value } of graph!.parameters)
    feeds.set(value, filled(valueOf(graph!, value).type.shape as readonly number[]));
  const values = evaluate(graph!, feeds);
  // Sums that torch 1.13 gives in float64, with each tensor filled by sin(1), sin(2), …
  const sums = graph!.outputs.map((id) => values.get(id)!.data.reduce((sum, one, at) => sum + one * (at + 1), 0));
  [11.214478540098, -71.404195458434, -342.27505979297, 19.810899057743].forEach((wanted, at) =>
    expect(sums[at]).toBeCloseTo(wanted, 9),
  );
});

const filled = (shape: readonly number[]) => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(at + 1)),
});

test('tables made with numpy are broadcast and written in part', () => {
  const result = engine.trace(`import numpy as np\n${HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        table = np.arange(7)[:, np.newaxis] / np.power(100, 2 * np.arange(6)[np.newaxis, :] / 6)
        table[:, 0::2] = np.sin(table[:, 0::2])
        self.table = torch.FloatTensor(table)
        z = np.zeros((2, 3))
        z[0] = [1, 2, 3]
        z[1, 1:] = 5
        z[:, 0] = 9
        assert np.append(z, z[:1], axis=0).shape == (3, 3) and np.append(z, 4).shape == (7,)
        assert z.tolist() == [[9, 2, 3], [9, 5, 5]] and np.triu(z, k=1).sum() == 10
        self.out = nn.Linear(6, int(z.reshape(3, 2).T.sum()))
    def forward(self, x):
        return self.out(x + self.table)
`);
  expect(result.diagnostics).toEqual([]);
  expect(measureCost(result.graph!).params).toBe(7 * 33);
});

test('NumPy’s names of arguments are understood where torch understands them', () => {
  const result = engine.trace(`${HEAD}
class Net(nn.Module):
    def forward(self, x):
        x = (x - x.mean(axis=1, keepdims=True)) / torch.std(x, axis=(2, 3), keepdims=True)
        return torch.stack([x.max(axis=1)[0], x.softmax(dim=1).sum(axis=1)], axis=-1).squeeze(axis=0)
net = Net()
net(torch.randn(1, 3, 8, 6))
`);
  expect(result.diagnostics).toEqual([]);
  expect(shapeOf(result)).toEqual([8, 6, 2]);
});

test.each([
  ['img_size', '416', [1, 3, 416, 416]],
  ['input_size', '[3, 64, 96]', [1, 3, 64, 96]],
  ['size', '(299, 299, 3)', [1, 3, 299, 299]],
])('a model that keeps its %s is fed such a picture', (name, value, shape) => {
  const source = NET.replace('class Net', `class With_${name}`)
    .replace('(self, width, classes)', '(self, width=4, classes=2)')
    .replace('self.fc =', `self.${name} = ${value}\n        self.fc =`);
  const result = engine.trace(source);
  expect(inputsOf(result)).toEqual([shape]);
});

test('the channels that the first convolution takes are learnt behind padding, and of videos too', () => {
  const result = engine.trace(`${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Conv3d(8, 2, 1)
        self.first = nn.Conv3d(3, 8, 3)
    def forward(self, x):
        return self.last(self.first(nn.functional.pad(x, (1, 1, 1, 1, 1, 1))))
`);
  expect(result.diagnostics).toEqual([]);
  expect(inputsOf(result)).toEqual([[1, 3, 16, 112, 112]]);
});

test('packed sequences are taken to be as long as they can be', () => {
  const result = engine.trace(`${HEAD}from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.rnn = nn.LSTM(8, 6, bidirectional=True)
    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.words(ids), lengths, batch_first=True, enforce_sorted=False)
        out, (h, _) = self.rnn(packed)
        out, sizes = pad_packed_sequence(out, batch_first=True)
        return out * (torch.arange(int(sizes.max().item())) < sizes[:, None]).unsqueeze(-1), h
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.graph!.outputs.map((id) => valueOf(result.graph!, id).type.shape)).toEqual([
    [1, 128, 12],
    [2, 1, 6],
  ]);
});

test('a graph layer made by hand is given nodes and their adjacency', () => {
  const result = engine.trace(`${HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(6, 4))
    def forward(self, nodes, adj):
        a, b = (adj @ torch.mm(nodes, self.weight)).split(split_size=2, dim=-1)
        return a * torch.hann_window(2) + b
`);
  expect(result.diagnostics).toEqual([]);
  expect(inputsOf(result)).toEqual([
    [1, 6],
    [1, 1],
  ]);
});

test('coins are tossed: one that steers the program is known, a mask of many is drawn', () => {
  const result = engine.trace(
    `${HEAD}
class Coins(nn.Module):
    def forward(self, x):
        gate = torch.FloatTensor([0]).bernoulli_(0.9)
        if gate.item() == 0 or not torch.equal(torch.bernoulli(torch.tensor(1.0)), torch.tensor(1.0)):
            return x
        mask = torch.empty([x.shape[0], 1, 1, 1], dtype=x.dtype).bernoulli_(0.8)
        return x.div(0.8).mul_(mask) * torch.bernoulli(torch.sigmoid(x))
net = Coins()
net(torch.randn(2, 3, 8, 6))
`,
    { training: true },
  );
  expect(result.diagnostics).toEqual([]);
  expect(shapeOf(result)).toEqual([2, 3, 8, 6]);
  const count = (op: string) => result.graph!.nodes.filter((node) => node.op === op).length;
  expect({ ofOneRate: count('Dropout'), ofMany: count('Less') }).toEqual({ ofOneRate: 1, ofMany: 1 });
});

test.each([
  [
    'a mask of known contents beside slices',
    'y = torch.zeros(2, 3, 4)\n        y[:, :, [True, False, True, True]] = x',
    [2, 3, 4],
  ],
  ['numbers behind slices', 'y = torch.zeros(2, 3, 5)\n        y[..., torch.tensor([4, 0, 2])] = x', [2, 3, 5]],
  [
    'numbers of two axes behind a slice',
    'y = torch.zeros(2, 4, 4, 3)\n        y[:, [0, 1, 2], [1, 2, 3]] = x',
    [2, 4, 4, 3],
  ],
  ['a mask of known contents that is read', 'y = x[:, torch.arange(3) != 1]', [2, 2, 3]],
])('%s: the index is worked out', (_, body, shape) => {
  const result = engine.trace(`${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
    def forward(self, x):
        x = self.fc(x)
        ${body}
        return y
# skipscope: model=Net() input=2x3x3
`);
  expect(result.diagnostics).toEqual([]);
  expect(result.graph!.nodes.filter(({ op }) => op === 'Unknown')).toEqual([]);
  expect(shapeOf(result)).toEqual(shape);
});

test('what is written behind slices stands where torch puts it', () => {
  const result = engine.trace(`${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2, bias=False)
    def forward(self, x):
        y = torch.zeros(1, 2, 3)
        y[:, :, [2, 0]] = x
        return y
# skipscope: model=Net() input=1x2x2
`);
  const [input] = result.graph!.inputs;
  const values = evaluate(result.graph!, new Map([[input!, { shape: [1, 2, 2], data: Float64Array.of(1, 2, 3, 4) }]]));
  expect([...values.get(result.graph!.outputs[0]!)!.data]).toEqual([2, 0, 1, 4, 0, 3]);
});

test('complex parameters count once and are multiplied out in sums of products', () => {
  const source = `import torch
import torch.nn as nn

class Spectral(nn.Module):
    def __init__(self, width=4, modes=3):
        super().__init__()
        self.modes = modes
        self.scale = 1 / (width * width)
        self.weights = nn.Parameter(self.scale * torch.rand(width, width, modes, modes, dtype=torch.cfloat))
        self.bias = nn.Parameter(torch.zeros(width, 1, 1, dtype=torch.complex64))

    def forward(self, x):
        f = torch.fft.rfft2(x)
        out = torch.zeros(x.shape[0], 4, x.size(-2), x.size(-1) // 2 + 1, dtype=torch.cfloat, device=x.device)
        out[:, :, : self.modes, : self.modes] = torch.einsum("bixy,ioxy->boxy", f[:, :, : self.modes, : self.modes], self.weights)
        return torch.fft.irfft2(out + self.bias, s=(x.size(-2), x.size(-1)))

assert isinstance(Spectral().weights, nn.Parameter) and Spectral().weights.numel() == 144
`;
  const { graph, diagnostics } = engine.trace(source, { inputs: [{ dtype: 'float32', shape: [2, 4, 8, 8] }] });
  expect(diagnostics).toEqual([]);
  expect(graph!.outputs.map((id) => graph!.values[id]!.type.shape)).toEqual([[2, 4, 8, 8]]);
  expect(graph!.parameters.map(({ name }) => name)).toEqual(['weights', 'bias']);
  // Four products of real numbers for each of complex ones.
  expect(measureCost(graph!)).toMatchObject({ params: 144 + 4, macs: 4 * 2 * 4 * 4 * 9 });
  expect(graph!.parameters.map(({ init }) => init.kind)).toEqual(['computed', 'data']);
});

test('what a model’s configuration and documentation say of its inputs is tried first', () => {
  const net = (config: string, doc: string, init: string, forward: string): string => `${HEAD}import types
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.config = types.SimpleNamespace(${config})
        ${init}
    def forward(self, x):
        """
        Args:
            x (\`torch.FloatTensor\` of shape \`(${doc})\`): what is heard.
        """
        ${forward}
`;
  const shapes = (source: string, file: string): unknown => {
    const { diagnostics, inputs } = engine.trace(source, { file });
    return [diagnostics.map(({ message }) => message), inputs.map(({ shape }) => shape)];
  };
  const heard = 'self.conv = nn.Conv2d(1, 4, 16, 10)\n        self.table = nn.Parameter(torch.zeros(1, 1212, 4))';
  const sum = 'return self.conv(x.unsqueeze(1).transpose(2, 3)).flatten(2).transpose(1, 2) + self.table';
  expect(
    shapes(net('max_length=1024, num_mel_bins=128', 'batch_size, max_length, num_mel_bins', heard, sum), 'a.py'),
  ).toEqual([[], [[1, 1024, 128]]]);
  const series = 'self.fc = nn.Linear(8, 4)';
  const patches = 'return self.fc(x.transpose(1, 2).unfold(-1, 8, 8)) * torch.ones(3, 1, 1)';
  expect(
    shapes(net('num_input_channels=3', 'bs, sequence_length, num_input_channels', series, patches), 'b.py'),
  ).toEqual([[], [[1, 128, 3]]]);
  const video =
    'self.conv = nn.Conv3d(3, 4, (2, 16, 16), (2, 16, 16))\n        self.table = nn.Parameter(torch.zeros(1, 144, 4))';
  const clips = 'return self.conv(x.permute(0, 2, 1, 3, 4)).flatten(2).transpose(1, 2) + self.table';
  expect(shapes(net('num_frames=32, image_size=48', 'clips', video, clips), 'c.py')).toEqual([
    [],
    [[1, 32, 3, 48, 48]],
  ]);
});

test('a function of a package that is named like its module is the function', () => {
  const modules = [
    { name: 'zoo.__init__', file: 'zoo/__init__.py', source: 'from .small import small\n' },
    {
      name: 'zoo.small',
      file: 'zoo/small.py',
      source: 'from torch import nn\nWIDTH = 4\ndef small():\n    return nn.Linear(WIDTH, 2)\n',
    },
  ];
  for (const head of ['', 'from zoo.small import WIDTH\n', 'from zoo import small\n']) {
    const source = `import zoo
${head}from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = zoo.small()
    def forward(self, x):
        return self.body(x)
`;
    const { graph, diagnostics } = engine.trace(source, { modules });
    expect(diagnostics).toEqual([]);
    expect(graph!.outputs.map((id) => graph!.values[id]!.type.shape)).toEqual([[1, 2]]);
  }
});
