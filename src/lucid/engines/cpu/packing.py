"""What was made of an array is kept as long as the array is what it was.

oneDNN is fastest on weights in a layout of its own. Training changes the weights in every step, so they
are laid out anew each time. Inference doesn't: what the third use of an array makes of it serves all
that follow. It is forgotten when the array dies, or is written to.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

import numpy as np

from lucid.engines.cpu import threads

Array = np.ndarray[Any, Any]

# A training step uses a weight once forward and once backward, in other layouts.
FIRST = 3
# Smaller arrays are laid out in no time; and only of larger ones is it known whether others write to them.
SMALLEST = 2048
# Different lengths of a batch may ask for different layouts. Of one array no more than these are kept.
MOST = 2
MOST_USES = 64  # that are counted


def _drop(table: dict[int, Any], key: int, _: Any) -> None:
    """Forget an array that has died."""
    table.pop(key, None)


class _Entry:
    """What is kept for one array."""

    def __init__(self, array: Array) -> None:
        self.array = weakref.ref(array, partial(_drop, _entries, id(array)))
        self.uses: dict[Hashable, int] = {}
        self.made: dict[Hashable, Any] = {}


_entries: dict[int, _Entry] = {}
_shared: dict[int, weakref.ref[Array]] = {}


def packed(array: Array, key: Hashable, make: Callable[[], Any]) -> Any:
    """Return what ``make`` makes of ``array``, or None as long as it doesn't pay, or wouldn't be safe.

    Args:
        array: or a view of it.
        key: all else that the result depends on.
        make: called once for each key, at the third use.
    """
    owner = array if type(array.base) is not np.ndarray else array.base
    if array.size < SMALLEST or not _is_ours(owner):
        return None
    entry = _entries.get(id(owner))
    if entry is None:
        entry = _entries[id(owner)] = _Entry(owner)
    # oneDNN's layouts depend on the number of threads, too.
    key = (key, threads.count(), array.ctypes.data, array.shape, array.strides)
    made = entry.made.get(key)
    if made is None and len(entry.made) < MOST:
        if len(entry.uses) > MOST_USES:
            entry.uses.clear()
        uses = entry.uses[key] = entry.uses.get(key, 0) + 1
        if uses >= FIRST:
            made = entry.made[key] = make()
    return made


def forget(array: Array) -> None:
    """Forget all that was made of ``array``, which is about to be written to."""
    _entries.pop(id(array), None)


def forget_all() -> None:
    """Forget all that was made of any array."""
    _entries.clear()


def share(array: Array) -> None:
    """Note that somebody outside may write to ``array``: nothing made of it is kept."""
    owner = array if type(array.base) is not np.ndarray else array.base
    _shared[id(owner)] = weakref.ref(owner, partial(_drop, _shared, id(owner)))
    forget(owner)


def _is_ours(owner: Array) -> bool:
    """Whether nobody but Lucid can write to an array: it owns its memory, or nobody can at all."""
    if owner.base is None:
        return owner.flags.owndata and id(owner) not in _shared
    return isinstance(owner.base, bytes)
