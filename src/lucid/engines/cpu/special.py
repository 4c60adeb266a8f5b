"""Special functions on NumPy arrays: those of ``scipy.special``, imported when first used.

A name that is not defined here is SciPy's: ``special.gammaln`` is ``scipy.special.gammaln``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.special import guarded
from lucid.errors import MissingDependencyError

_COMPLEX_TOO = frozenset(("erfc", "xlogy", "xlog1py"))
_IN_DOUBLE = frozenset(("betainc",))  # in single precision SciPy has five digits of it


def __getattr__(name: str) -> Any:
    if name.startswith("__"):  # what Python asks of every module
        raise AttributeError(name)
    try:
        import scipy.special
    except ImportError as error:
        raise MissingDependencyError(
            f"{name} on the device 'cpu' is computed by SciPy, which is not installed: "
            "pip install 'lucid-nn[special]'"
        ) from error
    function = guarded(
        getattr(scipy.special, name),
        np.asarray,
        complex_too=name in _COMPLEX_TOO,
        in_double=name in _IN_DOUBLE,
    )
    globals()[name] = function  # so that the next look-up finds it without coming here
    return function
