"""Fourier transforms along several axes: one axis after the other, in effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lucid.errors import ArgumentError
from lucid.ops.cast import another
from lucid.ops.fft.checks import complex_input, over_axes, real_input
from lucid.ops.fft.one_axis import Norm
from lucid.ops.fft.pairs import inverse, real_inverse, real_transform, transform


def fftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: Norm = "backward"
) -> Any:
    r"""Return the discrete Fourier transform along ``axes``: ``fft`` along each of them.

    .. math:: y_{k_1 \dots k_d} = c \sum_{j_1 \dots j_d} x_{j_1 \dots j_d}
        \exp \Bigl( -2 \pi i \sum_a \frac{j_a k_a}{s_a} \Bigr)

    Args:
        x: a complex Tensor. For real numbers there is ``rfftn``.
        s: the sizes of the transform: each of the ``axes`` is cropped, or filled up with zeros at
            the end, to its size. By default those of ``x``.
        axes: the axes; by default all, or the last ones if ``s`` has fewer sizes.
        norm: as for ``fft``, where n is the product of the sizes: c = 1 with ``"backward"``,
            1 / sqrt(n) with ``"ortho"``, 1 / n with ``"forward"``.

    Shape: as ``x``, with the sizes ``s`` along ``axes``.

    Returns:
        A Tensor of the dtype of ``x``.

    Raises:
        DTypeError: if ``x`` is not complex.
        ArgumentError: if there is nothing to transform, an axis is named twice, or ``s`` does not fit.
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.fftn(lucid.Tensor([[1 + 0j, 2], [3, 4]])).tolist()
        [[(10+0j), (-2+0j)], [(-4+0j), 0j]]
    """
    x = complex_input("fftn", x)
    options = over_axes("fftn", x, s, axes, norm)
    return transform(x, **options) if options["axes"] else another(x)


def ifftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: Norm = "backward"
) -> Any:
    r"""Return the inverse of ``fftn`` along ``axes``: ``ifft`` along each of them.

    .. math:: x_{j_1 \dots j_d} = c \sum_{k_1 \dots k_d} y_{k_1 \dots k_d}
        \exp \Bigl( 2 \pi i \sum_a \frac{j_a k_a}{s_a} \Bigr)

    Args:
        x: a complex Tensor, the spectrum :math:`y`.
        s: the sizes of the transform, as for ``fftn``.
        axes: the axes, as for ``fftn``.
        norm: c = 1 / n with ``"backward"``, 1 / sqrt(n) with ``"ortho"``, 1 with ``"forward"``.

    Shape: as ``x``, with the sizes ``s`` along ``axes``.

    Returns:
        A Tensor of the dtype of ``x``.

    Raises:
        DTypeError: if ``x`` is not complex.
        ArgumentError: if there is nothing to transform, an axis is named twice, or ``s`` does not fit.
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.ifftn(lucid.Tensor([[4 + 0j, 0], [0, 0]])).tolist()
        [[(1+0j), (1+0j)], [(1+0j), (1+0j)]]
    """
    x = complex_input("ifftn", x)
    options = over_axes("ifftn", x, s, axes, norm)
    return inverse(x, **options) if options["axes"] else another(x)


def rfftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: Norm = "backward"
) -> Any:
    r"""Return the Fourier transform of real numbers along ``axes``, without the half that follows.

    It is ``rfft`` along the last of the ``axes``, then ``fft`` along the others. What is left out is
    conjugate to what is there: :math:`y_{-k} = \bar y_k`, counted around the end of each axis.

    Args:
        x: a real Tensor.
        s: the sizes of the transform, as for ``fftn``.
        axes: the axes, as for ``fftn``; the last one is halved.
        norm: as for ``fftn``.

    Shape: as ``x``, with the sizes ``s`` along ``axes``, and s[-1] // 2 + 1 along the last of them.

    Returns:
        A Tensor, complex64 of float32 and complex128 of float64.

    Raises:
        DTypeError: if ``x`` is neither float32 nor float64.
        ArgumentError: if there is nothing to transform, an axis is named twice, or ``s`` does not fit.
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.rfftn(lucid.ones((2, 4))).shape
        (2, 3)
    """
    x = real_input("rfftn", x)
    return real_transform(x, **_some("rfftn", over_axes("rfftn", x, s, axes, norm)))


def irfftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: Norm = "backward"
) -> Any:
    r"""Return the inverse of ``rfftn``: the real numbers of which ``x`` is half the spectrum.

    It is ``ifft`` along all of the ``axes`` but the last, then ``irfft`` along that.

    Args:
        x: a complex Tensor.
        s: the sizes of the result along ``axes``. The last of them is by default 2 * (m - 1) for m
            elements, as for ``irfft``; the others are those of ``x``.
        axes: the axes, as for ``fftn``; the last one is that which ``rfftn`` halved.
        norm: as for ``ifftn``.

    Shape: as ``x``, with the sizes ``s`` along ``axes``.

    Returns:
        A Tensor, float32 of complex64 and float64 of complex128.

    Raises:
        DTypeError: if ``x`` is not complex.
        ArgumentError: if there is nothing to transform, an axis is named twice, or ``s`` does not fit.
        IndexingError: if there is no such axis.

    Example:
        >>> x = lucid.Tensor([[1.0, 2, 3], [4, 5, 6]])
        >>> lucid.allclose(lucid.fft.irfftn(lucid.fft.rfftn(x), s=(2, 3)), x, atol=1e-5)
        True
    """
    x = complex_input("irfftn", x)
    return real_inverse(x, **_some("irfftn", over_axes("irfftn", x, s, axes, norm, half=True)))


def _some(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a transform that needs an axis to halve."""
    if not options["axes"]:
        raise ArgumentError(f"{name} halves the last of its axes, and there is none: give axes")
    return options
