"""Where test inputs are drawn from: each domain keeps away from the kinks of an operation.

A domain is a function of a random generator and a shape that returns a NumPy array. Derivatives
are compared with differences, and a difference across a kink is no derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

NumPyArray = np.ndarray[Any, Any]
Domain = Callable[[np.random.Generator, tuple[int, ...]], NumPyArray]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw from the standard normal distribution."""
    return np.asarray(rng.standard_normal(shape))


def complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw complex numbers whose two parts are standard normal."""
    return np.asarray(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))


def between(low: float, high: float) -> Domain:
    """Return the domain of uniform numbers from ``low`` to ``high``.

    Example:
        >>> from lucid.testing import between
        >>> import numpy as np
        >>> values = between(2, 3)(np.random.default_rng(0), (100,))
        >>> bool(values.min() >= 2 and values.max() <= 3)
        True
    """
    return lambda rng, shape: np.asarray(rng.uniform(low, high, shape))


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw from 0.5 to 2: away from zero, where logarithms and roots have their kink."""
    return np.asarray(rng.uniform(0.5, 2.0, shape))


def nonzero(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw numbers of both signs whose size is between 0.3 and 1.7."""
    return np.asarray(rng.uniform(0.3, 1.7, shape) * rng.choice([-1.0, 1.0], shape))


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw numbers of both signs that lie at least 0.1 apart, so that none tie; none is an integer."""
    count = int(np.prod(shape, dtype=int))
    steps = np.arange(count) - count // 2 + rng.uniform(0.2, 0.6, count)
    return np.asarray(0.25 * rng.permutation(steps).reshape(shape) + 0.013)


def integers(low: int, high: int) -> Domain:
    """Return the domain of integers from ``low`` to ``high - 1``."""
    return lambda rng, shape: np.asarray(rng.integers(low, high, shape))


def booleans(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw truth values."""
    return np.asarray(rng.integers(0, 2, shape) == 1)
