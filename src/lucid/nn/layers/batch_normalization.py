"""Layers that normalise channels and keep running statistics: batch and instance normalisation.

Both come for signals, images and volumes, which differ only in the shapes that they take.
"""

from __future__ import annotations

from typing import Any

from lucid.errors import ShapeError
from lucid.grad_mode import state
from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.batch_normalization import ACTIVATIONS
from lucid.nn.layers.normalization import reset, shown
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer, Parameter
from lucid.ops import astype, ones, sum, zeros


class _ChannelNorm(Module):
    """What batch and instance normalisation share: parameters and running statistics."""

    _shapes: str  # what may come in, as an error tells it
    _axes: tuple[int, ...]  # the numbers of axes that may come in

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        bias: bool,
        device: str | None,
        dtype: Any,
    ) -> None:
        super().__init__()
        layer = type(self).__name__
        self.num_features = n = checks.size(layer, "num_features", num_features)
        self.eps = checks.number(layer, "eps", eps, 0)
        self.momentum = None if momentum is None else checks.number(layer, "momentum", momentum, 0, 1)
        self.affine = checks.truth(layer, "affine", affine)
        self.track_running_stats = checks.truth(layer, "track_running_stats", track_running_stats)
        shifts = checks.truth(layer, "bias", bias) and affine
        self.weight = Parameter(ones(n, dtype=dtype, device=device)) if affine else None
        self.bias = Parameter(zeros(n, dtype=dtype, device=device)) if shifts else None
        self.running_mean = self.running_var = self.num_batches_tracked = None
        if track_running_stats:
            self.running_mean = Buffer(zeros(n, dtype=dtype, device=device))
            self.running_var = Buffer(ones(n, dtype=dtype, device=device))
            self.num_batches_tracked = Buffer(zeros((), dtype="int64", device=device))

    def reset_running_stats(self) -> None:
        """Set the running mean to zeros, the running variance to ones, and the count of batches to 0."""
        for name, begin in (("running_mean", 0), ("running_var", 1), ("num_batches_tracked", 0)):
            statistic = getattr(self, name)
            if statistic is not None:
                statistic.copy_(begin)

    def reset_parameters(self) -> None:
        """Reset the running statistics; set the weight to ones and the bias to zeros."""
        self.reset_running_stats()
        reset(self)

    def _share(self) -> float:
        """Return how far the next batch moves the running statistics."""
        if self.momentum is not None:
            return self.momentum
        if self.num_batches_tracked is None:
            return 0.0
        return 1 / (int(self.num_batches_tracked) + 1)  # the mean of all batches

    def _count(self, x: Any) -> None:
        """Count the batch ``x``; an empty one not among those of which the mean is taken."""
        if self.num_batches_tracked is None or not (x.size or self.momentum is not None):
            return
        one: Any = 1
        if state.levels and self.running_mean is not None:
            # Under vmap, which refuses statistics that differ between examples and restores them: with what
            # depends on them so does the count. A sum of nothing is 0.
            one = astype(sum(self.running_mean[:0]), "int64") + 1
        self.num_batches_tracked += one

    def _checked(self, x: Any) -> Any:
        layer = type(self).__name__
        x = checks.floating(layer, "x", x)
        if x.ndim not in self._axes:
            raise ShapeError(f"{layer} expects x of shape {self._shapes}, got {x.shape}")
        return x

    def _check_channels(self, x: Any, axis: int) -> None:
        if x.shape[axis] != self.num_features:
            raise ShapeError(
                f"{type(self).__name__} expects x.shape[{axis}] == {self.num_features} (num_features), "
                f"got shape {x.shape}"
            )

    def _shown(self, affine: bool, track_running_stats: bool, **options: Any) -> str:
        """Return the repr of the arguments, given the defaults that differ between the layers."""
        return shown(
            str(self.num_features),
            eps=(self.eps, 1e-5),
            momentum=(self.momentum, 0.1),
            affine=(self.affine, affine),
            track_running_stats=(self.track_running_stats, track_running_stats),
            bias=(self.bias is not None, self.affine),
            **options,
        )


# ----------------------------------------------------------------- over the batch


class BatchNorm1d(_ChannelNorm):
    r"""Normalise each channel over the batch and the length, then scale and shift.

    .. math:: y = f\left(\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \, \gamma + \beta + r\right)

    In training, :math:`\mu` and :math:`\sigma^2` are those of the batch, and the running statistics
    move towards them; the running variance is the unbiased one. In evaluation, the running
    statistics take their place. Activation and residual are computed in the same pass over memory.
    An empty batch moves nothing.

    Args:
        num_features: how many channels there are.
        eps: added to the variance.
        momentum: how far a batch moves the running statistics; None for the mean of all batches.
        affine: whether to scale and shift at all.
        track_running_stats: whether to keep running statistics; without, those of the batch always serve.
        bias: whether to shift.
        activation: :math:`f`, ``"relu"`` or None.
        device, dtype: of the parameters and statistics; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(num_features,)`` that begins with ones, or None.
        bias: Parameter of shape ``(num_features,)`` that begins with zeros, or None.
        running_mean, running_var: Buffers of shape ``(num_features,)``, or None.
        num_batches_tracked: Buffer, how many batches moved them; or None.

    Shape:
        ``(N, C) -> (N, C)`` or ``(N, C, L) -> (N, C, L)``, with a residual :math:`r` of the same shape

    Raises:
        ArgumentError: if a size or number is out of its range.
        ShapeError: if axis 1 is not of size ``num_features``, or there is one value per channel in training.

    Example:
        >>> layer = nn.BatchNorm1d(1, eps=0.0)
        >>> layer(Tensor([[1.0], [3.0]])).tolist()
        [[-1.0], [1.0]]
        >>> layer.running_mean
        Buffer([0.2])

    Ioffe and Szegedy, Batch Normalization, 2015.
    """

    _shapes = "(N, C) or (N, C, L)"
    _axes: tuple[int, ...] = (2, 3)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        activation: str | None = None,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, bias, device=device, dtype=dtype
        )
        if activation is not None:
            checks.one_of(type(self).__name__, "activation", activation, ACTIVATIONS)
        self.activation = activation

    def forward(self, x: Any, residual: Any = None) -> Any:
        """Return ``F.batch_norm`` of ``x``, by its own statistics or by the running ones."""
        x = self._checked(x)
        self._check_channels(x, 1)
        y = F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self._share() if self.training else 0.0,
            self.eps,
            activation=self.activation,
            residual=residual,
        )
        if self.training:
            self._count(x)
        return y

    def extra_repr(self) -> str:
        return self._shown(True, True, activation=(self.activation, None))


