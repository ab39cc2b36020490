"""torch.* functions and the methods and operators of Tensor. Arguments are put in order here; meaning is the host's."""

import functools
import itertools
import math
import numbers
import operator
import random as _random
import sys

from torch import _trace
from torch._tensor import (
    DTYPES,
    Size,
    Storage,
    Tensor,
    alias,
    bool_,
    call,
    call_in_place,
    cast,
    contents,
    copy_leaf,
    device as Device,
    dtype as DType,
    encode,
    float32,
    int64,
    is_known,
    item,
    iterate,
    later,
    leaf,
    read,
    tolist,
    truth,
    unknown_tensor,
    view,
    write,
)
from torch._unknown import Unknown, UnknownInt, UnknownShape

functions = {}
default_dtype = float32


def _with_synonyms(fn):
    """NumPy's names of arguments, `axis` and `keepdims`, are torch's too."""
    code = getattr(fn, "__code__", None)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
    if "dim" not in names or "axis" in names:
        return fn

    @functools.wraps(fn)
    def renamed(*args, **kwargs):
        for synonym, name in (("axis", "dim"), ("keepdims", "keepdim")) if kwargs else ():
            if synonym in kwargs:
                kwargs[name] = kwargs.pop(synonym)
        return fn(*args, **kwargs)

    return renamed


def function(name, fn=None):
    """Makes `fn` a torch function."""

    def keep(fn):
        functions[name] = _with_synonyms(fn)
        return fn

    return keep if fn is None else keep(fn)


def method(name):
    def keep(fn):
        setattr(Tensor, name, _with_synonyms(fn))
        return fn

    return keep


def both(*names, in_place=False):
    """Makes `fn(input, …)` a torch function and a method under each name; optionally the in-place method too."""

    def keep(fn):
        known = _with_synonyms(fn)
        for name in names:
            functions[name] = known
            setattr(Tensor, name, known)
        return fn

    return keep


def sizes(args):
    """`f(2, 3)` and `f((2, 3))` alike."""
    if len(args) == 1 and not isinstance(args[0], (numbers.Number, UnknownInt)) and not isinstance(args[0], Tensor):
        return args[0] if isinstance(args[0], UnknownShape) else list(args[0])
    return list(args)


# ---- creation ----------------------------------------------------------------------------------------------------


def _dtype(given, fallback):
    return given if isinstance(given, DType) else fallback


def _dimensions(args):
    shape = sizes(args)
    if isinstance(shape, UnknownShape) or any(isinstance(one, (UnknownInt, Unknown)) for one in shape):
        return None
    return [int(item(one)) if isinstance(one, Tensor) else int(one) for one in shape]


def _filled(shape, value, dtype, origin):
    if shape is None:
        return unknown_tensor(origin, [])
    return leaf(shape, {"kind": "constant", "value": float(value)}, dtype)


def _creator(name, value):
    def create(*size, out=None, dtype=None, layout=None, device=None, requires_grad=False, **kwargs):
        if "size" in kwargs:
            size = (kwargs["size"],)
        return _flag(_filled(_dimensions(size), value, _dtype(dtype, default_dtype), f"torch.{name}"), requires_grad)

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
    if isinstance(input._shape, UnknownShape) or any(isinstance(one, UnknownInt) for one in input._shape):
        return unknown_tensor(origin, [input])
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
    return _flag(leaf(shape, {"kind": "unknown"}, _dtype(dtype, default_dtype)), requires_grad)


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
    kind = bool_ if isinstance(fill_value, bool) else int64 if isinstance(fill_value, int) else default_dtype
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
        return _flag(leaf(shape, dict(init), _dtype(dtype, default_dtype)), requires_grad)

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
    return leaf(list(size), {"kind": "normal", "mean": float(mean), "std": float(std)}, _dtype(dtype, default_dtype))


def _window(name, at):
    def create(window_length, periodic=True, *, dtype=None, layout=None, device=None, requires_grad=False):
        gaps = max(1, window_length if periodic else window_length - 1)
        values = [at(2 * math.pi * index / gaps) for index in range(window_length)]
        return _known(values, [window_length], _dtype(dtype, default_dtype))

    function(name, create)


_window("hann_window", lambda angle: 0.5 - 0.5 * math.cos(angle))
_window("hamming_window", lambda angle: 0.54 - 0.46 * math.cos(angle))


