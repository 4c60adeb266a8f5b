"""Losses of yes-or-no questions: each number, or label, by itself."""

from __future__ import annotations

from typing import Any

from lucid.engines.dtypes import float16, float32
from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.loss import pair, reduced
from lucid.nn.functional.smooth import log1p_exp
from lucid.recording import held, primitive


def binary_cross_entropy_with_logits(
    x: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    r"""Return the cross entropy of yes-or-no questions, from logits.

    .. math:: \ell = -w \left( p \, y \log \sigma(x) + (1 - y) \log (1 - \sigma(x)) \right)

    It is computed from the logits, because the logarithm of a sigmoid that has been rounded
    to 0 is lost.

    Args:
        x: logits, a Tensor of floats.
        target: probabilities of yes, a Tensor of the same shape; integers and booleans are taken too.
        weight: of each element's loss; it broadcasts to ``x``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        pos_weight: :math:`p`, the weight of a yes against a no; it broadcasts to ``x``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ, or a weight does not broadcast to them.
        ArgumentError: if a target is no probability.

    Example:
        >>> loss = F.binary_cross_entropy_with_logits(Tensor([0.0]), Tensor([1.0]))
        >>> print(f"{loss:.4f}")
        0.6931
    """
    name = "binary_cross_entropy_with_logits"
    return reduced(_losses_of_logits(name, x, target, weight, reduction, pos_weight), reduction)


def _losses_of_logits(
    name: str, x: Any, target: Any, weight: Any, reduction: str, pos_weight: Any = None
) -> Any:
    x, target = pair(name, x, target, reduction)
    check_probabilities(name, target)
    # No large numbers are subtracted here, so that also the losses of sure answers keep their digits.
    yes, no = target, 1 - target
    if pos_weight is not None:
        yes = yes * broadcast_weight(name, "pos_weight", pos_weight, x)
    losses = entropy_of_logits(x, yes, no)
    return losses if weight is None else losses * broadcast_weight(name, "weight", weight, x)


@primitive(promotes="common")
def entropy_of_logits(xp: Any, x: Any, yes: Any, no: Any, /) -> Any:
    """Return ``-yes * log(sigmoid(x)) - no * log(sigmoid(-x))``, elementwise."""
    # The logarithms differ by x: what both of them hold is computed once.
    rest = xp.log1p(xp.exp(-xp.abs(x)))
    return yes * (xp.maximum(-x, 0) + rest) + no * (xp.maximum(x, 0) + rest)


entropy_of_logits.name = "binary_cross_entropy_with_logits"  # in messages


@entropy_of_logits.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, yes: Any, no: Any) -> Any:
    def cost(x: Any) -> Any:
        return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))

    return (
        lambda: g * (no * xp.sigmoid(x) - yes * xp.sigmoid(-x)),
        lambda: g * cost(-x),
        lambda: g * cost(x),
    )


def broadcast_weight(function: str, name: str, weight: Any, x: Any) -> Any:
    """Return ``weight`` in the dtype of ``x``, to which it must broadcast."""
    weight = checks.real(function, name, weight, x)
    tail = x.shape[max(0, x.ndim - weight.ndim) :]
    if weight.ndim > x.ndim or any(n not in (1, m) for n, m in zip(weight.shape, tail, strict=True)):
        raise ShapeError(
            f"{function} expects a {name} that broadcasts to x of shape {x.shape}, got {weight.shape}"
        )
    return weight.astype(x.dtype)


def check_probabilities(function: str, values: Any, name: str = "target", slack: float = 1e-3) -> None:
    """Raise if a value is far from being a probability: a label, a logit, a nan."""
    if not values.size:
        return
    values = held(values)
    low, high = float(values.min()), float(values.max())
    # A mixture of probabilities may exceed 1 by rounding; a mistake exceeds it by more.
    if not (low >= -slack and high <= 1 + slack):
        raise ArgumentError(
            f"{function} expects {name} to hold probabilities from 0 to 1, "
            f"got values from {low:g} to {high:g}"
        )


