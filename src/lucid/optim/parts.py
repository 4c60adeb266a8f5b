"""What rules of optimizers are made of: functions of raw arrays that change none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array


def direction(p: Array, g: Array, maximize: bool, weight_decay: float) -> Array:
    """Return the gradient to step against: turned round, and with the pull towards 0, if so wanted."""
    if maximize:
        g = -g
    return g + weight_decay * p if weight_decay else g


def mean(state: Mapping[str, Any], name: str, x: Array, beta: Any) -> Array:
    """Return the running mean that ``state`` has as ``name``, of which ``beta`` is kept, after ``x``.

    It begins at 0.
    """
    return beta * state[name] + (1 - beta) * x if name in state else (1 - beta) * x


def mean_square(state: Mapping[str, Any], name: str, x: Array, beta: Any) -> Array:
    """Return the running mean of squares that ``state`` has as ``name``, after ``x``; it begins at 0."""
    square = (1 - beta) * x * x  # in this order, as it overflows later
    return beta * state[name] + square if name in state else square
