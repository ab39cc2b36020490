"""What the layers of torch.nn do with the sizes that they are given."""

from torch._functions import functions as _t
from torch._tensor import Tensor
from torch.nn.parameter import Parameter


def _empty(*shape):
    return Parameter(_t["empty"](list(shape)))


def _divides(part, whole):
    """Whether a number divides another, as far as both are known."""
    return not (isinstance(part, int) and isinstance(whole, int)) or whole % part == 0


def _integer(value, name):
    if isinstance(value, Tensor):
        value = value.item()
    if isinstance(value, float):
        raise TypeError(
            f"empty(): argument 'size' failed to unpack the object with error \"type must be tuple of ints,but got float\" ({name}={value})"
        )
    return value




def _tuple(value, rank):
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * rank
