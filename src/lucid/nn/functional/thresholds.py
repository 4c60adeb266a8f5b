"""Activations that treat what lies close to 0, or below a threshold, in another way than the rest."""

from __future__ import annotations

from typing import Any

from lucid import random
from lucid.engines.dtypes import float32, float64
from lucid.errors import ArgumentError
from lucid.nn.functional import checks
from lucid.nn.functional.activation import bent
from lucid.ops import abs, clip, tanh, where

__all__ = ["hardshrink", "rrelu", "softshrink", "tanhshrink", "threshold"]

# ----------------------------------------------------------------- shrinking


def hardshrink(x: Any, lambd: float = 0.5) -> Any:
    r"""Return ``x``, but 0 where it lies between ``-lambd`` and ``lambd``; at both, too.

    .. math:: \operatorname{hardshrink}(x) = \begin{cases} x & |x| > \lambda \\ 0 & \text{else} \end{cases}

    Args:
        x: a Tensor.
        lambd: :math:`\lambda`, not negative.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``lambd`` is negative or not finite.

    Example:
        >>> F.hardshrink(Tensor([-2.0, 0.5, 0.75]))
        Tensor([-2.0, 0.0, 0.75])

    Donoho and Johnstone, Ideal Spatial Adaptation by Wavelet Shrinkage, 1994.
    """
    x = checks.as_tensor("hardshrink", "x", x)
    lambd = checks.number("hardshrink", "lambd", lambd, 0)
    return where(abs(x) <= lambd, 0.0, x)  # nan stays nan


def softshrink(x: Any, lambd: float = 0.5) -> Any:
    r"""Return ``x`` moved towards 0 by ``lambd``, or 0 where it is no further from it than that.

    .. math:: \operatorname{softshrink}(x) = \operatorname{sign}(x) \max(|x| - \lambda, 0)

    Args:
        x: a Tensor.
        lambd: :math:`\lambda`, not negative.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``lambd`` is negative or not finite.

    Example:
        >>> F.softshrink(Tensor([-2.0, 0.5, 0.75]))
        Tensor([-1.5, 0.0, 0.25])

    Donoho, De-Noising by Soft-Thresholding, 1995.
    """
    x = checks.as_tensor("softshrink", "x", x)
    lambd = checks.number("softshrink", "lambd", lambd, 0)
    return x - clip(x, -lambd, lambd)


def tanhshrink(x: Any) -> Any:
    r"""Return ``x`` less its tanh: nearly 0 about 0, and nearly a line further out.

    .. math:: \operatorname{tanhshrink}(x) = x - \tanh(x)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.tanhshrink(Tensor([0.0, 100.0]))
        Tensor([0.0, 99.0])
    """
    x = checks.as_tensor("tanhshrink", "x", x)
    return x - tanh(x)


# ----------------------------------------------------------------- one threshold


def threshold(x: Any, threshold: float, value: float) -> Any:
    r"""Return ``x`` where it exceeds ``threshold``, and ``value`` elsewhere, at the threshold too.

    .. math:: y = \begin{cases} x & x > \text{threshold} \\ \text{value} & \text{else} \end{cases}

    Args:
        x: a Tensor.
        threshold: what ``x`` must exceed.
        value: what takes its place where it doesn't.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if a number is not finite.

    Example:
        >>> F.threshold(Tensor([-1.0, 0.5, 2.0]), 0.5, -3.0)
        Tensor([-3.0, -3.0, 2.0])
    """
    x = checks.as_tensor("threshold", "x", x)
    edge = checks.number("threshold", "threshold", threshold)
    return where(x <= edge, checks.number("threshold", "value", value), x)  # nan stays nan


def rrelu(
    x: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    *,
    generator: random.Generator | None = None,
) -> Any:
    r"""Return ``x`` where it is positive, and elsewhere ``x`` times a slope, in training a drawn one.

    .. math:: \operatorname{rrelu}(x) = \max(x, 0) + s \min(x, 0), \qquad
        s \sim \mathcal{U}(\text{lower}, \text{upper})

    Every element has a slope of its own. Outside training all slopes are the mean of the two bounds.

    Args:
        x: a Tensor of floats.
        lower: the least slope.
        upper: the largest.
        training: whether to draw the slopes.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``lower`` exceeds ``upper``, or one isn't finite.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.rrelu(Tensor([-4.0, 2.0]), 0.25, 0.75)
        Tensor([-2.0, 2.0])

    Xu et al., Empirical Evaluation of Rectified Activations in Convolutional Network, 2015.
    """
    x = checks.floating("rrelu", "x", x)
    low, high = slopes("rrelu", lower, upper)
    if not training:
        return bent(x, slope=(low + high) / 2)
    wide = float64 if x.dtype == float64 else float32
    drawn = random.uniform(x.shape, low, high, dtype=wide, device=x.device, generator=generator)
    return where(x <= 0, drawn.astype(x.dtype) * x, x)


def slopes(function: str, lower: Any, upper: Any) -> tuple[float, float]:
    """Return the bounds of an rrelu's slopes, checked."""
    low, high = checks.number(function, "lower", lower), checks.number(function, "upper", upper)
    if low > high:
        raise ArgumentError(f"{function} expects lower <= upper, got {lower!r} and {upper!r}")
    return low, high
