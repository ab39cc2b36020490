"""Elementwise functions of mathematics: formulas of others, and those without one, whose results have a known shape."""

import math

from torch._contents import is_known, tolist
from torch._creation import known_tensor
from torch._derived import written
from torch._elementwise import clamp, where
from torch._formats import DTYPES, bool_
from torch._functions import as_float, both, function, functions, method, named_results, opaque
from torch._indexing import copy_
from torch._tensor import Tensor, unknown_tensor
from torch._unknown import UnknownShape


def alike(name, *inputs, dtype=None):
    """The result of an elementwise call that is not known: of the inputs' common shape, in floating point unless told otherwise."""
    tensors = [one for one in inputs if isinstance(one, Tensor)]
    if any(isinstance(one._shape, UnknownShape) for one in tensors):
        return unknown_tensor(name, tensors)
    shape = functions["broadcast_shapes"](*[one._shape for one in tensors])
    kinds = [one.dtype for one in tensors if one.dtype.is_floating_point]
    return opaque(name, tensors, list(shape), dtype or (kinds or [DTYPES["float32"]])[0])


def _unknown(name, *synonyms):
    """A function of numbers that no formula is given for."""

    def compute(*args, out=None):
        return alike(f"torch.{name}", *args)

    for each in (name, *synonyms):
        written(each, compute)


for _name in "i0 igamma igammac nextafter polygamma".split():
    _unknown(_name)


def _sinc(input):
    turned = where(input == 0, 1.0, as_float(input)) * math.pi
    return where(input == 0, 1.0, turned.sin() / turned)


def _logit(input, eps=None):
    chance = as_float(input) if eps is None else clamp(as_float(input), eps, 1 - eps)
    return (chance / (1 - chance)).log()


def _copysign(input, other):
    size = abs(as_float(input))
    return where(functions["signbit"](other), -size, size) if isinstance(other, Tensor) else size * math.copysign(1.0, other)


def _logaddexp(input, other):
    return functions["maximum"](input, other) + functions["log1p"]((-(input - other).abs()).exp())


def _ldexp(input, other):
    return as_float(input) * 2.0**other


def _whole(name, combine):
    """A function of whole numbers, computed where they are known."""

    def compute(input, other):
        if not (is_known(input) and is_known(other)):
            return alike(f"torch.{name}", input, other, dtype=input.dtype)
        pairs = zip(*(tolist(one.reshape(-1)) for one in functions["broadcast_tensors"](input, other)))
        shape = functions["broadcast_shapes"](input._shape, other._shape)
        return known_tensor([combine(*pair) for pair in pairs], list(shape), input.dtype)

    written(name, compute)


_whole("gcd", math.gcd)
_whole("lcm", math.lcm)
written("exp2", lambda input, *, out=None: (as_float(input) * math.log(2)).exp())
written("erfc", lambda input, *, out=None: 1 - functions["erf"](input))
written("sinc", lambda input, *, out=None: _sinc(input))
written("logit", lambda input, eps=None, *, out=None: _logit(input, eps))
written("deg2rad", lambda input, *, out=None: input * (math.pi / 180))
written("rad2deg", lambda input, *, out=None: input * (180 / math.pi))
written("hypot", lambda input, other, *, out=None: (input * input + other * other).sqrt())
written("logaddexp", lambda input, other, *, out=None: _logaddexp(input, other))
written("logaddexp2", lambda input, other, *, out=None: _logaddexp(input * math.log(2), other * math.log(2)) / math.log(2))
written("copysign", lambda input, other, *, out=None: _copysign(input, other))
written("heaviside", lambda input, values: where(input == 0, values, (input > 0).to(input.dtype)))
written("ldexp", lambda input, other: _ldexp(input, other))


@both("float_power")
def float_power(input, exponent, *, out=None):
    base, power = (one.double() if isinstance(one, Tensor) else one for one in (input, exponent))
    return functions["pow"](base, power)


method("float_power_")(lambda self, exponent: copy_(self, float_power(self, exponent)))
both("signbit")(lambda input: input < 0)
both("isneginf")(lambda input: input == -math.inf)
both("isposinf")(lambda input: input == math.inf)
both("isreal")(lambda input: functions["ones_like"](input, dtype=bool_))


@both("frexp")
def frexp(input):
    parts = alike("torch.frexp", input), alike("torch.frexp", input, dtype=DTYPES["int32"])
    return named_results(("mantissa", "exponent"), parts)


@function("isin")
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    elements, wanted = (one if isinstance(one, Tensor) else functions["tensor"](one) for one in (elements, test_elements))
    found = (elements.unsqueeze(-1) == wanted.reshape(-1)).any(-1)
    return ~found if invert else found


# ---- torch.special -----------------------------------------------------------------------------------------------


def entr(input):
    inside = where(input > 0, input, 1.0)
    return where(input > 0, -inside * inside.log(), where(input == 0, 0.0, -math.inf))


def xlog1py(input, other):
    product = input * functions["log1p"](other)
    return where(input == 0, functions["zeros_like"](product), product)


def ndtr(input):
    return (functions["erf"](input * math.sqrt(0.5)) + 1) * 0.5


def _special(name):
    return lambda *args, **kwargs: alike(f"torch.special.{name}", *args)


_SAME = "digamma erf erfc erfinv exp2 expm1 i0 log1p logit logsumexp polygamma round sinc softmax log_softmax xlogy"
_RENAMED = {"expit": "sigmoid", "gammaln": "lgamma", "psi": "digamma", "multigammaln": "mvlgamma", "gammainc": "igamma", "gammaincc": "igammac"}
_BESSEL = [f"{kind}{order}" for order in (0, 1) for kind in "bessel_j bessel_y modified_bessel_i modified_bessel_k scaled_modified_bessel_k".split()]
_CHEBYSHEV = [f"{kind}_polynomial_{letter}" for kind in ("chebyshev", "shifted_chebyshev") for letter in "tuvw"]
_POLYNOMIALS = [*_CHEBYSHEV, *"hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p".split()]
_WITHOUT_FORMULA = [*"airy_ai erfcx ndtri i0e i1 i1e spherical_bessel_j0 zeta".split(), *_BESSEL, *_POLYNOMIALS]


def special():
    """The names of torch.special."""
    names = {name: functions.get(name) or getattr(Tensor, name) for name in _SAME.split()}
    names |= {name: functions[plain] for name, plain in _RENAMED.items()}
    names |= {name: _special(name) for name in _WITHOUT_FORMULA}
    return {**names, "entr": entr, "xlog1py": xlog1py, "ndtr": ndtr, "log_ndtr": lambda input: ndtr(input).log()}
