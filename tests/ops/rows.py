"""What the tables of cases share: sets of shapes, and rows that differ in their options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lucid.testing import OpCase

# An ordinary shape, one of no axes, one of no elements.
UNARY = [((2, 3),), ((),), ((0, 3),)]

# An ordinary pair, broadcasting pairs of all sorts, no axes, no elements.
BINARY = [
    ((2, 3), (2, 3)),
    ((2, 1), (1, 3)),
    ((3,), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((0, 3), (1, 3)),
]


def with_options(row: OpCase, options: Sequence[Mapping[str, Any]]) -> list[OpCase]:
    """Return ``row`` once for each of ``options``, which the names then show."""
    return [replace(row, name=f"{row.name}[{_shown(o)}]", options=o) for o in options]


def _shown(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())
