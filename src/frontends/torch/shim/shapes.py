"""Functions and methods that move and repeat elements: views, joins, splits, triangles, grids."""

from torch._contents import is_known, item, tolist
from torch._creation import eye, tensor
from torch._formats import dtype as DType, Size
from torch._functions import both, function, functions, method, opaque, sizes, whole
from torch._tensor import Tensor, call, call_in_place, unknown_tensor, view
from torch._unknown import UnknownShape


def is_copied(tensor):
    """Whether a reshape of this view copies in torch: its elements do not lie in order."""
    return any(step[0] in ("permute", "transpose", "basic_index", "expand", "unbind", "split", "chunk") for step in tensor._path)


def _reshape(tensor, shape, origin):
    if not isinstance(shape, UnknownShape):
        whole(shape, "reshape", "shape")
    if is_copied(tensor):
        return call("reshape", [tensor, shape], origin)
    return view("reshape", tensor, [shape], origin)


@function("reshape")
def reshape(input, *shape, **kwargs):
    return _reshape(input, kwargs["shape"] if "shape" in kwargs else sizes(shape), "torch.reshape")


Tensor.reshape = lambda self, *shape, **kwargs: _reshape(
    self, kwargs["shape"] if "shape" in kwargs else sizes(shape), "Tensor.reshape"
)


@method("view")
def view_(self, *shape, **kwargs):
    if shape and isinstance(shape[0], DType):
        return self.to(shape[0])
    shape = kwargs["size"] if "size" in kwargs else sizes(shape)
    return view("reshape", self, [shape if isinstance(shape, UnknownShape) else whole(shape, "view")], "Tensor.view")


Tensor.view_as = lambda self, other: view("reshape", self, [list(other._shape)], "Tensor.view_as")
Tensor.reshape_as = lambda self, other: _reshape(self, list(other._shape), "Tensor.reshape_as")


@both("flatten")
def flatten(input, start_dim=0, end_dim=-1):
    if is_copied(input):
        return call("flatten", [input, start_dim, end_dim], "torch.flatten")
    return view("flatten", input, [start_dim, end_dim], "torch.flatten")


@both("unflatten")
def unflatten(input, dim, sizes):
    return view("unflatten", input, [dim, list(sizes)], "torch.unflatten")


@both("ravel")
def ravel(input):
    return flatten(input)


@both("transpose", "swapaxes", "swapdims")
def transpose(input, dim0, dim1):
    return view("transpose", input, [dim0, dim1], "torch.transpose")


Tensor.transpose_ = lambda self, dim0, dim1: _become(self, transpose(self, dim0, dim1))


@both("t")
def t(input):
    return view("transpose", input, [0, 1], "torch.t") if input.ndim == 2 else input


def _become(tensor, other):
    """In-place changes of shape: the same object, seen differently."""
    tensor._path, tensor._shape, tensor._seen = other._path, other._shape, other._seen
    return tensor


@function("permute")
def permute(input, *dims, **kwargs):
    return view("permute", input, [kwargs["dims"] if "dims" in kwargs else sizes(dims)], "torch.permute")


Tensor.permute = lambda self, *dims, **kwargs: view(
    "permute", self, [kwargs["dims"] if "dims" in kwargs else sizes(dims)], "Tensor.permute"
)
Tensor.T = property(lambda self: view("permute", self, [list(range(self.ndim))[::-1]], "Tensor.T"))
Tensor.mT = property(lambda self: view("transpose", self, [-2, -1], "Tensor.mT"))


@both("movedim", "moveaxis")
def movedim(input, source, destination):
    rank = input.ndim
    source = [source] if isinstance(source, int) else list(source)
    destination = [destination] if isinstance(destination, int) else list(destination)
    source = [one % rank for one in source]
    order = [one for one in range(rank) if one not in source]
    for to, axis in sorted(zip([one % rank for one in destination], source)):
        order.insert(to, axis)
    return view("permute", input, [order], "torch.movedim")


@both("squeeze")
def squeeze(input, dim=None):
    return view("squeeze", input, [dim], "torch.squeeze")


@both("unsqueeze")
def unsqueeze(input, dim):
    return view("unsqueeze", input, [dim], "torch.unsqueeze")


Tensor.swapaxes_ = Tensor.swapdims_ = Tensor.transpose_
Tensor.t_ = lambda self: _become(self, t(self))
Tensor.squeeze_ = lambda self, dim=None: _become(self, squeeze(self, dim))
Tensor.unsqueeze_ = lambda self, dim: _become(self, unsqueeze(self, dim))


@method("expand")
def expand(self, *size, **kwargs):
    return view("expand", self, [kwargs["size"] if "size" in kwargs else sizes(size)], "Tensor.expand")


Tensor.expand_as = lambda self, other: view("expand", self, [list(other._shape)], "Tensor.expand_as")


@both("broadcast_to")
def broadcast_to(input, shape):
    return view("expand", input, [list(shape)], "torch.broadcast_to")


@function("broadcast_tensors")
def broadcast_tensors(*tensors):
    tensors = sizes(tensors)
    shape = functions["broadcast_shapes"](*[one._shape for one in tensors])
    return tuple(broadcast_to(one, shape) for one in tensors)


@function("broadcast_shapes")
def broadcast_shapes(*shapes):
    rank = max(map(len, shapes), default=0)
    result = []
    for axis in range(-rank, 0):
        lengths = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(lengths) > 1:
            raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape")
        result.append(lengths.pop() if lengths else 1)
    return Size(result)


