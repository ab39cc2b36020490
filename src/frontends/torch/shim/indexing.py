"""`x[…]`, `x[…] = y`, and methods that write into a tensor."""

import random as _random

from torch import _trace
from torch._contents import cast, contents, is_known, item, iterate, tolist, truth, whole
from torch._creation import known_tensor, tensor
from torch._elementwise import addcmul, lerp, where
from torch._formats import Size, bool_, is_static
from torch._fresh import is_fresh, set_init
from torch._functions import both, functions, method
from torch._reductions import addmm
from torch._tensor import Storage, Tensor, alias, call, call_in_place, copy_leaf, later, read, unknown_tensor, view
from torch._unknown import UNKNOWN_INT, Unknown, UnknownInt, UnknownShape


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
            shape = self._shape if isinstance(self._shape, UnknownShape) else Size([UNKNOWN_INT, *self._shape[parts[0].ndim :]])
            return later("index", [self, parts], "Tensor.__getitem__", self.dtype, shape, mask=read(parts[0]), source=_now(self))
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


def _fills_in_order(tensor, mask, value):
    """Whether each place that a mask keeps gets a row of its own: how many rows there are tells how much it keeps."""
    ranks = isinstance(value, Tensor) and is_static(value._shape) and is_static(tensor._shape) and value.ndim == tensor.ndim - mask.ndim + 1
    return ranks and value._shape[0] != 1 and tuple(value._shape[1:]) == tuple(tensor._shape[mask.ndim :])


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
    if advanced and _is_mask(parts) and _fills_in_order(self, parts[0], value):
        mask = parts[0].reshape(*parts[0]._shape, *[1] * (self.ndim - parts[0].ndim))
        call_in_place("copy", self, [functions["masked_scatter"](self, mask, value), list(self._shape)], "Tensor.__setitem__")
        return
    if advanced:
        call_in_place("index_put", self, [parts, value], "Tensor.__setitem__")
        return
    target = view("basic_index", self, [parts], "Tensor.__setitem__")
    call_in_place("copy", target, [value, list(target._shape) if not isinstance(target._shape, UnknownShape) else target._shape], "Tensor.__setitem__")


Tensor.__getitem__ = _getitem
Tensor.__setitem__ = _setitem
Tensor.__iter__ = lambda self: iterate(self)
Tensor.__bool__ = lambda self: truth(self)
Tensor.__format__ = lambda self, spec: format(item(self), spec) if spec and is_known(self) else repr(self)
Tensor.__int__ = Tensor.__index__ = lambda self: whole(self)
Tensor.__float__ = lambda self: float(item(self))
Tensor.__contains__ = lambda self, value: truth((self == value).any())
Tensor.item = lambda self: item(self)
Tensor.tolist = lambda self: tolist(self)


@method("numpy")
def numpy(self, *, force=False):
    import numpy

    return numpy.array(tolist(self), self.dtype.name)



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
Tensor.exponential_ = _draw(lambda lambd=1: {"kind": "exponential", "rate": float(lambd)})
Tensor.geometric_ = _draw(lambda p: {"kind": "geometric", "probability": float(p)})
Tensor.cauchy_ = _draw(lambda median=0, sigma=1: {"kind": "cauchy", "median": float(median), "scale": float(sigma)})
Tensor.log_normal_ = _draw(lambda mean=1, std=2: {"kind": "logNormal", "mean": float(mean), "std": float(std)})


@method("random_")
def random_(self, *ends, generator=None, **named):
    # Without an end, as many whole numbers as the type tells apart.
    exact = {"float16": 2**11, "bfloat16": 2**8, "float32": 2**24, "float64": 2**53, "bool": 2, "uint8": 256, "int8": 2**7}
    low, high = (0, *ends)[-2:] if ends else (named.get("from", 0), named.get("to", exact.get(self.dtype.name, 2**31)))
    return set_init(self, {"kind": "integers", "low": int(low), "high": int(high)})


@both("bernoulli")
def bernoulli(input, p=None, *, generator=None, out=None):
    if isinstance(input._shape, UnknownShape) or any(isinstance(one, UnknownInt) for one in input._shape):
        return unknown_tensor("torch.bernoulli", [input])
    chance = input if p is None else p
    known = contents(chance) if isinstance(chance, Tensor) else [chance]
    if known and input._shape.numel() == 1:
        # A single draw may steer the program, so it is the same in every trace.
        return known_tensor([cast(_random.Random(1).random() < known[0], input.dtype)], list(input._shape), input.dtype)
    if known and len(set(known)) == 1 and _trace.phase == "forward":
        # As a dropout's: the mask follows from the call's number, not from the seed of the weights.
        return call("bernoulli", [list(input._shape), float(known[0])], "torch.bernoulli").to(input.dtype)
    return (functions["rand"](*input._shape) < chance).to(input.dtype)


@method("bernoulli_")
def bernoulli_(self, p=0.5, *, generator=None):
    if is_fresh(self) and _trace.phase != "forward" and not isinstance(p, Tensor):
        return set_init(self, {"kind": "bernoulli", "probability": float(p)})
    drawn = bernoulli(self, p)
    if is_fresh(self) and is_fresh(drawn) and drawn._storage.known is not None:
        return set_init(self, drawn._storage.init)
    return self.copy_(drawn)


@method("set_")
def set_(self, source):
    self.data = source
    return self


Tensor.fill_diagonal_ = lambda self, value, wrap=False: call_in_place("fill_diagonal", self, [value], "Tensor.fill_diagonal_")
Tensor.addmm_ = lambda self, a, b, *, beta=1, alpha=1: copy_(self, addmm(self, a, b, beta=beta, alpha=alpha))
Tensor.addcmul_ = lambda self, a, b, *, value=1: copy_(self, addcmul(self, a, b, value=value))
Tensor.lerp_ = lambda self, end, weight: copy_(self, lerp(self, end, weight))