class BatchNorm2d(BatchNorm1d):
    """Normalise each channel of images over the batch, then scale and shift; see ``BatchNorm1d``.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)``

    Example:
        >>> layer = nn.BatchNorm2d(8, activation="relu")
        >>> layer
        BatchNorm2d(8, activation='relu')
        >>> x = lucid.ones((2, 8, 4, 4))
        >>> layer(x, residual=x).shape
        (2, 8, 4, 4)
    """

    _shapes = "(N, C, H, W)"
    _axes: tuple[int, ...] = (4,)


class BatchNorm3d(BatchNorm1d):
    """Normalise each channel of volumes over the batch, then scale and shift; see ``BatchNorm1d``.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D, H, W)``

    Example:
        >>> nn.BatchNorm3d(8)(lucid.ones((2, 8, 3, 4, 4))).shape
        (2, 8, 3, 4, 4)
    """

    _shapes = "(N, C, D, H, W)"
    _axes: tuple[int, ...] = (5,)


# ----------------------------------------------------------------- over each example


class InstanceNorm1d(_ChannelNorm):
    r"""Normalise each channel of each example over its length.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}} \, \gamma + \beta

    With running statistics, these move towards the mean of those of the examples in training, and
    take their place in evaluation. Momentum None makes them the mean of all batches, which are counted
    then; in PyTorch they do not move then. Otherwise the count stays 0, as PyTorch's does.

    Args:
        num_features: how many channels there are.
        eps: added to the variance.
        momentum: how far a batch moves the running statistics; None for the mean of all batches.
        affine: whether to scale and shift.
        track_running_stats: whether to keep running statistics.
        bias: whether to shift, if ``affine``.
        device, dtype: of the parameters and statistics; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(num_features,)`` that begins with ones, or None.
        bias: Parameter of shape ``(num_features,)`` that begins with zeros, or None.
        running_mean, running_var: Buffers of shape ``(num_features,)``, or None.
        num_batches_tracked: Buffer, how many batches moved them if ``momentum`` is None, else 0; or None.

    Shape:
        ``(N, C, L) -> (N, C, L)`` or ``(C, L) -> (C, L)``

    Raises:
        ArgumentError: if a size or number is out of its range.
        ShapeError: if the channels are not ``num_features``, or each has one value.

    Example:
        >>> nn.InstanceNorm1d(1, eps=0.0)(Tensor([[[1.0, 3.0]], [[4.0, 8.0]]])).tolist()
        [[[-1.0, 1.0]], [[-1.0, 1.0]]]

    Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.
    """

    _shapes = "(N, C, L) or (C, L)"
    _axes: tuple[int, ...] = (2, 3)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, bias, device=device, dtype=dtype
        )

    def forward(self, x: Any) -> Any:
        """Return ``F.instance_norm`` of ``x``, by its own statistics or by the running ones."""
        x = self._checked(x)
        batched = x.ndim == self._axes[-1]
        self._check_channels(x, 1 if batched else 0)
        y = F.instance_norm(
            x if batched else x.reshape((1, *x.shape)),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self._share() if self.training else 0.0,
            self.eps,
        )
        if self.training and self.momentum is None:
            self._count(x)
        return y if batched else y.reshape(x.shape)

    def extra_repr(self) -> str:
        return self._shown(False, False)


class InstanceNorm2d(InstanceNorm1d):
    """Normalise each channel of each image; see ``InstanceNorm1d``.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)`` or ``(C, H, W) -> (C, H, W)``

    Example:
        >>> nn.InstanceNorm2d(8, affine=True)(lucid.ones((2, 8, 4, 4))).shape
        (2, 8, 4, 4)
    """

    _shapes = "(N, C, H, W) or (C, H, W)"
    _axes: tuple[int, ...] = (3, 4)


class InstanceNorm3d(InstanceNorm1d):
    """Normalise each channel of each volume; see ``InstanceNorm1d``.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D, H, W)`` or ``(C, D, H, W) -> (C, D, H, W)``

    Example:
        >>> nn.InstanceNorm3d(8)(lucid.ones((8, 3, 4, 4))).shape
        (8, 3, 4, 4)
    """

    _shapes = "(N, C, D, H, W) or (C, D, H, W)"
    _axes: tuple[int, ...] = (4, 5)
