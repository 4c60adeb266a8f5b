"""Steps of optimizers, in one pass through memory for all parameters. Their definitions stand in ``optim/``.

A kernel takes rows: a holder of the parameter's array as ``_array``, the gradient's array, the state, and
the options. It changes the holders and the states, and returns the rows that it leaves to the definition.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import loop, prange
from lucid.engines.cpu.kernels.many import BLOCK, change, floats, target

FLOAT32 = np.dtype(np.float32)
Row = tuple[Any, Any, dict[str, Any], dict[str, Any]]


@loop
def _sgd(old, new, width, read, ends, numbers):  # type: ignore[no-untyped-def]
    total = ends[-1]
    for block in prange((total + BLOCK - 1) // BLOCK):
        at = block * BLOCK
        stop = min(at + BLOCK, total)
        row = np.searchsorted(ends, at, side="right")
        while at < stop:
            n = min(stop, ends[row]) - at
            begin = at - (ends[row - 1] if row else 0)
            sign, decay, lr = numbers[row, 0], numbers[row, 1], numbers[row, 2]
            keep, gain, by_g, by_v = numbers[row, 3], numbers[row, 4], numbers[row, 5], numbers[row, 6]
            g = floats(read[row], begin, n)
            p = target(old, new, width * row, begin, n)
            if width == 1:
                for i in range(n):
                    d = sign * g[i]
                    if decay != 0:
                        d += decay * p[i]
                    p[i] -= lr * d
            else:
                v = target(old, new, width * row + 1, begin, n)
                for i in range(n):
                    d = sign * g[i]
                    if decay != 0:
                        d += decay * p[i]
                    u = keep * v[i] + gain * d
                    v[i] = u
                    if by_g != 0:
                        u = d + by_v * u
                    p[i] -= lr * u
            at += n
            row += 1


@loop
def _adam(old, new, width, read, ends, numbers):  # type: ignore[no-untyped-def]
    total = ends[-1]
    for block in prange((total + BLOCK - 1) // BLOCK):
        at = block * BLOCK
        stop = min(at + BLOCK, total)
        row = np.searchsorted(ends, at, side="right")
        while at < stop:
            n = min(stop, ends[row]) - at
            begin = at - (ends[row - 1] if row else 0)
            sign, decay, pull = numbers[row, 0], numbers[row, 1], numbers[row, 2]
            beta1, rest1, beta2, rest2 = (
                numbers[row, 3],
                numbers[row, 4],
                numbers[row, 5],
                numbers[row, 6],
            )
            rate, fix, eps = numbers[row, 7], numbers[row, 8], numbers[row, 9]
            g = floats(read[row], begin, n)
            p = target(old, new, width * row, begin, n)
            m = target(old, new, width * row + 1, begin, n)
            v = target(old, new, width * row + 2, begin, n)
            if width == 3:
                for i in range(n):
                    d = sign * g[i]
                    if decay != 0:
                        d += decay * p[i]
                    a = beta1 * m[i] + rest1 * d
                    b = beta2 * v[i] + rest2 * d * d
                    m[i] = a
                    v[i] = b
                    p[i] = pull * p[i] - rate * (a / (np.sqrt(b) * fix + eps))
            else:  # two loops: one over five arrays would not be vectorised
                for i in range(n):
                    d = sign * g[i]
                    if decay != 0:
                        d += decay * p[i]
                    m[i] = beta1 * m[i] + rest1 * d
                    v[i] = beta2 * v[i] + rest2 * d * d
                top = target(old, new, width * row + 3, begin, n)
                for i in range(n):
                    b = top[i]
                    if v[i] > b or v[i] != v[i]:  # nan stays
                        b = v[i]
                    top[i] = b
                    p[i] = pull * p[i] - rate * (m[i] / (np.sqrt(b) * fix + eps))
            at += n
            row += 1


# ----------------------------------------------------------------- rows


def sgd(rows: list[Row]) -> list[Row]:
    """Step by ``optim.SGD``."""
    fit, left = _sorted_out(rows)
    for names in ((), ("momentum_buffer",)):
        chosen = [row for row in fit if bool(row[3]["momentum"]) is bool(names)]
        _move(_sgd, chosen, names, [_sgd_numbers(state, options) for _, _, state, options in chosen])
    return left


def _sgd_numbers(state: dict[str, Any], options: dict[str, Any]) -> tuple[float, ...]:
    begun = "momentum_buffer" in state
    momentum = options["momentum"]
    return (
        -1.0 if options["maximize"] else 1.0,
        options["weight_decay"],
        options["lr"],
        momentum if begun else 0.0,
        1 - options["dampening"] if begun else 1.0,  # the first step takes the gradient whole
        1.0 if options["nesterov"] else 0.0,
        momentum,
    )


def adam(rows: list[Row]) -> list[Row]:
    """Step by ``optim.Adam``."""
    return _any_adam(rows, False)


def adamw(rows: list[Row]) -> list[Row]:
    """Step by ``optim.AdamW``."""
    return _any_adam(rows, True)


def _any_adam(rows: list[Row], decoupled: bool) -> list[Row]:
    fit, left = _sorted_out(rows)
    for amsgrad in (False, True):
        chosen = [row for row in fit if row[3]["amsgrad"] is amsgrad]
        names = ("exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if amsgrad else []))
        known: dict[tuple[int, int], tuple[float, ...]] = {}  # most rows have the same
        numbers = []
        for _, _, state, options in chosen:
            step = state.get("step", 0) + 1
            key = id(options), step
            if key not in known:
                known[key] = _adam_numbers(step, options, decoupled)
            numbers.append(known[key])
        _move(_adam, chosen, names, numbers, counted=True)
    return left


def _adam_numbers(step: int, options: dict[str, Any], decoupled: bool) -> tuple[float, ...]:
    lr, decay = options["lr"], options["weight_decay"]
    beta1, beta2 = options["betas"]
    return (
        -1.0 if options["maximize"] else 1.0,
        0.0 if decoupled else decay,
        1 - lr * decay if decoupled else 1.0,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        lr / (1 - beta1**step),
        1 / math.sqrt(1 - beta2**step),
        options["eps"],
    )


def _sorted_out(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows that the kernels take, and the others."""
    fit: list[Row] = []
    left: list[Row] = []
    for row in rows:
        holder, g, state, _ = row
        arrays = (holder._array, g, *(x for key, x in state.items() if key != "step"))
        (fit if all(type(x) is np.ndarray and x.dtype == FLOAT32 for x in arrays) else left).append(row)
    return fit, left


def _move(
    loop: Any,
    rows: list[Row],
    names: tuple[str, ...],
    numbers: list[tuple[float, ...]],
    counted: bool = False,
) -> None:
    """Run ``loop`` on the rows, whose state has ``names``, and begins as zeros.

    Another thread may be reading the states: each goes from one step to the next at once. What else is in
    them stays.
    """
    if not rows:
        return
    arrays: list[Any] = []
    for holder, _, state, _ in rows:
        arrays.append(holder._array)
        for name in names:
            arrays.append(state[name] if name in state else np.zeros_like(holder._array))
    change(loop, 1 + len(names), arrays, [g for _, g, _, _ in rows], np.array(numbers, np.float32))
    results = iter(arrays)
    for holder, _, state, _ in rows:
        holder._array = next(results)
        kept: dict[str, Any] = {"step": state.get("step", 0) + 1} if counted else {}
        state.update(kept | {name: next(results) for name in names})
