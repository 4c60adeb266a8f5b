"""Folding a normalisation by running statistics into the linear map before it.

In evaluation, batch normalisation is a linear map of each channel. So it can be a part of the convolution or
the linear layer before it, and costs nothing then.
"""

from __future__ import annotations

import copy
from typing import Any

from lucid import ops
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.grad_mode import no_grad
from lucid.nn.functional import checks
from lucid.nn.layers.convolution import _Convolution
from lucid.nn.layers.linear import Linear
from lucid.nn.lazy import LazyModule
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.nn.utils import computed


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    r"""Return one convolution that computes ``bn(conv(x))`` in evaluation.

    .. math:: W' = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} W, \qquad
        b' = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} (b - \mu) + \beta

    Args:
        conv: a convolution. It is copied; a weight that is computed, as by a parametrization, is plain then.
        bn: the batch normalisation behind it.
        transpose: whether ``conv`` is a transposed convolution.

    Raises:
        ArgumentTypeError: if ``conv`` is no convolution, or has no weight yet.
        ArgumentError: if one is in training or has an activation, ``bn`` has no running statistics, or
            ``transpose`` is not what ``conv`` is.
        ShapeError: if ``bn`` has not one feature for each channel that comes out.

    Example:
        >>> conv, bn = nn.Conv2d(3, 8, 3).eval(), nn.BatchNorm2d(8).eval()
        >>> fused = nn.utils.fuse_conv_bn_eval(conv, bn)
        >>> x = lucid.random.normal((1, 3, 5, 5))
        >>> lucid.allclose(fused(x), bn(conv(x)), atol=1e-5)
        True
    """
    name = "fuse_conv_bn_eval"
    _check(name, conv, bn, _Convolution, "a convolution")
    if checks.truth(name, "transpose", transpose) != conv.transposed:
        raise ArgumentError(
            f"{name} expects transpose={conv.transposed} for {conv!r}, got transpose={transpose}"
        )
    fused = copy.deepcopy(conv)
    computed.make_plain(fused)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """Return one linear layer that computes ``bn(linear(x))`` in evaluation; see ``fuse_conv_bn_eval``.

    Args:
        linear: a linear layer. It is copied; a weight that is computed is plain then.
        bn: the batch normalisation behind it, of as many features as ``linear`` gives out, or of one.

    Raises:
        ArgumentTypeError: if ``linear`` is no linear layer, or has no weight yet.
        ArgumentError: if one is in training or has an activation, or ``bn`` has no running statistics.
        ShapeError: if ``bn`` has another number of features.

    Example:
        >>> linear, bn = nn.Linear(3, 2).eval(), nn.BatchNorm1d(2).eval()
        >>> fused = nn.utils.fuse_linear_bn_eval(linear, bn)
        >>> x = lucid.random.normal((5, 3))
        >>> lucid.allclose(fused(x), bn(linear(x)), atol=1e-5)
        True
    """
    _check("fuse_linear_bn_eval", linear, bn, Linear, "a linear layer")
    fused = copy.deepcopy(linear)
    computed.make_plain(fused)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


