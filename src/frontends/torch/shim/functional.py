"""torch.nn.functional, but for the losses, pools and attention that modules of their own add to it."""

import math

from torch._derived import fold as _fold
from torch._formats import is_static
from torch._functions import functions as _functions, whole as _whole
from torch._tensor import call, call_in_place
from torch._unknown import missing

_P = "torch.nn.functional."


def _tuple(value, count):
    if isinstance(value, (list, tuple)):
        return list(value) if len(value) != 1 or count == 1 else list(value) * count
    return [value] * count


def _lengths(count, function, **given):
    """Each argument as so many whole numbers, one after the other."""
    return [_whole(_tuple(value, count), function, name) for name, value in given.items()]


def _activation(name, *defaults, in_place=True):
    """An activation with scalar parameters, and `inplace`."""
    names = [each[0] for each in defaults]

    def fn(input, *args, **kwargs):
        inplace = kwargs.pop("inplace", False)
        values = [each[1] for each in defaults]
        for at, value in enumerate(args):
            if at < len(values):
                values[at] = value
            else:
                inplace = value
        for key, value in kwargs.items():
            if key not in names:
                raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
            values[names.index(key)] = value
        if inplace:
            return call_in_place(name, input, values, f"{_P}{name}")
        return call(name, [input, *values], f"{_P}{name}")

    fn.__name__ = name
    globals()[name] = fn
    globals()[f"{name}_"] = lambda input, *args: call_in_place(name, input, [*args, *[each[1] for each in defaults][len(args):]], f"{_P}{name}_")


for _spec in (
    ("relu",),
    ("relu6",),
    ("elu", ("alpha", 1.0)),
    ("selu",),
    ("celu", ("alpha", 1.0)),
    ("leaky_relu", ("negative_slope", 0.01)),
    ("silu",),
    ("mish",),
    ("hardswish",),
    ("hardsigmoid",),
    ("threshold", ("threshold", 0.0), ("value", 0.0)),
    ("hardtanh", ("min_val", -1.0), ("max_val", 1.0)),
    ("gelu", ("approximate", "none")),
    ("softplus", ("beta", 1.0), ("threshold", 20.0)),
    ("logsigmoid",),
    ("softsign",),
    ("tanhshrink",),
    ("softshrink", ("lambd", 0.5)),
    ("hardshrink", ("lambd", 0.5)),
    ("sigmoid",),
    ("tanh",),
):
    _activation(*_spec)
leaky_relu, relu, softplus = (globals()[name] for name in ("leaky_relu", "relu", "softplus"))


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    return leaky_relu(input, (lower + upper) / 2, inplace)


def rrelu_(input, lower=1.0 / 8, upper=1.0 / 3, training=False):
    return rrelu(input, lower, upper, training, True)


def prelu(input, weight):
    return call("prelu", [input, weight], f"{_P}prelu")


def glu(input, dim=-1):
    return call("glu", [input, dim], f"{_P}glu")


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    return call("softmax", [input if dtype is None else input.to(dtype), dim], f"{_P}softmax")


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    return softmax(-input, dim)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    return call("log_softmax", [input, dim], f"{_P}log_softmax")


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    noise = -_functions["log"](-_functions["log"](_functions["rand_like"](logits)))
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    # One of them forward, and the gradient of all.
    one = _functions["zeros_like"](soft).scatter(dim, soft.argmax(dim, keepdim=True), 1.0)
    return one - soft.detach() + soft


