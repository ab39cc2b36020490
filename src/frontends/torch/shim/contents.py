"""What Python may know of a tensor's contents while a model is traced: numbers, lists, truth, parts one by one."""

import math
import sys

from torch import _trace
from torch._formats import bool_, lengths
from torch._tensor import call, read, view
from torch._trace import DataDependent
from torch._unknown import UNKNOWN_INT, Unknown, UnknownInt, UnknownShape, unpack_count


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


def is_doubtful(tensor):
    """Whether the contents come from something that is not known, and has been told: nothing more is said of them."""
    return isinstance(tensor._shape, UnknownShape) or bool(_trace.send("doubtful", read(tensor)))


def item(tensor):
    data = contents(tensor)
    if data is None and tensor.dtype is bool_ and _trace.send("asserts", _trace.capture(2, 1)):
        return True
    if data is None:
        return _unread(tensor, "item")
    if len(data) != 1:
        raise RuntimeError(f"a Tensor with {len(data)} elements cannot be converted to Scalar")
    return cast(data[0], tensor.dtype)


def tolist(tensor):
    data = contents(tensor)
    shape = tensor._shape
    if data is None:
        one = _unread(tensor, "tolist")
        if isinstance(shape, UnknownShape) or any(isinstance(length, UnknownInt) for length in shape):
            return Unknown("Tensor.tolist()", True)
        flat = [one] * math.prod(shape)
    else:
        flat = [cast(number, tensor.dtype) for number in data]
    if not shape:
        return flat[0]
    for length in reversed(shape[1:]):
        flat = [flat[at : at + length] for at in range(0, len(flat), length)]
    return flat


def _unread(tensor, name):
    """In place of a number that only real data has; that is said where nothing that is not known is behind it."""
    message = "The contents of this tensor are only known when the model runs on real data."
    if not is_doubtful(tensor):
        if _trace.phase != "forward":
            raise DataDependent(message)
        _trace.report("data-dependent-value", message, "info" if _trace.in_library() else "warning")
    is_whole = not (tensor.dtype.is_floating_point or tensor.dtype.is_complex or tensor.dtype is bool_)
    return UNKNOWN_INT if is_whole else Unknown(f"Tensor.{name}()", True)


def whole(tensor):
    """`int(tensor)`: where it is not known, 1 stands for it."""
    number = item(tensor)
    if not isinstance(number, UnknownInt):
        return int(number)
    _trace.steer()
    return 1


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
    if not asserted and is_doubtful(tensor):
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
