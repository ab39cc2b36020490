"""The table of torch.* functions, and what puts functions and methods into it."""

import functools
import numbers

from torch import _trace
from torch._formats import float32, is_static, kind_of
from torch._tensor import Tensor, call, read, several, unknown_tensor
from torch._unknown import Unknown, UnknownInt, UnknownShape

functions = {}
# What torch.set_default_dtype says.
_default = [float32]


def default_dtype():
    """The format of numbers with a fraction of which nothing else is said."""
    return _default[0]


def set_default_dtype(kind):
    kind = kind_of(kind)
    if kind is None or not kind.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default[0] = kind
    _trace.send("floating", kind.name)


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
    if len(args) == 1 and isinstance(args[0], Unknown):
        args[0]._use()
        return UnknownShape()
    if len(args) == 1 and not isinstance(args[0], (numbers.Number, UnknownInt)) and not isinstance(args[0], Tensor):
        return args[0] if isinstance(args[0], UnknownShape) else list(args[0])
    return list(args)


def as_float(input):
    """Whole numbers in the default format, fractions as they are."""
    return input if input.dtype.is_floating_point else input.float()


def whole(lengths, function, argument="size"):
    """The lengths, none of which may be a fraction: `/` makes one of two lengths, as it did not in Python 2."""
    for at, one in enumerate(lengths):
        if isinstance(one, float):
            raise TypeError(f"{function}(): argument '{argument}' must be tuple of ints, but found element of type float at pos {at} ({argument}={one})")
    return lengths


def unknown_call(name, args):
    _trace.report("unknown-operation", f"Skipscope does not know {name} for these arguments.")
    return unknown_tensor(name, [one for one in args if isinstance(one, Tensor)])


def opaque(name, inputs, shape, dtype=None):
    """The result of a call that is not known, but for its shape, where None is a length that only a real run has."""
    # What comes of lengths that are not known has been told where those came from.
    finds = any(one is None for one in shape)
    if all(is_static(one._shape) for one in inputs):
        known = "how much it finds depends on the values" if finds else "the shape of its result is known"
        _trace.report("unknown-operation", f"Skipscope does not know {name}; {known}.", cause=read(inputs[0]) if finds else None)
    return shaped(name, inputs, shape, dtype, "found" if finds else "opaque")


def shaped(name, inputs, shape, dtype=None, op="found"):
    """As `opaque`, where it has been told why lengths are not known: how much a call finds among its inputs."""
    shape = None if isinstance(shape, UnknownShape) else [None if isinstance(one, UnknownInt) else one for one in shape]
    return call(op, [list(inputs), shape, dtype or inputs[0].dtype], name)


_named_types = {}


def named_results(names, values):
    import collections

    kind = _named_types.get(names)
    if kind is None:
        kind = _named_types[names] = collections.namedtuple("return_types", names)
    return kind(*several(values, len(kind._fields)))
