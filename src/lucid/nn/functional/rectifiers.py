"""Rectifiers beside ``relu``: bent lines, clamped lines, and those that bend smoothly below 0."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.ops import expm1, where
from lucid.recording import primitive

__all__ = ["celu", "elu", "hardsigmoid", "hardswish", "hardtanh", "prelu", "relu6", "selu"]

# ----------------------------------------------------------------- clamped lines


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    r"""Return ``x``, but no less than ``min_val`` and no more than ``max_val``. At both its derivative is 0.

    .. math:: \operatorname{hardtanh}(x) = \min(\max(x, \text{min}), \text{max})

    Args:
        x: a Tensor.
        min_val: the least result.
        max_val: the largest.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``min_val`` isn't less than ``max_val``, or one isn't finite.

    Example:
        >>> F.hardtanh(Tensor([-3.0, 0.5, 3.0]))
        Tensor([-1.0, 0.5, 1.0])
    """
    x = checks.as_tensor("hardtanh", "x", x)
    low, high = ordered("hardtanh", min_val, max_val)
    return clamped(x, low=low, high=high)


def ordered(function: str, min_val: Any, max_val: Any) -> tuple[float, float]:
    """Return the bounds of a hardtanh, checked."""
    low, high = checks.number(function, "min_val", min_val), checks.number(function, "max_val", max_val)
    if low >= high:
        raise ArgumentError(f"{function} expects min_val < max_val, got {min_val!r} and {max_val!r}")
    return low, high


@primitive(promotes="float")
def clamped(xp: Any, x: Any, /, *, low: float, high: float) -> Any:
    """Return ``x`` between ``low`` and ``high``; see ``hardtanh``."""
    return xp.clip(x, low, high)


@clamped.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, *, low: float, high: float) -> Any:
    return (xp.where((x <= low) | (x >= high), 0.0, g),)


def relu6(x: Any) -> Any:
    r"""Return ``x`` where it lies between 0 and 6, and the nearer of the two elsewhere.

    .. math:: \operatorname{relu6}(x) = \min(\max(x, 0), 6)

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.relu6(Tensor([-1.0, 2.0, 8.0]))
        Tensor([0.0, 2.0, 6.0])

    Howard et al., MobileNets, 2017.
    """
    return clamped(checks.as_tensor("relu6", "x", x), low=0.0, high=6.0)


def hardsigmoid(x: Any) -> Any:
    r"""Return a sigmoid of three straight lines: 0 up to -3, 1 from 3 on.

    .. math:: \operatorname{hardsigmoid}(x) = \frac{\min(\max(x + 3, 0), 6)}{6}

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.hardsigmoid(Tensor([-4.0, 0.0, 4.0]))
        Tensor([0.0, 0.5, 1.0])

    Howard et al., Searching for MobileNetV3, 2019.
    """
    return clamped(checks.as_tensor("hardsigmoid", "x", x) + 3.0, low=0.0, high=6.0) / 6.0


def hardswish(x: Any) -> Any:
    r"""Return ``x`` times its hardsigmoid.

    .. math:: \operatorname{hardswish}(x) = x \, \frac{\min(\max(x + 3, 0), 6)}{6}

    Shape:
        ``(*) -> (*)``

    Example:
        >>> F.hardswish(Tensor([-4.0, 0.0, 4.0]))
        Tensor([-0.0, 0.0, 4.0])

    Howard et al., Searching for MobileNetV3, 2019.
    """
    x = checks.as_tensor("hardswish", "x", x)
    return x * hardsigmoid(x)


# ----------------------------------------------------------------- bent lines


def prelu(x: Any, weight: Any) -> Any:
    r"""Return ``x`` where it is positive and ``weight * x`` elsewhere, at 0 too; the weight is learned.

    .. math:: \operatorname{prelu}(x) = \max(x, 0) + w \min(x, 0)

    Args:
        x: a Tensor.
        weight: one number, or one for each place along axis 1 of ``x``.

    Shape:
        x ``(N, C, *)``, weight ``(C,)`` ``-> (N, C, *)``;
        x ``(*)``, weight ``(1,)`` or ``()`` ``-> (*)``

    Raises:
        ShapeError: if there are neither one weight nor as many as channels.

    Example:
        >>> F.prelu(Tensor([[-1.0, -1.0]]), Tensor([0.5, 0.25]))
        Tensor([[-0.5, -0.25]])

    He et al., Delving Deep into Rectifiers, 2015.
    """
    x = checks.as_tensor("prelu", "x", x)
    weight = checks.as_tensor("prelu", "weight", weight, x)
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.ndim > 1 or weight.size not in (1, channels):
        raise ShapeError(
            f"prelu expects weight of shape (1,) or ({channels},) for x of shape {x.shape}, "
            f"got {weight.shape}"
        )
    along_axis_1 = (-1, *(1,) * (x.ndim - 2)) if x.ndim else ()
    return where(x > 0, x, weight.reshape(along_axis_1) * x)


# ----------------------------------------------------------------- smooth below 0


def elu(x: Any, alpha: float = 1.0) -> Any:
    r"""Return ``x`` where it is positive, and elsewhere a curve down to ``-alpha``.

    .. math:: \operatorname{elu}(x) = \max(x, 0) + \alpha \, (e^{\min(x, 0)} - 1)

    Args:
        x: a Tensor.
        alpha: how far it goes down.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``alpha`` is no finite number.

    Example:
        >>> F.elu(Tensor([-100.0, 2.0]), 0.5)
        Tensor([-0.5, 2.0])

    Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear
    Units, 2015.
    """
    x = checks.as_tensor("elu", "x", x)
    return where(x > 0, x, checks.number("elu", "alpha", alpha) * expm1(_at_most_0(x)))


def _at_most_0(x: Any) -> Any:
    """Return ``x``, and 0 where it is positive: exp of that doesn't overflow where it isn't wanted."""
    return where(x > 0, 0.0, x)


def selu(x: Any) -> Any:
    r"""Return a scaled elu, which keeps mean 0 and variance 1 from layer to layer.

    .. math:: \operatorname{selu}(x) = s \left( \max(x, 0) + \alpha \, (e^{\min(x, 0)} - 1) \right),
        \qquad s \approx 1.0507, \ \alpha \approx 1.6733

    Shape:
        ``(*) -> (*)``

    Example:
        >>> print(f"{F.selu(Tensor(1.0)):.4f}")
        1.0507

    Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """
    return _SCALE * elu(checks.as_tensor("selu", "x", x), _ALPHA)


_SCALE, _ALPHA = 1.0507009873554804934, 1.6732632423543772848


def celu(x: Any, alpha: float = 1.0) -> Any:
    r"""Return an elu that is smooth at 0, whatever ``alpha`` is.

    .. math:: \operatorname{celu}(x) = \max(x, 0) + \alpha \, (e^{\min(x, 0) / \alpha} - 1)

    Args:
        x: a Tensor.
        alpha: how far it goes down, not 0.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``alpha`` is 0 or no finite number.

    Example:
        >>> F.celu(Tensor([-100.0, 2.0]), 0.5)
        Tensor([-0.5, 2.0])

    Barron, Continuously Differentiable Exponential Linear Units, 2017.
    """
    x = checks.as_tensor("celu", "x", x)
    alpha = nonzero("celu", alpha)
    return where(x > 0, x, alpha * expm1(_at_most_0(x) / alpha))


def nonzero(function: str, alpha: Any) -> float:
    """Return the ``alpha`` of a celu, checked."""
    value = checks.number(function, "alpha", alpha)
    if value == 0:
        raise ArgumentError(f"{function} expects alpha not to be 0, got {alpha!r}")
    return value
