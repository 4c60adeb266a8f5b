"""Normalisation of channels whose statistics may be those of the batch, or running ones.

Running statistics are Tensors that the function is given. In training they take on new values.
"""

from __future__ import annotations

import math
from typing import Any

from lucid.autograd import no_grad
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.nn.functional.activation import relu
from lucid.nn.functional.normalization import (
    group_normalized,
    more_than_one,
    per_channel,
    scaled,
    weight_and_bias,
    widened,
    with_channels,
)
from lucid.ops import sqrt, square
from lucid.recording import primitive
from lucid.tensor import Tensor

ACTIVATIONS = ("relu",)

# ----------------------------------------------------------------- over the batch


def batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    activation: str | None = None,
    residual: Any = None,
) -> Any:
    r"""Normalise each channel, in training by the statistics of the batch, else by the running ones.

    .. math:: y = f\left(\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \, \gamma + \beta + r\right)

    In training the running statistics, if there are any, move towards those of the batch, with the
    unbiased variance: ``running = (1 - momentum) * running + momentum * batch``. An empty batch
    leaves them as they are.

    Args:
        x: a Tensor of floats with the channels along axis 1.
        running_mean, running_var: Tensors that take on their new values in training; or both None.
        weight, bias: :math:`\gamma` and :math:`\beta` of each channel; None for 1 and 0.
        training: whether to normalise by the statistics of ``x``.
        momentum: how far the running statistics move.
        eps: added to the variance.
        activation: :math:`f`, ``"relu"`` or None.
        residual: :math:`r`, a Tensor of the shape of ``x`` to be added before the activation, or None.

    Shape:
        ``(N, C, *) -> (N, C, *)``, all of the statistics, weight and bias ``(C,)``

    Raises:
        ShapeError: if shapes do not fit, or there is one value per channel to train with.
        ArgumentError: without running statistics where they are needed.

    Example:
        >>> x = Tensor([[1.0], [3.0]])
        >>> F.batch_norm(x, None, None, training=True, eps=0.0).tolist()
        [[-1.0], [1.0]]
        >>> F.batch_norm(x, None, None, training=True, eps=0.0, activation="relu").tolist()
        [[0.0], [1.0]]

    Ioffe and Szegedy, Batch Normalization, 2015.
    """
    x = with_channels("batch_norm", x)
    weight, bias = weight_and_bias("batch_norm", weight, bias, x.shape[1:2], x)
    running = _running("batch_norm", running_mean, running_var, x)
    momentum = checks.number("batch_norm", "momentum", momentum, 0, 1)
    eps = checks.number("batch_norm", "eps", eps, 0)
    if activation is not None:
        checks.one_of("batch_norm", "activation", activation, ACTIVATIONS)
    if residual is not None:
        residual = checks.floating("batch_norm", "residual", residual, x)
        if residual.shape != x.shape:
            raise ShapeError(f"batch_norm expects a residual of shape {x.shape}, got {residual.shape}")
    if not checks.truth("batch_norm", "training", training):
        if running is None:
            raise ArgumentError(
                "batch_norm needs running_mean and running_var when not training: "
                "pass them, or training=True to use the statistics of x"
            )
        return standardized(x, *running, weight, bias, residual, eps=eps, activation=activation)
    count = x.size // max(1, x.shape[1])  # of the values in each channel
    more_than_one("batch_norm", "value per channel in training", count, x)
    y, mean, var = batch_normalized(x, weight, bias, residual, eps=eps, activation=activation)
    if running is not None and count:
        _move(running, mean, var, count, momentum)
    return y


@fused(aside=2)
def batch_normalized(
    x: Any, weight: Any, bias: Any, residual: Any, *, eps: float, activation: str | None
) -> Any:
    """Return ``x`` normalised by the statistics of each channel, and these; see ``batch_norm``."""
    axes = (0, *range(2, x.ndim))
    wide = widened(x)
    mean = wide.mean(axis=axes, keepdims=True)
    centred = wide - mean
    var = square(centred).mean(axis=axes, keepdims=True)
    y = scaled(centred / sqrt(var + eps), weight, bias)
    return _finished(y, residual, activation).astype(x.dtype), _flat(mean), _flat(var)


