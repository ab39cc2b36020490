"""Tensors: storages with torch's aliasing, and how values reach the recorded graph."""

import math
import sys

from torch import _trace
from torch._formats import CPU, DTYPES, Size, dtype, float32, is_static, lengths
from torch._trace import record
from torch._unknown import UNKNOWN_INT, Unknown, UnknownInt, UnknownShape


class Storage:
    """What tensors share. Either a value in the graph, or a leaf: a first value that has not been used yet."""

    __slots__ = ("value", "version", "init", "shape", "dtype", "name", "trainable", "known", "made", "__weakref__")

    def __init__(self, value, shape, dtype, init=None):
        self.value = value
        self.version = 0
        self.init = init
        self.shape = shape
        self.dtype = dtype
        # Set when the storage is registered as a parameter or buffer.
        self.name = None
        self.trainable = None
        # Contents of a leaf, where they are known.
        self.known = None
        self.made = _trace.builds
        _trace.watch(self)


def _no_grad_fn():
    return None


class Tensor:
    """A tensor, or a view of one: `_path` leads from the storage's value to this tensor's."""

    def __new__(cls, *args, **kwargs):
        if cls is Tensor and args and not (len(args) == 1 and isinstance(args[0], Tensor)):
            import torch

            first = args[0]
            if len(args) == 1 and (isinstance(first, (list, tuple)) and not isinstance(first, Size) or hasattr(first, "tolist")):
                return torch.tensor(first, dtype=float32)
            return torch.empty(*args)
        if cls is Tensor and not args:
            import torch

            return torch.empty(0)
        return object.__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    # Made by the functions below; plain attributes, no slots, since models attach their own.
    requires_grad = False
    grad = None
    grad_fn = None
    is_leaf = True
    is_cpu = True
    is_cuda = is_meta = is_mps = is_xpu = is_xla = is_sparse = is_sparse_csr = is_mkldnn = is_quantized = is_nested = False
    retains_grad = False
    layout = "strided"
    dtype = float32
    names = name = None
    _path = ()
    device = CPU

    @property
    def shape(self):
        return self._shape

    @property
    def data(self):
        return detached(self)

    @data.setter
    def data(self, value):
        if not isinstance(value, Tensor):
            raise TypeError("Variable data has to be a tensor, but got " + type(value).__name__)
        if isinstance(value._storage, Storage) and not value._path and value._storage.value is None:
            source = value._storage
            self._storage.init, self._storage.known = source.init, source.known
            self._storage.shape, self._storage.dtype = source.shape, source.dtype
            self._storage.version += 1
            self._shape, self.dtype = value._shape, value.dtype
        else:
            name, trainable = self._storage.name, self._storage.trainable
            if name is None:
                self._storage = value._storage
                self._path = value._path
            else:
                # What a module lists stays its own.
                self._storage = Storage(read(value), value._shape, value.dtype)
                self._storage.name, self._storage.trainable = name, trainable
            self._shape, self.dtype = value._shape, value.dtype
            self._seen = None

    @property
    def ndim(self):
        return 4 if isinstance(self._shape, UnknownShape) else len(self._shape)

    @property
    def itemsize(self):
        return self.dtype.itemsize

    def __repr__(self):
        return f"tensor(..., size={tuple(self._shape)!r}, dtype={self.dtype!r})"

    def __hash__(self):
        return id(self)

    def __len__(self):
        if isinstance(self._shape, UnknownShape):
            return 1
        if not self._shape:
            raise TypeError("len() of a 0-d tensor")
        return self._shape[0]

    def __reduce_ex__(self, protocol):
        raise TypeError("Skipscope's tensors cannot be pickled.")

    def __deepcopy__(self, memo):
        known = memo.get(id(self))
        if known is None:
            known = copy_leaf(self)
            memo[id(self)] = known
        return known

    def __copy__(self):
        return alias(self)


