"""Weights that change nothing at first, and weights that are mostly zeros."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid import random
from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.init.filling import Generator, fills, like, write
from lucid.ops import asarray


@fills
def eye_(tensor: Any) -> Any:
    """Fill a matrix with ones on the diagonal and zeros elsewhere: a linear map that changes nothing.

    Shape:
        ``(rows, columns)``

    Raises:
        ShapeError: if there are not two axes.

    Example:
        >>> nn.init.eye_(lucid.empty((2, 3)))
        Tensor([[1.0, 0.0, 0.0],
                [0.0, 1.0, 0.0]])
    """
    _matrix("eye_", tensor)
    return write(tensor, asarray(np.eye(*tensor.shape, dtype=tensor.dtype)))


@fills
def dirac_(tensor: Any, groups: int = 1) -> Any:
    """Fill the weight of a convolution so that it hands on its channels as they are.

    The middle of the kernel that leads from channel ``i`` to channel ``i`` is one, all else zero.
    Channels that have no partner give zeros.

    Args:
        tensor: what to fill.
        groups: how many parts the output channels fall into; each hands on the channels of its group.

    Shape:
        ``(out_channels, in_channels / groups, *)`` with one to three axes of space

    Raises:
        ShapeError: if there are other than 3 to 5 axes.
        ArgumentError: if the output channels can't be parted into ``groups``.

    Example:
        >>> nn.init.dirac_(lucid.empty((2, 2, 3))).tolist()
        [[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    groups = checks.size("dirac_", "groups", groups)
    if tensor.ndim not in (3, 4, 5):
        raise ShapeError(
            f"dirac_ expects the weight of a convolution, of 3 to 5 axes, got shape {tensor.shape}"
        )
    if tensor.shape[0] % groups:
        raise ArgumentError(
            f"dirac_ expects tensor.shape[0] to be a multiple of groups, got {tensor.shape[0]} and {groups}"
        )
    values = np.zeros(tensor.shape, tensor.dtype)
    rows = tensor.shape[0] // groups
    channels = np.arange(min(rows, tensor.shape[1]))
    if values.size:
        middle = tuple(n // 2 for n in tensor.shape[2:])
        for group in range(groups):
            values[(group * rows + channels, channels, *middle)] = 1
    return write(tensor, asarray(values))


@fills
def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Generator = None) -> Any:
    r"""Fill a matrix with normal numbers, and as many of each column with zeros.

    Args:
        tensor: what to fill.
        sparsity: which part of each column is zero; the number of zeros is rounded up.
        std: of the numbers that are not.
        generator: where random numbers come from.

    Shape:
        ``(rows, columns)``

    Raises:
        ShapeError: if there are not two axes.
        ArgumentError: if ``sparsity`` does not lie between 0 and 1, or ``std`` is negative.

    Example:
        >>> w = nn.init.sparse_(lucid.empty((4, 3)), sparsity=0.5)
        >>> (w == 0).sum(axis=0).tolist()
        [2, 2, 2]

    Martens, Deep Learning via Hessian-free Optimization, 2010.
    """
    _matrix("sparse_", tensor)
    sparsity = checks.number("sparse_", "sparsity", sparsity, 0, 1)
    std = checks.number("sparse_", "std", std, 0)
    zeros = math.ceil(sparsity * tensor.shape[0])
    values = random.normal(tensor.shape, 0.0, std, **like(tensor), generator=generator).numpy()
    keys = random.uniform(tensor.shape, device=tensor.device, generator=generator).numpy()
    ranks = np.argsort(np.argsort(keys, axis=0), axis=0)
    return write(tensor, asarray(np.where(ranks < zeros, 0, values)))


def _matrix(function: str, tensor: Any) -> None:
    if tensor.ndim != 2:
        raise ShapeError(f"{function} expects a matrix, of two axes, got shape {tensor.shape}")
