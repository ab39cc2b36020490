"""A small numpy: arrays of known numbers, as model code computes sizes, masks and tables of positions with them."""

import builtins
import functools
import itertools
import math
import operator
import random as _random
import sys
import types

from torch._unknown import Unknown

__version__ = "2.1.0"
pi, e, inf, nan, newaxis = math.pi, math.e, math.inf, math.nan, None


class dtype:
    """An element type; called, it makes a number of that type."""

    def __new__(cls, name, make=None):
        if not isinstance(name, str):
            return name if isinstance(name, dtype) else _KINDS[name]
        return _KINDS[name] if make is None else object.__new__(cls)

    def __init__(self, name, make=None):
        if make is not None:
            self.name = self.__name__ = name
            self.make = make

    def __call__(self, value=0):
        return _map(self.make, value, self) if isinstance(value, (ndarray, list, tuple)) else self.make(value)

    def __repr__(self):
        return f"dtype('{self.name}')"


_KINDS = {}
for _name in "float32 float64 float16 int64 int32 int16 int8 uint8 bool".split():
    _make = float if "float" in _name else bool if _name == "bool" else int
    _KINDS[_name] = dtype(_name, _make)
float32, float64, float16, int64, int32, int16, int8, uint8, bool_ = _KINDS.values()
_KINDS.update({float: float64, int: int64, bool: bool_, "float": float64, "int": int64, "f": float32, "d": float64, "f4": float32})
float_, double, single, half, int_, long, intp = float64, float64, float32, float16, int64, int64, int64
integer, floating, number = int, float, (int, float)


def _kind(values):
    kinds = set(map(type, values))
    return float64 if float in kinds else int64 if int in kinds else bool_ if kinds else float64


def _joint(a, b, values):
    """The type of a result: plain numbers do not widen an array's floats."""
    kinds = [one.dtype for one in (a, b) if isinstance(one, ndarray)]
    own = _kind(values[:1])
    if own is float64 and builtins.all(kind.make is float for kind in kinds):
        return builtins.max(kinds, key=lambda kind: kind.name[5:])
    return own if own is not int64 or builtins.any(kind.make is not int for kind in kinds) else kinds[0]


def _strides(shape):
    return [math.prod(shape[at + 1 :]) for at in range(len(shape))]


def _offsets(axes):
    """Every sum of one offset of each axis, the last axis running fastest."""
    found = [0]
    for axis in axes:
        found = [base + step for base in found for step in axis]
    return found


