/** Arguments that nothing in the file gives, told by their names and by what the file does with them. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { loadEngine } from '../support/engine.ts';
import { expectModel, HEAD, shapeOf } from '../support/traces.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('arguments', () => {
  test('go by what ends their names, and weights are not asked for', () => {
    const source = `class Net(nn.Module):
    def __init__(self, *, image_size, dim, spatial_depth, mlp_mult, frames):
        super().__init__()
        self.first = nn.Conv2d(3, frames, 1)
        self.rest = nn.Sequential(*[nn.Conv2d(frames, frames, 1) for _ in range(spatial_depth)])
        self.last = nn.Conv2d(frames, dim * mlp_mult, 1)
    def forward(self, x):
        return self.last(self.rest(self.first(x)))
`;
    const model = 'Net(image_size=224, dim=512, spatial_depth=6, mlp_mult=4, frames=16)';
    expectModel(engine, source, model, [['float32', 1, 3, 224, 224]], [1, 2048, 224, 224]);
    const factory = `class Net(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.conv = nn.Conv2d(3, layers[0], 3)
    def forward(self, x):
        return self.conv(x)
def net8(pretrained, **kwargs):
    model = Net([8, 16])
    if pretrained:
        model.load_state_dict(torch.load(pretrained))
    return model
`;
    expectModel(engine, factory, 'net8(pretrained=False)', [['float32', 1, 3, 32, 32]], [1, 8, 30, 30]);
  });

  test('are tuples where a function of the file that they are handed to asks for one, and small patches where levels merge them', () => {
    const source = `def cast_tuple(val, depth):
    return val if isinstance(val, tuple) else ((val,) * depth)
class Net(nn.Module):
    def __init__(self, *, image_size, patch_size, num_levels, block_repeats):
        super().__init__()
        self.patch_size = patch_size
        block_repeats = cast_tuple(block_repeats, num_levels)
        self.first = nn.Conv2d(3 * patch_size ** 2, 8, 1)
        self.rest = nn.Sequential(*[nn.Conv2d(8, 8, 1) for level, count in zip(range(num_levels), block_repeats) for _ in range(count)])
    def forward(self, img):
        return self.rest(self.first(nn.functional.pixel_unshuffle(img, self.patch_size)))
`;
    const model = 'Net(image_size=224, patch_size=4, num_levels=3, block_repeats=(2, 2, 2, 2,))';
    expectModel(engine, source, model, [['float32', 1, 3, 224, 224]], [1, 8, 56, 56]);
  });

  test('that are spread into a part of the model are mappings with what that needs; asserted multiples are kept', () => {
    const source = `class Part(nn.Module):
    def __init__(self, width, n_layers, n_channels, kernel_size):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Conv2d(width, width, kernel_size, padding=1) for _ in range(n_layers)])
    def forward(self, x):
        return self.layers(x)
class Net(nn.Module):
    def __init__(self, n_group, part_config):
        super().__init__()
        assert n_group % 2 == 0
        self.conv = nn.Conv2d(3, n_group, 1)
        self.part = Part(n_group, **part_config)
    def forward(self, x):
        return self.part(self.conv(x))
`;
    const model = "Net(n_group=4, part_config={'n_layers': 6, 'n_channels': 64, 'kernel_size': 3})";
    expectModel(engine, source, model, [['float32', 1, 3, 32, 32]], [1, 4, 32, 32]);
  });

  test('are fitted to what a layer is given instead, and a part that is handed over stands for a whole that does not run', () => {
    const net = `class Net(nn.Module):
    def __init__(self, dim_in, dim_hidden, num_layers):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim_in if at == 0 else dim_hidden, dim_hidden) for at in range(num_layers)])
    def forward(self, x):
        for layer in self.layers:
            x = torch.sin(layer(x))
        return x
`;
    const places = `class Places(nn.Module):
    def __init__(self, net, image_width):
        super().__init__()
        assert isinstance(net, Net)
        self.net = net
        self.register_buffer('grid', torch.zeros(image_width, 2))
    def forward(self, img=None):
        return self.net(self.grid)
`;
    const model = 'Places(net=Net(dim_in=2, dim_hidden=512, num_layers=6), image_width=224)';
    const { model: traced, candidates, diagnostics } = engine.trace(HEAD + net + places);
    expect(diagnostics).toEqual([]);
    expect(traced).toBe(model);
    expect(candidates.map(({ expression }) => expression)).toContain(model);
    const broken = places.replace('self.net(self.grid)', 'self.net(self.grid.view(7, 11))');
    expectModel(engine, net + broken, 'Net(dim_in=64, dim_hidden=512, num_layers=6)', [['float32', 1, 64]], [1, 512]);
  });
});

test('neither a function that builds a part nor a class that stands before others is the model', () => {
  const parts = `class Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.g = nn.Parameter(torch.ones(dim, 1, 1))
    def forward(self, x):
        return x * self.g
def Merge(dim, dim_out):
    return nn.Sequential(nn.Conv2d(dim, dim_out, 3), Norm(dim_out))
class Net(nn.Module):
    def __init__(self, *, image_size, dim):
        super().__init__()
        self.layers = nn.Sequential(Merge(3, dim), Merge(dim, dim))
    def forward(self, x):
        return self.layers(x)
`;
  expectModel(engine, parts, 'Net(image_size=224, dim=512)', [['float32', 1, 3, 224, 224]], [1, 512, 220, 220]);
  const mixin = `class Flat(nn.Module):
    def forward(self, x):
        return super().forward(x.flatten(1))
class Linear(Flat, nn.Linear):
    pass
class Net(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.fc = Linear(3, options.unheard_of)
    def forward(self, x):
        return self.fc(x)
`;
  const { candidates, diagnostics } = engine.trace(HEAD + mixin);
  expect(candidates.map(({ expression }) => expression).join()).not.toContain('Flat');
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('channels that a model multiplies before its first convolution are told apart from those that it takes', () => {
  const points = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 8, 1)
    def forward(self, x):
        x = x.view(x.size(0), -1, x.size(2))
        pairs = torch.cat((x, x), 1).unsqueeze(3).repeat(1, 1, 1, 5)
        return self.conv(pairs)
`;
  expectModel(engine, points, 'Net()', [['float32', 1, 3, 1024]], [1, 8, 1024, 5]);
});

test('a packed sequence has the fields of a tuple', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(8, 16, batch_first=True)
        self.fc = nn.Linear(16, 4)
    def forward(self, x):
        packed = nn.utils.rnn.pack_padded_sequence(x, [5, 5], batch_first=True)
        hidden, _ = self.rnn(packed)
        data, sizes, *_ = hidden
        assert sizes.tolist() == [2] * 5
        return self.fc(hidden[0]) + self.fc(data)
net = Net()
y = net(torch.rand(2, 5, 8))
`;
  const result = engine.trace(HEAD + source);
  expect(result.diagnostics).toEqual([]);
  expect(shapeOf(result)).toEqual([10, 4]);
});
