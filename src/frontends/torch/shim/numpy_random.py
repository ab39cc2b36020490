"""numpy's random numbers, of a generator with a fixed seed: every trace computes with the same ones."""

import math
import random as _generator
import sys

from numpy._ndarray import _map, array, ndarray
from torch._unknown import missing


def _drawn(draw):
    def make(*shape):
        shape = shape[0] if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else shape
        source = _generator.Random(0)
        return ndarray(shape, [draw(source) for _ in range(math.prod(shape))]) if shape else draw(source)

    return make


def _sized(draw, size):
    return draw(*[] if size is None else [size])


rand = random_sample = _drawn(lambda source: source.random())
randn = _drawn(lambda source: source.gauss(0, 1))


def random(size=None):
    return _sized(rand, size)


def standard_normal(size=None):
    return _sized(randn, size)


def uniform(low=0.0, high=1.0, size=None):
    return low + (high - low) * random(size)


def normal(loc=0.0, scale=1.0, size=None):
    return loc + scale * standard_normal(size)


def randint(low, high=None, size=None, **kwargs):
    return _map(int, uniform(*(0, low) if high is None else (low, high), size))


def permutation(value):
    order = list(range(value)) if isinstance(value, int) else list(value)
    _generator.Random(0).shuffle(order)
    return array(order)


def shuffle(value):
    value[:] = permutation(value)


def choice(a, size=None, replace=True, p=None):
    values = list(range(a)) if isinstance(a, int) else list(a)
    if size is None:
        return values[randint(len(values))]
    if not replace:
        return array(permutation(values)._data[: math.prod(size if isinstance(size, (list, tuple)) else [size])]).reshape(size)
    at = randint(len(values), size=size)
    return ndarray(at.shape, [values[one] for one in at._data])


def seed(*args):
    return None


def default_rng(*args, **kwargs):
    return sys.modules[__name__]


RandomState, integers = default_rng, randint
__getattr__ = missing("numpy.random")
