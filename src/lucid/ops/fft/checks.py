"""What every transform checks before it begins: data types, axes, sizes and ``norm``."""

from __future__ import annotations

from typing import Any

from lucid.engines import dtypes
from lucid.errors import ArgumentError, DTypeError
from lucid.ops.axes import as_integer, listed_axes, normalize_axes, normalize_axis
from lucid.ops.creation import asarray, check_room

_REAL, _COMPLEX = dtypes.KINDS["real floating"], dtypes.KINDS["complex floating"]


def complex_input(name: str, x: Any) -> Any:
    """Return ``x`` as a Tensor.

    Raises:
        DTypeError: if it is not complex.
    """
    x = asarray(x)
    if x.dtype not in _COMPLEX:
        wide = x.dtype == dtypes.float64
        real = " (of real numbers, rfft is the transform)" if name in ("fft", "fftn") else ""
        raise DTypeError(
            f"{name} transforms complex numbers, got {x.dtype.name}: "
            f"write x.astype(lucid.complex{128 if wide else 64}){real}"
        )
    return x


def real_input(name: str, x: Any) -> Any:
    """Return ``x`` as a Tensor.

    Raises:
        DTypeError: if it is neither float32 nor float64.
    """
    x = asarray(x)
    if x.dtype not in _REAL:
        fix = "write x.astype(lucid.float32)"
        if x.dtype.kind == "c":
            fix = "take lucid.real(x)" if name == "ihfft" else f"{name[1:]} takes complex numbers"
        raise DTypeError(f"{name} transforms float32 or float64, got {x.dtype.name}: {fix}")
    return x


def count(name: str, what: str, n: Any) -> int:
    """Return ``n``, the number of elements called ``what``.

    Raises:
        ArgumentTypeError: if it is no integer.
        ArgumentError: if it is less than one.
    """
    result = as_integer(f"{name}: {what}", n)
    if result < 1:
        raise ArgumentError(f"{name}: {what} must be at least 1, got {result}")
    return result


def over_axis(name: str, x: Any, n: Any, axis: Any, norm: Any, *, half: bool = False) -> dict[str, Any]:
    """Return the options of a transform along ``axis``.

    Args:
        name: the function that was called, for messages.
        x: a Tensor.
        n: the size of the axis; None for that of ``x``.
        axis: an integer.
        norm: a name of ``SWAPPED``.
        half: whether ``x`` holds half a spectrum; the size is that of the result.
    """
    _check_norm(name, norm)
    axes = (normalize_axis(axis, x.ndim, name),)
    s = (_size(name, x, axes[0], n, "n", half),)
    if n is not None:
        _check_fits(name, x, s, axes)
    return {"s": s, "axes": axes, "norm": norm}


def over_axes(name: str, x: Any, s: Any, axes: Any, norm: Any, *, half: bool = False) -> dict[str, Any]:
    """Return the options of a transform along several axes: see ``over_axis``.

    ``axes=None`` means all of them, or the last ones, as many as there are sizes in ``s``.
    """
    _check_norm(name, norm)
    sizes = None if s is None else listed_axes(s, name, "s")
    if axes is None:
        if sizes is not None and len(sizes) > x.ndim:
            raise ArgumentError(f"{name}: s {sizes} has {len(sizes)} sizes, and x has shape {x.shape}")
        chosen = tuple(range(0 if sizes is None else x.ndim - len(sizes), x.ndim))
    else:
        chosen = normalize_axes(axes, x.ndim, name, "axes")
    if sizes is None:
        sizes = (None,) * len(chosen)
    if len(sizes) != len(chosen):
        raise ArgumentError(f"{name}: s {sizes} has {len(sizes)} sizes for {len(chosen)} axes {chosen}")
    last = len(chosen) - 1
    whole = tuple(
        _size(name, x, a, n, f"s[{i}]", half and i == last)
        for i, (a, n) in enumerate(zip(chosen, sizes, strict=True))
    )
    if s is not None:
        _check_fits(name, x, whole, chosen)
    return {"s": whole, "axes": chosen, "norm": norm}


def _size(name: str, x: Any, axis: int, n: Any, what: str, half: bool) -> int:
    if n is not None:
        return count(name, what, n)
    there = x.shape[axis]
    size: int = 2 * (there - 1) if half else there
    if size < 1:
        found = f"would give 2 * ({there} - 1) = {size} elements" if half else "has no elements"
        raise ArgumentError(f"{name}: axis {axis} of shape {x.shape} {found}: give {what}, at least 1")
    return size


def _check_fits(name: str, x: Any, s: tuple[int, ...], axes: tuple[int, ...]) -> None:
    """Raise ArgumentError if a transform of sizes ``s`` is larger than the memory."""
    sizes = dict(zip(axes, s, strict=True))
    check_room(name, tuple(sizes.get(a, n) for a, n in enumerate(x.shape)), dtypes.complex64)


def _check_norm(name: str, norm: Any) -> None:
    if not isinstance(norm, str) or norm not in ("backward", "ortho", "forward"):
        raise ArgumentError(f"{name}: norm must be 'backward', 'ortho' or 'forward', got {norm!r}")
