"""Tensors: storages with torch's aliasing, element types, sizes, and how values reach the recorded graph."""

import math
import sys

from torch import _trace
from torch._trace import DataDependent, record
from torch._unknown import UNKNOWN_INT, Unknown, UnknownInt, UnknownShape, unpack_count


class dtype:
    def __init__(self, name, is_floating_point=False, is_complex=False, itemsize=4, aliases=()):
        self.name = name
        self.is_floating_point = is_floating_point
        self.is_complex = is_complex
        self.itemsize = itemsize

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name

    def to_real(self):
        return self


DTYPES = {
    d.name: d
    for d in (
        dtype("float32", True),
        dtype("float64", True, itemsize=8),
        dtype("float16", True, itemsize=2),
        dtype("bfloat16", True, itemsize=2),
        dtype("int64", itemsize=8),
        dtype("int32"),
        dtype("int16", itemsize=2),
        dtype("int8", itemsize=1),
        dtype("uint8", itemsize=1),
        dtype("bool", itemsize=1),
        dtype("complex64", False, True, itemsize=8),
    )
}
float32, int64, bool_ = DTYPES["float32"], DTYPES["int64"], DTYPES["bool"]


def kind_of(given):
    """A number format, which torch takes as Python's own type too; None for anything else."""
    if isinstance(given, dtype):
        return given
    return next((DTYPES[name] for one, name in ((bool, "bool"), (int, "int64"), (float, "float64")) if given is one), None)


class Size(tuple):
    def numel(self):
        return math.prod(self)

    def __getitem__(self, index):
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __repr__(self):
        return f"torch.Size([{', '.join(map(repr, self))}])"


class device:
    def __init__(self, type="cpu", index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        name, _, number = str(type).partition(":")
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self):
        return f"device(type='{self.type}')"

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


CPU = device("cpu")


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

    def __format__(self, spec):
        if spec and is_known(self):
            return format(self.item(), spec)
        return repr(self)

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


def is_static(shape):
    """Whether all lengths of a shape are known."""
    return not isinstance(shape, UnknownShape) and not any(isinstance(one, UnknownInt) for one in shape)


def lengths(shape):
    """A shape for the host: None for each length that is not known, None for a rank that is not."""
    return None if isinstance(shape, UnknownShape) else [None if isinstance(one, UnknownInt) else one for one in shape]


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


def is_known(tensor):
    """Whether the tensor's contents are known while tracing."""
    return contents(tensor) is not None


def contents(tensor):
    """Row-major contents, or None where only a real run has them."""
    storage = tensor._storage
    if storage.value is None and not tensor._path:
        if storage.known is not None:
            return storage.known
        init = storage.init
        if init and init["kind"] == "constant" and storage.name is None:
            return [cast(init["value"], tensor.dtype)] * math.prod(storage.shape)
        if init and init["kind"] == "data":
            return init["data"]
        return None
    return _trace.send("data", read(tensor))


def cast(number, kind):
    if kind is bool_:
        return bool(number)
    return float(number) if kind.is_floating_point else int(number)


def _is_doubtful(tensor):
    """Whether the contents come from something that is not known, and has been told: nothing more is said of them."""
    return isinstance(tensor._shape, UnknownShape) or bool(_trace.send("doubtful", read(tensor)))


def item(tensor):
    data = contents(tensor)
    if data is None and _is_doubtful(tensor):
        return Unknown("Tensor.item()", True)
    if data is None and tensor.dtype is bool_ and _trace.send("asserts", _trace.capture(2, 1)):
        return True
    if data is None:
        raise DataDependent("The value of this tensor is only known when the model runs on real data.")
    if len(data) != 1:
        raise RuntimeError(f"a Tensor with {len(data)} elements cannot be converted to Scalar")
    return cast(data[0], tensor.dtype)


def tolist(tensor):
    data = contents(tensor)
    if data is None and _is_doubtful(tensor):
        return Unknown("Tensor.tolist()", True)
    if data is None:
        raise DataDependent("The contents of this tensor are only known when the model runs on real data.")
    flat = [cast(number, tensor.dtype) for number in data]
    shape = tuple(tensor._shape)
    if not shape:
        return flat[0]
    for length in reversed(shape[1:]):
        flat = [flat[at : at + length] for at in range(0, len(flat), length)]
    return flat


def truth(tensor):
    """`bool(tensor)`: where it is not known, the check is reported and taken to fail."""
    if isinstance(tensor._shape, UnknownShape):
        asserted = _trace.send("asserts", _trace.capture(2, 1))
        if not asserted:
            _trace.steer()
        return asserted
    count = math.prod(tensor._shape) if not any(isinstance(dim, UnknownInt) for dim in tensor._shape) else 1
    if count > 1:
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    data = contents(tensor)
    if data is not None:
        return bool(data[0]) if data else False
    asserted = _trace.send("asserts", _trace.capture(2, 1))
    if not asserted and _is_doubtful(tensor):
        _trace.steer()
    elif not asserted and not _trace.send("complains", _trace.capture(2, 1)):
        _trace.report(
            "data-dependent-control-flow",
            "This condition depends on the contents of a tensor. The trace takes it to be false.",
            # Of a library's conditions the user is told, not warned.
            "info" if _trace.in_library() else "warning",
        )
    return asserted


def iterate(tensor):
    if isinstance(tensor._shape, UnknownShape) or (tensor._shape and isinstance(tensor._shape[0], UnknownInt)):
        count, shape = unpack_count(sys._getframe(2)), lengths(tensor._shape)
        if count is None:
            _trace.steer()
        # One that stands for all is another call than a part: what is joined of such ones is of no known length.
        args = [[tensor], shape and shape[1:], tensor.dtype]
        return iter([call("each" if count is None else "found", args, "Tensor.__iter__") for _ in range(count or 1)])
    if not tensor._shape:
        raise TypeError("iteration over a 0-d tensor")
    return iter(view("unbind", tensor, [0], "Tensor.__iter__"))
