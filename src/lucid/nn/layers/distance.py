"""Distances and similarities of vectors, as layers."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.distance import norm_order
from lucid.nn.module import Module


class CosineSimilarity(Module):
    r"""The cosine of the angle between vectors, from -1 to 1.

    .. math:: s = \frac{x_1 \cdot x_2}{\max(\|x_1\|, \epsilon) \max(\|x_2\|, \epsilon)}

    Args:
        axis: the axis of the vectors.
        eps: the least length to divide by.

    Shape:
        ``(*, D, *), (*, D, *) -> (*, *)``

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:
        >>> nn.CosineSimilarity()(Tensor([[1.0, 0.0]]), Tensor([[4.0, 3.0]]))
        Tensor([0.8])
    """

    def __init__(self, axis: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.axis = checks.integer("CosineSimilarity", "axis", axis)
        self.eps = checks.number("CosineSimilarity", "eps", eps, 0)

    def forward(self, x1: Any, x2: Any) -> Any:
        """Return ``F.cosine_similarity(x1, x2)``, with the options of this layer."""
        return F.cosine_similarity(x1, x2, self.axis, self.eps)

    def extra_repr(self) -> str:
        return f"axis={self.axis}" if self.eps == 1e-8 else f"axis={self.axis}, eps={self.eps:g}"


class PairwiseDistance(Module):
    r"""The distance of each vector from the vector in the same place.

    .. math:: d = \left( \sum_i |x_{1i} - x_{2i} + \epsilon|^p \right)^{1/p}

    Args:
        p: the norm: 2 is the Euclidean one, infinity the largest difference, 0 the number of differences.
        eps: added to every difference.
        keepdims: leave the last axis, with size one.

    Shape:
        ``(*, D), (*, D) -> (*)``

    Raises:
        ShapeError: if the shapes do not broadcast.

    Example:
        >>> nn.PairwiseDistance()(Tensor([[0.0, 0.0]]), Tensor([[3.0, 4.0]]))
        Tensor([5.0])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> None:
        super().__init__()
        self.p = norm_order("PairwiseDistance", p)
        self.eps = checks.number("PairwiseDistance", "eps", eps)
        self.keepdims = checks.truth("PairwiseDistance", "keepdims", keepdims)

    def forward(self, x1: Any, x2: Any) -> Any:
        """Return ``F.pairwise_distance(x1, x2)``, with the options of this layer."""
        return F.pairwise_distance(x1, x2, self.p, self.eps, self.keepdims)

    def extra_repr(self) -> str:
        options = [f"p={self.p:g}"]
        options += [f"eps={self.eps:g}"] if self.eps != 1e-6 else []
        options += ["keepdims=True"] if self.keepdims else []
        return ", ".join(options)
