"""What many numbers are like: quantiles, means without what is missing, covariances, bins, areas, draws from weights."""

import math

from torch._contents import is_known, tolist
from torch._derived import written
from torch._elementwise import where
from torch._formats import int64
from torch._functions import both, function, functions, named_results, opaque
from torch._ordering import gather, sort, topk
from torch._shapes import cat, narrow, stack
from torch._special import alike
from torch._tensor import Tensor


@both("count_nonzero")
def count_nonzero(input, dim=None):
    return (input != 0).sum(dim)


@both("aminmax")
def aminmax(input, *, dim=None, keepdim=False, out=None):
    return named_results(("min", "max"), tuple(functions[name](input, dim, keepdim) for name in ("amin", "amax")))


@both("nanmean")
def nanmean(input, dim=None, keepdim=False, *, dtype=None, out=None):
    missing = input.isnan()
    return where(missing, 0.0, input).sum(dim, keepdim) / (~missing).sum(dim, keepdim)


def _interpolated(rows, last, q, interpolation):
    """The q-quantile of sorted rows on axis 0, each of which ends at the place `last`: a number, or one of each row."""
    place = last * q
    known = not isinstance(place, Tensor)
    below, above = (math.floor(place), math.ceil(place)) if known else (place.floor(), place.ceil())

    def at(where):
        return narrow(rows, 0, int(where), 1) if known else gather(rows, 0, where.to(int64))

    if interpolation == "lower":
        return at(below)
    if interpolation == "higher":
        return at(above)
    if interpolation == "nearest":
        return at(round(place) if known else place.round())
    share = 0.5 if interpolation == "midpoint" else place - below
    return at(below) if known and below == above else at(below) + (at(above) - at(below)) * share


def _quantile(input, q, dim, keepdim, interpolation, counts):
    """`counts` gives where the last of the sorted rows' elements lies that counts."""
    rank, axis = input.ndim, 0 if dim is None else dim % input.ndim
    rows = (input.reshape(-1) if dim is None else input.movedim(axis, 0)).sort(0)[0]
    last = counts(rows)
    parts = tolist(q) if isinstance(q, Tensor) and is_known(q) else q
    if isinstance(parts, Tensor):
        # Where they lie is known at run time.
        parts = list(parts) if parts.ndim else parts
    found = [_interpolated(rows, last, one, interpolation) for one in (parts if isinstance(parts, list) else [parts])]
    found = [one.reshape([1] * rank) if dim is None else one.movedim(0, axis) for one in found]
    found = found if keepdim else [one.reshape([]) if dim is None else one.squeeze(axis) for one in found]
    return stack(found) if isinstance(parts, list) else found[0]


@both("quantile")
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    return _quantile(input, q, dim, keepdim, interpolation, lambda rows: rows.shape[0] - 1)


def _pushed(input):
    """With what is no number behind all others when sorted; and where the last of the others lies then, by axis."""
    missing = input.isnan()
    return where(missing, math.inf, input), lambda axis: ((~missing).sum(axis, keepdim=True) - 1).clamp(min=0)


@both("nanquantile")
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    source, axis = (input.reshape(-1), 0) if dim is None else (input, dim)
    pushed, last = _pushed(source)
    found = _quantile(pushed, q, axis, keepdim, interpolation, lambda rows: last(axis).movedim(axis, 0).to(rows.dtype))
    found = where(source.isnan().all(axis, keepdim), math.nan, found)
    return found.reshape([*found.shape[:-1], *[1] * input.ndim]) if dim is None and keepdim else found