def binary_cross_entropy(x: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    r"""Return the cross entropy of yes-or-no questions, from probabilities.

    .. math:: \ell = -w \left( y \log x + (1 - y) \log (1 - x) \right)

    The logarithms are held above -100, and the gradient by ``x``, which is
    :math:`w (x - y) / (x (1 - x))`, has a denominator of at least 1e-12: so both are finite where an answer
    is sure and wrong; only float16 can't hold such a gradient. Take ``binary_cross_entropy_with_logits``
    where there are logits, as it loses nothing.

    Args:
        x: probabilities of yes, a Tensor of floats, as ``sigmoid`` gives them.
        target: probabilities of yes, a Tensor of the same shape; integers and booleans are taken too.
        weight: of each element's loss; it broadcasts to ``x``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ, or the weight does not broadcast to them.
        ArgumentError: if an element of ``x`` or a target is no probability.

    Example:
        >>> loss = F.binary_cross_entropy(Tensor([0.5]), Tensor([1.0]))
        >>> print(f"{loss:.4f}")
        0.6931
        >>> F.binary_cross_entropy(Tensor([0.0]), Tensor([1.0]))
        Tensor(100.0)
    """
    name = "binary_cross_entropy"
    x, target = pair(name, x, target, reduction)
    check_probabilities(name, x, "x", slack=0.0)
    check_probabilities(name, target)
    if x.dtype == float16:  # which has no 1e-12
        losses = entropy_of_answers(x.astype(float32), target.astype(float32)).astype(float16)
    else:
        losses = entropy_of_answers(x, target)
    if weight is not None:
        losses = losses * broadcast_weight(name, "weight", weight, x)
    return reduced(losses, reduction)


@primitive(promotes="common")
def entropy_of_answers(xp: Any, x: Any, target: Any, /) -> Any:
    """Return the cross entropy of probabilities, elementwise; see ``binary_cross_entropy``."""
    yes, no = _logarithms(xp, x)
    return (target - 1) * no - target * yes


entropy_of_answers.name = "binary_cross_entropy"  # in messages


@entropy_of_answers.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, target: Any) -> Any:
    def by_target() -> Any:
        yes, no = _logarithms(xp, x)
        return g * (no - yes)

    return lambda: g * (x - target) / xp.maximum(x * (1 - x), 1e-12), by_target


def _logarithms(xp: Any, x: Any) -> tuple[Any, Any]:
    """Return the logarithms of ``x`` and of ``1 - x``, at least -100; no derivative is nan."""
    some, part = x > 0, x < 1
    yes = xp.maximum(xp.log(xp.where(some, x, 1.0)), -100.0)
    no = xp.maximum(xp.log1p(-xp.where(part, x, 0.0)), -100.0)
    return xp.where(some, yes, -100.0), xp.where(part, no, -100.0)


def soft_margin_loss(x: Any, target: Any, *, reduction: str = "mean") -> Any:
    r"""Return the cross entropy of yes-or-no questions whose answers are 1 and -1.

    .. math:: \ell = \log(1 + e^{-y x})

    Args:
        x: logits, a Tensor of floats.
        target: 1 for yes and -1 for no, a Tensor of the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> F.soft_margin_loss(Tensor([0.0, 100.0]), Tensor([1.0, -1.0]), reduction="none")
        Tensor([0.6931, 100.0])
    """
    x, target = pair("soft_margin_loss", x, target, reduction)
    return reduced(log1p_exp(-target * x), reduction)


def multilabel_soft_margin_loss(x: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    r"""Return the cross entropy of yes-or-no questions, one for each class: its mean over the classes.

    .. math:: \ell = -\frac{1}{C} \sum_c
        w_c \left( y_c \log \sigma(x_c) + (1 - y_c) \log (1 - \sigma(x_c)) \right)

    Args:
        x: logits, a Tensor of floats with the classes along the last axis.
        target: 1 for the classes that an example has and 0 for others, a Tensor of the same shape.
        weight: of each class; it broadcasts to ``x``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``, over the examples.

    Shape:
        ``(*, C), (*, C) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ, or the weight does not broadcast to them.
        ArgumentError: if a target is no probability.

    Example:
        >>> loss = F.multilabel_soft_margin_loss(Tensor([[0.0, 0.0]]), Tensor([[1, 0]]))
        >>> print(f"{loss:.4f}")
        0.6931
    """
    name = "multilabel_soft_margin_loss"
    losses = _losses_of_logits(name, x, target, weight, reduction)
    if not losses.ndim:
        raise ShapeError(f"{name} expects x of shape (*, C), got ()")
    return reduced(losses.mean(axis=-1), reduction)
