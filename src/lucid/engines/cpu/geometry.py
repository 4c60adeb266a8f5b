"""How a kernel moves over images."""

from __future__ import annotations

Sizes = tuple[int, ...]
Geometry = tuple[Sizes, tuple[tuple[int, int], ...], Sizes, int]  # stride, padding, dilation, groups


def out_size(size: Sizes, kernel: Sizes, geometry: Geometry) -> Sizes:
    """Return the size of the result for images of ``size``."""
    stride, padding, dilation, _ = geometry
    return tuple(
        (n + before + after - (k - 1) * d - 1) // s + 1
        for n, (before, after), k, d, s in zip(size, padding, kernel, dilation, stride, strict=True)
    )
