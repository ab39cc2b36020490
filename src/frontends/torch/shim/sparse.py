"""Sparse tensors: their shapes are known, what they hold is not followed."""

import torch
from torch._functions import opaque
from torch._tensor import Tensor


def sparse_coo_tensor(indices, values, size=None, *, dtype=None, **options):
    indices, values = (one if isinstance(one, Tensor) else torch.tensor(one) for one in (indices, values))
    lengths = [None] * indices.shape[0] if size is None else list(size)
    shape = [*lengths, *values.shape[1:]] if size is None else lengths
    return opaque("torch.sparse_coo_tensor", [indices, values], shape, dtype or values.dtype)


def mm(mat1, mat2, reduce="sum"):
    return opaque("torch.sparse.mm", [mat1, mat2], [mat1.shape[0], mat2.shape[1]], mat2.dtype)


def addmm(mat, mat1, mat2, *, beta=1.0, alpha=1.0):
    return opaque("torch.sparse.addmm", [mat, mat1, mat2], list(mat.shape))


def _softmax(name):
    return lambda input, dim, dtype=None: opaque(f"torch.sparse.{name}", [input], list(input.shape), dtype)


names = {
    "mm": mm,
    "addmm": addmm,
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "sum": lambda input, dim=None, dtype=None: torch.sum(input, dim, dtype=dtype),
    "FloatTensor": sparse_coo_tensor,
}
torch.sparse_coo_tensor = sparse_coo_tensor
