"""Primitives of oneDNN, compiled once for each combination of shapes, layouts and options.

A primitive keeps its memory objects; running it sets their addresses. That may not happen in two
threads at once, so every thread has primitives of its own.
"""

from __future__ import annotations

import ctypes
import itertools
import logging
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np

from lucid.engines.cpu import threads
from lucid.engines.cpu.onednn import library
from lucid.engines.cpu.onednn.library import ExecArg, Handle, Library, OneDNNError

# So many are kept for each thread. A model has some hundreds; whoever feeds every length there is has more.
MOST = 2048

log = logging.getLogger("lucid.onednn")


class Compiled:
    """A primitive, and its memory objects in the order in which it is called with arrays.

    Attributes:
        implementation: the name that oneDNN gives to the code that runs.
    """

    def __init__(self, lib: Library, description: Handle, arguments: Mapping[int, Handle]) -> None:
        self.lib = lib
        self.implementation = _implementation(lib, description)
        log.debug("%s for arguments %s", self.implementation, list(arguments))
        self.primitive = lib.create("dnnl_primitive_create", description)
        lib.call("dnnl_primitive_desc_destroy", description)
        self.memories = [
            lib.create("dnnl_memory_create", descriptor, lib.engine, None)
            for descriptor in arguments.values()
        ]
        self.arguments = (ExecArg * len(arguments))(
            *(ExecArg(a, m) for a, m in zip(arguments, self.memories, strict=True))
        )
        self.address = ctypes.addressof(self.arguments)
        self.set = [0] * len(self.memories)  # the addresses that they have

    def __call__(self, *arrays: np.ndarray[Any, Any]) -> None:
        """Run on ``arrays``, whose shapes and strides are those that the descriptors said."""
        threads.prepare()
        lib = self.lib
        last = self.set
        for i, array in enumerate(arrays):
            address = array.ctypes.data
            if address != last[i]:
                lib.set_address(self.memories[i], address)
                last[i] = address
        status = lib.execute(self.primitive, lib.stream, len(last), self.address)
        if status != 0:
            raise OneDNNError(f"{self.implementation} returned status {status}")

    def __del__(self) -> None:
        for memory in getattr(self, "memories", ()):
            self.lib.c.dnnl_memory_destroy(memory)
        if hasattr(self, "primitive"):
            self.lib.c.dnnl_primitive_destroy(self.primitive)


def _implementation(lib: Library, description: Handle) -> str:
    name = ctypes.c_char_p()
    lib.call("dnnl_primitive_desc_query", description, library.IMPLEMENTATION, 0, ctypes.byref(name))
    return (name.value or b"").decode()


_kept = threading.local()


def compiled(key: Hashable, make: Callable[[Library], Any]) -> Any:
    """Return what ``make`` returned for ``key`` in this thread, or None if oneDNN can't do it.

    Args:
        key: all that the primitive depends on.
        make: makes it, of the loaded library; it may raise ``OneDNNError``.
    """
    table: dict[Hashable, Any]
    try:
        table = _kept.table
    except AttributeError:
        table = _kept.table = {}
    try:
        return table[key]
    except KeyError:
        lib = library.load()
        made = None
        if lib is not None:
            try:
                made = make(lib)
            except OneDNNError as error:
                log.debug("%r: %s", key, error)
        if len(table) >= MOST:
            for old in list(itertools.islice(table, MOST // 2)):
                del table[old]
        table[key] = made
        return made
