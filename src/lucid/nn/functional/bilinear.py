"""Maps that are linear in each of two arguments."""

from __future__ import annotations

from typing import Any

from lucid import ops
from lucid.errors import ShapeError
from lucid.nn.functional import checks

__all__ = ["bilinear"]


def bilinear(x1: Any, x2: Any, weight: Any, bias: Any = None) -> Any:
    r"""Return a weighted sum of all products of an element of ``x1`` and one of ``x2``, for each output.

    .. math:: y_k = x_1^\top W_k \, x_2 + b_k

    Args:
        x1, x2: Tensors of the same leading axes.
        weight: a matrix for each output.
        bias: one number for each output, or None.

    Shape:
        x1 ``(*, in1_features)``, x2 ``(*, in2_features)``, weight ``(out_features, in1_features,
        in2_features)``, bias ``(out_features,)`` ``-> (*, out_features)``

    Raises:
        ShapeError: if the sizes do not fit together.

    Example:
        >>> F.bilinear(Tensor([1.0, 2.0]), Tensor([3.0]), Tensor([[[1.0], [1.0]]]))
        Tensor([9.0])
    """
    weight = checks.as_tensor("bilinear", "weight", weight)
    x1, x2 = (checks.as_tensor("bilinear", n, x, weight) for n, x in (("x1", x1), ("x2", x2)))
    if weight.ndim != 3:
        raise ShapeError(
            f"bilinear expects weight (out_features, in1_features, in2_features), got shape {weight.shape}"
        )
    outs, first, second = weight.shape
    fits = x1.shape[-1:] == (first,) and x2.shape[-1:] == (second,) and x1.shape[:-1] == x2.shape[:-1]
    if not fits:
        raise ShapeError(
            f"bilinear expects x1 (*, {first}) and x2 (*, {second}) (weight is {weight.shape}), "
            f"got {x1.shape} and {x2.shape}"
        )
    # One product of matrices, and then a sum of products for each output.
    flat = ops.reshape(ops.permute_dims(weight, (1, 0, 2)), (first, outs * second))
    left = ops.reshape(x1 @ flat, (*x1.shape[:-1], outs, second))
    y = ops.sum(left * ops.expand_dims(x2, -2), axis=-1)
    if bias is None:
        return y
    bias = checks.as_tensor("bilinear", "bias", bias, weight)
    if bias.shape != (outs,):
        raise ShapeError(f"bilinear expects bias of shape {(outs,)}, got {bias.shape}")
    return y + bias
