"""Fourier transforms. Real and imaginary part are tensors of their own here, and lie on one axis for the operator."""

import torch
from torch._complex import Complex
from torch._tensor import call


def _scaled(value, n, norm, inverse):
    """From the scale of `backward`, which is that of the operator."""
    power = {None: 0, "backward": 0, "forward": inverse - (not inverse), "ortho": inverse - 0.5}[norm]
    return value if not power else value * n**power


def _transform(inverse, half):
    def transform(input, n=None, dim=-1, norm=None):
        n = n or input.shape[dim]
        axis = dim % input.ndim
        if isinstance(input, Complex):
            parts = torch.stack([input.real, input.imag], -1)
        else:
            parts = (input if input.dtype.is_floating_point else input.float()).unsqueeze(-1)
        result = call("dft", [parts, axis, n, inverse, half], "torch.fft")
        return Complex(*[_scaled(part, n, norm, inverse) for part in result.unbind(-1)])

    return transform


def irfft(input, n=None, dim=-1, norm=None):
    """The other half of the bins is the mirrored conjugate of the first."""
    n = n or 2 * (input.shape[dim] - 1)
    bins = n // 2 + 1

    def whole(part, sign):
        part = part.transpose(dim, -1)
        missing = bins - part.shape[-1]
        part = part[..., :bins] if missing <= 0 else torch.nn.functional.pad(part, (0, missing))
        mirrored = part[..., 1 : (n + 1) // 2].flip(-1)
        return torch.cat([part, mirrored if sign > 0 else -mirrored], -1).transpose(dim, -1)

    real, imag = (input.real, input.imag) if isinstance(input, Complex) else (input, torch.zeros_like(input))
    return ifft(Complex(whole(real, 1), whole(imag, -1)), n, dim, norm).real


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
