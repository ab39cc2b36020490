/** Arguments and inputs that a file does not spell out: from settings, records, names, and what a failed attempt says. */

import { beforeAll, expect, test } from 'vitest';
import type { TraceResult } from '../../src/frontends/types.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const HEAD = 'import torch\nfrom torch import nn\n';
const NET = `${HEAD}
class Net(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.conv = nn.Conv2d(3, h.width, 3)
        self.fc = nn.Linear(h.width, 10)
    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))
`;

const inputsOf = ({ inputs }: TraceResult): unknown => inputs.map(({ dtype, shape }) => [dtype, shape]);
const traced = (source: string): TraceResult => {
  const result = engine.trace(source);
  expect(result.diagnostics).toEqual([]);
  expect(result.graph).not.toBeNull();
  return result;
};

test('what a command line gives at the top of a file is used as it is', () => {
  const source = `import argparse
${NET}
parser = argparse.ArgumentParser()
parser.add_argument('--width', type=int, default=12)
args = parser.parse_args()
net = Net(args)
`;
  expect(traced(source).model).toBe('Net(args)');
});

test('an argument that the file names as the class does is found', () => {
  const source = `${NET}
class Dict(dict):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.__dict__ = self
h = Dict(width=12)
if __name__ == '__main__':
    net = Net(h)
    print(net(torch.randn(2, 3, 20, 20)).shape)
`;
  const result = traced(source);
  expect(result.model).toBe('Net(h)');
  expect(inputsOf(result)).toEqual([['float32', [2, 3, 20, 20]]]);
});

test.each([
  ['of the class that the argument is said to be', 'dims: Dimensions', 'Dimensions', 'dims'],
  ['that is the only one of such a name', 'config', 'ModelConfig', 'config'],
])('a record with fields that have no default, %s', (_, argument, name, argName) => {
  const source = `from __future__ import annotations
from dataclasses import dataclass
${HEAD}
@dataclass
class ${name}:
    vocab_size: int
    d_model: int
    n_layer: int
    bias: bool = True

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)
    def forward(self, x):
        return x + self.fc(x)

class Net(nn.Module):
    def __init__(self, ${argument}):
        super().__init__()
        self.words = nn.Embedding(${argName}.vocab_size, ${argName}.d_model)
        self.blocks = nn.ModuleList([Block(${argName}.d_model) for _ in range(${argName}.n_layer)])
    def forward(self, input_ids):
        x = self.words(input_ids)
        for block in self.blocks:
            x = block(x)
        return x
`;
  const result = traced(source);
  expect(result.model).toContain(`Net(${argName}=${name}(vocab_size=10000, d_model=512, n_layer=6`);
});

test('a loss at the end of a file is not its model', () => {
  const source = `${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 10)
    def forward(self, x):
        return self.fc(x)

class Loss(nn.Module):
    def forward(self, given, wanted):
        return ((given - wanted) ** 2).mean()
`;
  expect(traced(source).model).toBe('Net()');
});

test('a picture beside words: as many words as the table of positions has', () => {
  const source = `${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 32, 32)
        self.words = nn.Embedding(500, 16)
        self.places = nn.Parameter(torch.zeros(60, 16))
    def forward(self, image, text):
        a = self.conv(image).mean((2, 3))
        b = (self.words(text) + self.places).mean(1)
        return a @ b.t()
`;
  const [, words] = inputsOf(traced(source)) as [unknown, unknown];
  expect(words).toEqual(['int64', [1, 60]]);
});

test('an input that is viewed in a shape of its own has that shape', () => {
  const source = `${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8 * 6 * 7, 7)
    def forward(self, s):
        s = s.view(-1, 3, 6, 7)
        return self.fc(self.conv(s).view(-1, 8 * 6 * 7))
`;
  expect(inputsOf(traced(source))).toEqual([['float32', [1, 3, 6, 7]]]);
});

test('a sentence without a batch', () => {
  const source = `${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 6)
        self.lstm = nn.LSTM(6, 4)
    def forward(self, sentence):
        return self.lstm(self.words(sentence).view(len(sentence), 1, -1))[0]
`;
  expect(inputsOf(traced(source))).toEqual([['int64', [16]]]);
});

