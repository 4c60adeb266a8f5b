"""Layers that leave elements out at random while a model is trained."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.module import Module


class _Dropout(Module):
    """What the layers share."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = checks.number(type(self).__name__, "p", p, 0, 1)

    def extra_repr(self) -> str:
        return f"p={self.p:g}"


class Dropout(_Dropout):
    """Set each element to 0 with probability ``p``, and divide the others by ``1 - p``.

    Only while training: after ``model.eval()`` it returns its input.

    Args:
        p: the probability of being left out, from 0 to 1.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``p`` is no probability.

    Example:
        >>> nn.Dropout(0.2).eval()(lucid.ones(3))
        Tensor([1.0, 1.0, 1.0])

    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.dropout(x, p, training)``."""
        return F.dropout(x, self.p, self.training)


class Dropout1d(_Dropout):
    """Set each channel of a sequence to 0 with probability ``p``, and divide the others by ``1 - p``.

    Only while training: after ``model.eval()`` it returns its input.

    Args:
        p: the probability of being left out, from 0 to 1.

    Shape:
        ``(N, C, L) -> (N, C, L)`` or ``(C, L) -> (C, L)``

    Raises:
        ArgumentError: if ``p`` is no probability.

    Example:
        >>> nn.Dropout1d(0.2).eval()(lucid.ones((1, 3)))
        Tensor([[1.0, 1.0, 1.0]])

    Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.dropout1d(x, p, training)``."""
        return F.dropout1d(x, self.p, self.training)


class Dropout2d(_Dropout):
    """Set each channel of an image to 0 with probability ``p``, and divide the others by ``1 - p``.

    Only while training: after ``model.eval()`` it returns its input.

    Args:
        p: the probability of being left out, from 0 to 1.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)``

    Raises:
        ArgumentError: if ``p`` is no probability.

    Example:
        >>> nn.Dropout2d(0.2)(lucid.ones((2, 8, 4, 4))).shape
        (2, 8, 4, 4)

    Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.dropout2d(x, p, training)``."""
        return F.dropout2d(x, self.p, self.training)


class Dropout3d(_Dropout):
    """Set each channel of a volume to 0 with probability ``p``, and divide the others by ``1 - p``.

    Only while training: after ``model.eval()`` it returns its input.

    Args:
        p: the probability of being left out, from 0 to 1.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D, H, W)`` or ``(C, D, H, W) -> (C, D, H, W)``

    Raises:
        ArgumentError: if ``p`` is no probability.

    Example:
        >>> nn.Dropout3d(0.2)(lucid.ones((2, 8, 4, 4, 4))).shape
        (2, 8, 4, 4, 4)

    Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.dropout3d(x, p, training)``."""
        return F.dropout3d(x, self.p, self.training)


class AlphaDropout(_Dropout):
    """Leave elements out with probability ``p`` so that mean 0 and variance 1 are kept, as SELU needs it.

    Only while training: after ``model.eval()`` it returns its input. See ``F.alpha_dropout``.

    Args:
        p: the probability of being left out, from 0 to 1.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``p`` is no probability.

    Example:
        >>> nn.AlphaDropout(0.2).eval()(lucid.ones(3))
        Tensor([1.0, 1.0, 1.0])

    Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.alpha_dropout(x, p, training)``."""
        return F.alpha_dropout(x, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """Leave whole channels out with probability ``p`` so that mean 0 and variance 1 are kept, for SELU.

    Only while training: after ``model.eval()`` it returns its input. See ``F.feature_alpha_dropout``.

    Args:
        p: the probability of being left out, from 0 to 1.

    Shape:
        ``(N, C, *) -> (N, C, *)``

    Raises:
        ArgumentError: if ``p`` is no probability.

    Example:
        >>> nn.FeatureAlphaDropout(0.2).eval()(lucid.ones((1, 3)))
        Tensor([[1.0, 1.0, 1.0]])

    Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """

    def forward(self, x: Any) -> Any:
        """Return ``F.feature_alpha_dropout(x, p, training)``."""
        return F.feature_alpha_dropout(x, self.p, self.training)
