"""Elementwise functions, methods and operators, scalars folded into them."""

import math
import numbers

from torch._contents import truth
from torch._formats import is_static
from torch._fresh import erfinv_of_uniform, is_fresh, lies_within, rescale, set_init
from torch._functions import both, function, functions, method, opaque, unknown_call
from torch._tensor import Tensor, call, call_in_place, leaf
from torch._unknown import Unknown, UnknownInt


def _unary(name, *synonyms):
    def plain(input, *, out=None):
        return call(name, [input], f"torch.{name}")

    def bound(self):
        return call(name, [self], f"Tensor.{name}")

    def in_place(self):
        return call_in_place(name, self, [], f"Tensor.{name}_")

    for each in (name, *synonyms):
        function(each, plain)
        function(f"{each}_", lambda input: call_in_place(name, input, [], f"torch.{name}_"))
        setattr(Tensor, each, bound)
        setattr(Tensor, f"{each}_", in_place)


for _name in (
    "exp log log2 log10 log1p expm1 sqrt rsqrt sin cos tan sinh cosh tanh sigmoid erf floor ceil sign "
    "reciprocal square relu isnan isinf isfinite frac"
).split():
    _unary(_name)
_unary("abs", "absolute")
_unary("neg", "negative")
_unary("asin", "arcsin")
_unary("acos", "arccos")
_unary("atan", "arctan")
_unary("asinh", "arcsinh")
_unary("acosh", "arccosh")
_unary("atanh", "arctanh")
_unary("trunc", "fix")
_unary("logical_not")
_unary("bitwise_not")
functions["sign"] = functions["sign"]


@both("round")
def round_(input, *, decimals=0):
    return call("round", [input], "torch.round") if decimals == 0 else call("round", [input * 10**decimals], "torch.round") / 10**decimals


@both("sgn")
def sgn(input):
    return call("sign", [input], "torch.sgn")


@both("positive")
def positive(input):
    return input