test('several numbers are a tuple where the class takes no list', () => {
  const source = `class Net(nn.Module):
    def __init__(self, num_classes, depths):
        super().__init__()
        assert isinstance(depths, tuple), 'a tuple, please'
        self.stages = nn.Sequential(*[nn.Conv2d(3, 3, 3, padding=1) for depth in depths for _ in range(depth)])
        self.head = nn.Linear(3, num_classes)
    def forward(self, x):
        return self.head(self.stages(x).mean((2, 3)))
`;
  const { graph, model } = engine.trace(HEAD + source);
  expect(model).toBe('Net(num_classes=10, depths=(2, 2, 2, 2,))');
  expect(graph!.modules.filter(({ class: name }) => name === 'Conv2d')).toHaveLength(8);
});

test('what is read off a configuration under another name is what it is used for', () => {
  const source = `${HEAD}
class Net(nn.Module):
    def __init__(self, args):
        super().__init__()
        rows = args.embed_num
        sizes = args.kernel_sizes
        self.embed = nn.Embedding(rows, args.embed_dim)
        self.convs = nn.ModuleList([nn.Conv1d(args.embed_dim, args.kernel_num, k) for k in sizes])
        self.fc = nn.Linear(len(sizes) * args.kernel_num, args.class_num)
    def forward(self, x):
        x = self.embed(x).transpose(1, 2)
        return self.fc(torch.cat([conv(x).max(2)[0] for conv in self.convs], 1))
`;
  const result = traced(source);
  expect(result.model).toContain('embed_num=10000, kernel_sizes=[3, 4, 5], embed_dim=512, class_num=10, kernel_num=64');
  expect(inputsOf(result)).toEqual([['int64', [1, 128]]]);
});

test('states that a configuration counts are one for each layer', () => {
  const source = `${HEAD}
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.n_embed, config.d_embed)
        self.rnn = nn.LSTM(config.d_embed, config.d_hidden, num_layers=config.n_layers, dropout=0 if config.n_layers == 1 else 0.1)
    def forward(self, batch):
        words = self.words(batch.text)
        state = words.new_zeros(self.config.n_cells, words.shape[1], self.config.d_hidden)
        return self.rnn(words, (state, state))[0]
`;
  const result = traced(source);
  expect(result.inputs.map(({ name }) => name)).toEqual(['text']);
  expect(inputsOf(result)).toEqual([['int64', [1, 128]]]);
});

test('a name that a failed statement would have given another meaning is not what it was', () => {
  const source = `${HEAD}
data = 'Cora'
data = open('/nowhere/' + data)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, data.channels, 3)
    def forward(self, x):
        return self.conv(x)
net = Net()
`;
  const { graph, diagnostics } = engine.trace(source);
  expect(graph).not.toBeNull();
  expect(diagnostics.filter(({ message }) => message.includes("'str' object"))).toEqual([]);
});

test.each([
  [
    'the size that it wants, two pictures above each other',
    `x = torch.cat((pixel_values, prompts), dim=2)
h, w = x.shape[2:]
if (h, w) != (64, 32):
    raise ValueError(f"Input image size ({h}*{w}) doesn't match model (64*32).")
masks = self.conv(torch.cat((prompt_masks, prompt_masks), dim=2).float())
return self.conv(x) + masks`,
    'pixel_values, prompts, prompt_masks',
    [1, 3, 32, 32],
    3,
  ],
  [
    'that it is too small',
    `if min(pixel_values.shape[2:]) < 700:
    raise ValueError(f'Image size {pixel_values.shape[2]}x{pixel_values.shape[3]} is too small.')
return self.conv(pixel_values)`,
    'pixel_values',
    [1, 3, 896, 896],
    1,
  ],
])('pictures are as large as the model’s own message says: %s', (_, forward, signature, shape, count) => {
  const source = `${HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.image_size = ${count === 1 ? 224 : '(64, 32)'}
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
    def forward(self, ${signature}):
${forward.replace(/^/gm, '        ')}
`;
  expect(inputsOf(traced(source))).toEqual(Array.from({ length: count }, () => ['float32', shape]));
});
