"""Logarithms and sines whose plain formulas fail at a point: ``x * log(y)`` at 0, ``sin(x) / x`` at 0."""

from __future__ import annotations

import math
from typing import Any

from lucid.engines.special import refuse_complex
from lucid.recording import primitive


def as_array(xp: Any, value: Any, like: Any) -> Any:
    """Return ``value``, or if it is a Python number an array of it, of the dtype of ``like``."""
    return value if hasattr(value, "dtype") else value + xp.zeros_like(like)


# ----------------------------------------------------------------- logarithms


@primitive(promotes="float")
def xlogy(xp: Any, x: Any, y: Any, /) -> Any:
    r"""Return ``x * log(y)``, elementwise, and 0 where ``x`` is 0.

    The derivative by ``x`` is ``log(y)``, which is infinite at ``y = 0``; that by ``y`` is ``x / y``,
    and 0 where both are 0. So a cross-entropy passes no nan to probabilities of 0 that don't count.

    Args:
        x, y: Tensors or numbers, real or complex, that broadcast together.

    Example:
        >>> lucid.special.xlogy(Tensor([0.0, 1.0, 2.0]), Tensor([0.0, 1.0, 1.0]))
        Tensor([0.0, 0.0, 0.0])
    """
    return _times_log(xp, x, y, xp.log, 1.0)


@xlogy.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    x, y = as_array(xp, x, g), as_array(xp, y, g)
    return lambda: g * xp.conj(xp.log(y)), lambda: g * xp.conj(_over(xp, x, y))


@primitive(promotes="float")
def xlog1py(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x * log1p(y)``, elementwise, and 0 where ``x`` is 0.

    The derivative by ``x`` is ``log1p(y)``, that by ``y`` is ``x / (1 + y)``, and 0 where both parts
    of the fraction are.

    Args:
        x, y: Tensors or numbers, real or complex, that broadcast together.

    Example:
        >>> lucid.special.xlog1py(Tensor([0.0, 1.0]), Tensor([-1.0, 0.0]))
        Tensor([0.0, 0.0])
    """
    return _times_log(xp, x, y, xp.log1p, 0.0)


@xlog1py.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    x, y = as_array(xp, x, g), as_array(xp, y, g)
    return lambda: g * xp.conj(xp.log1p(y)), lambda: g * xp.conj(_over(xp, x, 1 + y))


def _times_log(xp: Any, x: Any, y: Any, log: Any, neutral: float) -> Any:
    """Return ``x * log(y)``; where ``x`` is 0, ``y`` gives way to what has a logarithm, if it isn't nan."""
    x, y = as_array(xp, x, y), as_array(xp, y, x)
    return x * log(xp.where(xp.logical_and(x == 0, xp.logical_not(xp.isnan(y))), neutral, y))


def _over(xp: Any, x: Any, y: Any) -> Any:
    """Return ``x / y``, and 0 for ``0 / 0``."""
    return x / xp.where(xp.logical_and(x == 0, y == 0), 1.0, y)


@primitive(promotes="float")
def entr(xp: Any, x: Any, /) -> Any:
    r"""Return what an event of probability ``x`` adds to an entropy, elementwise.

    .. math:: \operatorname{entr}(x) = -x \log x

    for positive ``x``; 0 at 0, where the derivative is infinite, and -inf below.

    Example:
        >>> print(lucid.special.entr(Tensor([0.0, 1.0, -1.0])))
        [0.0, 0.0, -inf]
    """
    refuse_complex(x)
    inside = 0.0 - x * xp.log(xp.where(x > 0, x, 1.0))
    return xp.where(x < 0, -math.inf, inside)


@entr.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (-g * (xp.log(x) + 1),)


@primitive(promotes="float")
def logit(xp: Any, x: Any, /) -> Any:
    r"""Return the log-odds of ``x``, elementwise: the inverse of ``expit``.

    .. math:: \operatorname{logit}(x) = \log \frac{x}{1 - x}

    for ``x`` from 0 (-inf) to 1 (inf), and nan elsewhere. At both ends the derivative is infinite.

    Example:
        >>> print(lucid.special.logit(Tensor([0.0, 0.5, 1.0])))
        [-inf, 0.0, inf]
    """
    refuse_complex(x)
    near = xp.abs(x - 0.5) < 0.25  # where the two logarithms cancel
    middle = 2 * xp.atanh(xp.where(near, 2 * x - 1, 0.0))
    return xp.where(near, middle, xp.log(x) - xp.log1p(-x))


@logit.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * (1 / x + 1 / (1 - x)),)  # as a sum, so that at both ends the second one is infinite too


@primitive(promotes="float")
def log_expit(xp: Any, x: Any, /) -> Any:
    r"""Return the logarithm of ``expit``, elementwise, without overflow.

    .. math:: \log \frac{1}{1 + e^{-x}}

    Its negative at ``-x`` is known as softplus.

    Example:
        >>> print(lucid.special.log_expit(Tensor([-1000.0, 1000.0])))
        [-1000.0, -0.0]
    """
    refuse_complex(x)
    return -xp.logaddexp(-x, 0.0)


@log_expit.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * xp.sigmoid(-x),)


# ----------------------------------------------------------------- sin(x) / x


@primitive(promotes="float")
def sinc(xp: Any, x: Any, /) -> Any:
    r"""Return the normalised cardinal sine, elementwise; ``x`` may be complex.

    .. math:: \operatorname{sinc}(x) = \frac{\sin \pi x}{\pi x}

    and 1 at 0, with the derivatives that the limit has there.

    Example:
        >>> print(lucid.special.sinc(Tensor([0.0, 0.5])))
        [1.0, 0.6366]
    """
    angle = math.pi * xp.where(x == 0, 1.0, x)
    return xp.where(x == 0, 1.0, xp.sin(angle) / angle)


# sinc(x) is the sum of (-1)**k * (pi * x)**(2 * k) / (2 * k + 1)!: these are the terms of its derivative.
_SINC = [(-1) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 13)]


@sinc.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # Near 0 the quotient's two parts cancel, and the series has all derivatives.
    near = xp.abs(x) < 0.5
    z, far = xp.where(near, x, 0.0), xp.where(near, 1.0, x)
    series = _SINC[-1]
    for c in _SINC[-2::-1]:
        series = series * (z * z) + c
    slope = xp.where(near, z * series, (xp.cos(math.pi * far) - out) / far)
    return (g * xp.conj(slope),)
