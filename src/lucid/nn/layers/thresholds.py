"""The activations of ``functional/thresholds.py`` as layers."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.thresholds import slopes
from lucid.nn.module import Module


class _Shrink(Module):
    """What the layers with a ``lambd`` share."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = checks.number(type(self).__name__, "lambd", lambd, 0)

    def extra_repr(self) -> str:
        return f"lambd={self.lambd:g}"


class Hardshrink(_Shrink):
    r"""Set what is close to 0 to 0, and leave the rest.

    .. math:: y = \begin{cases} x & |x| > \lambda \\ 0 & \text{else} \end{cases}

    Args:
        lambd: :math:`\lambda`, not negative.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``lambd`` is negative or not finite.

    Example:
        >>> nn.Hardshrink()(Tensor([-2.0, 0.5, 0.75]))
        Tensor([-2.0, 0.0, 0.75])

    Donoho and Johnstone, Ideal Spatial Adaptation by Wavelet Shrinkage, 1994.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.hardshrink(x, lambd)``."""
        return F.hardshrink(x, self.lambd)


class Softshrink(_Shrink):
    r"""Move every number towards 0, and no further than that.

    .. math:: y = \operatorname{sign}(x) \max(|x| - \lambda, 0)

    Args:
        lambd: :math:`\lambda`, how far; not negative.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``lambd`` is negative or not finite.

    Example:
        >>> nn.Softshrink()(Tensor([-2.0, 0.5, 0.75]))
        Tensor([-1.5, 0.0, 0.25])

    Donoho, De-Noising by Soft-Thresholding, 1995.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.softshrink(x, lambd)``."""
        return F.softshrink(x, self.lambd)


class Tanhshrink(Module):
    r"""Subtract its tanh from every number.

    .. math:: y = x - \tanh(x)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Tanhshrink()(Tensor([0.0, 100.0]))
        Tensor([0.0, 99.0])
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.tanhshrink(x)``."""
        return F.tanhshrink(x)


class Threshold(Module):
    r"""Put a value in the place of what does not exceed a threshold.

    .. math:: y = \begin{cases} x & x > \text{threshold} \\ \text{value} & \text{else} \end{cases}

    Args:
        threshold: what a number must exceed to stay.
        value: what takes its place otherwise.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if a number is not finite.

    Example:
        >>> nn.Threshold(0.5, -3.0)(Tensor([-1.0, 0.5, 2.0]))
        Tensor([-3.0, -3.0, 2.0])
    """

    def __init__(self, threshold: float, value: float) -> None:
        super().__init__()
        self.threshold = checks.number("Threshold", "threshold", threshold)
        self.value = checks.number("Threshold", "value", value)

    def forward(self, x: Any) -> Any:
        """Return ``F.threshold(x, threshold, value)``."""
        return F.threshold(x, self.threshold, self.value)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold:g}, value={self.value:g}"


class RReLU(Module):
    r"""Multiply what is negative by slopes that are drawn while training; later by their mean.

    .. math:: y = \max(x, 0) + s \min(x, 0), \qquad s \sim \mathcal{U}(\text{lower}, \text{upper})

    Every element has a slope of its own. After ``model.eval()`` all are the mean of the two bounds.

    Args:
        lower: the least slope.
        upper: the largest.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``lower`` exceeds ``upper``, or one isn't finite.

    Example:
        >>> nn.RReLU(0.25, 0.75).eval()(Tensor([-4.0, 2.0]))
        Tensor([-2.0, 2.0])

    Xu et al., Empirical Evaluation of Rectified Activations in Convolutional Network, 2015.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3) -> None:
        super().__init__()
        self.lower, self.upper = slopes("RReLU", lower, upper)

    def forward(self, x: Any) -> Any:
        """Return ``F.rrelu(x, lower, upper, training)``."""
        return F.rrelu(x, self.lower, self.upper, self.training)

    def extra_repr(self) -> str:
        return f"lower={self.lower:g}, upper={self.upper:g}"
