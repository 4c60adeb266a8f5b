"""Layers that change shapes, or nothing at all."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.shuffling import parts_of
from lucid.nn.module import Module


class Flatten(Module):
    """Make one axis of several, by default of all but the first, which counts the examples.

    Args:
        start_axis: the first axis to join.
        end_axis: the last one.

    Shape:
        ``(N, *) -> (N, product of *)``

    Example:
        >>> nn.Flatten()(lucid.zeros((2, 3, 4))).shape
        (2, 12)
    """

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        super().__init__()
        self.start_axis = checks.integer("Flatten", "start_axis", start_axis)
        self.end_axis = checks.integer("Flatten", "end_axis", end_axis)

    def forward(self, x: Any) -> Any:
        """Return ``F.flatten(x, start_axis=start_axis, end_axis=end_axis)``."""
        return F.flatten(x, start_axis=self.start_axis, end_axis=self.end_axis)

    def extra_repr(self) -> str:
        return f"start_axis={self.start_axis}, end_axis={self.end_axis}"


class Unflatten(Module):
    """Make several axes of one: ``Flatten`` back.

    Args:
        axis: the axis.
        unflattened_size: the sizes of those that come in its place; one may be -1 and is worked out.

    Shape:
        ``(*, n, *) -> (*, *unflattened_size, *)``

    Raises:
        ArgumentError: if ``unflattened_size`` can't be a shape.
        ShapeError: if the axis doesn't have as many elements as the sizes multiply to.

    Example:
        >>> nn.Unflatten(1, (3, -1))(lucid.zeros((2, 12))).shape
        (2, 3, 4)
    """

    def __init__(self, axis: int, unflattened_size: Any) -> None:
        super().__init__()
        self.axis = checks.integer("Unflatten", "axis", axis)
        self.unflattened_size = parts_of("Unflatten", "unflattened_size", unflattened_size)

    def forward(self, x: Any) -> Any:
        """Return ``F.unflatten(x, axis, unflattened_size)``."""
        return F.unflatten(x, self.axis, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"axis={self.axis}, unflattened_size={self.unflattened_size}"


class Identity(Module):
    """Return what it is given: a layer to put where there should be none.

    It takes any arguments, so that it can stand in for any layer, and forgets them.

    Shape:
        ``(*) -> (*)``

    Example:
        >>> nn.Identity(54, unused=True)(Tensor([1.0]))
        Tensor([1.0])
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        """Return ``x``."""
        return x