def _conv(name, rank, transposed=False):
    def conv(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        if isinstance(padding, str):
            if padding == "valid":
                padding = 0
            elif padding != "same":
                raise ValueError(f"Invalid padding string '{padding}', should be one of 'valid', 'same'")
        if is_static(weight.shape) and weight.ndim != rank + 2:
            raise RuntimeError(
                f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name} with a weight of {rank + 2} axes, "
                f"but got input of size: {list(input.shape)} and weight of size: {list(weight.shape)}"
            )
        stride, dilation = _lengths(rank, name, stride=stride, dilation=dilation)
        spread = padding if isinstance(padding, str) else _lengths(rank, name, padding=padding)[0]
        return call("conv", [input, weight, bias, stride, spread, dilation, groups, rank], f"{_P}{name}")

    def conv_transpose(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        given = {"stride": stride, "padding": padding, "output_padding": output_padding, "dilation": dilation}
        *parts, dilation = _lengths(rank, name, **given)
        return call("conv_transpose", [input, weight, bias, *parts, groups, dilation, rank], f"{_P}{name}")

    globals()[name] = conv_transpose if transposed else conv
    globals()[name].__name__ = name


for _rank in (1, 2, 3):
    _conv(f"conv{_rank}d", _rank)
    _conv(f"conv_transpose{_rank}d", _rank, True)


_conv1d = globals()["conv1d"]


def linear(input, weight, bias=None):
    return call("linear", [input, weight, bias], f"{_P}linear")


def bilinear(input1, input2, weight, bias=None):
    return call("bilinear", [input1, input2, weight, bias], f"{_P}bilinear")


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    return call("embedding", [input, weight, padding_idx], f"{_P}embedding")


def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
    per_sample_weights=None, include_last_offset=False, padding_idx=None,
):
    """Sums, means or largest entries of rows: of each line of indices, or of those from one offset on to the next."""
    rows = embedding(input, weight, padding_idx)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(-1)
    counted = None if padding_idx is None else input != padding_idx
    if input.ndim == 1:
        count = offsets.shape[0] - (1 if include_last_offset else 0)
        places = _functions["arange"](input.shape[0]).unsqueeze(1)
        bag = (offsets[:count].unsqueeze(0) <= places).sum(1) - 1
        reduced = {"max": "amax"}.get(mode, mode)
        if counted is not None:
            # What does not count goes to a bag of its own.
            bag = _functions["where"](counted, bag, count)
        found = _functions["zeros"](count + 1, weight.shape[1]).to(weight.dtype)
        return found.index_reduce(0, bag, rows, reduced, include_self=False)[:count]
    if counted is not None:
        rows = rows.masked_fill(~counted.unsqueeze(-1), -math.inf if mode == "max" else 0.0)
    if mode == "max":
        most = rows.amax(1)
        return most if counted is None else most.masked_fill(most == -math.inf, 0.0)
    total = rows.sum(1)
    if mode == "sum":
        return total
    return total / (input.shape[1] if counted is None else counted.sum(1, keepdim=True).clamp(min=1))


def one_hot(tensor, num_classes=-1):
    return call("one_hot", [tensor, num_classes], f"{_P}one_hot")


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05):
    answer = call("batch_norm", [input, running_mean, running_var, weight, bias, training, momentum, eps], f"{_P}batch_norm")
    if isinstance(answer, tuple):
        return answer[0]
    return answer


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-05):
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    if is_static(input.shape) and math.prod(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    return call("instance_norm", [input, weight, bias, eps], f"{_P}instance_norm")


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05):
    shape = [normalized_shape] if isinstance(normalized_shape, int) else list(normalized_shape)
    return call("layer_norm", [input, shape, weight, bias, eps], f"{_P}layer_norm")


def rms_norm(input, normalized_shape, weight=None, eps=None):
    shape = [normalized_shape] if isinstance(normalized_shape, int) else list(normalized_shape)
    return call("rms_norm", [input, shape, weight, 1.1920928955078125e-07 if eps is None else eps], f"{_P}rms_norm")


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-05):
    return call("group_norm", [input, num_groups, weight, bias, eps], f"{_P}group_norm")


def local_response_norm(input, size, alpha=0.0001, beta=0.75, k=1.0):
    return call("local_response_norm", [input, size, alpha, beta, k], f"{_P}local_response_norm")


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    return call("normalize", [input, float(p), dim, eps], f"{_P}normalize")


def cosine_similarity(x1, x2, dim=1, eps=1e-08):
    return (normalize(x1, dim=dim, eps=eps) * normalize(x2, dim=dim, eps=eps)).sum(dim)


def pairwise_distance(x1, x2, p=2.0, eps=1e-06, keepdim=False):
    return (x1 - x2 + eps).norm(p, -1, keepdim)


