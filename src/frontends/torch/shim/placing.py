"""Copies of a tensor with others written into them, and what lies at flat places."""

from torch._derived import along, written
from torch._elementwise import where
from torch._formats import bool_
from torch._functions import both, functions, method
from torch._indexing import copy_
from torch._ordering import scatter, scatter_add
from torch._tensor import Tensor, call


def _flat(input, index):
    """Flat places counted from the front."""
    return where(index < 0, index + input.numel(), index).reshape(-1)


@both("take")
def take(input, index):
    return input.reshape(-1).index_select(0, _flat(input, index)).reshape(list(index.shape))


def _put(input, index, source, accumulate=False):
    write = scatter_add if accumulate else scatter
    return write(input.reshape(-1), 0, _flat(input, index), source.reshape(-1)).reshape(list(input.shape))


written("put", _put)


def _index_put(input, indices, values, accumulate=False):
    key = tuple(slice(None) if one is None else one for one in indices)
    whole = input.clone()
    if accumulate:
        first = next((one for one in indices if isinstance(one, Tensor)), None)
        if first is not None and first.dtype is not bool_ and all(isinstance(one, Tensor) for one in indices):
            return _added(input, indices, values)
        # Each place is written once.
        values = whole[key] + values
    whole[key] = values
    return whole


def _added(input, indices, values):
    """With `values` added where the first axes have these indices, which may repeat."""
    indices = functions["broadcast_tensors"](*indices)
    lengths, rest = list(input.shape[: len(indices)]), list(input.shape[len(indices) :])
    place = 0
    for index, length in zip(indices, lengths):
        place = place * length + where(index < 0, index + length, index)
    flat = input.reshape([-1, *rest])
    source = values.expand([*indices[0].shape, *rest]).reshape([-1, *rest])
    return flat.index_add(0, place.reshape(-1), source).reshape(list(input.shape))


written("index_put", _index_put)


@both("index_put_")
def index_put_(self, indices, values, accumulate=False):
    if accumulate:
        return copy_(self, _index_put(self, indices, values, True))
    self[tuple(slice(None) if one is None else one for one in indices)] = values
    return self


@both("masked_scatter")
def masked_scatter(input, mask, source):
    """Where the mask holds, the source's elements one after the other."""
    whole, mask = functions["broadcast_tensors"](input, mask)
    order = mask.reshape(-1).long().cumsum(0) - 1
    taken = source.reshape(-1).index_select(0, order.clamp(0, source.numel() - 1))
    return where(mask, taken.reshape(list(whole.shape)), whole)


method("masked_scatter_")(lambda self, mask, source: copy_(self, masked_scatter(self, mask, source)))


@both("slice_scatter")
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    whole = input.clone()
    whole[(*[slice(None)] * (dim % input.ndim), slice(start, end, step))] = src
    return whole


@both("select_scatter")
def select_scatter(input, src, dim, index):
    whole = input.clone()
    whole[(*[slice(None)] * (dim % input.ndim), index)] = src
    return whole


@both("diagonal_scatter")
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    matrices = input.movedim((dim1, dim2), (-2, -1))
    rows, columns = matrices.shape[-2:]
    size = max(rows, columns) + abs(offset)
    below = size - abs(offset) - src.shape[-1]
    written = functions["diag_embed"](functions["constant_pad_nd"](src, (0, below)), offset)[..., :rows, :columns]
    kept = functions["diag_embed"](functions["ones"](size - abs(offset)), offset)[:rows, :columns]
    return where(kept != 0, written, matrices).movedim((-2, -1), (dim1, dim2))


_REDUCTIONS = {"sum": "add", "prod": "mul", "amax": "max", "amin": "min"}


def _scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    if reduce == "mean":
        ones = functions["ones_like"]
        total = _scatter_reduce(input, dim, index, src, "sum", include_self=include_self)
        count = _scatter_reduce(ones(input), dim, index, ones(src), "sum", include_self=include_self)
        return total / count.clamp(min=1) if input.dtype.is_floating_point else total // count.clamp(min=1)
    if not include_self:
        # Nothing changes what starts from these.
        neutral = {"sum": 0.0, "prod": 1.0, "amax": -float("inf"), "amin": float("inf")}[reduce]
        input = scatter(input, dim, index, neutral)
    return call("scatter", [input, dim, index, src, _REDUCTIONS[reduce]], "torch.scatter_reduce")


written("scatter_reduce", _scatter_reduce)


def _index_reduce(input, dim, index, source, reduce, *, include_self=True):
    return _scatter_reduce(input, dim, along(input, dim, index, index.numel()), source, reduce, include_self=include_self)


written("index_reduce", _index_reduce)

for _name in "addbmm addcdiv addmv addr baddbmm cumprod cumsum nan_to_num round sgn xlogy".split():
    both(f"{_name}_")(lambda input, *args, _compute=functions[_name], **kwargs: copy_(input, _compute(input, *args, **kwargs)))
for _name in "zero_ fill_ clip_ clamp_min_ clamp_max_".split():
    functions[_name] = getattr(Tensor, _name)
functions["fill"] = lambda input, value: functions["full_like"](input, value)
