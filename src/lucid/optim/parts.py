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


def decayed(
    p: Array, g: Array, lr: Any, maximize: bool, weight_decay: float, decoupled: bool
) -> tuple[Array, Array]:
    """Return a parameter and the direction to step against, with the pull towards 0 in one of them.

    Args:
        p: the parameter.
        g: its gradient.
        lr, maximize, weight_decay: the optimizer's options.
        decoupled: whether the pull acts on the parameter alone, and not through the gradient.
    """
    g = direction(p, g, maximize, 0.0 if decoupled else weight_decay)
    return p * (1 - lr * weight_decay) if decoupled and weight_decay else p, g


def mean(state: Mapping[str, Any], name: str, x: Array, beta: Any) -> Array:
    """Return the running mean that ``state`` has as ``name``, of which ``beta`` is kept, after ``x``.

    It begins at 0.
    """
    return beta * state[name] + (1 - beta) * x if name in state else (1 - beta) * x


def mean_square(state: Mapping[str, Any], name: str, x: Array, beta: Any) -> Array:
    """Return the running mean of squares that ``state`` has as ``name``, after ``x``; it begins at 0."""
    square = (1 - beta) * x * x  # in this order, as it overflows later
    return beta * state[name] + square if name in state else square
