"""Linear maps: products by oneDNN, with what comes before and after each in the same pass.

The bias is added as the product is written. On the way back, the gradient of the activation and the sum of
its rows, which is the gradient of the bias, are one loop; two products follow.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu import namespace
from lucid.engines.cpu.kernels import activation as curves
from lucid.engines.cpu.kernels.activation import gelu_slope, gelu_tanh_slope, silu_slope
from lucid.engines.cpu.kernels.loops import dense, loop, prange
from lucid.engines.cpu.onednn import matmul as products

Array = np.ndarray[Any, Any]

# So many rows are summed one after the other; then the sums of these, and so on, as rounding errors grow
# with the number of summands.
ROWS = 64
_ZERO, _ONE = np.float32(0), np.float32(1)

# ----------------------------------------------------------------- sums of rows


@loop
def _sum_blocks(x: Array, sums: Array) -> None:
    rows, columns = x.shape
    for block in prange(sums.shape[0]):
        for j in range(columns):
            sums[block, j] = _ZERO
        for i in range(block * ROWS, min((block + 1) * ROWS, rows)):
            for j in range(columns):
                sums[block, j] += x[i, j]


def sum_of_rows(x: Array) -> Array:
    """Return the sum of the rows of a dense matrix."""
    while len(x) > ROWS:
        sums = _room(x)
        _sum_blocks(x, sums)
        x = sums
    return np.add.reduce(x, axis=0)  # type: ignore[no-any-return]


def _room(x: Array) -> Array:
    """Return room for the sums of blocks of rows."""
    return np.empty((-(-len(x) // ROWS), x.shape[1]), np.float32)


# ----------------------------------------------------------------- product and bias


def affine(x: Array, weight: Array, bias: Array | None = None) -> Any:
    """Return ``x @ weight.T + bias``."""
    y = _product(x, weight, bias)
    return None if y is None else (y, None)


def affine_vjp(g: Array, _out: Array, residuals: None, x: Array, weight: Array, *bias: Array) -> Any:
    """Return the gradients, to be called for."""
    g2 = _matrix(g)
    return (*_of_products(g2, x, weight), *((lambda: sum_of_rows(g2)) for _ in bias))


def _product(x: Array, weight: Array, bias: Array | None) -> Array | None:
    """Return ``x @ weight.T + bias`` by oneDNN, or None if it isn't there or there is too little to do."""
    if x.dtype != np.float32 or weight.dtype != np.float32 or not (bias is None or bias.dtype == np.float32):
        return None
    rows = math.prod(x.shape[:-1])
    if rows < namespace.FEWEST_ROWS or rows * weight.size < namespace.FEWEST_PRODUCTS:
        return None
    return products.matmul(x, weight.T, bias)


def _of_products(g: Array, x: Array, weight: Array) -> tuple[Any, Any]:
    """Return the gradients of ``x @ weight.T``, to be called for; ``g`` is a matrix."""
    return (
        lambda: namespace.matmul(g, weight).reshape(x.shape),
        lambda: namespace.matmul(g.T, _matrix(x)),
    )


def _matrix(x: Array) -> Array:
    """Return ``x`` with its leading axes as one, dense."""
    return dense(x).reshape(-1, x.shape[-1])


# ----------------------------------------------------------------- product, bias and activation


@loop
def _rectify(x: Array) -> None:
    if x.size < curves.ALONE:
        for i in range(x.size):
            x[i] = _ZERO if x[i] < _ZERO else x[i]
    else:
        for i in prange(x.size):
            x[i] = _ZERO if x[i] < _ZERO else x[i]


@loop
def _relu_rows(g: Array, y: Array, d: Array, sums: Array) -> None:
    rows, columns = g.shape
    for block in prange(sums.shape[0]):
        for j in range(columns):
            sums[block, j] = _ZERO
        for i in range(block * ROWS, min((block + 1) * ROWS, rows)):
            for j in range(columns):
                d[i, j] = _ZERO if y[i, j] <= _ZERO else g[i, j]
            for j in range(columns):
                sums[block, j] += d[i, j]


