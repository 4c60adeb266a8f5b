"""Changing an array's data type."""

from __future__ import annotations

from typing import Any

from lucid import recording
from lucid.recording import primitive
from lucid.engines.dtypes import as_dtype, promote


def astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    """Return ``x`` with another dtype; the gradient is cast back.

    A cast from floats to integers cuts the graph: integers have no gradient. ``x`` itself is
    returned if it has the dtype already: Tensors are values, so nobody can tell.

    Example:
        >>> lucid.astype(lucid.Tensor([1.7]), "int64")
        Tensor([1])
    """
    wanted = as_dtype(dtype)
    if getattr(x, "dtype", None) == wanted and hasattr(x, "_array"):
        return x
    return cast(x, dtype=wanted)


@primitive
def cast(xp: Any, x: Any, *, dtype: Any) -> Any:
    """Return ``x`` with the dtype ``dtype``, which must be a ``numpy.dtype``; see ``astype``."""
    return xp.astype(x, dtype)


@cast.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, *, dtype: Any) -> Any:
    return (xp.astype(g, _x.dtype),)


def common_dtype(*values: Any) -> list[Any]:
    """Return Tensors and numbers as Tensors of the dtype in which they meet.

    Example:
        >>> a, b = common_dtype(lucid.Tensor([1]), 0.5)
        >>> a, b
        (Tensor([1.0]), Tensor(0.5))
    """
    tensors = [v if isinstance(v, recording.Tensor) else None for v in values]
    arrays = [v for v in tensors if v is not None]
    if not arrays:
        arrays = [recording.Tensor(v) for v in values]
        dtype = promote([a.dtype for a in arrays])
    else:
        others = [v for v, t in zip(values, tensors, strict=True) if t is None]
        scalars = [v for v in others if type(v) in (bool, int, float, complex)]
        arrays += [recording.Tensor(v) for v in others if type(v) not in (bool, int, float, complex)]
        dtype = promote([a.dtype for a in arrays], scalars)
    device = arrays[0].device
    return [
        recording.Tensor(v, dtype=dtype, device=device) if t is None else astype(t, dtype)
        for v, t in zip(values, tensors, strict=True)
    ]
