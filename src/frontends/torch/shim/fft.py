"""Fourier transforms. Real and imaginary part are tensors of their own here, and lie on one axis for the operator."""

import functools

import torch
from torch._complex import Complex
from torch._functions import as_float, both, functions
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
            parts = as_float(input).unsqueeze(-1)
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


# Of what a signal is if the roles of signal and spectrum are taken to be the other way round.
_TURNED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def hfft(input, n=None, dim=-1, norm=None):
    return irfft(input.conj(), n, dim, _TURNED[norm])


def ihfft(input, n=None, dim=-1, norm=None):
    return rfft(input, n, dim, _TURNED[norm]).conj()


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


def _window(window, n_fft, win_length):
    """Of the length of a frame, in whose middle it lies."""
    win_length = win_length or n_fft
    window = torch.ones(win_length) if window is None else window
    before = (n_fft - win_length) // 2
    return torch.nn.functional.pad(window, (before, n_fft - win_length - before)) if win_length < n_fft else window


@both("stft")
def stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect", normalized=False,
         onesided=None, return_complex=None):
    """Spectra of windowed frames: [..., frequencies, frames], with a last axis of 2 unless `return_complex`."""
    if center:
        half = n_fft // 2
        pad = torch.nn.functional.pad
        input = pad(input.unsqueeze(0), (half, half), pad_mode).squeeze(0)
    frames = input.unfold(-1, n_fft, hop_length or n_fft // 4) * _window(window, n_fft, win_length)
    is_complex = isinstance(frames, Complex)
    spectrum = (rfft if onesided is not False and not is_complex else fft)(frames, norm="ortho" if normalized else None)
    spectrum = spectrum.transpose(-2, -1)
    return spectrum if return_complex or is_complex else torch.view_as_real(spectrum)


def _overlapped(frames, hop):
    """Frames on the last two axes, each `hop` behind the one before, added where they lie over each other."""
    count, length = frames.shape[-2:]
    parts = -(-length // hop)
    pad = torch.nn.functional.pad
    pieces = pad(frames, (0, parts * hop - length)).unflatten(-1, (parts, hop)).unbind(-2)
    rows = [pad(piece, (0, 0, at, parts - 1 - at)) for at, piece in enumerate(pieces)]
    return functools.reduce(torch.add, rows).flatten(-2)[..., : length + hop * (count - 1)]


@both("istft")
def istft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False, onesided=None,
          length=None, return_complex=False):
    """The signal whose frames come nearest to those spectra: what they add up to, over what their windows do."""
    hop = hop_length or n_fft // 4
    spectrum = (input if isinstance(input, Complex) else torch.view_as_complex(input)).transpose(-2, -1)
    norm = "ortho" if normalized else None
    frames = ifft(spectrum, n_fft, -1, norm) if onesided is False else irfft(spectrum, n_fft, -1, norm)
    frames = frames.real if isinstance(frames, Complex) and not return_complex else frames
    window = _window(window, n_fft, win_length)
    envelope = _overlapped((window * window).expand(frames.shape[-2], n_fft), hop)
    whole = _overlapped(frames * window, hop)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else whole.shape[-1] - start
    signal = whole[..., start:end] / envelope[start:end]
    missing = end - start - signal.shape[-1]
    return torch.nn.functional.pad(signal, (0, missing)) if missing > 0 else signal


vars(torch).update(stft=functions["stft"], istft=functions["istft"])
names = {"hfft": hfft, "ihfft": ihfft, "fft": fft, "ifft": ifft, "rfft": rfft, "irfft": irfft, "fftshift": _shift(1), "ifftshift": _shift(-1)}
for _suffix, _dims in (("2", (-2, -1)), ("n", None)):
    names[f"fft{_suffix}"] = _several(fft, fft, _dims, True)
    names[f"ifft{_suffix}"] = _several(ifft, ifft, _dims, True)
    names[f"rfft{_suffix}"] = _several(fft, rfft, _dims, True)
    names[f"hfft{_suffix}"] = _several(fft, hfft, _dims, False)
    names[f"ihfft{_suffix}"] = _several(ifft, ihfft, _dims, True)
    names[f"irfft{_suffix}"] = _several(ifft, irfft, _dims, False)
names["fftfreq"] = lambda n, d=1.0, **kwargs: torch.tensor([(k if k < (n + 1) // 2 else k - n) / (n * d) for k in range(n)])
names["rfftfreq"] = lambda n, d=1.0, **kwargs: torch.tensor([k / (n * d) for k in range(n // 2 + 1)])