@method("repeat")
def repeat(self, *sizes_, **kwargs):
    return call("repeat", [self, kwargs["repeats"] if "repeats" in kwargs else sizes(sizes_)], "Tensor.repeat")


@function("tile")
def tile(input, *dims, **kwargs):
    return call("repeat", [input, kwargs["dims"] if "dims" in kwargs else sizes(dims)], "torch.tile")


Tensor.tile = tile


def _repeated(input, dim, length):
    """The result of repeating a number of times that only a real run knows."""
    if isinstance(input._shape, UnknownShape):
        return unknown_tensor("torch.repeat_interleave", [input])
    shape = [None] if dim is None else list(input._shape)
    shape[dim or 0] = length
    return opaque("torch.repeat_interleave", [input], shape)


@both("repeat_interleave")
def repeat_interleave(input, repeats, dim=None, *, output_size=None):
    if isinstance(repeats, Tensor):
        if not is_known(repeats):
            return _repeated(input, dim, output_size)
        counts = tolist(repeats)
        counts = counts if isinstance(counts, list) else [counts]
        axis = 0 if dim is None else dim
        source = input.flatten() if dim is None else input
        if len(counts) == 1:
            counts = counts * source._shape[axis]
        order = [index for index, count in enumerate(counts) for _ in range(int(count))]
        return source.index_select(axis, tensor(order))
    return call("repeat_interleave", [input, repeats, dim], "torch.repeat_interleave")


@function("constant_pad_nd")
def constant_pad_nd(input, pad, value=0):
    return call("pad", [input, list(pad), "constant", value], "torch.constant_pad_nd")


@function("cat")
def cat(tensors, dim=0, *, out=None):
    return call("cat", [list(tensors), dim], "torch.cat")


function("concat", cat)
function("concatenate", cat)


@function("stack")
def stack(tensors, dim=0, *, out=None):
    return call("stack", [list(tensors), dim], "torch.stack")


function("hstack", lambda tensors: cat(tensors, 0 if list(tensors)[0].ndim == 1 else 1))
function("vstack", lambda tensors: cat([one.unsqueeze(0) if one.ndim == 1 else one for one in tensors], 0))


@both("split")
def split(tensor, split_size_or_sections=None, dim=0, *, split_size=None):
    size = split_size_or_sections if split_size is None else split_size
    return view("split", tensor, [size, dim], "torch.split")


@both("split_with_sizes")
def split_with_sizes(self, split_sizes, dim=0):
    return view("split", self, [list(split_sizes), dim], "torch.split_with_sizes")


@both("chunk")
def chunk(input, chunks, dim=0):
    return view("chunk", input, [chunks, dim], "torch.chunk")


@both("tensor_split")
def tensor_split(input, indices_or_sections=None, dim=0, *, indices=None, sections=None):
    wanted = next(one for one in (indices_or_sections, indices, sections) if one is not None)
    length = input._shape[dim]
    if isinstance(wanted, int):
        parts = [length // wanted + (index < length % wanted) for index in range(wanted)]
    else:
        marks = [0, *[min(one, length) for one in wanted], length]
        parts = [after - before for before, after in zip(marks, marks[1:])]
    return view("split", input, [parts, dim], "torch.tensor_split")


@both("unbind")
def unbind(input, dim=0):
    return view("unbind", input, [dim], "torch.unbind")


@both("narrow")
def narrow(input, dim, start, length):
    start, length = (item(one) if isinstance(one, Tensor) else one for one in (start, length))
    return view("basic_index", input, [[*[slice(None)] * (dim % input.ndim), slice(start, start + length)]], "torch.narrow")


@both("select")
def select(input, dim, index):
    return view("basic_index", input, [[*[slice(None)] * (dim % input.ndim), index]], "torch.select")


@both("roll")
def roll(input, shifts, dims=None):
    return call("roll", [input, shifts, dims], "torch.roll")


@function("flip")
def flip(input, *dims, **kwargs):
    return call("flip", [input, kwargs["dims"] if "dims" in kwargs else sizes(dims)], "torch.flip")


Tensor.flip = flip
function("fliplr", lambda input: flip(input, 1))
function("flipud", lambda input: flip(input, 0))


@both("rot90")
def rot90(input, k=1, dims=(0, 1)):
    a, b = dims
    k %= 4
    if k == 0:
        return input
    if k == 2:
        return flip(flip(input, a), b)
    return transpose(flip(input, b), a, b) if k == 1 else flip(transpose(input, a, b), b)


@both("tril")
def tril(input, diagonal=0):
    return call("tril", [input, diagonal], "torch.tril")


@both("triu")
def triu(input, diagonal=0):
    return call("triu", [input, diagonal], "torch.triu")


Tensor.triu_ = lambda self, diagonal=0: call_in_place("triu", self, [diagonal], "Tensor.triu_")
Tensor.tril_ = lambda self, diagonal=0: call_in_place("tril", self, [diagonal], "Tensor.tril_")


@both("diagonal")
def diagonal(input, offset=0, dim1=0, dim2=1):
    return call("diagonal", [input, offset, dim1, dim2], "torch.diagonal")


@both("diag")
def diag(input, diagonal=0):
    if input.ndim == 1 and diagonal == 0:
        return eye(input._shape[0], dtype=input.dtype) * input
    return call("diagonal", [input, diagonal, 0, 1], "torch.diag")


@function("meshgrid")
def meshgrid(*tensors, indexing="ij"):
    tensors = sizes(tensors)
    return call("meshgrid", [list(tensors), indexing], "torch.meshgrid")


@method("unfold")
def unfold(self, dimension, size, step):
    return call("tensor_unfold", [self, dimension, size, step], "Tensor.unfold")
