"""Arrays of known numbers: what the small numpy computes with."""

import functools
import math
import operator
import types

from torch._unknown import Unknown


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
for _name in "float32 float64 float16 int64 int32 int16 int8 uint8 uint16 uint32 uint64 bool".split():
    _make = float if "float" in _name else bool if _name == "bool" else int
    _KINDS[_name] = dtype(_name, _make)
_TYPES = tuple(_KINDS.values())
float64, int64, bool_ = (_KINDS[_name] for _name in ("float64", "int64", "bool"))
_KINDS.update({float: float64, int: int64, bool: bool_, "float": float64, "int": int64, "d": float64, "f": _TYPES[0], "f4": _TYPES[0]})


def _kind(values):
    kinds = set(map(type, values))
    return float64 if float in kinds else int64 if int in kinds else bool_ if kinds else float64


def _joint(a, b, values):
    """The type of a result: plain numbers do not widen an array's floats."""
    kinds = [one.dtype for one in (a, b) if isinstance(one, ndarray)]
    own = _kind(values[:1])
    if own is float64 and all(kind.make is float for kind in kinds):
        return max(kinds, key=lambda kind: kind.name[5:])
    return own if own is not int64 or any(kind.make is not int for kind in kinds) else kinds[0]


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
        if any(a not in (1, b) for a, b in zip(own, shape)):
            raise ValueError(f"operands could not be broadcast together with shapes {self.shape} {tuple(shape)}")
        return self._at([[step * at if a > 1 else 0 for at in range(b)] for a, b, step in zip(own, shape, _strides(own))])._data

    def _select(self, key):
        """Offsets that an index selects along each axis, and the shape of what it selects."""
        parts = list(key) if isinstance(key, tuple) else [key]
        used = sum(one is not None and one is not Ellipsis for one in parts)
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
    rank = max(one.ndim for one in values)
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
    ndarray.__abs__ = lambda self: _map(abs, self)
    ndarray.__invert__ = lambda self: _map(operator.not_ if self.dtype is bool_ else operator.invert, self)


_operators()


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
            if any(isinstance(one, Unknown) for one in parts):
                return Unknown("numpy.array()", True)
            inner = parts[0].shape if parts else ()
            if any(one.shape != inner for one in parts):
                raise ValueError("setting an array element with a sequence. The requested array has an inhomogeneous shape")
            made = ndarray([len(parts), *inner], [one for part in parts for one in part._data])
        else:
            made = ndarray([], [value])
    return made if dtype is None else made.astype(dtype)


def _absorbing(fn, name):
    @functools.wraps(fn)
    def apply(*args, **kwargs):
        unknown = next((one for one in args if isinstance(one, Unknown)), None)
        return fn(*args, **kwargs) if unknown is None else Unknown(f"{name}()", unknown._reported or True)

    return apply


def _absorb(space):
    """Lets all public functions of a module give what is not known of what is not known."""
    package = space["__name__"].partition("._")[0]
    for name, fn in list(space.items()):
        if isinstance(fn, types.FunctionType) and fn.__module__ == space["__name__"] and not name.startswith("_"):
            space[name] = _absorbing(fn, f"{package}.{name}")
