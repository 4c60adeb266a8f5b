"""Smooth activations as layers: the functions of ``functional/smooth.py``."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.smooth import sharpness
from lucid.nn.module import Module


class Softplus(Module):
    r"""A smooth ReLU, positive everywhere.

    .. math:: y = \frac{1}{\beta} \log(1 + e^{\beta x})

    Args:
        beta: how sharply it bends.
        threshold: where ``beta * x`` exceeds it, the result is ``x`` itself.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``beta`` is 0, or a number is not finite.

    Example:
        >>> nn.Softplus()(Tensor([-100.0, 100.0])).tolist()[1]
        100.0

    Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option Pricing, 2000.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = sharpness("Softplus", beta)
        self.threshold = checks.number("Softplus", "threshold", threshold)

    def forward(self, x: Any) -> Any:
        """Return ``F.softplus(x, beta, threshold)``."""
        return F.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta:g}, threshold={self.threshold:g}"


class LogSigmoid(Module):
    r"""The logarithm of the sigmoid, exact also where that is close to 0.

    .. math:: y = -\log(1 + e^{-x})

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.LogSigmoid()(Tensor([-1000.0, 1000.0]))
        Tensor([-1000.0, -0.0])
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.logsigmoid(x)``."""
        return F.logsigmoid(x)


class Mish(Module):
    r"""Multiply ``x`` by the tanh of its softplus.

    .. math:: y = x \tanh \log(1 + e^x)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Mish()(Tensor([0.0, 100.0]))
        Tensor([0.0, 100.0])

    Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.mish(x)``."""
        return F.mish(x)


class Softsign(Module):
    r"""Map every number to one between -1 and 1, which it nears slowly.

    .. math:: y = \frac{x}{1 + |x|}

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Softsign()(Tensor([-1.0, 3.0]))
        Tensor([-0.5, 0.75])
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.softsign(x)``."""
        return F.softsign(x)


class GLU(Module):
    r"""Multiply one half of ``x`` by the sigmoid of the other: the gated linear unit.

    .. math:: y = a \, \sigma(b)

    Args:
        axis: the axis along which the two halves lie.

    Shape:
        ``(*, 2n, *) -> (*, n, *)``

    Raises:
        ShapeError: if the axis is of odd size.

    Example:
        >>> nn.GLU()(Tensor([2.0, 4.0, 0.0, 100.0]))
        Tensor([1.0, 4.0])

    Dauphin et al., Language Modeling with Gated Convolutional Networks, 2016.
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = checks.integer("GLU", "axis", axis)

    def forward(self, x: Any) -> Any:
        """Return ``F.glu(x, axis)``."""
        return F.glu(x, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"
