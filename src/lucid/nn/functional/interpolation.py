"""Images in other sizes."""

from __future__ import annotations

import math
import sys
from typing import Any

from lucid import ops
from lucid.engines.dtypes import is_inexact
from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from lucid.nn.functional.resampling import resampled, taps_of
from lucid.ops.cast import another

__all__ = ["interpolate"]

# For how many axes of space there is a mode, and what it is along each of them.
MODES: dict[str, tuple[tuple[int, ...], str]] = {
    "nearest": ((1, 2, 3), "nearest"),
    "nearest-exact": ((1, 2, 3), "nearest-exact"),
    "linear": ((1,), "linear"),
    "bilinear": ((2,), "linear"),
    "trilinear": ((3,), "linear"),
    "bicubic": ((2,), "cubic"),
    "lanczos": ((2,), "lanczos"),
    "area": ((1, 2, 3), "area"),
}
WITH_CORNERS = ("linear", "bilinear", "trilinear", "bicubic", "lanczos")
FILTERED = ("bilinear", "bicubic", "lanczos")
AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


def interpolate(
    x: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    r"""Return sequences, images or volumes in another size.

    Each element of the result lies at some place of ``x``, and is a weighted sum of elements around it. Of
    :math:`m` elements that come from :math:`n`, with :math:`s = n / m`, element :math:`i` lies at

    .. math:: p_i = s \, (i + \tfrac12) - \tfrac12

    so that the ends of both axes lie together; with ``align_corners`` their first and last elements do,
    :math:`p_i = i \, (n - 1) / (m - 1)`. What lies beyond an end is the last element.

    Args:
        x: a Tensor of floats; for the nearest element, of anything.
        size: the size of the result, one integer or one for each axis of space.
        scale_factor: by how much each axis becomes longer, one number or one for each. The result has
            ``floor(n * scale_factor)`` elements, and :math:`s` is ``1 / scale_factor``. But along an axis
            that keeps its size, lines and filters leave the elements as they are, and so does ``"nearest"``
            in images, where it repeats them along an axis of twice its size.
        mode: ``"nearest"`` takes the element at :math:`\lfloor s i \rfloor`, ``"nearest-exact"`` the one at
            :math:`\lfloor s (i + \tfrac12) \rfloor`, which is the nearest. ``"linear"``, ``"bilinear"`` and
            ``"trilinear"`` connect elements by straight lines along one, two and three axes, ``"bicubic"`` by
            Keys' cubic with :math:`a = -\tfrac34` along two. ``"lanczos"`` is a filter of three elements to
            each side. ``"area"`` is the average of ``adaptive_avg_pool``.
        align_corners: whether the first and last elements stay where they are; False by default. It is for
            the modes that connect elements.
        recompute_scale_factor: whether :math:`s` is the quotient of the sizes also with ``scale_factor``.
        antialias: for ``"bilinear"`` and ``"bicubic"``, whether the filter is made wider by :math:`s` where
            the image shrinks, so that no element is passed over. The cubic has :math:`a = -\tfrac12` then.
            ``"lanczos"`` needs it.

    Shape:
        ``(N, C, *) -> (N, C, *size)`` with one to three axes of space

    Raises:
        ShapeError: if ``x`` has other axes than ``mode`` is for, or nothing of it is left.
        ArgumentError: if there isn't one of ``size`` and ``scale_factor``, or ``mode`` needs other options.
            Or if the result would be larger than any array.
        DTypeError: if ``x`` does not hold floats, and is to be more than picked from.

    Example:
        >>> x = Tensor([[[1.0, 2.0]]])
        >>> F.interpolate(x, scale_factor=2)
        Tensor([[[1.0, 1.0, 2.0, 2.0]]])
        >>> F.interpolate(x, size=4, mode="linear")
        Tensor([[[1.0, 1.25, 1.75, 2.0]]])
        >>> F.interpolate(x, size=3, mode="linear", align_corners=True)
        Tensor([[[1.0, 1.5, 2.0]]])

    Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981.
    """
    x = checks.as_tensor("interpolate", "x", x)
    checked("interpolate", size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)
    if not mode.startswith("nearest"):
        x = checks.floating("interpolate", "x", x)
    axes, kind = MODES[mode]
    n = x.ndim - 2
    if n not in axes:
        shapes = " or ".join(f"(N, C, {AXES[a]})" for a in axes)
        raise ShapeError(f"interpolate expects x of shape {shapes} for mode {mode!r}, got shape {x.shape}")
    before, steps = x.shape[2:], None
    if size is not None:
        after = checks.per_axis("interpolate", "size", size, n, 1)
    else:
        factors = factors_of("interpolate", scale_factor, n)
        if max(m * f for m, f in zip(before, factors, strict=True)) > sys.maxsize:
            raise ArgumentError(
                f"interpolate: scale_factor={scale_factor!r} asks for more elements than there can be"
            )
        after = tuple(math.floor(m * f) for m, f in zip(before, factors, strict=True))
        if not recompute_scale_factor:
            settled = _settled(kind, n, antialias)
            pairs = zip(before, after, factors, strict=True)
            steps = [m / k if k in (m * t for t in settled) else 1 / f for m, k, f in pairs]
    name, given = ("size", size) if scale_factor is None else ("scale_factor", scale_factor)
    checks.fits("interpolate", name, given, (*x.shape[:2], *after), x.dtype.itemsize)
    if min(*before, *after) < 1:
        raise ShapeError(f"interpolate: of x of shape {x.shape}, a result of {after} elements can't be made")
    if kind == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[n - 1](x, after)
    return _resized(x, kind, after, steps, bool(align_corners), antialias)


def _settled(kind: str, axes: int, antialias: bool) -> tuple[int, ...]:
    """Return for which multiples of its size an axis is resized by the sizes, whatever the factor is."""
    if kind == "linear" or antialias:
        return (1,)
    return (1, 2) if kind == "nearest" and axes == 2 else ()


def _resized(
    x: Any, kind: str, after: tuple[int, ...], steps: list[float] | None, corners: bool, antialias: bool
) -> Any:
    given, dtype, before = x, x.dtype, x.shape[2:]
    if dtype.itemsize == 2 and is_inexact(dtype):
        x = ops.astype(x, ops.float32)  # half precision is too coarse for weights and sums
    # The axes that shrink come first. Of those that grow, the last one does: the others move whole rows.
    order = sorted(range(len(after)), key=lambda a: (after[a] / before[a], -a if after[a] > before[a] else a))
    for a in order:
        step = before[a] / after[a] if steps is None else steps[a]
        if before[a] == after[a] and step == 1.0:
            continue
        options = {"corners": corners, "antialias": antialias, "single": dtype.name != "float64"}
        x = resampled(x, axis=2 + a, taps=taps_of(kind, before[a], after[a], step, **options))
    return another(x) if x is given else ops.astype(x, dtype, copy=False)


# ----------------------------------------------------------------- checks, which the layers make too


def checked(
    name: str,
    size: Any,
    scale_factor: Any,
    mode: Any,
    align_corners: Any,
    recompute_scale_factor: Any,
    antialias: Any = False,
) -> None:
    """Raise unless the options of an ``interpolate`` go together."""
    if (size is None) == (scale_factor is None):
        raise ArgumentError(
            f"{name} expects either size or scale_factor, got size={size!r} and scale_factor={scale_factor!r}"
        )
    checks.one_of(name, "mode", mode, tuple(MODES))
    if align_corners is not None:
        checks.truth(name, "align_corners", align_corners)
        if mode not in WITH_CORNERS:
            raise ArgumentError(
                f"{name} expects align_corners with one of {', '.join(map(repr, WITH_CORNERS))}, "
                f"got mode {mode!r}: leave align_corners out"
            )
    if recompute_scale_factor is not None:
        recompute = checks.truth(name, "recompute_scale_factor", recompute_scale_factor)
        if recompute and size is not None:
            raise ArgumentError(f"{name} expects recompute_scale_factor with scale_factor, got size={size!r}")
    if checks.truth(name, "antialias", antialias) and mode not in FILTERED:
        raise ArgumentError(
            f"{name} expects antialias with one of {', '.join(map(repr, FILTERED))}, got mode {mode!r}"
        )
    if mode == "lanczos" and (align_corners or not antialias):
        raise ArgumentError(
            f"{name} expects antialias=True and no align_corners=True with mode 'lanczos', "
            f"got antialias={antialias!r} and align_corners={align_corners!r}"
        )


def factors_of(name: str, value: Any, n: int | None = None) -> tuple[float, ...]:
    """Return the scale factors, one number or one for each of ``n`` axes: positive and finite."""
    factors = checks.items(name, "scale_factor", value, "a number")
    if factors is None:
        factors = (value,) * (n or 1)
    if not factors or (n is not None and len(factors) != n):
        count = "one for each axis" if n is None else n
        raise ArgumentError(f"{name} expects scale_factor to be one number or {count}, got {value!r}")
    found = tuple(checks.number(name, "scale_factor", f, 0.0) for f in factors)
    if 0.0 in found:
        raise ArgumentError(f"{name} expects scale_factor to be positive, got {value!r}")
    return found
