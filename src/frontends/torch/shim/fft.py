"""Fourier transforms: products with the matrices of their sines and cosines, since the graph's operators are real."""

import math

import torch
from torch._complex import Complex


def _matrices(rows, columns, n):
    # Whole turns are taken off while the numbers are whole, which keeps the angles exact.
    turns = torch.arange(rows)[:, None] * torch.arange(columns)[None, :] % n
    angles = turns.float() * (2 * math.pi / n)
    return angles.cos(), angles.sin()


def _scaled(value, n, norm, inverse):
    power = {None: inverse, "backward": inverse, "forward": not inverse, "ortho": 0.5}[norm]
    return value if not power else value * (1 / n**power)


def _fit(part, n):
    """The first `n` of the last axis, with zeros where there are not as many."""
    length = part.shape[-1]
    return part[..., :n] if n < length else torch.nn.functional.pad(part, (0, n - length)) if n > length else part


def _each(input, dim, fn):
    """Applies `fn` to the real and the imaginary part, or None, with the axis last; moves the axis of its results back."""
    parts = (input.real, input.imag) if isinstance(input, Complex) else (input, None)
    results = fn(*[one if one is None else one.transpose(dim, -1) for one in parts])
    return [one.transpose(dim, -1) for one in results]


def _transform(inverse, half):
    def transform(input, n=None, dim=-1, norm=None):
        n = n or input.shape[dim]

        def run(real, imag):
            cos, sin = _matrices(n, n // 2 + 1 if half else n, n)
            sin = sin if inverse else -sin
            real = _fit(real, n)
            a, b = real @ cos, real @ sin
            if imag is not None:
                imag = _fit(imag, n)
                a, b = a - imag @ sin, b + imag @ cos
            return [_scaled(a, n, norm, inverse), _scaled(b, n, norm, inverse)]

        return Complex(*_each(input, dim, run))

    return transform


def irfft(input, n=None, dim=-1, norm=None):
    n = n or 2 * (input.shape[dim] - 1)
    bins = n // 2 + 1

    def run(real, imag):
        cos, sin = _matrices(bins, n, n)
        # All but the first bin, and the last of an even length, stand for two.
        twice = torch.tensor([1.0 if k == 0 or 2 * k == n else 2.0 for k in range(bins)])[:, None]
        result = _fit(real, bins) @ (cos * twice)
        if imag is not None:
            result = result - _fit(imag, bins) @ (sin * twice)
        return [_scaled(result, n, norm, True)]

    return _each(input, dim, run)[0]


fft, ifft, rfft = _transform(False, False), _transform(True, False), _transform(False, True)


def _several(one, last, default, last_first):
    """A transform along several axes: `last` along the last of them, `one` along the others."""

    def transform(input, s=None, dim=default, norm=None):
        if dim is None:
            dim = range(-(len(s) if s else input.ndim), 0)
        axes = list(zip([dim] if isinstance(dim, int) else dim, s or [None] * 99))
        steps = [(one, *axis) for axis in axes[:-1]]
        steps.insert(0 if last_first else len(steps), (last, *axes[-1]))
        for step, axis, n in steps:
            input = step(input, n, axis, norm)
        return input

    return transform


def _shift(sign):
    def shift(input, dim=None):
        dims = range(input.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
        for one in dims:
            input = input.roll(sign * (input.shape[one] // 2), one)
        return input

    return shift


names = {"fft": fft, "ifft": ifft, "rfft": rfft, "irfft": irfft, "fftshift": _shift(1), "ifftshift": _shift(-1)}
for _suffix, _dims in (("2", (-2, -1)), ("n", None)):
    names[f"fft{_suffix}"] = _several(fft, fft, _dims, True)
    names[f"ifft{_suffix}"] = _several(ifft, ifft, _dims, True)
    names[f"rfft{_suffix}"] = _several(fft, rfft, _dims, True)
    names[f"irfft{_suffix}"] = _several(ifft, irfft, _dims, False)
names["fftfreq"] = lambda n, d=1.0, **kwargs: torch.tensor([(k if k < (n + 1) // 2 else k - n) / (n * d) for k in range(n)])
names["rfftfreq"] = lambda n, d=1.0, **kwargs: torch.tensor([k / (n * d) for k in range(n // 2 + 1)])
