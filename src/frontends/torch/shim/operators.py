"""torch.ops and torch.library: operators that come compiled, or that a file registers itself in Python."""

import sys

import torch
from torch._aliases import make
from torch._unknown import missing


class Operator:
    """One operator, with its overloads: all of them are the same function here."""

    def __init__(self, function):
        self._function = function
        self.__name__ = getattr(function, "__name__", "operator")

    def __call__(self, *args, **kwargs):
        return self._function(*args, **kwargs)

    def overloads(self):
        return ["default"]

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        # An overload, or what registers a kernel, a gradient or the shapes of an operator: the function stays what it is.
        return _registered if name.startswith(("register", "set", "impl")) else self


def _registered(*args, **kwargs):
    """The end of a registration, as a decorator or as a call."""
    return args[-1] if args and callable(args[-1]) else lambda function: function


def _space(name):
    return sys.modules.get(f"torch.ops.{name}") or make(f"torch.ops.{name}")


# Where an operator's kernel says what it computes; others, such as autocast's, call the operator again.
_KERNELS = {"", "CPU", "CUDA", "cpu", "cuda", "default", "CompositeExplicitAutograd", "CompositeImplicitAutograd"}


def _publish(name, function, key=""):
    """Makes a function an operator, unless there is one of that name."""
    space, _, plain = name.partition("::")
    known = vars(_space(space))
    if key in _KERNELS and not isinstance(known.get(plain.partition(".")[0]), Operator):
        setattr(_space(space), plain.partition(".")[0], Operator(function))
    return getattr(_space(space), plain.partition(".")[0])


def custom_op(name, fn=None, /, *, mutates_args=(), device_types=None, schema=None, tags=None):
    return _publish(name, fn) if fn is not None else lambda function: _publish(name, function)


class Library:
    def __init__(self, ns, kind="DEF", dispatch_key=""):
        self.ns, self.kind = ns, dispatch_key

    def define(self, schema, alias_analysis="", *, tags=()):
        return schema.partition("(")[0].strip()

    def impl(self, name, fn, dispatch_key="", **kwargs):
        if isinstance(name, str):
            _publish(name if "::" in name else f"{self.ns}::{name}", fn, dispatch_key or self.kind)


def impl(target, *args, **kwargs):
    """`@impl(library, name, key)`, and `@impl("space::name", "cpu")`."""
    given = [one for one in args if not callable(one)]

    def register(function):
        if isinstance(target, Library):
            target.impl(given[0], function, given[1] if len(given) > 1 else "")
        elif isinstance(target, str):
            _publish(target, function, given[-1] if given else "")
        return function

    function = next((one for one in args if callable(one)), None)
    return register if function is None else register(function)


def _aten(name):
    """torch's own operators go by the names of its functions."""
    function = next((vars(one)[name] for one in (torch, torch.nn.functional) if name in vars(one)), None)
    return Operator(function) if callable(function) else missing("torch.ops.aten")(name)


def install(**spaces):
    """Makes the packages; `spaces` holds the known operators of compiled code by their name spaces."""
    make("torch.ops", load_library=lambda path: None)
    make("torch.ops.aten").__getattr__ = _aten
    for name, functions in spaces.items():
        make(f"torch.ops.{name}", **{key: Operator(function) for key, function in functions.items()})
    make(
        "torch.library",
        Library=Library,
        custom_op=custom_op,
        triton_op=custom_op,
        define=lambda *args, **kwargs: None,
        impl=impl,
        **{f"register_{name}": _registered for name in "fake kernel autograd vmap autocast torch_dispatch".split()},
        impl_abstract=_registered,
        wrap_triton=lambda kernel: kernel,
    )
    make("torch._custom_ops", custom_op=custom_op, impl=_registered, impl_abstract=_registered)
