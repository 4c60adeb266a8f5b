"""Memory: pages that are kept for the next array, and copy-on-write.

Every operation makes a new array, and a training step makes hundreds of the same sizes again and again.
By default the C library gives the memory of each large array back to the system, which hands it out
anew page by page, cleared: that takes up to ten times as long as an addition of the numbers in it.
``keep_pages`` has the C library keep it.

Tensors are values, so a write makes a new array, too. But where the reference count says that a
Tensor holds the only reference to its array, nobody could tell the new array from the old one
changed, and the copy is saved.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

import numpy as np

from lucid.engines.cpu import packing

_MMAP_THRESHOLD, _TRIM_THRESHOLD, _TOP_PAD = -3, -1, -2  # of glibc's malloc.h


def kept() -> bool:
    """Whether the pages of freed arrays are kept here."""
    return _mallopt() is not None


def keep_pages() -> None:
    """Have glibc keep the memory of freed arrays up to 1 GiB each for the next ones.

    Other C libraries are left alone, and so is glibc where ``LUCID_MEMORY=system``.
    """
    mallopt = _mallopt()
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 2**30)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_TOP_PAD, 2**26)


def _mallopt() -> Any:
    if sys.platform != "linux" or os.environ.get("LUCID_MEMORY") == "system":
        return None
    return getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none


class _Holder:
    __slots__ = ("_array",)

    def __init__(self) -> None:
        self._array = np.zeros(1)


def _references(holder: Any) -> int:
    return sys.getrefcount(holder._array)


# What the count is for an array with one holder differs between versions of Python: see for yourself.
_ALONE = _references(_Holder())


def is_alone(holder: Any) -> bool:
    """Whether ``holder``'s ``_array`` may be written to: it owns its memory, and nobody else refers to it.

    A view holds a reference to the array it looks into, and has a base itself: neither is alone.
    """
    array = holder._array
    if type(array) is not np.ndarray or array.base is not None:
        return False
    if not (array.flags.owndata and array.flags.writeable):
        return False
    alone = _references(holder) <= _ALONE + 1  # `array` is a name for it, too
    if alone:
        packing.forget(array)  # it is asked because it is to be written to
    return alone
