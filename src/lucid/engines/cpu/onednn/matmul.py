"""Products of float32 matrices by oneDNN."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.onednn import library
from lucid.engines.cpu.onednn.library import Library, strides_of
from lucid.engines.cpu.onednn.primitive import Compiled, compiled
from lucid.engines.settings import settings

Array = np.ndarray[Any, Any]

# Below this many multiplications NumPy's own product is done sooner.
SMALLEST = 2**17


def matmul(x: Array, y: Array, bias: Array | None = None) -> Array | None:
    """Return ``x @ y``, plus ``bias`` in every row; None if oneDNN is not there or can't do it.

    Args:
        x: float32, ``(*, n, k)``.
        y: float32, ``(*, k, m)``, with batches that broadcast against those of ``x``.
        bias: float32, ``(m,)``.
    """
    k, m = y.shape[-2:]
    batch = x.shape[:-1]
    if y.ndim == 2 and x.ndim > 2:  # one matrix for all batches: one product of more rows
        x = x.reshape(-1, k)
    elif x.ndim != y.ndim:
        ndim = max(x.ndim, y.ndim)
        x = x.reshape((1,) * (ndim - x.ndim) + x.shape)
        y = y.reshape((1,) * (ndim - y.ndim) + y.shape)
    if x.ndim > 2:
        batch = (*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2])
    x, y = _plain(x), _plain(y)
    math = library.STRICT if settings.precision != "medium" else library.ALLOW_BF16
    shape = (*batch, m) if x.ndim > 2 else (x.shape[0], m)
    key = ("matmul", x.shape, x.strides, y.shape, y.strides, bias is not None, math)
    run = compiled(key, lambda lib: _make(lib, x, y, bias, shape, math))
    if run is None:
        return None
    out = np.empty(shape, np.float32)
    if bias is None:
        run(x, y, out)
    else:
        run(x, y, out, np.ascontiguousarray(bias))
    return out.reshape((*batch, m))


def _make(
    lib: Library, x: Array, y: Array, bias: Array | None, shape: tuple[int, ...], math: int
) -> Compiled:
    arguments = {
        library.SRC: lib.descriptor(x.shape, strides_of(x)),
        library.WEIGHTS: lib.descriptor(y.shape, strides_of(y)),
        library.DST: lib.descriptor(shape, _dense_strides(shape)),
    }
    row = None
    if bias is not None:
        row_shape = (1,) * (len(shape) - 1) + shape[-1:]
        arguments[library.BIAS] = row = lib.descriptor(row_shape, _dense_strides(row_shape))
    description = lib.create(
        "dnnl_matmul_primitive_desc_create",
        lib.engine,
        arguments[library.SRC],
        arguments[library.WEIGHTS],
        row,
        arguments[library.DST],
        lib.attributes(math),
    )
    return Compiled(lib, description, arguments)


def _dense_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def _plain(x: Array) -> Array:
    """Return ``x`` as oneDNN takes it: by rows or by columns, nothing backwards, repeated or unaligned."""
    rows, columns = x.strides[-2:]
    size = x.itemsize
    one_way = (columns == size and rows >= size * x.shape[-1]) or (
        rows == size and columns >= size * x.shape[-2]
    )
    if one_way and min(x.strides) > 0 and x.flags.aligned:
        return x
    return np.ascontiguousarray(x)
