"""Fourier transforms, as the extension ``fft`` of the Array API has them.

    spectrum = lucid.fft.rfft(signal)
    frequencies = lucid.fft.rfftfreq(len(signal), d=0.001)

Complex numbers go through ``fft``, ``ifft`` and ``fftn``, ``ifftn`` for several axes; real numbers
through ``rfft``, ``irfft`` and ``rfftn``, ``irfftn``, which leave out the half of a spectrum that
follows from the other. All of them are differentiable, any number of times.
"""

from lucid.ops.fft import *  # noqa: F403
from lucid.ops.fft import __all__ as __all__
