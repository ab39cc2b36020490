"""Python's own functions as the files of a trace see them: of a length that is not known they give one, not a number."""

import builtins
import functools

from torch._tensor import Tensor
from torch._unknown import UNKNOWN_INT, UnknownInt, UnknownShape

_len = len


def length(obj, /):
    """`len`, which itself may give nothing but a number."""
    if not isinstance(obj, Tensor):
        return _len(obj)
    return UNKNOWN_INT if isinstance(obj._shape, UnknownShape) else obj.__len__()


def _chosen(choose):
    """`min` and `max`: none is known of several numbers of which one is not."""

    @functools.wraps(choose)
    def pick(*args, **kwargs):
        several = args[0] if _len(args) == 1 and isinstance(args[0], (list, tuple)) else args
        return UNKNOWN_INT if any([isinstance(one, UnknownInt) for one in several]) else choose(*args, **kwargs)

    return pick


overridden = {"len": length, "min": _chosen(min), "max": _chosen(max)}


def own_builtins():
    """What the names of Python mean in a file of the user's."""
    return {**vars(builtins), **overridden}
