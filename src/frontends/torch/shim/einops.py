"""einops: rearrange, repeat and reduce from their patterns, as reshapes, permutations and expansions of torch tensors."""

import math
import sys
import types

import torch
from torch import nn
from torch._tensor import unknown_tensor
from torch._unknown import Unknown, UnknownInt, UnknownShape, missing


class EinopsError(RuntimeError):
    pass


def _side(text, pattern):
    """The axes of one side: each a list of names, `1` as an empty list, an ellipsis as the string '…'."""
    axes, group = [], None
    for word in text.replace("...", " … ").replace("(", " ( ").replace(")", " ) ").split():
        if word == "(":
            if group is not None:
                raise EinopsError(f"parentheses within parentheses in '{pattern}'")
            group = []
        elif word == ")":
            if group is None:
                raise EinopsError(f"a closing parenthesis without an opening one in '{pattern}'")
            axes.append(group)
            group = None
        elif word == "…" and group is None:
            axes.append("…")
        else:
            if word != "…" and not word.isidentifier() and not word.isdecimal():
                raise EinopsError(f"'{word}' is not the name of an axis in '{pattern}'")
            target = [] if word == "1" else [word]
            if group is None:
                axes.append(target)
            else:
                group.extend(target)
    if group is not None:
        raise EinopsError(f"a parenthesis is not closed in '{pattern}'")
    return axes


def _spell_out(side, count):
    """Replaces the ellipsis by names of its axes."""
    names = [f"…{index}" for index in range(count)]
    spelled = []
    for axis in side:
        if axis == "…":
            spelled.extend([name] for name in names)
        else:
            spelled.append([one for name in axis for one in (names if name == "…" else [name])])
    return spelled


def _apply(tensor, pattern, reduction, lengths):
    if isinstance(tensor, (list, tuple)):
        tensor = torch.stack(list(tensor))
    if isinstance(tensor, Unknown):
        return tensor
    shape = tensor.shape
    if isinstance(shape, UnknownShape) or any(isinstance(one, UnknownInt) for one in shape):
        return unknown_tensor("einops", [tensor])
    left_text, arrow, right_text = pattern.partition("->")
    if not arrow:
        raise EinopsError(f"there is no '->' in '{pattern}'")
    left, right = _side(left_text, pattern), _side(right_text, pattern)
    covered = len(shape) - sum(axis != "…" for axis in left)
    if covered < 0 or (covered and "…" not in left):
        raise EinopsError(f"'{pattern}' takes a tensor of {len(left)} axes, not one of shape {list(shape)}")
    left, right = _spell_out(left, covered), _spell_out(right, covered)

    known = {name: int(length) for name, length in lengths.items()}
    inner = []
    for axis, length in zip(left, shape):
        for name in axis:
            if name.isdecimal():
                known[name] = int(name)
        open_names = [name for name in axis if name not in known]
        given = math.prod(known[name] for name in axis if name in known)
        if len(open_names) > 1:
            raise EinopsError(f"the lengths of {' and '.join(open_names)} cannot be found from '{pattern}'")
        if open_names:
            if given == 0 or length % given:
                raise EinopsError(f"an axis of length {length} cannot be divided by {given} in '{pattern}'")
            known[open_names[0]] = length // given
        elif given != length:
            raise EinopsError(f"an axis has length {length}, but '{pattern}' wants {given}")
        inner.extend(axis)
    if len(set(inner)) != len(inner):
        raise EinopsError(f"an axis stands twice on the left of '{pattern}'")
    outer = [name for axis in right for name in axis]
    for name in outer:
        if name.isdecimal():
            known[name] = int(name)
        elif name not in known:
            raise EinopsError(f"the axis {name} of '{pattern}' has no length")
    dropped = [name for name in inner if name not in outer]
    added = [name for name in outer if name not in inner]
    if reduction is None and (dropped or added):
        raise EinopsError(f"the axis {(dropped + added)[0]} stands on one side of '{pattern}' only")
    if reduction == "repeat" and dropped:
        raise EinopsError(f"the axis {dropped[0]} of '{pattern}' is missing on its right")
    if reduction not in (None, "repeat") and added:
        raise EinopsError(f"the axis {added[0]} of '{pattern}' is missing on its left")

    split = [known[name] for name in inner]
    if split != list(shape):
        tensor = tensor.reshape(split)
    if dropped:
        axes = tuple(inner.index(name) for name in dropped)
        tensor = _reduced(tensor, reduction, axes)
        inner = [name for name in inner if name in outer]
    order = [inner.index(name) for name in outer if name in inner]
    if order != list(range(len(order))):
        tensor = tensor.permute(order)
    if added:
        for at, name in enumerate(outer):
            if name in added:
                tensor = tensor.unsqueeze(at)
        tensor = tensor.expand([known[name] for name in outer])
    result = [math.prod(known[name] for name in axis) for axis in right]
    return tensor if result == list(tensor.shape) else tensor.reshape(result)


