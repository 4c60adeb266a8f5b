"""Linear algebra: the ``linalg`` of the Array API, with derivatives of first and second order.

    from lucid import linalg
    linalg.solve(a, b)

Functions work on the last two axes, all others are batches. Integers become float32. What is
decomposed is of single or double precision, real or complex.
"""

from lucid.ops.linalg import *  # noqa: F403
from lucid.ops.linalg import __all__ as __all__
