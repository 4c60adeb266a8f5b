"""Weights of a given norm: the formulas that ``parametrizations.py`` and ``norms.py`` share."""

from __future__ import annotations

from typing import Any

from lucid import ops, random
from lucid.errors import ArgumentError, ShapeError
from lucid.grad_mode import no_grad
from lucid.nn.functional import checks
from lucid.nn.functional.normalization import widened
from lucid.nn.parameter import Buffer

FIRST_ITERATIONS = 15  # of the power method, from vectors that were drawn

# ----------------------------------------------------------------- length and direction


def checked_axis(function: str, axis: Any, weight: Any) -> int | None:
    """Return the axis along which each row of ``weight`` has a length of its own; None for the whole."""
    if axis is None:
        return None
    if checks.integer(function, "axis", axis) == -1:
        raise ArgumentError(
            f"{function} got axis=-1, which might be the last axis, and is the whole weight in PyTorch: "
            f"write axis={weight.ndim - 1}, or None for the norm of the whole"
        )
    if not -weight.ndim <= axis < weight.ndim:
        raise ArgumentError(
            f"{function} expects an axis from 0 to {weight.ndim - 1}, as the weight is of shape "
            f"{weight.shape}, got {axis}"
        )
    place: int = axis % weight.ndim
    return place


def length(weight: Any, axis: int | None) -> Any:
    """Return the norm over all axes but ``axis``, which keep the size one; of the whole, of no axes."""
    if axis is None:
        return ops.linalg.vector_norm(widened(weight)).astype(weight.dtype)
    others = tuple(i for i in range(weight.ndim) if i != axis)
    norm = ops.linalg.vector_norm(widened(weight), axis=others, keepdims=True) if others else abs(weight)
    return norm.astype(weight.dtype)


def with_length(g: Any, v: Any, axis: int | None) -> Any:
    """Return the weight of the direction of ``v`` and of the length ``g``."""
    wide = widened(v)
    return (wide * (widened(g) / length(wide, axis))).astype(v.dtype)


# ----------------------------------------------------------------- the largest singular value


class Spectral:
    """How the largest singular value of a weight, taken as a matrix, is found by the power method.

    Attributes:
        axis: that of the rows of the matrix; all others make its columns.
        n_power_iterations: how often the singular vectors are improved each time.
        eps: what norms are at least, where something is divided by them.
    """

    def __init__(self, function: str, weight: Any, axis: Any, n_power_iterations: Any, eps: Any) -> None:
        if weight.ndim == 0:
            raise ShapeError(f"{function} expects a weight of at least one axis, got shape {weight.shape}")
        self.axis = checks.row(function, "axis", axis, weight.ndim)
        self.n_power_iterations = checks.size(function, "n_power_iterations", n_power_iterations)
        self.eps = checks.number(function, "eps", eps, 0)

    def matrix(self, weight: Any) -> Any:
        """Return ``weight`` as a matrix."""
        order = (self.axis, *(i for i in range(weight.ndim) if i != self.axis))
        weight = weight if self.axis == 0 else ops.permute_dims(weight, order)
        return ops.reshape(weight, (weight.shape[0], -1 if weight.size else 0))

    def unit(self, x: Any) -> Any:
        """Return the vector ``x`` of length one; of less, if it is shorter than ``eps``."""
        wide = widened(x)
        return (wide / ops.maximum(ops.linalg.vector_norm(wide), self.eps)).astype(x.dtype)

    @no_grad()
    def drawn(self, weight: Any) -> tuple[Buffer, Buffer]:
        """Return vectors to begin with, of the rows and of the columns."""
        matrix = self.matrix(weight)
        u, v = (
            Buffer(self.unit(random.normal(n, device=weight.device).astype(weight.dtype)))
            for n in matrix.shape
        )
        return u, v

    def value(self, weight: Any, u: Any, v: Any) -> Any:
        """Return the largest singular value, given its vectors."""
        return ops.vecdot(u.detach(), self.matrix(weight) @ v.detach())

    def divided(self, weight: Any, u: Any, v: Any) -> Any:
        """Return ``weight`` over its largest singular value."""
        return weight / self.value(weight, u, v)


def default_axis(module: Any) -> int:
    """Return the axis of a layer's weight along which the outputs lie."""
    return 1 if getattr(module, "transposed", False) else 0
