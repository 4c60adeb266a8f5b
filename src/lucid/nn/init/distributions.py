"""One distribution, or one number, for all elements whatever the shape."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from lucid import random
from lucid.engines import dtypes
from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn.functional import checks
from lucid.nn.init.filling import Generator, fills, like, write
from lucid.ops import asarray


@fills
def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Generator = None) -> Any:
    """Fill ``tensor`` with numbers drawn uniformly from ``a`` to ``b``.

    Raises:
        ArgumentError: if ``a`` exceeds ``b``.

    Example:
        >>> bool((nn.init.uniform_(lucid.empty(5), 2, 3) >= 2).all())
        True
    """
    low, high = checks.number("uniform_", "a", a), checks.number("uniform_", "b", b)
    if low > high:
        raise ArgumentError(f"uniform_ expects a <= b, got a={a!r} and b={b!r}")
    return write(tensor, random.uniform(tensor.shape, low, high, **like(tensor), generator=generator))


@fills
def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Generator = None) -> Any:
    """Fill ``tensor`` with numbers drawn from a normal distribution.

    Raises:
        ArgumentError: if ``std`` is negative.

    Example:
        >>> nn.init.normal_(lucid.empty((2, 3))).shape
        (2, 3)
    """
    mean, std = checks.number("normal_", "mean", mean), checks.number("normal_", "std", std, 0)
    return write(tensor, random.normal(tensor.shape, mean, std, **like(tensor), generator=generator))


@fills
def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator = None,
) -> Any:
    """Fill ``tensor`` with numbers drawn from that part of a normal distribution which lies in [a, b].

    Args:
        tensor: what to fill.
        mean, std: of the whole distribution, before it is cut.
        a, b: the bounds, which may be infinite. They are absolute, and not multiples of ``std``.
        generator: where random numbers come from.

    Raises:
        ArgumentError: if ``std`` is negative, or ``a`` isn't less than ``b``.

    Example:
        >>> bool((nn.init.trunc_normal_(lucid.empty(5), a=-1, b=1) <= 1).all())
        True
    """
    mean, std = checks.number("trunc_normal_", "mean", mean), checks.number("trunc_normal_", "std", std, 0)
    if not (isinstance(a, Real) and isinstance(b, Real) and a < b):
        raise ArgumentError(f"trunc_normal_ expects numbers a < b, got a={a!r} and b={b!r}")
    if std == 0:
        return write(tensor, asarray(np.full(tensor.shape, min(max(mean, a), b))))
    low, high = (a - mean) / std, (b - mean) / std
    if low == math.inf or high == -math.inf:  # as far as numbers go: it all lies at the nearer bound
        return write(tensor, asarray(np.full(tensor.shape, min(max(mean, a), b))))
    # The inverse of the distribution function, from a table. Points and the density are taken relative to
    # the likeliest point, so that no tail is too thin; `reach` further on it is less than 1e-17 of that.
    peak = min(max(0.0, low), high)
    reach = 9 if abs(peak) < 4 else 40 / abs(peak)
    points = np.linspace(max(low - peak, -reach), min(high - peak, reach), 2**16 + 1)
    density = np.exp(-points * (peak + points / 2))
    origin = mean if peak == 0 else a if peak > 0 else b
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    u = random.uniform(tensor.shape, dtype=dtypes.float64, device=tensor.device, generator=generator)
    values = np.interp(u.numpy(), below / below[-1], points) * std + origin
    # Rounding may not carry a value across a bound.
    return write(tensor, asarray(np.clip(values, a, b)))


@fills
def constant_(tensor: Any, val: float) -> Any:
    """Fill ``tensor`` with ``val``.

    Example:
        >>> nn.init.constant_(lucid.empty(2), 0.5)
        Tensor([0.5, 0.5])
    """
    if isinstance(val, bool) or not isinstance(val, (int, float, np.number)):
        raise ArgumentTypeError(f"constant_ expects val to be a number, got {val!r}")
    return write(tensor, asarray(np.full(tensor.shape, val, tensor.dtype)))


@fills
def zeros_(tensor: Any) -> Any:
    """Fill ``tensor`` with zeros.

    Example:
        >>> nn.init.zeros_(lucid.ones(2))
        Tensor([0.0, 0.0])
    """
    return constant_(tensor, 0.0)


@fills
def ones_(tensor: Any) -> Any:
    """Fill ``tensor`` with ones.

    Example:
        >>> nn.init.ones_(lucid.zeros(2))
        Tensor([1.0, 1.0])
    """
    return constant_(tensor, 1.0)