@loop
def _gelu_rows(g: Array, x: Array, d: Array, sums: Array) -> None:
    rows, columns = g.shape
    for block in prange(sums.shape[0]):
        for j in range(columns):
            sums[block, j] = _ZERO
        for i in range(block * ROWS, min((block + 1) * ROWS, rows)):
            for j in range(columns):
                d[i, j] = g[i, j] * gelu_slope(x[i, j])
            for j in range(columns):
                sums[block, j] += d[i, j]


@loop
def _gelu_tanh_rows(g: Array, x: Array, d: Array, sums: Array) -> None:
    rows, columns = g.shape
    for block in prange(sums.shape[0]):
        for j in range(columns):
            sums[block, j] = _ZERO
        for i in range(block * ROWS, min((block + 1) * ROWS, rows)):
            for j in range(columns):
                d[i, j] = g[i, j] * gelu_tanh_slope(x[i, j])
            for j in range(columns):
                sums[block, j] += d[i, j]


@loop
def _silu_rows(g: Array, x: Array, d: Array, sums: Array) -> None:
    rows, columns = g.shape
    for block in prange(sums.shape[0]):
        for j in range(columns):
            sums[block, j] = _ZERO
        for i in range(block * ROWS, min((block + 1) * ROWS, rows)):
            for j in range(columns):
                d[i, j] = g[i, j] * silu_slope(x[i, j])
            for j in range(columns):
                sums[block, j] += d[i, j]


@loop
def _sigmoid_rows(g: Array, y: Array, d: Array, sums: Array) -> None:
    rows, columns = g.shape
    for block in prange(sums.shape[0]):
        for j in range(columns):
            sums[block, j] = _ZERO
        for i in range(block * ROWS, min((block + 1) * ROWS, rows)):
            for j in range(columns):
                d[i, j] = g[i, j] * y[i, j] * (_ONE - y[i, j])
            for j in range(columns):
                sums[block, j] += d[i, j]


@loop
def _tanh_rows(g: Array, y: Array, d: Array, sums: Array) -> None:
    rows, columns = g.shape
    for block in prange(sums.shape[0]):
        for j in range(columns):
            sums[block, j] = _ZERO
        for i in range(block * ROWS, min((block + 1) * ROWS, rows)):
            for j in range(columns):
                d[i, j] = g[i, j] * (_ONE - y[i, j] * y[i, j])
            for j in range(columns):
                sums[block, j] += d[i, j]


# Forward, its derivative over rows, and whether that is computed from the result: then nothing else is kept.
_CURVES: dict[str, tuple[Any, Any, bool]] = {
    "relu": (None, _relu_rows, True),
    "gelu": (curves.gelu_exact, _gelu_rows, False),
    "gelu_tanh": (curves.gelu_tanh, _gelu_tanh_rows, False),
    "silu": (curves.swish, _silu_rows, False),
    "sigmoid": (curves.sigmoid, _sigmoid_rows, True),
    "tanh": (curves.tanh, _tanh_rows, True),
}


def activated(x: Array, weight: Array, bias: Array | None, *, activation: str) -> Any:
    """Return an activation of ``x @ weight.T + bias``."""
    y = _product(x, weight, bias)
    if y is None:
        return None
    curve, _, by_result = _CURVES[activation]
    if curve is None:
        _rectify(y.reshape(-1))  # in place: nobody else has it yet
        return y, None
    out, _ = curve(y)
    return out, None if by_result else y


def activated_vjp(
    g: Array, out: Array, residuals: Any, x: Array, weight: Array, bias: Array | None, *, activation: str
) -> Any:
    """Return the gradients, to be called for."""
    _, slope, _ = _CURVES[activation]
    g2 = _matrix(g)
    d, sums = np.empty(g2.shape, np.float32), _room(g2)
    slope(g2, _matrix(out if residuals is None else residuals), d, sums)
    return (*_of_products(d, x, weight), None if bias is None else (lambda: sum_of_rows(sums)))
