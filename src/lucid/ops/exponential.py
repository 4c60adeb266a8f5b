"""Exponentials, logarithms, and the error function.

All but ``logaddexp`` and ``erf`` take complex numbers too. Their logarithm is cut along the negative
axis: there its imaginary part is pi above and -pi below, by the sign of the argument's.
"""

from __future__ import annotations

import math
from typing import Any

from lucid.engines.dtypes import check_kind
from lucid.recording import primitive


@primitive(promotes="float")
def exp(xp: Any, x: Any, /) -> Any:
    """Return e to the power of ``x``, elementwise."""
    return xp.exp(x)


@exp.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (g * xp.conj(out),)


@primitive(promotes="float")
def exp2(xp: Any, x: Any, /) -> Any:
    """Return 2 to the power of ``x``, elementwise."""
    return xp.exp2(x)


@exp2.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (math.log(2) * g * xp.conj(out),)


@primitive(promotes="float")
def expm1(xp: Any, x: Any, /) -> Any:
    """Return ``exp(x) - 1``, exact also near 0."""
    return xp.expm1(x)


@expm1.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (g * (xp.conj(out) + 1),)


@primitive(promotes="float")
def log(xp: Any, x: Any, /) -> Any:
    """Return the natural logarithm, elementwise: -inf at 0, nan below. See the top for complex numbers."""
    return xp.log(x)


@log.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / xp.conj(x),)


@primitive(promotes="float")
def log1p(xp: Any, x: Any, /) -> Any:
    """Return ``log(1 + x)``, exact also near 0."""
    return xp.log1p(x)


@log1p.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / (1 + xp.conj(x)),)


@primitive(promotes="float")
def log2(xp: Any, x: Any, /) -> Any:
    """Return the logarithm to base 2, elementwise."""
    return xp.log2(x)


@log2.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / (math.log(2) * xp.conj(x)),)


@primitive(promotes="float")
def log10(xp: Any, x: Any, /) -> Any:
    """Return the logarithm to base 10, elementwise."""
    return xp.log10(x)


@log10.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / (math.log(10) * xp.conj(x)),)


@primitive(promotes="float")
def logaddexp(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``log(exp(x) + exp(y))`` without overflow, elementwise.

    Raises:
        DTypeError: if one is complex.
    """
    check_kind("logaddexp", "c", x, y)
    return xp.logaddexp(x, y)


@logaddexp.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    # The share of each is a sigmoid of the difference. Equal infinities differ by 0, not by nan.
    difference = xp.where(x == y, 0.0, x - y)
    return lambda: g * xp.sigmoid(difference), lambda: g * xp.sigmoid(-difference)


@primitive(promotes="float")
def sigmoid(xp: Any, x: Any, /) -> Any:
    """Return ``1 / (1 + exp(-x))``, elementwise."""
    return xp.sigmoid(x)


@sigmoid.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    out = xp.conj(out)
    return (g * out * (1 - out),)


@primitive(promotes="float")
def erf(xp: Any, x: Any, /) -> Any:
    r"""Return the error function, elementwise.

    .. math:: \operatorname{erf}(x) = \frac{2}{\sqrt\pi} \int_0^x e^{-t^2} \, dt
    """
    return xp.erf(x)


@erf.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (2 / math.sqrt(math.pi) * g * xp.exp(-x * x),)
