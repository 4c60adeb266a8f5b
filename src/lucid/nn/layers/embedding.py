"""Tables of vectors to learn, one for each index."""

from __future__ import annotations

from typing import Any

from lucid.autograd import no_grad
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.embedding import norm_limit
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import empty


class Embedding(Module):
    """Look up a vector for each index.

    The vectors begin standard normal, the one at ``padding_idx`` at zero.

    Args:
        num_embeddings: how many vectors there are.
        embedding_dim: their size.
        padding_idx: an index whose vector gets no gradient; a negative one counts from the end.
        max_norm: how long a vector may be. One that is longer is made so long when it is looked up.
        norm_type: which norm measures that, as ``ord`` of ``linalg.vector_norm``.
        scale_grad_by_freq: whether a vector's gradient is divided by how often a call looks it up.
        device, dtype: of the vectors; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(num_embeddings, embedding_dim)``.

    Shape:
        ``(*) -> (*, embedding_dim)``

    Raises:
        ArgumentError: if a size or ``max_norm`` is not positive, or an index lies outside the table.
        DTypeError: if the indices are not integers.

    Example:
        >>> layer = nn.Embedding(10, 3)
        >>> layer(Tensor([[1, 2], [4, 5]])).shape
        (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = checks.size("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = checks.size("Embedding", "embedding_dim", embedding_dim)
        if padding_idx is not None:
            padding_idx = checks.row("Embedding", "padding_idx", padding_idx, self.num_embeddings)
        self.padding_idx = padding_idx
        if max_norm is not None:
            max_norm, norm_type = norm_limit("Embedding", max_norm, norm_type)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq = checks.truth("Embedding", "scale_grad_by_freq", scale_grad_by_freq)
        shape = (self.num_embeddings, self.embedding_dim)
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new vectors."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, indices: Any) -> Any:
        """Return ``F.embedding(indices, weight, ...)``."""
        return F.embedding(
            indices, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq
        )

    def extra_repr(self) -> str:
        shown = [f"{self.num_embeddings}, {self.embedding_dim}"]
        shown += [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        shown += [] if self.max_norm is None else [f"max_norm={self.max_norm:g}"]
        shown += [] if self.norm_type == 2 else [f"norm_type={self.norm_type:g}"]
        shown += ["scale_grad_by_freq=True"] if self.scale_grad_by_freq else []
        return ", ".join(shown)
