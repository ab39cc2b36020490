"""torch.* functions that make tensors: filled, drawn, counted, from data."""

import random as _random
import math

from torch import _trace
from torch._contents import cast, contents, is_doubtful, item, tolist
from torch._formats import DTYPES, Size, bool_, int64, kind_of
from torch._functions import default_dtype, function, functions, method, shaped, sizes, whole
from torch._tensor import Tensor, call, copy_leaf, leaf, unknown_tensor
from torch._unknown import UNKNOWN_INT, Unknown, UnknownInt, UnknownShape


def _dtype(given, fallback):
    return kind_of(given) or fallback


def _dimensions(args):
    """A list of lengths, some of which may not be known; None where nobody knows how many there are."""
    shape = sizes(args)
    return None if isinstance(shape, UnknownShape) else [_length(one) for one in whole(shape, "empty")]


def _length(value):
    if isinstance(value, Unknown):
        value._use()
        return UNKNOWN_INT
    if isinstance(value, UnknownInt):
        return value
    return _length(item(value)) if isinstance(value, Tensor) else int(value)


def _filled(shape, value, dtype, origin):
    if shape is None:
        return unknown_tensor(origin, [])
    return leaf(shape, {"kind": "constant", "value": float(value)}, dtype)


def _creator(name, value):
    def create(*size, out=None, dtype=None, layout=None, device=None, requires_grad=False, **kwargs):
        if "size" in kwargs:
            size = (kwargs["size"],)
        return _flag(_filled(_dimensions(size), value, _dtype(dtype, default_dtype()), f"torch.{name}"), requires_grad)

    def like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None):
        return _like(input, value, _dtype(dtype, input.dtype), f"torch.{name}_like")

    def new(self, *size, dtype=None, device=None, requires_grad=False, **kwargs):
        if "size" in kwargs:
            size = (kwargs["size"],)
        return _filled(_dimensions(size), value, _dtype(dtype, self.dtype), f"Tensor.new_{name}")

    function(name, create)
    function(f"{name}_like", like)
    setattr(Tensor, f"new_{name}", new)


def _like(input, value, dtype, origin):
    if isinstance(input._shape, UnknownShape):
        return shaped(origin, [input], input._shape, dtype)
    return _filled(list(input._shape), value, dtype, origin)


def _flag(tensor, requires_grad):
    if requires_grad:
        tensor.requires_grad = True
    return tensor


_creator("zeros", 0)
_creator("ones", 1)


@function("empty")
def empty(*size, out=None, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None, **kwargs):
    if "size" in kwargs:
        size = (kwargs["size"],)
    shape = _dimensions(size)
    if shape is None:
        return unknown_tensor("torch.empty", [])
    return _flag(leaf(shape, {"kind": "unknown"}, _dtype(dtype, default_dtype())), requires_grad)


@function("empty_like")
def empty_like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None):
    return leaf(list(input._shape), {"kind": "unknown"}, _dtype(dtype, input.dtype))


@method("new_empty")
def new_empty(self, *size, dtype=None, device=None, requires_grad=False):
    return empty(*size, dtype=_dtype(dtype, self.dtype))


@method("new")
def new(self, *args):
    return Tensor(*args) if args else empty(0, dtype=self.dtype)


@function("full")
def full(size, fill_value, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    if isinstance(fill_value, Tensor):
        fill_value = item(fill_value)
    kind = bool_ if isinstance(fill_value, bool) else int64 if isinstance(fill_value, int) else default_dtype()
    return _filled(_dimensions((size,)), fill_value, _dtype(dtype, kind), "torch.full")


@function("full_like")
def full_like(input, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None):
    return _like(input, fill_value, _dtype(dtype, input.dtype), "torch.full_like")


@method("new_full")
def new_full(self, size, fill_value, *, dtype=None, device=None, requires_grad=False):
    return _filled(_dimensions((size,)), fill_value, _dtype(dtype, self.dtype), "Tensor.new_full")


def _random_leaf(name, init):
    def create(*size, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, **kwargs):
        if "size" in kwargs:
            size = (kwargs["size"],)
        shape = _dimensions(size)
        if shape is None:
            return unknown_tensor(f"torch.{name}", [])
        return _flag(leaf(shape, dict(init), _dtype(dtype, default_dtype())), requires_grad)

    def like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None):
        return create(*input._shape, dtype=_dtype(dtype, input.dtype))

    function(name, create)
    function(f"{name}_like", like)


_random_leaf("randn", {"kind": "normal", "mean": 0.0, "std": 1.0})
_random_leaf("rand", {"kind": "uniform", "low": 0.0, "high": 1.0})


@function("normal")
def normal(mean=0.0, std=1.0, size=None, *, generator=None, out=None, dtype=None, device=None, requires_grad=False):
    if size is None:
        return functions["randn_like"](mean if isinstance(mean, Tensor) else std) * std + mean
    return leaf(list(size), {"kind": "normal", "mean": float(mean), "std": float(std)}, _dtype(dtype, default_dtype()))


