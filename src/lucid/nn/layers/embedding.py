"""Tables of vectors to learn, one for each index."""

from __future__ import annotations

from typing import Any

from lucid.autograd import no_grad
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
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
        device, dtype: of the vectors; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(num_embeddings, embedding_dim)``.

    Shape:
        ``(*) -> (*, embedding_dim)``

    Raises:
        ArgumentError: if a size is not positive, or an index lies outside the table.
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
        """Return ``F.embedding(indices, weight, padding_idx)``."""
        return F.embedding(indices, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
