"""Changing many arrays in one launch: in place where nobody else can see them.

A model has dozens of parameters, most of them small. One launch for all costs what one for one does.
So a loop gets the arrays' addresses, sees them as one long row, and shares that out in blocks. What is in
a block does not depend on the number of threads.

Arrays are values to everyone who holds them. ``change`` writes into an array only if its holder's
reference is the only one, and no other thread is there to take another; else the holder gets a new array.
"""

from __future__ import annotations

import ctypes
import itertools
import operator
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numba
import numba.extending
import numpy as np

from lucid.engines.cpu import packing
from lucid.engines.cpu.kernels.loops import inline

Array = np.ndarray[Any, Any]

# So many elements a thread takes at a time: few enough that all arrays' fit into its cache.
BLOCK = 2048


# NumPy's array objects hold the address of their elements right behind the head that all objects have: the
# C macro PyArray_DATA reads it there, and so do the loops. x.__array_interface__ would take a microsecond.
_DATA = object.__basicsize__


def _check() -> None:
    x = np.zeros(1)
    if ctypes.c_void_p.from_address(id(x) + _DATA).value != x.__array_interface__["data"][0]:
        raise ImportError("NumPy's arrays are not laid out as expected")


if sys.implementation.name != "cpython":
    raise ImportError("only in CPython is an object's id its address")
_check()


# ----------------------------------------------------------------- parts of loops


@numba.extending.intrinsic  # type: ignore[untyped-decorator]
def pointer(_context: Any, _address: Any) -> Any:
    """Return an address as a pointer to float32."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(signature.return_type))

    return numba.types.CPointer(numba.types.float32)(numba.types.int64), build


@inline
def address(x, begin):  # type: ignore[no-untyped-def]
    """Return where the element ``begin`` of the array with the id ``x`` is."""
    return numba.carray(pointer(x + _DATA), (2,)).view(np.int64)[0] + 4 * begin


@inline
def floats(x, begin, n):  # type: ignore[no-untyped-def]
    """Return ``n`` elements, from ``begin``, of the array with the id ``x``."""
    return numba.carray(pointer(address(x, begin)), (n,))


@inline
def target(old, new, slot, begin, n):  # type: ignore[no-untyped-def]
    """Return ``n`` elements of the array to change; of a new one, after they were copied there."""
    y = floats(new[slot], begin, n)
    if old[slot] != new[slot]:
        x = floats(old[slot], begin, n)
        for i in range(n):
            y[i] = x[i]
    return y


# ----------------------------------------------------------------- launching


def change(
    loop: Callable[..., Any], width: int, arrays: list[Array], read: list[Array], numbers: Array
) -> None:
    """Run a loop over sets of arrays, and leave the arrays with the results in ``arrays``.

    Args:
        loop: of ``(old, new, width, read, ends, numbers)``: ids of the sets of arrays as they are and as
            they will be, and of those that are only read; where each set ends in the long row; the numbers.
        width: how many arrays are in a set.
        arrays: float32. Those of a set follow each other and are of one shape. For an array to be
            changed in place, nothing but its holder and this list may refer to it.
        read: another array of that shape for each set; or none at all.
        numbers: float32, ``(sets, k)``: what the loop computes with.
    """
    for i in range(0, len(arrays), width):
        packing.forget(arrays[i])
    counts = list(_references(arrays))
    # After this count, nobody but another thread could come to hold an array.
    most = _ALONE if only_thread() else -1
    old: list[Array] = []
    new: list[Array] = []
    laid: list[Array] = []
    for i, x in enumerate(arrays):
        flags = x.flags
        if i % width == 0:
            like = x if flags.c_contiguous else np.empty_like(x)
            if read:
                laid.append(_laid(read[i // width], like))
        source = _laid(x, like)
        ours = source is x and counts[i] <= most and flags.owndata and flags.writeable
        old.append(source)
        new.append(x if ours else np.empty_like(like))
    ends = np.fromiter(itertools.accumulate([x.size for x in old[::width]]), np.int64)
    loop(ids(old), ids(new), width, ids(laid), ends, numbers)
    arrays[:] = new


def _laid(x: Array, like: Array) -> Array:
    """Return ``x`` in the layout of ``like``, which has no gaps: itself, if it is so already."""
    flags = x.flags
    if flags.aligned and (x.strides == like.strides or (flags.c_contiguous and like.flags.c_contiguous)):
        return x
    copy = np.empty_like(like)
    copy[...] = x
    return copy


def only_thread() -> bool:
    """Whether no other thread runs Python code, or may go on doing so."""
    return len(sys._current_frames()) == 1


def ids(arrays: list[Array]) -> Array:
    """Return the id of each array, by which loops find its elements."""
    return np.fromiter(map(id, arrays), np.int64, len(arrays))


def _references(arrays: list[Array]) -> Any:
    """Return an iterator that counts the references to each array, the weak ones too."""
    return map(operator.add, map(sys.getrefcount, arrays), map(weakref.getweakrefcount, arrays))


def _alone() -> int:
    """Return the count for an array that only its holder and a list refer to."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return -1  # without the interpreter's lock no count is sure
    holder = [np.zeros(1)]
    return int(next(_references([holder[0]])))


_ALONE = _alone()