@both("nanmedian")
def nanmedian(input, dim=None, keepdim=False):
    axis = 0 if dim is None else dim
    source = input.reshape(-1) if dim is None else input
    pushed, last = _pushed(source)
    found = [gather(one, axis, last(axis) // 2) for one in sort(pushed, axis)]
    found[0] = where(source.isnan().all(axis, True), math.nan, found[0])
    if dim is None:
        return found[0].reshape([])
    return named_results(("values", "indices"), tuple(found if keepdim else [one.squeeze(dim) for one in found]))


@both("msort")
def msort(input):
    return sort(input, 0)[0]


@both("mode")
def mode(input, dim=-1, keepdim=False):
    shape = list(input.shape)
    shape[dim : dim + 1 or None] = [1] if keepdim else []
    results = opaque("torch.mode", [input], shape), opaque("torch.mode", [input], shape, int64)
    return named_results(("values", "indices"), results)


@both("cov")
def cov(input, *, correction=1, fweights=None, aweights=None):
    rows = input.reshape(1, -1) if input.ndim < 2 else input
    centred = rows - rows.mean(1, keepdim=True)
    product = centred @ centred.t() / (rows.shape[1] - correction)
    return product.squeeze() if input.ndim < 2 else product


@both("corrcoef")
def corrcoef(input):
    spread = cov(input)
    size = spread.diagonal().sqrt() if spread.ndim else None
    return spread / spread if size is None else spread / size.unsqueeze(0) / size.unsqueeze(1)


def _placed(values, edges, right, out_int32):
    """How many of the sorted edges, on their last axis, lie before each value."""
    values = values if isinstance(values, Tensor) else functions["tensor"](values)
    before = edges.unsqueeze(-2) <= values.unsqueeze(-1) if right else edges.unsqueeze(-2) < values.unsqueeze(-1)
    places = before.sum(-1)
    return places.int() if out_int32 else places


@both("bucketize")
def bucketize(input, boundaries, *, out_int32=False, right=False, out=None):
    return _placed(input, boundaries, right, out_int32)


@function("searchsorted")
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None, out=None):
    edges = sorted_sequence if sorter is None else gather(sorted_sequence, -1, sorter)
    if isinstance(input, Tensor) and input.ndim:
        return _placed(input, edges, right or side == "right", out_int32)
    value = input if isinstance(input, Tensor) else functions["tensor"](input)
    return _placed(value.reshape(1), edges, right or side == "right", out_int32).reshape([])


@both("histogram")
def histogram(input, bins, *, range=None, weight=None, density=False, out=None):
    count = bins.numel() - 1 if isinstance(bins, Tensor) else bins
    parts = opaque("torch.histogram", [input], [count]), opaque("torch.histogram", [input], [count + 1])
    return named_results(("hist", "bin_edges"), parts)


def _areas(y, x, dx, dim):
    length = y.shape[dim]
    heights = (narrow(y, dim, 1, length - 1) + narrow(y, dim, 0, length - 1)) / 2
    if x is None:
        return heights * (1.0 if dx is None else dx)
    widths = x.diff(dim=-1 if x.ndim == 1 else dim)
    own = [1] * y.ndim
    own[dim] = -1
    return heights * (widths.reshape(own) if x.ndim == 1 else widths)


def _trapezoid(y, x=None, *, dx=None, dim=-1):
    return _areas(y, x, dx, dim).sum(dim)


function("trapezoid", _trapezoid)
function("trapz", _trapezoid)
function("cumulative_trapezoid", lambda y, x=None, *, dx=None, dim=-1: _areas(y, x, dx, dim).cumsum(dim))


@function("gradient")
def gradient(input, *, spacing=1, dim=None, edge_order=1):
    axes = range(input.ndim) if dim is None else [dim] if isinstance(dim, int) else dim

    def along(axis):
        length = input.shape[axis]
        cut = lambda start, count: narrow(input, axis, start, count)
        inner = (cut(2, length - 2) - cut(0, length - 2)) / 2
        return cat([cut(1, 1) - cut(0, 1), inner, cut(length - 1, 1) - cut(length - 2, 1)], axis) / spacing

    return tuple(map(along, axes))


@both("multinomial")
def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """Places drawn by their weights: where log-weights with noise of Gumbel's distribution are largest."""
    logs = input.log()
    if not replacement:
        return topk(logs + gumbel(logs.shape), num_samples)[1]
    repeated = logs.unsqueeze(-2).expand(*logs.shape[:-1], num_samples, logs.shape[-1])
    return (repeated + gumbel(repeated.shape)).argmax(-1)


def gumbel(shape):
    """Numbers of Gumbel's distribution: added to log-weights, they make the largest a draw by weight."""
    return -(-functions["rand"](*shape).log()).log()


@function("poisson")
def poisson(input, generator=None):
    return alike("torch.poisson", input)


@function("binomial")
def binomial(count, prob, generator=None):
    return alike("torch.binomial", count, prob)


def _renorm(input, p, dim, maxnorm):
    others = [axis for axis in range(input.ndim) if axis != dim % input.ndim]
    size = input.norm(p, others, True)
    return input * where(size > maxnorm, maxnorm / (size + 1e-7), 1.0)


written("renorm", _renorm)
