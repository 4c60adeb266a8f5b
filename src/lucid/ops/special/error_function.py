"""The error function, the normal distribution, and their inverses."""

from __future__ import annotations

import math
from typing import Any

from lucid.recording import primitive

_2_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
_TAIL = [(-1) ** k * math.prod(range(1, 2 * k, 2)) for k in range(1, 9)]  # -1, 1 * 3, -1 * 3 * 5 ...


# ----------------------------------------------------------------- the error function


@primitive(promotes="float")
def erfc(xp: Any, x: Any, /) -> Any:
    r"""Return the complementary error function, elementwise, exact also where ``erf`` is near 1.

    .. math:: \operatorname{erfc}(x) = 1 - \operatorname{erf}(x)
              = \frac{2}{\sqrt\pi} \int_x^\infty e^{-t^2} \, dt

    DLMF 7.2.2. ``x`` may be complex on the device ``"cpu"``.

    Example:
        >>> lucid.special.erfc(Tensor([0.0, 20.0], dtype=lucid.float64)).tolist()
        [1.0, 5.395865611607901e-176]
    """
    return xp.special.erfc(x)


@erfc.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (-_2_OVER_ROOT_PI * g * xp.conj(xp.exp(-x * x)),)


@primitive(promotes="float")
def erfcx(xp: Any, x: Any, /) -> Any:
    r"""Return the scaled complementary error function, elementwise.

    .. math:: \operatorname{erfcx}(x) = e^{x^2} \operatorname{erfc}(x)

    It neither underflows as ``erfc`` does on the right, nor loses digits there; on the left it
    overflows.

    Example:
        >>> print(lucid.special.erfcx(Tensor([0.0, 100.0])))
        [1.0, 0.0056]
    """
    return xp.special.erfcx(x)


@erfcx.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # 2 x erfcx(x) comes ever closer to 2 / sqrt(pi). Far out their difference is the series DLMF 7.12.1
    # without its first term; from these points on, what it leaves out is below the last digit.
    limit = 6.0 if x.dtype.itemsize <= 4 else 25.0
    far = x > limit
    near, away = xp.where(far, 1.0, x), xp.where(far, x, limit)
    w = 0.5 / (away * away)
    series = _TAIL[-1] * w
    for c in _TAIL[-2::-1]:
        series = (series + c) * w
    return (g * xp.where(far, _2_OVER_ROOT_PI * series, 2 * near * out - _2_OVER_ROOT_PI),)


@primitive(promotes="float")
def erfinv(xp: Any, x: Any, /) -> Any:
    """Return the inverse of ``erf``, elementwise: infinite at -1 and 1, nan beyond.

    At both ends the derivative is infinite.

    Example:
        >>> print(lucid.special.erfinv(Tensor([-1.0, 0.0, 0.5])))
        [-inf, 0.0, 0.4769]
    """
    return xp.special.erfinv(x)


@erfinv.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (g / _2_OVER_ROOT_PI * xp.exp(out * out),)


@primitive(promotes="float")
def erfcinv(xp: Any, x: Any, /) -> Any:
    """Return the inverse of ``erfc``, elementwise: inf at 0, -inf at 2, nan beyond.

    It resolves numbers near 0 as ``erfinv`` cannot resolve those near 1.

    Example:
        >>> print(lucid.special.erfcinv(Tensor([0.0, 1e-30, 1.0])))
        [inf, 8.1486, -0.0]
    """
    return xp.special.erfcinv(x)


@erfcinv.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (-g / _2_OVER_ROOT_PI * xp.exp(out * out),)


# ----------------------------------------------------------------- the normal distribution


@primitive(promotes="float")
def ndtr(xp: Any, x: Any, /) -> Any:
    r"""Return the standard normal distribution function, elementwise.

    .. math:: \Phi(x) = \frac{1}{\sqrt{2 \pi}} \int_{-\infty}^x e^{-t^2 / 2} \, dt

    Example:
        >>> print(lucid.special.ndtr(Tensor([0.0, 1.0])))
        [0.5, 0.8413]
    """
    return xp.special.ndtr(x)


@ndtr.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * _density(xp, x),)


@primitive(promotes="float")
def ndtri(xp: Any, x: Any, /) -> Any:
    """Return the quantiles of the standard normal distribution, elementwise: the inverse of ``ndtr``.

    It is infinite at 0 and 1, and so is its derivative; beyond it is nan.

    Example:
        >>> print(lucid.special.ndtri(Tensor([0.0, 0.5, 0.975])))
        [-inf, 0.0, 1.96]
    """
    return xp.special.ndtri(x)


@ndtri.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (math.sqrt(2 * math.pi) * g * xp.exp(0.5 * out * out),)


@primitive(promotes="float")
def log_ndtr(xp: Any, x: Any, /) -> Any:
    """Return the logarithm of ``ndtr``, elementwise, also where that underflows.

    The derivative is the inverse Mills ratio of ``-x``, and close to ``-x`` far on the left.

    Example:
        >>> print(lucid.special.log_ndtr(Tensor([-100.0, 0.0])))
        [-5005.5244, -0.6931]
    """
    return xp.special.log_ndtr(x)


@log_ndtr.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    # Density and distribution underflow together on the left; their ratio is that of two scaled ones.
    left = x < 0
    low, high = xp.where(left, x, 0.0), xp.where(left, 0.0, x)
    ratio = math.sqrt(2 / math.pi) / xp.special.erfcx(-low / math.sqrt(2))
    return (g * xp.where(left, ratio, _density(xp, high) / xp.special.ndtr(high)),)


def _density(xp: Any, x: Any) -> Any:
    return xp.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
