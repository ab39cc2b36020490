"""Functions that are a sentence in others."""

import functools
import math

from torch._creation import arange, eye, full
from torch._elementwise import where
from torch._formats import bool_, is_static
from torch._functions import both, function, functions, named_results, unknown_call
from torch._indexing import copy_
from torch._ordering import gather, scatter, scatter_add, sort
from torch._shapes import diagonal, flatten, is_copied, roll, stack
from torch._tensor import Tensor

both("fliplr")(lambda input: functions["flip"](input, [1]))
both("flipud")(lambda input: functions["flip"](input, [0]))
both("trace")(lambda input: diagonal(input).sum())


@both("atan2", "arctan2")
def atan2(input, other):
    half_turn = where(input >= 0, math.pi, -math.pi)
    return functions["atan"](input / other) + where(other < 0, half_turn, 0.0)


@both("kthvalue")
def kthvalue(input, k, dim=-1, keepdim=False):
    found = [one.narrow(dim, k - 1, 1) for one in sort(input, dim)]
    return named_results(("values", "indices"), tuple(found if keepdim else [one.squeeze(dim) for one in found]))


@both("median")
def median(input, dim=None, keepdim=False):
    if dim is None:
        return kthvalue(flatten(input), (input.numel() + 1) // 2, 0)[0]
    return kthvalue(input, (input.shape[dim] + 1) // 2, dim, keepdim)


def _running(input, dim, fill, reduce):
    """`reduce` over each element and those before it, which lie on the last axis then."""
    rows = input.transpose(dim, -1)
    length = rows.shape[-1]
    upto = functions["ones"](length, length, dtype=bool_).tril()
    result = reduce(where(upto, rows.unsqueeze(-2), fill))
    parts = [one.transpose(dim, -1) for one in (result if isinstance(result, tuple) else (result,))]
    return parts[0] if len(parts) == 1 else named_results(("values", "indices"), tuple(parts))


both("cummax")(lambda input, dim: _running(input, dim, -math.inf, lambda rows: rows.max(-1)))
both("cummin")(lambda input, dim: _running(input, dim, math.inf, lambda rows: rows.min(-1)))
both("logcumsumexp")(lambda input, dim: _running(input, dim, -math.inf, lambda rows: rows.logsumexp(-1)))


def along(input, dim, index, count):
    """The index of whole slices as one of single elements: `count` slices of the shape of the input's."""
    shape = list(input.shape)
    shape[dim] = count
    own = [1] * len(shape)
    own[dim] = count
    return index.view(*own).expand(*shape)


def written(name, compute):
    """Makes `compute(input, …)` a torch function and a method, and each of them in place too."""
    both(name)(compute)
    both(f"{name}_")(lambda input, *args, **kwargs: copy_(input, compute(input, *args, **kwargs)))


def _index_add(input, dim, index, source, *, alpha=1):
    return scatter_add(input, dim, along(input, dim, index, index.numel()), source * alpha if alpha != 1 else source)


def _index_copy(input, dim, index, source):
    return scatter(input, dim, along(input, dim, index, index.numel()), source)


def _index_fill(input, dim, index, value):
    shape = list(input.shape)
    shape[dim] = index.numel()
    filling = value.expand(*shape) if isinstance(value, Tensor) else full(shape, float(value))
    return scatter(input, dim, along(input, dim, index, index.numel()), filling)


written("index_add", _index_add)
written("index_copy", _index_copy)
written("index_fill", _index_fill)


@both("diag_embed")
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    length = input.shape[-1] + abs(offset)
    places = eye(length + abs(offset), dtype=input.dtype)
    rows, columns = max(offset, 0), max(-offset, 0)
    padded = functions["constant_pad_nd"](input, (columns, rows)) if offset else input
    matrix = padded.unsqueeze(-1) * places[rows : rows + length, columns : columns + length]
    return matrix if (dim1, dim2) == (-2, -1) else matrix.movedim((-2, -1), (dim1, dim2))


@both("kron")
def kron(input, other):
    (rows, columns), (more_rows, more_columns) = input.shape, other.shape
    return (input[:, None, :, None] * other[None, :, None, :]).reshape(rows * more_rows, columns * more_columns)


@both("cross")
def cross(input, other, dim=-1):
    return roll(input, -1, dim) * roll(other, -2, dim) - roll(input, -2, dim) * roll(other, -1, dim)


@both("matrix_power")
def matrix_power(input, n):
    return functools.reduce(lambda a, b: a @ b, [input] * n) if n else eye(input.shape[-1])


@function("chain_matmul")
def chain_matmul(*matrices):
    return functools.reduce(lambda a, b: a @ b, matrices)


def fold(input, output_size, kernel_size, dilation, padding, stride):
    """Adds windows where they lie in a picture with its padding, which is cut off then."""
    size = [length + 2 * pad for length, pad in zip(output_size, padding)]
    counts = [(n - d * (k - 1) - 1) // s + 1 for n, k, d, s in zip(size, kernel_size, dilation, stride)]
    rows, columns = (
        (arange(k) * d)[:, None] + arange(count) * s for k, d, count, s in zip(kernel_size, dilation, counts, stride)
    )
    places = (rows[:, None, :, None] * size[1] + columns[None, :, None, :]).flatten()
    values = input.reshape(*input.shape[:-2], -1, places.numel())
    index = places.expand(*values.shape)
    whole = scatter_add(full([*values.shape[:-1], math.prod(size)], 0.0), -1, index, values).unflatten(-1, size)
    return whole[..., padding[0] : size[0] - padding[0], padding[1] : size[1] - padding[1]]


def pick_losses(logs, target, weight, ignore_index, smoothing, reduction):
    """−log p of the targets, with weights of classes and a share of the loss spread over all of them; classes on axis 1."""
    axis = 0 if logs.ndim == 1 else 1
    kept = target != ignore_index
    safe = where(kept, target, 0)
    classes = logs.shape[axis]
    by_class = logs if weight is None else logs * weight.view(*[-1 if at == axis else 1 for at in range(logs.ndim)])
    share = (1.0 if weight is None else weight[safe]) * kept.float()
    losses = -gather(by_class, axis, safe.unsqueeze(axis)).squeeze(axis) * kept
    if smoothing:
        losses = losses * (1 - smoothing) - by_class.sum(axis) * kept * (smoothing / classes)
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / share.sum()


# More windows than these that overlap are not cut out one by one.
_WINDOWS = 256


@both("as_strided")
def as_strided(input, size, stride, storage_offset=None):
    """Elements at regular distances of what lies in order: axes that follow one another are reshaped, others cut into windows."""
    size, stride = [int(one) for one in size], [int(one) for one in stride]
    if is_copied(input) or not is_static(input._shape) or 0 in size:
        return unknown_call("torch.as_strided", [input])
    flat = input.reshape(-1)
    start = storage_offset or 0
    needed = start + _span(size, stride)
    if needed > flat._shape[0]:
        raise RuntimeError(f"setStorage: sizes {size}, strides {stride} are out of bounds for storage of size {flat._shape[0]}")
    found = _strided(flat.narrow(0, start, flat._shape[0] - start), size, stride)
    return unknown_call("torch.as_strided", [input]) if found is None else found


def _span(size, stride):
    """From the first to the last of the elements, both counted."""
    return 1 + sum((count - 1) * step for count, step in zip(size, stride))


def _strided(line, size, stride):
    """The last axis in the given axes; None where that takes too many windows."""
    if not size:
        return line.select(-1, 0)
    (count, *inner), (step, *steps) = size, stride
    span, length, lead = _span(inner, steps), line._shape[-1], [int(one) for one in line._shape[:-1]]
    if step == 0:
        windows = line.narrow(-1, 0, span).unsqueeze(-2).expand(*lead, count, span)
    elif step >= span and count * step <= length:
        windows = line.narrow(-1, 0, count * step).reshape(*lead, count, step).narrow(-1, 0, span)
    elif count <= _WINDOWS:
        windows = stack([line.narrow(-1, at * step, span) for at in range(count)], -2)
    else:
        return None
    return _strided(windows, inner, steps)
