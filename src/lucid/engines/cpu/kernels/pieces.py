"""The walk through all parameters that the steps of optimizers share, and how a step is written.

A step is a loop over one piece: some elements of a gradient, a parameter and its state. It is compiled by
itself, without threads, in a fraction of a second. The walk is compiled once: it shares out the pieces
among threads and calls the step by its address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from lucid.engines.cpu.kernels import kept
from lucid.engines.cpu.kernels.loops import inline, loop, prange
from lucid.engines.cpu.kernels.many import BLOCK, address, change, floats, pointer

_INTS = numba.types.CPointer(numba.types.int64)
_FLOATS = numba.types.CPointer(numba.types.float32)
_SIGNATURE = numba.types.void(_INTS, numba.types.int64, _FLOATS)

Array = np.ndarray[Any, Any]
Loop = Callable[[list[Array], int, list[Array], Array], None]


def step(function: Callable[..., Any]) -> Loop:
    """Make ``function(places, n, numbers)`` into one of ``(arrays, width, read, numbers)``, see ``change``.

    Args:
        function: changes ``n`` elements: ``at(places, 0, n)`` are those of what is only read, the gradient;
            ``at(places, 1, n)`` and so on those of a set of arrays that are changed. It is compiled when it
            is first called, and rounds as NumPy does. One loop may use four arrays at most: for more, LLVM
            does not make vectors.
    """
    compiled: Any = None

    def run(arrays: list[Array], width: int, read: list[Array], numbers: Array) -> None:
        nonlocal compiled
        if compiled is None:
            compiled = kept.callback(function, _SIGNATURE, error_model="numpy")
        made = compiled  # another thread's may come in its place, and this one must not be freed meanwhile
        change(lambda *args: _walk(made.address, *args), width, arrays, read, numbers)

    return run


@inline
def at(places, i, n):  # type: ignore[no-untyped-def]
    """Return ``n`` elements of the array number ``i`` of a piece."""
    return numba.carray(pointer(places[i]), (n,))


@intrinsic  # type: ignore[untyped-decorator]
def _call(_context: Any, function: Any, places: Any, n: Any, numbers: Any) -> Any:
    """Call the step at an address."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start, places, n, numbers = args
        where = context.make_array(signature.args[1])(context, builder, places).data
        values = context.make_array(signature.args[3])(context, builder, numbers).data
        kind = ir.FunctionType(ir.VoidType(), [where.type, ir.IntType(64), values.type])
        builder.call(builder.inttoptr(start, kind.as_pointer()), [where, n, values])
        return context.get_dummy_value()

    return numba.types.void(function, places, n, numbers), build


@loop
def _walk(start, old, new, width, read, ends, numbers):  # type: ignore[no-untyped-def]
    total = ends[-1]
    for block in prange((total + BLOCK - 1) // BLOCK):
        first = block * BLOCK
        stop = min(first + BLOCK, total)
        row = np.searchsorted(ends, first, side="right")
        places = np.empty(1 + width, np.int64)
        while first < stop:
            n = min(stop, ends[row]) - first
            begin = first - (ends[row - 1] if row else 0)
            places[0] = address(read[row], begin)
            for i in range(width):
                slot = width * row + i
                places[1 + i] = address(new[slot], begin)
                if old[slot] != new[slot]:
                    x, y = floats(old[slot], begin, n), floats(new[slot], begin, n)
                    for j in range(n):
                        y[j] = x[j]
            _call(start, places, n, numbers[row])
            first += n
            row += 1
