"""Layers that make sequences, images and volumes larger, or smaller."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ShapeError
from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.interpolation import checked, factors_of
from lucid.nn.module import Module


class Upsample(Module):
    r"""Resize the axes of space; ``F.interpolate`` has the formulas.

    Args:
        size: the size of the result, one integer or one for each axis of space.
        scale_factor: instead of it, by how much each axis becomes longer: one number or one for each.
        mode: ``"nearest"``, ``"nearest-exact"`` or ``"area"``; or what connects elements, ``"linear"`` along
            one axis, ``"bilinear"`` and ``"bicubic"`` along two, ``"trilinear"`` along three.
        align_corners: whether the first and last elements stay where they are; False by default. It is for
            the modes that connect elements.
        recompute_scale_factor: whether places are worked out by the quotient of the sizes, where
            ``scale_factor`` is given and multiplies to no whole number.

    Shape:
        ``(N, C, *) -> (N, C, *size)`` with one to three axes of space

    Raises:
        ArgumentError: if there isn't one of ``size`` and ``scale_factor``, or ``mode`` needs other options.
        ShapeError: if the input has other axes than ``mode`` is for.

    Example:
        >>> nn.Upsample(scale_factor=2)(Tensor([[[1.0, 2.0]]]))
        Tensor([[[1.0, 1.0, 2.0, 2.0]]])
        >>> nn.Upsample((64, 64), mode="bilinear")(lucid.zeros((1, 3, 32, 32))).shape
        (1, 3, 64, 64)
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        checked(name, size, scale_factor, mode, align_corners, recompute_scale_factor)
        if size is not None:
            sizes = checks.items(name, "size", size)
            if sizes == ():
                raise ArgumentError(
                    f"{name} expects size to be one integer or one for each axis, got {size!r}"
                )
            size = checks.stored(name, "size", size, len(sizes or (1,)), 1)
        else:
            factors = factors_of(name, scale_factor)
            one = checks.items(name, "scale_factor", scale_factor) is None
            scale_factor = scale_factor if one else factors
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, x: Any) -> Any:
        """Return ``F.interpolate(x, ...)`` with the options of the layer."""
        return F.interpolate(
            x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        by = f"scale_factor={self.scale_factor}" if self.size is None else f"size={self.size}"
        corners = "" if self.align_corners is None else f", align_corners={self.align_corners}"
        recomputed = ", recompute_scale_factor=True" if self.recompute_scale_factor else ""
        return f"{by}, mode={self.mode!r}{corners}{recomputed}"


class UpsamplingNearest2d(Upsample):
    """Resize images by their nearest elements: ``Upsample`` with ``mode="nearest"``.

    Args:
        size: the size of the result, one integer or one for each axis.
        scale_factor: instead of it, by how much each axis becomes longer: one number or one for each.

    Shape:
        ``(N, C, H, W) -> (N, C, *size)``

    Raises:
        ArgumentError: if there isn't one of ``size`` and ``scale_factor``.
        ShapeError: if the input isn't of images.

    Example:
        >>> nn.UpsamplingNearest2d(scale_factor=2)(Tensor([[[[1.0, 2.0]]]]))
        Tensor([[[[1.0, 1.0, 2.0, 2.0],
                  [1.0, 1.0, 2.0, 2.0]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")

    def forward(self, x: Any) -> Any:
        """Return ``F.interpolate(x, ...)`` with the options of the layer."""
        name = type(self).__name__
        x = checks.as_tensor(name, "x", x)
        if x.ndim != 4:
            raise ShapeError(f"{name} expects x of shape (N, C, H, W), got shape {x.shape}")
        return super().forward(x)


class UpsamplingBilinear2d(Upsample):
    """Resize images by straight lines between elements, of which those in the corners stay where they are.

    It is ``Upsample`` with ``mode="bilinear"`` and ``align_corners=True``.

    Args:
        size: the size of the result, one integer or one for each axis.
        scale_factor: instead of it, by how much each axis becomes longer: one number or one for each.

    Shape:
        ``(N, C, H, W) -> (N, C, *size)``

    Raises:
        ArgumentError: if there isn't one of ``size`` and ``scale_factor``.
        ShapeError: if the input isn't of images.

    Example:
        >>> nn.UpsamplingBilinear2d((1, 3))(Tensor([[[[1.0, 2.0]]]]))
        Tensor([[[[1.0, 1.5, 2.0]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)
