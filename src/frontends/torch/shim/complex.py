"""Complex tensors: pairs of real ones, since the graph's operators are real."""

import copy
import functools
import itertools
import math

import torch
from torch._formats import DTYPES
from torch._functions import both, function, functions
from torch._tensor import Tensor


class Complex(Tensor):
    """Real and imaginary part; what is not defined here is reported where it is called, and gives an unknown tensor."""

    dtype = DTYPES["complex64"]
    _path = (None,)
    _seen = real = imag = None

    def __init__(self, real, imag):
        self.real, self.imag = real, imag

    _shape = property(lambda self: self.real._shape)
    _storage = property(lambda self: self.real._storage)

    def __deepcopy__(self, memo):
        return Complex(copy.deepcopy(self.real, memo), copy.deepcopy(self.imag, memo))

    def __setitem__(self, key, value):
        value = _complex(value)
        self.real[key], self.imag[key] = value.real, value.imag

    def __iter__(self):
        return iter(self.unbind(0))

    def to(self, *args, **kwargs):
        return self

    cpu = cuda = requires_grad_ = to
    mT = property(lambda self: self.transpose(-2, -1))

    data = property(lambda self: self.detach())

    def float(self):
        return self.real


def _complex(value):
    """Any number or tensor as a pair."""
    if isinstance(value, Complex):
        return value
    if isinstance(value, Tensor):
        return Complex(value, torch.zeros_like(value))
    value = complex(value)
    return Complex(torch.tensor(value.real), torch.tensor(value.imag))


def join(real, imag):
    """Pairs of the results of one call for both parts; of several results, one after the other."""
    return tuple(map(Complex, real, imag)) if isinstance(real, tuple) else Complex(real, imag)


def _each(name):
    """The call for both parts alike."""

    def apply(self, *args, **kwargs):
        return join(getattr(self.real, name)(*args, **kwargs), getattr(self.imag, name)(*args, **kwargs))

    return apply


def _is_real(value):
    return not isinstance(value, (Complex, complex))


def add(a, b, *, alpha=1):
    a, b = _complex(a), _complex(b)
    return Complex(torch.add(a.real, b.real, alpha=alpha), torch.add(a.imag, b.imag, alpha=alpha))


def sub(a, b, *, alpha=1):
    return add(a, b, alpha=-alpha)


def mul(a, b):
    if _is_real(a) or _is_real(b):
        real, pair = (a, _complex(b)) if _is_real(a) else (b, _complex(a))
        return Complex(pair.real * real, pair.imag * real)
    a, b = _complex(a), _complex(b)
    return Complex(a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real)


def div(a, b):
    if _is_real(b):
        return Complex(a.real / b, a.imag / b)
    b = _complex(b)
    return div(mul(a, conj(b)), b.real * b.real + b.imag * b.imag)


def matmul(a, b):
    a, b = _complex(a), _complex(b)
    return Complex(a.real @ b.real - a.imag @ b.imag, a.real @ b.imag + a.imag @ b.real)


def conj(a):
    return Complex(a.real, -a.imag)


def exp(a):
    return functions["polar"](a.real.exp(), a.imag)


def absolute(a):
    return (a.real * a.real + a.imag * a.imag).sqrt()


def angle(a):
    return torch.atan2(a.imag, a.real)


def _angle_of_real(input):
    return torch.where(input < 0, math.pi, 0.0)


_ALIKE = (
    "view reshape transpose permute unsqueeze squeeze flatten unflatten expand expand_as repeat contiguous clone detach sum mean "
    "split chunk unbind narrow unfold select index_select roll flip neg __getitem__ __neg__ movedim swapaxes view_as"
).split()
_METHODS = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "multiply": mul,
    "div": div,
    "matmul": matmul,
    "bmm": matmul,
    "conj": conj,
    "exp": exp,
    "abs": absolute,
    "angle": angle,
    **{name: _each(name) for name in _ALIKE},
}
_OPERATORS = {"add": add, "sub": sub, "mul": mul, "truediv": div, "matmul": matmul}


def _among(name, fn):
    """The function of that name, which leaves complex arguments to `fn`."""
    plain = functions[name]

    def choose(*args, **kwargs):
        return fn(*args, **kwargs) if any(isinstance(one, (Complex, complex)) for one in args) else plain(*args, **kwargs)

    return choose