class ndarray:
    __array_priority__ = 1

    def __init__(self, shape, data=None, dtype=None):
        self.shape, self._data = tuple(shape), [0.0] * math.prod(shape) if data is None else data
        self.dtype = dtype or _kind(self._data)

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: len(self._data))
    T = property(lambda self: self.transpose())
    flat = property(lambda self: iter(self._data))

    def tolist(self):
        flat = list(self._data)
        for length in reversed(self.shape[1:]):
            flat = [flat[at : at + length] for at in range(0, len(flat), length)] if length else []
        return flat if self.shape else flat[0]

    def item(self, *index):
        return self[index] if index else self._data[0]

    def astype(self, kind, copy=True):
        kind = dtype(kind)
        return ndarray(self.shape, [kind.make(one) for one in self._data], kind)

    def copy(self):
        return ndarray(self.shape, list(self._data), self.dtype)

    def reshape(self, *shape, order="C"):
        shape = list(shape[0] if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else shape)
        if -1 in shape:
            at = shape.index(-1)
            shape[at] = 1
            shape[at] = self.size // math.prod(shape)
        if math.prod(shape) != self.size:
            raise ValueError(f"cannot reshape array of size {self.size} into shape {tuple(shape)}")
        return ndarray(shape, self._data, self.dtype)

    def flatten(self):
        return ndarray([self.size], list(self._data), self.dtype)

    ravel = flatten

    def transpose(self, *axes):
        axes = axes[0] if len(axes) == 1 and isinstance(axes[0], (list, tuple)) else axes or range(self.ndim)[::-1]
        steps = _strides(self.shape)
        return self._at([[steps[axis] * at for at in range(self.shape[axis])] for axis in axes])

    def swapaxes(self, a, b):
        order = list(range(self.ndim))
        order[a], order[b] = order[b], order[a]
        return self.transpose(order)

    def repeat(self, repeats, axis=None):
        source = self.flatten() if axis is None else self
        return source[tuple([*[slice(None)] * (axis or 0), [at for at in range(source.shape[axis or 0]) for _ in range(repeats)]])]

    def _at(self, axes, shape=None):
        return ndarray([len(one) for one in axes] if shape is None else shape, [self._data[at] for at in _offsets(axes)], self.dtype)

    def _expanded(self, shape):
        if self.shape == tuple(shape):
            return self._data
        own = [1] * (len(shape) - self.ndim) + list(self.shape)
        if builtins.any(a not in (1, b) for a, b in zip(own, shape)):
            raise ValueError(f"operands could not be broadcast together with shapes {self.shape} {tuple(shape)}")
        return self._at([[step * at if a > 1 else 0 for at in range(b)] for a, b, step in zip(own, shape, _strides(own))])._data

    def _select(self, key):
        """Offsets that an index selects along each axis, and the shape of what it selects."""
        parts = list(key) if isinstance(key, tuple) else [key]
        used = builtins.sum(one is not None and one is not Ellipsis for one in parts)
        rest = [slice(None)] * (self.ndim - used)
        if Ellipsis in [one for one in parts if one is Ellipsis]:
            at = next(at for at, one in enumerate(parts) if one is Ellipsis)
            parts[at : at + 1] = rest
        else:
            parts += rest
        lengths, axes, shape = iter(zip(self.shape, _strides(self.shape))), [], []
        for part in parts:
            if part is None:
                shape.append(1)
                continue
            length, step = next(lengths)
            if isinstance(part, slice):
                chosen = list(range(length))[part]
                shape.append(len(chosen))
            elif isinstance(part, (list, tuple, ndarray)):
                part = array(part)
                chosen = part._data if part.dtype is not bool_ else [at for at, kept in enumerate(part._data) if kept]
                shape.extend(part.shape if part.dtype is not bool_ else [len(chosen)])
            else:
                chosen = [operator.index(part)]
                if not -length <= chosen[0] < length:
                    raise IndexError(f"index {chosen[0]} is out of bounds for axis 0 with size {length}")
            axes.append([at % length * step for at in chosen])
        return axes, shape

    def __getitem__(self, key):
        if isinstance(key, ndarray) and key.dtype is bool_ and key.ndim > 1:
            kept = [one for one, chosen in zip(self._data, key._data) if chosen]
            return ndarray([len(kept)], kept, self.dtype)
        axes, shape = self._select(key)
        found = self._at(axes, shape)
        return found if shape else found._data[0]

    def __setitem__(self, key, value):
        if isinstance(key, ndarray) and key.dtype is bool_ and key.ndim > 1:
            places = [at for at, chosen in enumerate(key._data) if chosen]
            shape = [len(places)]
        else:
            axes, shape = self._select(key)
            places = _offsets(axes)
        data = list(self._data)
        for at, one in zip(places, array(value)._expanded(shape)):
            data[at] = self.dtype.make(one)
        self._data = data

    def __iter__(self):
        return (self[at] for at in range(self.shape[0]))

    def __len__(self):
        return self.shape[0]

    def __contains__(self, value):
        return value in self._data

    def __bool__(self):
        return bool(self._data[0])

    def __int__(self):
        return int(self._data[0])

    def __float__(self):
        return float(self._data[0])

    def __repr__(self):
        return f"array({self.tolist()})"

    __hash__ = None


def _map(fn, value, kind=None):
    if isinstance(value, (list, tuple)):
        value = array(value)
    return ndarray(value.shape, [fn(one) for one in value._data], kind) if isinstance(value, ndarray) else fn(value)


def _pair(fn, a, b):
    if not isinstance(a, (ndarray, list, tuple)) and not isinstance(b, (ndarray, list, tuple)):
        return fn(a, b)
    shape, sides = _broadcast(a, b)
    data = list(map(fn, *sides))
    return ndarray(shape, data, _joint(a, b, data))


