"""Putting the largest elements of windows back where they stood: what undoes a max pooling, in part."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid import ops
from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional import windows as wd
from lucid.ops.indexing import as_index
from lucid.recording import at_one_depth, primitive

__all__ = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]


def max_unpool1d(
    x: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    r"""Return zeros with the elements of ``x`` where they stood before ``max_pool1d`` took them.

    .. math:: y_{n,c,\,i_{n,c,j}} = x_{n,c,j}

    with the indices :math:`i` that the pooling returned. What was not the largest of its window is lost. An
    index may come twice, as when windows overlap: then one of its elements is kept (on the CPU the last), and
    each of them gets the gradient.

    Args:
        x: a Tensor of real numbers.
        indices: what ``max_pool1d(..., return_indices=True)`` returned besides ``x``, integers.
        kernel_size, stride, padding: as they were given to the pooling.
        output_size: how many elements there were before, or the whole shape, if the pooling made sequences of
            several lengths equally long; by default the length ``(L - 1) * stride - 2 * padding +
            kernel_size``, from which it may differ by less than ``stride``.

    Shape:
        ``(N, C, L) -> (N, C, output_size)`` or ``(C, L) -> (C, output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or ``indices`` another shape.
        ArgumentError: if there is no such size, or an index lies outside of the result.

    Example:
        >>> largest, at = F.max_pool1d(Tensor([[1.0, 3.0, 2.0, 0.0]]), 2, return_indices=True)
        >>> F.max_unpool1d(largest, at, 2)
        Tensor([[0.0, 3.0, 2.0, 0.0]])

    Zeiler, Taylor and Fergus, Adaptive Deconvolutional Networks, 2011.
    """
    return _unpooled(1, x, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    x: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """Return zeros with the elements of ``x`` where they stood before ``max_pool2d``; see ``max_unpool1d``.

    Args:
        x: a Tensor of real numbers.
        indices: what ``max_pool2d(..., return_indices=True)`` returned besides ``x``: row times the width of
            the image, plus column.
        kernel_size, stride, padding: as they were given to the pooling.
        output_size: height and width before, or the whole shape.

    Shape:
        ``(N, C, H, W) -> (N, C, *output_size)`` or ``(C, H, W) -> (C, *output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or ``indices`` another shape.
        ArgumentError: if there is no such size, or an index lies outside of the result.

    Example:
        >>> x = Tensor([[[1.0, 2.0], [4.0, 3.0]]])
        >>> F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2)
        Tensor([[[0.0, 0.0],
                 [4.0, 0.0]]])
    """
    return _unpooled(2, x, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    x: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """Return zeros with the elements of ``x`` where they stood before ``max_pool3d``; see ``max_unpool1d``.

    Args:
        x: a Tensor of real numbers.
        indices: what ``max_pool3d(..., return_indices=True)`` returned besides ``x``, counted through the
            volume.
        kernel_size, stride, padding: as they were given to the pooling.
        output_size: depth, height and width before, or the whole shape.

    Shape:
        ``(N, C, D, H, W) -> (N, C, *output_size)`` or ``(C, D, H, W) -> (C, *output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or ``indices`` another shape.
        ArgumentError: if there is no such size, or an index lies outside of the result.

    Example:
        >>> x = lucid.arange(8.0).reshape((1, 2, 2, 2))
        >>> F.max_unpool3d(*F.max_pool3d(x, 2, return_indices=True), 2).flatten()
        Tensor([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 7.0])
    """
    return _unpooled(3, x, indices, kernel_size, stride, padding, output_size)


def _unpooled(
    n: int, x: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Any:
    function = f"max_unpool{n}d"
    x = checks.real(function, "x", x)
    indices = checks.whole(function, "indices", indices, x)
    wd.image(function, x, n)
    if indices.shape != x.shape:
        raise ShapeError(
            f"{function} expects x and indices of one shape, got {tuple(x.shape)} and {tuple(indices.shape)}"
        )
    sizes = _sizes(function, x, kernel_size, stride, padding, output_size, n)
    checks.in_range(
        function, "indices", *checks.extremes(indices), math.prod(sizes), f"the number of elements of {sizes}"
    )
    lead, images = x.shape[: x.ndim - n], math.prod(x.shape[: x.ndim - n])
    pooled = math.prod(x.shape[x.ndim - n :])
    rows = np.arange(images).reshape(images, 1)
    indices = ops.reshape(indices, (images, pooled))
    blank = ops.zeros((images, math.prod(sizes)), dtype=x.dtype, device=x.device)
    blank, values, indices = at_one_depth([blank, ops.reshape(x, (images, pooled)), indices])
    y = put_back(blank, values, index=as_index((rows, indices), blank._array))
    return ops.reshape(y, (*lead, *sizes))


@primitive
def put_back(xp: Any, blank: Any, values: Any, *, index: tuple[Any, ...]) -> Any:
    """Return ``blank`` with ``values`` at ``index``; each of two values for one place has a gradient."""
    return xp.set_at(blank, values, index=index)


@put_back.vjp
def _(xp: Any, g: Any, _out: Any, _blank: Any, _values: Any, *, index: tuple[Any, ...]) -> Any:
    return lambda: xp.set_at(g, 0.0, index=index), lambda: xp.get_at(g, index=index)


def _sizes(
    function: str, x: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any, n: int
) -> tuple[int, ...]:
    """Return the sizes of the image that was pooled."""
    kernel = checks.per_axis(function, "kernel_size", kernel_size, n, 1)
    step = kernel if stride is None else checks.per_axis(function, "stride", stride, n, 1)
    pad = checks.per_axis(function, "padding", padding, n, 0)
    each = zip(x.shape[x.ndim - n :], kernel, step, pad, strict=True)
    usual = tuple((m - 1) * s - 2 * p + k for m, k, s, p in each)
    if output_size is None:
        sizes = usual
    else:
        whole = isinstance(output_size, (tuple, list)) and len(output_size) in (n + 1, n + 2)
        sizes = checks.per_axis(function, "output_size", output_size[-n:] if whole else output_size, n, 1)
        if any(abs(size - u) >= s for size, u, s in zip(sizes, usual, step, strict=True)):
            raise ArgumentError(
                f"{function} expects output_size to differ from {usual} by less than stride, {step}, "
                f"got {sizes}"
            )
    if min(sizes) < 1:
        raise ShapeError(
            f"{function}: windows of {kernel} elements every {step}, with padding {pad}, never give "
            f"x of shape {tuple(x.shape)}"
        )
    return sizes
