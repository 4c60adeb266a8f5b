"""The gamma and beta functions, and Hurwitz' zeta function, whose values their derivatives are.

Numbers such as "DLMF 5.2.2" are those of formulas in the Digital Library of Mathematical Functions.
"""

from __future__ import annotations

import math
from typing import Any

from lucid import recording
from lucid.engines import dtypes
from lucid.engines.special import refuse_complex
from lucid.errors import ArgumentError, GradientError
from lucid.ops.axes import as_integer
from lucid.ops.creation import asarray
from lucid.ops.special.elementary import as_array
from lucid.recording import primitive

# ----------------------------------------------------------------- gamma


@primitive(promotes="float")
def gamma(xp: Any, x: Any, /) -> Any:
    r"""Return the gamma function, elementwise: ``gamma(n + 1)`` is ``n!``.

    .. math:: \Gamma(x) = \int_0^\infty t^{x - 1} e^{-t} \, dt

    and its continuation to negative ``x``; DLMF 5.2.1. It is infinite at 0, and nan at the negative
    integers, where its sign changes.

    Example:
        >>> print(lucid.special.gamma(Tensor([1.0, 5.0, 0.5])))
        [1.0, 24.0, 1.7725]
    """
    return xp.special.gamma(x)


@gamma.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * out * xp.special.digamma(x),)


@primitive(promotes="float")
def gammaln(xp: Any, x: Any, /) -> Any:
    r"""Return the logarithm of the size of the gamma function, elementwise: :math:`\log |\Gamma(x)|`.

    It is infinite at 0 and at the negative integers. The derivative is ``digamma``.

    Example:
        >>> print(lucid.special.gammaln(Tensor([1.0, 0.5, 1e30])))
        [0.0, 0.5724, 6.8078e+31]
    """
    return xp.special.gammaln(x)


@gammaln.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * xp.special.digamma(x),)


@primitive(promotes="float")
def digamma(xp: Any, x: Any, /) -> Any:
    r"""Return the logarithmic derivative of the gamma function, elementwise.

    .. math:: \psi(x) = \frac{\Gamma'(x)}{\Gamma(x)}

    DLMF 5.2.2. It is nan at the negative integers, where its sign changes.

    Example:
        >>> print(lucid.special.digamma(Tensor([1.0, 2.0])))
        [-0.5772, 0.4228]
    """
    return xp.special.digamma(x)


@digamma.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * _polygamma(xp, 1, x),)


def polygamma(n: int, x: Any, /) -> Any:
    r"""Return derivative number ``n`` of ``digamma``, elementwise.

    .. math:: \psi^{(n)}(x) = (-1)^{n + 1} \, n! \, \zeta(n + 1, x)

    for positive ``x``, DLMF 5.15.1 with 25.11.1; below, by reflection, DLMF 5.15.6.

    Args:
        n: an integer, 0 or more.
        x: a Tensor of real numbers. Its derivative is ``polygamma(n + 1, x)``.

    Raises:
        ArgumentTypeError: if ``n`` isn't an integer.
        ArgumentError: if it is negative, or ``n!`` too large for the dtype: above 33 in float32,
            above 170 in float64.

    Example:
        >>> print(lucid.special.polygamma(1, Tensor([1.0, -0.5])))
        [1.6449, 8.9348]
    """
    n = as_integer("polygamma: n", n)
    x = asarray(x)
    if x.dtype.kind in "biu":
        x = x.astype(dtypes.default_float)
    refuse_complex(x)
    largest = 170 if x.dtype == dtypes.float64 else 33
    if not 0 <= n <= largest:
        raise ArgumentError(f"polygamma: n must lie between 0 and {largest} for {x.dtype.name}, got {n}")
    if n == 0:
        return digamma(x)
    return _polygamma(recording.namespace, n, x)


