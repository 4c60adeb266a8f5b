"""Leaving elements out at random."""

from __future__ import annotations

import math
from typing import Any

from lucid import random
from lucid.errors import ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.windows import AXES
from lucid.ops import masked_scale, where

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]


def dropout(x: Any, p: float = 0.5, training: bool = True, generator: random.Generator | None = None) -> Any:
    """Set each element to 0 with probability ``p``, and divide the others by ``1 - p``.

    So the expected value stays what it was, and nothing need be done when the model is used.

    Args:
        x: a Tensor of floats.
        p: the probability of being left out, from 0 to 1.
        training: if false, ``x`` is returned as it is.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``p`` is no probability.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.dropout(lucid.ones(3), 0.5, training=False)
        Tensor([1.0, 1.0, 1.0])
        >>> F.dropout(lucid.ones(3), 1.0)
        Tensor([0.0, 0.0, 0.0])

    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014.
    """
    return _drop("dropout", x, p, training, generator, None)


def dropout1d(
    x: Any, p: float = 0.5, training: bool = True, generator: random.Generator | None = None
) -> Any:
    """Set each channel of a sequence to 0 with probability ``p``, and divide the others by ``1 - p``.

    Neighbours in a channel are much alike, so that leaving one out hides little: here a channel is left out
    as a whole.

    Args:
        x: a Tensor of floats.
        p: the probability of being left out, from 0 to 1.
        training: if false, ``x`` is returned as it is.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(N, C, L) -> (N, C, L)`` or ``(C, L) -> (C, L)``

    Raises:
        ArgumentError: if ``p`` is no probability.
        DTypeError: if ``x`` does not hold floats.
        ShapeError: if ``x`` has other axes.

    Example:
        >>> F.dropout1d(lucid.ones((2, 3)), 1.0)
        Tensor([[0.0, 0.0, 0.0],
                [0.0, 0.0, 0.0]])

    Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.
    """
    return _drop("dropout1d", x, p, training, generator, 1)


def dropout2d(
    x: Any, p: float = 0.5, training: bool = True, generator: random.Generator | None = None
) -> Any:
    """Set each channel of an image to 0 with probability ``p``, and divide the others by ``1 - p``.

    Args:
        x, p, training, generator: as of ``dropout1d``.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)``. PyTorch takes three axes for ``(N, C, L)`` here, and for
        ``(C, D, H, W)`` in ``dropout3d`` four: so that no image is taken for a batch, three are refused.

    Raises:
        ArgumentError: if ``p`` is no probability.
        DTypeError: if ``x`` does not hold floats.
        ShapeError: if ``x`` has other axes.

    Example:
        >>> F.dropout2d(lucid.ones((2, 3, 4, 4)), 0.0).shape
        (2, 3, 4, 4)
    """
    return _drop("dropout2d", x, p, training, generator, 2)


def dropout3d(
    x: Any, p: float = 0.5, training: bool = True, generator: random.Generator | None = None
) -> Any:
    """Set each channel of a volume to 0 with probability ``p``, and divide the others by ``1 - p``.

    Args:
        x, p, training, generator: as of ``dropout1d``.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D, H, W)`` or ``(C, D, H, W) -> (C, D, H, W)``

    Raises:
        ArgumentError: if ``p`` is no probability.
        DTypeError: if ``x`` does not hold floats.
        ShapeError: if ``x`` has other axes.

    Example:
        >>> F.dropout3d(lucid.ones((2, 3, 4, 4)), 0.0).shape
        (2, 3, 4, 4)
    """
    return _drop("dropout3d", x, p, training, generator, 3)


