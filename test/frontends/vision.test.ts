/** What published vision models do that few other networks do: sampling, libraries of layers, unknown results with several parts. */

import { beforeAll, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

const indent = (text: string): string => text.replace(/^/gm, '        ');
const net = (init: string, forward: string, head = ''): string =>
  `import torch\nfrom torch import nn\nimport torch.nn.functional as F\n${head}\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n${indent(init)}\n    def forward(self, x):\n${indent(forward)}\n`;
const traced = (source: string, shape: readonly number[]): { outputs: unknown[]; params: number } => {
  const { diagnostics, graph } = engine.trace(source, { inputs: [{ dtype: 'float32', shape }] });
  expect(diagnostics).toEqual([]);
  const outputs = graph!.outputs.map((id) => graph!.values[id]!.type.shape?.join('x') ?? null);
  const sizes = graph!.parameters.filter((one) => !one.buffer).map(({ value }) => graph!.values[value]!.type.shape!);
  return { outputs, params: sizes.map((dims) => dims.reduce<number>((a, b) => a * b!, 1)).reduce((a, b) => a + b, 0) };
};

const QUANT = 'from torch.ao.quantization import QuantStub, DeQuantStub\n';
const TIMM =
  'from timm.models.layers import DropPath, Mlp, to_2tuple, trunc_normal_\nfrom timm.models.layers.helpers import to_3tuple\n' +
  'from timm.models.registry import register_model\nfrom timm.data import IMAGENET_DEFAULT_MEAN\n' +
  'from timm.models.vision_transformer import VisionTransformer, _cfg\n';

test.each<[name: string, source: string, input: readonly number[], outputs: readonly string[], params: number]>([
  [
    'a spatial transformer',
    net(
      'self.t = nn.Linear(64, 6)',
      'theta = self.t(x.flatten(1)).view(-1, 2, 3)\nreturn F.grid_sample(x, F.affine_grid(theta, x.size()))',
    ),
    [2, 1, 8, 8],
    ['2x1x8x8'],
    390,
  ],
  ['area interpolation', net('pass', 'return F.interpolate(x, (3, 5), mode="area")'), [1, 2, 7, 9], ['1x2x3x5'], 0],
  ['named parts', net('pass', 'return x.tensor_split(indices=(1,), dim=1)'), [1, 4], ['1x1', '1x3'], 0],
  [
    'pooling that is undone',
    net(
      'self.u = nn.MaxUnpool2d(2)',
      'y, at = F.max_pool2d(x, 2, return_indices=True)\nreturn self.u(y, at, output_size=x.size()), at',
    ),
    [1, 2, 5, 7],
    ['1x2x5x7', '1x2x2x3'],
    0,
  ],
  [
    'schedules of diffusion',
    net('self.register_buffer("a", torch.cumprod(1 - torch.linspace(0, 0.1, 8), 0))', 'return x.cumprod(-1) * self.a'),
    [2, 8],
    ['2x8'],
    0,
  ],
  [
    'layers prepared for quantisation',
    net(
      'self.q, self.d, self.f = QuantStub(), DeQuantStub(), nn.quantized.FloatFunctional()',
      'return self.d(self.f.add(self.q(x), x))',
      QUANT,
    ),
    [1, 4],
    ['1x4'],
    0,
  ],
  [
    'layers of timm',
    net(
      'self.m, self.d = Mlp(8, 16, drop=0.1), DropPath(0.1)\ntrunc_normal_(self.m.fc1.weight, std=0.02)',
      'return x + self.d(self.m(x))',
      TIMM,
    ),
    [1, 4, 8],
    ['1x4x8'],
    280,
  ],
  [
    'a transformer of timm',
    net(
      'self.v = VisionTransformer(img_size=32, patch_size=8, num_classes=7, embed_dim=12, depth=1, num_heads=3)',
      'return self.v(x)',
      TIMM,
    ),
    [1, 3, 32, 32],
    ['1x7'],
    4531,
  ],
])('%s', (_, source, input, outputs, params) => {
  expect(traced(source, input)).toEqual({ outputs, params });
});

test('each result of an unknown call with several results can be used', () => {
  const source = net(
    'pass',
    'kept = x[x > 0]\nscores, order = kept.topk(2)\nreturn kept[order], kept.max(0)[1], scores',
  );
  const { diagnostics } = engine.trace(source, { inputs: [{ dtype: 'float32', shape: [4] }] });
  expect(diagnostics.map(({ severity, range }) => [severity, range.start.line])).toEqual([['warning', 9]]);
});

test('files of a library that are given are used instead of what stands in for it', () => {
  const modules = [
    { name: 'timm.__init__', file: '/w/timm/__init__.py', source: '' },
    { name: 'timm.layers', file: '/w/timm/layers.py', source: 'def twice(x):\n    return x + x\n' },
  ];
  const source = net('pass', 'return twice(x)', 'from timm.layers import twice');
  const inputs = [{ dtype: 'float32' as const, shape: [2] }];
  const { diagnostics, graph } = engine.trace(source, { file: '/w/net.py', modules, inputs });
  expect(diagnostics).toEqual([]);
  expect(graph!.nodes.map(({ op }) => op)).toEqual(['Add']);
});

test('what a mask takes from one tensor for another needs no shape', () => {
  const source = net('self.l = nn.Linear(3, 3)', 'y = self.l(x)\ny[x > 0] = y[x < 0]\nreturn y');
  const plain = net('self.l = nn.Linear(3, 3)', 'y, mask = self.l(x), x > 0\ny[mask] = x[mask]\nreturn y');
  expect(traced(plain, [2, 3])).toEqual({ outputs: ['2x3'], params: 12 });
  const { diagnostics } = engine.trace(source, { inputs: [{ dtype: 'float32', shape: [2, 3] }] });
  expect(diagnostics.map(({ code }) => code)).toEqual(['unknown-operation']);
});

test('distributions may be built for nothing; the normal one is known', () => {
  const head = 'from torch.distributions import MultivariateNormal, Normal';
  const source = net(
    'self.p = MultivariateNormal(torch.zeros(2), torch.eye(2))\nself.l = nn.Linear(2, 4)',
    'm, s = self.l(x).chunk(2, -1)\nreturn Normal(m, s.exp()).rsample()',
    head,
  );
  expect(traced(source, [3, 2])).toEqual({ outputs: ['3x2'], params: 12 });
  const used = net('self.p = MultivariateNormal(torch.zeros(2), torch.eye(2))', 'return self.p.log_prob(x)', head);
  const { diagnostics } = engine.trace(used, { inputs: [{ dtype: 'float32', shape: [3, 2] }] });
  expect(diagnostics.map(({ severity }) => severity)).toEqual(['warning']);
});

test('the compiled operators of torchvision have shapes', () => {
  const source = net(
    'self.w, self.o = nn.Parameter(torch.zeros(6, 4, 3, 3)), nn.Conv2d(4, 18, 3, padding=1)',
    `y = torch.ops.torchvision.deform_conv2d(x, self.w, self.o(x), torch.zeros(1), torch.zeros(6), 1, 1, 1, 1, 1, 1, 1, 1, False)
boxes = torch.tensor([[0, 0.0, 0.0, 4.0, 4.0], [0, 1.0, 1.0, 5.0, 5.0]])
return y, torch.ops.torchvision.roi_align(y, boxes, 0.5, 7, 7, 2, True)`,
  );
  expect(traced(source, [1, 4, 8, 8])).toEqual({ outputs: ['1x6x8x8', '2x6x7x7'], params: 6 * 36 + 18 * 37 });
});

test('an input that is split into parts has their lengths together', () => {
  const source = net(
    'self.a, self.b = nn.Linear(3, 8), nn.Linear(5, 8)',
    'p, v = torch.split(x, [3, 5], dim=-1)\nreturn self.a(p) + self.b(v)',
  );
  const { diagnostics, inputs } = engine.trace(source, {});
  expect(diagnostics).toEqual([]);
  expect(inputs[0]!.shape).toEqual([1, 8]);
});
