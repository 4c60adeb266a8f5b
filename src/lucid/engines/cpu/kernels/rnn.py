"""Simple recurrence over whole sequences. Read ``lstm.py`` first: this goes the same way."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.linear import sum_of_rows
from lucid.engines.cpu.kernels.loops import dense, inline, loop, prange
from lucid.engines.cpu.kernels.maths import tanh
from lucid.engines.cpu.kernels.steps import (
    fits,
    multiply,
    narrowed,
    pack,
    plan,
    product,
    require,
    started,
    sum_of,
)
from lucid.engines.cpu.onednn.matmul import matmul

Array = np.ndarray[Any, Any]


def rnn_sequence(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    *,
    nonlinearity: str,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[tuple[Array, Array], Any] | None:
    """Return the results, and what the vjp needs beside them; see ``functional/recurrent.py``."""
    if not fits(batch_sizes, 1, x, h0, w_ih, w_hh, b_ih, b_hh):
        return None
    where = plan(batch_sizes, reverse)
    by_state = pack(where.sizes, dense(w_hh).T, accumulate=True)
    sums = None if by_state is None else matmul(dense(x), dense(w_ih).T, sum_of(b_ih, b_hh))
    if sums is None or by_state is None:
        return None
    states = started(where.height, where.first, h0)
    require(_forward(where.steps, *by_state[1:], nonlinearity == "tanh", sums, states))
    return (states[where.output], states[where.last]), states


@loop
def _forward(steps, calls, narrow, with_tanh, sums, states):  # type: ignore[no-untyped-def]
    """Fill ``states`` from time to time."""
    status = 0
    for t in range(len(steps)):
        before, now, row, count, kind = steps[t]
        source = states[before].ctypes.data
        if len(narrow) > 0:
            for n in prange(count):
                narrowed(states[before + n], narrow[n])
            source = narrow.ctypes.data
        status |= multiply(calls, kind, source, sums[row].ctypes.data)
        for n in prange(count):
            _cell(sums[row + n], states[now + n], with_tanh)
    return status


@inline
def _cell(x, h, with_tanh):  # type: ignore[no-untyped-def]
    if with_tanh:
        for j in range(h.size):
            h[j] = tanh(x[j])
    else:
        for j in range(h.size):
            h[j] = np.float32(0) if x[j] <= 0 else x[j]  # nan stays


def rnn_sequence_vjp(
    g: tuple[Array, Array],
    out: tuple[Array, Array],
    residuals: Any,
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    *,
    nonlinearity: str,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[Any, ...]:
    """Return the gradients by all arguments."""
    states = residuals
    where = plan(batch_sizes, reverse)
    by_sums = pack(where.sizes, dense(w_hh))
    assert by_sums is not None
    d_states = started(where.height, where.last, g[1])
    d_sums = np.empty((len(x), states.shape[1]), np.float32)
    with_tanh = nonlinearity == "tanh"
    require(_backward(where.steps, *by_sums[1:], with_tanh, dense(g[0]), states, d_sums, d_states))
    bias = sum_of_rows(d_sums) if b_ih is not None or b_hh is not None else None
    by_rows = d_sums.T
    return (
        lambda: product(d_sums, dense(w_ih)),
        d_states[where.first],
        lambda: product(by_rows, dense(x)),
        lambda: product(by_rows, states[where.previous]),
        bias if b_ih is not None else None,
        bias if b_hh is not None else None,
    )


@loop
def _backward(steps, calls, narrow, with_tanh, g, states, d_sums, d_states):  # type: ignore[no-untyped-def]
    """Fill the gradients by the sums of all times, and by all states, going back from the last step."""
    status = 0
    for i in range(len(steps)):
        before, now, row, count, kind = steps[len(steps) - 1 - i]
        for n in prange(count):
            _cell_vjp(g[row + n], d_states[now + n], states[now + n], d_sums[row + n], with_tanh)
        source = d_sums[row].ctypes.data
        if len(narrow) > 0:
            for n in prange(count):
                narrowed(d_sums[row + n], narrow[n])
            source = narrow.ctypes.data
        status |= multiply(calls, kind, source, d_states[before].ctypes.data)
    return status


@inline
def _cell_vjp(g, dh, h, d, with_tanh):  # type: ignore[no-untyped-def]
    if with_tanh:
        for j in range(h.size):
            d[j] = (g[j] + dh[j]) * (1 - h[j] * h[j])
    else:
        for j in range(h.size):
            d[j] = np.float32(0) if h[j] <= 0 else g[j] + dh[j]
