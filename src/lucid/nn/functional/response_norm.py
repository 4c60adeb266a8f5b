"""Division by sizes: of vectors, of neighbouring channels, and of whole channels beside one another.

Half precision is computed in float32, and the result has the dtype of ``x``.
"""

from __future__ import annotations

from typing import Any

from lucid.errors import ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.normalization import per_channel, widened
from lucid.nn.functional.pooling import avg_pool2d
from lucid.ops import arange, clip, pad, square, where
from lucid.ops.linalg import vector_norm

__all__ = ["cross_map_lrn2d", "global_response_norm", "local_response_norm", "normalize"]

# ----------------------------------------------------------------- vectors


def normalize(x: Any, p: float = 2.0, axis: Any = 1, eps: float = 1e-12) -> Any:
    r"""Divide vectors by their norm.

    .. math:: y = \frac{x}{\max(\|x\|_p, \epsilon)}

    Args:
        x: a Tensor of floats.
        p: which norm; see ``lucid.linalg.vector_norm``.
        axis: the axis of the vectors, or several axes, over which each makes one vector.
        eps: the least that is divided by, so that a vector of zeros stays one.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``eps`` is negative, or ``p`` no number.
        DTypeError: if ``x`` does not hold floats.
        IndexingError: if there is no such axis.

    Example:
        >>> F.normalize(Tensor([[3.0, -4.0], [0.0, 0.0]]))
        Tensor([[ 0.6, -0.8],
                [ 0.0,  0.0]])
    """
    x = checks.floating("normalize", "x", x)
    eps = checks.number("normalize", "eps", eps, 0)
    wide = widened(x)
    return (wide / clip(vector_norm(wide, axis=axis, keepdims=True, ord=p), eps)).astype(x.dtype)


# ----------------------------------------------------------------- neighbouring channels


