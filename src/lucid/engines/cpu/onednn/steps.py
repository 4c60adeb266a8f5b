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
from lucid.engines.cpu.onednn.library import Handle, Library, strides_of
from lucid.engines.cpu.onednn.primitive import Compiled, compiled

Array = np.ndarray[Any, Any]


class Steps:
    """Products ``x @ w`` of several numbers of rows.

    Attributes:
        calls: for each number of rows what a loop needs to call oneDNN: integers, most of them addresses.
            They are good as long as this object lives.
    """

    def __init__(
        self, lib: Library, sizes: tuple[int, ...], w: Array, row: int, accumulate: bool, dtype: int
    ) -> None:
        k, m = w.shape
        packed: Handle = lib.descriptor((k, m), dtype=dtype)
        self.runs: list[Compiled] = []
        for size in sizes:
            source, target = lib.descriptor((size, k), (row, 1), dtype), lib.descriptor((size, m), (m, 1))
            with lib.attributes(library.STRICT) as attributes:
                if accumulate:
                    _add_to_target(lib, attributes)
                description = lib.create(
                    "dnnl_matmul_primitive_desc_create",
                    lib.engine,
                    source,
                    packed,
                    None,
                    target,
                    attributes,
                )
            arguments = {library.SRC: source, library.WEIGHTS: packed, library.DST: target}
            self.runs.append(Compiled(lib, description, arguments))
            # The layout that suits the largest size serves all.
            packed = self.runs[0].descriptors[library.WEIGHTS]

        plain = lib.descriptor((k, m), strides_of(w))
        description = lib.create(
            "dnnl_reorder_primitive_desc_create", plain, lib.engine, packed, lib.engine, None
        )
        self._pack = Compiled(lib, description, {library.SRC: plain, library.DST: packed})
        self._weights = _aligned(int(lib.c.dnnl_memory_desc_get_size(packed)))
        for run in self.runs:
            lib.set_address(run.memories[1], self._weights.ctypes.data)
        functions = [ctypes.cast(f, Handle).value for f in (lib.set_address, lib.execute)]
        calls = [
            (
                *functions,
                *(handle.value for handle in (lib.stream, run.primitive, *run.memories[::2])),
                run.address,
            )
            for run in self.runs
        ]
        self.calls = np.array(calls, np.int64)

    def pack(self, w: Array) -> None:
        """Take on the matrix ``w``."""
        self._pack(w, self._weights)


def steps(
    sizes: tuple[int, ...], w: Array, *, row: int | None = None, accumulate: bool = False, bf16: bool = False
) -> Steps | None:
    """Pack ``w`` for loops that multiply by it; None if oneDNN can't do it.

    It holds until another matrix of this shape is packed in the same thread.

    Args:
        sizes: the numbers of rows that will be multiplied, the largest first.
        w: float32, ``(k, m)``, by rows or by columns.
        row: how many elements one row of the left factor begins after the other; ``k`` by default.
        accumulate: add to what is there, instead of writing over it.
        bf16: whether the left factor is given in bfloat16, and ``w`` is to be rounded to it.
    """
    distance = w.shape[0] if row is None else row
    dtype = library.BF16 if bf16 else library.F32
    key = ("steps", sizes, w.shape, w.strides, distance, accumulate, dtype)
    made: Steps | None = compiled(key, lambda lib: Steps(lib, sizes, w, distance, accumulate, dtype))
    if made is not None:
        made.pack(w)
    return made


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
