"""A small numpy for scalars and ranges: plain numbers and lists, as model code uses them to compute sizes."""

import builtins
import math
import sys

from torch._unknown import Unknown

pi, e, inf, nan, newaxis = math.pi, math.e, math.inf, math.nan, None
float32 = float64 = float16 = float_ = float
int64 = int32 = int_ = int
bool_ = bool


class ndarray(list):
    """A list of numbers with elementwise arithmetic."""

    @property
    def shape(self):
        return (len(self), *(self[0].shape if self and isinstance(self[0], ndarray) else ()))

    @property
    def size(self):
        return math.prod(self.shape)

    ndim = property(lambda self: len(self.shape))

    def tolist(self):
        return [one.tolist() if isinstance(one, ndarray) else one for one in self]

    def astype(self, kind):
        return _map(lambda one: kind(one), self)

    def sum(self):
        return builtins.sum(one.sum() if isinstance(one, ndarray) else one for one in self)

    def prod(self):
        return math.prod(one.prod() if isinstance(one, ndarray) else one for one in self)

    def mean(self):
        return self.sum() / self.size

    def max(self):
        return builtins.max(self)

    def min(self):
        return builtins.min(self)

    def cumsum(self):
        return cumsum(self)

    def __getitem__(self, index):
        item = list.__getitem__(self, index)
        return ndarray(item) if isinstance(index, slice) else item


def _map(fn, value):
    if isinstance(value, (list, tuple)):
        return ndarray([_map(fn, one) for one in value])
    return fn(value)


def _pair(fn, a, b):
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return ndarray([_pair(fn, x, y) for x, y in zip(a, b)])
    if isinstance(a, (list, tuple)):
        return ndarray([_pair(fn, x, b) for x in a])
    if isinstance(b, (list, tuple)):
        return ndarray([_pair(fn, a, y) for y in b])
    return fn(a, b)


def _operators():
    import operator

    for name in "add sub mul truediv floordiv mod pow eq ne lt le gt ge".split():
        fn = getattr(operator, name)
        setattr(ndarray, f"__{name}__", lambda self, other, fn=fn: _pair(fn, self, other))
        if name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            setattr(ndarray, f"__r{name}__", lambda self, other, fn=fn: _pair(fn, other, self))
    ndarray.__neg__ = lambda self: _map(operator.neg, self)
    ndarray.__hash__ = None


_operators()


def _elementwise(fn):
    return lambda value, *args, **kwargs: _map(fn, value)


sqrt, exp, log, log2, log10, sin, cos, floor, ceil = map(
    _elementwise, (math.sqrt, math.exp, math.log, math.log2, math.log10, math.sin, math.cos, math.floor, math.ceil)
)
abs = absolute = _elementwise(builtins.abs)
rint = _elementwise(lambda value: float(builtins.round(value)))


def round(value, decimals=0):
    return _map(lambda one: builtins.round(one, decimals) if decimals else float(builtins.round(one)), value)


def array(value, dtype=None, **kwargs):
    made = _map(dtype or (lambda one: one), list(value) if hasattr(value, "__iter__") else value)
    return made


asarray = array


def arange(start, stop=None, step=1, dtype=None):
    if stop is None:
        start, stop = 0, start
    return ndarray([start + index * step for index in range(builtins.max(0, math.ceil((stop - start) / step)))])


def linspace(start, stop, num=50, endpoint=True, dtype=None):
    gaps = num - 1 if endpoint else num
    return ndarray([start + (stop - start) * index / gaps if gaps else float(start) for index in range(num)])


def zeros(shape, dtype=None):
    return full(shape, 0.0)


def ones(shape, dtype=None):
    return full(shape, 1.0)


def full(shape, value, dtype=None):
    shape = [shape] if isinstance(shape, int) else list(shape)
    return ndarray([value] * shape[0]) if len(shape) == 1 else ndarray([full(shape[1:], value) for _ in range(shape[0])])


def _flat(value):
    return [x for one in value for x in _flat(one)] if isinstance(value, (list, tuple)) else [value]


def prod(value, *args, **kwargs):
    return math.prod(_flat(value))


def sum(value, *args, **kwargs):
    return builtins.sum(_flat(value))


def mean(value, *args, **kwargs):
    flat = _flat(value)
    return builtins.sum(flat) / len(flat)


def max(value, *args, **kwargs):
    return builtins.max(_flat(value))


def min(value, *args, **kwargs):
    return builtins.min(_flat(value))


amax, amin = max, min


def maximum(a, b):
    return _pair(builtins.max, a, b)


def minimum(a, b):
    return _pair(builtins.min, a, b)


def power(a, b):
    return _pair(lambda x, y: x**y, a, b)


def cumsum(value, *args, **kwargs):
    total, result = 0, ndarray()
    for one in value:
        total += one
        result.append(total)
    return result


def diff(value):
    return ndarray([after - before for before, after in zip(value, value[1:])])


def clip(value, low, high):
    return _map(lambda one: builtins.min(builtins.max(one, low), high), value)


def argmax(value):
    return builtins.max(range(len(value)), key=lambda at: value[at])


def unique(value, **kwargs):
    return ndarray(sorted(set(_flat(value))))


def concatenate(values, axis=0):
    return ndarray([one for value in values for one in value])


def isscalar(value):
    return isinstance(value, (int, float))


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Unknown(f"numpy.{name}")
