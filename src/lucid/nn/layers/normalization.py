"""Layers that normalise over parts of each example. Their formulas stand with the functions in ``F``.

Read next: ``batch_normalization.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lucid.errors import ArgumentError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.normalization import shape_of_last_axes
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import ones, zeros


class LayerNorm(Module):
    r"""Normalise over the last axes, then scale and shift.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}} \, \gamma + \beta

    Args:
        normalized_shape: the sizes of the axes to normalise over; an integer for the last one.
        eps: added to the variance.
        elementwise_affine: whether to scale and shift at all.
        bias: whether to shift.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight: Parameter of ``normalized_shape`` that begins with ones, or None.
        bias: Parameter of ``normalized_shape`` that begins with zeros, or None.

    Shape:
        ``(*, *normalized_shape) -> (*, *normalized_shape)``

    Raises:
        ArgumentError: if a size is not positive.
        ShapeError: if the last axes of the input are not ``normalized_shape``.

    Example:
        >>> layer = nn.LayerNorm(2)
        >>> layer
        LayerNorm(2)
        >>> [round(y, 2) for y in layer(Tensor([10.0, 30.0])).tolist()]
        [-1.0, 1.0]

    Ba, Kiros and Hinton, Layer Normalization, 2016.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _positive("LayerNorm", normalized_shape)
        self.eps = checks.number("LayerNorm", "eps", eps, 0)
        self.elementwise_affine = checks.truth("LayerNorm", "elementwise_affine", elementwise_affine)
        shifts = checks.truth("LayerNorm", "bias", bias) and elementwise_affine
        shape = self.normalized_shape
        self.weight = Parameter(ones(shape, dtype=dtype, device=device)) if elementwise_affine else None
        self.bias = Parameter(zeros(shape, dtype=dtype, device=device)) if shifts else None

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        reset(self)

    def forward(self, x: Any) -> Any:
        """Return ``F.layer_norm(x, normalized_shape, weight, bias, eps)``."""
        x = checks.floating("LayerNorm", "x", x)
        _expect_last_axes("LayerNorm", x, self.normalized_shape)
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return shown(
            _sizes(self.normalized_shape),
            eps=(self.eps, 1e-5),
            elementwise_affine=(self.elementwise_affine, True),
            bias=(self.bias is not None, self.elementwise_affine),
        )


class RMSNorm(Module):
    r"""Divide by the root of the mean square over the last axes, then scale.

    .. math:: y = \frac{x}{\sqrt{\operatorname{E}[x^2] + \epsilon}} \, \gamma

    Args:
        normalized_shape: the sizes of the axes to normalise over; an integer for the last one.
        eps: added to the mean square; None for the distance from 1 to the next number.
        elementwise_affine: whether to scale.
        device, dtype: of the parameter; by default the CPU and float32.

    Attributes:
        weight: Parameter of ``normalized_shape`` that begins with ones, or None.

    Shape:
        ``(*, *normalized_shape) -> (*, *normalized_shape)``

    Raises:
        ArgumentError: if a size is not positive.
        ShapeError: if the last axes of the input are not ``normalized_shape``.

    Example:
        >>> nn.RMSNorm(2)(Tensor([3.0, -3.0]))
        Tensor([1.0, -1.0], grad=None)

    Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _positive("RMSNorm", normalized_shape)
        self.eps = None if eps is None else checks.number("RMSNorm", "eps", eps, 0)
        self.elementwise_affine = checks.truth("RMSNorm", "elementwise_affine", elementwise_affine)
        shape = self.normalized_shape
        self.weight = Parameter(ones(shape, dtype=dtype, device=device)) if elementwise_affine else None

    def reset_parameters(self) -> None:
        """Set the weight to ones."""
        reset(self)

    def forward(self, x: Any) -> Any:
        """Return ``F.rms_norm(x, normalized_shape, weight, eps)``."""
        x = checks.floating("RMSNorm", "x", x)
        _expect_last_axes("RMSNorm", x, self.normalized_shape)
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return shown(
            _sizes(self.normalized_shape),
            eps=(self.eps, None),
            elementwise_affine=(self.elementwise_affine, True),
        )


class GroupNorm(Module):
    r"""Normalise each group of channels of each example, then scale and shift.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}} \, \gamma + \beta

    Args:
        num_groups: how many groups of neighbours the channels are divided into.
        num_channels: how many channels there are.
        eps: added to the variance.
        affine: whether to scale and shift at all.
        bias: whether to shift.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(num_channels,)`` that begins with ones, or None.
        bias: Parameter of shape ``(num_channels,)`` that begins with zeros, or None.

    Shape:
        ``(N, num_channels, *) -> (N, num_channels, *)``

    Raises:
        ArgumentError: if a size is not positive, or the channels do not divide into groups.
        ShapeError: if axis 1 of the input is not of size ``num_channels``.

    Example:
        >>> nn.GroupNorm(2, 6)(lucid.ones((4, 6, 5))).shape
        (4, 6, 5)

    Wu and He, Group Normalization, 2018.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_groups = checks.size("GroupNorm", "num_groups", num_groups)
        self.num_channels = checks.size("GroupNorm", "num_channels", num_channels)
        if self.num_channels % self.num_groups:
            raise ArgumentError(
                f"GroupNorm expects num_channels that divide into num_groups={num_groups}, got {num_channels}"
            )
        self.eps = checks.number("GroupNorm", "eps", eps, 0)
        self.affine = checks.truth("GroupNorm", "affine", affine)
        shifts = checks.truth("GroupNorm", "bias", bias) and affine
        self.weight = Parameter(ones(num_channels, dtype=dtype, device=device)) if affine else None
        self.bias = Parameter(zeros(num_channels, dtype=dtype, device=device)) if shifts else None

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        reset(self)

    def forward(self, x: Any) -> Any:
        """Return ``F.group_norm(x, num_groups, weight, bias, eps)``."""
        x = checks.floating("GroupNorm", "x", x)
        if x.shape[1:2] != (self.num_channels,):
            raise ShapeError(
                f"GroupNorm expects x.shape[1] == {self.num_channels} (num_channels), got shape {x.shape}"
            )
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return shown(
            f"{self.num_groups}, {self.num_channels}",
            eps=(self.eps, 1e-5),
            affine=(self.affine, True),
            bias=(self.bias is not None, self.affine),
        )


# ----------------------------------------------------------------- what the layers share


def reset(layer: Any) -> None:
    """Set the weight of ``layer`` to ones and its bias to zeros, where it has them."""
    for name, begin in (("weight", init.ones_), ("bias", init.zeros_)):
        parameter = getattr(layer, name, None)
        if parameter is not None:
            begin(parameter)


def shown(sizes: str, **options: tuple[Any, Any]) -> str:
    """Return the repr of a layer's arguments: of its options, each with a default, those that differ."""
    return ", ".join(
        [sizes, *(f"{name}={value!r}" for name, (value, default) in options.items() if value != default)]
    )


def _sizes(shape: tuple[int, ...]) -> str:
    return str(shape[0]) if len(shape) == 1 else str(shape)


def _positive(layer: str, normalized_shape: Any) -> tuple[int, ...]:
    shape = shape_of_last_axes(layer, normalized_shape)
    return tuple(checks.size(layer, "normalized_shape", n) for n in shape)


def _expect_last_axes(layer: str, x: Any, shape: tuple[int, ...]) -> None:
    if x.shape[-len(shape) :] != shape:
        raise ShapeError(
            f"{layer} expects x.shape[-{len(shape)}:] == {shape} (normalized_shape), got shape {x.shape}"
        )
