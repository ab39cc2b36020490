"""Conversions of a module's parameters and buffers to another number format."""

import functools

from torch import _trace
from torch._bookkeeping import tensor_type
from torch._contents import cast
from torch._formats import kind_of
from torch._tensor import Storage, Tensor, leaf, read
from torch.nn.modules.module import Module


class _Conversion:
    """What a module hands to `_apply`: tensors of real numbers (or all, where `whole`) get another format."""

    def __init__(self, kind, whole=False):
        self.kind, self.whole = kind, whole

    def __call__(self, tensor):
        return tensor.to(self.kind) if self.whole or tensor.is_floating_point() else tensor


def _apply(self, fn, recurse=True):
    """Converts the parameters of a module and of those below it as `fn` converts a tensor, and puts what it gives for the buffers."""
    for module in self.children() if recurse else ():
        module._apply(fn)
    for parameter in self._parameters.values():
        if isinstance(parameter, Tensor) and not parameter.dtype.is_complex:
            kind = _kind_after(fn, parameter)
            if kind is not parameter.dtype:
                _retype(parameter, kind)
    for name, buffer in self._buffers.items():
        if isinstance(buffer, Tensor) and not buffer.dtype.is_complex:
            self._buffers[name] = fn(buffer)
    return self


def _kind_after(fn, tensor):
    """The format that `fn` gives such a tensor; its own where `fn` gives none."""
    result = fn(leaf(tensor._shape, {"kind": "unknown"}, tensor.dtype))
    return result.dtype if isinstance(result, Tensor) else tensor.dtype


def _retype(parameter, kind):
    """The same parameter in another format, with the first contents that it had."""
    old = parameter._storage
    # A constructor may run its layers before it converts them: what they read is not the model's.
    if not parameter._path and (old.value is None or (old.init is not None and _trace.phase != "forward")):
        storage = Storage(None, old.shape, kind, old.init)
        storage.known = None if old.known is None else [cast(one, kind) for one in old.known]
    else:
        storage = Storage(read(Tensor.to(parameter, kind)), parameter._shape, kind)
    storage.name, storage.trainable = old.name, old.trainable
    parameter._storage, parameter._path, parameter._seen, parameter.dtype = storage, (), None, kind


def _to(self, *args, **kwargs):
    kind = kind_of(kwargs.get("dtype"))
    for arg in args:
        kind = arg.dtype if isinstance(arg, Tensor) else kind_of(arg) or kind
    if kind is None:
        return self
    if not (kind.is_floating_point or kind.is_complex):
        raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={kind!r}")
    return self if kind.is_complex else self._apply(_Conversion(kind))


def _type(self, dst_type):
    kind = tensor_type(dst_type) if isinstance(dst_type, str) else kind_of(dst_type)
    return self if kind is None or kind.is_complex else self._apply(_Conversion(kind, whole=True))


def hold_to_dtype(cls):
    """Makes a layer's constructor hold to its argument `dtype`, if it has one: its code tells, which is fast to read."""
    construct = cls.__init__
    code = construct.__code__
    if "dtype" not in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] or hasattr(construct, "__wrapped__"):
        return

    @functools.wraps(construct)
    def __init__(self, *args, dtype=None, **kwargs):
        construct(self, *args, **kwargs)
        if kind_of(dtype) is not None:
            self.to(dtype)

    cls.__init__ = __init__


def _same(self, *args, **kwargs):
    return self


Module._apply, Module.to, Module.type = _apply, _to, _type
for _name in "float double half bfloat16".split():
    setattr(Module, _name, lambda self, _kind=tensor_type(_name): self._apply(_Conversion(_kind)))
for _name in "cuda cpu xpu to_empty".split():
    setattr(Module, _name, _same)