@function("randint")
def randint(low=0, high=None, size=None, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    if size is None:
        low, high, size = 0, low, high
    shape = list(size)
    # Drawn once, with a fixed seed: indices that steer a program must be the same in every trace.
    count = math.prod(shape)
    draw = _random.Random(count)
    return known_tensor([draw.randrange(int(low), int(high)) for _ in range(count)], shape, _dtype(dtype, int64))


@function("randint_like")
def randint_like(input, low=0, high=None, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None):
    return randint(low, high, list(input._shape), dtype=_dtype(dtype, input.dtype)) if high is not None else randint_like(input, 0, low, dtype=dtype)


@function("randperm")
def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    order = list(range(int(n)))
    _random.Random(n).shuffle(order)
    return known_tensor(order, [int(n)], _dtype(dtype, int64))


def known_tensor(data, shape, dtype):
    return leaf(shape, {"kind": "data", "data": data}, dtype, known=data)


def _flatten(data):
    """Shape and row-major contents of nested sequences."""
    if isinstance(data, Tensor):
        if contents(data) is None and not is_doubtful(data):
            raise _trace.DataDependent
        return _flatten(tolist(data))
    if hasattr(data, "tolist") and not isinstance(data, (list, tuple)):
        return _flatten(data.tolist())
    if isinstance(data, (list, tuple, range)):
        parts = [_flatten(one) for one in data]
        if not parts:
            return [0], []
        inner = parts[0][0]
        if any(part[0] != inner for part in parts):
            raise ValueError(f"expected sequence of length {len(parts[0][1])} at dim 1")
        return [len(parts), *inner], [value for part in parts for value in part[1]]
    return [], [data]


@function("tensor")
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    if isinstance(data, Tensor):
        return _flag(copy_leaf(data), requires_grad)
    if isinstance(data, (Unknown, UnknownInt)):
        return unknown_tensor("torch.tensor", [])
    try:
        shape, values = _flatten(data)
    except _trace.DataDependent:
        return call("stack", [list(data), 0], "torch.tensor")
    if any(isinstance(value, (Unknown, UnknownInt)) for value in values):
        return unknown_tensor("torch.tensor", [])
    if type(data).__name__ == "ndarray":
        kind = DTYPES[data.dtype.name]
    elif values and all(isinstance(value, bool) for value in values):
        kind = bool_
    elif values and all(isinstance(value, int) for value in values):
        kind = int64
    else:
        kind = default_dtype()
    kind = _dtype(dtype, kind)
    return _flag(known_tensor([cast(value, kind) for value in values], shape, kind), requires_grad)


@function("as_tensor")
def as_tensor(data, dtype=None, device=None):
    return data if isinstance(data, Tensor) else tensor(data, dtype=dtype)


function("from_numpy", lambda array: as_tensor(array))
function("asarray", as_tensor)
function("scalar_tensor", lambda value, **kwargs: tensor(value, **kwargs))


class _Kind(type):
    """A tensor of one element type: called it makes one, and annotations name it."""

    def __call__(cls, *args, device=None):
        if len(args) == 1 and isinstance(args[0], (list, tuple)) and not isinstance(args[0], Size):
            return tensor(args[0], dtype=cls.kind)
        if len(args) == 1 and hasattr(args[0], "tolist") and not isinstance(args[0], Tensor):
            return tensor(args[0], dtype=cls.kind)
        if len(args) == 1 and isinstance(args[0], Tensor):
            return args[0].to(cls.kind)
        return empty(*args, dtype=cls.kind)

    def __instancecheck__(cls, value):
        return isinstance(value, Tensor) and value.dtype is cls.kind


for _name, _kind in {
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "LongTensor": "int64",
    "IntTensor": "int32",
    "BoolTensor": "bool",
    "ByteTensor": "uint8",
}.items():
    functions[_name] = _Kind(_name, (), {"kind": DTYPES[_kind], "__module__": "torch"})


@function("arange")
def arange(start=0, end=None, step=1, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    if end is None:
        start, end = 0, start
    bounds = [item(one) if isinstance(one, Tensor) else one for one in (start, end, step)]
    if any(isinstance(one, (Unknown, UnknownInt)) for one in bounds):
        return unknown_tensor("torch.arange", [])
    start, end, step = bounds
    count = max(0, math.ceil((end - start) / step))
    kind = _dtype(dtype, default_dtype() if any(isinstance(one, float) for one in bounds) else int64)
    return known_tensor([cast(start + index * step, kind) for index in range(count)], [count], kind)


@function("linspace")
def linspace(start, end, steps=100, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    start, end = (item(one) if isinstance(one, Tensor) else one for one in (start, end))
    if any(isinstance(one, (Unknown, UnknownInt)) for one in (start, end, steps)):
        return unknown_tensor("torch.linspace", [])
    step = (end - start) / (steps - 1) if steps > 1 else 0.0
    kind = _dtype(dtype, default_dtype())
    # As torch does: from both ends, so that the last element is exact.
    values = [start + step * index if index < steps // 2 else end - step * (steps - 1 - index) for index in range(steps)]
    return known_tensor([cast(value, kind) for value in values], [steps], kind)


@function("logspace")
def logspace(start, end, steps=100, base=10.0, *, dtype=None, device=None, requires_grad=False):
    return tensor([base**value for value in tolist(linspace(start, end, steps))], dtype=dtype)


@function("eye")
def eye(n, m=None, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    m = n if m is None else m
    if n * m > 65536:
        return leaf([n, m], {"kind": "eye"}, _dtype(dtype, default_dtype()))
    kind = _dtype(dtype, default_dtype())
    return known_tensor([cast(row == column, kind) for row in range(n) for column in range(m)], [n, m], kind)
