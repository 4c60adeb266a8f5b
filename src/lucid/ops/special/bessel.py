"""Modified Bessel functions of the first kind, of order 0 and 1; DLMF 10.25.2.

Those with an ``e`` are scaled by ``exp(-abs(x))``, so that they don't overflow.
"""

from __future__ import annotations

import math
from typing import Any

from lucid.recording import primitive


@primitive(promotes="float")
def i0(xp: Any, x: Any, /) -> Any:
    r"""Return the modified Bessel function of the first kind of order 0, elementwise.

    .. math:: I_0(x) = \frac{1}{\pi} \int_0^\pi e^{x \cos t} \, dt

    Its derivative is ``i1``; DLMF 10.29.3.

    Example:
        >>> print(lucid.special.i0(Tensor([0.0, 1.0])))
        [1.0, 1.2661]
    """
    return xp.special.i0(x)


@i0.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * xp.special.i1(x),)


@primitive(promotes="float")
def i0e(xp: Any, x: Any, /) -> Any:
    """Return ``exp(-abs(x)) * i0(x)``, elementwise. It has a kink at 0, where its derivative is 0.

    Example:
        >>> print(lucid.special.i0e(Tensor([0.0, 1000.0])))
        [1.0, 0.0126]
    """
    return xp.special.i0e(x)


@i0e.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (-g * xp.sign(x) * _gap(xp, x, out, xp.special.i1e(x)),)


@primitive(promotes="float")
def i1(xp: Any, x: Any, /) -> Any:
    r"""Return the modified Bessel function of the first kind of order 1, elementwise.

    .. math:: I_1(x) = \frac{1}{\pi} \int_0^\pi e^{x \cos t} \cos t \, dt

    Its derivative is ``i0(x) - i1(x) / x``, and 1/2 at 0.

    Example:
        >>> print(lucid.special.i1(Tensor([0.0, 1.0])))
        [0.0, 0.5652]
    """
    return xp.special.i1(x)


@i1.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    near = xp.abs(x) < 0.5
    finite = xp.where(xp.isfinite(out), out, 0.0)  # where both overflow, i0 says it: not inf - inf
    ratio = xp.where(near, _i1_over_x(xp, near, x), finite / xp.where(near, 1.0, x))
    return (g * (xp.special.i0(x) - ratio),)


@primitive(promotes="float")
def i1e(xp: Any, x: Any, /) -> Any:
    """Return ``exp(-abs(x)) * i1(x)``, elementwise. Its derivative at 0 is 1/2.

    Example:
        >>> print(lucid.special.i1e(Tensor([0.0, 1000.0])))
        [0.0, 0.0126]
    """
    return xp.special.i1e(x)


@i1e.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    near = xp.abs(x) < 0.5
    scaled = xp.exp(-xp.abs(x)) * _i1_over_x(xp, near, x)
    ratio = xp.where(near, scaled, out / xp.where(near, 1.0, x))
    return (g * (_gap(xp, x, xp.special.i0e(x), out) - ratio),)


# i1(x) / x is the sum of (x / 2)**(2 * k) / (2 * k! * (k + 1)!), DLMF 10.25.2.
_RATIO = [1 / (2 * 4**k * math.factorial(k) * math.factorial(k + 1)) for k in range(9)]


def _i1_over_x(xp: Any, near: Any, x: Any) -> Any:
    """Return ``i1(x) / x`` where ``near``, by its series: so it has all derivatives at 0."""
    z = xp.where(near, x, 0.0)
    total = _RATIO[-1]
    for c in _RATIO[-2::-1]:
        total = total * (z * z) + c
    return total


# Far out the scaled functions are 1 / sqrt(2 pi x) times a series in 1 / x, DLMF 10.40.1. Its terms are
# products over the odd numbers j, the same for both orders up to the first one.
def _terms(order: int) -> list[float]:
    """Return the coefficients of that series, from the second on."""
    products = [math.prod(j * j - 4 * order**2 for j in range(1, 2 * k, 2)) for k in range(1, 13)]
    return [p / (math.factorial(k) * 8**k) for k, p in enumerate(products, start=1)]


_GAP = [a - b for a, b in zip(_terms(0), _terms(1), strict=True)]


def _gap(xp: Any, x: Any, even: Any, odd: Any) -> Any:
    """Return ``i0e(x) - abs(i1e(x))`` of the two values: far out, where they are alike, by the series."""
    size = xp.abs(x)
    limit = 15.0 if x.dtype.itemsize <= 4 else 50.0  # from here on its last term is below the last digit
    far = size > limit
    z = xp.where(far, size, limit)
    series = _GAP[-1] / z
    for c in _GAP[-2::-1]:
        series = (series + c) / z
    return xp.where(far, series / xp.sqrt(2 * math.pi * z), even - xp.sign(x) * odd)