def _polygamma(xp: Any, n: int, x: Any) -> Any:
    """Return ``polygamma(n, x)`` for ``n`` of 1 or more, as a composite of what ``xp`` has."""
    right = x > 0
    series = float(math.factorial(n)) * xp.special.zeta(float(n + 1), xp.where(right, x, 1 - x))
    # For the reflection, the n-th derivative of cot(pi x). It is a polynomial in the cotangent, which
    # is computed at the distance from the nearest integer, so that the poles are poles.
    angle = math.pi * xp.where(right, 0.25, x - xp.round(x))
    cot = xp.cos(angle) / xp.sin(angle)
    value, *others = _cotangent(n)
    for c in others:
        value = value * cot + c
    reflected = -series - math.pi ** (n + 1) * value
    return xp.where(right, series if n % 2 else -series, reflected)


def _cotangent(n: int) -> list[float]:
    """Return the n-th derivative of the cotangent as a polynomial in it, the highest power first.

    The derivative of ``cot`` itself is ``-(1 + cot**2)``.
    """
    powers = [0, 1]  # the coefficients, the lowest first
    for _ in range(n):
        slope = [k * c for k, c in enumerate(powers)][1:]
        powers = [-(a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return [float(c) for c in reversed(powers)]


# ----------------------------------------------------------------- zeta


@primitive(promotes="float")
def zeta(xp: Any, x: Any, q: Any, /) -> Any:
    r"""Return Hurwitz' zeta function, elementwise; with ``q = 1`` it is Riemann's.

    .. math:: \zeta(x, q) = \sum_{k=0}^\infty \frac{1}{(k + q)^x}

    for ``x`` above 1, DLMF 25.11.1, and nan below. It is infinite where ``q`` is 0 or a negative
    integer; other negative ``q`` need an ``x`` that is an integer.

    Args:
        x: a Tensor or a number. There is no derivative by it, as it has no closed form.
        q: a Tensor or a number. The derivative by it is ``-x * zeta(x + 1, q)``.

    Raises:
        GradientError: in a backward pass, if ``x`` tracks gradients.

    Example:
        >>> print(lucid.special.zeta(2.0, Tensor([1.0, 2.0])))
        [1.6449, 0.6449]
    """
    return xp.special.zeta(x, q)


@zeta.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, q: Any) -> Any:
    return no_derivative("zeta", "x"), lambda: -g * x * xp.special.zeta(x + 1, q)


def no_derivative(name: str, argument: str) -> Any:
    """Return the gradient that is an error when it is asked for.

    Raises:
        GradientError: when called.
    """

    def refuse() -> Any:
        raise GradientError(
            f"{name}: the derivative by {argument} has no closed form, and Lucid doesn't compute it: "
            f"pass {argument}.detach()"
        )

    return refuse


# ----------------------------------------------------------------- beta


@primitive(promotes="float")
def betaln(xp: Any, a: Any, b: Any, /) -> Any:
    r"""Return the logarithm of the size of the beta function, elementwise: :math:`\log |B(a, b)|`.

    Args:
        a, b: Tensors or numbers that broadcast together.

    Example:
        >>> print(lucid.special.betaln(Tensor([1.0, 1e20]), Tensor([1.0, 1.0])))
        [0.0, -46.0517]
    """
    return xp.special.betaln(a, b)


@betaln.vjp
def _(xp: Any, g: Any, _out: Any, a: Any, b: Any) -> Any:
    return _beta_rule(xp, g, a, b)


@primitive(promotes="float")
def beta(xp: Any, a: Any, b: Any, /) -> Any:
    r"""Return the beta function, elementwise.

    .. math:: B(a, b) = \int_0^1 t^{a - 1} (1 - t)^{b - 1} \, dt
              = \frac{\Gamma(a) \, \Gamma(b)}{\Gamma(a + b)}

    DLMF 5.12.1.

    Args:
        a, b: Tensors or numbers that broadcast together.

    Example:
        >>> print(lucid.special.beta(Tensor([1.0, 0.5]), Tensor([2.0, 0.5])))
        [0.5, 3.1416]
    """
    return xp.special.beta(a, b)


@beta.vjp
def _(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return _beta_rule(xp, g * out, a, b)


def _beta_rule(xp: Any, g: Any, a: Any, b: Any) -> Any:
    """Return ``g`` times the derivatives of ``betaln``."""
    a, b = as_array(xp, a, g), as_array(xp, b, g)
    both = xp.special.digamma(a + b)
    return lambda: g * (xp.special.digamma(a) - both), lambda: g * (xp.special.digamma(b) - both)