@fused
def standardized(
    x: Any,
    mean: Any,
    var: Any,
    weight: Any,
    bias: Any,
    residual: Any,
    *,
    eps: float,
    activation: str | None,
) -> Any:
    """Return ``x`` normalised by the given statistics of each channel; see ``batch_norm``."""
    centred = widened(x) - per_channel(mean, x)
    y = scaled(centred / sqrt(per_channel(var, x) + eps), weight, bias)
    return _finished(y, residual, activation).astype(x.dtype)


def _flat(statistic: Any) -> Any:
    """Return a statistic of the channels as ``(C,)``, cut off from how it was computed."""
    return statistic.detach().reshape((statistic.shape[1],))


def _finished(y: Any, residual: Any, activation: str | None) -> Any:
    y = y if residual is None else y + residual
    return y if activation is None else relu(y)


# ----------------------------------------------------------------- over each example


def instance_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    r"""Normalise each channel of each example, by its own statistics or by running ones.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}} \, \gamma + \beta

    Where the statistics of ``x`` are used, the running ones, if there are any, move towards their
    mean over the batch, as in ``batch_norm``.

    Args:
        x: a Tensor of floats with the channels along axis 1.
        running_mean, running_var: Tensors that take on their new values; or both None.
        weight, bias: :math:`\gamma` and :math:`\beta` of each channel; None for 1 and 0.
        use_input_stats: whether to normalise by the statistics of ``x``.
        momentum: how far the running statistics move.
        eps: added to the variance.

    Shape:
        ``(N, C, *) -> (N, C, *)``, all of the statistics, weight and bias ``(C,)``

    Raises:
        ShapeError: if shapes do not fit, or each channel has one value.
        ArgumentError: without running statistics where they are needed.

    Example:
        >>> F.instance_norm(Tensor([[[1.0, 3.0], [4.0, 8.0]]]), eps=0.0).tolist()
        [[[-1.0, 1.0], [-1.0, 1.0]]]

    Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.
    """
    x = with_channels("instance_norm", x)
    weight, bias = weight_and_bias("instance_norm", weight, bias, x.shape[1:2], x)
    running = _running("instance_norm", running_mean, running_var, x)
    momentum = checks.number("instance_norm", "momentum", momentum, 0, 1)
    eps = checks.number("instance_norm", "eps", eps, 0)
    if not checks.truth("instance_norm", "use_input_stats", use_input_stats):
        if running is None:
            raise ArgumentError(
                "instance_norm needs running_mean and running_var with use_input_stats=False: pass them"
            )
        return standardized(x, *running, weight, bias, None, eps=eps, activation=None)
    count = math.prod(x.shape[2:])
    more_than_one("instance_norm", "value per channel of an example", count, x)
    y, mean, var = group_normalized(x, weight, bias, groups=x.shape[1], eps=eps)
    if running is not None and x.size:
        _move(running, mean.mean(axis=0), var.mean(axis=0), count, momentum)
    return y


# ----------------------------------------------------------------- running statistics


def _running(function: str, mean: Any, var: Any, x: Any) -> tuple[Any, Any] | None:
    if mean is None and var is None:
        return None
    for name, value in (("running_mean", mean), ("running_var", var)):
        # An array would be copied, and the copy updated for nobody.
        if not isinstance(value, Tensor):
            raise ArgumentTypeError(
                f"{function} expects {name} to be a Tensor, got {type(value).__name__}: "
                "give both running statistics, or None for both"
            )
        checks.floating(function, name, value, x)
        if value.shape != x.shape[1:2]:
            raise ShapeError(
                f"{function} expects {name} of shape {x.shape[1:2]} for x of shape {x.shape}, "
                f"got {value.shape}"
            )
    return mean, var


def _move(running: tuple[Any, Any], mean: Any, var: Any, count: int, momentum: float) -> None:
    """Move the running statistics towards those of samples of ``count`` values, whose ``var`` is biased."""
    with no_grad():
        moved = [
            weighted(running[0], mean, a=1 - momentum, b=momentum),
            weighted(running[1], var, a=1 - momentum, b=momentum * count / (count - 1)),
        ]
        for old, new in zip(running, moved, strict=True):
            old.copy_(new)


@primitive(promotes="common")
def weighted(xp: Any, x: Any, y: Any, /, *, a: float, b: float) -> Any:
    """Return ``a * x + b * y``, never differentiated."""
    return a * x + b * y
