"""How numpy sums arrays up, accumulates and orders them, whole or along axes."""

import bisect
import builtins
import itertools
import math
import operator

from numpy._arranging import stack, swapaxes, take
from numpy._ndarray import _absorb, _map, array, ndarray


def _reduction(fn):
    def reduce(value, axis=None, keepdims=False, **kwargs):
        value = array(value)
        if axis is None:
            return fn(value._data)
        axes = [one % value.ndim for one in ([axis] if isinstance(axis, int) else axis)]
        kept = [one for one in range(value.ndim) if one not in axes]
        moved = value.transpose(kept + axes)
        count = math.prod(value.shape[one] for one in axes)
        data = [fn(moved._data[at : at + count]) for at in range(0, value.size, count)]
        return ndarray([1 if one in axes else value.shape[one] for one in range(value.ndim) if keepdims or one in kept], data)

    return reduce


sum, prod, mean, max, min, any, all, argmax, argmin, median = map(
    _reduction,
    (
        builtins.sum,
        math.prod,
        lambda data: builtins.sum(data) / len(data),
        builtins.max,
        builtins.min,
        builtins.any,
        builtins.all,
        lambda data: data.index(builtins.max(data)),
        lambda data: data.index(builtins.min(data)),
        lambda data: (sorted(data)[(len(data) - 1) // 2] + sorted(data)[len(data) // 2]) / 2,
    ),
)
product, amax, amin = prod, max, min


def var(value, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    def deviation(data):
        centre = builtins.sum(data) / len(data)
        return builtins.sum((one - centre) ** 2 for one in data) / (len(data) - ddof)

    return _reduction(deviation)(value, axis, keepdims)


def std(value, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    return _map(math.sqrt, var(value, axis, ddof=ddof, keepdims=keepdims))


def _accumulation(fn):
    def accumulate(value, axis=None, **kwargs):
        value = array(value)
        if axis is None:
            return array(list(itertools.accumulate(value._data, fn)))
        return stack(list(itertools.accumulate((take(value, at, axis) for at in range(value.shape[axis])), fn)), axis)

    return accumulate


cumsum, cumprod = map(_accumulation, (operator.add, operator.mul))


def _ordering(fn):
    def order(value, axis=-1, **kwargs):
        moved = swapaxes(value, axis, -1)
        length = moved.shape[-1]
        data = [one for at in range(0, moved.size, length) for one in fn(moved._data[at : at + length])]
        return swapaxes(ndarray(moved.shape, data), axis, -1)

    return order


sort = _ordering(sorted)
argsort = _ordering(lambda row: sorted(range(len(row)), key=row.__getitem__))


def quantile(value, q, axis=None):
    def at(data):
        data, place = sorted(data), q * (len(data) - 1)
        low = data[math.floor(place)]
        return low + (data[math.ceil(place)] - low) * (place % 1)

    return _reduction(at)(value, axis)


def percentile(value, q, axis=None):
    return quantile(value, q / 100, axis)


def average(value, axis=None, weights=None):
    return mean(value, axis) if weights is None else sum(array(value) * weights, axis) / sum(weights)


def searchsorted(values, value, side="left"):
    data, find = array(values)._data, bisect.bisect_left if side == "left" else bisect.bisect_right
    return _map(lambda one: find(data, one), value)


for _name in "sum prod mean max min any all argmax argmin var std cumsum cumprod argsort".split():
    setattr(ndarray, _name, globals()[_name])
_absorb(globals())
