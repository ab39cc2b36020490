"""The logarithm of the gamma function and its derivative, by Stirling's series, which eight steps of the recurrence make exact."""

import math

from torch._derived import written
from torch._elementwise import where
from torch._functions import as_float, functions

# Steps of the recurrence: from here on the terms that the series leaves out are below the rounding of float32.
_FAR = 8


def _shifted(input):
    """The argument of the series, and whether it is `_FAR` steps away from the input."""
    is_near = input < _FAR
    return where(is_near, input + _FAR, input), is_near


def _log_gamma(input):
    """For inputs of at least 1/2."""
    z, is_near = _shifted(input)
    series = (z - 0.5) * z.log() - z + 0.5 * math.log(2 * math.pi) + 1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5)
    near = where(is_near, input, 1.0)
    product = near
    for step in range(1, _FAR):
        product = product * (near + step)
    return series - where(is_near, product, 1.0).log()


def _digamma_of_large(input):
    z, is_near = _shifted(input)
    series = z.log() - 1 / (2 * z) - 1 / (12 * z**2) + 1 / (120 * z**4) - 1 / (252 * z**6)
    near = where(is_near, input, 1.0)
    steps = 1 / near
    for step in range(1, _FAR):
        steps = steps + 1 / (near + step)
    return series - where(is_near, steps, 0.0)


def _reflected(input):
    """Whether the input is reflected at 1/2, where it lies then, and what of a period of pi it makes; 1/4 where it is not."""
    is_low = input < 0.5
    return is_low, where(is_low, 1 - input, input), where(is_low, input - input.floor(), 0.25) * math.pi


def _lgamma(input):
    """log |Γ(x)|; below 1/2 by Γ(x) Γ(1 - x) = π / sin πx."""
    is_low, argument, angle = _reflected(as_float(input))
    value = _log_gamma(argument)
    return where(is_low, math.log(math.pi) - angle.sin().abs().log() - value, value)


def _digamma(input):
    """Γ'(x) / Γ(x); below 1/2 by ψ(x) = ψ(1 - x) - π / tan πx."""
    is_low, argument, angle = _reflected(as_float(input))
    value = _digamma_of_large(argument)
    return where(is_low, value - math.pi / angle.tan(), value)


def _mvlgamma(input, p):
    constant = p * (p - 1) / 4 * math.log(math.pi)
    return sum(functions["lgamma"](as_float(input) - step / 2) for step in range(p)) + constant


written("lgamma", lambda input, *, out=None: _lgamma(input))
written("digamma", lambda input, *, out=None: _digamma(input))
written("mvlgamma", lambda input, p, *, out=None: _mvlgamma(input, p))
