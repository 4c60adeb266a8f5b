"""Leaving elements out at random."""

from __future__ import annotations

from typing import Any

from lucid import random
from lucid.nn.functional import checks
from lucid.ops import select


def dropout(x: Any, p: float = 0.5, training: bool = True, generator: random.Generator | None = None) -> Any:
    """Set each element to 0 with probability ``p``, and divide the others by ``1 - p``.

    So the expected value stays what it was, and nothing need be done when the model is used.

    Args:
        x: a Tensor of floats.
        p: the probability of being left out, from 0 to 1.
        training: if false, ``x`` is returned as it is.
        generator: where the random numbers come from; by default the global generator.

    Shape:
        ``(*) -> (*)``

    Raises:
        ArgumentError: if ``p`` is no probability.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.dropout(lucid.ones(3), 0.5, training=False)
        Tensor([1.0, 1.0, 1.0])
        >>> F.dropout(lucid.ones(3), 1.0)
        Tensor([0.0, 0.0, 0.0])

    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014.
    """
    x = checks.floating("dropout", "x", x)
    p = checks.number("dropout", "p", p, 0, 1)
    if not training or p == 0:
        return x
    keep = random.bernoulli(1 - p, x.shape, device=x.device, generator=generator)
    # A choice, and not a product with 0: an element of inf that is left out must not become nan.
    kept = select(keep, x, 0.0)
    return kept if p == 1 else kept * (1 / (1 - p))
