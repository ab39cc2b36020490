"""nn.Parameter and nn.Buffer: tensors that a module lists as its own."""

from torch._contents import contents
from torch._formats import is_static
from torch._tensor import Storage, Tensor, alias, copy_leaf, leaf, read
from torch._unknown import Unknown


class _ParameterMeta(type):
    def __instancecheck__(cls, instance):
        return type.__instancecheck__(cls, instance)


class Parameter(Tensor):
    """A tensor that a module lists as its own."""

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            import torch

            data = torch.empty(0)
        if isinstance(data, Unknown):
            return data
        if cls is Parameter and data.dtype.is_complex and data._path == (None,):
            from torch._complex_parameter import ComplexParameter

            return ComplexParameter(data, requires_grad)
        storage = data._storage
        if data._path or storage.value is not None or storage.name is not None:
            result = _settled(data)
        else:
            result = alias(data)
        result.__class__ = cls
        result._storage.name = result._storage.name or ""
        result._storage.trainable = requires_grad
        result.requires_grad = requires_grad
        return result

    def __init__(self, *args, **kwargs):
        pass

    def __deepcopy__(self, memo):
        known = memo.get(id(self))
        if known is None:
            known = copy_leaf(self)
            known._storage.name = ""
            known._storage.trainable = self.requires_grad
            memo[id(self)] = known
        return known

    def __repr__(self):
        return f"Parameter containing:\n{Tensor.__repr__(self)}"


def _settled(tensor):
    """A tensor of its own with the contents that the constructor drew or computed."""
    storage = tensor._storage
    if not tensor._path and (storage.value is None or (storage.init and storage.init["kind"] != "later")):
        return leaf(storage.shape, storage.init, storage.dtype, storage.known)
    data = contents(tensor)
    if data is None and is_static(tensor._shape):
        result = alias(tensor, Tensor)
        result._storage, result._path = Storage(read(tensor), tensor._shape, tensor.dtype), ()
        return result
    init = {"kind": "unknown"} if data is None else {"kind": "data", "data": list(data)}
    return leaf(tensor._shape, init, tensor.dtype, known=init.get("data"))


class Buffer(Tensor):
    def __new__(cls, data=None, persistent=True):
        result = alias(data)
        result.__class__ = cls
        return result


class UninitializedParameter(Parameter):
    pass


class UninitializedBuffer(Buffer):
    pass
