"""Reductions over axes, norms, and products of matrices."""

from torch import _trace
from torch._functions import both, function, functions, named_results
from torch._tensor import Tensor, call


def _axes(dim):
    return None if dim is None else [dim] if isinstance(dim, int) else list(dim)


def _reduction(name):
    def reduce(input, dim=None, keepdim=False, *, dtype=None, out=None):
        return call(name, [input, _axes(dim), bool(keepdim), dtype], f"torch.{name}")

    both(name)(reduce)


for _name in "sum mean prod amax amin any all logsumexp nansum".split():
    _reduction(_name)


def _extremum(name):
    def reduce(input, dim=None, keepdim=False, *, out=None):
        if isinstance(dim, Tensor):
            return call("maximum" if name == "max" else "minimum", [input, dim], f"torch.{name}")
        if dim is None:
            return call(f"a{name}", [input, None, False, None], f"torch.{name}")
        return named_results(("values", "indices"), call(name, [input, dim, keepdim], f"torch.{name}"))

    both(name)(reduce)

    def arg(input, dim=None, keepdim=False):
        return call(f"arg{name}", [input, dim, keepdim], f"torch.arg{name}")

    both(f"arg{name}")(arg)


_extremum("max")
_extremum("min")


def _spread(name):
    def reduce(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        correction = (1 if unbiased else 0) if correction is None else correction
        return call(name, [input, _axes(dim), correction, keepdim], f"torch.{name}")

    both(name)(reduce)

    def with_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
        return reduce(input, dim, unbiased, keepdim, correction=correction), functions["mean"](input, dim, keepdim)

    function(f"{name}_mean", with_mean)


_spread("var")
_spread("std")


@both("norm")
def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    return call("norm", [input, 2.0 if p in ("fro", None) else float(p), _axes(dim), keepdim], "torch.norm")


@both("dist")
def dist(input, other, p=2):
    return norm(input - other, p)


@function("cdist")
def cdist(x1, x2, p=2.0, compute_mode=None):
    return norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)



def _product(name, dunder=None):
    def plain(input, other, *, out=None):
        return call("matmul", [input, other], f"torch.{name}")

    both(name)(plain)


for _name in "matmul mm bmm mv dot vdot inner_ spmm".split():
    _product(_name)
Tensor.__matmul__ = lambda self, other: call("matmul", [self, other], "Tensor.__matmul__")
Tensor.__rmatmul__ = lambda self, other: call("matmul", [other, self], "Tensor.__rmatmul__")


@both("inner")
def inner(input, other):
    return call("matmul", [input, other.transpose(-1, -2) if other.ndim > 1 else other], "torch.inner")


@both("outer", "ger")
def outer(input, vec2):
    return call("mul", [input.unsqueeze(1), vec2.unsqueeze(0)], "torch.outer")


@both("addmm")
def addmm(input, mat1, mat2, *, beta=1, alpha=1, out=None):
    return _added(input, mat1 @ mat2, beta, alpha)


def _added(input, product, beta, alpha):
    product = product if alpha == 1 else product * alpha
    # Below torch.autocast it is one product.
    input = input.to(product.dtype) if _trace.autocast and isinstance(input, Tensor) else input
    return product if beta == 0 else product + (input if beta == 1 else input * beta)


@both("baddbmm")
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1, out=None):
    return addmm(input, batch1, batch2, beta=beta, alpha=alpha)


@both("addbmm")
def addbmm(input, batch1, batch2, *, beta=1, alpha=1, out=None):
    return baddbmm(input, batch1, batch2, beta=beta, alpha=alpha).sum(0)


@both("addmv")
def addmv(input, mat, vec, *, beta=1, alpha=1, out=None):
    return addmm(input, mat, vec, beta=beta, alpha=alpha)


@both("addr")
def addr(input, vec1, vec2, *, beta=1, alpha=1, out=None):
    return _added(input, outer(vec1, vec2), beta, alpha)


@function("einsum")
def einsum(equation, *operands):
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    return call("einsum", [equation, list(operands)], "torch.einsum")


@function("tensordot")
def tensordot(a, b, dims=2, out=None):
    if isinstance(dims, int):
        left, right = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        left, right = ([one] if isinstance(one, int) else list(one) for one in dims)
    letters = "abcdefghijklmnopqrstuvwxyz"
    first = list(letters[: a.ndim])
    second = list(letters[a.ndim : a.ndim + b.ndim])
    for one, other in zip(left, right):
        second[other % b.ndim] = first[one % a.ndim]
    shared = {first[one % a.ndim] for one in left}
    result = [one for one in first + second if one not in shared]
    return einsum(f"{''.join(first)},{''.join(second)}->{''.join(result)}", a, b)
