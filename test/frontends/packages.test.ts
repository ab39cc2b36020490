/** How code of installed packages is built: names that packages give, operators of their compiled parts, lists of pictures. */

import { beforeAll, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const SITE = '/lib/python3.12/site-packages';
let files = 0;
const trace = (source: string, given: Readonly<Record<string, string>> = {}) => {
  const modules = Object.entries(given).map(([path, text]) => ({
    name: path.replace(/\.py$/, '').replaceAll('/', '.'),
    file: `${SITE}/${path}`,
    source: text,
  }));
  const { diagnostics, graph, inputs } = engine.trace(`import torch\nfrom torch import nn\n${source}`, {
    // Inputs that worked are remembered by file.
    file: `/w/main${files++}.py`,
    modules,
  });
  const outputs = graph?.outputs.map((id) => graph.values[id]!.type.shape);
  return { diagnostics: diagnostics.map(({ message }) => message), outputs, inputs: inputs.map(({ shape }) => shape) };
};

test('a function that goes by the name of its file is what the package gives', () => {
  const files = {
    'zoo/__init__.py': 'from .small import *\n',
    'zoo/small.py': 'from torch import nn\n__all__ = ["small"]\ndef small():\n    return nn.Linear(3, 4)\n',
  };
  const traced = trace('import zoo\nmodel = zoo.small()\n', files);
  expect(traced).toMatchObject({ diagnostics: [], outputs: [[1, 4]] });
});

test('compiled operators that a package looks for beside its files are there', () => {
  const finds =
    'import importlib.machinery, os, torch\ndetails = (importlib.machinery.ExtensionFileLoader, [".so"])\n' +
    'spec = importlib.machinery.FileFinder(os.path.dirname(__file__), details).find_spec("_C")\n' +
    'HAS = spec is not None\ntorch.ops.load_library(spec.origin if HAS else "")\n';
  const files = { 'boxes/__init__.py': '', 'boxes/extension.py': finds };
  const net = `from boxes.extension import HAS
class Net(nn.Module):
    def forward(self, x):
        assert HAS
        return torch.ops.torchvision.roi_align(x, torch.zeros(2, 5), 1.0, 7, 7, 2, False)
net = Net()
net(torch.randn(1, 3, 32, 32))
`;
  expect(trace(net, files)).toMatchObject({ diagnostics: [], outputs: [[2, 3, 7, 7]] });
});

test('operators that a file registers are its functions', () => {
  const net = `@torch.library.custom_op("mine::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return torch.cat([x, x], 1)
@twice.register_fake
def _(x):
    return x
class Net(nn.Module):
    def forward(self, x):
        return torch.ops.mine.twice(torch.ops.aten.relu.default(x))
net = Net()
net(torch.randn(1, 3))
`;
  expect(trace(net)).toMatchObject({ diagnostics: [], outputs: [[1, 6]] });
});

test('different values of known numbers are told apart and counted', () => {
  const net = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        widths, depths = torch.unique(torch.tensor([16, 8, 8]), return_counts=True)
        runs, at = torch.unique_consecutive(torch.tensor([2, 2, 5]), return_inverse=True)
        sizes = [3, *widths.tolist(), *depths.tolist(), *runs.tolist(), *at.tolist(), *torch.bincount(at).tolist()]
        self.sizes = sizes
    def forward(self, x):
        return x.view(1, -1) if self.sizes == [3, 8, 16, 2, 1, 2, 5, 0, 0, 1, 2, 1] else x
net = Net()
net(torch.randn(2, 3))
`;
  expect(trace(net)).toMatchObject({ diagnostics: [], outputs: [[1, 6]] });
});

test('pictures that a model folds into channels have the channels that it names', () => {
  const net = `class Net(nn.Module):
    def __init__(self, in_chans=3):
        super().__init__()
        self.in_chans = in_chans
        self.conv = nn.Conv2d(in_chans * 16, 8, 3, padding=1)
    def forward(self, x):
        return self.conv(nn.functional.pixel_unshuffle(x, 4))
`;
  const { diagnostics, inputs } = trace(net);
  expect({ diagnostics, channels: inputs[0]![1] }).toEqual({ diagnostics: [], channels: 3 });
});

test('so do pictures that it turns into something else before its first convolution', () => {
  const net = `class Net(nn.Module):
    def __init__(self, in_chans=3):
        super().__init__()
        self.in_chans = in_chans
        self.register_buffer("mean", torch.zeros(3, 64))
        self.conv = nn.Conv2d(64, 8, 1)
    def forward(self, x):
        x = nn.functional.unfold(x, 8, stride=8).transpose(1, 2).reshape(-1, 3, 64) - self.mean
        return self.conv(x[:, 0, :, None, None])
`;
  const { diagnostics, inputs } = trace(net);
  expect({ diagnostics, channels: inputs[0]![1] }).toEqual({ diagnostics: [], channels: 3 });
});

test('complex constants become pairs of real ones', () => {
  const net = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        turn = torch.tensor(-1j, dtype=torch.complex64) * torch.pi * torch.arange(4)[None, :]
        table = torch.tensor([[1 + 2j, 3.0], [0, 1j]])
        assert table.shape == (2, 2) and table.dtype == torch.complex64
        assert torch.tensor([1.0, 2.0], dtype=torch.complex64).imag.tolist() == [0.0, 0.0]
        self.register_buffer("wave", torch.exp(turn).real.contiguous())
    def forward(self, x):
        return x * self.wave
net = Net()
net(torch.randn(2, 4))
`;
  expect(trace(net)).toMatchObject({ diagnostics: [], outputs: [[2, 4]] });
});

test('a list of pictures is fed as the file feeds it, and what follows from the unknown is told once', () => {
  const net = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
    def forward(self, images):
        x = self.conv(torch.stack([one for one in images]))
        kept = x[x > 0]
        torch._assert(kept.size(0) == 5, "five")
        return kept
net = Net()
net([torch.rand(3, 20, 24)])
`;
  const { diagnostics, inputs } = trace(net);
  expect(inputs).toEqual([[3, 20, 24]]);
  expect(diagnostics).toEqual([expect.stringContaining('a mask as index')]);
});
