"""Layers that tell vectors where in their sequence they stand."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.positional import (
    apply_rotary_emb,
    base_of,
    even,
    from_zero,
    rotary_tables,
    sinusoidal_embedding,
    sinusoidal_embedding_2d,
    turned,
)
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer, Parameter
from lucid.ops import empty
from lucid.tensor import Tensor


class RotaryEmbedding(Module):
    r"""Turn queries and keys by angles that grow with their positions.

    .. math::
        \begin{pmatrix} y_i \\ y_j \end{pmatrix} =
        \begin{pmatrix} \cos p \theta_i & -\sin p \theta_i \\ \sin p \theta_i & \cos p \theta_i \end{pmatrix}
        \begin{pmatrix} x_i \\ x_j \end{pmatrix}, \quad \theta_i = \text{base}^{-2 i / \text{head\_dim}}

    The product of a query and a key then depends on how far they stand apart and not on where. The layer
    holds nothing: cosines and sines of the first 8192 positions are kept for all layers of one kind
    together, in float32 or float64 also where vectors are of half precision.

    Args:
        head_dim: how many numbers of each head's vector are turned. Where a vector has more, the others
            stay as they are.
        max_position_embeddings: how many positions there may be; None for as many as come.
        base: the wavelengths go up to :math:`2 \pi` times this.
        interleaved: which numbers are pairs. If true neighbours, as in the paper; else those of the first
            half with those of the second, as in Llama's weights of Hugging Face.

    Shape:
        ``(*, length, width) -> (*, length, width)``

    Raises:
        ArgumentError: if ``head_dim`` is odd, or there are more positions than may be.
        ShapeError: if the vectors are smaller than ``head_dim``.

    Example:
        >>> rotary = nn.RotaryEmbedding(4)
        >>> q = lucid.ones((2, 3, 4))
        >>> rotary(q)[:, 2].tolist() == rotary(q[:, 2:], offset=2)[:, 0].tolist()
        True

    Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021.
    """

    def __init__(
        self,
        head_dim: int,
        max_position_embeddings: int | None = None,
        base: float = 10000.0,
        *,
        interleaved: bool = False,
    ) -> None:
        super().__init__()
        name = "RotaryEmbedding"
        self.head_dim = even(name, "head_dim", head_dim)
        if max_position_embeddings is not None:
            max_position_embeddings = checks.size(name, "max_position_embeddings", max_position_embeddings)
        self.max_position_embeddings = max_position_embeddings
        self.base = base_of(name, base)
        self.interleaved = checks.truth(name, "interleaved", interleaved)

    def forward(self, x: Any, offset: int = 0, position_ids: Any = None) -> Any:
        """Return ``F.apply_rotary_emb(x, cos, sin)`` for its positions.

        Args:
            x: queries or keys.
            offset: the position of the first of them, after those that a cache holds.
            position_ids: a Tensor of integers, their positions counted from ``offset``, that broadcasts
                to ``x.shape[:-1]``; by default 0, 1, and so on.
        """
        name = "RotaryEmbedding"
        x = checks.floating(name, "x", x)
        if x.ndim < 2 or x.shape[-1] < self.head_dim:
            raise ShapeError(
                f"{name} expects x (*, length, width) of a width of at least {self.head_dim} (head_dim), "
                f"got shape {x.shape}"
            )
        offset = from_zero(name, "offset", offset)
        if position_ids is None:
            self._in_range(offset, offset + x.shape[-2] - 1)
            return turned(x, offset, self.head_dim, self.base, self.interleaved)
        positions = checks.whole(name, "position_ids", position_ids, x)
        if self.max_position_embeddings is not None:
            low, high = checks.extremes(positions)
            self._in_range(offset + low, offset + high)
        wide = "float64" if x.dtype.name == "float64" else "float32"
        cos, sin = rotary_tables(positions, self.head_dim, self.base, offset, device=x.device, dtype=wide)
        return apply_rotary_emb(x, cos, sin, interleaved=self.interleaved)

    def _in_range(self, low: int, high: int) -> None:
        limit = self.max_position_embeddings
        if limit is not None:
            what = "max_position_embeddings"
            checks.in_range("RotaryEmbedding", "positions", low, high, limit, what)

    def extra_repr(self) -> str:
        limit = self.max_position_embeddings
        shown = [str(self.head_dim), *([] if limit is None else [f"max_position_embeddings={limit}"])]
        shown += [] if self.base == 10000 else [f"base={self.base:g}"]
        shown += ["interleaved=True"] if self.interleaved else []
        return ", ".join(shown)


class SinusoidalEmbedding(Module):
    r"""Give for each position a vector of sines and cosines, to be added to what stands there.

    .. math::
        y_{p, 2i} = \sin(p \, \theta_i), \quad y_{p, 2i + 1} = \cos(p \, \theta_i), \quad
        \theta_i = \text{base}^{-2 i / \text{embedding\_dim}}

    Args:
        num_positions: how many positions there are.
        embedding_dim: the size of the vectors: an even number.
        base: the wavelengths go up to :math:`2 \pi` times this.
        device, dtype: of the vectors; by default the CPU and float32.

    Attributes:
        weight: Buffer of shape ``(num_positions, embedding_dim)``. It is not part of the state.

    Shape:
        a length ``-> (length, embedding_dim)``, or a Tensor of positions ``(*) -> (*, embedding_dim)``

    Raises:
        ArgumentError: if ``embedding_dim`` is odd, or a position lies outside the table.

    Example:
        >>> where = nn.SinusoidalEmbedding(16, 4)
        >>> x = lucid.zeros((2, 5, 4))  # (batch, length, size)
        >>> (x + where(x.shape[1])).shape
        (2, 5, 4)
        >>> where(1, offset=5).tolist() == where(6)[5:].tolist()
        True

    Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        num_positions: int,
        embedding_dim: int,
        *,
        base: float = 10000.0,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.num_positions = checks.size(name, "num_positions", num_positions)
        self.embedding_dim = even(name, "embedding_dim", embedding_dim)
        self.base = base_of(name, base)
        table = sinusoidal_embedding(num_positions, embedding_dim, base=base, device=device, dtype=dtype)
        self.weight = Buffer(table, persistent=False)

    def forward(self, positions: Any, offset: int = 0) -> Any:
        """Return the vectors of ``positions``.

        Args:
            positions: how many are wanted, from ``offset`` on; or a Tensor of integers, counted from there.
            offset: the first position, after those that a cache holds.
        """
        return _at(type(self).__name__, self.weight, positions, offset)

    def extra_repr(self) -> str:
        base = "" if self.base == 10000 else f", base={self.base:g}"
        return f"{self.num_positions}, {self.embedding_dim}{base}"


