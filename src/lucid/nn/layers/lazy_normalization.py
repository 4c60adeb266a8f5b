"""Normalisation that learns from its first input how many channels there are."""

from __future__ import annotations

from typing import Any

from lucid.nn.functional import checks
from lucid.nn.layers.batch_normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from lucid.nn.layers.lazy import expect_tensor
from lucid.nn.lazy import LazyModule, Shape
from lucid.nn.module import Module


class _LazyNorm(LazyModule, Module):
    """What lazy batch and instance normalisation share."""

    _size_name = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        options: Any = {"bias": bias, "device": device, "dtype": dtype}
        self.cls_to_become.__init__(self, 1, eps, momentum, affine, track_running_stats, **options)  # type: ignore[misc]
        self._forget()

    def _size_of_input(self, x: Any) -> int:
        layer: Any = self
        expect_tensor(type(self).__name__, x)
        x = layer._checked(x)
        # Behind the examples of a batch; instance normalisation takes one of them alone, too.
        axis = 0 if isinstance(layer, InstanceNorm1d) and x.ndim == layer._axes[0] else 1
        return checks.size(type(self).__name__, "num_features", x.shape[axis])

    def _size_of_state(self, name: str, shape: Shape) -> int | None:
        return shape[0] if len(shape) == 1 else None

    def _state_shapes(self, size: int) -> dict[str, Shape]:
        names = ("weight", "bias", "running_mean", "running_var")
        return {name: (size,) for name in names if vars(self)[name] is not None}


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A ``BatchNorm1d`` that takes ``num_features`` from its first input; see ``LazyLinear``.

    Args:
        eps, momentum, affine, track_running_stats, bias, device, dtype: as of ``BatchNorm1d``.

    Shape:
        ``(N, C) -> (N, C)`` or ``(N, C, L) -> (N, C, L)``

    Raises:
        ArgumentError: if a number is out of its range.

    Example:
        >>> layer = nn.LazyBatchNorm1d()
        >>> layer
        LazyBatchNorm1d(?)
        >>> layer(Tensor([[1.0, 4.0], [3.0, 8.0]])).shape, layer
        ((2, 2), BatchNorm1d(2))
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A ``BatchNorm2d`` that takes ``num_features`` from its first input; see ``LazyBatchNorm1d``.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)``

    Example:
        >>> nn.LazyBatchNorm2d()(lucid.ones((2, 8, 4, 4))).shape
        (2, 8, 4, 4)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A ``BatchNorm3d`` that takes ``num_features`` from its first input; see ``LazyBatchNorm1d``.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D, H, W)``

    Example:
        >>> nn.LazyBatchNorm3d()(lucid.ones((2, 8, 3, 4, 4))).shape
        (2, 8, 3, 4, 4)
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """An ``InstanceNorm1d`` that takes ``num_features`` from its first input; see ``LazyLinear``.

    As in PyTorch it scales, shifts and keeps running statistics by default, and ``InstanceNorm1d`` does not.

    Args:
        eps, momentum, affine, track_running_stats, bias, device, dtype: as of ``InstanceNorm1d``.

    Shape:
        ``(N, C, L) -> (N, C, L)`` or ``(C, L) -> (C, L)``

    Raises:
        ArgumentError: if a number is out of its range.

    Example:
        >>> layer = nn.LazyInstanceNorm1d()
        >>> layer(lucid.ones((2, 8, 4))).shape, layer
        ((2, 8, 4), InstanceNorm1d(8, affine=True, track_running_stats=True))
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """An ``InstanceNorm2d`` that takes ``num_features`` from its first input; see ``LazyInstanceNorm1d``.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)`` or ``(C, H, W) -> (C, H, W)``

    Example:
        >>> nn.LazyInstanceNorm2d()(lucid.ones((8, 4, 4))).shape
        (8, 4, 4)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """An ``InstanceNorm3d`` that takes ``num_features`` from its first input; see ``LazyInstanceNorm1d``.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D, H, W)`` or ``(C, D, H, W) -> (C, D, H, W)``

    Example:
        >>> nn.LazyInstanceNorm3d()(lucid.ones((8, 3, 4, 4))).shape
        (8, 3, 4, 4)
    """

    cls_to_become = InstanceNorm3d
