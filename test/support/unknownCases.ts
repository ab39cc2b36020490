/** Models that get a number, a list or a layer from a module that cannot be had. None of them has a mistake of its own. */

/** What is unknown, the lines of `__init__` and of `forward`, the input where it is not a picture, more arguments. */
export type UnknownCase = readonly [what: string, init: string, forward: string, input?: string | null, more?: string];
export const UNKNOWN_CASES: readonly UnknownCase[] = [
  [
    "a convolution's width",
    `self.a = nn.Conv2d(3, WIDTH, 3, padding=1)
self.bn = nn.BatchNorm2d(WIDTH)
self.b = nn.Conv2d(WIDTH, 8, 1)
self.fc = nn.Linear(8, 10)`,
    `x = self.b(F.relu(self.bn(self.a(x))))
return self.fc(x.mean((2, 3)))`,
  ],
  [
    "a convolution's kernel and stride",
    `self.a = nn.Conv2d(3, 8, KERNEL, stride=STRIDE, padding=KERNEL // 2)
self.b = nn.Conv2d(8, 8, 3, padding=1)`,
    `x = self.a(x)
return x + self.b(x)`,
  ],
  [
    "a linear layer's width",
    `self.a = nn.Linear(3072, cfg.hidden)
self.fc = nn.Linear(cfg.hidden, 10)`,
    `return self.fc(F.relu(self.a(x.flatten(1))))`,
  ],
  [
    'an order of axes that is spread out',
    `self.a = nn.Conv2d(3, 8, 3)`,
    `x = self.a(x)
x = x.permute(*DIMS)
return x.mean(1)`,
  ],
  [
    'an order of axes',
    `self.a = nn.Conv2d(3, 8, 3)`,
    `x = self.a(x)
x = x.permute(DIMS)
return x.mean(1)`,
  ],
  [
    'one axis of an order',
    `self.a = nn.Conv2d(3, 8, 3)`,
    `x = self.a(x)
x = x.permute(0, N, 2, 3)
return x.transpose(1, N)`,
  ],
  [
    'the width of a view',
    `self.a = nn.Conv2d(3, 8, 3)
self.fc = nn.Linear(WIDTH * 4, 10)`,
    `x = self.a(x)
x = x.view(-1, WIDTH * 4)
return self.fc(x)`,
  ],
  [
    'a number of groups',
    `self.a = nn.Conv2d(3, 8, 3)`,
    `x = self.a(x)
b, c, h, w = x.shape
x = x.view(b, N, c // N, h, w).transpose(1, 2).reshape(b, c, h, w)
return x`,
  ],
  [
    'a number of heads',
    `self.a = nn.Linear(32, WIDTH)
self.h = N
self.d = WIDTH // N`,
    `b, c, h, w = x.shape
q = self.a(x).view(b, -1, self.h, self.d).transpose(1, 2)
a = (q @ q.transpose(-2, -1)) * self.d ** -0.5
a = a.softmax(-1)
return (a @ q).transpose(1, 2).reshape(b, -1, WIDTH)`,
  ],
  [
    'how many layers there are',
    `self.a = nn.ModuleList([nn.Conv2d(3, 3, 3, padding=1) for _ in range(N)])
self.fc = nn.Linear(3, 10)`,
    `for m in self.a:
    x = x + m(x)
return self.fc(x.mean((2, 3)))`,
  ],
  [
    'how many layers a chain has',
    `self.a = nn.Sequential(*[nn.Conv2d(3 if i == 0 else 8, 8, 3, padding=1) for i in range(N)])
self.fc = nn.Linear(8, 10)`,
    `x = self.a(x)
return self.fc(x.mean((2, 3)))`,
  ],
  [
    'a loop over layers by index',
    `self.a = nn.ModuleList([nn.Conv2d(3, 3, 3, padding=1) for _ in range(N)])
self.n = N`,
    `for i in range(self.n):
    x = x + self.a[i](x)
return self.a[-1](x)`,
  ],
  [
    'a list of widths',
    `layers = []
last = 3
for w in cfg.widths:
    layers.append(nn.Conv2d(last, w, 3))
    last = w
self.f = nn.Sequential(*layers)
self.fc = nn.Linear(last, 10)`,
    `x = self.f(x)
return self.fc(x.mean((2, 3)))`,
  ],
  [
    'pairs of widths',
    `self.f = nn.ModuleList()
for i, (a, b) in enumerate(zip(cfg.widths[:-1], cfg.widths[1:])):
    self.f.append(nn.Conv2d(a, b, 3))
self.fc = nn.Linear(cfg.widths[-1], 10)`,
    `for m in self.f: x = m(x)
return self.fc(x.mean((2, 3)))`,
  ],
  [
    'the end of a slice',
    `self.a = nn.Conv2d(3, 8, 3)`,
    `x = self.a(x)
x = x[:, :N]
y = x[:, N:]
return torch.cat([x, y], 1) + self.a.weight.sum()`,
  ],
  [
    'an index',
    `self.a = nn.Conv2d(3, 8, 3)`,
    `x = self.a(x)
x = x[:, N]
return x[N, 0].sum(N)`,
  ],
  [
    'how often a list is repeated',
    `blocks = [2] * N
self.f = nn.ModuleList([nn.Conv2d(3, 3, 1) for b in blocks])
self.p = nn.Parameter(torch.zeros(*([1] * N)))`,
    `for m in self.f: x = m(x)
return x + self.p`,
  ],
  [
    'sizes of drawn parameters and of buffers',
    `self.p = nn.Parameter(torch.empty(N, 3))
nn.init.xavier_uniform_(self.p)
nn.init.trunc_normal_(self.p, std=.02)
self.register_buffer('b', torch.arange(N))
self.register_buffer('m', torch.tril(torch.ones(N, N)).view(1, 1, N, N))`,
    `x = x.mean((2, 3)) @ self.p.t()
return x + self.b`,
  ],
  [
    'words, widths and positions',
    `self.e = nn.Embedding(cfg.vocab, cfg.dim)
self.pos = nn.Embedding(cfg.len, cfg.dim)
self.l = nn.LayerNorm(cfg.dim)
self.fc = nn.Linear(cfg.dim, cfg.vocab, bias=False)
self.fc.weight = self.e.weight`,
    `b, t = x.size()
x = self.e(x) + self.pos(torch.arange(t))
assert t <= cfg.len
return self.fc(self.l(x))`,
    'int64:1x16:10',
  ],
  [
    'attention',
    `self.a = nn.MultiheadAttention(cfg.dim, cfg.heads, batch_first=True)
self.i = nn.Linear(3, cfg.dim)
self.t = nn.TransformerEncoder(nn.TransformerEncoderLayer(cfg.dim, cfg.heads, cfg.ff), cfg.layers)`,
    `x = self.i(x.flatten(2).transpose(1, 2))
y, w = self.a(x, x, x)
return self.t(x + y)`,
  ],
  [
    'an LSTM',
    `self.a = nn.LSTM(32, cfg.hidden, cfg.layers, batch_first=True, bidirectional=cfg.bi)
self.fc = nn.Linear(cfg.hidden * 2, 10)`,
    `x = x.mean(1)
y, (h, c) = self.a(x)
return self.fc(y[:, -1])`,
  ],
  [
    'a GRU and its cell',
    `self.a = nn.GRU(32, cfg.hidden, cfg.layers)
self.c = nn.GRUCell(32, cfg.hidden)
self.fc = nn.Linear(cfg.hidden * 2, 10)`,
    `x = x.mean(1)
y, h = self.a(x)
z = self.c(x[0])
return self.fc(torch.cat([y[-1], h[-1]], -1)) + z`,
  ],
  [
    'sizes of pictures',
    `self.a = nn.Upsample(size=(N, N))
self.b = nn.AdaptiveAvgPool2d(N)
self.p = nn.MaxPool2d(KERNEL, STRIDE)
self.r = nn.PixelShuffle(N)`,
    `x = self.a(x)
x = F.interpolate(x, scale_factor=N)
x = F.pad(x, (N, N, N, N))
x = self.p(x)
x = F.avg_pool2d(x, KERNEL)
x = self.b(x)
return self.r(x)`,
  ],
  [
    'a concatenated skip',
    `self.a = nn.Conv2d(3, WIDTH, 3, padding=1)
self.b = nn.Conv2d(WIDTH, 16, 3, padding=1)
self.c = nn.Conv2d(WIDTH + 16, 8, 1)`,
    `a = self.a(x)
b = self.b(a)
return self.c(torch.cat([a, b], dim=1))`,
  ],
  [
    'patches',
    `self.cls = nn.Parameter(torch.zeros(1, 1, WIDTH))
self.patch = nn.Conv2d(3, WIDTH, KERNEL, KERNEL)
self.n = (32 // KERNEL) ** 2
self.pos = nn.Parameter(torch.zeros(1, self.n + 1, WIDTH))
self.norm = nn.LayerNorm(WIDTH)
self.head = nn.Linear(WIDTH, 10)`,
    `b = x.shape[0]
x = self.patch(x).flatten(2).transpose(1, 2)
x = torch.cat([self.cls.expand(b, -1, -1), x], 1) + self.pos
return self.head(self.norm(x)[:, 0])`,
  ],
  [
    'parts of a tensor',
    `self.a = nn.Conv2d(3, 8, 3, padding=1)`,
    `a, b = self.a(x).chunk(N, dim=1)
c, d = torch.split(x, N, 1)
e = x.split([N, 3 - N], dim=1)
return a * b, c, d, e[0]`,
  ],
  [
    'groups, a rate, padding and an activation by name',
    `self.a = nn.GroupNorm(N, 3)
self.d = nn.Dropout(cfg.drop)
self.g = nn.Conv2d(3, 3, 3, groups=N, padding=cfg.pad)
self.act = getattr(nn, cfg.act)()
self.act2 = cfg.act_layer()`,
    `x = self.d(self.a(x))
x = self.act(self.g(x))
return self.act2(x)`,
  ],
  [
    'arithmetic on widths',
    `w = int(WIDTH * 0.5)
d = max(1, round(N * 0.33))
w2 = max(WIDTH, 16)
self.a = nn.Conv2d(3, w, 1)
self.f = nn.Sequential(*[nn.Conv2d(w, w, 1) for _ in range(d)])
self.c = nn.Conv2d(w, w2, 1)
import math
self.e = nn.Conv2d(w2, math.ceil(WIDTH / 8) * 8, 1)
self.g = nn.Linear(math.ceil(WIDTH / 8) * 8, 10)`,
    `x = self.e(self.c(self.f(self.a(x))))
return self.g(x.mean((2, 3)))`,
  ],
  [
    'a schedule of rates',
    `dpr = [x.item() for x in torch.linspace(0, cfg.drop_path, sum(cfg.depths))]
self.f = nn.ModuleList([nn.Conv2d(3, 3, 1) for i in range(len(cfg.depths))])
self.g = nn.ModuleList([nn.Conv2d(3, 3, 1) for i in range(cfg.depths[0])])`,
    `for f in self.f: x = f(x)
for g in self.g: x = g(x)
return x`,
  ],
  [
    'a nested configuration',
    `c = cfg['model']
self.a = nn.Conv2d(c['in'], c['out'], 3)
self.l = nn.Sequential(*[nn.Linear(a, b) for a, b in c['sizes']])
for k, v in cfg.items():
    setattr(self, k, v)
if c.get('x', None) is not None:
    self.z = nn.Linear(3, c['x'])
if cfg.deep:
    self.q = nn.Conv2d(c['out'], 3, 1)
else:
    self.q = nn.Conv2d(c['out'], 5, 1)`,
    `x = self.a(x)
return self.q(x)`,
  ],
  [
    'a layer made elsewhere',
    `self.a = build(3, 64)
self.b = nn.Conv2d(64, 10, 1)
self.fc = nn.Linear(self.a.out_channels, 10)
self.c = nn.Conv2d(self.b.out_channels, get_channels('x'), 1)`,
    `x = self.a(x)
y = self.b(x)
y = self.c(y)
return self.fc(x.flatten(1)), y`,
  ],
  [
    'sizes read off layers',
    `self.a = nn.Conv2d(3, WIDTH, 1)
self.b = nn.Conv2d(self.a.out_channels, self.a.weight.shape[0] * 2, 1)
self.c = nn.Linear(self.b.weight.size(0), 10)`,
    `x = self.b(self.a(x))
b, c, h, w = x.size()
x = x.view(b, c, h * w).mean(-1)
return self.c(x)`,
  ],
  [
    'a table of relative positions',
    `self.w = cfg.window
self.qkv = nn.Linear(3, 9)
self.t = nn.Parameter(torch.zeros((2 * cfg.window - 1) * (2 * cfg.window - 1), 3))
ch = torch.arange(cfg.window)
cw = torch.arange(cfg.window)
coords = torch.stack(torch.meshgrid([ch, cw]))
flat = torch.flatten(coords, 1)
rel = flat[:, :, None] - flat[:, None, :]
rel = rel.permute(1, 2, 0).contiguous()
rel[:, :, 0] += cfg.window - 1
rel[:, :, 0] *= 2 * cfg.window - 1
self.register_buffer('rel', rel.sum(-1))`,
    `x = x.permute(0, 2, 3, 1)
B, H, W, C = x.shape
x = x.view(B, H // self.w, self.w, W // self.w, self.w, C)
x = x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, self.w, self.w, C)
x = x.view(-1, self.w * self.w, C)
n = x.shape[1]
qkv = self.qkv(x).reshape(x.shape[0], n, 3, 3, 1).permute(2, 0, 3, 1, 4)
q, k, v = qkv[0], qkv[1], qkv[2]
a = q @ k.transpose(-2, -1)
bias = self.t[self.rel.view(-1)].view(self.w * self.w, self.w * self.w, -1).permute(2, 0, 1)
a = a + bias.unsqueeze(0)
return (a @ v).transpose(1, 2).reshape(x.shape[0], n, C)`,
  ],
  [
    'a width, with the input found',
    `self.a = nn.Conv2d(3, WIDTH, 3, padding=1)
self.b = nn.Conv2d(WIDTH, 8, 1)
self.fc = nn.Linear(8, 10)`,
    `x = self.b(F.relu(self.a(x)))
return self.fc(x.mean((2, 3)))`,
    null,
  ],
  [
    "the input's channels",
    `self.a = nn.Conv2d(N, 16, 3, padding=1)
self.b = nn.Conv2d(16, 16, 3, padding=1)
self.fc = nn.Linear(16, 10)`,
    `x = self.a(x)
x = x + self.b(x)
return self.fc(x.mean((2, 3)))`,
    null,
  ],
  [
    "the input's words",
    `self.e = nn.Embedding(N, WIDTH)
self.fc = nn.Linear(WIDTH, 10)`,
    `return self.fc(self.e(x).mean(1))`,
    null,
  ],
  [
    "the input's width",
    `self.a = nn.Linear(N, 16)
self.b = nn.Linear(16, 16)`,
    `x = self.a(x)
return x + self.b(x)`,
    null,
  ],
  [
    'a default argument',
    `self.a = nn.Conv2d(3, width, 3, padding=1)
self.b = nn.Conv2d(width, 8, 1)
self.c = nn.ConvTranspose2d(8, width, 2, 2)
self.d = nn.Conv1d(width, 4, 3)
self.e = nn.Bilinear(3, 3, width)`,
    `x = self.c(self.b(self.a(x)))
return self.d(x.flatten(2))`,
    '1x3x32x32',
    ', width=WIDTH',
  ],
  [
    'a computed number of features',
    `self.a = nn.Conv2d(3, 6, KERNEL)
self.s = (32 - KERNEL + 1) // 2
self.fc = nn.Linear(6 * self.s * self.s, 10)`,
    `x = F.max_pool2d(self.a(x), 2)
x = x.view(x.size(0), -1)
return self.fc(x)`,
  ],
  [
    'numbers of functions on axes',
    `self.fc = nn.Linear(3, 10)`,
    `x = x.mean((2, 3))
x = x.repeat(N, 1)
x = x.unsqueeze(N)
x = x.squeeze(N)
x = x.view(N, -1, 3)
idx = torch.zeros(N, dtype=torch.long)
y = x[idx]
z = torch.zeros(N, 3) + x
x = torch.roll(x, N, 1)
x = x.repeat_interleave(N, dim=0)
x = torch.flip(x, [N])
return self.fc(x).sum(dim=N), y, z`,
  ],
  [
    'sizes of functions on elements',
    `self.fc = nn.Linear(3, 10)`,
    `x = self.fc(x.mean((2, 3)))
v, i = x.topk(N, dim=-1)
w = x.gather(1, i)
o = F.one_hot(i, N)
m = x.max(dim=N)[0]
p = F.pad(x, [0, N])
q = x.unfold(1, N, N)
r = F.unfold(x[None, None], N)
return v, w, o, m, p, q, r, x.narrow(1, 0, N), torch.full((2, N), 1.0) , torch.eye(N), F.softmax(x, dim=N), x.norm(dim=N), torch.stack([x] * N, 0), torch.cat([x for _ in range(N)], 1)`,
  ],
  [
    'a choice that is refused',
    `if WIDTH > 64:
    self.a = nn.Conv2d(3, 64, 1)
else:
    self.a = nn.Conv2d(3, WIDTH, 1)
if KERNEL == 3:
    p = 1
elif KERNEL == 1:
    p = 0
else:
    raise ValueError('kernel')
self.b = nn.Conv2d(64, 64, 3, padding=p)`,
    `return self.b(self.a(x))`,
  ],
  [
    'what is asserted',
    `assert cfg.dim % cfg.heads == 0
assert cfg.kind in ('a', 'b')
assert len(cfg.widths) == 4
assert isinstance(cfg.dim, int)
self.a = nn.Linear(32, cfg.dim)
self.h = cfg.heads`,
    `b, c, n, d = x.shape
q = self.a(x)
assert q.shape[-1] % self.h == 0
return q`,
  ],
  [
    'unpacked widths and stages',
    `self.fc = nn.Linear(3, 10)
a, b, c = cfg.triple
self.m = nn.Conv2d(3, a, 1)
self.n = nn.Conv2d(a, b, c)
d = cfg.stages[1:]
self.o = nn.ModuleList(nn.Conv2d(b, w, 1) for w in d)
self.p = nn.ModuleDict({k: nn.Conv2d(b, 1, 1) for k in cfg.names})
self.s = nn.Conv2d(b, sum(d), 1)
self.l = [None] * len(cfg.stages)`,
    `x = self.n(self.m(x))
ys = [o(x) for o in self.o]
y = torch.cat(ys, 1)
z = self.p['a'](x)
return self.s(x), ys[0], y, z`,
  ],
];
