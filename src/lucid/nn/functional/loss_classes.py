"""Losses of one class of several."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.errors import ArgumentError, DTypeError, ShapeError
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.nn.functional.loss import REDUCTIONS, reduced, total
from lucid.nn.functional.loss_yes_no import check_probabilities
from lucid.nn.functional.softmax import log_softmax
from lucid.ops import getitem, where


def cross_entropy(
    x: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    r"""Return the cross entropy between classes and the softmax of logits.

    .. math:: \ell = -w_y \log \operatorname{softmax}(x)_y
        \qquad \text{or} \qquad \ell = -\sum_c w_c \, y_c \log \operatorname{softmax}(x)_c

    Args:
        x: logits, a Tensor of floats with the classes along axis 1 (axis 0 if it is the only one).
        target: the classes as integers from 0 to ``C - 1``; or the probability of every class as
            floats, in the shape of ``x``.
        weight: of each class.
        ignore_index: a class that counts for nothing, neither in the loss nor in the mean.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``. With classes the mean is weighted by
            ``weight``; of no targets it is nan.
        label_smoothing: the share of the target that is spread over all classes, from 0 to 1.

    Shape:
        x ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``()``, or that of x
        ``-> ()``, or ``(N, *)`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        DTypeError: if classes are floats, or probabilities integers.
        ArgumentError: if a class does not exist.

    Example:
        >>> loss = F.cross_entropy(Tensor([[0.0, 0.0]]), Tensor([1]))
        >>> print(f"{loss:.4f}")
        0.6931

    Szegedy et al., Rethinking the Inception Architecture, 2015 (label smoothing).
    """
    name = "cross_entropy"
    checks.one_of(name, "reduction", reduction, REDUCTIONS)
    smoothing = checks.number(name, "label_smoothing", label_smoothing, 0, 1)
    x = checks.floating(name, "x", x)
    axis = class_axis(name, x)
    target = checks.real(name, "target", target, x)
    if target.dtype.kind == "f" and target.shape == x.shape:
        if checks.integer(name, "ignore_index", ignore_index) >= 0:
            raise ArgumentError(
                f"{name}: ignore_index={ignore_index} needs classes as target, got probabilities"
            )
        log_p = log_softmax(x, axis)
        return reduced(_against_probabilities(name, log_p, target, weight, axis, smoothing), reduction)
    if target.shape == x.shape:
        raise DTypeError(
            f"{name}: a target of the shape of x holds probabilities, which are floats, got "
            f"{target.dtype.name}: write target.astype(lucid.{x.dtype.name})"
        )
    target, ignored = check_classes(name, x, target, ignore_index, axis)
    weight = None if weight is None else class_weight(name, x, weight, axis)
    return class_entropy(x, target, weight, ignore_index=ignored, smoothing=smoothing, reduction=reduction)


@fused
def class_entropy(
    x: Any, target: Any, weight: Any, *, ignore_index: int | None, smoothing: float, reduction: str
) -> Any:
    """Return the cross entropy of classes, all of which exist; see ``cross_entropy``.

    An ``ignore_index`` of None says that there are none to ignore.
    """
    axis = min(1, x.ndim - 1)
    log_p = log_softmax(x, axis)
    losses, count, ignored = _of_classes(log_p, target, weight, ignore_index, axis)
    if smoothing:
        # The smooth part is the loss against all classes alike.
        everywhere = -_weighted(log_p, weight, axis).mean(axis)
        if ignored is not None:
            everywhere = where(ignored, 0.0, everywhere)
        losses = (1 - smoothing) * losses + smoothing * everywhere
    return reduced(losses, reduction, count)


def nll_loss(
    x: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    r"""Return the negative logarithm of the probability of each target class.

    .. math:: \ell = -w_y \, x_y

    Args:
        x: logarithms of probabilities, as ``log_softmax`` gives them, with the classes along
            axis 1 (axis 0 if it is the only one).
        target: the classes, integers from 0 to ``C - 1``.
        weight: of each class.
        ignore_index: a class that counts for nothing, neither in the loss nor in the mean.
        reduction: ``"mean"``, weighted by ``weight``, ``"sum"`` or ``"none"``.

    Shape:
        x ``(N, C, *)`` or ``(C,)``, target ``(N, *)`` or ``() -> ()``,
        or ``(N, *)`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        DTypeError: if the classes are not integers.
        ArgumentError: if a class does not exist.

    Example:
        >>> F.nll_loss(Tensor([[-1.0, -2.0]]), Tensor([1]))
        Tensor(2.0)
    """
    checks.one_of("nll_loss", "reduction", reduction, REDUCTIONS)
    x = checks.floating("nll_loss", "x", x)
    axis = class_axis("nll_loss", x)
    target, ignored = check_classes("nll_loss", x, target, ignore_index, axis)
    weight = None if weight is None else class_weight("nll_loss", x, weight, axis)
    losses, count, _ = _of_classes(x, target, weight, ignored, axis)
    return reduced(losses, reduction, count)


def class_axis(function: str, x: Any) -> int:
    """Return the axis of the classes: 1, or 0 if it is the only one."""
    if x.ndim == 0:
        raise ShapeError(f"{function} expects x of shape (N, C, ...) or (C,), got ()")
    return 0 if x.ndim == 1 else 1


def check_classes(function: str, x: Any, target: Any, ignore_index: int, axis: int) -> tuple[Any, int | None]:
    """Return the target, checked, and the class to ignore; None where no target can be it."""
    expected = (*x.shape[:axis], *x.shape[axis + 1 :])
    target = checks.whole(function, "target", target, x)
    if target.shape != expected:
        fix = ""
        if target.shape == x.shape[:-1]:
            c = x.shape[-1]
            fix = f": classes are axis 1, so write x.reshape((-1, {c})) and target.reshape(-1)"
        raise ShapeError(
            f"{function} expects target of shape {expected} for x of shape {x.shape}, got {target.shape}{fix}"
        )
    ignored = checks.integer(function, "ignore_index", ignore_index)
    low, high = checks.extremes(target)
    found = low <= ignored <= high
    if found:
        low, high = checks.extremes(where(target == ignored, 0, target))
    checks.in_range(function, "target", low, high, x.shape[axis], "the number of classes")
    return target, ignored if found else None


def _of_classes(
    log_p: Any, target: Any, weight: Any, ignore_index: int | None, axis: int
) -> tuple[Any, Any, Any]:
    """Return the loss of each target, the count that a mean divides by, and which are ignored.

    The latter two are None where every target counts as one.
    """
    ignored = None
    if ignore_index is not None:
        ignored = target == ignore_index
        target = where(ignored, 0, target)
    # A target of (N, *) picks log_p[n, target[n, *], *]: the other axes are indexed by their own positions.
    index: list[Any] = list(np.indices(target.shape, sparse=True))
    index.insert(axis, target)
    losses = -getitem(log_p, tuple(index))
    count = None
    if weight is not None:
        count = getitem(weight, target)
        losses = losses * count
    if ignored is not None:
        losses = where(ignored, 0.0, losses)
        count = (~ignored).astype(log_p.dtype) if count is None else where(ignored, 0.0, count)
    return losses, None if count is None else total(count), ignored


def _against_probabilities(
    function: str, log_p: Any, target: Any, weight: Any, axis: int, smoothing: float
) -> Any:
    """Return the loss of each target that gives a probability to every class."""
    check_probabilities(function, target)
    if smoothing:
        target = (1 - smoothing) * target + smoothing / log_p.shape[axis]
    # What has no probability costs nothing, even where its logarithm is -inf: 0 * inf would be nan.
    losses = where(target == 0, 0.0, target * log_p)
    weight = None if weight is None else class_weight(function, log_p, weight, axis)
    return -_weighted(losses, weight, axis).sum(axis)


def _weighted(losses: Any, weight: Any, axis: int) -> Any:
    """Return ``losses`` times the weight of their class, along ``axis``."""
    if weight is None:
        return losses
    return losses * weight.reshape((-1, *(1,) * (losses.ndim - axis - 1)))  # (C, 1, ...)


def class_weight(function: str, like: Any, weight: Any, axis: int) -> Any:
    """Return the weight of each class, checked, in the dtype of ``like``."""
    weight = checks.real(function, "weight", weight, like)
    if weight.shape != (like.shape[axis],):
        raise ShapeError(
            f"{function} expects weight of shape {(like.shape[axis],)}, one for each class, "
            f"got {weight.shape}"
        )
    return weight.astype(like.dtype)
