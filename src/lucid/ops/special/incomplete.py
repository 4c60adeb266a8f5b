"""The incomplete gamma and beta functions: the distribution functions of those two families.

Their derivatives by ``x`` are the densities. Those by the parameters have no closed form.
"""

from __future__ import annotations

import math
from typing import Any

from lucid.ops.special.elementary import as_array
from lucid.ops.special.gamma_family import no_derivative
from lucid.recording import primitive


@primitive(promotes="float")
def gammainc(xp: Any, a: Any, x: Any, /) -> Any:
    r"""Return the regularised lower incomplete gamma function, elementwise.

    .. math:: P(a, x) = \frac{1}{\Gamma(a)} \int_0^x t^{a - 1} e^{-t} \, dt

    for ``a`` and ``x`` of 0 and above, and nan elsewhere; DLMF 8.2.4.

    Args:
        a: a Tensor or a number. There is no derivative by it.
        x: a Tensor or a number.

    Raises:
        GradientError: in a backward pass, if ``a`` tracks gradients.

    Example:
        >>> print(lucid.special.gammainc(2.0, Tensor([0.0, 1.0, float("inf")])))
        [0.0, 0.2642, 1.0]
    """
    return xp.special.gammainc(a, x)


@gammainc.vjp
def _(xp: Any, g: Any, _out: Any, a: Any, x: Any) -> Any:
    return no_derivative("gammainc", "a"), lambda: g * _gamma_density(xp, g, a, x)


@primitive(promotes="float")
def gammaincc(xp: Any, a: Any, x: Any, /) -> Any:
    r"""Return the regularised upper incomplete gamma function, elementwise: ``1 - gammainc(a, x)``.

    .. math:: Q(a, x) = \frac{1}{\Gamma(a)} \int_x^\infty t^{a - 1} e^{-t} \, dt

    It is exact also where that difference would be all rounding; DLMF 8.2.4.

    Args:
        a: a Tensor or a number. There is no derivative by it.
        x: a Tensor or a number.

    Raises:
        GradientError: in a backward pass, if ``a`` tracks gradients.

    Example:
        >>> print(lucid.special.gammaincc(2.0, Tensor([0.0, 1.0, 50.0])))
        [1.0, 0.7358, 9.8366e-21]
    """
    return xp.special.gammaincc(a, x)


@gammaincc.vjp
def _(xp: Any, g: Any, _out: Any, a: Any, x: Any) -> Any:
    return no_derivative("gammaincc", "a"), lambda: -g * _gamma_density(xp, g, a, x)


def _gamma_density(xp: Any, like: Any, a: Any, x: Any) -> Any:
    a, x = as_array(xp, a, like), as_array(xp, x, like)
    infinite = x == math.inf  # where powers and exponentials would make nan of a 0
    z = xp.where(infinite, 1.0, x)
    power = xp.special.xlogy(a - 1, z) - z - xp.special.gammaln(a)
    return xp.exp(xp.where(infinite, -math.inf, power))


@primitive(promotes="float")
def betainc(xp: Any, a: Any, b: Any, x: Any, /) -> Any:
    r"""Return the regularised incomplete beta function, elementwise.

    .. math:: I_x(a, b) = \frac{1}{B(a, b)} \int_0^x t^{a - 1} (1 - t)^{b - 1} \, dt

    for positive ``a`` and ``b`` and ``x`` from 0 to 1, and nan elsewhere; DLMF 8.17.2.

    Args:
        a, b: Tensors or numbers. There are no derivatives by them.
        x: a Tensor or a number.

    Raises:
        GradientError: in a backward pass, if ``a`` or ``b`` tracks gradients.

    Example:
        >>> print(lucid.special.betainc(2.0, 3.0, Tensor([0.0, 0.5, 1.0])))
        [0.0, 0.6875, 1.0]
    """
    return xp.special.betainc(a, b, x)


@betainc.vjp
def _(xp: Any, g: Any, _out: Any, a: Any, b: Any, x: Any) -> Any:
    def by_x() -> Any:
        p, q, z = as_array(xp, a, g), as_array(xp, b, g), as_array(xp, x, g)
        powers = xp.special.xlogy(p - 1, z) + xp.special.xlog1py(q - 1, -z)
        return g * xp.exp(powers - xp.special.betaln(p, q))

    return no_derivative("betainc", "a"), no_derivative("betainc", "b"), by_x