@no_grad()
def fuse_conv_bn_weights(
    conv_w: Any,
    conv_b: Any,
    bn_rm: Any,
    bn_rv: Any,
    bn_eps: float,
    bn_w: Any,
    bn_b: Any,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Return the weight and the bias of one convolution for another and the normalisation behind it.

    Args:
        conv_w, conv_b: the convolution's weight and its bias, or None.
        bn_rm, bn_rv: the running mean and variance.
        bn_eps: what is added to the variance.
        bn_w, bn_b: the normalisation's weight and bias, or None.
        transpose: whether it is a transposed convolution, whose weight begins with the channels that come in.

    Raises:
        ShapeError: if there is not one statistic for each channel that comes out.

    Example:
        >>> w, mean, var = lucid.ones((2, 1, 3)), Tensor([1.0, 2.0]), Tensor([1.0, 4.0])
        >>> w, b = nn.utils.fusion.fuse_conv_bn_weights(w, None, mean, var, 0.0, None, None)
        >>> w[:, 0].tolist(), b.tolist()
        ([[1.0, 1.0, 1.0], [0.5, 0.5, 0.5]], [-1.0, -1.0])
    """
    channels = bn_rm.size
    axis = 1 if transpose else 0
    # The weight of a transposed convolution lists the outputs of one group; inputs lead to those of theirs.
    groups = channels // max(1, conv_w.shape[1]) if transpose else 1
    if groups * conv_w.shape[axis] != channels or (transpose and conv_w.shape[0] % max(1, groups)):
        raise ShapeError(
            f"fuse_conv_bn_weights expects as many channels to be normalised as come out of the convolution, "
            f"got a weight of shape {conv_w.shape} and {channels} statistics with transpose={transpose}"
        )
    scale, bias = _scale_and_bias(conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    ones = (1,) * (conv_w.ndim - 2)
    if transpose:
        split = (groups, conv_w.shape[0] // max(1, groups), *conv_w.shape[1:])
        weight = ops.reshape(conv_w, split) * ops.reshape(scale, (groups, 1, -1, *ones))
        weight = ops.reshape(weight, conv_w.shape)
    else:
        weight = conv_w * ops.reshape(scale, (-1, 1, *ones))
    return _parameters(conv_w, conv_b, weight, bias)


@no_grad()
def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """Return the weight and the bias of one linear map for another and the normalisation behind it.

    Args:
        linear_w, linear_b: the linear map's weight and its bias, or None.
        bn_rm, bn_rv: the running mean and variance.
        bn_eps: what is added to the variance.
        bn_w, bn_b: the normalisation's weight and bias, or None.

    Raises:
        ShapeError: if there are other than one statistic for each feature that comes out, or one for all, or
            ``linear_w`` is no matrix.

    Example:
        >>> w, mean, var = lucid.ones((2, 1)), Tensor([1.0, 2.0]), Tensor([1.0, 4.0])
        >>> w, b = nn.utils.fusion.fuse_linear_bn_weights(w, None, mean, var, 0.0, None, None)
        >>> w.tolist(), b.tolist()
        ([[1.0], [0.5]], [-1.0, -1.0])
    """
    if linear_w.ndim != 2:
        raise ShapeError(
            f"fuse_linear_bn_weights expects linear_w to have two axes, got shape {linear_w.shape}"
        )
    if bn_rm.size not in (1, linear_w.shape[0]):
        raise ShapeError(
            f"fuse_linear_bn_weights expects {linear_w.shape[0]} features (linear_w.shape[0]) to be "
            f"normalised, or 1, got {bn_rm.size}"
        )
    scale, bias = _scale_and_bias(linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    bias = ops.broadcast_to(bias, linear_w.shape[:1])
    return _parameters(linear_w, linear_b, linear_w * ops.expand_dims(scale, -1), bias)


def _scale_and_bias(b: Any, mean: Any, var: Any, eps: float, weight: Any, shift: Any) -> tuple[Any, Any]:
    """Return what the outputs are multiplied by, and what is added to them."""
    scale = 1 / ops.sqrt(var + eps)
    scale = scale if weight is None else weight * scale
    bias = scale * ((0 if b is None else b) - mean)
    return scale, bias if shift is None else bias + shift


def _parameters(w: Any, b: Any, weight: Any, bias: Any) -> tuple[Parameter, Parameter]:
    """Return Parameters of the type of ``w``, which are learned if ``w`` and ``b`` were."""
    learned = b is not None and b.requires_grad
    return Parameter(weight.astype(w.dtype), w.requires_grad), Parameter(bias.astype(w.dtype), learned)


def _check(function: str, layer: Any, bn: Any, kind: type[Module], called: str) -> None:
    """Raise unless ``layer``, of the class ``kind``, and ``bn`` behind it are one linear map."""
    for name, module, wanted, what in (
        ("the layer", layer, kind, called),
        ("bn", bn, Module, "a Module"),
    ):
        if not isinstance(module, wanted) or (module is layer and isinstance(module, LazyModule)):
            raise ArgumentTypeError(f"{function} expects {name} to be {what}, got {type(module).__name__}")
        if module.training:
            raise ArgumentError(
                f"{function} expects modules in evaluation, and {module!r} is in training: call .eval() first"
            )
        if getattr(module, "activation", None) is not None:
            raise ArgumentError(
                f"{function}: {module!r} has an activation, which no weight can stand for: make the layers "
                "without, and put the activation behind them"
            )
    if getattr(bn, "running_mean", None) is None:
        raise ArgumentError(
            f"{function} expects bn to have running statistics, got {bn!r}: without track_running_stats "
            "it normalises by those of each batch"
        )
