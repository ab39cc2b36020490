"""Picking elements by index or by order: gather, scatter, running sums, sorting, counting."""

import itertools
import operator

from torch._creation import known_tensor
from torch._elementwise import where
from torch._functions import both, functions, method, named_results, opaque, unknown_call
from torch._shapes import cat, narrow
from torch._tensor import bool_, call, call_in_place, int64, is_known, is_static, tolist


@both("gather")
def gather(input, dim, index, *, sparse_grad=False, out=None):
    return call("gather", [input, dim, index], "torch.gather")


@both("index_select")
def index_select(input, dim, index):
    return call("index_select", [input, dim, index], "torch.index_select")


@both("take_along_dim")
def take_along_dim(input, indices, dim):
    return call("gather", [input, dim, indices], "torch.take_along_dim")


@both("scatter")
def scatter(input, dim, index, src, *, reduce=None):
    return call("scatter", [input, dim, index, src, reduce], "torch.scatter")


@both("scatter_add")
def scatter_add(input, dim, index, src):
    return call("scatter", [input, dim, index, src, "add"], "torch.scatter_add")


@method("scatter_")
def scatter_(self, dim, index, src=None, *, reduce=None, value=None):
    return call_in_place("scatter", self, [dim, index, value if src is None else src, reduce], "Tensor.scatter_")


@method("scatter_add_")
def scatter_add_(self, dim, index, src):
    return call_in_place("scatter", self, [dim, index, src, "add"], "Tensor.scatter_add_")


@both("cumsum")
def cumsum(input, dim, *, dtype=None, out=None):
    return call("cumsum", [input, dim], "torch.cumsum")


@both("cumprod")
def cumprod(input, dim, *, dtype=None, out=None):
    if input.ndim == 1 and is_known(input):
        return known_tensor(list(itertools.accumulate(tolist(input), operator.mul)), input._shape, input.dtype)
    rows = input.transpose(dim, -1)
    length = rows._shape[-1]
    upto = functions["ones"](length, length, dtype=bool_).tril()
    return where(upto, rows.unsqueeze(-2), 1).prod(-1).transpose(dim, -1)


@both("diff")
def diff(input, n=1, dim=-1, prepend=None, append=None):
    parts = [one for one in (prepend, input, append) if one is not None]
    input = cat(parts, dim) if len(parts) > 1 else input
    for _ in range(n):
        length = input._shape[dim]
        input = narrow(input, dim, 1, length - 1) - narrow(input, dim, 0, length - 1)
    return input


@both("topk")
def topk(input, k, dim=-1, largest=True, sorted=True):
    return named_results(("values", "indices"), call("topk", [input, k, dim, largest], "torch.topk"))


@both("sort")
def sort(input, dim=-1, descending=False, stable=False):
    return named_results(("values", "indices"), call("sort", [input, dim, descending], "torch.sort"))


@both("argsort")
def argsort(input, dim=-1, descending=False, stable=False):
    return call("sort", [input, dim, descending], "torch.argsort")[1]


@both("nonzero")
def nonzero(input, *, as_tuple=False, out=None):
    if not is_static(input._shape):
        return unknown_call("torch.nonzero", [input])
    if as_tuple:
        return tuple([opaque("torch.nonzero", [input], [None], int64) for _ in input._shape])
    return opaque("torch.nonzero", [input], [None, input.ndim], int64)


@both("masked_select")
def masked_select(input, mask):
    return unknown_call("torch.masked_select", [input, mask])


@both("bincount")
def bincount(input, weights=None, minlength=0):
    return unknown_call("torch.bincount", [input])
