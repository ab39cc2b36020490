/** Arguments that nothing in the file gives, told by their names and by what the file does with them. */

import { beforeAll, describe, expect, test } from 'vitest';
import { measureCost } from '../../src/analysis/cost.ts';
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

  test('are a word that a method compares what is kept of them with', () => {
    const source = `class Net(nn.Module):
    def __init__(self, factor_num, mode):
        super().__init__()
        self.mode = mode
        self.fc = nn.Linear(64, factor_num)
    def forward(self, x):
        if self.mode == 'both':
            return self.fc(x) * 2
        return self.fc(x)
`;
    expectModel(engine, source, "Net(factor_num=4, mode='both')", [['float32', 1, 64]], [1, 4]);
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

test('a model called like a layer is no layer, and what it is handed comes from its own method', () => {
  const source = `class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.encoder = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size)
        self.decoder = nn.Linear(hidden_size, output_size)
    def forward(self, input, hidden):
        input = self.encoder(input.view(1, -1))
        output, hidden = self.gru(input, hidden)
        return self.decoder(output.view(input.shape[1], -1)), hidden
    def init_hidden(self, batch_size):
        return torch.zeros(1, batch_size, self.hidden_size)
`;
  const { model, diagnostics } = engine.trace(HEAD + source);
  expect(diagnostics).toEqual([]);
  expect(model).toBe('RNN(input_size=10000, hidden_size=512, output_size=10)');
});

test('videos of a model that cuts them into patches have the frames and sides that it says', () => {
  const source = `class Net(nn.Module):
    def __init__(self, *, image_size, patch_size, frames, dim):
        super().__init__()
        self.patch = patch_size
        self.embed = nn.Linear(3 * patch_size ** 2, dim)
        self.places = nn.Parameter(torch.zeros(frames * (image_size // patch_size) ** 2, dim))
    def forward(self, clip):
        b, c, f, h, w = clip.shape
        p = self.patch
        x = clip.reshape(b, c, f, h // p, p, w // p, p).permute(0, 2, 3, 5, 4, 6, 1).reshape(b, -1, p * p * c)
        return self.embed(x) + self.places
`;
  const model = 'Net(image_size=224, patch_size=16, frames=16, dim=512)';
  expectModel(engine, source, model, [['float32', 1, 3, 16, 224, 224]], [1, 3136, 512]);
  const other = source.replaceAll('clip', 'img');
  expectModel(engine, other, model, [['float32', 1, 3, 16, 224, 224]], [1, 3136, 512]);
});

test('a picture needs no places of its patches, where patches that are given by themselves do', () => {
  const source = `class Net(nn.Module):
    def __init__(self, size=16):
        super().__init__()
        self.size = size
        self.embed = nn.Linear(3 * size ** 2, 64)
        self.head = nn.Linear(64, 1000)
    def forward(self, x, coordinates: Optional[torch.Tensor] = None):
        if x.ndim == 4:
            b, c, h, w = x.shape
            p = self.size
            x = x.reshape(b, c, h // p, p, w // p, p).permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)
        elif x.ndim != 3:
            raise ValueError("Expected ndim in (3, 4)")
        elif coordinates is None:
            raise ValueError("coordinates is required for patches.")
        else:
            x = x + coordinates.gather(2, torch.zeros(1, 16, 2, dtype=torch.long)).view(1, 16, 3)
        return self.head(self.embed(x).mean(1))
`;
  expectModel(engine, `from typing import Optional\n${source}`, 'Net()', [['float32', 1, 3, 224, 224]], [1, 1000]);
});

test('determinants are no products: a model has as many MACs with them as without', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4, bias=False)
    def forward(self, x):
        return self.fc(x), torch.linalg.slogdet(self.fc.weight)[1]
net = Net()
y = net(torch.rand(2, 4))
`;
  expect(measureCost(engine.trace(HEAD + source).graph!).macs).toBe(32);
});

test('the only class of a file is shown, a layer too', () => {
  const source = `class Mix(nn.Module):
    def __init__(self, chan, key_dim=64):
        super().__init__()
        self.conv = nn.Conv2d(chan, key_dim, 1)
    def forward(self, x):
        with torch.backends.cuda.sdp_kernel(enable_flash=True):
            return self.conv(x)
`;
  expectModel(engine, source, 'Mix(chan=64)', [['float32', 1, 64, 32, 32]], [1, 64, 32, 32]);
});

test('series have the steps that a model says, as many beside each other as it says', () => {
  const source = `class Model(nn.Module):
    def __init__(self, configs):
        super().__init__()
        self.seq_len, self.enc_in = configs.seq_len, configs.enc_in
        self.across = nn.Linear(configs.enc_in * 2, 4)
        self.along = nn.Linear(configs.seq_len, configs.pred_len)
    def forward(self, x_enc):
        x = x_enc.permute(0, 2, 1).reshape(-1, self.enc_in, self.seq_len)
        return self.along(x), self.across(torch.cat((x_enc, x_enc), 2))
`;
  const { diagnostics, inputs } = engine.trace(HEAD + source);
  expect(diagnostics).toEqual([]);
  expect(inputs.map(({ shape }) => shape)).toEqual([[1, 512, 7]]);
});

test('a waveform is as long as its spectrogram has frames, though something else has been added to it', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 8, 1)
        self.step = nn.Linear(1, 8)
        self.up = nn.ConvTranspose1d(80, 8, 16, stride=16)
    def forward(self, audio, diffusion_step, spectrogram):
        x = self.first(audio.unsqueeze(1)) + self.step(diffusion_step.float().unsqueeze(-1)).unsqueeze(-1)
        return x + self.up(spectrogram)
`;
  const { diagnostics, inputs } = engine.trace(HEAD + source);
  expect(diagnostics).toEqual([]);
  expect(inputs.map(({ shape }) => shape)).toEqual([[1, 256], [1], [1, 80, 16]]);
});

test('pairs of pictures are fed where the model’s own message spells their shape out', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 7, stride=2)
    def forward(self, pixel_values):
        if pixel_values.ndim != 5 or pixel_values.size(1) != 2:
            raise ValueError("Input must be a 5D tensor of shape (batch_size, 2, num_channels, height, width)")
        return self.first(pixel_values.flatten(0, 1))
`;
  const { diagnostics, inputs } = engine.trace(HEAD + source);
  expect(diagnostics).toEqual([]);
  expect(inputs.map(({ shape }) => shape)).toEqual([[1, 2, 3, 224, 224]]);
});

test('pictures beside words are several for each text where the model takes them so, and so are spectrograms', () => {
  const source = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.see = nn.Conv2d(3, 8, 4)
        self.hear = nn.Conv1d(64, 8, 3)
    def forward(self, input_ids, pixel_values, input_features):
        batch, count, channels, height, width = pixel_values.shape
        seen = self.see(pixel_values.flatten(0, 1)).mean((2, 3)).view(batch, count, -1)
        heard = self.hear(input_features).mean(-1, keepdim=True).mT
        return torch.cat((self.words(input_ids), seen, heard), 1)
`;
  const { diagnostics, inputs } = engine.trace(HEAD + source);
  expect(diagnostics).toEqual([]);
  expect(inputs.map(({ shape }) => shape)).toEqual([
    [1, 128],
    [1, 1, 3, 224, 224],
    [1, 64, 128],
  ]);
});
