"""Which frequency stands where in a spectrum, and how to put zero in the middle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lucid.engines import dtypes
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError
from lucid.ops.axes import normalize_axes
from lucid.ops.cast import another
from lucid.ops.creation import asarray, check_room
from lucid.ops.fft.checks import count
from lucid.ops.shape import roll


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: str | None = None) -> Any:
    r"""Return the frequencies of ``fft`` of ``n`` samples, in cycles per unit of ``d``.

    .. math:: \frac{1}{n d} \, ( 0, 1, \dots, \lceil n/2 \rceil - 1, -\lfloor n/2 \rfloor, \dots, -1 )

    If the samples lie ``d`` seconds apart, the frequencies are in hertz.

    Args:
        n: how many samples there are.
        d: the distance between two samples.
        dtype: a real floating-point one, by default float32.
        device: by default ``"cpu"``.

    Shape: (n,).

    Raises:
        ArgumentError: if ``n`` is less than 1, or ``d`` is 0.
        DTypeError: if ``dtype`` is no real floating-point one.

    Example:
        >>> lucid.fft.fftfreq(4, d=0.5)
        Tensor([0.0, 0.5, -1.0, -0.5])
    """
    n = _length("fftfreq", n)
    cycles = np.arange(n)
    return _frequencies("fftfreq", np.where(cycles < (n + 1) // 2, cycles, cycles - n), n, d, dtype, device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: str | None = None) -> Any:
    r"""Return the frequencies of ``rfft`` of ``n`` samples, in cycles per unit of ``d``.

    .. math:: \frac{1}{n d} \, ( 0, 1, \dots, \lfloor n/2 \rfloor )

    The last one of an even n is positive here, half of the sampling rate; ``fftfreq`` counts it as negative.

    Args:
        n: how many samples there are, not how many frequencies.
        d: the distance between two samples.
        dtype: a real floating-point one, by default float32.
        device: by default ``"cpu"``.

    Shape: (n // 2 + 1,).

    Raises:
        ArgumentError: if ``n`` is less than 1, or ``d`` is 0.
        DTypeError: if ``dtype`` is no real floating-point one.

    Example:
        >>> lucid.fft.rfftfreq(4, d=0.5)
        Tensor([0.0, 0.5, 1.0])
    """
    n = _length("rfftfreq", n)
    return _frequencies("rfftfreq", np.arange(n // 2 + 1), n, d, dtype, device)


def _length(name: str, n: Any) -> int:
    length = count(name, "n", n)
    check_room(name, (length,), dtypes.float64)
    return length


def _frequencies(name: str, cycles: Any, n: int, d: Any, dtype: Any, device: str | None) -> Any:
    kind = dtypes.default_float if dtype is None else dtypes.as_dtype(dtype)
    if not dtypes.is_inexact(kind) or kind.kind == "c":
        raise DTypeError(f"{name}: dtype must be a real floating-point one, got {kind.name}")
    try:
        if getattr(d, "requires_grad", False):
            raise GradientError(f"{name}: d tracks gradients, which would be lost: write d.item()")
        distance = float(d)
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(f"{name}: d must be a number, got {d!r}") from error
    if distance == 0:
        raise ArgumentError(f"{name}: d must not be 0: it is the distance between two samples")
    # In float64 first, so that each frequency is the nearest one of its dtype.
    return asarray((cycles / (n * distance)).astype(kind), device=device)


def fftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Any:
    """Return a spectrum with the frequency zero in the middle of its axes, at n // 2.

    Args:
        x: a Tensor, of any dtype.
        axes: an integer or several; by default all.

    Shape: as ``x``.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.fftshift(lucid.fft.fftfreq(4, d=0.25))
        Tensor([-2.0, -1.0, 0.0, 1.0])
    """
    return _shifted("fftshift", x, axes, 1)


def ifftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Any:
    """Return the inverse of ``fftshift``: the frequency zero goes to the front again.

    For axes of odd size the two differ.

    Args:
        x: a Tensor, of any dtype.
        axes: an integer or several; by default all.

    Shape: as ``x``.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.ifftshift(lucid.Tensor([-1.0, 0.0, 1.0]))
        Tensor([0.0, 1.0, -1.0])
    """
    return _shifted("ifftshift", x, axes, -1)


def _shifted(name: str, x: Any, axes: Any, sign: int) -> Any:
    x = asarray(x)
    chosen = normalize_axes(axes, x.ndim, name, "axes")
    if not chosen:
        return another(x)
    return roll(x, tuple(sign * (x.shape[a] // 2) for a in chosen), axis=chosen)
