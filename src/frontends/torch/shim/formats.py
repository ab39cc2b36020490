"""Number formats, sizes and devices."""

import math

from torch._unknown import UnknownInt, UnknownShape


class dtype:
    def __init__(self, name, is_floating_point=False, is_complex=False, itemsize=4, aliases=()):
        self.name = name
        self.is_floating_point = is_floating_point
        self.is_complex = is_complex
        self.itemsize = itemsize

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name

    def to_real(self):
        return self


DTYPES = {
    d.name: d
    for d in (
        dtype("float32", True),
        dtype("float64", True, itemsize=8),
        dtype("float16", True, itemsize=2),
        dtype("bfloat16", True, itemsize=2),
        dtype("int64", itemsize=8),
        dtype("int32"),
        dtype("int16", itemsize=2),
        dtype("int8", itemsize=1),
        dtype("uint8", itemsize=1),
        dtype("bool", itemsize=1),
        dtype("complex64", False, True, itemsize=8),
    )
}
float32, int64, bool_ = DTYPES["float32"], DTYPES["int64"], DTYPES["bool"]


def kind_of(given):
    """A number format, which torch takes as Python's own type too; None for anything else."""
    if isinstance(given, dtype):
        return given
    return next((DTYPES[name] for one, name in ((bool, "bool"), (int, "int64"), (float, "float64")) if given is one), None)


class Size(tuple):
    def numel(self):
        return math.prod(self)

    def __getitem__(self, index):
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __repr__(self):
        return f"torch.Size([{', '.join(map(repr, self))}])"


class device:
    def __init__(self, type="cpu", index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        name, _, number = str(type).partition(":")
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self):
        return f"device(type='{self.type}')"

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


CPU = device("cpu")


def is_static(shape):
    """Whether all lengths of a shape are known."""
    return not isinstance(shape, UnknownShape) and not any(isinstance(one, UnknownInt) for one in shape)


def lengths(shape):
    """A shape for the host: None for each length that is not known, None for a rank that is not."""
    return None if isinstance(shape, UnknownShape) else [None if isinstance(one, UnknownInt) else one for one in shape]
