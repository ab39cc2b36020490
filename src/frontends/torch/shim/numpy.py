"""A small numpy: arrays of known numbers, as model code computes sizes, masks and tables of positions with them."""

import bisect
import builtins
import math
import operator

from numpy import _arranging, _reductions
from numpy._arranging import meshgrid, stack
from numpy._ndarray import _TYPES, _absorb, _broadcast, _map, _offsets, _pair, _strides, array, dtype as _dtype, ndarray
from torch._unknown import Unknown, missing

for _part in (_arranging, _reductions):
    globals().update({name: value for name, value in vars(_part).items() if not name.startswith("_")})

__version__ = "2.1.0"
dtype = _dtype
float32, float64, float16, int64, int32, int16, int8, uint8, uint16, uint32, uint64, bool_ = _TYPES
pi, e, inf, nan, newaxis = math.pi, math.e, math.inf, math.nan, None
float_, double, single, half, int_, long, intp = float64, float64, float32, float16, int64, int64, int64
integer, floating, number = int, float, (int, float)


def _elementwise(fn):
    def apply(value, *args, **kwargs):
        made = _map(fn, value)
        if isinstance(made, ndarray) and isinstance(value, ndarray) and value.dtype.make is float and made.dtype is float64:
            made.dtype = value.dtype
        return made

    return apply


sqrt, exp, expm1, log1p, sin, cos, tan, sinh, cosh, tanh, arcsin, arccos, arctan = map(
    _elementwise,
    (
        lambda x: math.sqrt(x) if x >= 0 else nan,
        *(math.exp, math.expm1, math.log1p),
        *(math.sin, math.cos, math.tan, math.sinh, math.cosh, math.tanh, math.asin, math.acos, math.atan),
    ),
)
log, log2, log10, floor, ceil, trunc, exp2 = map(
    _elementwise,
    (
        lambda x: math.log(x) if x > 0 else -inf,
        lambda x: math.log2(x) if x > 0 else -inf,
        lambda x: math.log10(x) if x > 0 else -inf,
        lambda x: float(math.floor(x)),
        lambda x: float(math.ceil(x)),
        lambda x: float(math.trunc(x)),
        lambda x: 2.0**x,
    ),
)
fix = trunc
abs = absolute = _elementwise(builtins.abs)
rint = _elementwise(lambda value: float(builtins.round(value)))
square = _elementwise(lambda value: value * value)
sign = _elementwise(lambda value: (value > 0) - (value < 0))
negative = _elementwise(operator.neg)
reciprocal = _elementwise(lambda value: 1 / value)
deg2rad = radians = _elementwise(math.radians)
rad2deg = degrees = _elementwise(math.degrees)
logical_not = _elementwise(operator.not_)
isnan, isinf, isfinite = map(_elementwise, (math.isnan, math.isinf, math.isfinite))


def round(value, decimals=0):
    return _map(lambda one: builtins.round(one, decimals) if decimals else float(builtins.round(one)), value)


around = round


def _binary(fn):
    return lambda a, b, **kwargs: _pair(fn, a, b)


add, subtract, multiply, divide, floor_divide, mod, power, maximum, minimum, arctan2, hypot = map(
    _binary,
    (
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.floordiv,
        operator.mod,
        operator.pow,
        builtins.max,
        builtins.min,
        math.atan2,
        math.hypot,
    ),
)
equal, not_equal, less, less_equal, greater, greater_equal = map(
    _binary,
    (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
)
true_divide, remainder, float_power, fmax, fmin = divide, mod, power, maximum, minimum
logical_and = _binary(lambda a, b: bool(a and b))
logical_or = _binary(lambda a, b: bool(a or b))
logical_xor = _binary(lambda a, b: bool(a) != bool(b))
bitwise_and, bitwise_or, bitwise_xor = map(_binary, (operator.and_, operator.or_, operator.xor))


asarray = ascontiguousarray = copy = array


def arange(start, stop=None, step=1, dtype=None):
    if stop is None:
        start, stop = 0, start
    count = builtins.max(0, math.ceil((stop - start) / step))
    return array([start + index * step for index in range(count)], dtype)


def linspace(start, stop, num=50, endpoint=True, dtype=None):
    gaps = num - 1 if endpoint else num
    return array([start + (stop - start) * index / gaps if gaps else float(start) for index in range(num)], dtype)


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None):
    return array(power(base, linspace(start, stop, num, endpoint)), dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None):
    return logspace(math.log10(start), math.log10(stop), num, endpoint, dtype=dtype)


def indices(dimensions, dtype=int):
    return stack(meshgrid(*[arange(length, dtype=dtype) for length in dimensions], indexing="ij"))


class _Grid:
    """`mgrid` and, with one line of each axis only, `ogrid`: places along slices, where an imaginary step counts them."""

    def __init__(self, is_open):
        self.is_open = is_open

    @staticmethod
    def _line(part):
        start, step = part.start or 0, 1 if part.step is None else part.step
        if isinstance(step, complex):
            return linspace(start, part.stop, int(builtins.abs(step)))
        return arange(start, part.stop, step)

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            return self._line(key)
        lines = [self._line(part) for part in key]
        if not self.is_open:
            return stack(meshgrid(*lines, indexing="ij"))
        return tuple([line.reshape([-1 if at == axis else 1 for at in range(len(lines))]) for axis, line in enumerate(lines)])


mgrid, ogrid = _Grid(False), _Grid(True)


def full(shape, value, dtype=None):
    shape = [shape] if isinstance(shape, int) else list(shape)
    made = ndarray(shape, [value] * math.prod(shape))
    return made if dtype is None else made.astype(dtype)