def alias(tensor, cls=Tensor):
    """Another tensor on the same storage."""
    result = object.__new__(cls)
    result._storage = tensor._storage
    result._path = tensor._path
    result._shape = tensor._shape
    result.dtype = tensor.dtype
    result._seen = None
    return result


def has_history(tensor):
    """Whether gradients could flow back through the tensor: something computed it while the model ran."""
    return _trace.phase == "forward" and tensor.dtype.is_floating_point and tensor._storage.value is not None


def detached(tensor):
    """The same storage, through which no gradient flows."""
    return view("detach", tensor, [], "Tensor.detach") if has_history(tensor) else alias(tensor)


def leaf(shape, init, dtype=float32, known=None):
    """A tensor that comes from nothing: its first value is a constant or drawn at random."""
    size = shape if isinstance(shape, UnknownShape) else Size(shape)
    if not is_static(size) and not (init and init["kind"] == "later"):
        init, known = {"kind": "unknown"}, None
    result = object.__new__(Tensor)
    result._storage = storage = Storage(None, size, dtype, init)
    storage.known = known
    result._shape = size
    result.dtype = dtype
    result._seen = None
    return result


def later(op, args, origin, dtype, shape, **about):
    """The result of a call, of a shape that is not all known, that is recorded once something needs it."""
    encoded, place = [encode(arg) for arg in args], (_trace.module, _trace.capture(3))

    def make():
        before, _trace.placed = _trace.placed, place
        try:
            return record(op, encoded, origin, False)[0]
        finally:
            _trace.placed = before

    result = leaf([], {"kind": "later", "make": make, **about}, dtype)
    result._shape = result._storage.shape = shape
    return result


def copy_leaf(tensor):
    """A deep copy, with its own storage; parameters stay parameters."""
    cls = type(tensor)
    result = object.__new__(cls)
    old = tensor._storage
    if tensor._path or (old.value is not None and old.name is None):
        result._storage = Storage(read(tensor), tensor._shape, tensor.dtype)
    else:
        result._storage = Storage(None, old.shape, old.dtype, old.init)
        result._storage.known = old.known
    result._path = ()
    result._shape = tensor._shape
    result.dtype = tensor.dtype
    result._seen = None
    result.requires_grad = tensor.requires_grad
    return result


def wrap(answer, cls=Tensor):
    """The tensor for a value that the host described as [id, dtype, shape]."""
    value, name, shape = answer
    result = object.__new__(cls)
    result.dtype = kind = DTYPES[name]
    size = (
        UnknownShape() if shape is None else Size([UNKNOWN_INT if dim is None else dim for dim in shape] if None in shape else shape)
    )
    result._shape = size
    result._storage = Storage(value, size, kind)
    result._seen = None
    return result


def read(tensor):
    """The value id that the tensor has now, after every write to what it shares."""
    if tensor._path == (None,):
        tensor = sys.modules["torch"].view_as_real(tensor)
    storage = tensor._storage
    value = storage.value
    if value is None:
        value = materialise(storage)
    path = tensor._path
    if not path:
        return value
    seen = tensor._seen
    if seen is not None and seen[0] == storage.version:
        return seen[1]
    for step in path:
        value = record(step[0], [{"t": value}, *step[1]], step[2], False)[0]
    tensor._seen = (storage.version, value)
    return value


def materialise(storage):
    """Gives a leaf its value in the graph: a parameter if it was registered, else a constant or fresh random input."""
    _trace.lend(storage)
    init = storage.init
    if init and init["kind"] == "later":
        storage.value = init["make"]()
        return storage.value
    if storage.name is None and storage.known is not None:
        init = {"kind": "data", "data": storage.known}
    storage.value = _trace.send("leaf", [storage.name, storage.dtype.name, lengths(storage.shape), init, storage.trainable])
    return storage.value


