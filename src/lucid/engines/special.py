"""What the special functions of both engines have in common: which arrays they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lucid.errors import DTypeError


def refuse_complex(*args: Any) -> None:
    """Raise DTypeError if one of ``args`` is a complex array.

    Raises:
        DTypeError: naming the dtype.
    """
    for x in args:
        if getattr(x, "dtype", np.dtype(float)).kind == "c":
            raise DTypeError(f"it is computed for real numbers alone, got {x.dtype.name}: pass lucid.real(x)")


def guarded(
    function: Callable[..., Any], asarray: Any, *, complex_too: bool = False, in_double: bool = False
) -> Callable[..., Any]:
    """Return ``function``, an engine's own, with one dtype for its arguments and its result.

    Numbers become arrays of the dtype of the arrays that they stand beside, since SciPy would take
    them for double precision. Half precision is computed in single, and rounded.

    Args:
        function: takes arrays of floats.
        asarray: the engine's, which makes an array of a number.
        complex_too: whether it takes complex numbers.
        in_double: whether single precision too is computed in double, and rounded.
    """

    single, double = np.dtype(np.float32), np.dtype(np.float64)

    def call(*args: Any) -> Any:
        if not complex_too:
            refuse_complex(*args)
        dtype = next(a.dtype for a in args if hasattr(a, "dtype"))
        wide = double if in_double else single if dtype.itemsize == 2 else dtype
        out = function(*(a if getattr(a, "dtype", None) == wide else asarray(a, dtype=wide) for a in args))
        return out if wide is dtype else out.astype(dtype)

    return call
