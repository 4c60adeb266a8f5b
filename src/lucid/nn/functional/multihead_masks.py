"""The masks of attention with several heads: those of a call, made one for ``attention``."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from lucid.errors import DTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.ops import concat, where, zeros


class Masks(NamedTuple):
    """What says which keys are left out, as the call of ``nn.MultiheadAttention`` has it."""

    padding: Any
    attn: Any
    causal: bool


def left_out(name: str, q: Any, keys: int, padding: Any, attn_mask: Any, batched: bool) -> list[Any]:
    """Return the masks, checked, each ``(*, *, queries, keys)``: True for what is left out, or floats.

    Args:
        name: who asks, for errors.
        q: the queries, of a batch of one where the caller has none.
        keys: how many there are.
        padding, attn_mask: as of ``Masks``.
        batched: whether the caller has a batch.
    """
    batch, heads, length = q.shape[:3]
    found = []
    if attn_mask is not None:
        shapes = [(length, keys), (batch * heads, length, keys)]
        attn_mask = _checked(name, "attn_mask", attn_mask, q, shapes)
        if attn_mask.ndim == 3:
            attn_mask = attn_mask.reshape((batch, heads, length, keys))
        found.append(attn_mask)
    if padding is not None:
        padding = _checked(name, "key_padding_mask", padding, q, [(batch, keys) if batched else (keys,)])
        found.append(padding.reshape((batch, 1, 1, keys)))
    return found


def joined(left_out: list[Any], back: Any, q: Any, room: int) -> Any:
    """Return all masks as one for ``attention``, or None.

    Args:
        left_out: as of ``left_out``.
        back: True for what a query may look back at, or None.
        q: the queries.
        room: how many keys stand behind those that ``left_out`` speaks of. ``back`` excludes them.
    """
    floats = any(m.dtype.kind != "b" for m in left_out)
    masks = [_as_floats(m, q) if floats and m.dtype.kind == "b" else m for m in left_out]
    mask = None
    for m in masks:
        mask = m if mask is None else mask + m if floats else mask | m
    if mask is None:
        return back
    mask = mask if floats else ~mask
    if room:
        mask = longer(mask, room)
    if back is None:
        return mask
    return where(back, mask, -math.inf) if floats else mask & back


def longer(mask: Any, keys: int) -> Any:
    """Return ``mask`` with more ``keys`` that are let in."""
    fill = zeros((*mask.shape[:-1], keys), dtype=mask.dtype, device=mask.device)
    return concat([mask, ~fill if mask.dtype.kind == "b" else fill], axis=-1)


def _as_floats(mask: Any, like: Any) -> Any:
    """Return a mask of booleans, True for what is left out, as numbers to add."""
    nothing = zeros((), dtype=like.dtype, device=like.device)
    return where(mask, -math.inf, nothing)


def _checked(name: str, which: str, mask: Any, q: Any, shapes: list[tuple[int, ...]]) -> Any:
    mask = checks.real(name, which, mask, q)
    if mask.dtype.kind not in "bf":
        raise DTypeError(
            f"{name} expects {which} to hold booleans or floats, got {mask.dtype.name}: "
            f"write {which} != 0 for True where a key is left out"
        )
    if mask.shape not in shapes:
        listed = " or ".join(map(str, shapes))
        raise ShapeError(f"{name} expects {which} of shape {listed}, got {mask.shape}")
    return mask if mask.dtype.kind == "b" else mask.astype(q.dtype)
