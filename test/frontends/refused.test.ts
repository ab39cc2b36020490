/** Arguments that torch refuses whatever the values are: fractions for sizes, and too few axes or places for a layer. */

import { beforeAll, expect, test } from 'vitest';
import type { TraceResult } from '../../src/frontends/types.ts';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const traceOf = (layer: string, shape: string): TraceResult =>
  engine.trace(
    `import torch
from torch import nn
from torch.nn import functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(4, 4, 1)
    def forward(self, x):
        return (${layer})(self.stem(x))
if __name__ == '__main__':
    Net()(torch.randn(${shape}))
`,
  );
const saidOf = (layer: string, shape = '2, 4, 8, 8'): readonly string[] =>
  traceOf(layer, shape).diagnostics.map(({ message }) => message);

test.each([
  ['nn.AvgPool2d(4 / 2)', 'kernel_size'],
  ['nn.MaxPool2d(2, 4 / 2)', 'stride'],
  ['nn.MaxPool2d(2, padding=2 / 2)', 'padding'],
  ['nn.AdaptiveAvgPool2d((1, 2 / 2))', 'output_size'],
  ['nn.Conv2d(4, 4, 3, stride=4 / 2)', 'stride'],
  ['nn.Conv2d(4, 4, 3, padding=2 / 2)', 'padding'],
  ['nn.Conv2d(4, 4, 3, dilation=2 / 2)', 'dilation'],
  ['nn.Conv2d(4, 4, 6 / 2)', 'size'],
  ['nn.ConvTranspose2d(4, 4, 3, stride=4 / 2)', 'stride'],
  ['nn.ZeroPad2d(2 / 2)', 'pad'],
  ['nn.Upsample(size=32 / 2)', 'size'],
  ['nn.PixelShuffle(4 / 2)', 'upscale_factor'],
  ['nn.Unfold(4 / 2)', 'kernel_size'],
  ['lambda x: x.view(x.size(0), x.size(1) / 2, -1)', 'size'],
  ['lambda x: x.reshape(2, 512 / 2)', 'shape'],
  ['lambda x: x + torch.zeros(16 / 2)', 'size'],
])('%s: %s is no whole number', (layer, argument) => {
  expect(saidOf(layer)).toEqual([expect.stringMatching(`TypeError: .*'${argument}' must be tuple of ints, but found`)]);
  expect(saidOf(layer.replaceAll(' / ', ' // '))).toEqual([]);
});

test('factors may be fractions', () => {
  expect(saidOf('nn.Upsample(scale_factor=3 / 2)')).toEqual([]);
});

test('a convolution that is made with a kernel of another rank', () => {
  const said = expect.stringContaining('input to conv1d');
  expect(saidOf('nn.Conv1d(4, 4, (1, 2))')).toEqual([said]);
});

test('a norm over one place: a picture of more places is tried', () => {
  const inputsOf = (shape: string): unknown => traceOf('nn.InstanceNorm2d(4)', shape).inputs.map((one) => one.shape);
  expect(inputsOf('2, 4, 1, 1')).not.toEqual([[2, 4, 1, 1]]);
  expect(inputsOf('2, 4, 1, 2')).toEqual([[2, 4, 1, 2]]);
});

test('a fraction is wrong whatever the input is', () => {
  const { diagnostics } = engine.trace(`from torch import nn
class Net(nn.Module):
    def __init__(self, input_size=224):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.pool = nn.AvgPool2d(input_size / 32)
    def forward(self, x):
        return self.pool(self.conv(x))
`);
  const found = diagnostics.map(({ code, range }) => [code, range.start.line]);
  expect(found).toEqual([['python-error', 7]]);
});
