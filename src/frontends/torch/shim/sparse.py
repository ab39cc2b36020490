"""
Sparse tensors. One is the dense tensor that it stands for; while it is what `sparse_coo_tensor` made, it remembers its places
and values.
"""

import torch
from torch._contents import is_known, tolist
from torch._functions import functions, method, opaque
from torch._tensor import Tensor


def _lengths(indices):
    """Of the smallest tensor that has these places; None where they are not known."""
    if not is_known(indices):
        return [None] * indices.shape[0]
    return [max(row, default=-1) + 1 for row in tolist(indices)]


def sparse_coo_tensor(indices, values, size=None, *, dtype=None, **options):
    indices, values = (one if isinstance(one, Tensor) else torch.tensor(one) for one in (indices, values))
    values = values if dtype is None else values.to(dtype)
    shape = [*_lengths(indices), *values.shape[1:]] if size is None else list(size)
    if any(one is None for one in shape):
        return opaque("torch.sparse_coo_tensor", [indices, values], shape, values.dtype)
    result = functions["index_put"](torch.zeros(shape, dtype=values.dtype), tuple(indices.long().unbind(0)), values, True)
    result._places = indices.long(), values
    return result


def _of_sparse(take):
    def read(self):
        places = getattr(self, "_places", None)
        if places is None:
            raise RuntimeError("Cannot read the places of a dense tensor: expected one of torch.sparse_coo")
        return take(*places)

    return read


method("_indices")(_of_sparse(lambda indices, values: indices))
method("_values")(_of_sparse(lambda indices, values: values))
method("_nnz")(_of_sparse(lambda indices, values: values.shape[0]))


def mm(mat1, mat2, reduce="sum"):
    """Of a sparse matrix, only as many rows as it has values are multiplied and added up: PyTorch counts no product either."""
    places = getattr(mat1, "_places", None)
    if places is None or len(places[0]) != 2 or reduce != "sum":
        return mat1 @ mat2
    (rows, columns), values = places[0].unbind(0), places[1]
    products = mat2.index_select(0, columns) * values.unsqueeze(1)
    return torch.zeros(mat1.shape[0], mat2.shape[1], dtype=products.dtype).index_add(0, rows, products)


def addmm(mat, mat1, mat2, *, beta=1.0, alpha=1.0):
    return mat * beta + mm(mat1, mat2) * alpha


names = {
    "mm": mm,
    "addmm": addmm,
    "softmax": lambda input, dim, dtype=None: _softmax("softmax", input, dtype),
    "log_softmax": lambda input, dim, dtype=None: _softmax("log_softmax", input, dtype),
    "sum": lambda input, dim=None, dtype=None: torch.sum(input, dim, dtype=dtype),
    "FloatTensor": sparse_coo_tensor,
}


def _softmax(name, input, dtype):
    """Over the places that have values, which the dense tensor does not tell."""
    return opaque(f"torch.sparse.{name}", [input], list(input.shape), dtype)
torch.sparse_coo_tensor = sparse_coo_tensor
