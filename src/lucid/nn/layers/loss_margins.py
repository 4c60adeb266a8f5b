"""Losses that ask for a margin, as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from lucid.errors import ArgumentTypeError
from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.distance import norm_order
from lucid.nn.functional.loss import positive
from lucid.nn.functional.loss_margins import margin_power
from lucid.nn.layers.distance import PairwiseDistance
from lucid.nn.layers.loss import Loss


class MarginRankingLoss(Loss):
    r"""By how much numbers fail to be larger than others.

    .. math:: \ell = \max(0, -y (x_1 - x_2) + m)

    Args:
        margin: :math:`m`, by how much they should be.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> nn.MarginRankingLoss()(Tensor([3.0]), Tensor([5.0]), Tensor([1.0]))
        Tensor(2.0)
    """

    _usual: ClassVar[dict[str, Any]] = {"margin": 0.0, "reduction": "mean"}

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = checks.number("MarginRankingLoss", "margin", margin)

    def forward(self, x1: Any, x2: Any, target: Any) -> Any:
        """Return ``F.margin_ranking_loss(x1, x2, target)``, with the options of this layer."""
        return F.margin_ranking_loss(x1, x2, target, self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    r"""Distances of what belongs together, and by how much others fail to be apart.

    .. math:: \ell = \begin{cases} x & \text{if } y = 1 \\ \max(0, m - x) & \text{if } y = -1 \end{cases}

    Args:
        margin: :math:`m`, how far is far enough.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if a target is neither 1 nor -1.

    Example:
        >>> nn.HingeEmbeddingLoss(reduction="none")(Tensor([0.5, 0.25]), Tensor([1, -1]))
        Tensor([0.5, 0.75])
    """

    _usual: ClassVar[dict[str, Any]] = {"margin": 1.0, "reduction": "mean"}

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = checks.number("HingeEmbeddingLoss", "margin", margin)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.hinge_embedding_loss(x, target)``, with the options of this layer."""
        return F.hinge_embedding_loss(x, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    r"""How far vectors that belong together differ in direction, and how alike others are.

    .. math:: \ell = \begin{cases}
        1 - \cos(x_1, x_2) & \text{if } y = 1 \\
        \max(0, \cos(x_1, x_2) - m) & \text{if } y = -1
        \end{cases}

    Args:
        margin: :math:`m`, the cosine from which on vectors are too much alike.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(N, D), (N, D), (N,)`` or ``(D,), (D,), () -> ()``, or ``(N,)`` or ``()`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if a target is neither 1 nor -1.

    Example:
        >>> loss = nn.CosineEmbeddingLoss()(Tensor([[1.0, 0.0]]), Tensor([[4.0, 3.0]]), Tensor([1]))
        >>> print(f"{loss:.4f}")
        0.2000
    """

    _usual: ClassVar[dict[str, Any]] = {"margin": 0.0, "reduction": "mean"}

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = checks.number("CosineEmbeddingLoss", "margin", margin)

    def forward(self, x1: Any, x2: Any, target: Any) -> Any:
        """Return ``F.cosine_embedding_loss(x1, x2, target)``, with the options of this layer."""
        return F.cosine_embedding_loss(x1, x2, target, self.margin, reduction=self.reduction)


class TripletMarginLoss(Loss):
    r"""By how much vectors fail to be nearer to what they belong to than to what they don't.

    .. math:: \ell = \max(0, d(a, p) - d(a, n) + m)

    where :math:`d` is the distance of ``PairwiseDistance``.

    Args:
        margin: :math:`m`, by how much they should be.
        p: the norm of the distance.
        eps: added to every difference.
        swap: whether to take the distance of ``positive`` from ``negative`` for that of the anchor if it
            is less.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*, D), (*, D), (*, D) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if the margin is not positive.

    Example:
        >>> a, p, n = Tensor([[0.0]]), Tensor([[2.0]]), Tensor([[1.5]])
        >>> print(f"{nn.TripletMarginLoss()(a, p, n):.4f}")
        1.5000

    Balntas et al., Learning Local Feature Descriptors with Triplets and Shallow Convolutional Neural
    Networks, 2016.
    """

    _usual: ClassVar[dict[str, Any]] = {
        "margin": 1.0,
        "p": 2.0,
        "eps": 1e-6,
        "swap": False,
        "reduction": "mean",
    }

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.margin = positive("TripletMarginLoss", "margin", margin)
        self.p = norm_order("TripletMarginLoss", p)
        self.eps = checks.number("TripletMarginLoss", "eps", eps)
        self.swap = checks.truth("TripletMarginLoss", "swap", swap)

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """Return ``F.triplet_margin_loss(anchor, positive, negative)``, with the options of this layer."""
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(Loss):
    r"""``TripletMarginLoss`` with a distance of one's own.

    .. math:: \ell = \max(0, d(a, p) - d(a, n) + m)

    Args:
        distance_function: :math:`d`, a function of two Tensors or a module; by default
            ``PairwiseDistance()``.
        margin: :math:`m`, by how much the one distance must be less than the other.
        swap: whether to take the distance of ``positive`` from ``negative`` for that of the anchor if it
            is less.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*, D), (*, D), (*, D) -> ()``, or what the distance returns without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if the margin is not positive.

    Example:
        >>> a, p, n = Tensor([[0.0]]), Tensor([[2.0]]), Tensor([[1.5]])
        >>> nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: 2 * lucid.abs(x - y))(a, p, n)
        Tensor(2.0)
    """

    _usual: ClassVar[dict[str, Any]] = {"margin": 1.0, "swap": False, "reduction": "mean"}

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        name = "TripletMarginWithDistanceLoss"
        distance = PairwiseDistance() if distance_function is None else distance_function
        if not callable(distance):
            raise ArgumentTypeError(f"{name} expects distance_function to be a function, got {distance!r}")
        self.distance_function = distance
        self.margin = positive(name, "margin", margin)
        self.swap = checks.truth(name, "swap", swap)

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """Return ``F.triplet_margin_with_distance_loss(anchor, positive, negative)``, with these options."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class MultiMarginLoss(Loss):
    r"""By how much the score of the right class fails to be ahead of the others: the hinge loss.

    .. math:: \ell = \frac{1}{C} \sum_{c \ne y} w_y \max(0, m - x_y + x_c)^p

    Args:
        p: 1 or 2.
        margin: :math:`m`, by how much.
        weight: of each class, of shape ``(C,)``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        x ``(N, C)`` or ``(C,)``, target ``(N,)`` or ``() -> ()``, or ``(N,)`` or ``()`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if a class does not exist, or ``p`` is neither 1 nor 2.

    Example:
        >>> nn.MultiMarginLoss()(Tensor([[2.0, 1.5, 0.0, 0.0]]), Tensor([0]))
        Tensor(0.125)
    """

    _usual: ClassVar[dict[str, Any]] = {"p": 1, "margin": 1.0, "reduction": "mean"}

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.p = margin_power("MultiMarginLoss", p)
        self.margin = checks.number("MultiMarginLoss", "margin", margin)
        self.weight = self._keep("weight", weight)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.multi_margin_loss(x, target)``, with the options of this layer."""
        return F.multi_margin_loss(x, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(Loss):
    r"""By how much the scores of the right classes, of which there are several, fail to be ahead.

    .. math:: \ell = \frac{1}{C} \sum_j \sum_{c \notin y} \max(0, 1 - x_{y_j} + x_c)

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(N, C), (N, C)`` or ``(C,), (C,) -> ()``, or ``(N,)`` or ``()`` without a reduction. The targets are
        the right classes, then a -1 if they are not all.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if a class does not exist.

    Example:
        >>> nn.MultiLabelMarginLoss()(Tensor([[2.0, 1.5, 2.0, 0.0]]), Tensor([[0, 2, -1, 0]]))
        Tensor(0.25)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.multilabel_margin_loss(x, target)``."""
        return F.multilabel_margin_loss(x, target, reduction=self.reduction)
