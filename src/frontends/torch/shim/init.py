"""torch.nn.init: first values, recorded as distributions."""

import functools
import math

from torch._formats import is_static
from torch._fresh import set_init
from torch._tensor import Tensor
from torch._unknown import Unknown, missing


def calculate_gain(nonlinearity, param=None):
    if nonlinearity in ("linear", "sigmoid") or nonlinearity.startswith("conv"):
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _scaled(fn):
    """An initialisation whose scale comes from the tensor's lengths; where one is not known, so is what it draws."""

    @functools.wraps(fn)
    def draw(tensor, *args, **kwargs):
        if isinstance(tensor, Unknown) or not is_static(tensor.shape):
            return tensor
        return fn(tensor, *args, **kwargs)

    return draw


def _calculate_fan_in_and_fan_out(tensor):
    shape = tensor.shape
    if len(shape) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def _calculate_correct_fan(tensor, mode):
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode == "fan_in" else fan_out


def _set(tensor, init):
    if isinstance(tensor, Unknown):
        return tensor
    if not isinstance(tensor, Tensor):
        raise TypeError(f"expected a Tensor, not {type(tensor).__name__}")
    return set_init(tensor, init)


def uniform_(tensor, a=0.0, b=1.0, generator=None):
    return _set(tensor, {"kind": "uniform", "low": float(a), "high": float(b)})


def normal_(tensor, mean=0.0, std=1.0, generator=None):
    return _set(tensor, {"kind": "normal", "mean": float(mean), "std": float(std)})


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    return _set(
        tensor,
        {"kind": "truncatedNormal", "mean": float(mean), "std": float(std), "low": float(a), "high": float(b)},
    )


def constant_(tensor, val):
    return _set(tensor, {"kind": "constant", "value": float(val)})


def ones_(tensor):
    return constant_(tensor, 1)


def zeros_(tensor):
    return constant_(tensor, 0)


def eye_(tensor):
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _set(tensor, {"kind": "eye"})


def dirac_(tensor, groups=1):
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    return _set(tensor, {"kind": "dirac", "groups": groups})


def orthogonal_(tensor, gain=1, generator=None):
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    return _set(tensor, {"kind": "orthogonal", "gain": float(gain)})


def sparse_(tensor, sparsity, std=0.01, generator=None):
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _set(tensor, {"kind": "sparse", "sparsity": float(sparsity), "std": float(std)})


@_scaled
def xavier_uniform_(tensor, gain=1.0, generator=None):
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound)


@_scaled
def xavier_normal_(tensor, gain=1.0, generator=None):
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / (fan_in + fan_out)))


def _kaiming_std(tensor, a, mode, nonlinearity):
    return calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))


@_scaled
def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    if 0 in tensor.shape:
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


@_scaled
def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


# The names of torch before 0.4 still work in torch.
uniform, normal, constant, eye, dirac = uniform_, normal_, constant_, eye_, dirac_
xavier_uniform, xavier_normal = xavier_uniform_, xavier_normal_
kaiming_uniform, kaiming_normal, orthogonal, sparse = kaiming_uniform_, kaiming_normal_, orthogonal_, sparse_


__getattr__ = missing("torch.nn.init")