def _is_scalar(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_SCALED = {
    "add": lambda other, alpha: (1.0, other * alpha),
    "sub": lambda other, alpha: (1.0, -other * alpha),
    "mul": lambda other, alpha: (other, 0.0),
    "div": lambda other, alpha: (1.0 / other if other else math.inf, 0.0),
}


def _arithmetic(name, *synonyms):
    """add, sub, mul, div: with `alpha` or `rounding_mode`, and by their effect on leaves."""

    def args_of(other, alpha, rounding_mode):
        return [other, alpha] if name in ("add", "sub") else [other, rounding_mode] if name == "div" else [other]

    def effect(tensor, other, alpha, rounding_mode, in_place):
        if rounding_mode is None and _is_scalar(other) and isinstance(tensor, Tensor) and is_fresh(tensor):
            return rescale(tensor, *_SCALED[name](other, alpha), in_place)
        return None

    def apply(input, other, alpha, rounding_mode, origin):
        done = effect(input, other, alpha, rounding_mode, False)
        if done is None and name in ("add", "mul"):
            done = effect(other, input, alpha, None, False) if alpha == 1 else None
        return call(name, [input, *args_of(other, alpha, rounding_mode)], origin) if done is None else done

    def apply_in_place(self, other, alpha, rounding_mode, origin):
        if effect(self, other, alpha, rounding_mode, True) is not None:
            return self
        return call_in_place(name, self, args_of(other, alpha, rounding_mode), origin)

    def plain(input, other, *, alpha=1, rounding_mode=None, out=None):
        return apply(input, other, alpha, rounding_mode, f"torch.{name}")

    def bound(self, other, *, alpha=1, rounding_mode=None):
        return apply(self, other, alpha, rounding_mode, f"Tensor.{name}")

    def in_place(self, other, *, alpha=1, rounding_mode=None):
        return apply_in_place(self, other, alpha, rounding_mode, f"Tensor.{name}_")

    for each in (name, *synonyms):
        function(each, plain)
        setattr(Tensor, each, bound)
        setattr(Tensor, f"{each}_", in_place)

    dunder = "truediv" if name == "div" else name

    def operator(self, other):
        return NotImplemented if not _operand(other) else apply(self, other, 1, None, f"Tensor.__{dunder}__")

    def reflected(self, other):
        if not _operand(other):
            return NotImplemented
        if name in ("add", "mul"):
            return apply(self, other, 1, None, f"Tensor.__r{dunder}__")
        return call(name, [other, self, *args_of(None, 1, None)[1:]], f"Tensor.__r{dunder}__")

    def augmented(self, other):
        return NotImplemented if not _operand(other) else apply_in_place(self, other, 1, None, f"Tensor.__i{dunder}__")

    setattr(Tensor, f"__{dunder}__", operator)
    setattr(Tensor, f"__r{dunder}__", reflected)
    setattr(Tensor, f"__i{dunder}__", augmented)


def _operand(value):
    return isinstance(value, (Tensor, numbers.Number, Unknown, UnknownInt)) or hasattr(value, "__float__")


_arithmetic("add")
_arithmetic("sub", "subtract")
_arithmetic("mul", "multiply")
_arithmetic("div", "divide", "true_divide")


@function("rsub")
def rsub(input, other, *, alpha=1):
    return call("sub", [other, input, alpha], "torch.rsub")


def _binary(name, *synonyms, dunder=None, reflects=False):
    def plain(input, other, *, out=None):
        return call(name, [input, other], f"torch.{name}")

    def bound(self, other):
        return call(name, [self, other], f"Tensor.{name}")

    def in_place(self, other):
        return call_in_place(name, self, [other], f"Tensor.{name}_")

    for each in (name, *synonyms):
        function(each, plain)
        setattr(Tensor, each, bound)
        setattr(Tensor, f"{each}_", in_place)
    if dunder:

        def operator(self, other):
            return NotImplemented if not _operand(other) else call(name, [self, other], f"Tensor.__{dunder}__")

        setattr(Tensor, f"__{dunder}__", operator)
        if reflects:

            def reflected(self, other):
                return NotImplemented if not _operand(other) else call(name, [other, self], f"Tensor.__r{dunder}__")

            def augmented(self, other):
                return call_in_place(name, self, [other], f"Tensor.__i{dunder}__")

            setattr(Tensor, f"__r{dunder}__", reflected)
            setattr(Tensor, f"__i{dunder}__", augmented)


_binary("pow", dunder="pow", reflects=True)
_binary("floor_divide", dunder="floordiv", reflects=True)
_binary("remainder", dunder="mod", reflects=True)
_binary("fmod")
_binary("bitwise_and", dunder="and", reflects=True)
_binary("bitwise_or", dunder="or", reflects=True)
_binary("bitwise_xor", dunder="xor", reflects=True)
_binary("bitwise_left_shift", dunder="lshift", reflects=True)
_binary("bitwise_right_shift", dunder="rshift", reflects=True)
_binary("eq", dunder="eq")
_binary("ne", "not_equal", dunder="ne")
_binary("lt", "less", dunder="lt")
_binary("le", "less_equal", dunder="le")
_binary("gt", "greater", dunder="gt")
_binary("ge", "greater_equal", dunder="ge")
_binary("logical_and")
_binary("logical_or")
_binary("logical_xor")
_binary("maximum", "fmax")
_binary("minimum", "fmin")
_binary("atan2", "arctan2")
Tensor.__neg__ = lambda self: call("neg", [self], "Tensor.__neg__")
Tensor.__pos__ = lambda self: self
Tensor.__abs__ = lambda self: call("abs", [self], "Tensor.__abs__")
Tensor.__invert__ = lambda self: call("bitwise_not", [self], "Tensor.__invert__")


@both("erfinv")
def erfinv(input, *, out=None):
    init = erfinv_of_uniform(input)
    if init is not None:
        return leaf(input._shape, init, input.dtype)
    return opaque("torch.erfinv", [input], input._shape) if is_static(input._shape) else unknown_call("torch.erfinv", [input])


@method("erfinv_")
def erfinv_(self):
    init = erfinv_of_uniform(self)
    return unknown_call("Tensor.erfinv_", [self]) if init is None else set_init(self, init)


@both("clamp", "clip")
def clamp(input, min=None, max=None, *, out=None):
    return call("clamp", [input, min, max], "torch.clamp")


@method("clamp_")
def clamp_(self, min=None, max=None):
    if all(bound is None or _is_scalar(bound) for bound in (min, max)) and lies_within(self, min, max):
        return self
    return call_in_place("clamp", self, [min, max], "Tensor.clamp_")


Tensor.clip_ = clamp_
function("clamp_", clamp_)


@both("clamp_min")
def clamp_min(input, min):
    return call("clamp", [input, min, None], "torch.clamp_min")


@both("clamp_max")
def clamp_max(input, max):
    return call("clamp", [input, None, max], "torch.clamp_max")


Tensor.clamp_min_ = lambda self, min: call_in_place("clamp", self, [min, None], "Tensor.clamp_min_")
Tensor.clamp_max_ = lambda self, max: call_in_place("clamp", self, [None, max], "Tensor.clamp_max_")


@both("lerp")
def lerp(input, end, weight):
    return input + (end - input) * weight


@both("addcmul")
def addcmul(input, tensor1, tensor2, *, value=1):
    return input + tensor1 * tensor2 * value if value != 1 else input + tensor1 * tensor2


@both("addcdiv")
def addcdiv(input, tensor1, tensor2, *, value=1):
    return input + tensor1 / tensor2 * value if value != 1 else input + tensor1 / tensor2


@function("where")
def where(condition, input=None, other=None):
    if input is None:
        return functions["nonzero"](condition, as_tuple=True)
    return call("where", [condition, input, other], "torch.where")


Tensor.where = lambda self, condition, other: call("where", [condition, self, other], "Tensor.where")


@both("xlogy")
def xlogy(input, other):
    product = input * functions["log"](other)
    return where(input == 0, functions["zeros_like"](product), product)


@both("masked_fill")
def masked_fill(input, mask, value):
    return call("masked_fill", [input, mask, value], "Tensor.masked_fill")


Tensor.masked_fill_ = lambda self, mask, value: call_in_place("masked_fill", self, [mask, value], "Tensor.masked_fill_")


@both("nan_to_num")
def nan_to_num(input, nan=0.0, posinf=None, neginf=None):
    return call("nan_to_num", [input, nan, posinf, neginf], "torch.nan_to_num")


@method("softmax")
def softmax_method(self, dim=None, dtype=None):
    return call("softmax", [self if dtype is None else self.to(dtype), dim], "Tensor.softmax")


@method("log_softmax")
def log_softmax_method(self, dim=None, dtype=None):
    return call("log_softmax", [self, dim], "Tensor.log_softmax")


@both("allclose")
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    return truth((input - other).abs().max() <= atol)


@both("equal")
def equal(input, other):
    return tuple(input._shape) == tuple(other._shape) and truth((input == other).all())


@both("isclose")
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    return (input - other).abs() <= other.abs() * rtol + atol