def zeros(shape, dtype=None):
    return full(shape, 0.0, dtype)


def ones(shape, dtype=None):
    return full(shape, 1.0, dtype)


empty = zeros


def zeros_like(value, dtype=None):
    return full(array(value).shape, 0, dtype or array(value).dtype)


def ones_like(value, dtype=None):
    return full(array(value).shape, 1, dtype or array(value).dtype)


empty_like = zeros_like


def full_like(value, fill, dtype=None):
    return full(array(value).shape, fill, dtype or array(value).dtype)


def eye(n, m=None, k=0, dtype=float):
    return array([[float(column - row == k) for column in range(m or n)] for row in range(n)], dtype)


identity = eye


def triu(value, k=0):
    value = array(value)
    rows, columns = value.shape[-2:]
    kept = [at % columns - at // columns % rows >= k for at in range(value.size)]
    return ndarray(value.shape, [one if keep else value.dtype.make(0) for one, keep in zip(value._data, kept)], value.dtype)


def diag(value, k=0):
    value = array(value)
    if value.ndim == 2:
        rows, columns = value.shape
        return array([value[at, at + k] for at in range(rows) if 0 <= at + k < columns])
    n = value.size + builtins.abs(k)
    made = zeros((n, n), value.dtype)
    for at, one in enumerate(value._data):
        made[at - builtins.min(k, 0), at + builtins.max(k, 0)] = one
    return made


def tril(value, k=0):
    return array(value) - triu(value, k + 1)


def tri(n, m=None, k=0):
    return tril(ones((n, m or n)), k)


def clip(value, low, high):
    return _map(lambda one: builtins.min(builtins.max(one, low), high), value)


ndarray.clip, ndarray.round = clip, round


def diff(value):
    value = array(value)
    return value[1:] - value[:-1]


def unique(value, **kwargs):
    return array(sorted(set(array(value)._data)))


def where(condition, a=None, b=None):
    if a is None:
        flags = array(condition)
        steps = _strides(flags.shape)
        found = [at for at, one in enumerate(flags._data) if one]
        return tuple(array([at // step % length for at in found]) for step, length in zip(steps, flags.shape))
    shape, sides = _broadcast(condition, a, b)
    return ndarray(shape, [one if flag else other for flag, one, other in zip(*sides)])


def einsum(equation, *values):
    terms, _, result = equation.replace(" ", "").partition("->")
    terms = terms.split(",")
    values = [array(one) for one in values]
    length = {letter: size for term, one in zip(terms, values) for letter, size in zip(term, one.shape)}
    letters = result + "".join(letter for letter in length if letter not in result)
    factors = []
    for term, one in zip(terms, values):
        step = dict(zip(term, _strides(one.shape)))
        factors.append([one._data[at] for at in _offsets([[step.get(x, 0) * at for at in range(length[x])] for x in letters])])
    data = [math.prod(each) for each in zip(*factors)]
    count = math.prod(length[letter] for letter in letters[len(result) :])
    return ndarray([length[letter] for letter in result], [builtins.sum(data[at : at + count]) for at in range(0, len(data), count)])


def matmul(a, b):
    a, b = array(a), array(b)
    left = "ij"[2 - a.ndim :] if a.ndim <= 2 else None
    right = "jk"[: b.ndim] if b.ndim <= 2 else None
    if left is None or right is None:
        return Unknown("numpy.matmul()", True)
    return einsum(f"{left},{right}->{left[:-1]}{right[1:]}", a, b)


dot = matmul
ndarray.__matmul__ = matmul
ndarray.__rmatmul__ = lambda self, other: matmul(other, self)


def outer(a, b):
    return einsum("i,j->ij", array(a).flatten(), array(b).flatten())


def nonzero(value):
    return where(value)


def argwhere(value):
    return stack(where(value), 1)


def flatnonzero(value):
    return where(array(value).flatten())[0]


def count_nonzero(value):
    return builtins.sum(map(bool, array(value)._data))


def triu_indices(n, k=0, m=None):
    return where(triu(ones((n, m or n)), k))


def tril_indices(n, k=0, m=None):
    return where(tril(ones((n, m or n)), k))


def kron(a, b):
    a, b = array(a), array(b)
    return einsum("ij,kl->ikjl", a, b).reshape([x * y for x, y in zip(a.shape, b.shape)])


def interp(value, points, heights):
    xs, ys = array(points)._data, array(heights)._data

    def at(one):
        right = builtins.min(builtins.max(bisect.bisect_right(xs, one), 1), len(xs) - 1)
        share = (one - xs[right - 1]) / (xs[right] - xs[right - 1])
        return ys[right - 1] + (ys[right] - ys[right - 1]) * builtins.min(builtins.max(share, 0.0), 1.0)

    return _map(at, value)


def nan_to_num(value, nan=0.0):
    return _map(lambda one: nan if math.isnan(one) else one, value)


def isin(value, among):
    kept = set(array(among)._data)
    return _map(kept.__contains__, array(value))


def array_equal(a, b):
    a, b = array(a), array(b)
    return a.shape == b.shape and a._data == b._data


def isclose(a, b, rtol=1e-5, atol=1e-8):
    return _pair(lambda x, y: builtins.abs(x - y) <= atol + rtol * builtins.abs(y), a, b)


def isscalar(value):
    return isinstance(value, (int, float))


def ndim(value):
    return array(value).ndim


def shape(value):
    return array(value).shape


def allclose(a, b, rtol=1e-5, atol=1e-8):
    return all(isclose(a, b, rtol, atol))


def size(value, axis=None):
    return array(value).size if axis is None else array(value).shape[axis]


_absorb(globals())
__getattr__ = missing("numpy")
