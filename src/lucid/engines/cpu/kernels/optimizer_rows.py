"""From the rows that an optimizer hands to its kernel to the arrays that a step changes, and back.

A kernel takes rows: a holder of the parameter's array as ``_array``, the gradient's array, the state, and
the options. It changes the holders and the states, and returns the rows that it leaves to the definition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.pieces import Loop

FLOAT32 = np.dtype(np.float32)
Row = tuple[Any, Any, dict[str, Any], dict[str, Any]]
Numbers = tuple[float, ...]
COUNT = ("step",)


def sorted_out(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows that the kernels take, and the others."""
    fit: list[Row] = []
    left: list[Row] = []
    for row in rows:
        holder, g, state, _ = row
        values = (holder._array, g, *(x for x in state.values() if type(x) not in (int, float)))
        (fit if all(type(x) is np.ndarray and x.dtype == FLOAT32 for x in values) else left).append(row)
    return fit, left


def move(
    step: Loop,
    rows: list[Row],
    names: tuple[str, ...],
    plan: Callable[..., tuple[Numbers, tuple[Any, ...]]],
    counts: tuple[str, ...] = COUNT,
    begin: Mapping[str, str] | None = None,
) -> None:
    """Step the parameters of the rows.

    Another thread may be reading the states: each goes from one step to the next at once. What else is in
    them stays.

    Args:
        step: made by ``pieces.step``.
        rows: those that it fits.
        names: of the arrays of the state, in the order in which the step takes them.
        plan: ``(options, *counts)``, with what the state has as ``counts`` or None, to what the step
            computes with, and the counts after it.
        counts: the names of the numbers in the state.
        begin: the options that the arrays of these names begin at; the others begin at 0.
    """
    if not rows:
        return
    begin = begin or {}
    known: dict[Any, tuple[Numbers, tuple[Any, ...]]] = {}  # most rows have the same
    plans: list[tuple[Numbers, tuple[Any, ...]]] = []
    arrays: list[Any] = []
    for holder, _, state, options in rows:
        key = (id(options), *[state.get(name) for name in counts])
        if key not in known:
            known[key] = plan(options, *key[1:])
        plans.append(known[key])
        arrays.append(holder._array)
        for name in names:
            if name in state:
                arrays.append(state[name])
            elif name in begin:
                arrays.append(np.full_like(holder._array, options[begin[name]]))
            else:
                arrays.append(np.zeros_like(holder._array))
    step(arrays, 1 + len(names), [g for _, g, _, _ in rows], np.array([p for p, _ in plans], np.float32))
    results = iter(arrays)
    for (holder, _, state, _), (_, after) in zip(rows, plans, strict=True):
        holder._array = next(results)
        kept = dict(zip(counts, after, strict=True))
        state.update(kept | {name: next(results) for name in names})


def sign(options: dict[str, Any]) -> float:
    """Return what a gradient is multiplied with."""
    return -1.0 if options["maximize"] else 1.0
