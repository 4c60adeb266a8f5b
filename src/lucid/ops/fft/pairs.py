r"""The four transforms on which the others stand, each with its adjoint as its derivative.

A transform is linear, so its derivative is its adjoint whatever the input is, and each adjoint is
another transform of the four:

- that of ``fftn`` is ``ifftn`` with the other scale (see ``SWAPPED``), and the other way round;
- that of ``rfftn`` is ``irfftn`` of a halved spectrum. The frequencies strictly between zero and
  half of the sampling rate stand for their conjugates too, which ``irfftn`` adds and ``rfftn`` left out;
- that of ``irfftn`` is ``rfftn``, doubled at the same frequencies.

An axis is cropped or filled up with zeros before it is transformed; the gradient is filled up or
cropped after. The options are whole here: ``s`` and ``axes`` are tuples of one length, ``axes``
count from the front. Read next: ``one_axis.py``.
"""

from __future__ import annotations

from typing import Any

from lucid.ops.axes import index_along
from lucid.recording import primitive

# Scaled by 1, 1 / sqrt(n) or 1 / n one way, a transform's adjoint is scaled by the same the other
# way, where these are the scales of the other names.
SWAPPED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}

Sizes = tuple[int, ...]


@primitive
def transform(xp: Any, x: Any, /, *, s: Sizes, axes: Sizes, norm: str) -> Any:
    """Transform complex ``x``; see ``fftn``."""
    return xp.fft.fftn(x, s=s, axes=axes, norm=norm)


transform.name = "fftn"  # in messages


@transform.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, s: Sizes, axes: Sizes, norm: str) -> Any:
    return (_fitted(xp, xp.fft.ifftn(g, s=s, axes=axes, norm=SWAPPED[norm]), _x.shape),)


@primitive
def inverse(xp: Any, x: Any, /, *, s: Sizes, axes: Sizes, norm: str) -> Any:
    """Transform complex ``x`` back; see ``ifftn``."""
    return xp.fft.ifftn(x, s=s, axes=axes, norm=norm)


inverse.name = "ifftn"  # in messages


@inverse.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, s: Sizes, axes: Sizes, norm: str) -> Any:
    return (_fitted(xp, xp.fft.fftn(g, s=s, axes=axes, norm=SWAPPED[norm]), _x.shape),)


@primitive
def real_transform(xp: Any, x: Any, /, *, s: Sizes, axes: Sizes, norm: str) -> Any:
    """Transform real ``x``, and leave out the negative frequencies of the last axis; see ``rfftn``."""
    return xp.fft.rfftn(x, s=s, axes=axes, norm=norm)


real_transform.name = "rfftn"  # in messages


@real_transform.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, s: Sizes, axes: Sizes, norm: str) -> Any:
    halved = _times_inside(xp, g, 0.5, s[-1], axes[-1])
    return (_fitted(xp, xp.fft.irfftn(halved, s=s, axes=axes, norm=SWAPPED[norm]), _x.shape),)


@primitive
def real_inverse(xp: Any, x: Any, /, *, s: Sizes, axes: Sizes, norm: str) -> Any:
    """Transform ``x``, which lacks the negative frequencies of its last axis, back; see ``irfftn``."""
    return xp.fft.irfftn(x, s=s, axes=axes, norm=norm)


real_inverse.name = "irfftn"  # in messages


@real_inverse.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, s: Sizes, axes: Sizes, norm: str) -> Any:
    spectrum = xp.fft.rfftn(g, s=s, axes=axes, norm=SWAPPED[norm])
    return (_fitted(xp, _times_inside(xp, spectrum, 2.0, s[-1], axes[-1]), _x.shape),)


def _times_inside(xp: Any, spectrum: Any, factor: float, n: int, axis: int) -> Any:
    """Return half a spectrum of ``n`` samples, with ``factor`` on the frequencies that have a conjugate.

    Those are all but zero and, for an even ``n``, the last.
    """

    def part(start: int, stop: int) -> Any:
        return xp.get_at(spectrum, index=index_along(axis, slice(start, stop)))

    inside = (n + 1) // 2
    if inside == 1:
        return spectrum
    parts = [part(0, 1), part(1, inside) * factor]
    if n % 2 == 0:
        parts.append(part(inside, inside + 1))
    return xp.concat(parts, axis=axis)


def _fitted(xp: Any, g: Any, shape: Sizes) -> Any:
    """Return ``g`` with its axes cropped or filled up with zeros to ``shape``."""
    if any(there > n for there, n in zip(g.shape, shape, strict=True)):
        g = xp.get_at(g, index=tuple(slice(0, n) for n in shape))
    missing = [n - there for there, n in zip(g.shape, shape, strict=True)]
    return xp.pad(g, tuple((0, n) for n in missing), value=0) if any(missing) else g
