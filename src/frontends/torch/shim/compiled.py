"""torch.* functions that take what torch.nn.functional's take in another order: that of torch's compiled code."""

import torch
from torch._tensor import call, several
from torch._unknown import Unknown
from torch.nn import functional as F
from torch.nn.modules import _recurrent as _recurrent_layers

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")
_BAGS = ("sum", "mean", "max")


def batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=False):
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled=False):
    return F.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    return F.embedding(indices, weight, None if padding_idx < 0 else padding_idx)


def embedding_bag(
    weight, indices, offsets, scale_grad_by_freq=False, mode=0, sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None
):
    found = F.embedding_bag(
        indices, weight, offsets, mode=_BAGS[mode], per_sample_weights=per_sample_weights, include_last_offset=include_last_offset, padding_idx=padding_idx
    )
    return (found, *[Unknown(f"torch.embedding_bag()[{at}]") for at in (1, 2, 3)])


def convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    rank = weight.ndim - 2
    if transposed:
        return getattr(F, f"conv_transpose{rank}d")(input, weight, bias, stride, padding, output_padding, groups, dilation)
    return getattr(F, f"conv{rank}d")(input, weight, bias, stride, padding, dilation, groups)


def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    return F.grid_sample(input, grid, _MODES[interpolation_mode], _PADDINGS[padding_mode], align_corners)


def _statistics(rows, eps):
    """Mean and inverse deviation of the last axis."""
    return rows.mean(-1, keepdim=True), (rows.var(-1, unbiased=False, keepdim=True) + eps).rsqrt()


def native_layer_norm(input, normalized_shape, weight, bias, eps):
    whole = F.layer_norm(input, normalized_shape, weight, bias, eps)
    rest = [*input.shape[: input.ndim - len(normalized_shape)]]
    parts = _statistics(input.reshape([*rest, -1]), eps)
    return (whole, *[one.reshape([*rest, *[1] * len(normalized_shape)]) for one in parts])


def native_group_norm(input, weight, bias, N, C, HxW, group, eps):
    whole = F.group_norm(input, group, weight, bias, eps)
    return (whole, *[one.squeeze(-1) for one in _statistics(input.reshape(N, group, -1), eps)])


def native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps):
    whole = F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    if not training:
        return whole, torch.empty(0), torch.empty(0)
    rows = input.transpose(0, 1).reshape(input.shape[1], -1)
    return (whole, *[one.squeeze(-1) for one in _statistics(rows, eps)])


def native_dropout(input, p, train):
    kept = torch.bernoulli(torch.full_like(input, 1 - p)).bool() if train else torch.ones_like(input, dtype=torch.bool)
    return (input * kept / (1 - p) if train else input), kept


def norm_except_dim(v, pow=2, dim=0):
    axes = [axis for axis in range(v.ndim) if axis != dim % v.ndim]
    return v.norm(pow, axes, True)


def _recurrent(mode, gates, has_cell=False):
    """Whole recurrent layers of a list of weights; their inputs are padded, not packed."""

    def run(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
        hidden, output = params[1].shape[0] // gates, params[1].shape[1]
        flags = [int(bool(one)) for one in (has_biases, batch_first, bidirectional)]
        settings = [hidden, num_layers, *flags, output if output != hidden else 0]
        states = list(hx) if has_cell else [hx]
        answer = call("rnn", [input, states, list(params), mode, settings, dropout if train else 0, None], "torch._VF")
        return several(answer, 3 if has_cell else 2)

    return run


names = {
    one.__name__: one
    for one in (
        batch_norm,
        instance_norm,
        embedding,
        embedding_bag,
        convolution,
        grid_sampler,
        native_layer_norm,
        native_group_norm,
        native_batch_norm,
        native_dropout,
        norm_except_dim,
        _recurrent_layers.lstm_cell,
        _recurrent_layers.gru_cell,
    )
}
names |= {
    "rnn_tanh_cell": _recurrent_layers.rnn_tanh_cell,
    "rnn_relu_cell": _recurrent_layers.rnn_relu_cell,
    "lstm": _recurrent("LSTM", 4, True),
    "gru": _recurrent("GRU", 3),
    "rnn_tanh": _recurrent("RNN_TANH", 1),
    "rnn_relu": _recurrent("RNN_RELU", 1),
    "grid_sampler_2d": grid_sampler,
    "grid_sampler_3d": grid_sampler,
    "affine_grid_generator": F.affine_grid,
}
vars(torch).update(names)
