"""Writes test/goldens/nn.json: layer operators in ONNX terms, with outputs and gradients by real PyTorch in float64.

Run with Debian's python3-torch: /usr/bin/python3 scripts/goldens/nn.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(7)
CASES = []


def draw(*shape, distinct=False):
    if distinct:  # No ties and nothing near one: maxima have clear gradients.
        count = torch.Size(shape).numel()
        return (torch.randperm(count).double().reshape(shape) / count * 4 - 2).round(decimals=4)
    return torch.randn(shape, dtype=torch.float64).round(decimals=2)


def tensor(value, dtype='float32'):
    shape = list(value.shape)
    flat = value.detach().double().reshape(-1).tolist()
    return {'shape': shape, 'dtype': dtype, 'data': [int(v) if v == int(v) else float(f'{v:.12g}') for v in flat]}


def case(name, op, inputs, forward, attrs=None, constants=(), gradients=True, outputs=1, flat=()):
    """`inputs`: tensors or None; `constants`: (tensor or None, dtype) that follow as compile-time constants; `flat`: inputs
    whose gradient is zero everywhere."""
    leaves = [None if x is None else x.clone().requires_grad_(gradients) for x in inputs]
    y = forward(*leaves)
    cotangent = draw(*y.shape)
    entry = {'name': name, 'op': op, 'attrs': attrs or {}, 'outputs': outputs,
             'inputs': [None if x is None else tensor(x) for x in inputs],
             'constants': [None if x is None else tensor(x, dtype) for x, dtype in constants],
             'output': tensor(y), 'cotangent': tensor(cotangent), 'gradients': []}
    if gradients:
        y.backward(cotangent)
        entry['gradients'] = [None if x is None or x.grad is None else tensor(x.grad) for x in leaves]
        for index in flat:
            assert not leaves[index].grad.any()
            entry['gradients'][index] = None
    CASES.append(entry)


def conv(name, x, w, stride=1, pads=None, dilation=1, groups=1, bias=True):
    rank = len(x) - 2
    each = lambda v: list(v) if isinstance(v, (list, tuple)) else [v] * rank
    pads = each(0) * 2 if pads is None else pads
    run = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[rank]
    torch_pads = [p for axis in reversed(range(rank)) for p in (pads[axis], pads[axis + rank])]
    case(f'conv {name}', 'Conv', [draw(*x), draw(*w)] + ([draw(w[0])] if bias else []),
         lambda a, b, c=None: run(F.pad(a, torch_pads), b, c, each(stride), 0, each(dilation), groups),
         {'strides': each(stride), 'pads': pads, 'dilations': each(dilation), 'group': groups})


conv('3×3 padded', (2, 5, 6, 6), (4, 5, 3, 3), pads=[1, 1, 1, 1])
conv('3×3 stride 2, remainder', (2, 5, 6, 6), (4, 5, 3, 3), 2, [1, 1, 1, 1])
conv('7×7 stride 2 on 3 channels', (2, 3, 11, 11), (4, 3, 7, 7), 2, [3, 3, 3, 3], bias=False)
conv('1×1', (2, 6, 4, 5), (3, 6, 1, 1))
conv('1×1 one sample', (1, 6, 4, 5), (3, 6, 1, 1), bias=False)
conv('1×1 stride 2', (2, 6, 5, 6), (3, 6, 1, 1), 2, bias=False)
conv('1×1 padded', (2, 5, 3, 3), (3, 5, 1, 1), 1, [1, 0, 1, 0])
conv('groups', (2, 6, 5, 5), (4, 3, 3, 3), 1, [1, 1, 1, 1], groups=2)
conv('groups stride 2 dilation 2', (2, 6, 8, 9), (6, 2, 3, 3), 2, [2, 2, 2, 2], 2, 3)
conv('depthwise stride 2', (2, 6, 7, 6), (6, 1, 3, 3), 2, [1, 1, 1, 1], groups=6, bias=False)
conv('dilation', (2, 5, 8, 7), (3, 5, 3, 3), 1, [2, 2, 2, 2], 2)
conv('asymmetric pads', (2, 5, 6, 5), (3, 5, 3, 2), [2, 1], [0, 1, 2, 0])
conv('stride 3, remainder 2', (1, 5, 8, 7), (3, 5, 2, 3), 3)
conv('unequal stride and dilation', (2, 3, 9, 8), (4, 3, 3, 2), [2, 3], [1, 0, 1, 2], [2, 1])
conv('1-D', (2, 5, 9), (3, 5, 3), 2, [1, 1])
conv('1-D depthwise', (2, 4, 9), (4, 1, 4), 1, [3, 0], groups=4)
conv('3-D', (1, 5, 4, 4, 5), (3, 5, 2, 3, 2), [1, 2, 2], [0, 1, 1, 1, 1, 0])


def deconv(name, x, w, stride=1, pad=0, dilation=1, groups=1, extra=0, bias=True):
    rank = len(x) - 2
    each = lambda v: list(v) if isinstance(v, (list, tuple)) else [v] * rank
    run = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[rank]
    case(f'transposed conv {name}', 'ConvTranspose', [draw(*x), draw(*w)] + ([draw(w[1] * groups)] if bias else []),
         lambda a, b, c=None: run(a, b, c, each(stride), each(pad), each(extra), groups, each(dilation)),
         {'strides': each(stride), 'pads': each(pad) * 2, 'dilations': each(dilation), 'group': groups,
          'output_padding': each(extra)})


deconv('2×2 stride 2', (2, 5, 3, 4), (5, 6, 2, 2), 2)
deconv('3×3 with output padding', (2, 5, 3, 4), (5, 6, 3, 3), 2, 1, extra=1)
deconv('groups', (2, 4, 3, 3), (4, 3, 3, 3), 2, 1, groups=2)
deconv('output padding beyond the stride', (1, 3, 3, 3), (3, 5, 2, 2), 1, 0, 3, 1, 2)
deconv('1-D', (2, 5, 4), (5, 6, 3), 3, 1, 1, 1, 2, False)

case('matrix product 2-D', 'MatMul', [draw(4, 5), draw(5, 3)], torch.matmul)
case('matrix product, rows in batches', 'MatMul', [draw(2, 4, 5), draw(5, 3)], torch.matmul)
case('matrix product batched', 'MatMul', [draw(2, 3, 4, 5), draw(2, 3, 5, 2)], torch.matmul)
case('matrix product, batches broadcast', 'MatMul', [draw(2, 1, 4, 5), draw(3, 5, 2)], torch.matmul)
case('matrix product, matrix times batch', 'MatMul', [draw(4, 5), draw(3, 5, 2)], torch.matmul)
case('matrix product, vector left', 'MatMul', [draw(5), draw(3, 5, 2)], torch.matmul)
case('matrix product, vector right', 'MatMul', [draw(3, 4, 5), draw(5)], torch.matmul)
case('matrix product of vectors', 'MatMul', [draw(5), draw(5)], torch.matmul)
case('linear', 'Gemm', [draw(4, 5), draw(3, 5), draw(3)], F.linear, {'transB': 1})
for ta in (0, 1):
    for tb in (0, 1):
        case(f'gemm {ta}{tb}', 'Gemm', [draw(*((5, 4) if ta else (4, 5))), draw(*((3, 5) if tb else (5, 3))), draw(4, 1)],
             lambda a, b, c, ta=ta, tb=tb: 0.5 * (a.T if ta else a) @ (b.T if tb else b) + 2 * c,
             {'transA': ta, 'transB': tb, 'alpha': 0.5, 'beta': 2})

for equation, *shapes in [('bij,bjk->bik', (2, 3, 4), (2, 4, 5)), ('bhid,bhjd->bhij', (2, 2, 3, 4), (2, 2, 5, 4)),
                          ('ij,kj', (3, 4), (5, 4)), ('ij->ji', (3, 4)), ('ij->i', (3, 4)), ('i,j->ij', (3,), (4,)),
                          ('bi,bi->b', (3, 4), (3, 4)), ('ii->i', (4, 4)), ('ab,bc,cd->da', (2, 3), (3, 4), (4, 5)),
                          ('bchw,oc->bohw', (2, 3, 2, 4), (5, 3)), ('ijk,jl->l', (2, 3, 4), (3, 2))]:
    case(f'einsum {equation}', 'Einsum', [draw(*s) for s in shapes], lambda *xs, e=equation: torch.einsum(e, *xs),
         {'equation': equation})
case('einsum with ellipsis', 'Einsum', [draw(2, 3, 4, 5), draw(3, 5, 2)],
     lambda a, b: torch.einsum('...ij,...jk->...ik', a, b), {'equation': '...ij,...jk->...ik'})

for name, shape in [('2-D', (4, 3)), ('3-D', (3, 2, 5)), ('4-D', (3, 2, 3, 4))]:
    channels = shape[1]
    case(f'batch norm training {name}', 'BatchNormalization', [draw(*shape), draw(channels), draw(channels)],
         lambda x, g, b: F.batch_norm(x, None, None, g, b, True, 0.1, 1e-5), {'training_mode': 1},
         [(torch.zeros(channels), 'float32'), (torch.ones(channels), 'float32')], outputs=3)
mean, var = draw(3), draw(3).abs() + 0.5
case('batch norm with stored statistics', 'BatchNormalization', [draw(2, 3, 3, 2), draw(3), draw(3)],
     lambda x, g, b: F.batch_norm(x, mean, var, g, b, False, 0.1, 1e-3), {'epsilon': 1e-3},
     [(mean, 'float32'), (var, 'float32')])
case('layer norm', 'LayerNormalization', [draw(2, 3, 5), draw(5), draw(5)],
     lambda x, g, b: F.layer_norm(x, (5,), g, b, 1e-5), {'axis': -1})
case('layer norm over two axes, no shift', 'LayerNormalization', [draw(2, 3, 5), draw(3, 5)],
     lambda x, g: F.layer_norm(x, (3, 5), g, None, 1e-6), {'axis': -2, 'epsilon': 1e-6})
case('instance norm', 'InstanceNormalization', [draw(2, 3, 4, 2), draw(3), draw(3)],
     lambda x, g, b: F.instance_norm(x, None, None, g, b))
case('group norm', 'GroupNormalization', [draw(2, 6, 3, 2), draw(6), draw(6)],
     lambda x, g, b: F.group_norm(x, 3, g, b), {'num_groups': 3})
case('group norm, scale per group', 'GroupNormalization', [draw(2, 6, 4), draw(3), draw(3)],
     lambda x, g, b: F.group_norm(x, 3, g.repeat_interleave(2), b.repeat_interleave(2)), {'num_groups': 3})
case('L2 normalisation', 'LpNormalization', [draw(3, 4, 2)], lambda x: F.normalize(x, 2, 1), {'axis': 1, 'p': 2})
case('L1 normalisation', 'LpNormalization', [draw(3, 4)], lambda x: F.normalize(x, 1, -1), {'p': 1})
case('local response norm', 'LRN', [draw(2, 6, 2, 3)], lambda x: F.local_response_norm(x, 5, 0.1, 0.75, 1.5),
     {'size': 5, 'alpha': 0.1, 'beta': 0.75, 'bias': 1.5})


def pool(name, op, x, kernel, stride, pads, run, dilation=None, ceil=0, extra=None):
    attrs = {'kernel_shape': kernel, 'strides': stride, 'pads': pads, 'ceil_mode': ceil, **(extra or {})}
    if dilation:
        attrs['dilations'] = dilation
    case(name, op, [x], run, attrs)


def max_pool(name, shape, kernel, stride, pad, dilation=None, ceil=0):
    run = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}[len(kernel)]
    pool(f'max pool {name}', 'MaxPool', draw(*shape, distinct=True), kernel, stride, pad * 2,
         lambda x: run(x, kernel, stride, pad, dilation or 1, bool(ceil)), dilation, ceil)


max_pool('3×3 stride 2', (2, 3, 8, 7), [3, 3], [2, 2], [1, 1])
max_pool('2×2', (2, 2, 6, 5), [2, 2], [2, 2], [0, 0])
max_pool('overlapping', (1, 2, 5, 5), [3, 3], [1, 1], [1, 1])
max_pool('ceil mode', (2, 2, 6, 8), [3, 3], [2, 2], [0, 0], None, 1)
max_pool('ceil mode, last window outside', (1, 2, 5, 5), [2, 2], [2, 2], [1, 1], None, 1)
max_pool('ceil mode padded', (1, 2, 6, 7), [3, 2], [2, 3], [1, 1], None, 1)
max_pool('dilation', (1, 2, 8, 7), [3, 2], [2, 1], [1, 1], [2, 3])
max_pool('1-D', (2, 3, 7), [3], [2], [1])
max_pool('3-D', (1, 2, 4, 5, 4), [2, 3, 2], [2, 2, 2], [0, 1, 0])
relu = F.relu(draw(2, 2, 7, 7))
pool('max pool of ties', 'MaxPool', relu, [3, 3], [2, 2], [1, 1, 1, 1], lambda x: F.max_pool2d(x, 3, 2, 1))
pool('max pool asymmetric pads', 'MaxPool', draw(1, 2, 5, 6, distinct=True), [3, 2], [2, 2], [0, 1, 2, 0],
     lambda x: F.max_pool2d(F.pad(x, (1, 0, 0, 2), value=-1e30), (3, 2), 2))


def average_pool(name, shape, kernel, stride, pad, count, ceil=0):
    run = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[len(kernel)]
    pool(f'average pool {name}', 'AveragePool', draw(*shape), kernel, stride, pad * 2,
         lambda x: run(x, kernel, stride, pad, bool(ceil), bool(count)), None, ceil, {'count_include_pad': count})


average_pool('2×2', (2, 3, 6, 5), [2, 2], [2, 2], [0, 0], 0)
average_pool('padding counted', (2, 2, 6, 7), [3, 3], [2, 2], [1, 1], 1)
average_pool('padding not counted', (2, 2, 6, 7), [3, 3], [2, 2], [1, 1], 0)
average_pool('ceil mode', (1, 2, 6, 7), [3, 3], [2, 2], [1, 1], 1, 1)
average_pool('ceil mode, padding not counted', (1, 2, 6, 8), [3, 3], [2, 2], [0, 0], 0, 1)
average_pool('1-D', (2, 3, 7), [3], [2], [1], 1)
average_pool('3-D', (1, 2, 4, 4, 4), [2, 2, 2], [2, 2, 2], [0, 0, 0], 0)
pool('Lp pool', 'LpPool', draw(2, 2, 6, 5), [2, 3], [2, 2], [0, 0, 0, 0],
     lambda x: (F.avg_pool2d(x * x, (2, 3), 2) * 6).sqrt(), extra={'p': 2})
case('global average pool', 'GlobalAveragePool', [draw(2, 3, 4, 5)], lambda x: F.adaptive_avg_pool2d(x, 1))
case('global max pool', 'GlobalMaxPool', [draw(2, 3, 4, 5, distinct=True)], lambda x: F.adaptive_max_pool2d(x, 1))
case('global max pool of ties', 'GlobalMaxPool', [F.relu(draw(2, 2, 3, 3) - 2)], lambda x: F.adaptive_max_pool2d(x, 1))
case('global L2 pool', 'GlobalLpPool', [draw(2, 3, 4)], lambda x: (x * x).sum(2, keepdim=True).sqrt(), {'p': 2})


def resize(name, shape, attrs, run, scales=None, sizes=None):
    constants = [(None, 'float32'), (None if scales is None else torch.tensor(scales), 'float32'),
                 (None if sizes is None else torch.tensor(sizes), 'int64')]
    case(f'resize {name}', 'Resize', [draw(*shape)], run, attrs, constants)


asymmetric = {'mode': 'nearest', 'coordinate_transformation_mode': 'asymmetric', 'nearest_mode': 'floor'}
half = {'coordinate_transformation_mode': 'pytorch_half_pixel'}
corners = {'coordinate_transformation_mode': 'align_corners'}
resize('nearest ×2', (1, 2, 3, 4), asymmetric, lambda x: F.interpolate(x, scale_factor=2), [1., 1., 2., 2.])
resize('nearest to a size', (1, 2, 4, 6), asymmetric, lambda x: F.interpolate(x, (6, 3)), sizes=[1, 2, 6, 3])
resize('bilinear', (2, 2, 3, 4), {'mode': 'linear', **half},
       lambda x: F.interpolate(x, (6, 5), mode='bilinear'), sizes=[2, 2, 6, 5])
resize('bilinear aligned corners', (1, 2, 3, 4), {'mode': 'linear', **corners},
       lambda x: F.interpolate(x, (5, 7), mode='bilinear', align_corners=True), sizes=[1, 2, 5, 7])
resize('bicubic', (1, 2, 4, 5), {'mode': 'cubic', **half},
       lambda x: F.interpolate(x, (8, 7), mode='bicubic'), sizes=[1, 2, 8, 7])
resize('linear 1-D', (1, 2, 5), {'mode': 'linear', **half},
       lambda x: F.interpolate(x, 9, mode='linear'), sizes=[1, 2, 9])
resize('bilinear antialiased', (1, 1, 7, 8), {'mode': 'linear', 'antialias': 1, **half},
       lambda x: F.interpolate(x, (3, 5), mode='bilinear', antialias=True), sizes=[1, 1, 3, 5])
case('PReLU', 'PRelu', [draw(2, 3, 2, 4), draw(3, 1, 1)], lambda x, a: F.prelu(x, a.reshape(3)))
case('PReLU, one slope', 'PRelu', [draw(2, 3, 4), draw(1)], F.prelu)

LOSSES = []
for shape in [(5, 4), (2, 3, 4), (2, 3, 2, 3)]:
    logits = (draw(*shape) * 20).requires_grad_()
    target = torch.randint(shape[1], (shape[0], *shape[2:]))
    loss = F.cross_entropy(logits, target)
    loss.backward()
    LOSSES.append({'logits': tensor(logits), 'target': tensor(target, 'int64'), 'loss': float(f'{loss.item():.14g}'),
                   'gradient': tensor(logits.grad)})

GATES = {'LSTM': (4, [0, 2, 3, 1]), 'GRU': (3, [1, 0, 2]), 'RNN': (1, [0])}


def recurrent(name, op, direction='forward', bias=True, first=False, lengths=None, length=4, batch=2, features=3, hidden=4):
    """A layer of torch.nn on ONNX's weights: gates in another order, both biases in one, directions on an axis."""
    gates, order = GATES[op]
    both = direction == 'bidirectional'
    layer = getattr(torch.nn, op)(features, hidden, bias=bias, bidirectional=both).double()

    def forward(x, w, r, b=None, _=None, h=None, c=None):
        flip = (lambda v: v.flip(0)) if direction == 'reverse' else (lambda v: v)
        reorder = lambda v: torch.cat([v.chunk(gates)[g] for g in order])
        layer._flat_weights = [reorder(v) for at in range(len(w)) for v in (w[at], r[at], *(b[at].chunk(2) if bias else ()))]
        state = None if h is None else (h, c) if op == 'LSTM' else h
        x = flip(x)
        if lengths:
            x = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        y = layer(x, state)[0]
        if lengths:
            y = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=length)[0]
        # [length, batch, directions · hidden] as ONNX's [length, directions, batch, hidden].
        return flip(y).unflatten(2, (len(w), hidden)).transpose(1, 2)

    directions = 2 if both else 1
    inputs = [draw(length, batch, features), draw(directions, gates * hidden, features), draw(directions, gates * hidden, hidden)]
    if bias or first:
        inputs.append(draw(directions, 2 * gates * hidden) if bias else None)
    if first:
        inputs += [None] + [draw(directions, batch, hidden) for _ in range(2 if op == 'LSTM' else 1)]
    attrs = {'hidden_size': hidden, 'direction': direction, **({'linear_before_reset': 1} if op == 'GRU' else {})}
    constants = [(torch.tensor(lengths), 'int32')] if lengths else []
    case(f'{op} {name}', op, inputs, forward, attrs, constants, outputs=3 if op == 'LSTM' else 2)


