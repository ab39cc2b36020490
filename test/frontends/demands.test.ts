/** What a model asks of the arguments that nothing in its file gives: asserts, tables, parts that they are handed to, shapes. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { expectModel, HEAD, shapeOf } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('arguments are', () => {
  test('numbers for which all holds that is asserted of them and of what is counted from them', () => {
    const source = `class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        depth = config['depth']
        channels = config['base_channels']
        block_type = config['block_type']
        assert block_type in ['basic', 'bottleneck']
        if block_type == 'basic':
            each = (depth - 2) // 6
            assert each * 6 + 2 == depth
        else:
            each = (depth - 2) // 9
            assert each * 9 + 2 == depth
        input_shape = config['input_shape']
        self.first = nn.Conv2d(input_shape[1], channels, 3)
        self.rest = nn.Sequential(*[nn.Conv2d(channels, channels, 1) for _ in range(each)])
        with torch.no_grad():
            width = self.rest(self.first(torch.zeros(*input_shape))).view(-1).shape[0]
        self.last = nn.Linear(width, config['n_classes'])
    def forward(self, x):
        return self.last(self.rest(self.first(x)).flatten(1))
`;
    const model =
      "Net(config={'depth': 20, 'base_channels': 64, 'block_type': 'basic', 'input_shape': (1, 3, 32, 32), 'n_classes': 10})";
    expectModel(engine, source, model, [['float32', 1, 3, 32, 32]], [1, 10]);
  });

  test('keys of the tables in which a configuration is looked up', () => {
    const source = `class Net(nn.Module):
    def __init__(self, configs):
        super().__init__()
        self.freq = configs.freq
        widths = {'h': 4, 't': 5}
        for task in range(2):
            if task == 1 and (configs.task == 'forecast' or configs.task == 'other'):
                self.first = nn.Linear(widths[self.freq], configs.d_model)
        if configs.task == 'impute':
            self.first = nn.Linear(widths[self.freq], 2)
    def forward(self, x):
        return self.first(x)
`;
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(result.model).toBe("Net(configs=__import__('argparse').Namespace(freq='h', task='forecast', d_model=512))");
  });

  test('as many words as usual where a configuration leaves them open', () => {
    const source = `from dataclasses import dataclass
@dataclass
class ModelArgs:
    dim: int = 8
    vocab_size: int = -1
class Net(nn.Module):
    def __init__(self, args: ModelArgs):
        super().__init__()
        assert args.vocab_size != -1, 'the vocabulary must be known'
        self.table = nn.Embedding(args.vocab_size, args.dim)
    def forward(self, tokens: torch.Tensor, start_pos: int):
        assert tokens.shape[1] == 1, 'one token at a time'
        return self.table(tokens)
`;
    expectModel(engine, source, 'Net(ModelArgs(vocab_size=10000))', [['int64', 1, 1]], [1, 1, 8]);
  });

  test('lists where a part that they are handed to takes them for several, as they come', () => {
    const source = `class Mlp(nn.Module):
    def __init__(self, width, sizes):
        super().__init__()
        layers = []
        for size in sizes:
            layers.append(nn.Linear(width, size))
            width = size
        self.layers = nn.Sequential(*layers)
    def forward(self, x):
        return self.layers(x)
class Cut(nn.Module):
    def __init__(self, patch_size):
        super().__init__()
        patch_size = (patch_size, patch_size)
        self.conv = nn.Conv2d(3, 8, patch_size[0], stride=patch_size[1])
    def forward(self, x):
        return self.conv(x).mean((2, 3))
class Net(nn.Module):
    def __init__(self, patch_size, mlp_dims, dropouts):
        super().__init__()
        self.cut = Cut(patch_size)
        self.mlp = Mlp(8, mlp_dims)
        self.drop = nn.Dropout(dropouts[1])
    def forward(self, x):
        return self.drop(self.mlp(self.cut(x)))
`;
    const model = 'Net(patch_size=16, mlp_dims=[64, 64, 64, 64], dropouts=[0.1, 0.1, 0.1, 0.1])';
    expectModel(engine, source, model, [['float32', 1, 3, 224, 224]], [1, 64]);
  });

  test('lists by other names of them, those that a part keeps and takes one out of later, and names in capitals', () => {
    const source = `class Part(nn.Module):
    def __init__(self, dropouts):
        super().__init__()
        self.dropouts = dropouts
    def forward(self, x):
        return nn.functional.dropout(x, self.dropouts[1], self.training)
class Net(nn.Module):
    def __init__(self, args, growthRate, bottleneck, dropouts):
        super().__init__()
        width, mult = args.model.ch, tuple(args.model.ch_mult)
        sizes = args.model.kernel_sizes
        self.convs = nn.ModuleList([nn.Conv2d(3, growthRate, size) for size in sizes])
        self.part = Part(dropouts)
        self.last = nn.Linear(growthRate * len(sizes), width * len(mult) + bottleneck)
    def forward(self, x):
        return self.last(self.part(torch.cat([conv(x).mean((2, 3)) for conv in self.convs], 1)))
`;
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(result.model).toContain('growthRate=32, bottleneck=True, dropouts=[0.1, 0.1, 0.1, 0.1])');
    expect(result.model).toContain('kernel_sizes=[3, 4, 5], ch=64, ch_mult=[1, 2, 2, 2]');
    expect(shapeOf(result)).toEqual([1, 257]);
  });

  test('equal where a model adds what they are the widths of', () => {
    const source = `class Net(nn.Module):
    def __init__(self, num_channels, num_features, growth_rate):
        super().__init__()
        self.first = nn.Conv2d(num_channels, num_features, 3, padding=1)
        self.grow = nn.Conv2d(num_features, growth_rate, 3, padding=1)
    def forward(self, x):
        x = self.first(x)
        return x + self.grow(x)
`;
    const model = 'Net(num_channels=3, num_features=32, growth_rate=32)';
    expectModel(engine, source, model, [['float32', 1, 3, 32, 32]], [1, 32, 32, 32]);
    const wrong = `class Net(nn.Module):
    def __init__(self, num_channels, num_features):
        super().__init__()
        self.first = nn.Conv2d(num_channels, num_features, 3, padding=1)
        self.grow = nn.Conv2d(num_features, 48, 3, padding=1)
        self.last = nn.Conv2d(48, num_features // 2, 3, padding=1)
    def forward(self, x):
        x = self.first(x)
        return x + self.last(self.grow(x))
`;
    const { model: kept, graph } = engine.trace(HEAD + wrong);
    expect(kept).toBe('Net(num_channels=3, num_features=64)');
    expect(graph!.nodes.flatMap(({ problems }) => problems)).toHaveLength(1);
  });
});

describe('models that are', () => {
  test('made by an agent, which is none itself, are found', () => {
    const source = `class Actor(nn.Module):
    def __init__(self, state_dim, action_dim, max_action):
        super().__init__()
        self.first = nn.Linear(state_dim, 40)
        self.last = nn.Linear(40, action_dim)
        self.max_action = max_action
    def forward(self, state):
        return self.max_action * torch.tanh(self.last(torch.relu(self.first(state))))
class Agent:
    def __init__(self, state_dim, action_dim, max_action):
        self.actor = Actor(state_dim, action_dim, max_action)
        self.target = Actor(state_dim, action_dim, max_action)
`;
    expectModel(engine, source, 'Actor(state_dim=8, action_dim=4, max_action=1.0)', [['float32', 1, 8]], [1, 4]);
  });

  test('fed series, as the configuration that they are made with tells', () => {
    const source = `class Part(nn.Module):
    def __init__(self, configs):
        super().__init__()
        self.steps = nn.Linear(configs.seq_len, configs.seq_len)
        self.series = nn.Linear(configs.enc_in, configs.enc_in)
    def forward(self, x):
        return self.series(x + self.steps(x.transpose(1, 2)).transpose(1, 2))
class Net(nn.Module):
    def __init__(self, configs):
        super().__init__()
        self.part = Part(configs)
        self.last = nn.Linear(configs.seq_len, configs.pred_len)
    def forward(self, x_enc, x_mark_enc, x_dec, x_mark_dec, mask=None):
        return self.last(self.part(x_enc).transpose(1, 2)).transpose(1, 2)
`;
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(result.inputs[0]!.shape).toEqual([1, 512, 7]);
    expect(shapeOf(result)).toEqual([1, 96, 7]);
  });

  test('made for pictures of one size are given that size: what a layer takes of them, or what is joined to them, tells it', () => {
    const laid = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 16, 8, stride=4, padding=1)
        self.second = nn.Conv2d(16, 32, 4, stride=2, padding=2)
        self.last = nn.Linear(3872, 5)
    def forward(self, x):
        x = self.second(self.first(x))
        return self.last(x.view(x.size(0), -1))
`;
    expectModel(engine, laid, 'Net()', [['float32', 1, 1, 85, 85]], [1, 5]);
    const joined = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 1)
        self.last = nn.Conv2d(9, 8, 4)
    def forward(self, x):
        x = self.first(x)
        return self.last(torch.cat([x, x.mean().expand(x.size(0), 1, 4, 4)], 1))
`;
    expectModel(engine, joined, 'Net()', [['float32', 1, 3, 4, 4]], [1, 8, 1, 1]);
  });

  test('made for the characters of a text that is not read are made of the usual ones', () => {
    const source = `import os, subprocess
if not os.path.exists('input.txt'):
    output = subprocess.check_output(['wget', 'https://example.org/input.txt'])
    print(output.decode())
with open('input.txt', 'r', encoding='utf-8') as f:
    text = f.read()
chars = sorted(list(set(text)))
places = {char: at for at, char in enumerate(chars)}
data = torch.tensor([places[char] for char in text], dtype=torch.long)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(len(chars), 8)
        self.last = nn.Linear(8, len(chars))
    def forward(self, index):
        return self.last(self.table(index))
net = Net()
`;
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning unread-file']);
    expect(shapeOf(result)).toEqual([1, 128, 100]);
  });

  test('run again and again by the file itself are traced all the same', () => {
    const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 8)
        self.last = nn.Linear(8, 10)
    def forward(self, index):
        return self.last(self.table(index))
    def generate(self, index, count):
        for _ in range(count):
            index = torch.cat([index, self(index)[:, -1:].argmax(-1)], 1)
        return index
net = Net()
print(net.generate(torch.zeros(1, 4, dtype=torch.long), 100000))
after = Net()
`;
    const result = engine.trace(HEAD + source);
    expect(result.diagnostics).toEqual([]);
    expect(shapeOf(result)).toEqual([1, 128, 10]);
  });
});

test('a preset that is looked up for some configurations only is not what a configuration names', () => {
  const source = `class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Linear(width, width)
    def forward(self, x):
        return x + self.a(x)
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        named = config.model_type is not None
        given = config.n_embd is not None and config.vocab_size is not None
        assert named ^ given
        if named:
            config.update({'small': dict(n_embd=16, vocab_size=50)}[config.model_type])
        self.table = nn.Embedding(config.vocab_size, config.n_embd)
        self.block = Block(config.n_embd)
    def forward(self, index):
        return self.block(self.table(index))
`;
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(result.model).toMatch(/^Net\(/);
});
