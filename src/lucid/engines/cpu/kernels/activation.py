"""Activations: loops over each element, whatever the order in memory.

Every one comes in two versions, forward and vjp. Below ``ALONE`` elements a loop runs in the thread that
called it: the others would not have woken up before it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.layout import Order, empty_like, flat, order_of
from lucid.engines.cpu.kernels.loops import inline, loop, prange
from lucid.engines.cpu.kernels.maths import bell, number, upper_tail
from lucid.engines.cpu.kernels.maths import sigmoid as logistic
from lucid.engines.cpu.kernels.maths import tanh as hyperbolic

Array = np.ndarray[Any, Any]
Loop = Callable[..., None]

ALONE = 2**14

_f = np.float32
_ZERO, _ONE = _f(0), _f(1)


def _map(run: Loop, x: Array, *numbers: Any) -> tuple[Array, Order] | None:
    """Run ``run(x, *numbers, out)`` over the elements of ``x``."""
    if x.dtype != np.float32:
        return None
    order = order_of(x)
    out, cells = empty_like(x, order)
    run(flat(x, order), *numbers, cells)
    return out, order


def _pull(run: Loop, g: Array, order: Order, x: Array, *numbers: Any) -> tuple[Array]:
    """Run ``run(g, x, *numbers, out)`` over the elements of both."""
    out, cells = empty_like(x, order)
    run(flat(g, order), flat(x, order), *numbers, cells)
    return (out,)


# ----------------------------------------------------------------- rectifiers


@inline
def _positive(v: Any) -> Any:
    return _ZERO if v < _ZERO else v  # and nan is nan


@loop
def _relu(x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = _positive(x[i])
    else:
        for i in prange(x.size):
            out[i] = _positive(x[i])


@loop
def _relu_vjp(g: Array, y: Array, out: Array) -> None:
    if y.size < ALONE:
        for i in range(y.size):
            out[i] = _ZERO if y[i] <= _ZERO else g[i]
    else:
        for i in prange(y.size):
            out[i] = _ZERO if y[i] <= _ZERO else g[i]


def relu(x: Array) -> Any:
    """Return what is positive, and 0 elsewhere."""
    return _map(_relu, x)


def relu_vjp(g: Array, out: Array, order: Order, x: Array) -> Any:
    """Return the gradient of ``x``."""
    return _pull(_relu_vjp, g, order, out)


@loop
def _bent(x: Array, slope: Any, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = x[i] if x[i] > _ZERO else slope * x[i]
    else:
        for i in prange(x.size):
            out[i] = x[i] if x[i] > _ZERO else slope * x[i]


@loop
def _bent_vjp(g: Array, x: Array, slope: Any, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = g[i] if x[i] > _ZERO else slope * g[i]
    else:
        for i in prange(x.size):
            out[i] = g[i] if x[i] > _ZERO else slope * g[i]


def bent(x: Array, *, slope: float) -> Any:
    """Return what is positive, and ``slope * x`` elsewhere."""
    return _map(_bent, x, _f(slope))


def bent_vjp(g: Array, _out: Array, order: Order, x: Array, *, slope: float) -> Any:
    """Return the gradient of ``x``."""
    return _pull(_bent_vjp, g, order, x, _f(slope))


# ----------------------------------------------------------------- gates


@number
def gelu_of(v: Any) -> Any:
    """Return the gelu of a number."""
    tail = upper_tail(v, bell(v))
    return v * (_ONE - tail if v > _ZERO else tail)


@number
def gelu_slope(v: Any) -> Any:
    """Return the derivative of gelu."""
    density = bell(v)
    tail = upper_tail(v, density)
    return (_ONE - tail if v > _ZERO else tail) + v * (density * _f(0.3989422804014327))  # 1 / sqrt(2 pi)


@loop
def _gelu(x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = gelu_of(x[i])
    else:
        for i in prange(x.size):
            out[i] = gelu_of(x[i])


@loop
def _gelu_vjp(g: Array, x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = g[i] * gelu_slope(x[i])
    else:
        for i in prange(x.size):
            out[i] = g[i] * gelu_slope(x[i])


def gelu_exact(x: Array) -> Any:
    """Return ``x`` times the probability that a normal number lies below it."""
    return _map(_gelu, x)


def gelu_exact_vjp(g: Array, _out: Array, order: Order, x: Array) -> Any:
    """Return the gradient of ``x``."""
    return _pull(_gelu_vjp, g, order, x)


_SLOPE = _f(1.5957691216057308)  # 2 sqrt(2 / pi), as 1 + tanh(u) is 2 sigmoid(2u)
_BEND = _f(0.044715)


@number
def gelu_tanh_of(v: Any) -> Any:
    """Return the approximate gelu of a number."""
    return v * logistic(_SLOPE * v * (_ONE + _BEND * v * v))


@number
def gelu_tanh_slope(v: Any) -> Any:
    """Return the derivative of the approximate gelu."""
    gate = logistic(_SLOPE * v * (_ONE + _BEND * v * v))
    near = min(max(v, _f(-10)), _f(10))  # the curve is flat beyond, and a square could overflow
    return gate + v * (gate * (_ONE - gate) * _SLOPE * (_ONE + _f(3) * _BEND * near * near))


@loop
def _gelu_tanh(x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = gelu_tanh_of(x[i])
    else:
        for i in prange(x.size):
            out[i] = gelu_tanh_of(x[i])


@loop
def _gelu_tanh_vjp(g: Array, x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = g[i] * gelu_tanh_slope(x[i])
    else:
        for i in prange(x.size):
            out[i] = g[i] * gelu_tanh_slope(x[i])


def gelu_tanh(x: Array) -> Any:
    """Return the approximation of gelu."""
    return _map(_gelu_tanh, x)


def gelu_tanh_vjp(g: Array, _out: Array, order: Order, x: Array) -> Any:
    """Return the gradient of ``x``."""
    return _pull(_gelu_tanh_vjp, g, order, x)


@number
def silu_of(v: Any) -> Any:
    """Return the silu of a number."""
    return v * logistic(v)


@number
def silu_slope(v: Any) -> Any:
    """Return the derivative of silu."""
    gate = logistic(v)
    return gate + v * (gate * (_ONE - gate))


@loop
def _silu(x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = silu_of(x[i])
    else:
        for i in prange(x.size):
            out[i] = silu_of(x[i])


@loop
def _silu_vjp(g: Array, x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = g[i] * silu_slope(x[i])
    else:
        for i in prange(x.size):
            out[i] = g[i] * silu_slope(x[i])


def swish(x: Array) -> Any:
    """Return ``x`` times its sigmoid."""
    return _map(_silu, x)


def swish_vjp(g: Array, _out: Array, order: Order, x: Array) -> Any:
    """Return the gradient of ``x``."""
    return _pull(_silu_vjp, g, order, x)


# ----------------------------------------------------------------- steps


@loop
def _sigmoid(x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = logistic(x[i])
    else:
        for i in prange(x.size):
            out[i] = logistic(x[i])


@loop
def _sigmoid_vjp(g: Array, y: Array, out: Array) -> None:
    if y.size < ALONE:
        for i in range(y.size):
            out[i] = g[i] * y[i] * (_ONE - y[i])
    else:
        for i in prange(y.size):
            out[i] = g[i] * y[i] * (_ONE - y[i])


def sigmoid(x: Array) -> Any:
    """Return the sigmoid."""
    return _map(_sigmoid, x)


def sigmoid_vjp(g: Array, out: Array, order: Order, x: Array) -> Any:
    """Return the gradient of ``x``."""
    return _pull(_sigmoid_vjp, g, order, out)


@loop
def _tanh(x: Array, out: Array) -> None:
    if x.size < ALONE:
        for i in range(x.size):
            out[i] = hyperbolic(x[i])
    else:
        for i in prange(x.size):
            out[i] = hyperbolic(x[i])


@loop
def _tanh_vjp(g: Array, y: Array, out: Array) -> None:
    if y.size < ALONE:
        for i in range(y.size):
            out[i] = g[i] * (_ONE - y[i] * y[i])
    else:
        for i in prange(y.size):
            out[i] = g[i] * (_ONE - y[i] * y[i])


def tanh(x: Array) -> Any:
    """Return the hyperbolic tangent."""
    return _map(_tanh, x)


def tanh_vjp(g: Array, out: Array, order: Order, x: Array) -> Any:
    """Return the gradient of ``x``."""
    return _pull(_tanh_vjp, g, order, out)
