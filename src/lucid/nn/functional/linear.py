"""Linear maps, and the change of shape that often comes before one."""

from __future__ import annotations

import math
from typing import Any

from lucid.errors import ShapeError
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.nn.functional.activation import gelu_exact, gelu_tanh, relu, sigmoid, swish, tanh
from lucid.ops import flatten, one_hot
from lucid.recording import primitive

__all__ = ["ACTIVATIONS", "activated", "affine", "flatten", "linear", "one_hot"]


def linear(x: Any, weight: Any, bias: Any = None, *, activation: str | None = None) -> Any:
    r"""Return ``x`` multiplied by the transposed weight, plus the bias; and that through an activation.

    .. math:: y = f(x W^\top + b)

    Args:
        x: a Tensor.
        weight: one row for each output.
        bias: one number for each output, or None.
        activation: None, or the name of :math:`f`: ``"relu"``, ``"gelu"``, ``"gelu_tanh"``, ``"silu"``,
            ``"sigmoid"`` or ``"tanh"``. The result is that of the function called afterwards; it is
            one operation on the tape instead of two.

    Shape:
        x ``(*, in_features)``, weight ``(out_features, in_features)``, bias ``(out_features,)``
        ``-> (*, out_features)``

    Raises:
        ShapeError: if the sizes do not fit together.
        ArgumentError: if there is no such activation.

    Example:
        >>> F.linear(Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0]]), Tensor([0.5]))
        Tensor([[11.5]])
    """
    x = checks.as_tensor("linear", "x", x)
    weight = checks.as_tensor("linear", "weight", weight)
    if weight.ndim != 2:
        raise ShapeError(f"linear expects weight (out_features, in_features), got shape {weight.shape}")
    if x.shape[-1:] != weight.shape[1:]:
        raise ShapeError(
            f"linear expects x.shape[-1] == {weight.shape[1]} (weight is {weight.shape}), got shape {x.shape}"
        )
    if bias is not None:
        bias = checks.as_tensor("linear", "bias", bias)
        if bias.shape != weight.shape[:1]:
            raise ShapeError(f"linear expects bias of shape {weight.shape[:1]}, got {bias.shape}")
    if activation is not None:
        checks.one_of("linear", "activation", activation, tuple(ACTIVATIONS))
        return activated(x, weight, bias, activation=activation)
    return affine(x, weight) if bias is None else affine(x, weight, bias)


ACTIVATIONS = {
    "relu": relu,
    "gelu": gelu_exact,
    "gelu_tanh": gelu_tanh,
    "silu": swish,
    "sigmoid": sigmoid,
    "tanh": tanh,
}


@fused
def activated(x: Any, weight: Any, bias: Any, *, activation: str) -> Any:
    """Return an activation of a linear map; see ``linear``."""
    return ACTIVATIONS[activation](affine(x, weight) if bias is None else affine(x, weight, bias))


@primitive(promotes="common")
def affine(xp: Any, x: Any, weight: Any, *bias: Any) -> Any:
    """Return ``x`` times the transposed ``weight``, plus ``bias`` if there is one; see ``linear``."""
    y = xp.matmul(x, weight.T)
    return y + bias[0] if bias else y


@affine.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, weight: Any, *_bias: Any) -> Any:
    def by_weight() -> Any:
        rows = math.prod(x.shape[:-1])
        x2 = xp.reshape(x, (rows, weight.shape[1]))
        g2 = xp.reshape(g, (rows, weight.shape[0]))
        return xp.matmul(g2.T, x2)

    # The tape sums the gradient of the bias over the rows that shared it.
    return (lambda: xp.matmul(g, weight), by_weight, *(g for _ in _bias))


affine = fused(affine)
