"""Losses as layers: functions of ``nn.functional`` with their options set beforehand; here those of numbers.

Read next: the other files that begin with ``loss_``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.loss import REDUCTIONS, positive
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer


class Loss(Module):
    """What all losses share: how the losses of the elements are reduced to one."""

    _usual: ClassVar[dict[str, Any]] = {"reduction": "mean"}  # options that the repr leaves out
    _reductions: ClassVar[tuple[str, ...]] = REDUCTIONS

    def __init__(self, reduction: str) -> None:
        super().__init__()
        checks.one_of(type(self).__name__, "reduction", reduction, self._reductions)
        self.reduction = reduction

    def _keep(self, name: str, weight: Any) -> Buffer | None:
        """Return ``weight`` as a Buffer, so that it moves with the layer and is saved with it."""
        if weight is None:
            return None
        checks.real(type(self).__name__, name, weight)
        return Buffer(weight)  # of the argument: what the check made may share the memory of an array

    def extra_repr(self) -> str:
        options = {name: getattr(self, name) for name in self._usual}
        return ", ".join(f"{name}={value!r}" for name, value in options.items() if value != self._usual[name])


class MSELoss(Loss):
    r"""The squared error.

    .. math:: \ell = (x - y)^2

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> nn.MSELoss()(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
        Tensor(2.0)
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.mse_loss(x, target)``."""
        return F.mse_loss(x, target, self.reduction)


class L1Loss(Loss):
    r"""The absolute error.

    .. math:: \ell = |x - y|

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> nn.L1Loss()(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
        Tensor(1.0)
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.l1_loss(x, target)``."""
        return F.l1_loss(x, target, self.reduction)


class SmoothL1Loss(Loss):
    r"""The absolute error, rounded off into a parabola where it is small.

    .. math:: \ell = \begin{cases}
        (x - y)^2 / (2 \beta) & \text{if } |x - y| < \beta \\
        |x - y| - \beta / 2 & \text{otherwise}
        \end{cases}

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        beta: where the parabola ends; 0 gives ``L1Loss``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if ``beta`` is negative.

    Example:
        >>> nn.SmoothL1Loss(reduction="none")(Tensor([0.0, 3.0]), Tensor([1.0, 0.0]))
        Tensor([0.5, 2.5])

    Girshick, Fast R-CNN, 2015.
    """

    _usual: ClassVar[dict[str, Any]] = {"beta": 1.0, "reduction": "mean"}

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = checks.number("SmoothL1Loss", "beta", beta, 0)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.smooth_l1_loss(x, target)``, with the options of this layer."""
        return F.smooth_l1_loss(x, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    r"""Half the squared error, continued as a straight line where the error is large.

    .. math:: \ell = \begin{cases}
        (x - y)^2 / 2 & \text{if } |x - y| < \delta \\
        \delta (|x - y| - \delta / 2) & \text{otherwise}
        \end{cases}

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        delta: where the line begins, which is its slope too.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if ``delta`` is not positive.

    Example:
        >>> nn.HuberLoss("none", delta=2.0)(Tensor([0.0, 3.0]), Tensor([1.0, 0.0]))
        Tensor([0.5, 4.0])

    Huber, Robust Estimation of a Location Parameter, 1964.
    """

    _usual: ClassVar[dict[str, Any]] = {"delta": 1.0, "reduction": "mean"}

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = positive("HuberLoss", "delta", delta)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.huber_loss(x, target)``, with the options of this layer."""
        return F.huber_loss(x, target, self.reduction, self.delta)
