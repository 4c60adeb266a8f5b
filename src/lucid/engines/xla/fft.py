"""``jax.numpy.fft``, with an ``irfftn`` that gives the same on every device.

Half a spectrum of real numbers is real at zero and at half of the sampling rate. What a device makes
of imaginary parts there is its own affair: those of NVIDIA are known to let them through for some
sizes (https://github.com/pytorch/pytorch/issues/154496). Here they are ignored, as NumPy ignores them.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

Array = Any


def __getattr__(name: str) -> Any:
    value = getattr(jnp.fft, name)
    globals()[name] = value  # so that the next look-up finds it without coming here
    return value


def irfftn(x: Array, /, *, s: tuple[int, ...], axes: tuple[int, ...], norm: str) -> Array:
    """Return the real numbers of which ``x`` is half the spectrum, that half being of the last axis."""
    if jax.default_backend() == "cpu":  # no other device is there, and this one ignores them
        return jnp.fft.irfftn(x, s=s, axes=axes, norm=norm)
    if len(axes) > 1:  # an array may be real at the ends only after the other axes are transformed
        x = jnp.fft.ifftn(x, s=s[:-1], axes=axes[:-1], norm=norm)
    return jnp.fft.irfft(_real_at_ends(x, s[-1], axes[-1]), n=s[-1], axis=axes[-1], norm=norm)


def _real_at_ends(x: Array, n: int, axis: int) -> Array:
    """Return ``x`` without the imaginary parts at zero and, if ``n`` is even, at ``n // 2``."""
    k = jnp.expand_dims(jnp.arange(x.shape[axis]), [a for a in range(x.ndim) if a != axis])
    ends = (k == 0) | (k * 2 == n)
    return jnp.where(ends, jnp.real(x).astype(x.dtype), x)
