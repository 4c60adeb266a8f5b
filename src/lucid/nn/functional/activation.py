r"""Activations: functions of each element, and the softmax over an axis.

``gelu`` and ``silu`` are products of ``x`` with a gate between 0 and 1, so they are written as
such: the gate is a primitive, and the product's derivative is the product's own.
"""

from __future__ import annotations

import math
from typing import Any

from lucid.nn.functional import checks
from lucid.ops import sigmoid, tanh
from lucid.ops.axes import normalize_axis
from lucid.recording import primitive

__all__ = [
    "gelu",
    "leaky_relu",
    "log_softmax",
    "normal_cdf",
    "normal_cdf_tanh",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "tanh",
]

# ----------------------------------------------------------------- rectifiers


@primitive
def relu(xp: Any, x: Any, /) -> Any:
    r"""Return ``x`` where it is positive and 0 elsewhere. The derivative at 0 is 0.

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
    return (xp.where(out > 0, g, 0.0),)


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
    return x * normal_cdf(x) if approximate == "none" else x * normal_cdf_tanh(x)


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
    # Beyond 10 the curve is flat to the last digit. The bound keeps x * x from overflowing in
    # half precision, where 0 * inf would be nan.
    near = xp.clip(x, -10, 10)
    return (g * (2 * _SLOPE) * out * (1 - out) * (1 + (3 * _BEND) * near * near),)


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
    return x * sigmoid(x)


# ----------------------------------------------------------------- softmax


def softmax(x: Any, axis: int = -1) -> Any:
    r"""Return positive numbers along ``axis`` that sum to 1, in proportion to ``exp(x)``.

    .. math:: \operatorname{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}

    An element of -inf gets 0, and so does its gradient. Where all are -inf the result is nan,
    as there is nothing to share out.

    Args:
        x: a Tensor.
        axis: the axis along which the results sum to 1.

    Shape:
        ``(*) -> (*)``

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> F.softmax(Tensor([0.0, 0.0]))
        Tensor([0.5, 0.5])
    """
    x = checks.as_tensor("softmax", "x", x)
    return shares(x, axis=normalize_axis(axis, x.ndim))


@primitive(promotes="float")
def shares(xp: Any, x: Any, /, *, axis: int) -> Any:
    """Return the softmax; see ``softmax``."""
    if x.size == 0:
        return x  # nothing has no largest
    # Shift by the largest first, so that exp cannot overflow.
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


@shares.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, *, axis: int) -> Any:
    weighted = g * out
    return (weighted - out * xp.sum(weighted, axis=axis, keepdims=True),)


def log_softmax(x: Any, axis: int = -1) -> Any:
    r"""Return the logarithm of ``softmax``, exact also where that is close to 0.

    .. math:: \log \operatorname{softmax}(x)_i = x_i - \log \sum_j e^{x_j}

    Args:
        x: a Tensor.
        axis: the axis along which the exponentials of the results sum to 1.

    Shape:
        ``(*) -> (*)``

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> F.log_softmax(Tensor([0.0, 1000.0]))
        Tensor([-1000.0, 0.0])
    """
    x = checks.as_tensor("log_softmax", "x", x)
    return log_shares(x, axis=normalize_axis(axis, x.ndim))


@primitive(promotes="float")
def log_shares(xp: Any, x: Any, /, *, axis: int) -> Any:
    """Return the logarithm of the softmax; see ``log_softmax``."""
    if x.size == 0:
        return x
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


@log_shares.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, *, axis: int) -> Any:
    return (g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),)
