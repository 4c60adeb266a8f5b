"""Products of float32 matrices by oneDNN, in the precision that is set."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels import table
from lucid.engines.cpu.onednn import library
from lucid.engines.cpu.onednn.library import Library, dense_strides, dtype_of, strides_of
from lucid.engines.cpu.onednn.primitive import Compiled, InLayout, compiled, or_none
from lucid.engines.cpu.packing import packed
from lucid.engines.settings import precision_of

Array = np.ndarray[Any, Any]


# With fewer multiplications than these, rounding takes longer than what it saves.
FEWEST_PRODUCTS_TO_ROUND = 2**26
# With more rows than these, the product takes long enough to lay out `y` beside it.
MOST_ROWS_TO_PACK = 256
MOST_AXES = 12  # that oneDNN has


@or_none
def matmul(x: Array, y: Array, bias: Array | None = None) -> Array | None:
    """Return ``x @ y``, plus ``bias`` in every row; None if oneDNN is not there or can't do it.

    Args:
        x: float32, ``(*, n, k)``, not empty.
        y: float32, ``(*, k, m)``, with batches that broadcast against those of ``x``.
        bias: float32, ``(m,)``.
    """
    lib = library.load()
    if lib is None:
        return None
    found = _aligned(x, y)
    if found is None:
        return None
    x, y, batch = found
    given, columns = y, y.shape[-1]  # the array that comes again: what is rounded is a new one each time
    x, y, maths = _rounded(lib, x, y)
    x, y = _plain(x), _plain(y)
    shape = (*batch, columns) if x.ndim > 2 else (x.shape[0], columns)
    key = ("matmul", x.shape, x.strides, y.shape, y.strides, dtype_of(x), bias is None, maths)

    def make(lib: Library, liked: bool = False) -> Compiled:
        return compile_product(lib, x, y, shape, bias=bias is not None, maths=maths, liked=liked)

    run = compiled(key, make)
    if run is None:
        return None
    if y.ndim == 2 and x.shape[0] <= MOST_ROWS_TO_PACK:
        run, weights = _packed(run, given, y, key, make)
    else:
        weights = y
    out = np.empty(shape, np.float32)
    if bias is None:
        run(x, weights, out)
    else:
        run(x, weights, out, np.require(bias, requirements=("C", "A")))
    return out.reshape((*batch, columns))


def _aligned(x: Array, y: Array) -> tuple[Array, Array, tuple[int, ...]] | None:
    """Return the factors with equally many axes, and the product's shape without its columns.

    None if those are more axes than oneDNN has.
    """
    batch = x.shape[:-1]
    if y.ndim == 2 and x.ndim > 2:  # one matrix for all batches: one product of more rows
        x = x.reshape(-1, x.shape[-1])
    elif x.ndim != y.ndim:
        ndim = max(x.ndim, y.ndim)
        x = x.reshape((1,) * (ndim - x.ndim) + x.shape)
        y = y.reshape((1,) * (ndim - y.ndim) + y.shape)
    if x.ndim > 2:
        batch = (*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2])
    return None if x.ndim > MOST_AXES else (x, y, batch)


def _packed(
    run: Compiled, given: Array, y: Array, key: Hashable, make: Callable[..., Compiled]
) -> tuple[Compiled, Array]:
    """Return the primitive and ``y`` in the layout that oneDNN likes, if that is kept; else as they are.

    Args:
        run: the primitive for ``y`` as it is.
        given: what ``y`` was before it was rounded, whose uses are counted and whose writes are watched.
        y: the matrix as ``run`` takes it.
        key: all that the primitive depends on.
        make: compiles it; with ``liked=True`` for the layout that oneDNN likes.
    """

    def in_layout() -> InLayout | None:
        made: InLayout | None = compiled(("packed", key), lambda lib: InLayout(lib, y, make(lib, liked=True)))
        return made

    def laid_out() -> Array | None:
        layout = in_layout()
        return None if layout is None else layout.pack(y)

    kept = packed(given, key, laid_out)
    layout = None if kept is None else in_layout()  # each thread has its own
    return (run, y) if layout is None else (layout.run, kept)


def _rounded(lib: Library, x: Array, y: Array) -> tuple[Array, Array, int]:
    """Return the factors as the precision asks for, and whether oneDNN may round them itself."""
    precision = precision_of("cpu")
    if precision == "highest" or not lib.bfloat16:
        return x, y, library.STRICT
    if precision == "medium" and lib.tiles:
        return x, y, library.ALLOW_BF16
    casts = _casts()
    if casts is None or x.size * y.shape[-1] < FEWEST_PRODUCTS_TO_ROUND:
        return x, y, library.STRICT
    if precision == "medium":
        return casts.to_bfloat16(x), casts.to_bfloat16(y), library.STRICT
    # Three products of bfloat16 instead of one of float32 pay where they run in tiles.
    return (*_in_thirds(casts, x, y), library.STRICT) if lib.tiles else (x, y, library.STRICT)


def _in_thirds(casts: Any, x: Array, y: Array) -> tuple[Array, Array]:
    """Return factors of bfloat16 whose product is ``x @ y`` to about 16 bits.

    .. math:: x y \\approx x_h y_h + x_h y_l + x_l y_h

    The three products are one, of rows three times as long.
    """
    (xh, xl), (yh, yl) = casts.split_bfloat16(x), casts.split_bfloat16(y)
    return np.concatenate([xh, xh, xl], axis=-1), np.concatenate([yh, yl, yh], axis=-2)


def _casts() -> Any:
    """Return the loops that round to bfloat16, or None without Numba."""
    if not table.allowed("numba"):
        return None
    try:
        from lucid.engines.cpu.kernels import casts
    except ImportError:
        return None
    return casts


def compile_product(
    lib: Library,
    x: Array,
    y: Array,
    shape: tuple[int, ...],
    *,
    bias: bool = False,
    maths: int = library.STRICT,
    liked: bool = False,
) -> Compiled:
    """Compile a product.

    Args:
        lib: the library.
        x, y: factors of the shapes, strides and dtype that those to come have.
        shape: of the product, float32 in row-major order.
        bias: whether a row is added to each of its rows; it is the last argument of a run then.
        maths: whether oneDNN may round float32 factors.
        liked: whether ``y`` will be in the layout that oneDNN likes best.
    """
    dtype = dtype_of(x)
    arguments: dict[int, Any] = {
        library.SRC: lib.descriptor(x.shape, strides_of(x), dtype),
        library.WEIGHTS: lib.descriptor(y.shape, None if liked else strides_of(y), dtype),
        library.DST: lib.descriptor(shape, dense_strides(shape)),
    }
    row = None
    if bias:
        row_shape = (1,) * (len(shape) - 1) + shape[-1:]
        arguments[library.BIAS] = row = lib.descriptor(row_shape, dense_strides(row_shape))
    with lib.attributes(maths) as attributes:
        description = lib.create(
            "dnnl_matmul_primitive_desc_create",
            lib.engine,
            arguments[library.SRC],
            arguments[library.WEIGHTS],
            row,
            arguments[library.DST],
            attributes,
        )
    return Compiled(lib, description, arguments)


def _plain(x: Array) -> Array:
    """Return ``x`` as oneDNN takes it: by rows or by columns, nothing backwards, repeated or unaligned."""
    rows, columns = x.strides[-2:]
    n, m = x.shape[-2:]
    size = x.itemsize
    one_way = (columns == size and rows >= size * m) or (rows == size and columns >= size * n)
    if one_way and min(x.strides) > 0 and x.flags.aligned:
        return x
    return np.ascontiguousarray(x)
