"""Windows that fade a signal in and out."""

import math

from torch._creation import known_tensor
from torch._formats import kind_of
from torch._functions import default_dtype, function


def _window(name, at):
    def create(window_length, periodic=True, *shape, dtype=None, layout=None, device=None, requires_grad=False, **named):
        gaps = max(1, window_length if periodic else window_length - 1)
        values = [at(2 * math.pi * index / gaps, *shape, **named) for index in range(window_length)]
        return known_tensor(values if window_length > 1 else [1.0] * window_length, [window_length], kind_of(dtype) or default_dtype())

    function(name, create)


def _bessel(x):
    """The modified Bessel function of order 0, by its series."""
    term = total = 1.0
    for step in range(1, 500):
        term *= (x / 2 / step) ** 2
        total += term
    return total


_window("hann_window", lambda angle: 0.5 - 0.5 * math.cos(angle))
_window("hamming_window", lambda angle, alpha=0.54, beta=0.46: alpha - beta * math.cos(angle))
_window("bartlett_window", lambda angle: 1 - abs(angle / math.pi - 1))
_window("blackman_window", lambda angle: 0.42 - 0.5 * math.cos(angle) + 0.08 * math.cos(2 * angle))
_window("kaiser_window", lambda angle, beta=12.0: _bessel(beta * math.sqrt(max(0.0, 1 - (angle / math.pi - 1) ** 2))) / _bessel(beta))
