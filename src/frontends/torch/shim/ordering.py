"""Picking elements by index or by order: gather, scatter, running sums, sorting, counting, telling apart."""

import builtins
import itertools
import operator

from torch._contents import is_known, tolist
from torch._creation import known_tensor
from torch._elementwise import where
from torch._formats import bool_, int64, is_static
from torch._functions import both, functions, method, named_results, opaque, shaped, unknown_call
from torch._shapes import cat, narrow
from torch._tensor import call, call_in_place, unknown_tensor
from torch._unknown import UNKNOWN_INT, UnknownInt, UnknownShape


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
    if isinstance(k, UnknownInt):
        shape = input._shape
        if not isinstance(shape, UnknownShape):
            shape = [UNKNOWN_INT if axis == dim % input.ndim else length for axis, length in enumerate(shape)]
        found = tuple([shaped("torch.topk", [input], shape, kind) for kind in (input.dtype, int64)])
    else:
        found = call("topk", [input, k, dim, largest], "torch.topk")
    return named_results(("values", "indices"), found)


@both("sort")
def sort(input, dim=-1, descending=False, stable=False):
    return named_results(("values", "indices"), call("sort", [input, dim, descending], "torch.sort"))


@both("argsort")
def argsort(input, dim=-1, descending=False, stable=False):
    return call("sort", [input, dim, descending], "torch.argsort")[1]


@both("nonzero")
def nonzero(input, *, as_tuple=False, out=None):
    if isinstance(input._shape, UnknownShape):
        return unknown_tensor("torch.nonzero", [input])
    if is_known(input):
        at = [place for place, value in zip(itertools.product(*map(builtins.range, input._shape)), tolist(input.reshape(-1))) if value]
        if not as_tuple:
            return known_tensor([one for place in at for one in place], [len(at), input.ndim], int64)
        return tuple([known_tensor([place[axis] for place in at], [len(at)], int64) for axis in builtins.range(input.ndim)])
    if as_tuple:
        return tuple([opaque("torch.nonzero", [input], [None], int64) for _ in input._shape])
    return opaque("torch.nonzero", [input], [None, input.ndim], int64)


both("argwhere")(lambda input: nonzero(input))


@both("masked_select")
def masked_select(input, mask):
    whole, mask = functions["broadcast_tensors"](input, mask)
    return whole[mask]


@both("bincount")
def bincount(input, weights=None, minlength=0):
    if weights is not None or not is_known(input):
        return opaque("torch.bincount", [input], [None], int64 if weights is None else weights.dtype)
    numbers = tolist(input)
    counts = [0] * max(minlength, max(numbers, default=-1) + 1)
    for number in numbers:
        counts[number] += 1
    return known_tensor(counts, [len(counts)], int64)


@both("histc")
def histc(input, bins=100, min=0, max=0, *, out=None):
    if min == max or not is_static(input._shape):
        return unknown_call("torch.histc", [input])
    values = input.reshape(-1)
    width = (max - min) / bins
    at = ((values - min) / width).floor().clamp(max=bins - 1)
    inside = ((values >= min) & (values <= max)).unsqueeze(-1)
    hits = (at.unsqueeze(-1) == functions["arange"](bins)) & inside
    return hits.to(input.dtype).sum(0)


def _distinct(name, input, order, groups, return_inverse, return_counts, dim):
    """What `unique` and its kin give: the values, where each element went, and how often each came."""
    if groups is None:
        shape = [None] if dim is None else [None if axis == dim % input.ndim else length for axis, length in enumerate(input._shape)]
        places = input._shape if dim is None else [input._shape[dim]]
        results = [opaque(f"torch.{name}", [input], shape)]
        results += [opaque(f"torch.{name}", [input], places, int64)] if return_inverse else []
        results += [opaque(f"torch.{name}", [input], [None], int64)] if return_counts else []
        return results[0] if len(results) == 1 else tuple(results)
    results = [known_tensor(order, [len(order)], input.dtype)]
    results += [known_tensor(groups, list(input._shape), int64)] if return_inverse else []
    results += [known_tensor([groups.count(at) for at in range(len(order))], [len(order)], int64)] if return_counts else []
    return results[0] if len(results) == 1 else tuple(results)


@both("unique")
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    if dim is not None or not is_known(input):
        return _distinct("unique", input, None, None, return_inverse, return_counts, dim)
    numbers = tolist(input.reshape(-1))
    places = {number: at for at, number in enumerate(builtins.sorted(set(numbers)))}
    return _distinct("unique", input, list(places), [places[one] for one in numbers], return_inverse, return_counts, dim)


@both("unique_consecutive")
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    if dim is not None or not is_known(input):
        return _distinct("unique_consecutive", input, None, None, return_inverse, return_counts, dim)
    runs = [(value, len(list(run))) for value, run in itertools.groupby(tolist(input.reshape(-1)))]
    places = [at for at, (_, length) in enumerate(runs) for _ in range(length)]
    return _distinct("unique_consecutive", input, [value for value, _ in runs], places, return_inverse, return_counts, dim)
