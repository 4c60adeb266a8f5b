"""Products of a few rows after another with one matrix, called from within loops.

Recurrence multiplies the state by the same weights at every time. So the weights are packed once, into
the layout that oneDNN likes best, and the loop over time calls oneDNN itself, by the addresses
of its functions: ``kernels/steps.py`` has the other end.
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import numpy as np

from lucid.engines.cpu.onednn import library
from lucid.engines.cpu.onednn.library import Descriptor, Handle, Library, strides_of
from lucid.engines.cpu.onednn.primitive import Compiled, compiled, or_none, reorder

Array = np.ndarray[Any, Any]


# The layout of the packed matrix is the one that oneDNN likes best for so many rows; it serves all.
TYPICAL_ROWS = 32
# Products of so many different numbers of rows are kept for a matrix, or as many as one loop needs.
MOST_SIZES = 256


class Calls(NamedTuple):
    """What a loop needs to multiply by a packed matrix.

    Attributes:
        numbers: for each number of rows, integers to call oneDNN with, most of them addresses.
        alive: what they are addresses of. They are good as long as it is held.
    """

    numbers: Array
    alive: tuple[Any, ...]


class Steps:
    """Products ``x @ w`` of any numbers of rows with one packed matrix.

    Primitives are made for each number of rows when it first comes. All read the same packed matrix.
    """

    def __init__(self, lib: Library, w: Array, row: int, accumulate: bool, dtype: int) -> None:
        self._lib, self._shape, self._row = lib, w.shape, row
        self._accumulate, self._dtype = accumulate, dtype
        liked = lib.descriptor(w.shape, dtype=dtype)
        description = self._describe(TYPICAL_ROWS, liked)
        self._packed = Descriptor()  # a copy, as the other is part of the description
        try:
            lib.call(
                "dnnl_memory_desc_clone",
                ctypes.byref(self._packed),
                lib.chosen(description, library.WEIGHTS, liked),
            )
        finally:
            lib.c.dnnl_primitive_desc_destroy(description)
        self._packed.library = lib

        plain = lib.descriptor(w.shape, strides_of(w))
        self._pack = reorder(lib, plain, self._packed)
        self._weights = _aligned(int(lib.c.dnnl_memory_desc_get_size(self._packed)))
        self._products: dict[int, tuple[Compiled, Any]] = {}  # those used last stand last

    def pack(self, w: Array) -> None:
        """Take on the matrix ``w``."""
        self._pack(w, self._weights)

    def calls(self, sizes: tuple[int, ...]) -> Calls:
        """Return how to multiply ``sizes[i]`` rows, for each ``i``."""
        products = self._products
        found = []
        for size in sizes:
            made = products.pop(size, None)
            products[size] = made = self._product(size) if made is None else made
            found.append(made)
        for old in list(products)[: -max(MOST_SIZES, len(sizes))]:
            del products[old]
        return Calls(
            np.array([numbers for _, numbers in found], np.int64), (self, *(run for run, _ in found))
        )

    def _product(self, size: int) -> tuple[Compiled, Any]:
        """Make the product of ``size`` rows; return it, and the numbers to call it with."""
        lib = self._lib
        description = self._describe(size, self._packed)
        source, target = self._factors(size)
        run = Compiled(
            lib, description, {library.SRC: source, library.WEIGHTS: self._packed, library.DST: target}
        )
        left, matrix, product = run.memories
        lib.set_address(matrix, self._weights.ctypes.data)
        functions = [ctypes.cast(f, Handle).value for f in (lib.set_address, lib.execute)]
        handles = [handle.value for handle in (lib.stream, run.primitive, left, product)]
        return run, (*functions, *handles, run.address)

    def _describe(self, size: int, weights: Handle) -> Handle:
        source, target = self._factors(size)
        lib = self._lib
        with lib.attributes(library.STRICT) as attributes:
            if self._accumulate:
                _add_to_target(lib, attributes)
            return lib.create(
                "dnnl_matmul_primitive_desc_create", lib.engine, source, weights, None, target, attributes
            )

    def _factors(self, size: int) -> tuple[Descriptor, Descriptor]:
        """Return the descriptors of ``size`` rows, and of their products."""
        k, m = self._shape
        return (
            self._lib.descriptor((size, k), (self._row, 1), self._dtype),
            self._lib.descriptor((size, m), (m, 1)),
        )


@or_none
def steps(
    sizes: tuple[int, ...], w: Array, *, row: int | None = None, accumulate: bool = False, bf16: bool = False
) -> Calls | None:
    """Pack ``w`` for loops that multiply by it; None if oneDNN can't do it.

    It holds until another matrix of this shape is packed in the same thread.

    Args:
        sizes: the numbers of rows that will be multiplied.
        w: float32, ``(k, m)``, by rows or by columns.
        row: how many elements one row of the left factor begins after the other; ``k`` by default.
        accumulate: add to what is there, instead of writing over it.
        bf16: whether the left factor is given in bfloat16, and ``w`` is to be rounded to it.
    """
    distance = w.shape[0] if row is None else row
    dtype = library.BF16 if bf16 else library.F32
    key = ("steps", w.shape, w.strides, distance, accumulate, dtype)
    made: Steps | None = compiled(key, lambda lib: Steps(lib, w, distance, accumulate, dtype))
    if made is None:
        return None
    made.pack(w)
    return made.calls(sizes)


def _add_to_target(lib: Library, attributes: Handle) -> None:
    operations = lib.create("dnnl_post_ops_create")
    try:
        lib.call("dnnl_post_ops_append_sum", operations, ctypes.c_float(1), 0, library.F32)
        lib.call("dnnl_primitive_attr_set_post_ops", attributes, operations)
    finally:
        lib.c.dnnl_post_ops_destroy(operations)


def _aligned(size: int) -> Array:
    """Return ``size`` bytes that begin with a line of the cache."""
    room = np.empty(size + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size]
