"""The pools of torch.nn.functional, and those that undo them."""

import math

from torch._formats import int64
from torch._functions import functions, opaque
from torch._tensor import call
from torch.nn import functional as F

_P = "torch.nn.functional."
_names = {}


def _pools(rank):
    def max_pool(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        stride = kernel_size if stride is None or stride == [] else stride
        given = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        args = [input, *F._lengths(rank, f"max_pool{rank}d", **given), ceil_mode]
        if return_indices:
            return call("max_pool_with_indices", args, f"{_P}max_pool{rank}d")
        return call("max_pool", args, f"{_P}max_pool{rank}d")

    def max_pool_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=True):
        return max_pool(input, kernel_size, stride, padding, dilation, ceil_mode, True)

    def avg_pool(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        stride = kernel_size if stride is None or stride == [] else stride
        parts = F._lengths(rank, f"avg_pool{rank}d", kernel_size=kernel_size, stride=stride, padding=padding)
        args = [input, *parts, ceil_mode, count_include_pad, divisor_override]
        return call("avg_pool", args, f"{_P}avg_pool{rank}d")

    def adaptive_avg_pool(input, output_size):
        name = f"adaptive_avg_pool{rank}d"
        return call("adaptive_avg_pool", [input, *F._lengths(rank, name, output_size=output_size)], f"{_P}{name}")

    def adaptive_max_pool(input, output_size, return_indices=False):
        if return_indices:
            return adaptive_max_pool_with_indices(input, output_size)
        name = f"adaptive_max_pool{rank}d"
        return call("adaptive_max_pool", [input, *F._lengths(rank, name, output_size=output_size)], f"{_P}{name}")

    def adaptive_max_pool_with_indices(input, output_size, return_indices=True):
        lengths = list(input.shape[-rank:])
        wanted = [length if one is None else one for one, length in zip(F._tuple(output_size, rank), lengths)]
        if all(length % one == 0 for one, length in zip(wanted, lengths)):
            return max_pool(input, [length // one for one, length in zip(wanted, lengths)], return_indices=True)
        places = opaque(f"{_P}adaptive_max_pool{rank}d_with_indices", [input], [*input.shape[:-rank], *wanted], int64)
        return adaptive_max_pool(input, output_size), places

    def lp_pool(input, norm_type, kernel_size, stride=None, ceil_mode=False):
        kernel = F._tuple(kernel_size, rank)
        powered = avg_pool(input**norm_type, kernel_size, stride, 0, ceil_mode)
        size = powered.sign() * functions["relu"](powered.abs())
        return (size * math.prod(kernel)) ** (1.0 / norm_type)

    def max_unpool(input, indices, kernel_size, stride=None, padding=0, output_size=None):
        parts = [F._tuple(one, rank) for one in (kernel_size, stride or kernel_size, padding)]
        return call("max_unpool", [input, indices, *parts, output_size], f"{_P}max_unpool{rank}d")

    _names.update(
        {
            f"max_pool{rank}d": max_pool,
            f"max_pool{rank}d_with_indices": max_pool_with_indices,
            f"avg_pool{rank}d": avg_pool,
            f"adaptive_avg_pool{rank}d": adaptive_avg_pool,
            f"adaptive_max_pool{rank}d": adaptive_max_pool,
            f"adaptive_max_pool{rank}d_with_indices": adaptive_max_pool_with_indices,
            f"lp_pool{rank}d": lp_pool,
            f"max_unpool{rank}d": max_unpool,
        }
    )


def _fractional(rank):
    """Windows whose steps are drawn at random: how many there are is known."""

    def pool_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices=True, _random_samples=None):
        lengths = input.shape[-rank:]
        if output_size is not None:
            wanted = F._tuple(output_size, rank)
        else:
            wanted = [int(length * ratio) for length, ratio in zip(lengths, F._tuple(output_ratio, rank))]
        name, shape = f"{_P}fractional_max_pool{rank}d", [*input.shape[:-rank], *wanted]
        return opaque(name, [input], shape), opaque(name, [input], shape, int64)

    def pool(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        found = pool_with_indices(input, kernel_size, output_size, output_ratio)
        return found if return_indices else found[0]

    _names.update({f"fractional_max_pool{rank}d": pool, f"fractional_max_pool{rank}d_with_indices": pool_with_indices})


for _rank in (1, 2, 3):
    _pools(_rank)
for _rank in (2, 3):
    _fractional(_rank)
vars(F).update(_names)
