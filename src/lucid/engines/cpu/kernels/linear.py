"""Linear maps: products by oneDNN, which adds the bias as it writes them, and activations of these.

The activations are the loops of ``activation.py``. To sum up the bias's gradient in the same pass was tried:
it took as long as a pass of its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu import namespace
from lucid.engines.cpu.kernels import activation as curves
from lucid.engines.cpu.kernels.loops import dense, loop, prange
from lucid.engines.cpu.onednn import matmul as products

Array = np.ndarray[Any, Any]

# So many rows are summed one after the other; then the sums of these, and so on, as rounding errors grow
# with the number of summands.
ROWS = 64

# ----------------------------------------------------------------- sums of rows


@loop
def _sum_blocks(x: Array, sums: Array) -> None:
    rows, columns = x.shape
    for block in prange(sums.shape[0]):
        for j in range(columns):
            sums[block, j] = np.float32(0)
        for i in range(block * ROWS, min((block + 1) * ROWS, rows)):
            for j in range(columns):
                sums[block, j] += x[i, j]


def sum_of_rows(x: Array) -> Array:
    """Return the sum of the rows of a dense matrix."""
    while len(x) > ROWS:
        sums = np.empty((-(-len(x) // ROWS), x.shape[1]), np.float32)
        _sum_blocks(x, sums)
        x = sums
    return np.add.reduce(x, axis=0)  # type: ignore[no-any-return]


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


# Forward, its vjp, and whether that is computed from the result: then nothing else is kept.
_CURVES: dict[str, tuple[Any, Any, bool]] = {
    "relu": (curves.relu, curves.relu_vjp, True),
    "gelu": (curves.gelu_exact, curves.gelu_exact_vjp, False),
    "gelu_tanh": (curves.gelu_tanh, curves.gelu_tanh_vjp, False),
    "silu": (curves.swish, curves.swish_vjp, False),
    "sigmoid": (curves.sigmoid, curves.sigmoid_vjp, True),
    "tanh": (curves.tanh, curves.tanh_vjp, True),
}


def activated(x: Array, weight: Array, bias: Array | None, *, activation: str) -> Any:
    """Return an activation of ``x @ weight.T + bias``."""
    y = _product(x, weight, bias)
    if y is None:
        return None
    curve, _, by_result = _CURVES[activation]
    out, _ = curve(y)
    return out, None if by_result else y


def activated_vjp(
    g: Array, out: Array, residuals: Any, x: Array, weight: Array, bias: Array | None, *, activation: str
) -> Any:
    """Return the gradients, to be called for."""
    _, pull, _ = _CURVES[activation]
    kept = _matrix(out if residuals is None else residuals)
    (d,) = pull(_matrix(g), kept, None, kept)
    return (*_of_products(d, x, weight), None if bias is None else (lambda: sum_of_rows(d)))
