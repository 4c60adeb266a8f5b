"""Products of a few rows after another with one matrix, called from within loops.

Recurrence multiplies the state by the same weights at every time. So the weights are packed once, into
the layout that oneDNN likes best, and the loop over time calls oneDNN itself, by the addresses
of its functions: ``kernels/steps.py`` has the other end.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from lucid.engines.cpu.onednn import library
from lucid.engines.cpu.onednn.library import Handle, Library, OneDNNError, strides_of
from lucid.engines.cpu.onednn.primitive import Compiled, compiled

Array = np.ndarray[Any, Any]


class Steps:
    """Products ``x @ w`` of several numbers of rows.

    Attributes:
        calls: for each number of rows what a loop needs to call oneDNN; integers, most of them addresses.
    """

    def __init__(
        self, lib: Library, sizes: tuple[int, ...], w: Array, row: int, accumulate: bool, dtype: int
    ) -> None:
        k, m = w.shape
        packed: Any = lib.descriptor((k, m), dtype=dtype)
        self.runs: list[Compiled] = []
        for size in sizes:
            arguments = {
                library.SRC: lib.descriptor((size, k), (row, 1), dtype),
                library.WEIGHTS: packed,
                library.DST: lib.descriptor((size, m), (m, 1)),
            }
            with lib.attributes(library.STRICT) as attributes:
                if accumulate:
                    _add_to_target(lib, attributes)
                description = lib.create(
                    "dnnl_matmul_primitive_desc_create",
                    lib.engine,
                    arguments[library.SRC],
                    packed,
                    None,
                    arguments[library.DST],
                    attributes,
                )
            if not self.runs:  # the layout that suits the largest size serves all
                packed = arguments[library.WEIGHTS] = _weights_of(lib, description)
            self.runs.append(Compiled(lib, description, arguments))

        plain = lib.descriptor((k, m), strides_of(w))
        description = lib.create(
            "dnnl_reorder_primitive_desc_create", plain, lib.engine, packed, lib.engine, None
        )
        self._pack = Compiled(lib, description, {library.SRC: plain, library.DST: packed})
        self._weights = _aligned(_size_of(lib, packed))
        weights = self._weights.ctypes.data
        for run in self.runs:
            lib.set_address(run.memories[1], weights)
        functions = [ctypes.cast(f, Handle).value for f in (lib.set_address, lib.execute)]
        self.calls = np.array(
            [
                [
                    *functions,
                    lib.stream.value,
                    run.primitive.value,
                    run.memories[0].value,
                    run.memories[2].value,
                    run.address,
                ]
                for run in self.runs
            ],
            np.int64,
        )

    def pack(self, w: Array) -> Array:
        """Take on the matrix ``w``, and return ``calls``."""
        self._pack(w, self._weights)
        return self.calls


def steps(
    sizes: tuple[int, ...], w: Array, *, row: int | None = None, accumulate: bool = False, bf16: bool = False
) -> Array | None:
    """Pack ``w``, and return what loops need to multiply by it; None if oneDNN can't do it.

    It holds until ``w`` is followed by another matrix of this shape in the same thread.

    Args:
        sizes: the numbers of rows that will be multiplied, the largest first.
        w: float32, ``(k, m)``, by rows or by columns.
        row: how many elements one row of the left factor begins after the other; ``k`` by default.
        accumulate: add to what is there, instead of writing over it.
        bf16: whether the left factor is given in bfloat16, and ``w`` is to be rounded to it.
    """
    row = w.shape[0] if row is None else row
    dtype = library.BF16 if bf16 else library.F32
    key = ("steps", sizes, w.shape, w.strides, row, accumulate, dtype)
    made = compiled(key, lambda lib: Steps(lib, sizes, w, row, accumulate, dtype))
    return None if made is None else made.pack(w)


def _add_to_target(lib: Library, attributes: Handle) -> None:
    operations = lib.create("dnnl_post_ops_create")
    try:
        lib.call("dnnl_post_ops_append_sum", operations, ctypes.c_float(1), 0, library.F32)
        lib.call("dnnl_primitive_attr_set_post_ops", attributes, operations)
    finally:
        lib.c.dnnl_post_ops_destroy(operations)


def _weights_of(lib: Library, description: Handle) -> Handle:
    """Return the layout of weights that oneDNN has chosen."""
    query = lib.c.dnnl_primitive_desc_query_md
    query.restype = Handle
    found = query(description, library.DESCRIPTOR_OF[library.WEIGHTS], 0)
    if not found:
        raise OneDNNError("no layout of weights was chosen")
    return lib.create("dnnl_memory_desc_clone", Handle(found))


def _size_of(lib: Library, descriptor: Handle) -> int:
    get_size = lib.c.dnnl_memory_desc_get_size
    get_size.restype = ctypes.c_size_t
    return int(get_size(descriptor))


def _aligned(size: int) -> Array:
    """Return ``size`` bytes that begin with a line of the cache."""
    room = np.empty(size + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size]
