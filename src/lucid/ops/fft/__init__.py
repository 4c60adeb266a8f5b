"""Fourier transforms: the ``xp.fft`` of rules. ``lucid.fft`` shows them; read ``pairs.py`` first."""

from lucid.ops.fft.frequencies import fftfreq, fftshift, ifftshift, rfftfreq
from lucid.ops.fft.one_axis import fft, hfft, ifft, ihfft, irfft, rfft
from lucid.ops.fft.several_axes import fftn, ifftn, irfftn, rfftn

__all__ = [
    "fft", "ifft", "rfft", "irfft", "hfft", "ihfft",
    "fftn", "ifftn", "rfftn", "irfftn",
    "fftfreq", "rfftfreq", "fftshift", "ifftshift",
]  # fmt: skip
