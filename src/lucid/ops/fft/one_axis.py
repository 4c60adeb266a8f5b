"""Fourier transforms along one axis."""

from __future__ import annotations

from typing import Any, Literal

from lucid.ops.complex_numbers import conj
from lucid.ops.fft.checks import complex_input, over_axis, real_input
from lucid.ops.fft.pairs import SWAPPED, inverse, real_inverse, real_transform, transform

Norm = Literal["backward", "ortho", "forward"]


def fft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Any:
    r"""Return the discrete Fourier transform along ``axis``.

    .. math:: y_k = c \sum_{j=0}^{n-1} x_j \, e^{-2 \pi i \, j k / n}, \quad k = 0, \dots, n - 1

    ``y[0]`` is the sum; the frequency of ``y[k]``, in cycles per sample, is ``fftfreq(n)[k]``.

    Args:
        x: a complex Tensor. For real numbers there is ``rfft``.
        n: the length of the transform: ``x`` is cropped, or filled up with zeros at the end, to
            this many elements. By default those that it has.
        axis: the axis.
        norm: which of the transform and its inverse is scaled. With ``"backward"`` it is the inverse,
            by 1 / n, and here c = 1; with ``"forward"`` c = 1 / n; with ``"ortho"`` c = 1 / sqrt(n) both
            ways, so that lengths are kept.

    Shape: as ``x``, with n elements along ``axis``.

    Returns:
        A Tensor of the dtype of ``x``.

    Raises:
        DTypeError: if ``x`` is not complex.
        ArgumentError: if there is nothing to transform, or ``n`` is less than 1.
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.fft(lucid.Tensor([1 + 0j, 2, 3, 4])).tolist()
        [(10+0j), (-2+2j), (-2+0j), (-2-2j)]
    """
    x = complex_input("fft", x)
    return transform(x, **over_axis("fft", x, n, axis, norm))


def ifft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Any:
    r"""Return the inverse of ``fft`` along ``axis``.

    .. math:: x_j = c \sum_{k=0}^{n-1} y_k \, e^{2 \pi i \, j k / n}, \quad j = 0, \dots, n - 1

    Args:
        x: a complex Tensor, the spectrum :math:`y`.
        n: the length of the transform, as for ``fft``.
        axis: the axis.
        norm: c = 1 / n with ``"backward"``, 1 / sqrt(n) with ``"ortho"``, 1 with ``"forward"``.

    Shape: as ``x``, with n elements along ``axis``.

    Returns:
        A Tensor of the dtype of ``x``.

    Raises:
        DTypeError: if ``x`` is not complex.
        ArgumentError: if there is nothing to transform, or ``n`` is less than 1.
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.ifft(lucid.Tensor([4 + 0j, 0, 0, 0])).tolist()
        [(1+0j), (1+0j), (1+0j), (1+0j)]
    """
    x = complex_input("ifft", x)
    return inverse(x, **over_axis("ifft", x, n, axis, norm))


def rfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Any:
    r"""Return the Fourier transform of real numbers, without the half that follows from the other.

    It is ``fft`` for :math:`k = 0, \dots, \lfloor n / 2 \rfloor`. The rest would be conjugates of these:
    :math:`y_{n-k} = \bar y_k`.

    Args:
        x: a real Tensor.
        n: the length of the transform, as for ``fft``.
        axis: the axis.
        norm: as for ``fft``.

    Shape: as ``x``, with n // 2 + 1 elements along ``axis``.

    Returns:
        A Tensor, complex64 of float32 and complex128 of float64.

    Raises:
        DTypeError: if ``x`` is neither float32 nor float64.
        ArgumentError: if there is nothing to transform, or ``n`` is less than 1.
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.rfft(lucid.Tensor([1.0, 2, 3, 4])).tolist()
        [(10+0j), (-2+2j), (-2+0j)]
    """
    x = real_input("rfft", x)
    return real_transform(x, **over_axis("rfft", x, n, axis, norm))


def irfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Any:
    r"""Return the inverse of ``rfft``: the real numbers of which ``x`` is half the spectrum.

    .. math:: c \, \Re \Bigl( x_0 + 2 \sum_{0 < k < n/2} x_k \, e^{2 \pi i \, j k / n} + (-1)^j x_{n/2} \Bigr)

    for :math:`j = 0, \dots, n - 1`, where the last term is there for even n alone. The spectrum of
    real numbers is real at zero, and at n / 2; an imaginary part there is ignored, and its gradient is 0.

    Args:
        x: a complex Tensor.
        n: how many real numbers there are: ``x`` is cropped or filled up to n // 2 + 1 elements. By
            default 2 * (m - 1) for m elements. **Half a spectrum does not tell whether n was odd.**
        axis: the axis.
        norm: as for ``ifft``.

    Shape: as ``x``, with n elements along ``axis``.

    Returns:
        A Tensor, float32 of complex64 and float64 of complex128.

    Raises:
        DTypeError: if ``x`` is not complex.
        ArgumentError: if there is nothing to transform, or ``n`` is less than 1.
        IndexingError: if there is no such axis.

    Example:
        >>> x = lucid.Tensor([1.0, 2, 3, 4, 5])
        >>> lucid.allclose(lucid.fft.irfft(lucid.fft.rfft(x), n=5), x, atol=1e-5)
        True
    """
    x = complex_input("irfft", x)
    return real_inverse(x, **over_axis("irfft", x, n, axis, norm, half=True))


def hfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Any:
    r"""Return the real spectrum of a signal of which ``x`` is one half, the other being its conjugate.

    It is ``fft`` of a signal with :math:`x_{n-j} = \bar x_j`, given for :math:`j = 0, \dots, \lfloor n / 2
    \rfloor`; that is, ``irfft`` of the conjugate, scaled as ``fft`` is. Imaginary parts of the first
    element, and of the one at n / 2, are ignored.

    Args:
        x: a complex Tensor.
        n: the length of the whole signal and of its spectrum, as for ``irfft``.
        axis: the axis.
        norm: as for ``fft``.

    Shape: as ``x``, with n elements along ``axis``.

    Returns:
        A Tensor, float32 of complex64 and float64 of complex128.

    Raises:
        DTypeError: if ``x`` is not complex.
        ArgumentError: if there is nothing to transform, or ``n`` is less than 1.
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.hfft(lucid.Tensor([1 + 0j, 1j, 2]))
        Tensor([3.0, 1.0, 3.0, -3.0])
    """
    x = complex_input("hfft", x)
    options = over_axis("hfft", x, n, axis, norm, half=True)
    return real_inverse(conj(x), **options | {"norm": SWAPPED[norm]})


def ihfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Any:
    r"""Return the inverse of ``hfft``: one half of the signal whose spectrum is the real ``x``.

    It is the conjugate of ``rfft``, scaled as ``ifft`` is.

    Args:
        x: a real Tensor.
        n: the length of the transform, as for ``fft``.
        axis: the axis.
        norm: as for ``ifft``.

    Shape: as ``x``, with n // 2 + 1 elements along ``axis``.

    Returns:
        A Tensor, complex64 of float32 and complex128 of float64.

    Raises:
        DTypeError: if ``x`` is neither float32 nor float64.
        ArgumentError: if there is nothing to transform, or ``n`` is less than 1.
        IndexingError: if there is no such axis.

    Example:
        >>> lucid.fft.ihfft(lucid.Tensor([3.0, 1.0, 3.0, -3.0])).tolist()
        [(1-0j), 1j, (2-0j)]
    """
    x = real_input("ihfft", x)
    options = over_axis("ihfft", x, n, axis, norm)
    return conj(real_transform(x, **options | {"norm": SWAPPED[norm]}))