def write(tensor, value):
    """Makes `value` the tensor's contents, for everything that shares its storage."""
    storage = tensor._storage
    _trace.lend(storage)
    _trace.watch(storage)
    path = tensor._path
    if path:
        stages = [storage.value if storage.value is not None else materialise(storage)]
        for step in path[:-1]:
            stages.append(record(step[0], [{"t": stages[-1]}, *step[1]], step[2], False)[0])
        whole = value
        for step, stage in zip(reversed(path), reversed(stages)):
            whole = record("unview", [{"t": stage}, {"t": whole}, step[0], step[1]], step[2], True)[0]
        storage.value = whole
        storage.version += 1
        tensor._seen = (storage.version, value)
    else:
        storage.value = value
        storage.version += 1
    storage.known = None


def encode(value):
    """Arguments as the host reads them: floats tagged, since JSON numbers do not say whether they are floats."""
    kind = type(value)
    if kind is int or kind is bool or kind is str or value is None:
        return value
    if kind is float:
        return {"f": value} if math.isfinite(value) else {"f": repr(value)}
    if isinstance(value, Tensor):
        if value.dtype.is_complex and value._path == (None,):
            _trace.report("unknown-operation", "Skipscope does not know this operation for complex numbers.")
            return {"u": 1}
        return {"t": read(value)}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, dtype):
        return {"d": value.name}
    if isinstance(value, (UnknownInt, Unknown, UnknownShape)):
        if kind is Unknown:
            value._use()
        return {"u": 1}
    if isinstance(value, slice):
        return {"s": [encode(value.start), encode(value.stop), encode(value.step)]}
    if value is Ellipsis:
        return {"e": 1}
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return encode(float(value))
    if isinstance(value, complex):
        return {"u": 1}
    if hasattr(value, "__index__"):
        return int(value)
    if hasattr(value, "__float__"):
        return encode(float(value))
    if hasattr(value, "tolist"):
        return encode(value.tolist())
    if isinstance(value, (range, set)) or hasattr(value, "__iter__"):
        return [encode(item) for item in value]
    raise TypeError(f"argument of type '{kind.__name__}' is not a tensor, a number or a sequence of them")


def call(op, args, origin, cls=Tensor):
    """Records a call, the first of whose arguments is a tensor or numbers; one tensor, or a tuple where the call has several results."""
    if args and args[0] is None:
        raise TypeError(f"{origin}(): argument 1 must be Tensor, not NoneType")
    answer = record(op, [encode(arg) for arg in args], origin, False)
    if answer and isinstance(answer[0], list):
        return tuple([None if one is None else wrap(one) for one in answer])
    return wrap(answer, cls)


def call_in_place(op, tensor, args, origin):
    """Records a call whose result replaces the contents of `tensor`; gives `tensor`."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{origin}: expected a Tensor, not {type(tensor).__name__}")
    answer = record(op, [{"t": read(tensor)}, *[encode(arg) for arg in args], {"d": tensor.dtype.name}], origin, True)
    write(tensor, answer[0])
    if isinstance(tensor._shape, UnknownShape) and answer[2] is not None:
        tensor._shape = wrap(answer)._shape
    return tensor


def view(op, tensor, args, origin):
    """Records a call whose result shares the tensor's storage."""
    encoded = [encode(arg) for arg in args]
    value = read(tensor)
    answer = record(op, [{"t": value}, *encoded], origin, False)
    if answer and isinstance(answer[0], list):
        return tuple([_view(op, tensor, [*encoded, {"part": index}], origin, one) for index, one in enumerate(answer)])
    return _view(op, tensor, encoded, origin, answer)


def _view(op, tensor, encoded, origin, answer):
    result = wrap(answer)
    value = result._storage.value
    result._storage = storage = tensor._storage
    result._path = (*tensor._path, (op, encoded, origin))
    result._seen = (storage.version, value)
    return result


def several(results, count):
    """The results of a call that has several; where the call is not known, as many unknown ones."""
    return results if isinstance(results, tuple) else tuple([unknown_tensor("", [results]) for _ in range(count)])


def unknown_tensor(name, tensors):
    """The result of a call that is not known, applied to tensors."""
    return call("unknown", list(tensors), name)
