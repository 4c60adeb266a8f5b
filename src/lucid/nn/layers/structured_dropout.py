"""Layers that leave out, while a model is trained, what belongs together."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.module import Module


class DropPath(Module):
    r"""Set each example to 0 with probability ``drop_prob``: stochastic depth.

    .. math:: y_n = \frac{m_n}{1 - p} \, x_n, \qquad m_n \sim \operatorname{Bernoulli}(1 - p)

    Only while training: after ``model.eval()`` it returns its input. It belongs before the sum of a residual
    block, ``x + drop_path(f(x))``.

    Args:
        drop_prob: :math:`p`, the probability of being left out, from 0 to 1.
        scale_by_keep: whether to divide those that stay by :math:`1 - p`, which keeps the expected value.

    Shape:
        ``(N, *) -> (N, *)``

    Raises:
        ArgumentError: if ``drop_prob`` is no probability.

    Example:
        >>> nn.DropPath(1.0)(lucid.ones((1, 2)))
        Tensor([[0.0, 0.0]])

    Huang et al., Deep Networks with Stochastic Depth, 2016. Larsson, Maire and Shakhnarovich, FractalNet:
    Ultra-Deep Neural Networks without Residuals, 2016.
    """

    def __init__(self, drop_prob: float = 0.1, scale_by_keep: bool = True) -> None:
        super().__init__()
        self.drop_prob = checks.number("DropPath", "drop_prob", drop_prob, 0, 1)
        self.scale_by_keep = checks.truth("DropPath", "scale_by_keep", scale_by_keep)

    def forward(self, x: Any) -> Any:
        """Return ``F.drop_path(x, drop_prob, scale_by_keep, training)``."""
        return F.drop_path(x, self.drop_prob, self.scale_by_keep, self.training)

    def extra_repr(self) -> str:
        return f"drop_prob={self.drop_prob:g}" + ("" if self.scale_by_keep else ", scale_by_keep=False")


class DropBlock(Module):
    """Set square blocks of each channel of an image to 0, so many that a share of about ``p`` is left out.

    Only while training: after ``model.eval()`` it returns its input. See ``F.drop_block``.

    Args:
        block_size: how many elements a block has along each axis.
        p: the share that is to be left out, from 0 to 1.
        eps: what the number of elements that stayed is at least taken for, so that it can be divided by.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)``

    Raises:
        ArgumentError: if ``block_size`` is not positive, or ``p`` no share.
        ShapeError: if a block does not fit into the image.

    Example:
        >>> nn.DropBlock(3)(lucid.ones((2, 8, 7, 7))).shape
        (2, 8, 7, 7)

    Ghiasi, Lin and Le, DropBlock: A Regularization Method for Convolutional Networks, 2018.
    """

    def __init__(self, block_size: int, p: float = 0.1, eps: float = 1e-7) -> None:
        super().__init__()
        self.block_size = checks.size("DropBlock", "block_size", block_size)
        self.p = checks.number("DropBlock", "p", p, 0, 1)
        self.eps = checks.number("DropBlock", "eps", eps, 0)

    def forward(self, x: Any) -> Any:
        """Return ``F.drop_block(x, block_size, p, eps, training)``."""
        return F.drop_block(x, self.block_size, self.p, self.eps, self.training)

    def extra_repr(self) -> str:
        return f"block_size={self.block_size}, p={self.p:g}"
