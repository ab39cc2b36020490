"""Tells the host of a model's modules and parameters."""

import math

from torch import _trace
from torch._contents import contents
from torch._files import file_of
from torch._formats import is_static, lengths
from torch._functions import default_dtype
from torch._unknown import Unknown
from torch.nn.modules.module import Module

# Paths of the modules of the model that was registered last, in their order.
paths = []


def register(root):
    """Gives modules their numbers and parameters their names; rows of path, class, builtin, frame of its call and definition."""
    _trace.phase = "register"
    modules = []
    for index, (path, module) in enumerate(root.named_modules()):
        module.__dict__["_path"] = index
        cls = type(module)
        builtin = _is_builtin(cls)
        defined = None if builtin else _definition(cls)
        modules.append([path, cls.__name__, builtin, module.__dict__.get("_created", -1), defined])
    paths[:] = [path for path, *_ in modules]
    register_leaves(root)
    return modules


def containers(root):
    """
    Indices of the modules that only hold others: lists and dictionaries of modules, what is made from them, and sequences
    whose parts were called one by one.
    """
    return [
        index
        for index, (_, module) in enumerate(root.named_modules())
        if index not in _trace.called and (_is_builtin(type(module)) or type(module).forward is Module.forward)
    ]


def unknown_modules(root):
    """Paths of the modules that are not known, in those that are."""
    return [
        f"{path}.{name}" if path else name
        for path, module in root.named_modules()
        for name, one in module.__dict__.get("_modules", {}).items()
        if isinstance(one, Unknown)
    ]


def floating_kind(root):
    """The format of the first parameter that is of numbers with a fraction."""
    return next((one.dtype.name for one in root.parameters() if one.dtype.is_floating_point), default_dtype().name)


def register_leaves(root, prefix=""):
    """Makes the tensors of a module and of those below it parameters of the graph."""
    leaves = []
    for buffer, members in ((False, root.named_parameters(prefix)), (True, root.named_buffers(prefix))):
        for name, tensor in members:
            storage = tensor._storage
            trainable = bool(tensor.requires_grad) and not buffer
            if buffer and not tensor._path and _counts(storage):
                storage.known = contents(tensor)
            if buffer and (storage.value is not None or storage.known is not None or tensor._path):
                # A buffer with known or computed contents is part of the graph, not one of its inputs.
                continue
            if storage.value is not None and storage.name is None:
                continue
            storage.name, storage.trainable = name, trainable
            leaves.append((storage, [name, storage.dtype.name, lengths(storage.shape), storage.init, trainable, buffer, storage.value, not buffer and tensor.dtype.is_complex]))
    values = _trace.send("parameters", [payload for _, payload in leaves])
    for (storage, _), value in zip(leaves, values):
        _trace.lend(storage)
        storage.value = value


def _is_builtin(cls):
    return cls.__module__.partition(".")[0] == "torch"


def _counts(storage):
    """Whether a few whole numbers or flags are still as they were made: what steers a program, as a position in a queue does."""
    init = storage.init
    static = storage.value is None and is_static(storage.shape) and not (storage.dtype.is_floating_point or storage.dtype.is_complex)
    return static and bool(init) and init["kind"] == "constant" and math.prod(storage.shape) <= 16


def _definition(cls):
    line = cls.__dict__.get("__firstlineno__")
    file = file_of(cls) if line else None
    return [file, line, cls.__name__] if file else None
