r"""Activations that have kernels: functions of each element.

``gelu`` and ``silu`` are products of ``x`` with a gate between 0 and 1, so they are written as
such: the gate is a primitive, and the product's derivative is the product's own.
"""

from __future__ import annotations

import math
from typing import Any

from lucid import ops
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.recording import primitive

__all__ = [
    "gelu",
    "gelu_exact",
    "gelu_tanh",
    "leaky_relu",
    "normal_cdf",
    "normal_cdf_tanh",
    "relu",
    "sigmoid",
    "silu",
    "swish",
    "tanh",
]

# ----------------------------------------------------------------- rectifiers


@primitive
def relu(xp: Any, x: Any, /) -> Any:
    r"""Return ``x`` where it is positive and 0 elsewhere. The derivative at 0 is 0, and at nan 1.

    .. math:: \operatorname{relu}(x) = \max(x, 0)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.relu(Tensor([-1.0, 2.0]))
        Tensor([0.0, 2.0])
    """
    return xp.maximum(x, 0)


@relu.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (xp.where(out <= 0, 0.0, g),)  # nan stays nan


relu = fused(relu)


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    r"""Return ``x`` where it is positive and ``negative_slope * x`` elsewhere, at 0 too.

    Args:
        x: a Tensor.
        negative_slope: the slope left of 0.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if the slope is no finite number.

    Example:
        >>> F.leaky_relu(Tensor([-1.0, 2.0]), 0.5)
        Tensor([-0.5, 2.0])
    """
    x = checks.as_tensor("leaky_relu", "x", x)
    return bent(x, slope=checks.number("leaky_relu", "negative_slope", negative_slope))


@primitive(promotes="float")
def bent(xp: Any, x: Any, /, *, slope: float) -> Any:
    """Return ``x`` where it is positive and ``slope * x`` elsewhere; see ``leaky_relu``."""
    return xp.where(x > 0, x, slope * x)


@bent.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, *, slope: float) -> Any:
    return (xp.where(x > 0, g, slope * g),)


bent = fused(bent)


# ----------------------------------------------------------------- gates


def gelu(x: Any, approximate: str = "none") -> Any:
    r"""Return ``x`` times the probability that a standard normal number lies below it.

    .. math:: \operatorname{gelu}(x) = x \, \Phi(x) = \frac{x}{2}
        \left(1 + \operatorname{erf}\frac{x}{\sqrt 2}\right)

    Args:
        x: a Tensor.
        approximate: ``"none"``, or ``"tanh"`` for
            :math:`\frac{x}{2} (1 + \tanh(\sqrt{2 / \pi} \, (x + 0.044715 \, x^3)))`, which is quicker.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``approximate`` is neither.

    Example:
        >>> F.gelu(Tensor([0.0, 100.0]))
        Tensor([0.0, 100.0])

    Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
    """
    x = checks.as_tensor("gelu", "x", x)
    checks.one_of("gelu", "approximate", approximate, ("none", "tanh"))
    return gelu_exact(x) if approximate == "none" else gelu_tanh(x)


@fused
def gelu_exact(x: Any) -> Any:
    """Return ``x`` times the probability that a standard normal number lies below it; see ``gelu``."""
    return x * normal_cdf(x)


@fused
def gelu_tanh(x: Any) -> Any:
    """Return an approximation of gelu that needs no more than tanh; see ``gelu``."""
    return x * normal_cdf_tanh(x)


@primitive(promotes="float")
def normal_cdf(xp: Any, x: Any, /) -> Any:
    r"""Return the probability that a standard normal number lies below ``x``, elementwise.

    .. math:: \Phi(x) = \tfrac{1}{2} (1 + \operatorname{erf}(x / \sqrt 2))
    """
    return 0.5 * (1 + xp.erf(x * math.sqrt(0.5)))


@normal_cdf.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * (1 / math.sqrt(2 * math.pi)) * xp.exp(-0.5 * x * x),)


@primitive(promotes="float")
def normal_cdf_tanh(xp: Any, x: Any, /) -> Any:
    r"""Return ``normal_cdf`` by an approximation that needs no more than tanh; see ``gelu``."""
    return 0.5 * (1 + xp.tanh(_SLOPE * x * (1 + _BEND * x * x)))


@normal_cdf_tanh.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # Beyond 10 the curve is flat to the last digit. The bounds keep x * x, and here and in second derivatives
    # a large g times another factor, from overflowing in half precision, where 0 * inf would be nan.
    near = xp.clip(x, -10, 10)
    slope = (2 * _SLOPE) * out * (1 - out) * (1 + (3 * _BEND) * near * near)
    return (g * xp.where(xp.abs(x) > 10, 0.0, slope),)


_SLOPE = math.sqrt(2 / math.pi)
_BEND = 0.044715


def silu(x: Any) -> Any:
    r"""Return ``x`` times its sigmoid, also called swish.

    .. math:: \operatorname{silu}(x) = \frac{x}{1 + e^{-x}}

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.silu(Tensor([0.0, 100.0]))
        Tensor([0.0, 100.0])

    Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units, 2017.
    """
    x = checks.as_tensor("silu", "x", x)
    return swish(x)


@fused
def swish(x: Any) -> Any:
    """Return ``x`` times its sigmoid; see ``silu``."""
    return x * ops.sigmoid(x)


# ----------------------------------------------------------------- steps

sigmoid = fused(ops.sigmoid)
tanh = fused(ops.tanh)