def _drop(
    function: str, x: Any, p: float, training: bool, generator: random.Generator | None, n: int | None
) -> Any:
    """Drop elements of ``x``, or with ``n`` channels of images of ``n`` axes."""
    x = checks.floating(function, "x", x)
    p = checks.number(function, "p", p, 0, 1)
    shape = x.shape
    if n is not None:
        if x.ndim != n + 2 and (n == 2 or x.ndim != n + 1):
            axes = ", ".join(AXES[n - 1])
            raise ShapeError(
                f"{function} expects x of shape (N, C, {axes}){'' if n == 2 else f' or (C, {axes})'}, "
                f"got {x.shape}"
            )
        shape = x.shape[:-n] + (1,) * n
    if not training or p == 0:
        return x
    keep = random.bernoulli(1 - p, shape, device=x.device, generator=generator)
    return masked_scale(x, keep, scale=1 / (1 - p) if p < 1 else 1.0)


def alpha_dropout(
    x: Any, p: float = 0.5, training: bool = False, generator: random.Generator | None = None
) -> Any:
    r"""Set each element to what SELU gives far left with probability ``p``, and shift and scale all.

    .. math:: y = a \, (m x + (1 - m) \, \alpha') + b, \qquad
        a = \big( (1 - p) (1 + p \, \alpha'^2) \big)^{-1/2}, \quad b = -a \, p \, \alpha'

    where :math:`m` is 0 with probability ``p`` and 1 otherwise, and :math:`\alpha' \approx -1.758`. Inputs of
    mean 0 and variance 1 keep both.

    Args:
        x: a Tensor of floats.
        p: the probability of being left out, from 0 to 1.
        training: if false, ``x`` is returned as it is. That is the default, as in PyTorch, other than of
            ``dropout``.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``p`` is no probability.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.alpha_dropout(lucid.ones(3), 0.5, training=False)
        Tensor([1.0, 1.0, 1.0])

    Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """
    return _drop_to_the_left("alpha_dropout", x, p, training, generator, channels=False)


def feature_alpha_dropout(
    x: Any, p: float = 0.5, training: bool = False, generator: random.Generator | None = None
) -> Any:
    """Set each channel to what SELU gives far left with probability ``p``, and shift and scale all.

    It is ``alpha_dropout`` that leaves out whole channels, as ``dropout2d`` does. Inputs of mean 0 and
    variance 1 keep both.

    Args:
        x: a Tensor of floats.
        p: the probability of being left out, from 0 to 1.
        training: if false, ``x`` is returned as it is. That is the default, as in PyTorch.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(N, C, *) -> (N, C, *)``; the first axis always counts the examples, and the second the channels

    Raises:
        ArgumentError: if ``p`` is no probability.
        DTypeError: if ``x`` does not hold floats.
        ShapeError: if ``x`` has fewer than two axes.

    Example:
        >>> F.feature_alpha_dropout(lucid.ones((1, 2, 2)), 1.0, training=True)
        Tensor([[[0.0, 0.0],
                 [0.0, 0.0]]])

    Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """
    return _drop_to_the_left("feature_alpha_dropout", x, p, training, generator, channels=True)


def _drop_to_the_left(
    function: str, x: Any, p: float, training: bool, generator: random.Generator | None, channels: bool
) -> Any:
    """Drop elements of ``x``, or whole channels, as ``alpha_dropout`` does."""
    x = checks.floating(function, "x", x)
    p = checks.number(function, "p", p, 0, 1)
    shape = x.shape
    if channels:
        if x.ndim < 2:
            raise ShapeError(f"{function} expects x of shape (N, C, ...), got {shape}")
        shape = shape[:2] + (1,) * (x.ndim - 2)
    if not training or p == 0:
        return x
    keep = random.bernoulli(1 - p, shape, device=x.device, generator=generator)
    if p == 1:
        return where(keep, x, 0.0)
    a = 1 / math.sqrt((1 - p) * (1 + p * _FAR_LEFT**2))
    return where(keep, a * x, a * _FAR_LEFT) - a * p * _FAR_LEFT


_FAR_LEFT = -1.0507009873554805 * 1.6732632423543772  # minus the scale of SELU times its alpha
