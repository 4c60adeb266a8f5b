"""Copy-on-write: when an array may be written to because nobody else can see it.

Tensors are values, so a write makes a new array. But where the reference count says that a
Tensor holds the only reference to its array, nobody could tell the new array from the old one
changed, and the copy is saved.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


class _Holder:
    __slots__ = ("_array",)

    def __init__(self) -> None:
        self._array = np.zeros(1)


def _references(holder: Any) -> int:
    return sys.getrefcount(holder._array)


# What the count is for an array with one holder differs between versions of Python: see for yourself.
_ALONE = _references(_Holder())


def is_alone(holder: Any) -> bool:
    """Whether ``holder`` has the only reference to its ``_array``, a NumPy array that owns its memory.

    A view holds a reference to the array it looks into, and has a base itself: neither is alone.
    """
    array = holder._array
    if type(array) is not np.ndarray or array.base is not None or not array.flags.writeable:
        return False
    del array
    return _references(holder) <= _ALONE
