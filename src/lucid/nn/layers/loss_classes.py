"""Losses of one class of several, as layers."""

from __future__ import annotations

from typing import Any, ClassVar

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.layers.loss import Loss


class CrossEntropyLoss(Loss):
    r"""The cross entropy between classes and the softmax of logits.

    .. math:: \ell = -w_y \log \operatorname{softmax}(x)_y

    Args:
        weight: of each class, of shape ``(C,)``.
        ignore_index: a class that counts for nothing.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        label_smoothing: the share of the target that is spread over all classes, from 0 to 1.

    Shape:
        x ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``()``, or that of x
        ``-> ()``, or ``(N, *)`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if a class does not exist.

    Example:
        >>> loss = nn.CrossEntropyLoss()(Tensor([[0.0, 0.0]]), Tensor([1]))
        >>> print(f"{loss:.4f}")
        0.6931
    """

    _usual: ClassVar[dict[str, Any]] = {"ignore_index": -100, "label_smoothing": 0.0, "reduction": "mean"}

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self.weight = self._keep("weight", weight)
        self.ignore_index = checks.integer("CrossEntropyLoss", "ignore_index", ignore_index)
        self.label_smoothing = checks.number("CrossEntropyLoss", "label_smoothing", label_smoothing, 0, 1)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.cross_entropy(x, target)``, with the options of this layer."""
        return F.cross_entropy(
            x,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Loss):
    r"""The negative logarithm of the probability of each target class.

    .. math:: \ell = -w_y \, x_y

    Args:
        weight: of each class, of shape ``(C,)``.
        ignore_index: a class that counts for nothing.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        x ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``() -> ()``,
        or ``(N, *)`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if a class does not exist.

    Example:
        >>> nn.NLLLoss()(Tensor([[-1.0, -2.0]]), Tensor([1]))
        Tensor(2.0)
    """

    _usual: ClassVar[dict[str, Any]] = {"ignore_index": -100, "reduction": "mean"}

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight = self._keep("weight", weight)
        self.ignore_index = checks.integer("NLLLoss", "ignore_index", ignore_index)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.nll_loss(x, target)``, with the options of this layer."""
        return F.nll_loss(x, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)
