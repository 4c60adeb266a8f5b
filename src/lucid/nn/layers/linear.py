"""Linear maps with weights to learn."""

from __future__ import annotations

import math
from typing import Any

from lucid.errors import ArgumentTypeError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.linear import ACTIVATIONS
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import empty
from lucid.tensor import Tensor


class Linear(Module):
    r"""Map vectors linearly, and shift them.

    .. math:: y = f(x W^\top + b)

    Both weight and bias begin uniform in :math:`\pm 1 / \sqrt{\text{in\_features}}`.

    Args:
        in_features: the size of the vectors that come in.
        out_features: the size of those that go out.
        bias: whether to shift.
        activation: the name of a function :math:`f` of each result, which then needs no layer of its own:
            None, ``"relu"``, ``"gelu"``, ``"gelu_tanh"``, ``"silu"``, ``"sigmoid"`` or ``"tanh"``.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(out_features, in_features)``.
        bias: Parameter of shape ``(out_features,)``, or None.

    Shape:
        ``(*, in_features) -> (*, out_features)``

    Raises:
        ArgumentError: if a size is not positive, or there is no such activation.
        ShapeError: if the last axis of the input is not of size ``in_features``.

    Example:
        >>> layer = nn.Linear(9, 1)
        >>> layer
        Linear(9 -> 1)
        >>> layer(lucid.zeros((2, 9))).shape
        (2, 1)

    He et al., Delving Deep into Rectifiers, 2015 (the initialisation, with PyTorch's constant).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        activation: str | None = None,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if activation is not None:
            checks.one_of("Linear", "activation", activation, tuple(ACTIVATIONS))
        self.activation = activation
        self.in_features = checks.size("Linear", "in_features", in_features)
        self.out_features = checks.size("Linear", "out_features", out_features)
        shape = (self.out_features, self.in_features)
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        self.bias = Parameter(empty(shape[:1], dtype=dtype, device=device)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        bound = 1 / math.sqrt(self.in_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Any) -> Any:
        """Return ``F.linear(x, weight, bias)``, through the activation."""
        if not isinstance(x, Tensor):
            raise ArgumentTypeError(
                f"Linear expects a Tensor, got {type(x).__name__}: write lucid.asarray(...) around it"
            )
        if x.shape[-1:] != (self.in_features,):
            raise ShapeError(
                f"Linear expects x.shape[-1] == {self.in_features} (in_features), got shape {x.shape}"
            )
        return F.linear(x, self.weight, self.bias, activation=self.activation)

    def extra_repr(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        activation = "" if self.activation is None else f", activation={self.activation!r}"
        return f"{self.in_features} -> {self.out_features}{bias}{activation}"
