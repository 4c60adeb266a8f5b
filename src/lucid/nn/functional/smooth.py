"""Smooth activations made of logarithms and quotients, and the gated linear unit."""

from __future__ import annotations

from typing import Any

from lucid import ops
from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.ops.axes import normalize_axis
from lucid.recording import primitive

__all__ = ["glu", "logsigmoid", "mish", "softplus", "softsign"]


@primitive(promotes="float")
def log1p_exp(xp: Any, x: Any, /) -> Any:
    """Return ``log(1 + exp(x))`` without overflow, elementwise: ``-log(sigmoid(-x))``."""
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


@log1p_exp.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * xp.sigmoid(x),)


def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    r"""Return a smooth relu, positive everywhere.

    .. math:: \operatorname{softplus}(x) = \frac{1}{\beta} \log(1 + e^{\beta x})

    Args:
        x: a Tensor.
        beta: how sharply it bends.
        threshold: where ``beta * x`` exceeds it, the result is ``x`` itself.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``beta`` is 0, or a number is not finite.

    Example:
        >>> print(f"{F.softplus(Tensor(0.0)):.4f}")
        0.6931

    Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option Pricing, 2000.
    """
    x = checks.as_tensor("softplus", "x", x)
    beta = sharpness("softplus", beta)
    threshold = checks.number("softplus", "threshold", threshold)
    scaled = beta * x
    return ops.where(scaled > threshold, x, log1p_exp(scaled) / beta)


def sharpness(function: str, beta: Any) -> float:
    """Return the ``beta`` of a softplus, checked."""
    value = checks.number(function, "beta", beta)
    if value == 0:
        raise ArgumentError(f"{function} expects beta not to be 0, got {beta!r}")
    return value


def logsigmoid(x: Any) -> Any:
    r"""Return the logarithm of the sigmoid, exact also where that is close to 0.

    .. math:: \log \sigma(x) = -\log(1 + e^{-x})

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.logsigmoid(Tensor([-1000.0, 1000.0]))
        Tensor([-1000.0, -0.0])
    """
    return -log1p_exp(-checks.as_tensor("logsigmoid", "x", x))


def mish(x: Any) -> Any:
    r"""Return ``x`` times the tanh of its softplus.

    .. math:: \operatorname{mish}(x) = x \tanh \log(1 + e^x)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.mish(Tensor([0.0, 100.0]))
        Tensor([0.0, 100.0])

    Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.
    """
    x = checks.as_tensor("mish", "x", x)
    return x * ops.tanh(log1p_exp(x))


def softsign(x: Any) -> Any:
    r"""Return a curve between -1 and 1 that nears them slowly.

    .. math:: \operatorname{softsign}(x) = \frac{x}{1 + |x|}

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.softsign(Tensor([-1.0, 3.0]))
        Tensor([-0.5, 0.75])
    """
    x = checks.as_tensor("softsign", "x", x)
    return x / (1 + ops.abs(x))


def glu(x: Any, axis: int = -1) -> Any:
    r"""Return one half of ``x`` times the sigmoid of the other: the gated linear unit.

    .. math:: \operatorname{glu}(a, b) = a \, \sigma(b)

    Args:
        x: a Tensor, of the two halves one after the other.
        axis: the axis along which they lie.

    Shape:
        ``(*, 2n, *) -> (*, n, *)``

    Raises:
        ShapeError: if the axis is of odd size.
        IndexingError: if there is no such axis.

    Example:
        >>> F.glu(Tensor([2.0, 4.0, 0.0, 100.0]))
        Tensor([1.0, 4.0])

    Dauphin et al., Language Modeling with Gated Convolutional Networks, 2016.
    """
    x = checks.as_tensor("glu", "x", x)
    axis = normalize_axis(axis, x.ndim)
    if x.shape[axis] % 2:
        raise ShapeError(f"glu expects an axis of even size, got shape {x.shape} and axis {axis}")
    first, second = ops.split(x, 2, axis=axis)
    return first * ops.sigmoid(second)
