"""Losses: how far results lie from what they should be; here those of plain numbers.

Every loss takes ``reduction``: ``"mean"`` of the elements' losses, their ``"sum"``, or ``"none"``
for the losses themselves. A loss does not broadcast: (N, 1) against (N,) would compare each
result with every target, and is an error.

Read next: ``loss_classes.py`` and the other files that begin with ``loss_``.
"""

from __future__ import annotations

from typing import Any

from lucid.engines.dtypes import float16, float32
from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.ops import abs, astype, finfo, square
from lucid.recording import primitive

REDUCTIONS = ("mean", "sum", "none")


def reduced(losses: Any, reduction: str, count: Any = None) -> Any:
    """Reduce ``losses``; their mean is over ``count``, by default their number."""
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if count is None:
        return losses.mean()
    return astype(total(losses) / count, losses.dtype, copy=False)


def total(x: Any) -> Any:
    """Return the sum of ``x``; of half precision in single, as what it is divided by may be as large."""
    return x.sum(dtype=float32) if x.dtype == float16 else x.sum()


def pair(function: str, x: Any, target: Any, reduction: str) -> tuple[Any, Any]:
    """Return the input and the target of a loss, checked: Tensors of one shape, of floats."""
    checks.one_of(function, "reduction", reduction, REDUCTIONS)
    x = checks.floating(function, "x", x)
    target = checks.real(function, "target", target, x)
    checks.equal_shapes(function, x, target)
    return x, target if target.dtype.kind == "f" else target.astype(x.dtype)


def _element_weight(function: str, weight: Any, x: Any) -> Any:
    """Return the ``weight`` of each element's loss, checked: it does not broadcast either."""
    weight = checks.real(function, "weight", weight, x)
    if weight.shape != x.shape:
        raise ShapeError(f"{function} expects weight of the shape of x, {x.shape}, got {weight.shape}")
    return weight.astype(x.dtype)


def mse_loss(x: Any, target: Any, reduction: str = "mean", *, weight: Any = None) -> Any:
    r"""Return the squared error.

    .. math:: \ell = w (x - y)^2

    Args:
        x: a Tensor of floats.
        target: a Tensor of the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: :math:`w`, a Tensor of the same shape. The mean is weighted then: the sum over that of
            the weights.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> F.mse_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
        Tensor(2.0)
        >>> F.mse_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]), weight=Tensor([3.0, 1.0]))
        Tensor(1.0)
    """
    x, target = pair("mse_loss", x, target, reduction)
    return _weighed("mse_loss", square(x - target), reduction, weight)


def l1_loss(x: Any, target: Any, reduction: str = "mean", *, weight: Any = None) -> Any:
    r"""Return the absolute error. Its derivative where ``x`` is right is 0.

    .. math:: \ell = w |x - y|

    Args:
        x: a Tensor of floats.
        target: a Tensor of the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: :math:`w`, a Tensor of the same shape. The mean is weighted then: the sum over that of
            the weights.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> F.l1_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
        Tensor(1.0)
    """
    x, target = pair("l1_loss", x, target, reduction)
    return _weighed("l1_loss", abs(x - target), reduction, weight)


def _weighed(function: str, losses: Any, reduction: str, weight: Any) -> Any:
    if weight is None:
        return reduced(losses, reduction)
    weight = _element_weight(function, weight, losses)
    return reduced(losses * weight, reduction, total(weight))


def smooth_l1_loss(x: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    r"""Return the absolute error, rounded off into a parabola where it is small.

    .. math:: \ell = \begin{cases}
        (x - y)^2 / (2 \beta) & \text{if } |x - y| < \beta \\
        |x - y| - \beta / 2 & \text{otherwise}
        \end{cases}

    It is ``huber_loss`` divided by ``beta``; its slope is 1 where the error is large.

    Args:
        x: a Tensor of floats.
        target: a Tensor of the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        beta: where the parabola ends; 0 gives ``l1_loss``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if ``beta`` is negative.

    Example:
        >>> F.smooth_l1_loss(Tensor([0.0, 3.0]), Tensor([1.0, 0.0]), reduction="none")
        Tensor([0.5, 2.5])

    Girshick, Fast R-CNN, 2015.
    """
    x, target = pair("smooth_l1_loss", x, target, reduction)
    beta = checks.number("smooth_l1_loss", "beta", beta, 0)
    apart = x - target
    if beta < finfo(apart.dtype).smallest_normal:
        return reduced(abs(apart), reduction)
    return reduced(rounded(apart, bend=beta, slope=1.0), reduction)


@primitive
def rounded(xp: Any, x: Any, /, *, bend: float, slope: float) -> Any:
    """Return the absolute value times ``slope``, a parabola between ``-bend`` and ``bend``.

    With ``x`` held to where the parabola is, parabola and lines are one formula; and that is the slope.
    """
    part = xp.clip(x, -bend, bend)
    return _sloped(part, bend, slope) * (x - 0.5 * part)


rounded.name = "huber_loss"  # in messages


@rounded.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, *, bend: float, slope: float) -> Any:
    return (g * _sloped(xp.clip(x, -bend, bend), bend, slope),)


def _sloped(part: Any, bend: float, slope: float) -> Any:
    return part if slope == bend else part * slope / bend


def huber_loss(x: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    r"""Return half the squared error, continued as a straight line where the error is large.

    .. math:: \ell = w \begin{cases}
        (x - y)^2 / 2 & \text{if } |x - y| < \delta \\
        \delta (|x - y| - \delta / 2) & \text{otherwise}
        \end{cases}

    Args:
        x: a Tensor of floats.
        target: a Tensor of the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        delta: :math:`\delta`, where the line begins, which is its slope too.
        weight: :math:`w`, a Tensor of the same shape. The mean is over the elements all the same, as in
            PyTorch; that of ``mse_loss`` is over the weights.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.
        ArgumentError: if ``delta`` is not positive.

    Example:
        >>> F.huber_loss(Tensor([0.0, 3.0]), Tensor([1.0, 0.0]), reduction="none", delta=2.0)
        Tensor([0.5, 4.0])

    Huber, Robust Estimation of a Location Parameter, 1964.
    """
    x, target = pair("huber_loss", x, target, reduction)
    delta = positive("huber_loss", "delta", delta)
    apart = x - target
    delta = min(delta, finfo(apart.dtype).max)
    losses = rounded(apart, bend=delta, slope=delta)
    if weight is not None:
        losses = losses * _element_weight("huber_loss", weight, x)
    return reduced(losses, reduction)


def positive(function: str, name: str, value: Any) -> float:
    """Return ``value``, a number above 0, as a float."""
    number = checks.number(function, name, value)
    if number <= 0:
        raise ArgumentError(f"{function} expects {name} to be positive, got {value!r}")
    return number
