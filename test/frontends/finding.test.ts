/** Which model of a file is built, with what arguments, and what it is fed. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { body, expectModel, HEAD, inputsOf } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('a configuration is made up', () => {
  test('from what the classes read off it', () => {
    const source = `class Net(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        assert cfg.backbone.kind == 'plain'
${body('cfg.backbone.hidden_dim', 'cfg.num_classes')}`;
    const { model } = engine.trace(HEAD + source);
    expect(model).toMatch(/^Net\(cfg=.*kind='plain', hidden_dim=512\), num_classes=10\)\)$/);
    expectModel(engine, source, model!, [['float32', 1, 3, 32, 32]], [1, 10]);
  });

  test('with lists where it is indexed or gone through', () => {
    const source = `def make_model(args, parent=False):
    return Net(args)
class Net(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.first = nn.Conv2d(args.n_colors, args.n_feats * args.scale[0], 3)
        self.rest = nn.ModuleList([nn.Conv2d(args.n_feats * 4, k, 1) for k in args.hidden_dims])
    def forward(self, x):
        return self.rest[0](self.first(x))
`;
    const { model } = engine.trace(HEAD + source);
    expect(model).toMatch(/scale=\[4\], hidden_dims=\[64, 64, 64, 64\]/);
    expectModel(engine, source, model!, [['float32', 1, 3, 32, 32]], [1, 64, 30, 30]);
  });

  test('as a mapping where it is looked up in', () => {
    const source = `class Net(nn.Module):
    def __init__(self, params):
        super().__init__()
${body("params['hidden_dim']", "params['num_classes']")}`;
    expectModel(
      engine,
      source,
      "Net(params={'hidden_dim': 512, 'num_classes': 10})",
      [['float32', 1, 3, 32, 32]],
      [1, 10],
    );
  });

  test('from a function of the file that gives one', () => {
    const source = `class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
${body('config.dim', 'config.num_classes')}
def get_config():
    from types import SimpleNamespace
    return SimpleNamespace(dim=24, num_classes=7)
`;
    expectModel(engine, source, 'Net(config=get_config())', [['float32', 1, 3, 32, 32]], [1, 7]);
  });

  test.each([
    ['omegaconf', 'from omegaconf import OmegaConf as O\nCONFIG = O.create({"net": {"dim": 24}, "classes": 7})'],
    [
      'yacs',
      'from yacs.config import CfgNode as C\nCONFIG = C()\nCONFIG.net = C()\nCONFIG.net.dim = 24\nCONFIG.classes = 7',
    ],
    [
      'pydantic',
      `from pydantic import BaseModel, Field, field_validator
class Part(BaseModel):
    dim: int = 24
class Settings(BaseModel):
    net: Part = Field(default_factory=Part)
    classes: int = Field(gt=0)
    name: str = 'net'
    @field_validator('name')
    def check(cls, value):
        return value
CONFIG = Settings(classes=7)`,
    ],
    ['easydict', 'from easydict import EasyDict\nCONFIG = EasyDict(net=dict(dim=24), classes=7)'],
  ])('by %s', (_, made) => {
    const source = `${made}
class Net(nn.Module):
    def __init__(self, CONFIG=CONFIG):
        super().__init__()
${body('CONFIG.net.dim', 'CONFIG.classes')}`;
    expectModel(engine, source, 'Net()', [['float32', 1, 3, 32, 32]], [1, 7]);
  });
});

test('a choice that a function compares with, or looks up, is one it knows', () => {
  const source = `class Net(nn.Module):
    def __init__(self, width, num_classes):
        super().__init__()
${body('width', 'num_classes')}
def build_net(variant):
    if variant == 'tiny':
        return Net(8, 5)
    if variant not in ('small', 'large'):
        raise ValueError(variant)
    return Net({'small': 16, 'large': 32}[variant], 5)
`;
  expectModel(engine, source, "build_net(variant='tiny')", [['float32', 1, 3, 32, 32]], [1, 5]);
});

test('a class method that makes the model is called with a name that the file knows', () => {
  const source = `WIDTHS = {'net-b0': 8, 'net-b1': 16}
class Net(nn.Module):
    def __init__(self, width=None):
        super().__init__()
        assert width is not None
${body('width', '6').replace(/^/, '')}
    @classmethod
    def from_name(cls, model_name):
        return cls(WIDTHS[model_name])
`;
  expectModel(engine, source, "Net.from_name(model_name='net-b0')", [['float32', 1, 3, 32, 32]], [1, 6]);
});

test('what a failed attempt says of channels, rank, words and width is learnt', () => {
  const padded = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.conv = nn.Conv2d(5, 8, 3)
        self.first = nn.Linear(7, 7)
    def forward(self, x):
        b, c, h, w = x.shape
        return self.conv(nn.functional.pad(x, (1, 1, 1, 1)) * self.scale)
`;
  expectModel(engine, padded, 'Net()', [['float32', 1, 5, 32, 32]], [1, 8, 32, 32]);
  const flow = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 12)
    def forward(self, x):
        b, heads, n, d = x.shape
        return self.fc(x)
`;
  const { inputs, diagnostics } = engine.trace(HEAD + flow);
  expect(diagnostics).toEqual([]);
  expect(inputs[0]!.shape).toHaveLength(4);
  expect(inputs[0]!.shape.at(-1)).toBe(12);
});

test('a convolution says how many axes it takes where the first layer made is another', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 10)
        self.conv = nn.Conv1d(6, 8, 3)
    def forward(self, x):
        return self.head(self.conv(x).mean(-1))
`;
  expectModel(engine, source, 'Net()', [['float32', 1, 6, 1024]], [1, 10]);
});

test('a choice that a factory refuses all others of, and the numbers of a diffusion model, are guessed', () => {
  const source = `class Part(nn.Module):
    def __init__(self, wide, k):
        super().__init__()
        self.conv = nn.Conv2d(wide, wide * k, 1)
    def forward(self, x):
        return self.conv(x)
class Net(nn.Module):
    def __init__(self, T, ch, ch_mult, attn):
        super().__init__()
        self.first = nn.Conv2d(3, ch, 3)
        self.rest = nn.ModuleList([Part(ch, k) for k in ch_mult])
        self.table = nn.Parameter(torch.zeros(T, ch))
        assert all([i < len(ch_mult) for i in attn])
    def forward(self, x):
        return self.rest[1](self.first(x))
`;
  const model = 'Net(T=1000, ch=64, ch_mult=[1, 2, 2, 2], attn=[1])';
  expectModel(engine, source, model, [['float32', 1, 3, 32, 32]], [1, 128, 30, 30]);
  const factory = `${source}def build_net(phase, ch=8):
    if phase != 'test' and phase != 'train':
        print('unknown')
        return
    return Net(10, ch, [1, 1], [0])
`;
  expectModel(engine, factory, "build_net(phase='test')", [['float32', 1, 3, 32, 32]], [1, 8, 30, 30]);
});

test('a loss beside a model is not taken for it', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
    def forward(self, x):
        return self.conv(x)
class MarginLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.MSELoss()
    def forward(self, x, y):
        return self.inner(x, y)
`;
  expectModel(engine, source, 'Net()', [['float32', 1, 3, 32, 32]], [1, 8, 30, 30]);
  const end = "if __name__ == '__main__':\n    net = Net()\n    loss = MarginLoss()\n";
  expectModel(engine, source + end, 'Net()', [['float32', 1, 3, 32, 32]], [1, 8, 30, 30]);
});

test('what a class chooses from a table of the file is its part, not the model', () => {
  const source = `
class Net(nn.Module):
    def __init__(self, kind='plain'):
        super().__init__()
        self.mix = MIXERS[kind](8)
        self.fc = nn.Linear(8, 2)
    def forward(self, x):
        return self.fc(self.mix(x))
class Plain(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.a = nn.Linear(width, width)
    def forward(self, x):
        return self.a(x)
class Fast(Plain):
    def forward(self, x):
        return super().forward(x) * 2
MIXERS = {'plain': Plain, 'fast': Fast}
`;
  expectModel(engine, source, 'Net()', [['float32', 1, 8]], [1, 2]);
});

describe('inputs beside the first are guessed by name', () => {
  const PICTURE = `        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
`;
  const netOf = (init: string, args: string, forward: string): string => `class Net(nn.Module):
    def __init__(self):
${PICTURE}${init.replace(/^/gm, '        ')}
    def forward(self, x, ${args}):
${forward.replace(/^/gm, '        ')}
`;
  const IMAGE = ['float32', 1, 3, 32, 32];

  test('a time step that is looked up, embedded by sines, or multiplied', () => {
    const looked = netOf(
      'self.time = nn.Embedding(100, 8)',
      't',
      'return self.conv(x) + self.time(t)[:, :, None, None]',
    );
    expectModel(engine, looked, 'Net()', [IMAGE, ['int64', 1]], [1, 8, 32, 32]);
    const linear = netOf(
      'self.time = nn.Linear(1, 8)',
      'noise_level',
      'return self.conv(x) + self.time(noise_level)[:, :, None, None]',
    );
    expectModel(engine, linear, 'Net()', [IMAGE, ['float32', 1, 1]], [1, 8, 32, 32]);
    const sines = netOf(
      'self.time = nn.Linear(8, 8)',
      'timesteps',
      'args = timesteps[:, None].float() * torch.arange(4)[None]\nreturn self.conv(x) + self.time(torch.cat([args.sin(), args.cos()], -1))[:, :, None, None]',
    );
    expectModel(engine, sines, 'Net()', [IMAGE, ['int64', 1]], [1, 8, 32, 32]);
  });

  test('a table of times that is made before the first convolution is not taken for one of words', () => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.time = nn.Embedding(100, 8)
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
    def forward(self, x, t):
        return self.conv(x) + self.time(t)[:, :, None, None]
`;
    expectModel(engine, source, 'Net()', [IMAGE, ['int64', 1]], [1, 8, 32, 32]);
  });

  test('a context is as wide as the layer that takes it', () => {
    const source = netOf(
      'self.key = nn.Linear(40, 8)',
      'timesteps, context',
      'h = self.conv(x).flatten(2).transpose(1, 2)\nreturn h @ self.key(context).transpose(1, 2) + timesteps[:, None, None]',
    );
    expectModel(engine, source, 'Net()', [IMAGE, ['int64', 1], ['float32', 1, 77, 40]], [1, 1024, 77]);
  });

  test('labels, and a mask of a picture', () => {
    const source = netOf(
      'self.label = nn.Embedding(10, 8)',
      'mask, labels',
      'return self.conv(x * mask) + self.label(labels)[:, :, None, None]',
    );
    expectModel(engine, source, 'Net()', [IMAGE, ['float32', 1, 1, 32, 32], ['int64', 1]], [1, 8, 32, 32]);
  });

  test('what goes with words: a mask, segments, positions', () => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(100, 8)
        self.types = nn.Embedding(2, 8)
        self.places = nn.Embedding(512, 8)
    def forward(self, input_ids, attention_mask, token_type_ids, position_ids):
        h = self.words(input_ids) + self.types(token_type_ids) + self.places(position_ids)
        scores = h @ h.transpose(-1, -2)
        extended = (1.0 - attention_mask[:, None, :].float()) * -10000.0
        return (scores + extended).softmax(-1) @ h
`;
    const words = ['int64', 1, 128];
    const { inputs } = expectModel(engine, source, 'Net()', [words, words, words, words], [1, 128, 8]);
    expect(inputs.map(({ bound }) => bound)).toEqual([100, 2, 2, 128]);
  });

  test('a causal mask is square', () => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(100, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    def forward(self, src, src_mask):
        return self.layer(self.words(src), src_mask)
`;
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(inputsOf(result)).toEqual([
      ['int64', 1, 128],
      ['bool', 128, 128],
    ]);
  });
});

describe('sounds', () => {
  test('have as many axes as the model says, and as many channels as it has', () => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.audio_channels = 2
        self.spectral, self.temporal = nn.Conv2d(4, 8, 3, padding=1), nn.Conv1d(2, 8, 3, padding=1)
    def forward(self, x):
        if x.ndim != 3:
            raise ValueError(f"Expected the input Tensor to be 3D (batch, channel, frames). Found: {x.shape}")
        z = torch.view_as_real(torch.stft(x[0], 64, return_complex=True))
        return self.spectral(z.permute(0, 3, 1, 2).reshape(1, 4, *z.shape[1:3])), self.temporal(x)
`;
    expectModel(engine, source, 'Net()', [['float32', 1, 2, 1024]], [1, 8, 33, 65]);
  });

  test('are fed to a decoder as spectrograms, with the lengths of each sequence', () => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.tags = nn.Embedding(50, 80), nn.Embedding(9, 80)
    def forward(self, tokens, token_lengths, mel, mel_lengths, targets, target_lengths):
        ends = int(token_lengths.max()), int(mel_lengths.max()), int(target_lengths.max())
        out = [self.words(tokens)[:, : ends[0]], mel.transpose(1, 2)[:, : ends[1]]]
        return torch.cat([*out, self.tags(targets.permute(1, 0)).transpose(0, 1)[:, : ends[2]]], 1)
`;
    const words = ['int64', 1, 128];
    const inputs = [words, ['int64', 1], ['float32', 1, 80, 128], ['int64', 1], ['int64', 1, 16], ['int64', 1]];
    expectModel(engine, source, 'Net()', inputs, [1, 128 + 128 + 16, 80]);
  });
});

describe('a comment that names no model', () => {
  const source = `class Part(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.up = nn.Linear(width, 3 * width)
    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.up(x).split(C, dim=2)
        return q @ k.transpose(1, 2) @ v
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.part = nn.Embedding(50, 16), Part()
    def forward(self, idx):
        return self.part(self.words(idx))
# skipscope: input=int64:1x12:50
`;

  test('gives the input of the one that the file stands for', () => {
    expectModel(engine, source, 'Net()', [['int64', 1, 12]], [1, 12, 16]);
  });

  test('says nothing of its parts, which find their own', () => {
    const { diagnostics, graph, inputs } = engine.trace(HEAD + source, { model: 'Part()' });
    expect(diagnostics).toEqual([]);
    expect(inputs.map(({ dtype, shape }) => [dtype, shape.length, shape.at(-1)])).toEqual([['float32', 3, 16]]);
    expect(graph!.nodes.length).toBeGreaterThan(3);
  });
});

test('a layer’s own initialiser is no factory where it hands all that the layer needs on', () => {
  const source = `from torch import nn

def Conv1d(*args, **kwargs):
    layer = nn.Conv1d(*args, **kwargs)
    nn.init.kaiming_normal_(layer.weight)
    return layer

def net(*args, **kwargs):
    return Net(2, *args, **kwargs)

class Net(nn.Module):
    def __init__(self, width, depth=1):
        super().__init__()
        self.body = nn.Sequential(*[Conv1d(width, width, 1) for _ in range(depth)])
    def forward(self, x):
        return self.body(x)
`;
  const { candidates, model } = engine.trace(source);
  expect(model).toBe('net()');
  expect(candidates.map(({ expression }) => expression)).not.toContain('Conv1d()');
});

test('a configuration that is asked whether it holds a name, and how many values one has', () => {
  const source = `import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, params, n_classes=4):
        super().__init__()
        if 'dropout' not in params:
            params.dropout = 0
        self.table = nn.Parameter(torch.zeros(len(params.noise_schedule), 3))
        self.layers = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(params.residual_layers)])
        self.drop = nn.Dropout(params.dropout)
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.drop(x) * self.table.sum()
`;
  const { graph, diagnostics } = engine.trace(source);
  expect(diagnostics).toEqual([]);
  expect(graph!.nodes.filter(({ op }) => op === 'Conv')).toHaveLength(6);
});

test('layers that a plain list hides from torch tell the width', () => {
  const source = `from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stacks = [[nn.Linear(10, 10) for _ in range(2)] for _ in range(2)]
        self.all = nn.ParameterList([p for stack in self.stacks for one in stack for p in one.parameters()])
    def forward(self, backcast):
        for stack in self.stacks:
            for block in stack:
                backcast = backcast - block(backcast)
        return backcast
`;
  expectModel(engine, source, 'Net()', [['float32', 1, 10]], [1, 10]);
});

test('a sequence that is turned for a layer along its steps has as many of them', () => {
  const source = `from torch import nn

class Model(nn.Module):
    def __init__(self, seq_len=48, pred_len=12):
        super().__init__()
        self.mix = nn.Linear(seq_len, pred_len)
    def forward(self, x):
        return self.mix(x.permute(0, 2, 1)).permute(0, 2, 1)
`;
  const { inputs, diagnostics, graph } = engine.trace(source);
  expect(diagnostics).toEqual([]);
  expect(inputs[0]!.shape[1]).toBe(48);
  expect(graph!.outputs.map((id) => graph!.values[id]!.type.shape!.slice(0, 2))).toEqual([[1, 12]]);
});

test('a queue of keys: its pointer is a number, and one process gathers its own', () => {
  const source = `import torch
import torch.distributed as dist
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 4)
        self.register_buffer("queue", torch.randn(4, 16))
        self.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))
    @torch.no_grad()
    def push(self, keys):
        all = [torch.ones_like(keys) for _ in range(dist.get_world_size())]
        dist.all_gather(all, keys, async_op=False)
        keys = torch.cat(all, dim=0)
        ptr = int(self.queue_ptr)
        self.queue[:, ptr : ptr + keys.shape[0]] = keys.T
        self.queue_ptr[0] = (ptr + keys.shape[0]) % 16
    def forward(self, x):
        order = torch.randperm(x.shape[0])
        dist.broadcast(order, src=0)
        k = self.body(x[order])
        scores = torch.einsum("nc,ck->nk", [k, self.queue.clone().detach()])
        self.push(k)
        return scores
`;
  const { graph, diagnostics } = engine.trace(source, { inputs: [{ dtype: 'float32', shape: [2, 8] }] });
  expect(diagnostics).toEqual([]);
  expect(graph!.outputs.map((id) => graph!.values[id]!.type.shape)).toEqual([[2, 16]]);
});

test('a model that makes its encoders from what it is handed gets a residual network', () => {
  const source = `from torch import nn

class Contrast(nn.Module):
    def __init__(self, base_encoder, dim=16):
        super().__init__()
        self.encoder = base_encoder(num_classes=dim)
    def forward(self, im_q, im_k):
        return self.encoder(im_q), self.encoder(im_k)
`;
  const resnet = `from torch import nn

class ResNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.conv = nn.Conv2d(3, num_classes, 3)
    def forward(self, x):
        return self.conv(x).mean((2, 3))

def resnet18(**kwargs):
    return ResNet(**kwargs)
`;
  const modules = [
    { name: 'torchvision', file: 'torchvision/__init__.py', source: 'from . import models\n' },
    { name: 'torchvision.models', file: 'torchvision/models.py', source: resnet },
  ];
  const { model, graph, diagnostics } = engine.trace(source, { modules });
  expect(diagnostics).toEqual([]);
  expect(model).toBe("Contrast(base_encoder=__import__('torchvision').models.resnet18)");
  expect(graph!.outputs.map((id) => graph!.values[id]!.type.shape)).toEqual([
    [1, 16],
    [1, 16],
  ]);
});

test('features that a model takes off its input for something else are given too', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(768, 64)
        self.rows = nn.Embedding(100, 64)
    def forward(self, patches):
        rows = patches[:, :, 0].long()
        return self.project(patches[:, :, 2:]) + self.rows(rows)
`;
  const { inputs, diagnostics } = engine.trace(HEAD + source);
  expect(diagnostics).toEqual([]);
  expect(inputs[0]!.shape).toEqual([1, 16, 770]);
});

test('depths that must be a tuple, and pairs of nodes beside what lies between them', () => {
  const vit = `from torch import nn

class Drop(nn.Module):
    def __init__(self, prob=0):
        super().__init__()
    def forward(self, x):
        return x

class Net(nn.Module):
    def __init__(self, *, num_classes, dim, depth):
        super().__init__()
        assert isinstance(depth, tuple), 'a number for each stage'
        self.layers = nn.ModuleList([nn.Conv2d(3 if at == 0 else dim, dim, 1) for at in range(len(depth))])
        self.head = nn.Sequential(nn.Conv2d(dim, num_classes, 1), Drop())
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x).mean((2, 3))
`;
  expectModel(engine, vit, 'Net(num_classes=10, dim=512, depth=(2, 2, 2, 2,))', [['float32', 1, 3, 32, 32]], [1, 10]);
  const wrapper = `from torch import nn

class Field(nn.Module):
    def __init__(self, dim, num_layers=2):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(dim, dim) for _ in range(num_layers)])
    def forward(self, x):
        return self.layers(x)

class Wrapper(nn.Module):
    def __init__(self, net, latent_dim):
        super().__init__()
        assert isinstance(net, Field)
        self.net = net
    def forward(self, x):
        return self.net(x)
`;
  expectModel(engine, wrapper, 'Wrapper(net=Field(dim=512), latent_dim=100)', [['float32', 1, 512]], [1, 512]);
  const graphs = `import torch
from torch import nn

class Pairs(nn.Module):
    def __init__(self, dim=20):
        super().__init__()
        self.edges = nn.Linear(2 * dim + 1, 6)
    def forward(self, feats):
        b, n, d = feats.shape
        far = (feats[:, :, None] - feats[:, None]).pow(2).sum(-1, keepdim=True)
        i, j = torch.broadcast_tensors(feats[:, :, None], feats[:, None])
        return self.edges(torch.cat((i, j, far), dim=-1)).sum(2)
`;
  expectModel(engine, graphs, 'Pairs()', [['float32', 1, 16, 20]], [1, 16, 6]);
});

test('the one thing that forward can do without, and this model cannot, is given, whenever that turns out', () => {
  const source = `import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.steps = nn.Linear(8, 4), nn.Linear(196, 4), nn.Embedding(50, 4)
    def forward(self, x, diffusion_step, spectrogram=None):
        assert x.shape[1] == 196
        return self.a(x) + self.b(spectrogram.float()).mean() + self.steps(diffusion_step)
`;
  const { inputs, diagnostics } = engine.trace(source);
  expect(diagnostics).toEqual([]);
  expect(inputs.map(({ name, dtype }) => [name, dtype])).toEqual([
    ['x', 'float32'],
    ['diffusion_step', 'int64'],
    ['spectrogram', 'float32'],
  ]);
});

test('a class that hands all that it is given on takes what the one behind it takes', () => {
  const source = `class Config:
    width = 6
class Part(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.first = nn.Linear(4, config.width)
    def forward(self, x):
        return self.first(x)
class Fast(Part):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fast = True
    def forward(self, x):
        return super().forward(x).relu()
`;
  const { model, diagnostics } = engine.trace(HEAD + source);
  expect(diagnostics).toEqual([]);
  expect(model).toBe('Fast(Config())');
});
