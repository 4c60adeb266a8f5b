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


def meets_all(size: Sizes, kernel: Sizes, out: Sizes, geometry: Geometry) -> bool:
    """Whether each element of a kernel meets some element of images of ``size``, and not padding alone."""
    stride, padding, dilation, _ = geometry
    for n, (before, _), k, d, s, m in zip(size, padding, kernel, dilation, stride, out, strict=True):
        for tap in range(k):
            start = tap * d - before  # where it stands for the first result
            first = max(0, -(start // s))  # the first result for which it is not before the image
            if first >= m or start + first * s >= n:
                return False
    return True
