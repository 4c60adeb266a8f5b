"""Rectifiers beside ``ReLU``, as layers: the functions of ``functional/rectifiers.py``."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.rectifiers import nonzero, ordered
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import empty


class Hardtanh(Module):
    r"""Clamp every number to an interval. At its ends the derivative is 0.

    .. math:: y = \min(\max(x, \text{min}), \text{max})

    Args:
        min_val: the least result.
        max_val: the largest.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``min_val`` isn't less than ``max_val``.

    Example:
        >>> nn.Hardtanh()(Tensor([-3.0, 0.5, 3.0]))
        Tensor([-1.0, 0.5, 1.0])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        super().__init__()
        self.min_val, self.max_val = ordered("Hardtanh", min_val, max_val)

    def forward(self, x: Any) -> Any:
        """Return ``F.hardtanh(x, min_val, max_val)``."""
        return F.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val:g}, max_val={self.max_val:g}"


class ReLU6(Module):
    r"""Clamp every number to between 0 and 6.

    .. math:: y = \min(\max(x, 0), 6)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.ReLU6()(Tensor([-1.0, 2.0, 8.0]))
        Tensor([0.0, 2.0, 6.0])

    Howard et al., MobileNets, 2017.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.relu6(x)``."""
        return F.relu6(x)


class Hardsigmoid(Module):
    r"""A sigmoid of three straight lines.

    .. math:: y = \frac{\min(\max(x + 3, 0), 6)}{6}

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Hardsigmoid()(Tensor([-4.0, 0.0, 4.0]))
        Tensor([0.0, 0.5, 1.0])

    Howard et al., Searching for MobileNetV3, 2019.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.hardsigmoid(x)``."""
        return F.hardsigmoid(x)


class Hardswish(Module):
    r"""Multiply ``x`` by its hardsigmoid.

    .. math:: y = x \, \frac{\min(\max(x + 3, 0), 6)}{6}

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Hardswish()(Tensor([-4.0, 0.0, 4.0]))
        Tensor([-0.0, 0.0, 4.0])

    Howard et al., Searching for MobileNetV3, 2019.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.hardswish(x)``."""
        return F.hardswish(x)


class PReLU(Module):
    r"""Multiply what is negative by a slope that is learned.

    .. math:: y = \max(x, 0) + w \min(x, 0)

    Args:
        num_parameters: how many slopes: one, or one for each place along axis 1.
        init: what they begin with.
        device, dtype: of the slopes; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(num_parameters,)``.

    Shape:
        ``(*) -> (*)``, or ``(N, num_parameters, *)`` to the same

    Raises:
        ArgumentError: if ``num_parameters`` is not positive, or ``init`` not finite.
        ShapeError: if axis 1 of the input is of another size.

    Example:
        >>> nn.PReLU()(Tensor([-1.0, 2.0])).tolist()
        [-0.25, 2.0]

    He et al., Delving Deep into Rectifiers, 2015.
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, *, device: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = checks.size("PReLU", "num_parameters", num_parameters)
        self.init = checks.number("PReLU", "init", init)
        self.weight = Parameter(empty((self.num_parameters,), dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set all slopes to what they began with."""
        init.constant_(self.weight, self.init)

    def forward(self, x: Any) -> Any:
        """Return ``F.prelu(x, weight)``."""
        return F.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class ELU(Module):
    r"""Bend what is negative to a curve down to ``-alpha``.

    .. math:: y = \max(x, 0) + \alpha \, (e^{\min(x, 0)} - 1)

    Args:
        alpha: how far it goes down.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``alpha`` is not finite.

    Example:
        >>> nn.ELU(0.5)(Tensor([-100.0, 2.0]))
        Tensor([-0.5, 2.0])

    Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear
    Units, 2015.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = checks.number("ELU", "alpha", alpha)

    def forward(self, x: Any) -> Any:
        """Return ``F.elu(x, alpha)``."""
        return F.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha:g}"


class SELU(Module):
    r"""A scaled ELU, which keeps mean 0 and variance 1 from layer to layer.

    .. math:: y = s \left( \max(x, 0) + \alpha \, (e^{\min(x, 0)} - 1) \right),
        \qquad s \approx 1.0507, \ \alpha \approx 1.6733

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.SELU()(Tensor([0.0]))
        Tensor([0.0])

    Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.selu(x)``."""
        return F.selu(x)


class CELU(Module):
    r"""An ELU that is smooth at 0, whatever ``alpha`` is.

    .. math:: y = \max(x, 0) + \alpha \, (e^{\min(x, 0) / \alpha} - 1)

    Args:
        alpha: how far it goes down, not 0.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``alpha`` is 0 or not finite.

    Example:
        >>> nn.CELU(0.5)(Tensor([-100.0, 2.0]))
        Tensor([-0.5, 2.0])

    Barron, Continuously Differentiable Exponential Linear Units, 2017.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = nonzero("CELU", alpha)

    def forward(self, x: Any) -> Any:
        """Return ``F.celu(x, alpha)``."""
        return F.celu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha:g}"
