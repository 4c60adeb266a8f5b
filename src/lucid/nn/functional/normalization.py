r"""Normalisation: subtract the mean, divide by the standard deviation, then scale and shift.

.. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}} \, \gamma + \beta

The functions differ in what mean and variance are taken over: here over parts of each example. The
variance in the formula is the biased one, divided by the number of elements. Half precision is
computed in float32, and the result has the dtype of ``x``.

Read next: ``batch_normalization.py``, where the statistics may be those of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lucid.errors import ShapeError
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.ops import sqrt, square

# ----------------------------------------------------------------- over the last axes


def layer_norm(
    x: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    r"""Normalise over the last axes.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}} \, \gamma + \beta

    Args:
        x: a Tensor of floats.
        normalized_shape: the sizes of the axes to normalise over; an integer for the last one.
        weight, bias: :math:`\gamma` and :math:`\beta` of each element; None for 1 and 0.
        eps: added to the variance.

    Shape:
        x ``(*, *normalized_shape)``, weight and bias ``normalized_shape -> (*, *normalized_shape)``

    Raises:
        ShapeError: if the shapes do not fit together.

    Example:
        >>> F.layer_norm(Tensor([[1.0, 3.0], [4.0, 8.0]]), 2, eps=0.0).tolist()
        [[-1.0, 1.0], [-1.0, 1.0]]

    Ba, Kiros and Hinton, Layer Normalization, 2016.
    """
    x, shape = _with_last_axes("layer_norm", x, normalized_shape)
    weight, bias = weight_and_bias("layer_norm", weight, bias, shape, x)
    return layer_normalized(x, weight, bias, axes=len(shape), eps=checks.number("layer_norm", "eps", eps, 0))


@fused
def layer_normalized(x: Any, weight: Any, bias: Any, *, axes: int, eps: float) -> Any:
    """Return ``x`` normalised over its last ``axes`` axes; see ``layer_norm``."""
    last = tuple(range(-axes, 0))
    wide = widened(x)
    centred = wide - wide.mean(axis=last, keepdims=True)
    y = centred / sqrt(square(centred).mean(axis=last, keepdims=True) + eps)
    y = y if weight is None else y * weight
    y = y if bias is None else y + bias
    return y.astype(x.dtype)


def rms_norm(
    x: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None
) -> Any:
    r"""Divide by the root of the mean square over the last axes.

    .. math:: y = \frac{x}{\sqrt{\operatorname{E}[x^2] + \epsilon}} \, \gamma

    Args:
        x: a Tensor of floats.
        normalized_shape: the sizes of the axes to normalise over; an integer for the last one.
        weight: :math:`\gamma` of each element; None for 1.
        eps: added to the mean square; None for the distance from 1 to the next number, in the
            precision that is computed in.

    Shape:
        x ``(*, *normalized_shape)``, weight ``normalized_shape -> (*, *normalized_shape)``

    Raises:
        ShapeError: if the shapes do not fit together.

    Example:
        >>> F.rms_norm(Tensor([2.0, -2.0]), 2)
        Tensor([1.0, -1.0])

    Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
    """
    x, shape = _with_last_axes("rms_norm", x, normalized_shape)
    weight, _ = weight_and_bias("rms_norm", weight, None, shape, x)
    if eps is None:
        eps = float(np.finfo(np.float64 if x.dtype == np.float64 else np.float32).eps)
    return rms_normalized(x, weight, axes=len(shape), eps=checks.number("rms_norm", "eps", eps, 0))


@fused
def rms_normalized(x: Any, weight: Any, *, axes: int, eps: float) -> Any:
    """Return ``x`` divided by its root mean square over the last ``axes`` axes; see ``rms_norm``."""
    wide = widened(x)
    y = wide / sqrt(square(wide).mean(axis=tuple(range(-axes, 0)), keepdims=True) + eps)
    return (y if weight is None else y * weight).astype(x.dtype)


# ----------------------------------------------------------------- over groups of channels


def group_norm(x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    r"""Normalise each group of channels of each example.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}} \, \gamma + \beta

    Args:
        x: a Tensor of floats with the channels along axis 1.
        num_groups: how many groups of neighbours the channels are divided into.
        weight, bias: :math:`\gamma` and :math:`\beta` of each channel; None for 1 and 0.
        eps: added to the variance.

    Shape:
        x ``(N, C, *)``, weight and bias ``(C,) -> (N, C, *)``

    Raises:
        ShapeError: if the channels do not divide into groups, or shapes do not fit together.

    Example:
        >>> F.group_norm(Tensor([[1.0, 3.0, 5.0, 9.0]]), 2, eps=0.0)
        Tensor([[-1.0, 1.0, -1.0, 1.0]])

    Wu and He, Group Normalization, 2018.
    """
    x = with_channels("group_norm", x)
    groups = checks.size("group_norm", "num_groups", num_groups)
    if x.shape[1] % groups:
        raise ShapeError(
            f"group_norm expects channels that divide into num_groups={groups}, got {x.shape[1]}: "
            f"shape {x.shape}"
        )
    weight, bias = weight_and_bias("group_norm", weight, bias, x.shape[1:2], x)
    more_than_one("group_norm", "value per group", x.size // groups, x)
    eps = checks.number("group_norm", "eps", eps, 0)
    return group_normalized(x, weight, bias, groups=groups, eps=eps)[0]


@fused(aside=2)
def group_normalized(x: Any, weight: Any, bias: Any, *, groups: int, eps: float) -> Any:
    """Return ``x`` normalised by the statistics of each group of channels, and these, ``(N, groups)``."""
    size = math.prod(x.shape[2:]) * (x.shape[1] // max(1, groups))
    wide = widened(x).reshape((x.shape[0], groups, size))
    mean = wide.mean(axis=2, keepdims=True)
    centred = wide - mean
    var = square(centred).mean(axis=2, keepdims=True)
    y = (centred / sqrt(var + eps)).reshape(x.shape)
    shape = (x.shape[0], groups)
    return (
        scaled(y, weight, bias).astype(x.dtype),
        mean.detach().reshape(shape),
        var.detach().reshape(shape),
    )


# ----------------------------------------------------------------- parts of definitions


def widened(x: Any) -> Any:
    """Return ``x`` in at least float32."""
    return x.astype(np.float32) if x.dtype.itemsize < 4 else x


def per_channel(value: Any, x: Any) -> Any:
    """Return one number for each channel so that it broadcasts to ``x``."""
    return value.reshape((value.shape[0], *(1,) * (x.ndim - 2)))  # (C, 1, ...)


def scaled(y: Any, weight: Any, bias: Any) -> Any:
    """Return ``y`` times the weight of its channel, plus the bias."""
    y = y if weight is None else y * per_channel(weight, y)
    return y if bias is None else y + per_channel(bias, y)


# ----------------------------------------------------------------- checks


def with_channels(function: str, x: Any) -> Any:
    """Return ``x``, which must be of floats and have channels."""
    x = checks.floating(function, "x", x)
    if x.ndim < 2:
        raise ShapeError(f"{function} expects x of shape (N, C, ...), got {x.shape}")
    return x


def _with_last_axes(function: str, x: Any, normalized_shape: Any) -> tuple[Any, tuple[int, ...]]:
    x = checks.floating(function, "x", x)
    shape = shape_of_last_axes(function, normalized_shape)
    if x.shape[-len(shape) :] != shape:
        raise ShapeError(f"{function} expects x of shape (*, {', '.join(map(str, shape))}), got {x.shape}")
    return x, shape


def shape_of_last_axes(function: str, normalized_shape: Any) -> tuple[int, ...]:
    """Return ``normalized_shape``, an integer or some, as a tuple."""
    sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    shape = tuple(checks.integer(function, "normalized_shape", n) for n in sizes)
    if not shape:
        raise ShapeError(f"{function} expects at least one axis in normalized_shape, got {normalized_shape}")
    return shape


def weight_and_bias(function: str, weight: Any, bias: Any, shape: tuple[int, ...], x: Any) -> tuple[Any, Any]:
    """Return both, None or Tensors of floats, which must be of ``shape``."""
    checked = []
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None:
            value = checks.floating(function, name, value, x)
            if value.shape != shape:
                raise ShapeError(
                    f"{function} expects {name} of shape {shape} for x of shape {x.shape}, got {value.shape}"
                )
        checked.append(value)
    return checked[0], checked[1]


def more_than_one(function: str, what: str, count: int, x: Any) -> None:
    """Raise if a statistic is of one value."""
    if count == 1:
        raise ShapeError(
            f"{function} expects more than one {what}, got shape {x.shape}: the variance of one is 0, "
            "and what it was would be lost"
        )
