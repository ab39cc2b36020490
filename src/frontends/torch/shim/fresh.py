"""Leaves that are still being initialised: what is done to them changes how they start, and computes nothing."""

import math

from torch import _trace
from torch._formats import is_static
from torch._tensor import leaf, read, write

# First contents of more elements are not computed from others, which takes long.
LARGEST_COMPUTED = 2**22


def is_fresh(tensor):
    """A whole leaf nobody has read yet, so that writing to it only changes its first contents."""
    return not tensor._path and tensor._storage.value is None


def set_init(tensor, init):
    """Gives a tensor its first contents anew. For part of a tensor, the rest keeps its own."""
    storage = tensor._storage
    if not is_static(tensor._shape):
        return tensor
    # A constructor may run its layers before it initialises them: what they read is not the model's.
    if is_fresh(tensor) or (not tensor._path and storage.name is not None and _trace.phase != "forward"):
        storage.value = None
        storage.init = init
        storage.known = init["data"] if init["kind"] == "data" else None
        storage.version += 1
        return tensor
    if storage.value is None:
        count = math.prod(storage.shape)
        if count > LARGEST_COMPUTED:
            # A part of a large tensor: the statistics of the whole are kept.
            return tensor
    fill = leaf(tensor._shape, init, tensor.dtype)
    write(tensor, read(fill))
    return tensor


def _affine(init, scale, shift):
    kind = init["kind"]
    if kind == "constant":
        return {"kind": kind, "value": init["value"] * scale + shift}
    if kind == "uniform":
        ends = (init["low"] * scale + shift, init["high"] * scale + shift)
        return {"kind": kind, "low": min(ends), "high": max(ends)}
    if kind == "normal":
        return {"kind": kind, "mean": init["mean"] * scale + shift, "std": abs(init["std"] * scale)}
    if kind == "truncatedNormal":
        ends = (init["low"] * scale + shift, init["high"] * scale + shift)
        return {
            "kind": kind,
            "mean": init["mean"] * scale + shift,
            "std": abs(init["std"] * scale),
            "low": min(ends),
            "high": max(ends),
        }
    if kind == "orthogonal" and shift == 0:
        return {"kind": kind, "gain": init["gain"] * scale}
    return None


def _inverse_of_erf(x):
    """By halving. Of ±1 it is as far out as numbers tell erf from ±1."""
    low, high = -6.0, 6.0
    for _ in range(64):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle) < x else (low, middle)
    return (low + high) / 2


def erfinv_of_uniform(tensor):
    """erfinv of a leaf that is uniform within (-1, 1) is a truncated normal one; None for anything else."""
    init = tensor._storage.init if is_fresh(tensor) and tensor._storage.known is None else None
    if init is None or init["kind"] != "uniform" or init["low"] < -1 or init["high"] > 1:
        return None
    ends = {end: _inverse_of_erf(init[end]) for end in ("low", "high")}
    return {"kind": "truncatedNormal", "mean": 0.0, "std": math.sqrt(0.5), **ends}


def lies_within(tensor, low, high):
    """Whether a leaf's first contents are drawn from within the bounds, so that clamping changes nothing."""
    init = tensor._storage.init if is_fresh(tensor) and tensor._storage.known is None else None
    if init is None or init["kind"] not in ("uniform", "truncatedNormal"):
        return False
    hair = 1e-6 * (init["high"] - init["low"])
    return (low is None or init["low"] >= low - hair) and (high is None or init["high"] <= high + hair)


def rescale(tensor, scale, shift, in_place):
    """`tensor * scale + shift` for a leaf, as another first value; None where that cannot be said."""
    storage = tensor._storage
    if not is_fresh(tensor) or storage.known is not None or storage.init is None or not tensor.dtype.is_floating_point:
        return None
    if not in_place and storage.name is not None:
        return None
    if in_place and _trace.phase == "forward" and storage.name is not None:
        return None
    init = _affine(storage.init, scale, shift)
    if init is None:
        return None
    if in_place:
        return set_init(tensor, init)
    return leaf(tensor._shape, init, tensor.dtype)
