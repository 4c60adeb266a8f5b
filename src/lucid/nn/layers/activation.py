"""Activations as layers. Those without options have nothing to set up, so they have no ``__init__``."""

from __future__ import annotations

from typing import Any

from lucid.errors import ShapeError
from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.module import Module


class ReLU(Module):
    r"""Set what is negative to 0. The derivative at 0 is 0.

    .. math:: y = \max(x, 0)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.ReLU()(Tensor([-1.0, 2.0]))
        Tensor([0.0, 2.0])
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.relu(x)``."""
        return F.relu(x)


class LeakyReLU(Module):
    r"""Multiply what is negative by a small slope.

    .. math:: y = \max(x, 0) + s \min(x, 0)

    Args:
        negative_slope: :math:`s`.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if the slope is not finite.

    Example:
        >>> nn.LeakyReLU(0.5)(Tensor([-1.0, 2.0]))
        Tensor([-0.5, 2.0])
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self.negative_slope = checks.number("LeakyReLU", "negative_slope", negative_slope)

    def forward(self, x: Any) -> Any:
        """Return ``F.leaky_relu(x, negative_slope)``."""
        return F.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope:g}"


class GELU(Module):
    r"""Multiply ``x`` by the probability that a standard normal number lies below it.

    .. math:: y = x \, \Phi(x)

    Args:
        approximate: ``"none"``, or ``"tanh"`` for an approximation that is quicker.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``approximate`` is neither.

    Example:
        >>> nn.GELU()(Tensor([0.0, 100.0]))
        Tensor([0.0, 100.0])

    Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        checks.one_of("GELU", "approximate", approximate, ("none", "tanh"))
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """Return ``F.gelu(x, approximate)``."""
        return F.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return "" if self.approximate == "none" else f"approximate={self.approximate!r}"


class SiLU(Module):
    r"""Multiply ``x`` by its sigmoid; also called swish.

    .. math:: y = x \, \sigma(x)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.SiLU()(Tensor([0.0, 100.0]))
        Tensor([0.0, 100.0])

    Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units, 2017.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.silu(x)``."""
        return F.silu(x)


class Sigmoid(Module):
    r"""Map every number to one between 0 and 1.

    .. math:: y = \frac{1}{1 + e^{-x}}

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Sigmoid()(Tensor([0.0]))
        Tensor([0.5])
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.sigmoid(x)``."""
        return F.sigmoid(x)


class Tanh(Module):
    r"""Map every number to one between -1 and 1.

    .. math:: y = \tanh(x)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Tanh()(Tensor([0.0]))
        Tensor([0.0])
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.tanh(x)``."""
        return F.tanh(x)


class Softmax(Module):
    r"""Make positive numbers of logits, which sum to 1 along an axis.

    .. math:: y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}

    Args:
        axis: the axis along which the results sum to 1.

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Softmax()(Tensor([0.0, 0.0]))
        Tensor([0.5, 0.5])
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = checks.integer("Softmax", "axis", axis)

    def forward(self, x: Any) -> Any:
        """Return ``F.softmax(x, axis)``."""
        return F.softmax(x, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class LogSoftmax(Module):
    r"""Return the logarithm of the softmax, exact also where that is close to 0.

    .. math:: y_i = x_i - \log \sum_j e^{x_j}

    Args:
        axis: the axis along which the exponentials of the results sum to 1.

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.LogSoftmax()(Tensor([0.0, 1000.0]))
        Tensor([-1000.0, 0.0])
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = checks.integer("LogSoftmax", "axis", axis)

    def forward(self, x: Any) -> Any:
        """Return ``F.log_softmax(x, axis)``."""
        return F.log_softmax(x, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class Softmin(Module):
    r"""Make positive numbers of costs, which sum to 1 along an axis: the least cost gets the largest.

    .. math:: y_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}

    Args:
        axis: the axis along which the results sum to 1.

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Softmin()(Tensor([0.0, 1000.0]))
        Tensor([1.0, 0.0])
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = checks.integer("Softmin", "axis", axis)

    def forward(self, x: Any) -> Any:
        """Return ``F.softmin(x, axis)``."""
        return F.softmin(x, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class Softmax2d(Module):
    r"""Make positive numbers of the channels at each place of an image, which sum to 1 there.

    .. math:: y_{c,i,j} = \frac{e^{x_{c,i,j}}}{\sum_d e^{x_{d,i,j}}}

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)`` or ``(C, H, W) -> (C, H, W)``

    Raises:
        ShapeError: if the input has other axes.

    Example:
        >>> nn.Softmax2d()(lucid.zeros((2, 1, 2)))
        Tensor([[[0.5, 0.5]],
        <BLANKLINE>
                [[0.5, 0.5]]])
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.softmax(x, -3)``."""
        x = checks.as_tensor("Softmax2d", "x", x)
        if x.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d expects x of shape (N, C, H, W) or (C, H, W), got {x.shape}")
        return F.softmax(x, -3)
