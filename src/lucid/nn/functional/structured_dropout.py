"""Leaving out at random what belongs together: whole examples, or blocks of an image."""

from __future__ import annotations

from typing import Any

from lucid import random
from lucid.engines.dtypes import float32
from lucid.errors import ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.pooling import max_pool2d
from lucid.ops import astype, masked_scale, maximum, pad, sum, where

__all__ = ["drop_block", "drop_path"]


def drop_path(
    x: Any,
    drop_prob: float = 0.1,
    scale_by_keep: bool = True,
    training: bool = True,
    *,
    generator: random.Generator | None = None,
) -> Any:
    r"""Set each example to 0 with probability ``drop_prob``, and divide the others by one less that.

    .. math:: y_n = \frac{m_n}{1 - p} \, x_n, \qquad m_n \sim \operatorname{Bernoulli}(1 - p)

    Before the sum of a residual block, ``x + drop_path(f(x))``, it leaves the block out for some of the
    examples: a network that is shallower in training than in use.

    Args:
        x: a Tensor of floats whose first axis counts the examples.
        drop_prob: :math:`p`, the probability of being left out, from 0 to 1.
        scale_by_keep: whether to divide those that stay by :math:`1 - p`, which keeps the expected value.
        training: if false, ``x`` is returned as it is.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(N, *) -> (N, *)``

    Raises:
        ArgumentError: if ``drop_prob`` is no probability.
        DTypeError: if ``x`` does not hold floats.
        ShapeError: if ``x`` has no axes.

    Example:
        >>> F.drop_path(lucid.ones((2, 2)), 1.0)
        Tensor([[0.0, 0.0],
                [0.0, 0.0]])

    Huang et al., Deep Networks with Stochastic Depth, 2016. Larsson, Maire and Shakhnarovich, FractalNet:
    Ultra-Deep Neural Networks without Residuals, 2016.
    """
    x = checks.floating("drop_path", "x", x)
    p = checks.number("drop_path", "drop_prob", drop_prob, 0, 1)
    scaled = checks.truth("drop_path", "scale_by_keep", scale_by_keep)
    if x.ndim == 0:
        raise ShapeError("drop_path expects x of shape (N, ...), got ()")
    if not training or p == 0:
        return x
    shape = (x.shape[0], *(1,) * (x.ndim - 1))
    keep = random.bernoulli(1 - p, shape, device=x.device, generator=generator)
    return masked_scale(x, keep, scale=1 / (1 - p) if scaled and p < 1 else 1.0)


def drop_block(
    x: Any,
    block_size: int,
    p: float = 0.1,
    eps: float = 1e-7,
    training: bool = True,
    *,
    generator: random.Generator | None = None,
) -> Any:
    r"""Set square blocks of each channel to 0, so many that a share of about ``p`` is left out.

    Neighbours in an image are much alike, so that leaving one element out hides little: here all of a square
    are. A block begins at each place where it fits with the probability

    .. math:: \gamma = \frac{p}{b^2} \cdot \frac{H W}{(H - b + 1) (W - b + 1)}

    and blocks may overlap, so that the share falls short of a large ``p``. What stays is multiplied by the
    number of all elements divided by the number of those that stayed, which keeps the sum of equal elements.

    Args:
        x: a Tensor of floats.
        block_size: :math:`b`, how many elements a block has along each axis.
        p: the share that is to be left out, from 0 to 1.
        eps: what the number of elements that stayed is at least taken for; less than 1 changes nothing.
        training: if false, ``x`` is returned as it is.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)``

    Raises:
        ArgumentError: if ``block_size`` is not positive, or ``p`` no share.
        DTypeError: if ``x`` does not hold floats.
        ShapeError: if ``x`` has other axes, or a block does not fit into the image.

    Example:
        >>> y = F.drop_block(lucid.ones((1, 1, 8, 8)), 3, 0.2)
        >>> print(f"{y.sum():.2f}")
        64.00

    Ghiasi, Lin and Le, DropBlock: A Regularization Method for Convolutional Networks, 2018.
    """
    x = checks.floating("drop_block", "x", x)
    block = checks.size("drop_block", "block_size", block_size)
    p = checks.number("drop_block", "p", p, 0, 1)
    eps = checks.number("drop_block", "eps", eps, 0)
    if x.ndim != 4:
        raise ShapeError(f"drop_block expects x of shape (N, C, H, W), got {x.shape}")
    n, channels, height, width = x.shape
    if x.size and block > min(height, width):
        raise ShapeError(
            f"drop_block expects block_size={block} to fit into the image, got x of shape {x.shape}"
        )
    if not training or p == 0 or x.size == 0:
        return x
    places = (height - block + 1, width - block + 1)
    gamma = min(1.0, p * height * width / (block**2 * places[0] * places[1]))
    begins = random.bernoulli(
        gamma, (n, channels, *places), dtype=float32, device=x.device, generator=generator
    )
    # An element is left out if a block begins there or up to `block - 1` places before it, along each axis.
    edge = (block - 1, block - 1)
    keep = max_pool2d(pad(begins, ((0, 0), (0, 0), edge, edge)), block, 1) == 0
    # Where nothing stays the scale is of no matter, but must not be infinite: 0 times that is nan.
    scale = x.size / maximum(sum(astype(keep, float32)), max(eps, 1.0))
    return where(keep, x, 0.0) * where(keep, scale.astype(x.dtype), 0.0)