def _lists(name):
    """cat and stack: of each part."""
    plain = functions[name]

    def choose(tensors, *args, **kwargs):
        tensors = list(tensors)
        if not any(isinstance(one, Complex) for one in tensors):
            return plain(tensors, *args, **kwargs)
        parts = [_complex(one) for one in tensors]
        return Complex(plain([one.real for one in parts], *args, **kwargs), plain([one.imag for one in parts], *args, **kwargs))

    return choose


def _products(name):
    """einsum: the sum over the choices of a part of each complex operand, each `i` of the imaginary ones multiplied out."""
    plain = functions[name]

    def choose(equation, *operands):
        given = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
        if not any(isinstance(one, Complex) for one in given):
            return plain(equation, *operands)
        parts = [(one.real, one.imag) if isinstance(one, Complex) else (one,) for one in given]
        sums = [[], []]
        for choice in itertools.product(*(range(len(one)) for one in parts)):
            term = plain(equation, *(one[at] for one, at in zip(parts, choice)))
            sums[sum(choice) % 2].append(-term if sum(choice) % 4 > 1 else term)
        return Complex(*(functools.reduce(torch.add, one) for one in sums))

    return choose


def _made(name, init):
    """Makes the function that creates tensors make complex ones, of parts that `init` gives from the plain function."""
    plain = functions[name]

    def choose(*args, dtype=None, **kwargs):
        asked = dtype or next((one.dtype for one in args if isinstance(one, Tensor)), None)
        if asked is None or not getattr(asked, "is_complex", False):
            return plain(*args, dtype=dtype, **kwargs)
        args = [one.real if isinstance(one, Complex) else one for one in args]
        return Complex(*init(functools.partial(plain, *args, dtype=DTYPES["float32"], **kwargs)))

    functions[name] = choose


for _name in ("zeros", "empty", "rand"):
    for _like in ("", "_like"):
        _made(f"{_name}{_like}", lambda make: (make(), make()))
for _like in ("", "_like"):
    # Both parts together have the variance of one real number.
    _made(f"randn{_like}", lambda make: (make() / 2**0.5, make() / 2**0.5))
    _made(f"ones{_like}", lambda make: (make(), make() * 0))


def _literal(plain):
    """`torch.tensor`, which makes pairs of complex numbers, and of any where they are asked for."""

    def parts(data, pick):
        if isinstance(data, (list, tuple)):
            return [parts(one, pick) for one in data]
        return pick(complex(data))

    def tensor(data, *, dtype=None, **kwargs):
        asked = dtype is not None and dtype.is_complex and not isinstance(data, Tensor)
        if not asked and not _holds_complex(data):
            return plain(data, dtype=dtype, **kwargs)
        return Complex(plain(parts(data, lambda one: one.real)), plain(parts(data, lambda one: one.imag)))

    return tensor


def _holds_complex(data):
    return isinstance(data, complex) or isinstance(data, (list, tuple)) and any(map(_holds_complex, data))


functions["tensor"] = _literal(functions["tensor"])
function("complex", Complex)
function("is_complex", lambda input: input.dtype.is_complex)
function("real", lambda input: input.real)
function("imag", lambda input: input.imag)
function("polar", lambda abs, angle: Complex(abs * angle.cos(), abs * angle.sin()))
function("view_as_complex", lambda input: Complex(input[..., 0], input[..., 1]))
function("view_as_real", lambda input: torch.stack([input.real, input.imag], -1))
both("angle")(_angle_of_real)
both("conj", "resolve_conj", "conj_physical")(lambda input: input)
Tensor.real = property(lambda self: self)


def _operator(name, fn):
    # Nothing that shares the parts sees what is written so.
    setattr(Complex, f"__i{name}__", fn)
    for prefix in ("", "r"):
        plain = getattr(Tensor, f"__{prefix}{name}__")
        apply = fn if not prefix else lambda self, other: fn(other, self)
        setattr(Complex, f"__{prefix}{name}__", apply)
        choose = lambda self, other, plain=plain, apply=apply: apply(self, other) if type(other) is complex else plain(self, other)
        setattr(Tensor, f"__{prefix}{name}__", choose)


for _name, _fn in _METHODS.items():
    setattr(Complex, _name, _fn)
    if _name in functions:
        functions[_name] = _among(_name, _fn)
for _name, _fn in _OPERATORS.items():
    _operator(_name, _fn)
for _name in ("cat", "concat", "stack"):
    functions[_name] = _lists(_name)
functions["einsum"] = _products("einsum")
vars(torch).update(functions)