def pdist(input, p=2.0):
    rows, columns = _functions["triu_indices"](input.shape[0], input.shape[0], 1)
    return (input[rows] - input[columns]).norm(p, -1)


def conv_tbc(input, weight, bias, pad=0):
    """A convolution of [length, batch, channels]."""
    return _conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)


def _dropout(name):
    def dropout(input, p=0.5, training=True, inplace=False):
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        if not training or p == 0:
            return call("alias_dropout", [input, p], f"{_P}{name}") if not inplace else input
        if inplace:
            return call_in_place("dropout", input, [p, name], f"{_P}{name}")
        return call("dropout", [input, p, name], f"{_P}{name}")

    dropout.__name__ = name
    return dropout


dropout, dropout1d, dropout2d, dropout3d, alpha_dropout, feature_alpha_dropout = map(
    _dropout, ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
)


def pad(input, pad, mode="constant", value=None):
    if input.dtype.is_complex:
        return _functions["complex"](*[_pad(part, pad, mode, value) for part in (input.real, input.imag)])
    return call("pad", [input, _whole(list(pad), "pad", "pad"), mode, 0 if value is None else value], f"{_P}pad")


_pad = pad


def interpolate(
    input,
    size=None,
    scale_factor=None,
    mode="nearest",
    align_corners=None,
    recompute_scale_factor=None,
    antialias=False,
):
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    rank = input.ndim - 2
    if size is not None and not isinstance(size, (int, float, list, tuple)):
        size = list(size) if hasattr(size, "__iter__") else int(size)
    target = None if size is None else _lengths(rank, "interpolate", size=size)[0]
    factors = None if scale_factor is None else [float(one) for one in _tuple(scale_factor, rank)]
    return call("interpolate", [input, target, factors, mode, bool(align_corners)], f"{_P}interpolate")


upsample = interpolate


def upsample_nearest(input, size=None, scale_factor=None):
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input, size=None, scale_factor=None):
    return interpolate(input, size, scale_factor, "bilinear", True)


def pixel_shuffle(input, upscale_factor):
    return call("pixel_shuffle", [input, *_whole([upscale_factor], "pixel_shuffle", "upscale_factor")], f"{_P}pixel_shuffle")


def pixel_unshuffle(input, downscale_factor):
    return call("pixel_unshuffle", [input, downscale_factor], f"{_P}pixel_unshuffle")


def channel_shuffle(input, groups):
    return call("channel_shuffle", [input, groups], f"{_P}channel_shuffle")


native_channel_shuffle = channel_shuffle


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    parts = _lengths(2, "unfold", kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    return call("unfold", [input, *parts], f"{_P}unfold")


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    parts = [_tuple(one, 2) for one in (output_size, kernel_size, dilation, padding, stride)]
    return _fold(input, *parts)


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    return call("grid_sample", [input, grid, mode, padding_mode, bool(align_corners)], f"{_P}grid_sample")


def affine_grid(theta, size, align_corners=None):
    """Where the pixels of a picture of this size come from, as torch's own function composes it."""
    batch, _, *lengths = (int(one) for one in size)
    ends = [1.0 if align_corners else 1 - 1 / length for length in lengths]
    axes = [_functions["linspace"](-end if length > 1 else 0.0, end, length) for end, length in zip(ends, lengths)]
    places = [*_functions["meshgrid"](*axes)][::-1]
    base = _functions["stack"]([*places, _functions["ones"](lengths)], -1)
    base = base.reshape(1, -1, len(lengths) + 1).expand(batch, -1, -1)
    return (base @ theta.transpose(1, 2)).reshape(batch, *lengths, len(lengths))


def _dropped(name):
    return lambda input, p, train: globals()[name](input, p, train, True)


for _name in ("dropout", "alpha_dropout", "feature_alpha_dropout"):
    globals()[f"{_name}_"] = _dropped(_name)
feature_dropout, feature_dropout_ = dropout2d, _dropped("dropout2d")


__getattr__ = missing("torch.nn.functional")
