"""Maps that are linear in each of two arguments, with weights to learn."""

from __future__ import annotations

import math
from typing import Any

from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import empty


class Bilinear(Module):
    r"""Weigh all products of an element of one vector and one of another, and shift the sums.

    .. math:: y_k = x_1^\top W_k \, x_2 + b_k

    Both weight and bias begin uniform in :math:`\pm 1 / \sqrt{\text{in1\_features}}`.

    Args:
        in1_features: the size of the first vectors.
        in2_features: the size of the second.
        out_features: the size of those that go out.
        bias: whether to shift.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(out_features, in1_features, in2_features)``.
        bias: Parameter of shape ``(out_features,)``, or None.

    Shape:
        ``(*, in1_features)`` and ``(*, in2_features)`` ``-> (*, out_features)``

    Raises:
        ArgumentError: if a size is not positive.
        ShapeError: if the last axes are of other sizes, or those before differ.

    Example:
        >>> layer = nn.Bilinear(4, 5, 3)
        >>> layer(lucid.ones((2, 4)), lucid.ones((2, 5))).shape
        (2, 3)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = checks.size("Bilinear", "in1_features", in1_features)
        self.in2_features = checks.size("Bilinear", "in2_features", in2_features)
        self.out_features = checks.size("Bilinear", "out_features", out_features)
        shape = (self.out_features, self.in1_features, self.in2_features)
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        self.bias = Parameter(empty(shape[:1], dtype=dtype, device=device)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, x1: Any, x2: Any) -> Any:
        """Return ``F.bilinear(x1, x2, weight, bias)``."""
        return F.bilinear(x1, x2, self.weight, self.bias)

    def extra_repr(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"{self.in1_features}, {self.in2_features} -> {self.out_features}{bias}"
