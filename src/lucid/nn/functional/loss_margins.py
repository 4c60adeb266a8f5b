"""Losses that ask for a margin: what is right must be ahead of what is wrong by so much, and no more."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

from lucid import ops
from lucid.engines.dtypes import float16, float32
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.activation import relu
from lucid.nn.functional.distance import norm_order, pairwise_distance
from lucid.nn.functional.loss import REDUCTIONS, pair, positive, reduced
from lucid.nn.functional.loss_classes import class_weight
from lucid.recording import held

# ----------------------------------------------------------------- pairs


def margin_ranking_loss(
    x1: Any, x2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    r"""Return by how much numbers fail to be larger than others.

    .. math:: \ell = \max(0, -y (x_1 - x_2) + m)

    Args:
        x1, x2: Tensors of floats, of one shape.
        target: 1 where ``x1`` should be larger, -1 where ``x2`` should, of the same shape.
        margin: :math:`m`, by how much.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> F.margin_ranking_loss(Tensor([3.0]), Tensor([5.0]), Tensor([1.0]))
        Tensor(2.0)
    """
    name = "margin_ranking_loss"
    margin = checks.number(name, "margin", margin)
    x1, x2 = _alike(name, reduction, x1=x1, x2=x2)
    target = checks.real(name, "target", target, x1).astype(x1.dtype)
    _same_shape(name, "target", target, x1.shape)
    return reduced(ops.clip(margin - target * (x1 - x2), 0.0), reduction)


def hinge_embedding_loss(x: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    r"""Return distances of what belongs together, and by how much others fail to be apart.

    .. math:: \ell = \begin{cases} x & \text{if } y = 1 \\ \max(0, m - x) & \text{if } y = -1 \end{cases}

    Args:
        x: distances, a Tensor of floats.
        target: 1 or -1, a Tensor of the same shape.
        margin: :math:`m`, how far is far enough.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if a target is neither 1 nor -1.

    Example:
        >>> F.hinge_embedding_loss(Tensor([0.5, 0.25]), Tensor([1, -1]), reduction="none")
        Tensor([0.5, 0.75])
    """
    name = "hinge_embedding_loss"
    margin = checks.number(name, "margin", margin)
    x, target = pair(name, x, target, reduction)
    _check_signs(name, target)
    return reduced(ops.where(target > 0, x, ops.clip(margin - x, 0.0)), reduction)


def cosine_embedding_loss(
    x1: Any, x2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    r"""Return how far vectors that belong together differ in direction, and how alike others are.

    .. math:: \ell = \begin{cases}
        1 - \cos(x_1, x_2) & \text{if } y = 1 \\
        \max(0, \cos(x_1, x_2) - m) & \text{if } y = -1
        \end{cases}

    To each squared length 1e-12 is added, so that a vector of zeros has a cosine, which is 0.

    Args:
        x1, x2: vectors, Tensors of floats of one shape.
        target: 1 or -1 for each pair.
        margin: :math:`m`, the cosine from which on vectors are too much alike.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(N, D), (N, D), (N,)`` or ``(D,), (D,), () -> ()``, or ``(N,)`` or ``()`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if a target is neither 1 nor -1.

    Example:
        >>> loss = F.cosine_embedding_loss(Tensor([[1.0, 0.0]]), Tensor([[4.0, 3.0]]), Tensor([1]))
        >>> print(f"{loss:.4f}")
        0.2000
    """
    name = "cosine_embedding_loss"
    margin = checks.number(name, "margin", margin)
    x1, x2 = _alike(name, reduction, x1=x1, x2=x2)
    if x1.ndim not in (1, 2):
        raise ShapeError(f"{name} expects x1 of shape (N, D) or (D,), got {x1.shape}")
    target = checks.real(name, "target", target, x1)
    _same_shape(name, "target", target, x1.shape[:-1])
    _check_signs(name, target)
    # 1e-12 is nothing in half precision, and the squares may be too much.
    a, b = (x.astype(float32) if x.dtype == float16 else x for x in (x1, x2))
    first, second = (ops.sqrt(ops.square(v).sum(axis=-1) + 1e-12) for v in (a, b))
    cosine = (a * b).sum(axis=-1) / (first * second)
    losses = ops.where(target > 0, 1.0 - cosine, ops.clip(cosine - margin, 0.0))
    return reduced(ops.astype(losses, x1.dtype, copy=False), reduction)


# ----------------------------------------------------------------- triplets


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    r"""Return by how much vectors fail to be nearer to what they belong to than to what they don't.

    .. math:: \ell = \max(0, d(a, p) - d(a, n) + m)

    where :math:`d` is ``pairwise_distance``.

    Args:
        anchor, positive, negative: vectors, Tensors of floats of one shape.
        margin: :math:`m`, by how much.
        p: the norm.
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
        >>> print(f"{F.triplet_margin_loss(a, p, n):.4f}")
        1.5000

    Balntas et al., Learning Local Feature Descriptors with Triplets and Shallow Convolutional Neural
    Networks, 2016.
    """
    name = "triplet_margin_loss"
    p = norm_order(name, p)
    eps = checks.number(name, "eps", eps)

    def distance(x: Any, y: Any) -> Any:
        return pairwise_distance(x, y, p, eps)

    return _triplets(name, anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    r"""Return ``triplet_margin_loss`` with a distance of one's own.

    .. math:: \ell = \max(0, d(a, p) - d(a, n) + m)

    Args:
        anchor, positive, negative: Tensors of floats of one shape.
        distance_function: :math:`d`, which takes two of these; by default ``pairwise_distance``.
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
        >>> apart = lambda x, y: 2 * lucid.abs(x - y)
        >>> F.triplet_margin_with_distance_loss(a, p, n, distance_function=apart)
        Tensor(2.0)
    """
    name = "triplet_margin_with_distance_loss"
    given = pairwise_distance if distance_function is None else distance_function
    if not callable(given):
        raise ArgumentTypeError(f"{name} expects distance_function to be a function, got {given!r}")

    def distance(x: Any, y: Any) -> Any:
        return checks.real(name, "what distance_function returns", given(x, y), x)

    return _triplets(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplets(
    name: str, anchor: Any, near: Any, far: Any, distance: Any, margin: Any, swap: Any, reduction: str
) -> Any:
    margin = positive(name, "margin", margin)
    swap = checks.truth(name, "swap", swap)
    anchor, near, far = _alike(name, reduction, anchor=anchor, positive=near, negative=far)
    apart = distance(anchor, far)
    if swap:
        apart = ops.minimum(apart, distance(near, far))
    return reduced(ops.clip(margin + distance(anchor, near) - apart, 0.0), reduction)


# ----------------------------------------------------------------- classes


def multi_margin_loss(
    x: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    r"""Return by how much the score of the right class fails to be ahead of the others: the hinge loss.

    .. math:: \ell = \frac{1}{C} \sum_{c \ne y} w_y \max(0, m - x_y + x_c)^p

    Args:
        x: scores, a Tensor of floats with the classes along the last axis.
        target: the classes, integers from 0 to ``C - 1``.
        p: 1 or 2.
        margin: :math:`m`, by how much.
        weight: of each class.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        x ``(N, C)`` or ``(C,)``, target ``(N,)`` or ``() -> ()``, or ``(N,)`` or ``()`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if a class does not exist, or ``p`` is neither 1 nor 2.

    Example:
        >>> F.multi_margin_loss(Tensor([[2.0, 1.5, 0.0, 0.0]]), Tensor([0]))
        Tensor(0.125)
    """
    name = "multi_margin_loss"
    checks.one_of(name, "reduction", reduction, REDUCTIONS)
    p, margin = margin_power(name, p), checks.number(name, "margin", margin)
    x = _scores(name, x)
    target = checks.whole(name, "target", target, x)
    _same_shape(name, "target", target, x.shape[:-1])
    classes = x.shape[-1]
    checks.in_range(name, "target", *checks.extremes(target), classes, "the number of classes")
    label = ops.expand_dims(target, -1)
    short = relu(margin - ops.take_along_axis(x, label, axis=-1) + x)
    if p == 2:
        short = ops.square(short)
    if weight is not None:
        short = short * class_weight(name, x, weight, x.ndim - 1)[label]
    right = label == ops.arange(classes, device=x.device)
    return reduced(ops.where(right, 0.0, short).sum(axis=-1) / classes, reduction)


def multilabel_margin_loss(x: Any, target: Any, *, reduction: str = "mean") -> Any:
    r"""Return by how much the scores of the right classes, of which there are several, fail to be ahead.

    .. math:: \ell = \frac{1}{C} \sum_j \sum_{c \notin y} \max(0, 1 - x_{y_j} + x_c)

    Args:
        x: scores, a Tensor of floats with the classes along the last axis.
        target: the right classes of each example, integers from 0 to ``C - 1``; then a -1 if they are not
            all. What comes after it counts for nothing, but must be a class or -1 too.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(N, C), (N, C)`` or ``(C,), (C,) -> ()``, or ``(N,)`` or ``()`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if a class does not exist.

    Example:
        >>> F.multilabel_margin_loss(Tensor([[2.0, 1.5, 2.0, 0.0]]), Tensor([[0, 2, -1, 0]]))
        Tensor(0.25)
    """
    name = "multilabel_margin_loss"
    checks.one_of(name, "reduction", reduction, REDUCTIONS)
    x = _scores(name, x)
    target = checks.whole(name, "target", target, x)
    _same_shape(name, "target", target, x.shape)
    classes = x.shape[-1]
    listed = ops.cumulative_sum((target < 0).astype("int64"), axis=-1) == 0
    low, high = checks.extremes(ops.where(listed | (target == -1), ops.maximum(target, 0), target))
    checks.in_range(name, "target", low, high, classes, "the number of classes")
    counts = held(listed.astype("int64").sum(axis=-1))
    longest = int(counts.max().item()) if counts.size else 0
    listed, labels = listed[..., :longest], ops.where(listed, target, 0)[..., :longest]
    found = listed[..., None] & (labels[..., None] == ops.arange(classes, device=x.device))
    wrong = ~ops.any(found, axis=-2)
    short = relu(1.0 - ops.take_along_axis(x, labels, axis=-1)[..., None] + x[..., None, :])
    counted = listed[..., None] & wrong[..., None, :]
    return reduced(ops.where(counted, short, 0.0).sum(axis=(-2, -1)) / classes, reduction)


def margin_power(function: str, p: Any) -> int:
    """Return the ``p`` of ``multi_margin_loss``, checked."""
    if isinstance(p, bool) or not isinstance(p, Real) or p not in (1, 2):
        raise ArgumentError(f"{function} expects p to be 1 or 2, got {p!r}")
    return 1 if p == 1 else 2


# ----------------------------------------------------------------- checks


def _alike(name: str, reduction: str, **inputs: Any) -> list[Any]:
    """Return inputs as Tensors of floats, which must be of one shape."""
    checks.one_of(name, "reduction", reduction, REDUCTIONS)
    tensors: list[Any] = []
    for key, value in inputs.items():
        tensors.append(checks.floating(name, key, value, tensors[0] if tensors else None))
    if len({t.shape for t in tensors}) > 1:
        shapes = " and ".join(str(t.shape) for t in tensors)
        raise ShapeError(f"{name} expects {', '.join(inputs)} of one shape, got {shapes}")
    return tensors


def _same_shape(name: str, what: str, tensor: Any, shape: tuple[int, ...]) -> None:
    if tensor.shape != shape:
        raise ShapeError(f"{name} expects {what} of shape {shape}, got {tensor.shape}")


def _scores(name: str, x: Any) -> Any:
    x = checks.floating(name, "x", x)
    if x.ndim not in (1, 2) or not x.shape[-1]:
        raise ShapeError(f"{name} expects x of shape (N, C) or (C,), got {x.shape}")
    return x


def _check_signs(name: str, target: Any) -> None:
    """Raise unless all targets are 1 or -1."""
    values = held(target)
    wrong = held(ops.abs(values) != 1)
    if bool(ops.any(wrong).item()):
        raise ArgumentError(
            f"{name} expects target to hold 1 and -1, got values from {values.min().item():g} "
            f"to {values.max().item():g}"
        )
