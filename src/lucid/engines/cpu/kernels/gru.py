"""Gated recurrent units over whole sequences. Read ``lstm.py`` first: this goes the same way.

The part of the state in the candidate n is multiplied by r after the product. So n has two gradients,
by what comes from the input and by what comes from the state; those of all gates are ``n, r, z, n``
in one row, of which the input has the first three, and the state the last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.linear import sum_of_rows
from lucid.engines.cpu.kernels.loops import dense, inline, loop, prange
from lucid.engines.cpu.kernels.maths import sigmoid, tanh
from lucid.engines.cpu.kernels.steps import (
    fits,
    multiply,
    narrowed,
    pack,
    plan,
    product,
    require,
    started,
)
from lucid.engines.cpu.onednn.matmul import matmul

Array = np.ndarray[Any, Any]


def gru_sequence(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    *,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[tuple[Array, Array], Any] | None:
    """Return the results, and what the vjp needs beside them; see ``functional/recurrent.py``."""
    if not fits(batch_sizes, 3, x, h0, w_ih, w_hh, b_ih, b_hh):
        return None
    where = plan(batch_sizes, reverse)
    by_state = pack(where.sizes, dense(w_hh).T)
    inputs = None if by_state is None else matmul(dense(x), dense(w_ih).T, b_ih)
    if inputs is None or by_state is None:
        return None
    rows, size = len(w_hh), h0.shape[1]
    states = started(where.height, where.first, h0)
    gates = np.empty((len(x), 4 * size), np.float32)
    bias = np.zeros(rows, np.float32) if b_hh is None else dense(b_hh)
    work = np.empty((where.sizes[0], rows), np.float32)
    require(_forward(where.steps, *by_state[1:], inputs, work, bias, gates, states))
    return (states[where.output], states[where.last]), (gates, states)


@loop
def _forward(steps, calls, narrow, inputs, work, bias, gates, states):  # type: ignore[no-untyped-def]
    """Fill ``states`` from time to time, and the gates of all times: r, z, n, and the state's part of n."""
    status = 0
    size = states.shape[1]
    for t in range(len(steps)):
        before, now, row, count, kind = steps[t]
        source = states[before].ctypes.data
        if len(narrow) > 0:
            for n in prange(count):
                narrowed(states[before + n], narrow[n])
            source = narrow.ctypes.data
        status |= multiply(calls, kind, source, work.ctypes.data)
        for n in prange(count):
            _cell(inputs[row + n], work[n], bias, gates[row + n], states[before + n], states[now + n], size)
    return status


@inline
def _cell(x, h, bias, gates, before, now, size):  # type: ignore[no-untyped-def]
    # Loops that write one array each, and count from 0, run on vectors.
    both, z = gates[: 2 * size], gates[size : 2 * size]
    u, part = gates[2 * size : 3 * size], gates[3 * size :]
    u_x, u_h, u_bias = x[2 * size :], h[2 * size :], bias[2 * size :]
    for j in range(2 * size):
        both[j] = sigmoid(x[j] + h[j] + bias[j])
    for j in range(size):
        part[j] = u_h[j] + u_bias[j]
    for j in range(size):
        u[j] = tanh(u_x[j] + both[j] * part[j])
    for j in range(size):
        now[j] = (1 - z[j]) * u[j] + z[j] * before[j]


def gru_sequence_vjp(
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
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[Any, ...]:
    """Return the gradients by all arguments."""
    gates, states = residuals
    size = states.shape[1]
    where = plan(batch_sizes, reverse)
    by_gates = pack(where.sizes, dense(w_hh), row=4 * size, accumulate=True)
    assert by_gates is not None
    d_states = started(where.height, where.last, g[1])
    d_gates = np.empty_like(gates)
    require(_backward(where.steps, *by_gates[1:], dense(g[0]), gates, states, d_gates, d_states))
    by_input, by_state = d_gates[:, : 3 * size], d_gates[:, size:]
    sums = sum_of_rows(d_gates) if b_ih is not None or b_hh is not None else None
    return (
        lambda: product(by_input, _turned(w_ih, size)),
        d_states[where.first],
        lambda: _turned(product(by_input.T, dense(x)), 2 * size),
        lambda: product(by_state.T, states[where.previous]),
        None if sums is None or b_ih is None else _turned(sums[: 3 * size], 2 * size),
        None if sums is None or b_hh is None else sums[size:],
    )


def _turned(rows: Array, count: int) -> Array:
    """Return the rows with the last ``count`` first: r, z, n becomes n, r, z by one part, and back by two."""
    return np.concatenate([rows[-count:], rows[:-count]])


@loop
def _backward(steps, calls, narrow, g, gates, states, d_gates, d_states):  # type: ignore[no-untyped-def]
    """Fill the gradients by the gates of all times, and by all states, going back from the last step."""
    status = 0
    size = states.shape[1]
    for i in range(len(steps)):
        before, now, row, count, kind = steps[len(steps) - 1 - i]
        for n in prange(count):
            _cell_vjp(
                g[row + n],
                d_states[now + n],
                gates[row + n],
                states[before + n],
                d_gates[row + n],
                d_states[before + n],
                size,
            )
        # The rows of d_gates from r on; the product is added to what came past the gates.
        source = d_gates[row, size:].ctypes.data
        if len(narrow) > 0:
            for n in prange(count):
                narrowed(d_gates[row + n, size:], narrow[n])
            source = narrow.ctypes.data
        status |= multiply(calls, kind, source, d_states[before].ctypes.data)
    return status


@inline
def _cell_vjp(g, dh, gates, before, d, d_before, size):  # type: ignore[no-untyped-def]
    r, z = gates[:size], gates[size : 2 * size]
    u, part = gates[2 * size : 3 * size], gates[3 * size :]
    du, dr = d[:size], d[size : 2 * size]
    dz, d_part = d[2 * size : 3 * size], d[3 * size :]
    for j in range(size):
        dh[j] += g[j]
    for j in range(size):
        d_before[j] = dh[j] * z[j]
    for j in range(size):
        du[j] = dh[j] * (1 - z[j]) * (1 - u[j] * u[j])
    for j in range(size):
        dz[j] = dh[j] * (before[j] - u[j]) * z[j] * (1 - z[j])
    for j in range(size):
        dr[j] = du[j] * part[j] * r[j] * (1 - r[j])
    for j in range(size):
        d_part[j] = du[j] * r[j]