class SinusoidalEmbedding2D(Module):
    """Give for each place in an image a vector of sines and cosines, to be added to what stands there.

    The first half of a vector says the column, the second the row, both as ``SinusoidalEmbedding`` does.

    Args:
        height, width: of the image.
        embedding_dim: the size of the vectors: a multiple of 4.
        base: the wavelengths go up to :math:`2 \\pi` times this.
        device, dtype: of the vectors; by default the CPU and float32.

    Attributes:
        weight: Buffer of shape ``(height * width, embedding_dim)``. It is not part of the state.

    Shape:
        ``-> (height * width, embedding_dim)``, row by row

    Raises:
        ArgumentError: if ``embedding_dim`` is no multiple of 4, or a size is not positive.

    Example:
        >>> nn.SinusoidalEmbedding2D(2, 3, 8)().shape
        (6, 8)

    Carion et al., End-to-End Object Detection with Transformers, 2020.
    """

    def __init__(
        self,
        height: int,
        width: int,
        embedding_dim: int,
        *,
        base: float = 10000.0,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = "SinusoidalEmbedding2D"
        self.height, self.width = checks.size(name, "height", height), checks.size(name, "width", width)
        self.embedding_dim = checks.size(name, "embedding_dim", embedding_dim)
        if self.embedding_dim % 4:
            raise ArgumentError(f"{name} expects embedding_dim to be a multiple of 4, got {embedding_dim}")
        self.base = base_of(name, base)
        table = sinusoidal_embedding_2d(height, width, embedding_dim, base=base, device=device, dtype=dtype)
        self.weight = Buffer(table, persistent=False)

    def forward(self) -> Any:
        """Return the vectors of all places."""
        return self.weight.detach()

    def extra_repr(self) -> str:
        base = "" if self.base == 10000 else f", base={self.base:g}"
        return f"{self.height}, {self.width}, {self.embedding_dim}{base}"


class LearnedPositionalEmbedding(Module):
    """Give for each position a vector to learn, to be added to what stands there.

    The vectors begin normal, with a standard deviation of 0.02.

    Args:
        num_positions: how many positions there are.
        embedding_dim: the size of the vectors.
        device, dtype: of the vectors; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(num_positions, embedding_dim)``.

    Shape:
        a length ``-> (length, embedding_dim)``, or a Tensor of positions ``(*) -> (*, embedding_dim)``

    Raises:
        ArgumentError: if a size is not positive, or a position lies outside the table.

    Example:
        >>> where = nn.LearnedPositionalEmbedding(16, 4)
        >>> x = lucid.zeros((5, 2, 4))  # (length, batch, size)
        >>> (x + where(x.shape[0])[:, None]).shape
        (5, 2, 4)

    Gehring et al., Convolutional Sequence to Sequence Learning, 2017.
    """

    def __init__(
        self, num_positions: int, embedding_dim: int, *, device: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.num_positions = checks.size(name, "num_positions", num_positions)
        self.embedding_dim = checks.size(name, "embedding_dim", embedding_dim)
        shape = (self.num_positions, self.embedding_dim)
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new vectors."""
        init.normal_(self.weight, 0.0, 0.02)

    def forward(self, positions: Any, offset: int = 0) -> Any:
        """Return the vectors of ``positions``; arguments as of ``SinusoidalEmbedding``."""
        return _at(type(self).__name__, self.weight, positions, offset)

    def extra_repr(self) -> str:
        return f"{self.num_positions}, {self.embedding_dim}"


def _at(name: str, table: Any, positions: Any, offset: Any) -> Any:
    """Return rows of ``table``."""
    offset = from_zero(name, "offset", offset)
    rows = table.shape[0]
    if isinstance(positions, Tensor):
        positions = checks.whole(name, "positions", positions, table)
        low, high = checks.extremes(positions)
        checks.in_range(name, "positions", low + offset, high + offset, rows, "num_positions")
        return F.embedding(positions.astype("int64") + offset, table)  # narrow integers would wrap round
    count = from_zero(name, "positions", positions)
    if offset + count > rows:
        raise ArgumentError(
            f"{name} expects at most {rows} positions (num_positions), got {count} from {offset} on"
        )
    return table[offset : offset + count]