def _broadcast(*values):
    """The common shape, and the elements of each in it."""
    values = list(map(array, values))
    rank = builtins.max(one.ndim for one in values)
    axes = zip(*[[1] * (rank - one.ndim) + list(one.shape) for one in values])
    shape = [next((length for length in lengths if length != 1), 1) for lengths in axes]
    return shape, [one._expanded(shape) for one in values]


def _operand(value):
    return isinstance(value, (ndarray, list, tuple, int, float))


def _operators():
    for name in "add sub mul truediv floordiv mod pow and or xor eq ne lt le gt ge".split():
        fn = getattr(operator, f"{name}_" if name in ("and", "or") else name)

        def plain(self, other, fn=fn):
            return _pair(fn, self, other) if _operand(other) else NotImplemented

        def reflected(self, other, fn=fn):
            return _pair(fn, other, self) if _operand(other) else NotImplemented

        def augmented(self, other, fn=fn):
            self._data = [self.dtype.make(one) for one in _pair(fn, self, other)._expanded(self.shape)]
            return self

        setattr(ndarray, f"__{name}__", plain)
        if name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            setattr(ndarray, f"__r{name}__", reflected)
            setattr(ndarray, f"__i{name}__", augmented)
    ndarray.__neg__ = lambda self: _map(operator.neg, self)
    ndarray.__abs__ = lambda self: _map(builtins.abs, self)
    ndarray.__invert__ = lambda self: _map(operator.not_ if self.dtype is bool_ else operator.invert, self)
    ndarray.__matmul__ = lambda self, other: matmul(self, other)


_operators()


def _elementwise(fn):
    def apply(value, *args, **kwargs):
        made = _map(fn, value)
        if isinstance(made, ndarray) and isinstance(value, ndarray) and value.dtype.make is float and made.dtype is float64:
            made.dtype = value.dtype
        return made

    return apply


sqrt, exp, log, log2, log10, sin, cos, tan, tanh, arctan, floor, ceil = map(
    _elementwise,
    (
        math.sqrt,
        math.exp,
        lambda x: math.log(x) if x > 0 else -inf,
        math.log2,
        math.log10,
        math.sin,
        math.cos,
        math.tan,
        math.tanh,
        math.atan,
        lambda x: float(math.floor(x)),
        lambda x: float(math.ceil(x)),
    ),
)
abs = absolute = _elementwise(builtins.abs)
rint = _elementwise(lambda value: float(builtins.round(value)))
square = _elementwise(lambda value: value * value)
sign = _elementwise(lambda value: (value > 0) - (value < 0))
deg2rad = radians = _elementwise(math.radians)
logical_not = _elementwise(operator.not_)


def round(value, decimals=0):
    return _map(lambda one: builtins.round(one, decimals) if decimals else float(builtins.round(one)), value)


around = round


def _binary(fn):
    return lambda a, b, **kwargs: _pair(fn, a, b)


add, subtract, multiply, divide, floor_divide, mod, power, maximum, minimum, equal, arctan2 = map(
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
        operator.eq,
        math.atan2,
    ),
)
true_divide, remainder = divide, mod
logical_and = _binary(lambda a, b: bool(a and b))
logical_or = _binary(lambda a, b: bool(a or b))


def array(value, dtype=None, copy=True, ndmin=0, **kwargs):
    if isinstance(value, Unknown):
        return value
    if isinstance(value, ndarray):
        made = value.copy()
    else:
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, (list, tuple, range)) or hasattr(value, "__iter__") and not isinstance(value, (str, dict)):
            parts = [array(one) for one in value]
            if builtins.any(isinstance(one, Unknown) for one in parts):
                return Unknown("numpy.array()", True)
            inner = parts[0].shape if parts else ()
            if builtins.any(one.shape != inner for one in parts):
                raise ValueError("setting an array element with a sequence. The requested array has an inhomogeneous shape")
            made = ndarray([len(parts), *inner], [one for part in parts for one in part._data])
        else:
            made = ndarray([], [value])
    return made if dtype is None else made.astype(dtype)


asarray = ascontiguousarray = copy = array


def arange(start, stop=None, step=1, dtype=None):
    if stop is None:
        start, stop = 0, start
    count = builtins.max(0, math.ceil((stop - start) / step))
    return array([start + index * step for index in range(count)], dtype)


