"""Weights, data and dropout masks that follow from a formula which test/support/recipe.ts and src/ops/nn/keepMask.ts
repeat, so that goldens need no files of weights:
    hash(i, key) = murmur3's finaliser of (i * 0x9E3779B9 + key), key = FNV-1a of the tensor's name
    u = hash / 2^32,  weight = (u - 0.5) * sqrt(12) * scale, rounded to float32
with scale = sqrt(2 / fan_in) for tensors of two axes or more, and 1 + spread (u - 0.5) for norm weights,
spread (u - 0.5) for other vectors, where spread is 0.2 unless told otherwise. Images have scale 1 and the name input, or input1, input2, ...; token ids and labels are floor(u * bound).
"""

import sys

import numpy as np
import torch

MASK = np.uint64(0xFFFFFFFF)


def key_of(name):
    key = 0x811C9DC5
    for char in name:
        key = ((key ^ ord(char)) * 0x01000193) & 0xFFFFFFFF
    return key


def hashes(name, size):
    h = (np.arange(size, dtype=np.uint64) * np.uint64(0x9E3779B9) + np.uint64(key_of(name))) & MASK
    h = ((h ^ (h >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & MASK
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & MASK
    return h ^ (h >> np.uint64(16))


def uniform(name, size):
    return hashes(name, size).astype(np.float64) / 2.0**32


def single(values, shape):
    """Rounded to float32, computed with in float64."""
    return torch.from_numpy(values.astype(np.float32).astype(np.float64)).reshape(shape)


def weight(name, shape, spread=0.2):
    u = uniform(name, int(np.prod(shape)))
    if len(shape) >= 2:
        fan_in = int(np.prod(shape[1:]))
        return single((u - 0.5) * np.sqrt(12.0) * np.sqrt(2.0 / fan_in), shape)
    return single(spread * (u - 0.5) + (1.0 if name.endswith("weight") else 0.0), shape)


def image(shape, batch=0):
    """Images; other numbers than 0 give other batches."""
    return single((uniform(f"input{batch or ''}", int(np.prod(shape))) - 0.5) * np.sqrt(12.0), shape)


def integers(name, shape, bound):
    return torch.from_numpy(np.floor(uniform(name, int(np.prod(shape))) * bound).astype(np.int64)).reshape(shape)


def set_weights(model, spread=0.2):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weight(name, tuple(parameter.shape), spread))


def signs(name, size, count):
    """`count` rows of ±1: the low bits of the hashes of the name."""
    h = hashes(f"{name}/direction", size)
    return np.stack([1.0 - 2.0 * ((h >> np.uint64(bit)) & np.uint64(1)).astype(np.float64) for bit in range(count)])


RANGE = 4096


def _generator(seed):
    state = (seed * 0x9E3779B1 + 0x85EBCA6B) & 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        value = ((state ^ (state >> 15)) * (state | 1)) & 0xFFFFFFFF
        value ^= (value + ((value ^ (value >> 7)) * (value | 61) & 0xFFFFFFFF)) & 0xFFFFFFFF
        yield (value ^ (value >> 14)) >> 20


def keep_mask(shape, rate, seed):
    """1 where an element is kept, else 0."""
    columns = shape[-1] if shape else 1
    rows = int(np.prod(shape[:-1]))
    random = _generator(seed)

    def keys(*dims):
        return np.array([next(random) for _ in range(int(np.prod(dims)))]).reshape(dims)

    def factors(*dims):
        return 1024 + ((keys(*dims) >> 2) | 1)

    def middle(value):
        return (value >> 8) % RANGE

    row, column = (rows, 1), (1, columns)
    state = keys(*row) + keys(*column)
    state = middle(state * factors(*column))
    state = middle((state + keys(*row)) * factors(*column))
    state = middle((state + keys(*column)) * factors(*row))
    state = middle((state + keys(*row)) * factors(*column))
    state = (state + keys(*column)) % RANGE
    return torch.from_numpy((state >= int(np.floor(rate * RANGE + 0.5))).astype(np.float64)).reshape(shape)


class Dropouts:
    """Stands in for torch's dropout and torchvision's stochastic depth: call number k of a pass has the mask of seed k."""

    def __init__(self):
        self.count = 0

    def apply(self, input, shape, rate):
        mask = keep_mask(shape, rate, self.count).to(input.dtype)
        self.count += 1
        return input * (mask / (1.0 - rate))

    def dropout(self, input, p=0.5, training=True, inplace=False):
        return input if not training or p == 0.0 else self.apply(input, tuple(input.shape), p)

    def stochastic_depth(self, input, p, mode, training=True):
        if not training or p == 0.0:
            return input
        first = [input.shape[0]] if mode == "row" else [1]
        return self.apply(input, tuple(first + [1] * (input.ndim - 1)), p)

    def install(self):
        torch.nn.functional.dropout = self.dropout
        # The package's attribute of that name is the function itself.
        sys.modules["torchvision.ops.stochastic_depth"].stochastic_depth = self.stochastic_depth
