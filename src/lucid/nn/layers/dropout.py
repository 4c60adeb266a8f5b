"""Layers that leave elements out at random while a model is trained."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.module import Module


class Dropout(Module):
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

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = checks.number("Dropout", "p", p, 0, 1)

    def forward(self, x: Any) -> Any:
        """Return ``F.dropout(x, p, training)``."""
        return F.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p:g}"
