"""An argument of a batching rule that differs between the examples of the batch."""

from __future__ import annotations

from typing import Any

from lucid import ops


class Example:
    """One example's argument, for all examples at once: the batch is the first axis of ``tensor``."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    @property
    def ndim(self) -> int:
        """Number of one example's axes."""
        return int(self.tensor.ndim) - 1


def ndim_of(x: Any) -> int:
    """Return the number of axes that one example's argument has; a number has none."""
    return getattr(x, "ndim", 0)


def unwrapped(x: Any) -> Any:
    """Return the Tensor of an ``Example``, and anything else as it is."""
    return x.tensor if isinstance(x, Example) else x


def count_of(*args: Any) -> int:
    """Return how many examples there are."""
    return next(int(a.tensor.shape[0]) for a in args if isinstance(a, Example))


def batched(x: Any, count: int) -> Any:
    """Return an argument with the batch in front, repeated if it is the same for all examples."""
    return x.tensor if isinstance(x, Example) else ops.broadcast_to(x, (count, *x.shape))
