"""Losses of yes-or-no questions, as layers."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.layers.loss import Loss


class BCELoss(Loss):
    r"""The cross entropy of yes-or-no questions, from probabilities.

    .. math:: \ell = -w \left( y \log x + (1 - y) \log (1 - x) \right)

    The logarithms are held above -100. Take ``BCEWithLogitsLoss`` where there are logits: it loses nothing.

    Args:
        weight: of each element's loss; it broadcasts to the input.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if an element of the input or a target is no probability.

    Example:
        >>> loss = nn.BCELoss()(Tensor([0.5]), Tensor([1.0]))
        >>> print(f"{loss:.4f}")
        0.6931
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight = self._keep("weight", weight)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.binary_cross_entropy(x, target)``, with the options of this layer."""
        return F.binary_cross_entropy(x, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    r"""The cross entropy of yes-or-no questions, from logits.

    .. math:: \ell = -w \left( p \, y \log \sigma(x) + (1 - y) \log (1 - \sigma(x)) \right)

    Args:
        weight: of each element's loss; it broadcasts to the input.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        pos_weight: :math:`p`, the weight of a yes against a no; it broadcasts to the input.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if a target is no probability.

    Example:
        >>> loss = nn.BCEWithLogitsLoss()(Tensor([0.0]), Tensor([1.0]))
        >>> print(f"{loss:.4f}")
        0.6931
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self.weight = self._keep("weight", weight)
        self.pos_weight = self._keep("pos_weight", pos_weight)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.binary_cross_entropy_with_logits(x, target)``, with the options of this layer."""
        return F.binary_cross_entropy_with_logits(
            x, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class SoftMarginLoss(Loss):
    r"""The cross entropy of yes-or-no questions whose answers are 1 and -1.

    .. math:: \ell = \log(1 + e^{-y x})

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> nn.SoftMarginLoss()(Tensor([100.0]), Tensor([-1.0]))
        Tensor(100.0)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.soft_margin_loss(x, target)``."""
        return F.soft_margin_loss(x, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(Loss):
    r"""The cross entropy of yes-or-no questions, one for each class: its mean over the classes.

    .. math:: \ell = -\frac{1}{C} \sum_c
        w_c \left( y_c \log \sigma(x_c) + (1 - y_c) \log (1 - \sigma(x_c)) \right)

    Args:
        weight: of each class; it broadcasts to the input.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``, over the examples.

    Shape:
        ``(*, C), (*, C) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if a target is no probability.

    Example:
        >>> loss = nn.MultiLabelSoftMarginLoss()(Tensor([[0.0, 0.0]]), Tensor([[1, 0]]))
        >>> print(f"{loss:.4f}")
        0.6931
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight = self._keep("weight", weight)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.multilabel_soft_margin_loss(x, target)``, with the options of this layer."""
        return F.multilabel_soft_margin_loss(x, target, self.weight, reduction=self.reduction)
