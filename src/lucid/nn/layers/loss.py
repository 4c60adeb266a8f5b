"""Losses as layers: the functions of ``functional/loss.py`` with their options set beforehand."""

from __future__ import annotations

from typing import Any, ClassVar

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.loss import REDUCTIONS
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer


class _Loss(Module):
    """What all losses share: how the losses of the elements are reduced to one."""

    _usual: ClassVar[dict[str, Any]] = {"reduction": "mean"}  # options that the repr leaves out

    def __init__(self, reduction: str) -> None:
        super().__init__()
        checks.one_of(type(self).__name__, "reduction", reduction, REDUCTIONS)
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


class MSELoss(_Loss):
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


class L1Loss(_Loss):
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


class CrossEntropyLoss(_Loss):
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


class NLLLoss(_Loss):
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


class BCEWithLogitsLoss(_Loss):
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