def local_response_norm(x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    r"""Divide each element by a power of the mean square of its neighbours in other channels.

    .. math:: y_c = x_c \left( k + \frac{\alpha}{n} \sum_{d = c - \lfloor n / 2 \rfloor}
        ^{c + \lfloor (n - 1) / 2 \rfloor} x_d^2 \right)^{-\beta}

    where channels that don't exist count as 0.

    Args:
        x: a Tensor of floats with the channels along axis 1.
        size: :math:`n`, how many channels are neighbours.
        alpha, beta, k: :math:`\alpha`, :math:`\beta` and :math:`k`.

    Shape:
        ``(N, C, *) -> (N, C, *)``, with at least one axis beside those of examples and channels

    Raises:
        ArgumentError: if ``size`` is not positive, or a number not finite.
        DTypeError: if ``x`` does not hold floats.
        ShapeError: if ``x`` has fewer than three axes.

    Example:
        >>> x = Tensor([[[3.0], [4.0]]])
        >>> F.local_response_norm(x, 1, alpha=1.0, beta=0.5, k=0.0)
        Tensor([[[1.0],
                 [1.0]]])

    Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012.
    """
    x = checks.floating("local_response_norm", "x", x)
    if x.ndim < 3:
        raise ShapeError(
            f"local_response_norm expects x of shape (N, C, ...) of 3 axes or more, got {x.shape}"
        )
    size, alpha, beta, k = lrn_options("local_response_norm", size, alpha, beta, k)
    if x.size == 0:
        return x
    wide = widened(x)
    mean = _mean_of_neighbours(square(wide), size // 2, (size - 1) // 2)
    return (wide / (k + alpha * mean) ** beta).astype(x.dtype)


def cross_map_lrn2d(x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> Any:
    r"""Divide each element by a power of a sum over channels, as ``nn.CrossMapLRN2d`` does.

    For an odd ``size`` and up to ``(size + 1) / 2`` channels it is ``local_response_norm``. With more, the
    square of the first channel stays in the sums of all later ones: so it does in PyTorch's layer, and
    weights that were trained with that want it back. PyTorch's gradients are not those of its results;
    Lucid's are.

    Args:
        x: a Tensor of floats.
        size, alpha, beta, k: as of ``local_response_norm``. An even ``size`` is taken for the neighbours of
            the odd one below, and is divided by itself.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)``

    Raises:
        ArgumentError: if ``size`` is not positive, or a number not finite.
        DTypeError: if ``x`` does not hold floats.
        ShapeError: if ``x`` has other axes.

    Example:
        >>> F.cross_map_lrn2d(Tensor([[[[3.0]], [[4.0]]]]), 3, alpha=3.0, beta=0.5, k=0.0).tolist()
        [[[[0.6000000238418579]], [[0.800000011920929]]]]
    """
    x = checks.floating("cross_map_lrn2d", "x", x)
    if x.ndim != 4:
        raise ShapeError(f"cross_map_lrn2d expects x of shape (N, C, H, W), got {x.shape}")
    size, alpha, beta, k = lrn_options("cross_map_lrn2d", size, alpha, beta, k)
    if x.size == 0:
        return x
    wide = widened(x)
    squares, reach = square(wide), (size - 1) // 2
    total = (2 * reach + 1) * _mean_of_neighbours(squares, reach, reach)
    later = per_channel(arange(x.shape[1], device=x.device) > reach, x)
    total = total + where(later, squares[:, :1], 0.0)
    return (wide / (k + alpha / size * total) ** beta).astype(x.dtype)


def _mean_of_neighbours(x: Any, before: int, after: int) -> Any:
    """Return the means along axis 1 of each element, so many before it and so many after it.

    Those that don't exist are 0, and count.
    """
    n, channels = x.shape[:2]
    image = x.reshape((n, 1, channels, x.size // (n * channels)))
    padded = pad(image, ((0, 0), (0, 0), (before, after), (0, 0)))
    return avg_pool2d(padded, (before + 1 + after, 1), 1).reshape(x.shape)


def lrn_options(function: str, size: Any, alpha: Any, beta: Any, k: Any) -> tuple[int, float, float, float]:
    """Return the options of a local response normalisation, checked."""
    alpha, beta, k = (
        checks.number(function, name, value) for name, value in (("alpha", alpha), ("beta", beta), ("k", k))
    )
    return checks.size(function, "size", size), alpha, beta, k


# ----------------------------------------------------------------- whole channels


def global_response_norm(x: Any, gamma: Any, beta: Any, eps: float = 1e-6) -> Any:
    r"""Multiply each channel by its norm, compared with the mean norm of all channels; and add ``x``.

    .. math:: y_c = \gamma_c \, x_c \, \frac{\|x_c\|}{\operatorname{mean}_d \|x_d\| + \epsilon}
        + \beta_c + x_c

    with the Euclidean norms of whole images. Channels compete: those that say little say less.

    Args:
        x: a Tensor of floats with the channels along axis 1.
        gamma, beta: :math:`\gamma` and :math:`\beta`, one number for each channel.
        eps: added to the mean norm.

    Shape:
        x ``(N, C, H, W)``, gamma and beta ``(C,)`` or ``(1, C, 1, 1)`` ``-> (N, C, H, W)``

    Raises:
        DTypeError: if one of the three does not hold floats.
        ShapeError: if the shapes do not fit together.

    Example:
        >>> x = Tensor([[[[1.0]], [[3.0]]]])
        >>> F.global_response_norm(x, lucid.ones(2), lucid.zeros(2), eps=0.0).tolist()
        [[[[1.5]], [[7.5]]]]

    Woo et al., ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders, 2023.
    """
    x = checks.floating("global_response_norm", "x", x)
    if x.ndim != 4:
        raise ShapeError(f"global_response_norm expects x of shape (N, C, H, W), got {x.shape}")
    eps = checks.number("global_response_norm", "eps", eps, 0)
    gamma, beta = (
        _of_channels(name, value, x).reshape((-1, 1, 1)) for name, value in (("gamma", gamma), ("beta", beta))
    )
    wide = widened(x)
    norms = vector_norm(wide, axis=(2, 3), keepdims=True)
    share = norms / (norms.mean(axis=1, keepdims=True) + eps)
    return (gamma * (wide * share) + beta + wide).astype(x.dtype)


def _of_channels(name: str, value: Any, x: Any) -> Any:
    value, channels = checks.floating("global_response_norm", name, value, x), x.shape[1]
    if value.shape not in ((channels,), (1, channels, 1, 1)):
        raise ShapeError(
            f"global_response_norm expects {name} of shape ({channels},) or (1, {channels}, 1, 1) "
            f"for x of shape {x.shape}, got {value.shape}"
        )
    return value