def _reduced(tensor, reduction, axes):
    if callable(reduction):
        return reduction(tensor, axes)
    if reduction in ("mean", "sum", "any", "all"):
        return getattr(tensor, reduction)(axes)
    if reduction in ("max", "min"):
        return getattr(tensor, f"a{reduction}")(axes)
    if reduction == "prod":
        for axis in sorted(axes, reverse=True):
            tensor = tensor.prod(axis)
        return tensor
    raise EinopsError(f"'{reduction}' is no reduction: min, max, sum, mean, prod, any and all are")


def rearrange(tensor, pattern, **axes_lengths):
    return _apply(tensor, pattern, None, axes_lengths)


def repeat(tensor, pattern, **axes_lengths):
    return _apply(tensor, pattern, "repeat", axes_lengths)


def reduce(tensor, pattern, reduction, **axes_lengths):
    return _apply(tensor, pattern, reduction, axes_lengths)


def einsum(*args):
    *tensors, pattern = args
    left, arrow, right = pattern.partition("->")
    letters = {}

    def short(term):
        words = term.replace("...", " … ").split()
        return "".join(
            "..." if word == "…" else letters.setdefault(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(letters)])
            for word in words
        )

    return torch.einsum(",".join(map(short, left.split(","))) + arrow + short(right), *tensors)


def parse_shape(tensor, pattern):
    return {name: length for name, length in zip(pattern.split(), tensor.shape) if name != "_"}


def pack(tensors, pattern):
    at = pattern.split().index("*")
    after = len(pattern.split()) - at - 1
    shapes, parts = [], []
    for tensor in tensors:
        shape = list(tensor.shape)
        end = len(shape) - after
        shapes.append(torch.Size(shape[at:end]))
        parts.append(tensor.reshape([*shape[:at], math.prod(shape[at:end]), *shape[end:]]))
    return torch.cat(parts, at), shapes


def unpack(tensor, packed_shapes, pattern):
    at = pattern.split().index("*")
    shape = list(tensor.shape)
    counts = [-1 if -1 in tuple(one) else math.prod(one) for one in packed_shapes]
    if -1 in counts:
        counts[counts.index(-1)] = shape[at] - sum(count for count in counts if count >= 0)
    parts = tensor.split(counts, at)
    return [part.reshape([*shape[:at], *one, *shape[at + 1 :]]) for part, one in zip(parts, packed_shapes)]


def asnumpy(tensor):
    return tensor.numpy()


class Rearrange(nn.Module):
    def __init__(self, pattern, **axes_lengths):
        super().__init__()
        self.pattern, self.axes_lengths = pattern, axes_lengths

    def forward(self, input):
        return rearrange(input, self.pattern, **self.axes_lengths)


class Reduce(nn.Module):
    def __init__(self, pattern, reduction, **axes_lengths):
        super().__init__()
        self.pattern, self.reduction, self.axes_lengths = pattern, reduction, axes_lengths

    def forward(self, input):
        return reduce(input, self.pattern, self.reduction, **self.axes_lengths)


# Built in, as far as the module tree is concerned.
for _layer in (Rearrange, Reduce):
    _layer.__module__ = "torch.einops"


def _package(name, **names):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__dict__.update(names)
    sys.modules[name] = module
    return module


__path__ = []
__version__ = "0.8.0"
layers = _package("einops.layers")
layers.torch = _package("einops.layers.torch", Rearrange=Rearrange, Reduce=Reduce)
einops = _package("einops.einops", rearrange=rearrange, repeat=repeat, reduce=reduce, EinopsError=EinopsError)


__getattr__ = missing("einops")
