"""The softmax over an axis, its logarithm, and draws that follow it.

Half precision is computed in single: the sum of many exponentials is beyond what float16 holds.
"""

from __future__ import annotations

from typing import Any

from lucid import random
from lucid.engines import dtypes
from lucid.errors import ArgumentError
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.ops import arange, argmax, log, log1p, maximum, where
from lucid.ops.axes import normalize_axis
from lucid.ops.shape import reshape
from lucid.recording import primitive


def in_single(xp: Any, x: Any) -> Any:
    """Return ``x`` in float32 if it is of float16, else as it is."""
    return xp.astype(x, dtypes.float32) if x.dtype == dtypes.float16 else x


def rounded_back(xp: Any, x: Any, like: Any) -> Any:
    """Return ``x`` in the dtype of ``like``, from which ``in_single`` took it."""
    return x if x.dtype == like.dtype else xp.astype(x, like.dtype)


def softmax(x: Any, axis: int = -1, *, dtype: Any = None) -> Any:
    r"""Return positive numbers along ``axis`` that sum to 1, in proportion to ``exp(x)``.

    .. math:: \operatorname{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}

    An element of -inf gets 0, and so does its gradient. Where all are -inf the result is nan,
    as there is nothing to share out.

    Args:
        x: a Tensor.
        axis: the axis along which the results sum to 1.
        dtype: what ``x`` is cast to first; None leaves it as it is.

    Shape:
        ``(*) -> (*)``

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> F.softmax(Tensor([0.0, 0.0]))
        Tensor([0.5, 0.5])
    """
    return _along(shares, _read("softmax", x, dtype), axis)


def _read(function: str, x: Any, dtype: Any) -> Any:
    x = checks.as_tensor(function, "x", x)
    return x if dtype is None else x.astype(dtype)


def _along(function: Any, x: Any, axis: int) -> Any:
    """Return ``function`` along an axis; a number of no axes is the only one along an axis of its own."""
    if not x.ndim:
        return reshape(_along(function, reshape(x, (1,)), axis), ())
    return function(x, axis=normalize_axis(axis, x.ndim))


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


def log_softmax(x: Any, axis: int = -1, *, dtype: Any = None) -> Any:
    r"""Return the logarithm of ``softmax``, exact also where that is close to 0.

    .. math:: \log \operatorname{softmax}(x)_i = x_i - \log \sum_j e^{x_j}

    Args:
        x: a Tensor.
        axis: the axis along which the exponentials of the results sum to 1.
        dtype: what ``x`` is cast to first; None leaves it as it is.

    Shape:
        ``(*) -> (*)``

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> F.log_softmax(Tensor([0.0, 1000.0]))
        Tensor([-1000.0, 0.0])
    """
    return _along(log_shares, _read("log_softmax", x, dtype), axis)


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


# ----------------------------------------------------------------- made of it


def softmin(x: Any, axis: int = -1, *, dtype: Any = None) -> Any:
    r"""Return positive numbers along ``axis`` that sum to 1, in proportion to ``exp(-x)``.

    .. math:: \operatorname{softmin}(x)_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}

    Args:
        x: a Tensor.
        axis: the axis along which the results sum to 1.
        dtype: what ``x`` is cast to first; None leaves it as it is.

    Shape:
        ``(*) -> (*)``

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> F.softmin(Tensor([0.0, 1000.0]))
        Tensor([1.0, 0.0])
    """
    return _along(shares, -_read("softmin", x, dtype), axis)


def gumbel_softmax(
    logits: Any,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    axis: int = -1,
    *,
    generator: random.Generator | None = None,
) -> Any:
    r"""Draw from the classes of ``logits``, softly, so that the draw has a derivative.

    .. math:: y = \operatorname{softmax}\left(\frac{x + g}{\tau}\right), \qquad
        g_i = -\log E_i, \quad E_i \sim \operatorname{Exp}(1)

    The largest of :math:`x + g` falls on class :math:`i` with probability
    :math:`\operatorname{softmax}(x)_i`. The smaller :math:`\tau` is, the closer the result comes to a row
    with a single 1.

    Args:
        logits: :math:`x`, a Tensor of floats: logarithms of probabilities, up to a constant.
        tau: :math:`\tau`, the temperature, positive.
        hard: whether to return exactly 1 for the class that was drawn and 0 for the others. The derivative
            is that of the soft result.
        eps: what a smaller :math:`E_i` is taken for, so that no logarithm is of 0. PyTorch has it in this
            place and doesn't use it.
        axis: the axis of the classes.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``tau`` or ``eps`` is not positive.
        DTypeError: if ``logits`` does not hold floats.
        IndexingError: if there is no such axis.

    Example:
        >>> F.gumbel_softmax(Tensor([1000.0, 0.0]), hard=True)
        Tensor([1.0, 0.0])

    Jang, Gu and Poole, Categorical Reparameterization with Gumbel-Softmax, 2016. Maddison, Mnih and Teh, The
    Concrete Distribution, 2016.
    """
    x = checks.floating("gumbel_softmax", "logits", logits)
    numbers = {"tau": checks.number("gumbel_softmax", "tau", tau, 0)}
    numbers["eps"] = checks.number("gumbel_softmax", "eps", eps, 0)
    for name, value in numbers.items():
        if value == 0:
            raise ArgumentError(f"gumbel_softmax expects {name} to be positive, got 0")
    checks.truth("gumbel_softmax", "hard", hard)
    if not x.ndim:  # a number is the only one along an axis of its own
        return reshape(gumbel_softmax(reshape(x, (1,)), tau, hard, eps, axis, generator=generator), ())
    axis = normalize_axis(axis, x.ndim)
    wide = dtypes.float64 if x.dtype == dtypes.float64 else dtypes.float32
    drawn = random.uniform(x.shape, dtype=wide, device=x.device, generator=generator)
    gumbel = -log(maximum(-log1p(-drawn), numbers["eps"]))
    soft = shares((x + gumbel.astype(x.dtype)) / numbers["tau"], axis=axis)
    if not hard or x.size == 0:
        return soft
    places = arange(x.shape[axis], device=x.device).reshape((-1, *(1,) * (x.ndim - 1 - axis)))
    one = where(places == argmax(soft, axis=axis, keepdims=True), 1.0, 0.0).astype(x.dtype)
    return one + (soft - soft.detach())  # the bracket is 0, and has the derivative
