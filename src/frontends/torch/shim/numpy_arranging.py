"""How numpy joins, cuts, turns and repeats arrays."""

import math

from numpy._ndarray import _absorb, _strides, array, ndarray


def concatenate(values, axis=0, **kwargs):
    values = [array(one) for one in values]
    axis %= values[0].ndim
    order = [axis, *[at for at in range(values[0].ndim) if at != axis]]
    moved = [one.transpose(order) for one in values]
    joined = ndarray(
        [sum(one.shape[0] for one in moved), *moved[0].shape[1:]],
        [each for one in moved for each in one._data],
        values[0].dtype,
    )
    return joined.transpose([order.index(at) for at in range(len(order))])


def expand_dims(value, axis):
    value = array(value)
    shape = list(value.shape)
    shape.insert(axis if axis >= 0 else axis + value.ndim + 1, 1)
    return value.reshape(shape)


def squeeze(value, axis=None):
    value = array(value)
    return value.reshape([one for at, one in enumerate(value.shape) if one != 1 or axis is not None and at != axis % value.ndim])


def stack(values, axis=0, **kwargs):
    return concatenate([expand_dims(one, axis) for one in values], axis)


def append(value, values, axis=None):
    if axis is None:
        return concatenate([array(one).reshape(-1) for one in (value, values)])
    return concatenate([value, values], axis)


def vstack(values):
    return concatenate([one if one.ndim > 1 else one.reshape(1, -1) for one in map(array, values)])


def hstack(values):
    return concatenate(values, 0 if array(values[0]).ndim == 1 else 1)


def tile(value, reps):
    value, reps = array(value), [reps] if isinstance(reps, int) else list(reps)
    rank = max(value.ndim, len(reps))
    reps = [1] * (rank - len(reps)) + reps
    value = value.reshape([1] * (rank - value.ndim) + list(value.shape))
    steps = _strides(value.shape)
    return value._at([[at * step for _ in range(count) for at in range(length)] for length, step, count in zip(value.shape, steps, reps)])


def repeat(value, repeats, axis=None):
    return array(value).repeat(repeats, axis)


def meshgrid(*values, indexing="xy", **kwargs):
    values = [array(one).flatten() for one in values]
    order = [1, 0, *range(2, len(values))] if indexing == "xy" and len(values) > 1 else range(len(values))
    shape = [values[at].size for at in order]
    grids = []
    for at, one in enumerate(values):
        place = list(order).index(at)
        own = [one.size if axis == place else 1 for axis in range(len(shape))]
        grids.append(ndarray(shape, one.reshape(own)._expanded(shape), one.dtype))
    return grids


def transpose(value, axes=None):
    return array(value).transpose(*[] if axes is None else [axes])


def reshape(value, shape):
    return array(value).reshape(shape)


def ravel(value):
    return array(value).flatten()


def flip(value, axis=None):
    value = array(value)
    axes = range(value.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    axes = [one % value.ndim for one in axes]
    return value[tuple(slice(None, None, -1 if at in axes else 1) for at in range(value.ndim))]


def fliplr(value):
    return flip(value, 1)


def flipud(value):
    return flip(value, 0)


def array_split(value, parts, axis=0):
    value = array(value)
    length = value.shape[axis]
    if isinstance(parts, int):
        short, longer = divmod(length, parts)
        parts = [short * at + min(at, longer) for at in range(1, parts)]
    head = [slice(None)] * axis
    return [value[(*head, slice(a, b))] for a, b in zip([0, *parts], [*parts, length])]


def split(value, parts, axis=0):
    if isinstance(parts, int) and array(value).shape[axis] % parts:
        raise ValueError("array split does not result in an equal division")
    return array_split(value, parts, axis)


def column_stack(values):
    return concatenate([one if one.ndim > 1 else one.reshape(-1, 1) for one in map(array, values)], 1)


def swapaxes(value, a, b):
    return array(value).swapaxes(a, b)


def moveaxis(value, source, destination):
    value = array(value)
    moved = dict(zip(*([one] if isinstance(one, int) else one for one in (destination, source))))
    moved = {place % value.ndim: axis % value.ndim for place, axis in moved.items()}
    rest = iter(axis for axis in range(value.ndim) if axis not in moved.values())
    return value.transpose([moved[place] if place in moved else next(rest) for place in range(value.ndim)])


def roll(value, shift, axis=None):
    value = array(value)
    if axis is None:
        return roll(value.flatten(), shift, 0).reshape(value.shape)
    for by, at in zip(*([one] if isinstance(one, int) else one for one in (shift, axis))):
        length = value.shape[at]
        value = take(value, [(place - by) % length for place in range(length)], at)
    return value


def rot90(value, k=1, axes=(0, 1)):
    for _ in range(k % 4):
        value = flip(swapaxes(value, *axes), axes[0])
    return value


def take(value, indices, axis=None):
    value = array(value)
    return value.flatten()[indices] if axis is None else value[tuple([*[slice(None)] * (axis % value.ndim), indices])]


_PADDED = {
    "edge": lambda at, length: min(max(at, 0), length - 1),
    "wrap": lambda at, length: at % length,
    "reflect": lambda at, length: length - 1 - abs(length - 1 - at % (2 * length - 2)) if length > 1 else 0,
    "symmetric": lambda at, length: min(at % (2 * length), 2 * length - 1 - at % (2 * length)),
}


def pad(value, pad_width, mode="constant", constant_values=0, **kwargs):
    value, width = array(value), array(pad_width)
    for axis, (before, after) in enumerate(ndarray([value.ndim, 2], width._expanded([value.ndim, 2])).tolist()):
        length = value.shape[axis]
        if mode == "constant":
            ends = [[*value.shape[:axis], count, *value.shape[axis + 1 :]] for count in (before, after)]
            low, high = [ndarray(end, [value.dtype.make(constant_values)] * math.prod(end), value.dtype) for end in ends]
            value = concatenate([low, value, high], axis)
        else:
            value = take(value, [_PADDED[mode](at, length) for at in range(-before, length + after)], axis)
    return value


def broadcast_to(value, shape):
    shape = [shape] if isinstance(shape, int) else list(shape)
    value = array(value)
    return ndarray(shape, list(value._expanded(shape)), value.dtype)


def trace(value, offset=0):
    value = array(value)
    return sum(value[at, at + offset] for at in range(value.shape[0]) if 0 <= at + offset < value.shape[1])


concat, row_stack = concatenate, vstack
ndarray.squeeze = squeeze
_absorb(globals())