@function("randint")
def randint(low=0, high=None, size=None, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    if size is None:
        low, high, size = 0, low, high
    shape = list(size)
    # Drawn once, with a fixed seed: indices that steer a program must be the same in every trace.
    count = math.prod(shape)
    draw = _random.Random(count)
    return _known([draw.randrange(int(low), int(high)) for _ in range(count)], shape, _dtype(dtype, int64))


@function("randperm")
def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    order = list(range(int(n)))
    _random.Random(n).shuffle(order)
    return _known(order, [int(n)], _dtype(dtype, int64))


def _known(data, shape, dtype):
    return leaf(shape, {"kind": "data", "data": data}, dtype, known=data)


def _flatten(data):
    """Shape and row-major contents of nested sequences."""
    if isinstance(data, Tensor):
        values = tolist(data)
        return _flatten(values)
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
        kind = default_dtype
    kind = _dtype(dtype, kind)
    return _flag(_known([cast(value, kind) for value in values], shape, kind), requires_grad)


@function("as_tensor")
def as_tensor(data, dtype=None, device=None):
    return data if isinstance(data, Tensor) else tensor(data, dtype=dtype)


function("from_numpy", lambda array: as_tensor(array))
function("asarray", as_tensor)
function("scalar_tensor", lambda value, **kwargs: tensor(value, **kwargs))


def _typed_tensor(name):
    def create(*args, device=None):
        kind = DTYPES[name]
        if len(args) == 1 and isinstance(args[0], (list, tuple)) and not isinstance(args[0], Size):
            return tensor(args[0], dtype=kind)
        if len(args) == 1 and hasattr(args[0], "tolist") and not isinstance(args[0], Tensor):
            return tensor(args[0], dtype=kind)
        if len(args) == 1 and isinstance(args[0], Tensor):
            return args[0].to(kind)
        return empty(*args, dtype=kind)

    return create


for _name, _kind in {
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "LongTensor": "int64",
    "IntTensor": "int32",
    "BoolTensor": "bool",
    "ByteTensor": "uint8",
}.items():
    functions[_name] = _typed_tensor(_kind)


@function("arange")
def arange(start=0, end=None, step=1, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    if end is None:
        start, end = 0, start
    bounds = [item(one) if isinstance(one, Tensor) else one for one in (start, end, step)]
    if any(isinstance(one, (Unknown, UnknownInt)) for one in bounds):
        return unknown_tensor("torch.arange", [])
    start, end, step = bounds
    count = max(0, math.ceil((end - start) / step))
    kind = _dtype(dtype, default_dtype if any(isinstance(one, float) for one in bounds) else int64)
    return _known([cast(start + index * step, kind) for index in range(count)], [count], kind)


@function("linspace")
def linspace(start, end, steps=100, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    start, end = (item(one) if isinstance(one, Tensor) else one for one in (start, end))
    step = (end - start) / (steps - 1) if steps > 1 else 0.0
    kind = _dtype(dtype, default_dtype)
    # As torch does: from both ends, so that the last element is exact.
    values = [start + step * index if index < steps // 2 else end - step * (steps - 1 - index) for index in range(steps)]
    return _known([cast(value, kind) for value in values], [steps], kind)


@function("logspace")
def logspace(start, end, steps=100, base=10.0, *, dtype=None, device=None, requires_grad=False):
    return tensor([base**value for value in tolist(linspace(start, end, steps))], dtype=dtype)


@function("eye")
def eye(n, m=None, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    m = n if m is None else m
    if n * m > 65536:
        return leaf([n, m], {"kind": "eye"}, _dtype(dtype, default_dtype))
    kind = _dtype(dtype, default_dtype)
    return _known([cast(row == column, kind) for row in range(n) for column in range(m)], [n, m], kind)


# ---- leaves that are still being initialised -----------------------------------------------------------------------


def is_fresh(tensor):
    """A whole leaf nobody has read yet, so that writing to it only changes its first contents."""
    return not tensor._path and tensor._storage.value is None


def set_init(tensor, init):
    """Gives a tensor its first contents anew. For part of a tensor, the rest keeps its own."""
    storage = tensor._storage
    # A constructor may run its layers before it initialises them: what they read is not the model's.
    if is_fresh(tensor) or (not tensor._path and storage.name is not None and _trace.phase != "forward"):
        storage.value = None
        storage.init = init
        storage.known = init["data"] if init["kind"] == "data" else None
        storage.version += 1
        return tensor
    if storage.value is None:
        count = math.prod(storage.shape)
        if init["kind"] != "constant" or count > 65536 or not (storage.known or storage.init["kind"] in ("constant", "data")):
            # A part of a random tensor: the statistics of the whole are kept.
            return tensor
    fill = leaf(tensor._shape, init, tensor.dtype)
    write(tensor, read(fill))
    return tensor


def _affine(init, scale, shift):
    kind = init["kind"]
    if kind == "constant":
        return {"kind": kind, "value": init["value"] * scale + shift}
    if kind == "uniform":
        ends = (init["low"] * scale + shift, init["high"] * scale + shift)
        return {"kind": kind, "low": min(ends), "high": max(ends)}
    if kind == "normal":
        return {"kind": kind, "mean": init["mean"] * scale + shift, "std": abs(init["std"] * scale)}
    if kind == "truncatedNormal":
        ends = (init["low"] * scale + shift, init["high"] * scale + shift)
        return {
            "kind": kind,
            "mean": init["mean"] * scale + shift,
            "std": abs(init["std"] * scale),
            "low": min(ends),
            "high": max(ends),
        }
    if kind == "orthogonal" and shift == 0:
        return {"kind": kind, "gain": init["gain"] * scale}
    return None


def _rescale(tensor, scale, shift, in_place):
    """`tensor * scale + shift` for a leaf, as another first value; None where that cannot be said."""
    storage = tensor._storage
    if not is_fresh(tensor) or storage.known is not None or storage.init is None or not tensor.dtype.is_floating_point:
        return None
    if not in_place and storage.name is not None:
        return None
    if in_place and _trace.phase == "forward" and storage.name is not None:
        return None
    init = _affine(storage.init, scale, shift)
    if init is None:
        return None
    if in_place:
        return set_init(tensor, init)
    return leaf(tensor._shape, init, tensor.dtype)


# ---- elementwise -------------------------------------------------------------------------------------------------


def _unary(name, *synonyms):
    def plain(input, *, out=None):
        return call(name, [input], f"torch.{name}")

    def bound(self):
        return call(name, [self], f"Tensor.{name}")

    def in_place(self):
        return call_in_place(name, self, [], f"Tensor.{name}_")

    for each in (name, *synonyms):
        function(each, plain)
        function(f"{each}_", lambda input: call_in_place(name, input, [], f"torch.{name}_"))
        setattr(Tensor, each, bound)
        setattr(Tensor, f"{each}_", in_place)


for _name in (
    "exp log log2 log10 log1p expm1 sqrt rsqrt sin cos tan sinh cosh tanh sigmoid erf floor ceil sign "
    "reciprocal square relu isnan isinf isfinite frac"
).split():
    _unary(_name)
_unary("abs", "absolute")
_unary("neg", "negative")
_unary("asin", "arcsin")
_unary("acos", "arccos")
_unary("atan", "arctan")
_unary("trunc", "fix")
_unary("logical_not")
_unary("bitwise_not")
functions["sign"] = functions["sign"]


@both("round")
def round_(input, *, decimals=0):
    return call("round", [input], "torch.round") if decimals == 0 else call("round", [input * 10**decimals], "torch.round") / 10**decimals


@function("sgn")
def sgn(input):
    return call("sign", [input], "torch.sgn")


@function("positive")
def positive(input):
    return input


def _is_scalar(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_SCALED = {
    "add": lambda other, alpha: (1.0, other * alpha),
    "sub": lambda other, alpha: (1.0, -other * alpha),
    "mul": lambda other, alpha: (other, 0.0),
    "div": lambda other, alpha: (1.0 / other if other else math.inf, 0.0),
}


def _arithmetic(name, *synonyms):
    """add, sub, mul, div: with `alpha` or `rounding_mode`, and by their effect on leaves."""

    def args_of(other, alpha, rounding_mode):
        return [other, alpha] if name in ("add", "sub") else [other, rounding_mode] if name == "div" else [other]

    def effect(tensor, other, alpha, rounding_mode, in_place):
        if rounding_mode is None and _is_scalar(other) and isinstance(tensor, Tensor) and is_fresh(tensor):
            return _rescale(tensor, *_SCALED[name](other, alpha), in_place)
        return None

    def apply(input, other, alpha, rounding_mode, origin):
        done = effect(input, other, alpha, rounding_mode, False)
        if done is None and name in ("add", "mul"):
            done = effect(other, input, alpha, None, False) if alpha == 1 else None
        return call(name, [input, *args_of(other, alpha, rounding_mode)], origin) if done is None else done

    def apply_in_place(self, other, alpha, rounding_mode, origin):
        if effect(self, other, alpha, rounding_mode, True) is not None:
            return self
        return call_in_place(name, self, args_of(other, alpha, rounding_mode), origin)

    def plain(input, other, *, alpha=1, rounding_mode=None, out=None):
        return apply(input, other, alpha, rounding_mode, f"torch.{name}")

    def bound(self, other, *, alpha=1, rounding_mode=None):
        return apply(self, other, alpha, rounding_mode, f"Tensor.{name}")

    def in_place(self, other, *, alpha=1, rounding_mode=None):
        return apply_in_place(self, other, alpha, rounding_mode, f"Tensor.{name}_")

    for each in (name, *synonyms):
        function(each, plain)
        setattr(Tensor, each, bound)
        setattr(Tensor, f"{each}_", in_place)

    dunder = "truediv" if name == "div" else name

    def operator(self, other):
        return NotImplemented if not _operand(other) else apply(self, other, 1, None, f"Tensor.__{dunder}__")

    def reflected(self, other):
        if not _operand(other):
            return NotImplemented
        if name in ("add", "mul"):
            return apply(self, other, 1, None, f"Tensor.__r{dunder}__")
        return call(name, [other, self, *args_of(None, 1, None)[1:]], f"Tensor.__r{dunder}__")

    def augmented(self, other):
        return NotImplemented if not _operand(other) else apply_in_place(self, other, 1, None, f"Tensor.__i{dunder}__")

    setattr(Tensor, f"__{dunder}__", operator)
    setattr(Tensor, f"__r{dunder}__", reflected)
    setattr(Tensor, f"__i{dunder}__", augmented)


def _operand(value):
    return isinstance(value, (Tensor, numbers.Number, Unknown, UnknownInt)) or hasattr(value, "__float__")


_arithmetic("add")
_arithmetic("sub", "subtract")
_arithmetic("mul", "multiply")
_arithmetic("div", "divide", "true_divide")


@function("rsub")
def rsub(input, other, *, alpha=1):
    return call("sub", [other, input, alpha], "torch.rsub")


def _binary(name, *synonyms, dunder=None, reflects=False):
    def plain(input, other, *, out=None):
        return call(name, [input, other], f"torch.{name}")

    def bound(self, other):
        return call(name, [self, other], f"Tensor.{name}")

    def in_place(self, other):
        return call_in_place(name, self, [other], f"Tensor.{name}_")

    for each in (name, *synonyms):
        function(each, plain)
        setattr(Tensor, each, bound)
        setattr(Tensor, f"{each}_", in_place)
    if dunder:

        def operator(self, other):
            return NotImplemented if not _operand(other) else call(name, [self, other], f"Tensor.__{dunder}__")

        setattr(Tensor, f"__{dunder}__", operator)
        if reflects:

            def reflected(self, other):
                return NotImplemented if not _operand(other) else call(name, [other, self], f"Tensor.__r{dunder}__")

            def augmented(self, other):
                return call_in_place(name, self, [other], f"Tensor.__i{dunder}__")

            setattr(Tensor, f"__r{dunder}__", reflected)
            setattr(Tensor, f"__i{dunder}__", augmented)


_binary("pow", dunder="pow", reflects=True)
_binary("floor_divide", dunder="floordiv", reflects=True)
_binary("remainder", dunder="mod", reflects=True)
_binary("fmod")
_binary("bitwise_and", dunder="and", reflects=True)
_binary("bitwise_or", dunder="or", reflects=True)
_binary("bitwise_xor", dunder="xor", reflects=True)
_binary("eq", dunder="eq")
_binary("ne", "not_equal", dunder="ne")
_binary("lt", "less", dunder="lt")
_binary("le", "less_equal", dunder="le")
_binary("gt", "greater", dunder="gt")
_binary("ge", "greater_equal", dunder="ge")
_binary("logical_and")
_binary("logical_or")
_binary("logical_xor")
_binary("maximum", "fmax")
_binary("minimum", "fmin")
_binary("atan2", "arctan2")
Tensor.__neg__ = lambda self: call("neg", [self], "Tensor.__neg__")
Tensor.__pos__ = lambda self: self
Tensor.__abs__ = lambda self: call("abs", [self], "Tensor.__abs__")
Tensor.__invert__ = lambda self: call("bitwise_not", [self], "Tensor.__invert__")


@both("clamp", "clip")
def clamp(input, min=None, max=None, *, out=None):
    return call("clamp", [input, min, max], "torch.clamp")


@method("clamp_")
def clamp_(self, min=None, max=None):
    return call_in_place("clamp", self, [min, max], "Tensor.clamp_")


Tensor.clip_ = clamp_
function("clamp_", clamp_)


@both("clamp_min")
def clamp_min(input, min):
    return call("clamp", [input, min, None], "torch.clamp_min")


@both("clamp_max")
def clamp_max(input, max):
    return call("clamp", [input, None, max], "torch.clamp_max")


Tensor.clamp_min_ = lambda self, min: call_in_place("clamp", self, [min, None], "Tensor.clamp_min_")
Tensor.clamp_max_ = lambda self, max: call_in_place("clamp", self, [None, max], "Tensor.clamp_max_")


@both("lerp")
def lerp(input, end, weight):
    return input + (end - input) * weight


@both("addcmul")
def addcmul(input, tensor1, tensor2, *, value=1):
    return input + tensor1 * tensor2 * value if value != 1 else input + tensor1 * tensor2


@both("addcdiv")
def addcdiv(input, tensor1, tensor2, *, value=1):
    return input + tensor1 / tensor2 * value if value != 1 else input + tensor1 / tensor2


@function("where")
def where(condition, input=None, other=None):
    if input is None:
        return unknown_call("torch.where", [condition])
    return call("where", [condition, input, other], "torch.where")


Tensor.where = lambda self, condition, other: call("where", [condition, self, other], "Tensor.where")


@both("masked_fill")
def masked_fill(input, mask, value):
    return call("masked_fill", [input, mask, value], "Tensor.masked_fill")


Tensor.masked_fill_ = lambda self, mask, value: call_in_place("masked_fill", self, [mask, value], "Tensor.masked_fill_")


@both("nan_to_num")
def nan_to_num(input, nan=0.0, posinf=None, neginf=None):
    return call("nan_to_num", [input, nan, posinf, neginf], "torch.nan_to_num")


def unknown_call(name, args):
    _trace.report("unknown-operation", f"Skipscope does not know {name} for these arguments.")
    return unknown_tensor(name, [one for one in args if isinstance(one, Tensor)])


# ---- writing -----------------------------------------------------------------------------------------------------


@method("copy_")
def copy_(self, src, non_blocking=False):
    if is_fresh(self) and isinstance(src, Tensor) and is_fresh(src) and tuple(src._shape) == tuple(self._shape):
        self._storage.init, self._storage.known = src._storage.init, src._storage.known
        self._storage.version += 1
        return self
    return call_in_place("copy", self, [src, list(self._shape)], "Tensor.copy_")


@method("fill_")
def fill_(self, value):
    if isinstance(value, Tensor):
        return copy_(self, value)
    if _trace.phase != "forward" or (is_fresh(self) and self._storage.name is None):
        return set_init(self, {"kind": "constant", "value": float(value)})
    return call_in_place("copy", self, [value, list(self._shape)], "Tensor.fill_")


Tensor.zero_ = lambda self: fill_(self, 0)


def _draw(name):
    def method(self, *args, **kwargs):
        kwargs.pop("generator", None)
        return set_init(self, name(*args, **kwargs))

    return method


Tensor.normal_ = _draw(lambda mean=0, std=1: {"kind": "normal", "mean": float(mean), "std": float(std)})
setattr(Tensor, "uniform_", _draw(lambda a=0, b=1, **ends: {"kind": "uniform", "low": float(ends.get("from", a)), "high": float(ends.get("to", b))}))
Tensor.random_ = _draw(lambda *ends: {"kind": "uniform", "low": 0.0, "high": float(ends[-1]) if ends else 1.0})
Tensor.exponential_ = _draw(lambda lambd=1: {"kind": "unknown"})


@both("bernoulli")
def bernoulli(input, p=None, *, generator=None, out=None):
    if isinstance(input._shape, UnknownShape) or any(isinstance(one, UnknownInt) for one in input._shape):
        return unknown_tensor("torch.bernoulli", [input])
    chance = input if p is None else p
    known = contents(chance) if isinstance(chance, Tensor) else [chance]
    if known and input._shape.numel() == 1:
        # A single draw may steer the program, so it is the same in every trace.
        return _known([cast(_random.Random(1).random() < known[0], input.dtype)], list(input._shape), input.dtype)
    return (functions["rand"](*input._shape) < chance).to(input.dtype)


@method("bernoulli_")
def bernoulli_(self, p=0.5, *, generator=None):
    drawn = bernoulli(self, p)
    if is_fresh(self) and is_fresh(drawn) and drawn._storage.known is not None:
        return set_init(self, drawn._storage.init)
    return self.copy_(drawn)


@method("set_")
def set_(self, source):
    self.data = source
    return self


# ---- shapes ------------------------------------------------------------------------------------------------------


def _copied(tensor):
    """Whether a reshape of this view copies in torch: its elements do not lie in order."""
    return any(step[0] in ("permute", "transpose", "basic_index", "expand", "unbind", "split", "chunk") for step in tensor._path)


def _reshape(tensor, shape, origin):
    if _copied(tensor):
        return call("reshape", [tensor, shape], origin)
    return view("reshape", tensor, [shape], origin)


@function("reshape")
def reshape(input, *shape, **kwargs):
    return _reshape(input, kwargs["shape"] if "shape" in kwargs else sizes(shape), "torch.reshape")


Tensor.reshape = lambda self, *shape, **kwargs: _reshape(
    self, kwargs["shape"] if "shape" in kwargs else sizes(shape), "Tensor.reshape"
)


@method("view")
def view_(self, *shape, **kwargs):
    if shape and isinstance(shape[0], DType):
        return self.to(shape[0])
    return view("reshape", self, [kwargs["size"] if "size" in kwargs else sizes(shape)], "Tensor.view")


Tensor.view_as = lambda self, other: view("reshape", self, [list(other._shape)], "Tensor.view_as")
Tensor.reshape_as = lambda self, other: _reshape(self, list(other._shape), "Tensor.reshape_as")


@both("flatten")
def flatten(input, start_dim=0, end_dim=-1):
    if _copied(input):
        return call("flatten", [input, start_dim, end_dim], "torch.flatten")
    return view("flatten", input, [start_dim, end_dim], "torch.flatten")


@both("unflatten")
def unflatten(input, dim, sizes):
    return view("unflatten", input, [dim, list(sizes)], "torch.unflatten")


@both("ravel")
def ravel(input):
    return flatten(input)


@both("transpose", "swapaxes", "swapdims")
def transpose(input, dim0, dim1):
    return view("transpose", input, [dim0, dim1], "torch.transpose")


Tensor.transpose_ = lambda self, dim0, dim1: _become(self, transpose(self, dim0, dim1))


@both("t")
def t(input):
    return view("transpose", input, [0, 1], "torch.t") if input.ndim == 2 else input


def _become(tensor, other):
    """In-place changes of shape: the same object, seen differently."""
    tensor._path, tensor._shape, tensor._seen = other._path, other._shape, other._seen
    return tensor


@function("permute")
def permute(input, *dims, **kwargs):
    return view("permute", input, [kwargs["dims"] if "dims" in kwargs else sizes(dims)], "torch.permute")


Tensor.permute = lambda self, *dims, **kwargs: view(
    "permute", self, [kwargs["dims"] if "dims" in kwargs else sizes(dims)], "Tensor.permute"
)
Tensor.T = property(lambda self: view("permute", self, [list(range(self.ndim))[::-1]], "Tensor.T"))
Tensor.mT = property(lambda self: view("transpose", self, [-2, -1], "Tensor.mT"))


@both("movedim", "moveaxis")
def movedim(input, source, destination):
    rank = input.ndim
    source = [source] if isinstance(source, int) else list(source)
    destination = [destination] if isinstance(destination, int) else list(destination)
    source = [one % rank for one in source]
    order = [one for one in range(rank) if one not in source]
    for to, axis in sorted(zip([one % rank for one in destination], source)):
        order.insert(to, axis)
    return view("permute", input, [order], "torch.movedim")


@both("squeeze")
def squeeze(input, dim=None):
    return view("squeeze", input, [dim], "torch.squeeze")


@both("unsqueeze")
def unsqueeze(input, dim):
    return view("unsqueeze", input, [dim], "torch.unsqueeze")


Tensor.squeeze_ = lambda self, dim=None: _become(self, squeeze(self, dim))
Tensor.unsqueeze_ = lambda self, dim: _become(self, unsqueeze(self, dim))


@method("expand")
def expand(self, *size, **kwargs):
    return view("expand", self, [kwargs["size"] if "size" in kwargs else sizes(size)], "Tensor.expand")


Tensor.expand_as = lambda self, other: view("expand", self, [list(other._shape)], "Tensor.expand_as")


@both("broadcast_to")
def broadcast_to(input, shape):
    return view("expand", input, [list(shape)], "torch.broadcast_to")


@function("broadcast_tensors")
def broadcast_tensors(*tensors):
    tensors = sizes(tensors)
    shape = functions["broadcast_shapes"](*[one._shape for one in tensors])
    return tuple(broadcast_to(one, shape) for one in tensors)


@function("broadcast_shapes")
def broadcast_shapes(*shapes):
    rank = max(map(len, shapes), default=0)
    result = []
    for axis in range(-rank, 0):
        lengths = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(lengths) > 1:
            raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape")
        result.append(lengths.pop() if lengths else 1)
    return Size(result)


@method("repeat")
def repeat(self, *sizes_, **kwargs):
    return call("repeat", [self, kwargs["repeats"] if "repeats" in kwargs else sizes(sizes_)], "Tensor.repeat")


@function("tile")
def tile(input, *dims, **kwargs):
    return call("repeat", [input, kwargs["dims"] if "dims" in kwargs else sizes(dims)], "torch.tile")


Tensor.tile = tile


@both("repeat_interleave")
def repeat_interleave(input, repeats, dim=None, *, output_size=None):
    if isinstance(repeats, Tensor):
        if not is_known(repeats):
            return unknown_call("torch.repeat_interleave", [input])
        counts = tolist(repeats)
        counts = counts if isinstance(counts, list) else [counts]
        axis = 0 if dim is None else dim
        source = input.flatten() if dim is None else input
        if len(counts) == 1:
            counts = counts * source._shape[axis]
        order = [index for index, count in enumerate(counts) for _ in range(int(count))]
        return index_select(source, axis, tensor(order))
    return call("repeat_interleave", [input, repeats, dim], "torch.repeat_interleave")


@function("cat")
def cat(tensors, dim=0, *, out=None):
    return call("cat", [list(tensors), dim], "torch.cat")


function("concat", cat)
function("concatenate", cat)


@function("stack")
def stack(tensors, dim=0, *, out=None):
    return call("stack", [list(tensors), dim], "torch.stack")


function("hstack", lambda tensors: cat(tensors, 0 if list(tensors)[0].ndim == 1 else 1))
function("vstack", lambda tensors: cat([one.unsqueeze(0) if one.ndim == 1 else one for one in tensors], 0))


@both("split")
def split(tensor, split_size_or_sections=None, dim=0, *, split_size=None):
    size = split_size_or_sections if split_size is None else split_size
    return view("split", tensor, [size, dim], "torch.split")


@both("split_with_sizes")
def split_with_sizes(self, split_sizes, dim=0):
    return view("split", self, [list(split_sizes), dim], "torch.split_with_sizes")


@both("chunk")
def chunk(input, chunks, dim=0):
    return view("chunk", input, [chunks, dim], "torch.chunk")


@both("tensor_split")
def tensor_split(input, indices_or_sections=None, dim=0, *, indices=None, sections=None):
    wanted = next(one for one in (indices_or_sections, indices, sections) if one is not None)
    length = input._shape[dim]
    if isinstance(wanted, int):
        parts = [length // wanted + (index < length % wanted) for index in range(wanted)]
    else:
        marks = [0, *[min(one, length) for one in wanted], length]
        parts = [after - before for before, after in zip(marks, marks[1:])]
    return view("split", input, [parts, dim], "torch.tensor_split")


@both("unbind")
def unbind(input, dim=0):
    return view("unbind", input, [dim], "torch.unbind")


@both("narrow")
def narrow(input, dim, start, length):
    return view("basic_index", input, [[*[slice(None)] * (dim % input.ndim), slice(start, start + length)]], "torch.narrow")


@both("select")
def select(input, dim, index):
    return view("basic_index", input, [[*[slice(None)] * (dim % input.ndim), index]], "torch.select")


@both("roll")
def roll(input, shifts, dims=None):
    return call("roll", [input, shifts, dims], "torch.roll")


@function("flip")
def flip(input, *dims, **kwargs):
    return call("flip", [input, kwargs["dims"] if "dims" in kwargs else sizes(dims)], "torch.flip")


Tensor.flip = flip
function("fliplr", lambda input: flip(input, 1))
function("flipud", lambda input: flip(input, 0))


@both("rot90")
def rot90(input, k=1, dims=(0, 1)):
    a, b = dims
    k %= 4
    if k == 0:
        return input
    if k == 2:
        return flip(flip(input, a), b)
    return transpose(flip(input, b), a, b) if k == 1 else flip(transpose(input, a, b), b)


@both("tril")
def tril(input, diagonal=0):
    return call("tril", [input, diagonal], "torch.tril")


@both("triu")
def triu(input, diagonal=0):
    return call("triu", [input, diagonal], "torch.triu")


Tensor.triu_ = lambda self, diagonal=0: call_in_place("triu", self, [diagonal], "Tensor.triu_")
Tensor.tril_ = lambda self, diagonal=0: call_in_place("tril", self, [diagonal], "Tensor.tril_")


@both("diagonal")
def diagonal(input, offset=0, dim1=0, dim2=1):
    return call("diagonal", [input, offset, dim1, dim2], "torch.diagonal")


@both("diag")
def diag(input, diagonal=0):
    if input.ndim == 1 and diagonal == 0:
        return eye(input._shape[0], dtype=input.dtype) * input
    return call("diagonal", [input, diagonal, 0, 1], "torch.diag")


@both("gather")
def gather(input, dim, index, *, sparse_grad=False, out=None):
    return call("gather", [input, dim, index], "torch.gather")


@both("index_select")
def index_select(input, dim, index):
    return call("index_select", [input, dim, index], "torch.index_select")


@both("take_along_dim")
def take_along_dim(input, indices, dim):
    return call("gather", [input, dim, indices], "torch.take_along_dim")


@both("scatter")
def scatter(input, dim, index, src, *, reduce=None):
    return call("scatter", [input, dim, index, src, reduce], "torch.scatter")


@both("scatter_add")
def scatter_add(input, dim, index, src):
    return call("scatter", [input, dim, index, src, "add"], "torch.scatter_add")


@method("scatter_")
def scatter_(self, dim, index, src=None, *, reduce=None, value=None):
    return call_in_place("scatter", self, [dim, index, value if src is None else src, reduce], "Tensor.scatter_")


@method("scatter_add_")
def scatter_add_(self, dim, index, src):
    return call_in_place("scatter", self, [dim, index, src, "add"], "Tensor.scatter_add_")


@function("meshgrid")
def meshgrid(*tensors, indexing="ij"):
    tensors = sizes(tensors)
    return call("meshgrid", [list(tensors), indexing], "torch.meshgrid")


@method("unfold")
def unfold(self, dimension, size, step):
    return call("tensor_unfold", [self, dimension, size, step], "Tensor.unfold")


@both("cumsum")
def cumsum(input, dim, *, dtype=None, out=None):
    return call("cumsum", [input, dim], "torch.cumsum")


@both("cumprod")
def cumprod(input, dim, *, dtype=None, out=None):
    if input.ndim == 1 and is_known(input):
        return _known(list(itertools.accumulate(tolist(input), operator.mul)), input._shape, input.dtype)
    rows = input.transpose(dim, -1)
    length = rows._shape[-1]
    upto = functions["ones"](length, length, dtype=bool_).tril()
    return where(upto, rows.unsqueeze(-2), 1).prod(-1).transpose(dim, -1)


@both("diff")
def diff(input, n=1, dim=-1, prepend=None, append=None):
    parts = [one for one in (prepend, input, append) if one is not None]
    input = cat(parts, dim) if len(parts) > 1 else input
    for _ in range(n):
        length = input._shape[dim]
        input = narrow(input, dim, 1, length - 1) - narrow(input, dim, 0, length - 1)
    return input


@both("topk")
def topk(input, k, dim=-1, largest=True, sorted=True):
    return _named(("values", "indices"), call("topk", [input, k, dim, largest], "torch.topk"))


@both("sort")
def sort(input, dim=-1, descending=False, stable=False):
    return _named(("values", "indices"), call("sort", [input, dim, descending], "torch.sort"))


@both("argsort")
def argsort(input, dim=-1, descending=False, stable=False):
    return call("sort", [input, dim, descending], "torch.argsort")[1]


@both("nonzero")
def nonzero(input, *, as_tuple=False, out=None):
    return unknown_call("torch.nonzero", [input])


@both("masked_select")
def masked_select(input, mask):
    return unknown_call("torch.masked_select", [input, mask])


@both("bincount")
def bincount(input, weights=None, minlength=0):
    return unknown_call("torch.bincount", [input])


_named_types = {}


def _named(names, values):
    import collections

    kind = _named_types.get(names)
    if kind is None:
        kind = _named_types[names] = collections.namedtuple("return_types", names)
    # The several results of a call that is not known are unknown each.
    return kind(*(values if isinstance(values, tuple) else [unknown_tensor("", [values]) for _ in names]))


# ---- indexing ----------------------------------------------------------------------------------------------------


def _index(key):
    """The index as a list; whether it holds tensors."""
    parts = list(key) if isinstance(key, tuple) else [key]
    advanced = False
    for at, part in enumerate(parts):
        if isinstance(part, slice):
            if isinstance(part.start, Tensor) or isinstance(part.stop, Tensor):
                parts[at] = slice(*[item(one) if isinstance(one, Tensor) else one for one in (part.start, part.stop, part.step)])
            continue
        if part is None or part is Ellipsis or isinstance(part, (UnknownInt, Unknown)):
            continue
        if isinstance(part, Tensor):
            if part.ndim == 0 and not part.dtype.is_floating_point and part.dtype is not bool_ and is_known(part):
                parts[at] = item(part)
            else:
                advanced = True
        elif isinstance(part, (list, tuple, range)) or hasattr(part, "tolist") and getattr(part, "shape", ()) != ():
            parts[at] = tensor(part if not isinstance(part, (tuple, range)) else list(part))
            advanced = True
        elif isinstance(part, bool):
            parts[at] = part
        elif hasattr(part, "__index__"):
            parts[at] = int(part)
        else:
            raise TypeError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                f"(got {type(part).__name__})"
            )
    return parts, advanced


def _check_index(tensor, parts):
    """Python's own errors for indices that cannot be right."""
    if isinstance(tensor._shape, UnknownShape):
        return
    used = sum(1 for part in parts if part is not None and part is not Ellipsis and not isinstance(part, bool))
    if used > len(tensor._shape) and not any(isinstance(part, Tensor) for part in parts):
        raise IndexError(f"too many indices for tensor of dimension {len(tensor._shape)}")
    if Ellipsis in [part for part in parts if part is Ellipsis]:
        return
    axis = 0
    for part in parts:
        if part is None or isinstance(part, bool):
            continue
        if isinstance(part, int) and axis < len(tensor._shape):
            length = tensor._shape[axis]
            if isinstance(length, int) and not -length <= part < length:
                raise IndexError(f"index {part} is out of bounds for dimension {axis} with size {length}")
        axis += 1


def _getitem(self, key):
    parts, advanced = _index(key)
    _check_index(self, parts)
    if advanced:
        if _is_mask(parts):
            # How much a mask keeps is not known, but `a[mask] = b[mask]` does not need to know.
            return later("index", [self, parts], "Tensor.__getitem__", self.dtype, mask=read(parts[0]), source=_now(self))
        return call("index", [self, parts], "Tensor.__getitem__")
    return view("basic_index", self, [parts], "Tensor.__getitem__")


def _is_mask(parts):
    """Whether the index is one mask, of a tensor of the forward pass, whose contents are not known."""
    only = parts[0] if len(parts) == 1 and _trace.phase == "forward" else None
    return isinstance(only, Tensor) and only.dtype is bool_ and not is_known(only)


def _now(tensor):
    """A tensor that keeps the contents of now."""
    result = copy_leaf(alias(tensor))
    result._storage = Storage(read(tensor), tensor._shape, tensor.dtype)
    return result


def _setitem(self, key, value):
    parts, advanced = _index(key)
    _check_index(self, parts)
    if advanced and _is_mask(parts) and isinstance(value, Tensor) and value._storage.value is None and not value._path:
        init = value._storage.init
        if init and init["kind"] == "later" and init["mask"] == read(parts[0]):
            mask = parts[0]
            mask = mask.reshape(*mask._shape, *[1] * (self.ndim - mask.ndim))
            value = where(mask, init["source"], self)
            call_in_place("copy", self, [value, list(self._shape)], "Tensor.__setitem__")
            return
    if advanced:
        call_in_place("index_put", self, [parts, value], "Tensor.__setitem__")
        return
    target = view("basic_index", self, [parts], "Tensor.__setitem__")
    call_in_place("copy", target, [value, list(target._shape) if not isinstance(target._shape, UnknownShape) else target._shape], "Tensor.__setitem__")


Tensor.__getitem__ = _getitem
Tensor.__setitem__ = _setitem
Tensor.index_select = index_select
Tensor.__iter__ = lambda self: iterate(self)
Tensor.__bool__ = lambda self: truth(self)
Tensor.__int__ = lambda self: int(item(self))
Tensor.__float__ = lambda self: float(item(self))
Tensor.__index__ = lambda self: int(item(self))
Tensor.__contains__ = lambda self, value: truth((self == value).any())
Tensor.item = lambda self: item(self)
Tensor.tolist = lambda self: tolist(self)


@method("numpy")
def numpy(self, *, force=False):
    import numpy

    return numpy.array(tolist(self), self.dtype.name)


# ---- reductions --------------------------------------------------------------------------------------------------


def _axes(dim):
    return None if dim is None else [dim] if isinstance(dim, int) else list(dim)


def _reduction(name):
    def reduce(input, dim=None, keepdim=False, *, dtype=None, out=None):
        return call(name, [input, _axes(dim), bool(keepdim), dtype], f"torch.{name}")

    both(name)(reduce)


for _name in "sum mean prod amax amin any all logsumexp nansum".split():
    _reduction(_name)


def _extremum(name):
    def reduce(input, dim=None, keepdim=False, *, out=None):
        if isinstance(dim, Tensor):
            return call("maximum" if name == "max" else "minimum", [input, dim], f"torch.{name}")
        if dim is None:
            return call(f"a{name}", [input, None, False, None], f"torch.{name}")
        return _named(("values", "indices"), call(name, [input, dim, keepdim], f"torch.{name}"))

    both(name)(reduce)

    def arg(input, dim=None, keepdim=False):
        return call(f"arg{name}", [input, dim, keepdim], f"torch.arg{name}")

    both(f"arg{name}")(arg)


_extremum("max")
_extremum("min")


def _spread(name):
    def reduce(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        correction = (1 if unbiased else 0) if correction is None else correction
        return call(name, [input, _axes(dim), correction, keepdim], f"torch.{name}")

    both(name)(reduce)

    def with_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
        return reduce(input, dim, unbiased, keepdim, correction=correction), functions["mean"](input, dim, keepdim)

    function(f"{name}_mean", with_mean)


_spread("var")
_spread("std")


@both("norm")
def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    return call("norm", [input, 2.0 if p in ("fro", None) else float(p), _axes(dim), keepdim], "torch.norm")


@both("dist")
def dist(input, other, p=2):
    return norm(input - other, p)


@function("cdist")
def cdist(x1, x2, p=2.0, compute_mode=None):
    return norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)


# ---- products ----------------------------------------------------------------------------------------------------


def _product(name, dunder=None):
    def plain(input, other, *, out=None):
        return call("matmul", [input, other], f"torch.{name}")

    both(name)(plain)


for _name in "matmul mm bmm mv dot inner_ spmm".split():
    _product(_name)
Tensor.__matmul__ = lambda self, other: call("matmul", [self, other], "Tensor.__matmul__")
Tensor.__rmatmul__ = lambda self, other: call("matmul", [other, self], "Tensor.__rmatmul__")


@both("inner")
def inner(input, other):
    return call("matmul", [input, other.transpose(-1, -2) if other.ndim > 1 else other], "torch.inner")


@both("outer", "ger")
def outer(input, vec2):
    return call("mul", [input.unsqueeze(1), vec2.unsqueeze(0)], "torch.outer")


@both("addmm")
def addmm(input, mat1, mat2, *, beta=1, alpha=1, out=None):
    product = mat1 @ mat2
    product = product if alpha == 1 else product * alpha
    return product if beta == 0 else product + (input if beta == 1 else input * beta)


both("baddbmm")(addmm)
both("addbmm")(lambda input, a, b, *, beta=1, alpha=1: addmm(input, a, b, beta=beta, alpha=alpha).sum(0))


@function("einsum")
def einsum(equation, *operands):
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    return call("einsum", [equation, list(operands)], "torch.einsum")


@function("tensordot")
def tensordot(a, b, dims=2, out=None):
    if isinstance(dims, int):
        left, right = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        left, right = ([one] if isinstance(one, int) else list(one) for one in dims)
    letters = "abcdefghijklmnopqrstuvwxyz"
    first = list(letters[: a.ndim])
    second = list(letters[a.ndim : a.ndim + b.ndim])
    for one, other in zip(left, right):
        second[other % b.ndim] = first[one % a.ndim]
    shared = {first[one % a.ndim] for one in left}
    result = [one for one in first + second if one not in shared]
    return einsum(f"{''.join(first)},{''.join(second)}->{''.join(result)}", a, b)


# ---- types, devices, bookkeeping ---------------------------------------------------------------------------------


@method("to")
def to(self, *args, **kwargs):
    kwargs.pop("non_blocking", None), kwargs.pop("copy", None), kwargs.pop("memory_format", None)
    kind = kwargs.get("dtype")
    for arg in args:
        if isinstance(arg, DType):
            kind = arg
        elif isinstance(arg, Tensor):
            kind = arg.dtype
    return _convert(self, kind, "Tensor.to")


def _convert(tensor, kind, origin):
    if kind is None or not isinstance(kind, DType) or kind is tensor.dtype:
        return tensor
    if is_fresh(tensor) and tensor._storage.name is None:
        storage = tensor._storage
        known = None if storage.known is None else [cast(one, kind) for one in storage.known]
        return leaf(tensor._shape, storage.init if known is None else {"kind": "data", "data": known}, kind, known=known)
    return call("cast", [tensor, kind], origin)


@method("type")
def type_(self, dtype=None, non_blocking=False, **kwargs):
    if dtype is None:
        return "torch.FloatTensor"
    if isinstance(dtype, str):
        name = dtype.rsplit(".", 1)[-1].replace("Tensor", "").lower()
        dtype = DTYPES.get({"float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32"}.get(name, name))
    return _convert(self, dtype, "Tensor.type")


Tensor.type_as = lambda self, other: _convert(self, other.dtype, "Tensor.type_as")
for _name, _kind in {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "byte": "uint8",
    "bool": "bool",
}.items():
    setattr(Tensor, _name, lambda self, memory_format=None, _kind=_kind, _name=_name: _convert(self, DTYPES[_kind], f"Tensor.{_name}"))


def _same(self, *args, **kwargs):
    return self


for _name in (
    "cpu cuda xpu pin_memory contiguous requires_grad_ retain_grad share_memory_ rename refine_names coalesce "
    "resolve_neg dequantize to_dense"
).split():
    setattr(Tensor, _name, _same)


@method("contiguous")
def contiguous(self, memory_format=None):
    """A copy where torch copies: of views whose elements do not lie in order."""
    if not _copied(self):
        return self
    return call("alias", [self], "Tensor.contiguous")


@method("requires_grad_")
def requires_grad_(self, requires_grad=True):
    self.requires_grad = requires_grad
    return self


@both("detach")
def detach(self):
    result = alias(self)
    return result


Tensor.detach_ = _same


@both("clone")
def clone(input, *, memory_format=None):
    if is_fresh(input) and input._storage.name is None:
        return copy_leaf(input)
    return call("alias", [input], "Tensor.clone")


@method("size")
def size(self, dim=None):
    return self._shape if dim is None else self._shape[dim]


@both("numel")
def numel(input):
    return input._shape.numel() if not any(isinstance(one, UnknownInt) for one in _iterable(input._shape)) else UnknownInt()


def _iterable(shape):
    return (UnknownInt(),) if isinstance(shape, UnknownShape) else shape


Tensor.nelement = numel
Tensor.dim = lambda self: self.ndim
Tensor.ndimension = lambda self: self.ndim
Tensor.element_size = lambda self: self.dtype.itemsize
Tensor.is_floating_point = lambda self: self.dtype.is_floating_point
Tensor.is_complex = lambda self: self.dtype.is_complex
Tensor.is_contiguous = lambda self, memory_format=None: not _copied(self)
Tensor.get_device = lambda self: -1
Tensor.data_ptr = lambda self: id(self._storage)
Tensor.storage = lambda self: self._storage
Tensor.backward = lambda self, *args, **kwargs: None
Tensor.register_hook = lambda self, hook: None
Tensor.storage_offset = lambda self: 0
Tensor.is_pinned = lambda self: False


@method("stride")
def stride(self, dim=None):
    steps, step = [], 1
    for length in reversed(self._shape):
        steps.insert(0, step)
        step *= length
    return tuple(steps) if dim is None else steps[dim]


@method("softmax")
def softmax_method(self, dim=None, dtype=None):
    return call("softmax", [self if dtype is None else self.to(dtype), dim], "Tensor.softmax")


@method("log_softmax")
def log_softmax_method(self, dim=None, dtype=None):
    return call("log_softmax", [self, dim], "Tensor.log_softmax")


@both("allclose")
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    return truth((input - other).abs().max() <= atol)


@both("equal")
def equal(input, other):
    return tuple(input._shape) == tuple(other._shape) and truth((input == other).all())


@both("isclose")
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    return (input - other).abs() <= other.abs() * rtol + atol


Tensor.fill_diagonal_ = lambda self, value, wrap=False: call_in_place("fill_diagonal", self, [value], "Tensor.fill_diagonal_")
Tensor.addmm_ = lambda self, a, b, *, beta=1, alpha=1: copy_(self, addmm(self, a, b, beta=beta, alpha=alpha))
Tensor.addcmul_ = lambda self, a, b, *, value=1: copy_(self, addcmul(self, a, b, value=value))
Tensor.lerp_ = lambda self, end, weight: copy_(self, lerp(self, end, weight))
Tensor.masked_scatter_ = lambda self, mask, source: unknown_call("Tensor.masked_scatter_", [self])


@function("is_tensor")
def is_tensor(value):
    return isinstance(value, Tensor)


@function("is_floating_point")
def is_floating_point(input):
    return input.dtype.is_floating_point


@function("result_type")
def result_type(a, b):
    return a.dtype if isinstance(a, Tensor) else b.dtype


@function("numel")
def numel_(input):
    return numel(input)


_EXISTING = frozenset(
    """
    H abs abs_ absolute absolute_ acos acos_ acosh acosh_ add add_ addbmm_ addcdiv_ addmv addmv_ addr addr_ adjoint
    align_as align_to all amax amin aminmax angle any apply_ arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh
    arcsinh_ arctan arctan2 arctan2_ arctan_ arctanh arctanh_ argmax argmin argwhere as_strided as_strided_
    as_strided_scatter as_subclass asin asin_ asinh asinh_ atan atan2 atan2_ atan_ atanh atanh_ baddbmm_ bfloat16
    bitwise_and bitwise_and_ bitwise_left_shift bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or bitwise_or_
    bitwise_right_shift bitwise_right_shift_ bitwise_xor bitwise_xor_ bmm bool byte cauchy_ ccol_indices cdouble ceil
    ceil_ cfloat chalf char cholesky cholesky_inverse cholesky_solve clip coalesce col_indices conj conj_physical
    conj_physical_ copysign copysign_ corrcoef cos cos_ cosh cosh_ count_nonzero cov cpu cross crow_indices cuda
    cummax cummin cumprod cumprod_ cumsum_ data deg2rad deg2rad_ dense_dim dequantize det device diag_embed diagflat
    diagonal_scatter diff digamma digamma_ div div_ divide divide_ dot double dsplit dtype eig eq eq_ erf erf_ erfc
    erfc_ erfinv erfinv_ exp exp2 exp2_ exp_ expm1 expm1_ fix fix_ fliplr flipud float float_power float_power_ floor
    floor_ floor_divide floor_divide_ fmax fmin fmod fmod_ frac frac_ frexp gcd gcd_ ge ge_ geometric_ geqrf ger grad
    grad_fn greater greater_ greater_equal greater_equal_ gt gt_ half hardshrink has_names heaviside heaviside_ histc
    histogram hsplit hypot hypot_ i0 i0_ igamma igamma_ igammac igammac_ imag index_add index_add_ index_copy
    index_copy_ index_fill index_fill_ index_put index_put_ index_reduce index_reduce_ indices int int_repr inverse
    ipu is_coalesced is_conj is_cpu is_cuda is_distributed is_inference is_ipu is_leaf is_meta is_mkldnn is_mps is_neg
    is_nested is_nonzero is_ort is_quantized is_same_size is_set_to is_shared is_signed is_sparse is_sparse_csr
    is_vulkan is_xpu isfinite isinf isnan isneginf isposinf isreal istft kron kthvalue layout lcm lcm_ ldexp ldexp_ le
    le_ less less_ less_equal less_equal_ lgamma lgamma_ log log10 log10_ log1p log1p_ log2 log2_ log_ log_normal_
    logaddexp logaddexp2 logcumsumexp logdet logical_and logical_and_ logical_not logical_not_ logical_or logical_or_
    logical_xor logical_xor_ logit logit_ logsumexp long lstsq lt lt_ lu lu_solve mH map2_ map_ masked_scatter matmul
    matrix_exp matrix_power max maximum mean median min minimum mm mode moveaxis msort mul mul_ multinomial multiply
    multiply_ mv mvlgamma mvlgamma_ name names nan_to_num_ nanmean nanmedian nanquantile nansum narrow_copy ndim ne
    ne_ neg neg_ negative negative_ new_empty_strided new_ones new_tensor new_zeros nextafter nextafter_ not_equal
    not_equal_ orgqr ormqr output_nr pin_memory pinverse polygamma polygamma_ positive pow pow_ prelu prod put put_
    q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qr qscheme quantile rad2deg
    rad2deg_ real reciprocal reciprocal_ record_stream refine_names reinforce relu relu_ remainder remainder_ rename
    rename_ renorm renorm_ requires_grad resize resize_ resize_as resize_as_ resize_as_sparse_ resolve_conj
    resolve_neg retain_grad retains_grad round_ row_indices rsqrt rsqrt_ scatter_reduce scatter_reduce_ select_scatter
    sgn sgn_ shape share_memory_ short sigmoid sigmoid_ sign sign_ signbit sin sin_ sinc sinc_ sinh sinh_
    slice_scatter slogdet smm solve sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ sqrt sqrt_ square
    square_ sspaddmm std stft storage_type sub sub_ subtract subtract_ sum sum_to_size svd swapaxes swapaxes_ swapdims
    swapdims_ symeig t_ take tan tan_ tanh tanh_ to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc
    to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr trace triangular_solve true_divide true_divide_ trunc
    trunc_ uniform_ unique unique_consecutive unsafe_chunk unsafe_split unsafe_split_with_sizes values var vdot
    volatile vsplit xlogy xlogy_ xpu
    """.split()
)


def _missing(self, name):
    """A method of torch.Tensor that the shim does not have: reported where it is called."""
    if name in _EXISTING:

        def absent(*args, **kwargs):
            _trace.report("unknown-operation", f"Skipscope does not know Tensor.{name}.")
            return unknown_tensor(f"Tensor.{name}", [self, *[one for one in args if isinstance(one, Tensor)]])

        return absent
    raise AttributeError(f"'Tensor' object has no attribute '{name}'")


Tensor.__getattr__ = _missing
