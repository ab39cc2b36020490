/** Models whose forward takes a list, a tuple or a mapping of tensors. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { HEAD, inputsOf, shapeOf } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const netOf = (init: string, forward: string, signature = 'self, xs'): string => `
class Net(nn.Module):
    def __init__(self):
        super().__init__()
${init.replace(/^/gm, '        ')}
    def forward(${signature}):
${forward.replace(/^/gm, '        ')}
`;
const CONV = 'self.conv = nn.Conv2d(3, 4, 3, padding=1)';
const LATERAL = 'self.lateral = nn.ModuleList([nn.Conv2d(c, 8, 1) for c in (16, 32, 64)])\nself.fc = nn.Linear(8, 2)';

describe('what forward takes apart is found', () => {
  test.each([
    [
      'a tuple that is unpacked',
      netOf(
        'self.a = nn.Linear(8, 4)\nself.b = nn.Linear(6, 4)',
        'left, right = xs\nreturn self.a(left) + self.b(right)',
      ),
      [
        ['left', 'float32', 1, 8],
        ['right', 'float32', 1, 6],
      ],
      [1, 4],
    ],
    [
      'a mapping',
      netOf(
        `${CONV}\nself.words = nn.Embedding(50, 4)`,
        "image = self.conv(batch['image']).mean((2, 3))\nreturn image + self.words(batch['input_ids']).mean(1)",
        'self, batch',
      ),
      [
        ['image', 'float32', 1, 3, 32, 32],
        ['input_ids', 'int64', 1, 77],
      ],
      [1, 4],
    ],
    [
      'a list with a layer for each item',
      netOf(
        LATERAL,
        `out = [conv(x) for conv, x in zip(self.lateral, xs)]
for i in range(len(out) - 1, 0, -1):
    out[i - 1] = out[i - 1] + nn.functional.interpolate(out[i], scale_factor=2)
return self.fc(out[0].mean((2, 3)))`,
      ),
      [
        ['xs[0]', 'float32', 1, 16, 64, 64],
        ['xs[1]', 'float32', 1, 32, 32, 32],
        ['xs[2]', 'float32', 1, 64, 16, 16],
      ],
      [1, 2],
    ],
    [
      'a list by numbers, in a method',
      `${netOf(LATERAL, 'return self.fc(sum(x.mean((2, 3)) for x in self.each(features)))', 'self, features')}
    def each(self, features):
        return [self.lateral[i](features[i]) for i in range(len(self.lateral))]
`,
      [
        ['features[0]', 'float32', 1, 16, 64, 64],
        ['features[1]', 'float32', 1, 32, 32, 32],
        ['features[2]', 'float32', 1, 64, 16, 16],
      ],
      [1, 2],
    ],
    [
      'any number of arguments',
      netOf(
        'self.fc = nn.Linear(8, 2)\nself.gc = nn.Linear(6, 2)',
        'a, b = xs\nreturn self.fc(a) + self.gc(b)',
        'self, *xs',
      ),
      [
        ['a', 'float32', 1, 8],
        ['b', 'float32', 1, 6],
      ],
      [1, 2],
    ],
    [
      'a pair in training alone is one input otherwise',
      netOf(CONV, 'if self.training:\n    image, target = xs\nelse:\n    image = xs\nreturn self.conv(image)'),
      [['xs', 'float32', 1, 3, 32, 32]],
      [1, 4, 32, 32],
    ],
    [
      'a tensor that may be a list is a tensor',
      netOf(CONV, 'if isinstance(xs, (list, tuple)):\n    xs = torch.cat(xs)\nreturn self.conv(xs)'),
      [['xs', 'float32', 1, 3, 32, 32]],
      [1, 4, 32, 32],
    ],
    [
      'a tensor that may be a mapping is a tensor',
      netOf(CONV, "named = isinstance(xs, dict)\nif named:\n    xs = xs['image']\nreturn self.conv(xs)"),
      [['xs', 'float32', 1, 3, 32, 32]],
      [1, 4, 32, 32],
    ],
    [
      'what must be a mapping is one',
      netOf(CONV, "assert isinstance(xs, dict)\nreturn self.conv(xs['image'])"),
      [['image', 'float32', 1, 3, 32, 32]],
      [1, 4, 32, 32],
    ],
  ])('%s', (_, source, inputs, output) => {
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(result.inputs.map(({ name, dtype, shape }) => [name, dtype, ...shape])).toEqual(inputs);
    expect(shapeOf(result)).toEqual(output);
  });
});

describe('what the file feeds', () => {
  test.each([
    ['a list', 'net = Net()\nxs = [torch.randn(2, 3, s, s) for s in (16, 8)]\nnet(xs)'],
    ['by name', 'net = Net()\nnet(xs=[torch.randn(2, 3, 16, 16), torch.randn(2, 3, 8, 8)])'],
  ])('%s', (_, end) => {
    const source = netOf(CONV, 'return sum(self.conv(x).mean((2, 3)) for x in xs)');
    const result = engine.trace(`${HEAD}${source}\n${end}\n`);
    expect(result.diagnostics).toEqual([]);
    expect(inputsOf(result)).toEqual([
      ['float32', 2, 3, 16, 16],
      ['float32', 2, 3, 8, 8],
    ]);
    expect(shapeOf(result)).toEqual([2, 4]);
  });

  test('numbers among tensors stand for themselves', () => {
    const source = netOf('self.fc = nn.Linear(8, 8)', 'return self.fc(x).view(-1, n) + y', 'self, x, n, y');
    const result = engine.trace(`${HEAD}${source}\nnet = Net()\nnet(torch.randn(2, 8), 4, torch.randn(4, 4))\n`);
    expect(result.diagnostics).toEqual([]);
    expect(inputsOf(result)).toEqual([
      ['float32', 2, 8],
      ['float32', 4, 4],
    ]);
  });
});

test('inputs that somebody gives go where forward takes them', () => {
  const source = netOf(CONV, 'return torch.cat([self.conv(x) for x in xs], 1)');
  const shape = [1, 3, 8, 8];
  const three = engine.trace(HEAD + source, { inputs: [0, 1, 2].map(() => ({ dtype: 'float32', shape })) });
  expect(three.diagnostics).toEqual([]);
  expect(three.inputs.map(({ name }) => name)).toEqual(['xs[0]', 'xs[1]', 'xs[2]']);
  expect(shapeOf(three)).toEqual([1, 12, 8, 8]);
});

test('a waveform is as long as its spectrogram says', () => {
  const source = netOf(
    `self.net = nn.Conv1d(20, 4, 3)
self.fc = nn.Linear(5, 2)`,
    `assert specgram.size(1) == 1
frames = nn.functional.interpolate(self.net(specgram.squeeze(1)), scale_factor=10)
return self.fc(torch.cat([waveform.squeeze(1).unsqueeze(-1), frames.transpose(1, 2)], -1))`,
    'self, waveform, specgram',
  );
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(inputsOf(result)).toEqual([
    ['float32', 1, 1, 140],
    ['float32', 1, 1, 20, 16],
  ]);
});

test('channels that the file names are the input of what first rearranges it', () => {
  const source = `
class Net(nn.Module):
    def __init__(self, in_channel, width):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(1, in_channel * 4, 1, 1))
        self.conv = nn.Conv2d(in_channel * 4, width, 3)
    def forward(self, x):
        b, c, h, w = x.shape
        x = x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 2, 4).reshape(b, c * 4, h // 2, w // 2)
        return self.conv(x * self.scale)
if __name__ == '__main__':
    net = Net(3, 8)
`;
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(inputsOf(result)).toEqual([['float32', 1, 3, 32, 32]]);
});

test('positions that a model puts beside its input leave room for it', () => {
  const source = netOf(
    'self.fc = nn.Linear(5, 8)',
    `b, h, w, _ = x.shape
grid = torch.rand(b, h, w, 2)
return self.fc(torch.cat([x, grid], -1))`,
    'self, x',
  );
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs[0]!.shape.at(-1)).toBe(3);
});

test('series of which a model turns the channels to the front, with the times of their steps', () => {
  const source = netOf(
    'self.value = nn.Conv1d(7, 8, 3, padding=1)\nself.time = nn.Embedding(24, 8)',
    'return self.value(x_enc.permute(0, 2, 1)).transpose(1, 2) + self.time(x_mark_enc.long()[:, :, 3])',
    'self, x_enc, x_mark_enc',
  );
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(inputsOf(result)).toEqual([
    ['float32', 1, 128, 7],
    ['float32', 1, 128, 4],
  ]);
});

test('spectrograms to which a model gives the axis of channels itself, with their lengths', () => {
  const source = netOf(
    'self.conv = nn.Conv2d(1, 4, 3, stride=2)\nself.fc = nn.Linear(4 * 39, 2)',
    `x = self.conv(inputs.unsqueeze(1))
return self.fc(x.transpose(1, 2).flatten(2)), input_lengths // 2`,
    'self, inputs, input_lengths',
  );
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(inputsOf(result)).toEqual([
    ['float32', 1, 128, 80],
    ['int64', 1],
  ]);
});

test('a layer that refuses what is turned about says nothing of how wide the input is', () => {
  const source = netOf(
    'self.fc = nn.Linear(80, 2)',
    'x = input.transpose(0, 1)\nassert x.dim() == 3\nreturn self.fc(x), lengths // 2',
    'self, input, lengths',
  );
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs[0]!.shape).toEqual([1, 16, 80]);
});

test('a number that comes first is no tensor, and is none that the model refuses; what several indices are taken out of is one', () => {
  const source = netOf(
    'self.layers = nn.ModuleList([nn.Linear(8, 4) for _ in range(3)])',
    `if index == 0:
    raise ValueError('not this one')
return sum(layer(x * x[:, i : i + 1]) for i, layer in enumerate(self.layers)) * index`,
    'self, index: int, x: torch.Tensor = None',
  );
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(result.inputs.map(({ name, dtype, shape }) => [name, dtype, ...shape])).toEqual([['x', 'float32', 1, 8]]);
});

test('rows that a mask puts in their places one after the other fit however much it keeps', () => {
  const source = netOf(
    'self.fc = nn.Linear(8, 8)',
    `x = self.fc(x)
x[mask] = self.fc(pictures)
return x`,
    'self, x, mask, pictures',
  );
  const result = engine.trace(HEAD + source, {
    inputs: [
      { dtype: 'float32', shape: [1, 7, 8] },
      { dtype: 'bool', shape: [1, 7] },
      { dtype: 'float32', shape: [4, 8] },
    ],
  });
  expect(result.diagnostics).toEqual([]);
  expect(shapeOf(result)).toEqual([1, 7, 8]);
});
