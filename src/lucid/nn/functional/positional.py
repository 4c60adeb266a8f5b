"""Where a vector stands in its sequence, as something to add to it, or to turn it by."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.normalization import widened
from lucid.ops import asarray, broadcast_shapes, concat, cos, flip, roll, sin
from lucid.tensor import Tensor

__all__ = ["apply_rotary_emb", "rotary_tables", "sinusoidal_embedding", "sinusoidal_embedding_2d"]


# ----------------------------------------------------------------- to turn by


def rotary_tables(
    positions: Any,
    width: int,
    base: float = 10000.0,
    offset: int = 0,
    *,
    device: str | None = None,
    dtype: Any = None,
) -> tuple[Any, Any]:
    r"""Return the cosines and sines by which ``apply_rotary_emb`` turns what stands at ``positions``.

    .. math:: \cos(p \, \theta_i), \quad \sin(p \, \theta_i), \quad
        \theta_i = \text{base}^{-2 i / \text{width}}

    Args:
        positions: how many positions there are, from ``offset`` on; or a Tensor of integers, which they are.
        width: how many numbers of each vector are turned: an even number.
        base: the wavelengths go up to :math:`2 \pi` times this.
        offset: the first position, or what is added to each.
        device, dtype: of the results; by default those of ``positions`` or the CPU, and float32.

    Shape:
        ``(positions, width / 2)`` twice; of a Tensor ``(*) -> (*, width / 2)``

    Raises:
        ArgumentError: if ``width`` is odd, or a number is out of its range.

    Example:
        >>> c, s = F.rotary_tables(2, 4)
        >>> s
        Tensor([[   0.0,    0.0],
                [0.8415,   0.01]])

    Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021.
    """
    name = "rotary_tables"
    width, base = even(name, "width", width), base_of(name, base)
    offset = from_zero(name, "offset", offset)
    dtype = np.dtype("float32") if dtype is None else np.dtype(dtype)
    if isinstance(positions, Tensor):
        positions = checks.whole(name, "positions", positions).to(device)
        positions = positions.astype("int64") + offset  # in int8, 120 + 20 would be -116
        theta = asarray(_theta(width, base), device=positions.device)
        angles = positions.astype("float64")[..., None] * theta
        return cos(angles).astype(dtype), sin(angles).astype(dtype)
    c, s = _turns(offset, from_zero(name, "positions", positions), width, base, dtype)
    return asarray(c, device=device), asarray(s, device=device)


def _theta(width: int, base: float) -> Any:
    """Return by how much each pair turns from one position to the next, in float64.

    A float32 holds the angle of position 131,000 to within 0.004.
    """
    return base ** (np.arange(0, width, 2) / -width)


def _turns(offset: int, count: int, width: int, base: float, dtype: Any) -> tuple[Any, Any]:
    """Return cosines and sines of ``count`` positions from ``offset`` on, as arrays."""
    angles = np.arange(offset, offset + count)[:, None] * _theta(width, base)
    return np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)


def apply_rotary_emb(x: Any, cos: Any, sin: Any, *, interleaved: bool = False) -> Any:
    r"""Turn pairs of numbers in each vector by the angles of its position.

    .. math::
        \begin{pmatrix} y_i \\ y_j \end{pmatrix} =
        \begin{pmatrix} \cos_i & -\sin_i \\ \sin_i & \cos_i \end{pmatrix}
        \begin{pmatrix} x_i \\ x_j \end{pmatrix}

    The product of a query and a key, both turned, depends on how far they stand apart and not on where.

    Args:
        x: a Tensor of floats: queries or keys.
        cos, sin: of the angles at each position; see ``rotary_tables``. They broadcast.
        interleaved: which numbers are pairs. If true neighbours, :math:`j = i + 1`, as in the paper; else
            the first half with the second, as in Llama's weights of Hugging Face.

    Shape:
        x ``(*, length, width)``, cos and sin ``(*, length, turned / 2) -> (*, length, width)``. Behind the
        first ``turned`` numbers of a vector, the others stay as they are.

    Raises:
        ShapeError: if shapes do not fit.
        DTypeError: if an argument does not hold floats.

    Example:
        >>> c, s = Tensor([[0.0]]), Tensor([[1.0]])  # of a right angle
        >>> F.apply_rotary_emb(Tensor([[1.0, 2.0]]), c, s)
        Tensor([[-2.0, 1.0]])

    Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021.
    """
    name = "apply_rotary_emb"
    x = checks.floating(name, "x", x)
    cos, sin = checks.floating(name, "cos", cos, x), checks.floating(name, "sin", sin, x)
    interleaved = checks.truth(name, "interleaved", interleaved)
    if x.ndim < 1 or cos.ndim < 1 or cos.shape != sin.shape or x.shape[-1] < 2 * cos.shape[-1]:
        raise ShapeError(
            f"{name} expects cos and sin of one shape, their last axis at most half of that of x, got "
            f"{cos.shape} and {sin.shape} for x of shape {x.shape}"
        )
    half = cos.shape[-1]
    target = (*x.shape[:-1], half)
    try:
        fits = broadcast_shapes(cos.shape, target) == target
    except ShapeError:
        fits = False
    if not fits:
        raise ShapeError(f"{name} expects cos and sin that broadcast to {target}, got {cos.shape}")
    part = x if x.shape[-1] == 2 * half else x[..., : 2 * half]
    wide = widened(part).dtype
    cos, sin = cos.astype(wide), sin.astype(wide)
    if interleaved:
        shape = (*cos.shape[:-1], 2 * half)
        cos, sin = (_beside(cos, cos).reshape(shape), _beside(-sin, sin).reshape(shape))
    else:
        cos, sin = concat([cos, cos], axis=-1), concat([-sin, sin], axis=-1)
    y = _turn(part, cos, sin, interleaved)
    return y if x.shape[-1] == 2 * half else concat([y, x[..., 2 * half :]], axis=-1)


def _beside(a: Any, b: Any) -> Any:
    return concat([a[..., None], b[..., None]], axis=-1)


def _turn(x: Any, cos: Any, sin: Any, interleaved: bool) -> Any:
    """Return ``x``, turned, by tables with a number for each of its own; sines have the signs."""
    kind, x = x.dtype, widened(x)
    if interleaved:
        other = flip(x.reshape((*x.shape[:-1], x.shape[-1] // 2, 2)), axis=-1).reshape(x.shape)
    else:
        other = roll(x, x.shape[-1] // 2, axis=-1)
    y = x * cos + other * sin
    return y if y.dtype == kind else y.astype(kind)


KEPT = 8192  # positions whose tables are kept: 8 MB where 128 numbers of each vector are turned


def turned(x: Any, offset: int, width: int, base: float, interleaved: bool) -> Any:
    """Return ``x``, whose first vector stands at ``offset``, turned; the tables of small positions are kept.

    This is ``apply_rotary_emb`` with ``rotary_tables``, without the checks and in half of the time.
    """
    part = x if x.shape[-1] == width else x[..., :width]
    count = x.shape[-2]
    kind = np.dtype("float64") if x.dtype == np.float64 else np.dtype("float32")
    if offset + count <= KEPT:
        tables = _kept_turns(width, base, kind, interleaved)
        c, s = (asarray(table[offset : offset + count], device=x.device) for table in tables)
    else:
        tables = _whole_turns(offset, count, width, base, kind, interleaved)
        c, s = (asarray(table, device=x.device) for table in tables)
    y = _turn(part, c, s, interleaved)
    return y if part is x else concat([y, x[..., width:]], axis=-1)


@functools.lru_cache(maxsize=2)  # of a long sequence, all layers ask for queries and keys
def _whole_turns(
    offset: int, count: int, width: int, base: float, dtype: Any, interleaved: bool
) -> tuple[Any, Any]:
    """Return the tables of ``_turn`` for ``count`` positions from ``offset`` on, for all to read."""
    c, s = _turns(offset, count, width, base, dtype)
    join = functools.partial(np.stack, axis=-1) if interleaved else functools.partial(np.concatenate, axis=-1)
    both, signed = (np.reshape(join(pair), (count, width)) for pair in ((c, c), (-s, s)))
    both.flags.writeable = signed.flags.writeable = False
    return both, signed


@functools.lru_cache(maxsize=8)
def _kept_turns(width: int, base: float, dtype: Any, interleaved: bool) -> tuple[Any, Any]:
    """Return the tables of the first positions."""
    return _whole_turns(0, KEPT, width, base, dtype, interleaved)


# ----------------------------------------------------------------- to add


def sinusoidal_embedding(
    num_positions: int,
    embedding_dim: int,
    *,
    base: float = 10000.0,
    device: str | None = None,
    dtype: Any = None,
) -> Any:
    r"""Return for each position a vector of sines and cosines of ever longer waves.

    .. math::
        y_{p, 2i} = \sin(p \, \theta_i), \quad y_{p, 2i + 1} = \cos(p \, \theta_i), \quad
        \theta_i = \text{base}^{-2 i / \text{embedding\_dim}}

    Args:
        num_positions: how many positions there are, from 0 on.
        embedding_dim: the size of the vectors: an even number.
        base: the wavelengths go up to :math:`2 \pi` times this.
        device, dtype: of the result; by default the CPU and float32.

    Shape:
        ``(num_positions, embedding_dim)``

    Raises:
        ArgumentError: if ``embedding_dim`` is odd, or a number is out of its range.

    Example:
        >>> F.sinusoidal_embedding(2, 2)
        Tensor([[   0.0,    1.0],
                [0.8415, 0.5403]])

    Vaswani et al., Attention Is All You Need, 2017.
    """
    name = "sinusoidal_embedding"
    count, size = from_zero(name, "num_positions", num_positions), even(name, "embedding_dim", embedding_dim)
    return asarray(_waves(count, size, base_of(name, base)), dtype=_kind(dtype), device=device)


def sinusoidal_embedding_2d(
    height: int,
    width: int,
    embedding_dim: int,
    *,
    base: float = 10000.0,
    device: str | None = None,
    dtype: Any = None,
) -> Any:
    """Return for each place in an image a vector: waves of its column, and behind them waves of its row.

    Args:
        height, width: of the image.
        embedding_dim: the size of the vectors: a multiple of 4.
        base, device, dtype: as of ``sinusoidal_embedding``, which gives both halves.

    Shape:
        ``(height * width, embedding_dim)``, row by row

    Raises:
        ArgumentError: if ``embedding_dim`` is no multiple of 4, or a number is out of its range.

    Example:
        >>> F.sinusoidal_embedding_2d(2, 3, 8).shape
        (6, 8)

    Carion et al., End-to-End Object Detection with Transformers, 2020.
    """
    name = "sinusoidal_embedding_2d"
    height, width = from_zero(name, "height", height), from_zero(name, "width", width)
    half = even(name, "embedding_dim", embedding_dim) // 2
    if half % 2:
        raise ArgumentError(f"{name} expects embedding_dim to be a multiple of 4, got {embedding_dim}")
    base = base_of(name, base)
    columns, rows = _waves(width, half, base), _waves(height, half, base)
    table = np.concatenate([np.tile(columns, (height, 1)), np.repeat(rows, width, axis=0)], axis=1)
    return asarray(table, dtype=_kind(dtype), device=device)


def _waves(count: int, size: int, base: float) -> Any:
    angles = np.arange(count)[:, None] * base ** (np.arange(0, size, 2) / -size)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(count, size)


# ----------------------------------------------------------------- checks


def _kind(dtype: Any) -> Any:
    return np.dtype("float32") if dtype is None else dtype


def even(name: str, which: str, value: Any) -> int:
    """Return ``value``, which must be a positive even integer: vectors are divided into pairs."""
    result = checks.size(name, which, value)
    if result % 2:
        raise ArgumentError(f"{name} expects {which} to be even, as numbers are taken in pairs, got {value}")
    return result


def from_zero(name: str, which: str, value: Any) -> int:
    """Return ``value``, which must be an integer of at least 0."""
    if isinstance(value, Tensor):
        raise ArgumentTypeError(
            f"{name} expects {which} to be an integer, got a Tensor of shape {value.shape}"
        )
    result = checks.integer(name, which, value)
    if result < 0:
        raise ArgumentError(f"{name} expects {which} to be at least 0, got {value}")
    return result


def base_of(name: str, base: Any) -> float:
    """Return ``base``, which must be a positive number."""
    result = checks.number(name, "base", base, 0)
    if result == 0:
        raise ArgumentError(f"{name} expects base to be positive, got {base!r}")
    return result