for op in GATES:
    recurrent('forward', op)
    recurrent('both ways, no bias', op, 'bidirectional', bias=False)
    recurrent('reverse with a first state', op, 'reverse', first=True)
    recurrent('both ways with a first state', op, 'bidirectional', first=True, length=3)
    recurrent('of sequences of unequal length', op, 'bidirectional', lengths=[2, 4, 1], batch=3)


def grid_sample(mode, padding, aligned, shape=(2, 3, 5, 4), out=(3, 6)):
    # Beyond the edges too, and nowhere that a rounding or a reflection turns.
    grid = draw(shape[0], *out, len(shape) - 2) * 0.9 + 0.0123
    inputs = [draw(*shape), grid]
    forward = lambda x, g: F.grid_sample(x, g, mode, padding, bool(aligned))
    attrs = {'mode': mode, 'padding_mode': padding, 'align_corners': aligned}
    name = f'grid sample {len(out)}-D {mode}, {padding}, aligned {aligned}'
    case(name, 'GridSample', inputs, forward, attrs, flat=(1,) if mode == 'nearest' else ())


for mode in ('bilinear', 'nearest', 'bicubic'):
    for padding in ('zeros', 'border', 'reflection'):
        for aligned in (0, 1):
            grid_sample(mode, padding, aligned)
grid_sample('bilinear', 'zeros', 0, (1, 2, 3, 4, 5), (2, 2, 3))
grid_sample('bilinear', 'reflection', 1, (1, 2, 3, 4, 5), (2, 2, 3))
grid_sample('nearest', 'border', 0, (1, 2, 3, 4, 5), (2, 2, 3))
conv('more filters than positions', (2, 5, 3, 2), (7, 5, 3, 3), pads=[1, 1, 1, 1])

path = pathlib.Path(__file__).parents[2] / 'test' / 'goldens' / 'nn.json'
rows = ',\n'.join(json.dumps(entry, ensure_ascii=False, separators=(',', ':')) for entry in CASES)
losses = ',\n'.join(json.dumps(entry, separators=(',', ':')) for entry in LOSSES)
path.write_text(f'{{"torch":"{torch.__version__}","cases":[\n{rows}\n],"losses":[\n{losses}\n]}}\n')
print(len(CASES), 'cases,', path.stat().st_size, 'bytes')
