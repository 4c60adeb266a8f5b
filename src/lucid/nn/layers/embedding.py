"""Tables of vectors to learn, one for each index."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from lucid.autograd import no_grad
from lucid.errors import ArgumentError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.embedding import norm_limit
from lucid.nn.functional.embedding_bag import MODES
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import empty
from lucid.tensor import Tensor

Table = TypeVar("Table", bound="Embedding | EmbeddingBag")


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

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
    ) -> Self:
        """Return a layer that holds a copy of ``embeddings``.

        Args:
            embeddings: a Tensor or array of floats, ``(num_embeddings, embedding_dim)``.
            freeze: whether the vectors are to stay as they are, and get no gradient.
            padding_idx, max_norm, norm_type, scale_grad_by_freq: as above.

        Raises:
            ShapeError: if ``embeddings`` has not two axes.

        Example:
            >>> nn.Embedding.from_pretrained(Tensor([[1.0, 2.0], [3.0, 4.0]]))(Tensor(1)).tolist()
            [3.0, 4.0]
        """
        table = _table(cls.__name__, embeddings)
        layer = cls(
            table.shape[0],
            table.shape[1],
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            device=table.device,
            dtype=table.dtype,
        )
        return _holding(layer, table, freeze)

    def reset_parameters(self) -> None:
        """Draw new vectors."""
        _draw(self)

    def forward(self, indices: Any) -> Any:
        """Return ``F.embedding(indices, weight, ...)``."""
        return F.embedding(
            indices, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq
        )

    def extra_repr(self) -> str:
        return _shown(self)


class EmbeddingBag(Module):
    r"""Look up a vector for each index, and sum them up bag by bag, without keeping them all.

    .. math:: y_b = \sum_{i \in \text{bag } b} s_i \, W_{x_i}

    The vectors begin standard normal, the one at ``padding_idx`` at zero.

    Args:
        num_embeddings: how many vectors there are.
        embedding_dim: their size.
        max_norm: how long a vector may be. One that is longer is made so long when it is looked up.
        norm_type: which norm measures that, as ``ord`` of ``linalg.vector_norm``.
        scale_grad_by_freq: whether a vector's gradient is divided by how often a call looks it up; not
            with ``"max"``.
        mode: what a bag gives: ``"sum"``, ``"mean"``, or of each number the largest, ``"max"``.
        include_last_offset: whether offsets end with where the last bag ends.
        padding_idx: an index that belongs to no bag; a negative one counts from the end.
        device, dtype: of the vectors; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(num_embeddings, embedding_dim)``.

    Shape:
        ``(B, N) -> (B, embedding_dim)``, or ``(N,)`` and offsets ``(B,)`` ``-> (B, embedding_dim)``

    Raises:
        ArgumentError: if a size or ``max_norm`` is not positive, or an index lies outside the table.
        DTypeError: if the indices are not integers.

    Example:
        >>> layer = nn.EmbeddingBag(10, 3, mode="sum")
        >>> layer(Tensor([1, 2, 4, 5]), offsets=Tensor([0, 3])).shape
        (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = "EmbeddingBag"
        self.num_embeddings = checks.size(name, "num_embeddings", num_embeddings)
        self.embedding_dim = checks.size(name, "embedding_dim", embedding_dim)
        if max_norm is not None:
            max_norm, norm_type = norm_limit(name, max_norm, norm_type)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq = checks.truth(name, "scale_grad_by_freq", scale_grad_by_freq)
        checks.one_of(name, "mode", mode, MODES)
        self.mode = mode
        if mode == "max" and self.scale_grad_by_freq:
            raise ArgumentError(f'{name} can\'t scale gradients by frequency with mode="max"')
        self.include_last_offset = checks.truth(name, "include_last_offset", include_last_offset)
        if padding_idx is not None:
            padding_idx = checks.row(name, "padding_idx", padding_idx, self.num_embeddings)
        self.padding_idx = padding_idx
        shape = (self.num_embeddings, self.embedding_dim)
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        self.reset_parameters()

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """Return a layer that holds a copy of ``embeddings``; see ``Embedding.from_pretrained``."""
        table = _table(cls.__name__, embeddings)
        layer = cls(
            table.shape[0],
            table.shape[1],
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            include_last_offset,
            padding_idx,
            device=table.device,
            dtype=table.dtype,
        )
        return _holding(layer, table, freeze)

    def reset_parameters(self) -> None:
        """Draw new vectors."""
        _draw(self)

    def forward(self, x: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """Return ``F.embedding_bag(x, weight, offsets, ...)``."""
        return F.embedding_bag(
            x,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        end = ["include_last_offset=True"] if self.include_last_offset else []
        return ", ".join([_shown(self), f"mode={self.mode!r}", *end])


def _draw(layer: Embedding | EmbeddingBag) -> None:
    init.normal_(layer.weight)
    if layer.padding_idx is not None:
        with no_grad():
            layer.weight[layer.padding_idx] = 0


def _shown(layer: Embedding | EmbeddingBag) -> str:
    shown = [f"{layer.num_embeddings}, {layer.embedding_dim}"]
    shown += [] if layer.padding_idx is None else [f"padding_idx={layer.padding_idx}"]
    shown += [] if layer.max_norm is None else [f"max_norm={layer.max_norm:g}"]
    shown += [] if layer.norm_type == 2 else [f"norm_type={layer.norm_type:g}"]
    shown += ["scale_grad_by_freq=True"] if layer.scale_grad_by_freq else []
    return ", ".join(shown)


def _table(layer: str, embeddings: Any) -> Tensor:
    checks.floating(layer, "embeddings", embeddings)
    table = Tensor(embeddings)  # a copy: what the check made may share the memory of an array
    if table.ndim != 2:
        raise ShapeError(
            f"{layer} expects embeddings (num_embeddings, embedding_dim), got shape {table.shape}"
        )
    return table


def _holding(layer: Table, table: Tensor, freeze: Any) -> Table:
    """Return the layer with the values of ``table``, to be learned or not."""
    learned = not checks.truth(type(layer).__name__, "freeze", freeze)
    with no_grad():
        layer.weight.copy_(table)
    layer.weight.requires_grad_(learned)
    return layer
