"""Primitives of oneDNN, compiled once for each combination of shapes, layouts and options.

What oneDNN calls a primitive is machine code for one operation. ``lucid.recording.Primitive``, an operation
with a derivative, has nothing but the name in common with it.

A primitive keeps its memory objects; running it sets their addresses. That may not happen in two
threads at once, so every thread has primitives of its own.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import logging
import os
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, ParamSpec, TypeVar

import numpy as np

from lucid.engines.cpu import packing, threads
from lucid.engines.cpu.onednn import library
from lucid.engines.cpu.onednn.library import ExecArg, Handle, Library, OneDNNError

# So many are kept for each thread. A model has some hundreds; whoever feeds every length there is has more.
MOST = 512

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("lucid.onednn")


class Compiled:
    """A primitive, and its memory objects in the order in which it is called with arrays.

    Attributes:
        implementation: the name that oneDNN gives to the code that runs.
    """

    def __init__(self, lib: Library, description: Handle, arguments: Mapping[int, Handle]) -> None:
        self.lib = lib
        arguments = {a: lib.chosen(description, a, given) for a, given in arguments.items()}
        self.implementation = _implementation(lib, description)
        log.debug("%s for arguments %s", self.implementation, list(arguments))
        self.primitive = lib.create("dnnl_primitive_create", description)
        self.memories = [
            lib.create("dnnl_memory_create", descriptor, lib.engine, None)
            for descriptor in arguments.values()
        ]
        self.arguments = (ExecArg * len(arguments))(
            *(ExecArg(a, m) for a, m in zip(arguments, self.memories, strict=True))
        )
        self.descriptors = dict(arguments)
        self.description = description
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
            # The chosen descriptors are part of it.
            self.lib.c.dnnl_primitive_desc_destroy(self.description)


def _implementation(lib: Library, description: Handle) -> str:
    name = ctypes.c_char_p()
    lib.call("dnnl_primitive_desc_query", description, library.IMPLEMENTATION, 0, ctypes.byref(name))
    return (name.value or b"").decode()


def reorder(lib: Library, source: Handle, target: Handle) -> Compiled:
    """Return the primitive that brings an array from one layout to another."""
    create = "dnnl_reorder_primitive_desc_create"
    description = lib.create(create, source, lib.engine, target, lib.engine, None)
    return Compiled(lib, description, {library.SRC: source, library.DST: target})


class InLayout:
    """A primitive whose weights are in the layout that oneDNN likes, and how they get there.

    Args:
        lib: the library.
        weights: an array of the strides that the weights have before.
        run: the primitive.
    """

    def __init__(self, lib: Library, weights: np.ndarray[Any, Any], run: Compiled) -> None:
        self.run = run
        theirs = run.descriptors[library.WEIGHTS]
        self.size = int(lib.c.dnnl_memory_desc_get_size(theirs))
        ours = lib.descriptor(weights.shape, library.strides_of(weights), library.dtype_of(weights))
        self.reorder = reorder(lib, ours, theirs)

    def pack(self, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return ``weights`` in the layout that ``run`` takes: bytes in some order."""
        out = np.empty(self.size, np.uint8)
        self.reorder(weights, out)
        return out


def or_none(function: Callable[P, T]) -> Callable[P, T | None]:
    """Have ``function`` return None where oneDNN fails, for want of memory for one: NumPy serves then."""

    @functools.wraps(function)
    def attempt(*args: P.args, **options: P.kwargs) -> T | None:
        try:
            return function(*args, **options)
        except OneDNNError as error:
            log.warning("%s: %s", function.__name__, error)
            return None

    return attempt


_kept = threading.local()


def _after_fork() -> None:
    """Forget what was made for threads that stayed in the parent process."""
    global _kept
    _kept = threading.local()
    packing.forget_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def compiled(key: Hashable, make: Callable[[Library], Any]) -> Any:
    """Return what ``make`` returned for ``key`` in this thread, or None if oneDNN can't do it.

    Args:
        key: all that the primitive depends on.
        make: makes it, of the loaded library; it may raise ``OneDNNError``.
    """
    threads.prepare()  # a primitive is made for a number of threads
    key = (key, threads.count())
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
