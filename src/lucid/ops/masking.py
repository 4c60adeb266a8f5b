"""Leaving out elements by a mask and scaling the others, which is its own derivative."""

from __future__ import annotations

from typing import Any

from lucid.recording import primitive


@primitive
def masked_scale(xp: Any, x: Any, mask: Any, /, *, scale: float) -> Any:
    """Return ``scale * x`` where ``mask`` is true, and 0 elsewhere.

    The mask broadcasts to the shape of ``x``. The derivative needs neither ``x`` nor the result, so they are
    not kept for it.
    """
    return xp.masked_scale(x, mask, scale=scale)


@masked_scale.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, mask: Any, *, scale: float) -> Any:
    return xp.masked_scale(g, mask, scale=scale), None
