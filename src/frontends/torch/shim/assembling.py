"""Tensors put together from others and cut apart again, and the places of parts of matrices."""

import itertools

from torch._creation import arange, known_tensor
from torch._derived import diag_embed
from torch._formats import DTYPES, int64
from torch._functions import both, function, functions, method, sizes
from torch._shapes import cat, flatten, split, stack, tensor_split
from torch._tensor import Tensor, view


def _at_least(rank, raised):
    def one(tensor):
        return tensor if tensor.ndim >= rank else raised(tensor)

    def several(*tensors):
        given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
        found = tuple(map(one, given))
        return found[0] if given is tensors and len(tensors) == 1 else found

    function(f"atleast_{rank}d", several)
    return one


_at_least(1, lambda tensor: tensor.reshape(1))
at_least_2d = _at_least(2, lambda tensor: tensor.reshape(1, -1))
_at_least_3d = _at_least(3, lambda tensor: tensor.unsqueeze(-1) if tensor.ndim == 2 else tensor.reshape(1, -1, 1))


@function("dstack")
def dstack(tensors, *, out=None):
    return cat([_at_least_3d(one) for one in tensors], 2)


@function("column_stack")
def column_stack(tensors, *, out=None):
    return cat([one.reshape(-1, 1) if one.ndim < 2 else one for one in tensors], 1)


function("row_stack", lambda tensors: functions["vstack"](tensors))
both("hsplit")(lambda input, indices_or_sections: tensor_split(input, indices_or_sections, 0 if input.ndim == 1 else 1))
both("vsplit")(lambda input, indices_or_sections: tensor_split(input, indices_or_sections, 0))
both("dsplit")(lambda input, indices_or_sections: tensor_split(input, indices_or_sections, 2))
both("unsafe_chunk")(lambda input, chunks, dim=0: functions["chunk"](input, chunks, dim))
both("unsafe_split", "unsafe_split_with_sizes")(lambda tensor, split_size, dim=0: split(tensor, split_size, dim))


@function("block_diag")
def block_diag(*tensors):
    blocks = [at_least_2d(one) for one in tensors]
    width, rows, before = sum(one.shape[1] for one in blocks), [], 0
    for block in blocks:
        rows.append(functions["constant_pad_nd"](block, (before, width - before - block.shape[1])))
        before += block.shape[1]
    return cat(rows)


@function("cartesian_prod")
def cartesian_prod(*tensors):
    tensors = sizes(tensors)
    if len(tensors) == 1:
        return tensors[0]
    return stack([flatten(one) for one in functions["meshgrid"](*tensors, indexing="ij")], -1)


@function("combinations")
def combinations(input, r=2, with_replacement=False):
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = list(choose(range(input.shape[0]), r))
    return input[known_tensor([one for each in chosen for one in each], [len(chosen), r], int64)]


def _triangle(name, is_inside):
    def places(row, col, offset=0, *, dtype=None, device=None, layout=None):
        found = [(at, to) for at in range(row) for to in range(col) if is_inside(at, to, offset)]
        rows, columns = zip(*found) if found else ((), ())
        return known_tensor([*rows, *columns], [2, len(found)], dtype or int64)

    function(name, places)


_triangle("tril_indices", lambda row, column, offset: column <= row + offset)
_triangle("triu_indices", lambda row, column, offset: column >= row + offset)


@function("unravel_index")
def unravel_index(indices, shape):
    places = []
    for length in reversed([shape] if isinstance(shape, int) else list(shape)):
        places.insert(0, indices % length)
        indices = indices // length
    return tuple(places)


@function("vander")
def vander(x, N=None, increasing=False):
    powers = range(x.shape[0] if N is None else N)
    columns = [x**power for power in (powers if increasing else reversed(powers))]
    return stack(columns, -1)


@both("diagflat")
def diagflat(input, offset=0):
    return diag_embed(flatten(input), offset)


@function("range")
def range_(start=0, end=None, step=1, **kwargs):
    start, end = (0, start) if end is None else (start, end)
    return arange(start, end + step / 2, step, **{"dtype": DTYPES["float32"], **kwargs})


both("adjoint")(lambda input: view("transpose", input, [-2, -1], "torch.adjoint"))
Tensor.mH = property(lambda self: functions["adjoint"](self))
Tensor.H = property(lambda self: functions["t"](self))


@method("sum_to_size")
def sum_to_size(self, *size):
    wanted = list(sizes(size))
    added = self.ndim - len(wanted)
    total = self.sum(list(range(added))) if added else self
    narrow = [axis for axis, length in enumerate(wanted) if length == 1 and total.shape[axis] != 1]
    return total.sum(narrow, keepdim=True) if narrow else total


@method("new_tensor")
def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
    return functions["tensor"](data, dtype=dtype or self.dtype, requires_grad=requires_grad)
