"""The softmax over an axis, and its logarithm.

Half precision is computed in single: the sum of many exponentials is beyond what float16 holds.
"""

from __future__ import annotations

from typing import Any

from lucid.engines import dtypes
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.ops.axes import normalize_axis
from lucid.recording import primitive


def in_single(xp: Any, x: Any) -> Any:
    """Return ``x`` in float32 if it is of float16, else as it is."""
    return xp.astype(x, dtypes.float32) if x.dtype == dtypes.float16 else x


def rounded_back(xp: Any, x: Any, like: Any) -> Any:
    """Return ``x`` in the dtype of ``like``, from which ``in_single`` took it."""
    return x if x.dtype == like.dtype else xp.astype(x, like.dtype)


def softmax(x: Any, axis: int = -1) -> Any:
    r"""Return positive numbers along ``axis`` that sum to 1, in proportion to ``exp(x)``.

    .. math:: \operatorname{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}

    An element of -inf gets 0, and so does its gradient. Where all are -inf the result is nan,
    as there is nothing to share out.

    Args:
        x: a Tensor.
        axis: the axis along which the results sum to 1.

    Shape:
        ``(*) -> (*)``

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> F.softmax(Tensor([0.0, 0.0]))
        Tensor([0.5, 0.5])
    """
    x = checks.as_tensor("softmax", "x", x)
    return shares(x, axis=normalize_axis(axis, x.ndim))


@primitive(promotes="float")
def shares(xp: Any, x: Any, /, *, axis: int) -> Any:
    """Return the softmax; see ``softmax``."""
    if x.size == 0:
        return x  # nothing has no largest
    # Shift by the largest first, so that exp cannot overflow.
    wide = in_single(xp, x)
    e = xp.exp(wide - xp.max(wide, axis=axis, keepdims=True))
    return rounded_back(xp, e / xp.sum(e, axis=axis, keepdims=True), x)


@shares.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, *, axis: int) -> Any:
    wide = in_single(xp, out)
    weighted = in_single(xp, g) * wide
    return (rounded_back(xp, weighted - wide * xp.sum(weighted, axis=axis, keepdims=True), out),)


shares = fused(shares)


def log_softmax(x: Any, axis: int = -1) -> Any:
    r"""Return the logarithm of ``softmax``, exact also where that is close to 0.

    .. math:: \log \operatorname{softmax}(x)_i = x_i - \log \sum_j e^{x_j}

    Args:
        x: a Tensor.
        axis: the axis along which the exponentials of the results sum to 1.

    Shape:
        ``(*) -> (*)``

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> F.log_softmax(Tensor([0.0, 1000.0]))
        Tensor([-1000.0, 0.0])
    """
    x = checks.as_tensor("log_softmax", "x", x)
    return log_shares(x, axis=normalize_axis(axis, x.ndim))


@primitive(promotes="float")
def log_shares(xp: Any, x: Any, /, *, axis: int) -> Any:
    """Return the logarithm of the softmax; see ``log_softmax``."""
    if x.size == 0:
        return x
    wide = in_single(xp, x)
    shifted = wide - xp.max(wide, axis=axis, keepdims=True)
    return rounded_back(xp, shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True)), x)


@log_shares.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, *, axis: int) -> Any:
    wide = in_single(xp, g)
    slope = wide - xp.exp(in_single(xp, out)) * xp.sum(wide, axis=axis, keepdims=True)
    return (rounded_back(xp, slope, out),)


log_shares = fused(log_shares)
