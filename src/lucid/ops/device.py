"""Moving to another device."""

from __future__ import annotations

from typing import Any

from lucid.engines.registry import transfer
from lucid.ops.creation import asarray
from lucid.recording import primitive


@primitive
def move(xp: Any, x: Any, /, *, device: str, home: str) -> Any:
    """Return ``x``, which is on ``home``, on ``device``; see ``to_device``."""
    return transfer(x, device)


move.name = "to_device"  # in messages


@move.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, device: str, home: str) -> Any:
    return (xp.to_device(g, home),)


def to_device(x: Any, device: str, /) -> Any:
    """Return ``x`` on ``device``, itself if it is there already; the gradient moves back."""
    x = asarray(x)
    return x if x.device == device else move(x, device=device, home=x.device)