def linspace(start, stop, num=50, endpoint=True, dtype=None):
    gaps = num - 1 if endpoint else num
    return array([start + (stop - start) * index / gaps if gaps else float(start) for index in range(num)], dtype)


def logspace(start, stop, num=50, base=10.0, **kwargs):
    return power(base, linspace(start, stop, num))


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


def _deviation(data):
    centre = builtins.sum(data) / len(data)
    return builtins.sum((one - centre) ** 2 for one in data) / len(data)


sum, prod, mean, max, min, any, all, argmax, argmin, var, std, median = map(
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
        _deviation,
        lambda data: math.sqrt(_deviation(data)),
        lambda data: (sorted(data)[(len(data) - 1) // 2] + sorted(data)[len(data) // 2]) / 2,
    ),
)
product, amax, amin = prod, max, min


def cumsum(value, axis=None, **kwargs):
    return array(list(itertools.accumulate(array(value)._data)))


def cumprod(value, axis=None, **kwargs):
    return array(list(itertools.accumulate(array(value)._data, operator.mul)))


for _name in "sum prod mean max min any all argmax argmin var std cumsum cumprod round".split():
    setattr(ndarray, _name, globals()[_name])


def clip(value, low, high):
    return _map(lambda one: builtins.min(builtins.max(one, low), high), value)


ndarray.clip = clip


def diff(value):
    value = array(value)
    return value[1:] - value[:-1]


def unique(value, **kwargs):
    return array(sorted(set(array(value)._data)))


def sort(value, axis=-1):
    value = array(value)
    length = value.shape[-1]
    return ndarray(value.shape, [one for at in range(0, value.size, length) for one in sorted(value._data[at : at + length])], value.dtype)


def argsort(value, axis=-1):
    value = array(value)._data
    return array(sorted(range(len(value)), key=value.__getitem__))


def where(condition, a=None, b=None):
    if a is None:
        flags = array(condition)
        steps = _strides(flags.shape)
        found = [at for at, one in enumerate(flags._data) if one]
        return tuple(array([at // step % length for at in found]) for step, length in zip(steps, flags.shape))
    shape, sides = _broadcast(condition, a, b)
    return ndarray(shape, [one if flag else other for flag, one, other in zip(*sides)])


def concatenate(values, axis=0, **kwargs):
    values = [array(one) for one in values]
    axis %= values[0].ndim
    order = [axis, *[at for at in range(values[0].ndim) if at != axis]]
    moved = [one.transpose(order) for one in values]
    joined = ndarray(
        [builtins.sum(one.shape[0] for one in moved), *moved[0].shape[1:]],
        [each for one in moved for each in one._data],
        values[0].dtype,
    )
    return joined.transpose([order.index(at) for at in range(len(order))])


def expand_dims(value, axis):
    value = array(value)
    shape = list(value.shape)
    shape.insert(axis if axis >= 0 else axis + value.ndim + 1, 1)
    return value.reshape(shape)


def squeeze(value, axis=None):
    value = array(value)
    return value.reshape([one for at, one in enumerate(value.shape) if one != 1 or axis is not None and at != axis % value.ndim])


ndarray.squeeze = squeeze


def stack(values, axis=0, **kwargs):
    return concatenate([expand_dims(one, axis) for one in values], axis)


def append(value, values, axis=None):
    if axis is None:
        return concatenate([array(one).reshape(-1) for one in (value, values)])
    return concatenate([value, values], axis)


def vstack(values):
    return concatenate([one if one.ndim > 1 else one.reshape(1, -1) for one in map(array, values)])


def hstack(values):
    return concatenate(values, 0 if array(values[0]).ndim == 1 else 1)


def tile(value, reps):
    value, reps = array(value), [reps] if isinstance(reps, int) else list(reps)
    rank = builtins.max(value.ndim, len(reps))
    reps = [1] * (rank - len(reps)) + reps
    value = value.reshape([1] * (rank - value.ndim) + list(value.shape))
    steps = _strides(value.shape)
    return value._at([[at * step for _ in range(count) for at in range(length)] for length, step, count in zip(value.shape, steps, reps)])


def repeat(value, repeats, axis=None):
    return array(value).repeat(repeats, axis)


def meshgrid(*values, indexing="xy", **kwargs):
    values = [array(one).flatten() for one in values]
    order = [1, 0, *range(2, len(values))] if indexing == "xy" and len(values) > 1 else range(len(values))
    shape = [values[at].size for at in order]
    grids = []
    for at, one in enumerate(values):
        place = list(order).index(at)
        own = [one.size if axis == place else 1 for axis in range(len(shape))]
        grids.append(ndarray(shape, one.reshape(own)._expanded(shape), one.dtype))
    return grids


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


def outer(a, b):
    return einsum("i,j->ij", array(a).flatten(), array(b).flatten())


def transpose(value, axes=None):
    return array(value).transpose(*[] if axes is None else [axes])


def reshape(value, shape):
    return array(value).reshape(shape)


def ravel(value):
    return array(value).flatten()


def flip(value, axis=0):
    return array(value)[tuple([*[slice(None)] * axis, slice(None, None, -1)])]


def split(value, parts, axis=0):
    value = array(value)
    length = value.shape[axis]
    marks = [length // parts * at for at in range(1, parts)] if isinstance(parts, int) else list(parts)
    head = [slice(None)] * axis
    return [value[(*head, slice(a, b))] for a, b in zip([0, *marks], [*marks, length])]


array_split = split


def isscalar(value):
    return isinstance(value, (int, float))


def ndim(value):
    return array(value).ndim


def shape(value):
    return array(value).shape


def allclose(a, b, **kwargs):
    return all(_pair(lambda x, y: builtins.abs(x - y) <= 1e-8 + 1e-5 * builtins.abs(y), a, b))


def isnan(value):
    return _map(math.isnan, value)


def _drawn(draw):
    """Numbers of a generator with a fixed seed: every trace computes with the same ones."""

    def make(*shape):
        shape = shape[0] if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else shape
        source = _random.Random(0)
        return ndarray(shape, [draw(source) for _ in range(math.prod(shape))]) if shape else draw(source)

    return make


def _permutation(value):
    order = list(range(value)) if isinstance(value, int) else list(value)
    _random.Random(0).shuffle(order)
    return array(order)


def _shuffle(value):
    value[:] = _permutation(value)


def _choice(a, size=None, replace=True, p=None):
    values = list(range(a)) if isinstance(a, int) else list(a)
    at = random.randint(len(values), size=() if size is None else size)
    return values[at] if size is None else ndarray(at.shape, [values[int(one)] for one in at.flatten()])


random = types.ModuleType("numpy.random")
random.seed = lambda *args: None
random.rand = random.random = random.random_sample = _drawn(lambda source: source.random())
random.randn = random.standard_normal = _drawn(lambda source: source.gauss(0, 1))
random.uniform = lambda low=0.0, high=1.0, size=(): low + (high - low) * random.rand(*([size] if size != () else []))
random.normal = lambda loc=0.0, scale=1.0, size=(): loc + scale * random.randn(*([size] if size != () else []))
random.randint = lambda low, high=None, size=(), **kwargs: _map(int, random.uniform(*(0, low) if high is None else (low, high), size))
random.permutation, random.shuffle = _permutation, _shuffle
random.RandomState = random.default_rng = lambda *args, **kwargs: random
random.integers, random.choice = random.randint, _choice
random.__getattr__ = lambda name: _missing("numpy.random", name)
linalg = types.ModuleType("numpy.linalg")
linalg.norm = lambda value, **kwargs: math.sqrt(sum(array(value) ** 2))
linalg.__getattr__ = lambda name: _missing("numpy.linalg", name)
sys.modules["numpy.random"], sys.modules["numpy.linalg"] = random, linalg


def _absorbing(fn):
    """The function, of which what is not known gives what is not known."""

    @functools.wraps(fn)
    def apply(*args, **kwargs):
        unknown = next((one for one in args if isinstance(one, Unknown)), None)
        return fn(*args, **kwargs) if unknown is None else Unknown(f"numpy.{fn.__name__}()", unknown._reported or True)

    return apply


for _name, _fn in list(globals().items()):
    if isinstance(_fn, types.FunctionType) and _fn.__module__ == "numpy" and not _name.startswith("_"):
        globals()[_name] = _absorbing(_fn)


def _missing(module, name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Unknown(f"{module}.{name}")


__getattr__ = functools.partial(_missing, "numpy")
