"""How loops are compiled: Numba's settings, in one place.

A kernel is a plain loop over contiguous float32 arrays. ``@loop`` compiles it at its first call, and
keeps what it compiled on disk; ``prange`` shares its rounds among the threads.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from lucid.engines.cpu import threads

threads.before_openmp()

import numba  # noqa: E402  (after the settings that OpenMP reads as it loads)
import numpy as np  # noqa: E402
from numba import prange  # noqa: E402

from lucid.engines.cpu.kernels import kept  # noqa: E402

__all__ = ["dense", "inline", "loop", "numba", "part", "prange"]

# Threads that spin together with oneDNN's. Without OpenMP, loops run in one thread: Numba's own
# pool of threads may not be used from two threads at once.
PARALLEL = importlib.util.find_spec("numba.np.ufunc.omppool") is not None
if "NUMBA_THREADING_LAYER" not in os.environ:
    numba.config.THREADING_LAYER = "omp" if PARALLEL else "workqueue"

threads.with_numba(numba)

# Compiling takes from a tenth of a second to some seconds a loop: after so many, the user is told, once.
SECONDS_UNSAID = 1.0
_said = False
log = logging.getLogger("lucid.kernels")

# Sums may be reordered, and products fused with sums, but nan and infinity are what they are.
_OPTIONS = {"nogil": True, "fastmath": {"reassoc", "contract", "arcp", "nsz"}, "error_model": "numpy"}


def loop(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function``, with its rounds over ``prange`` shared among the threads."""
    compiled = kept.compiled(function, parallel=PARALLEL, **_OPTIONS)
    called = False

    def run(*args: Any) -> Any:
        nonlocal called
        threads.prepare()
        if called:
            return compiled(*args)
        called = True
        return _first(compiled, args)

    run.compiled = compiled  # type: ignore[attr-defined]
    return run


def _first(compiled: Any, args: tuple[Any, ...]) -> Any:
    """Call a loop for the first time, and say so, once, if it had to be compiled and that took a while."""
    global _said
    start = time.perf_counter()
    result = compiled(*args)
    if not _said and compiled.stats.cache_misses and time.perf_counter() - start > SECONDS_UNSAID:
        _said = True
        folder = compiled.stats.cache_path
        how = f"once: kept in {folder}" if folder else "each time: set NUMBA_CACHE_DIR to keep them"
        log.warning("compiling kernels, some seconds each, %s", how)
    return result


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` as a part of loops."""
    compiled: Callable[..., Any] = kept.compiled(function, inline="always", **_OPTIONS)
    return compiled


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` once, as one that loops call: for what is long, or called from many places."""
    compiled: Callable[..., Any] = kept.compiled(function, **_OPTIONS)
    return compiled


def dense(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return ``x`` in row-major order, aligned to its elements and writable: itself if it is so already.

    For read-only arrays loops would be compiled anew: a copy of these few is cheaper.
    """
    return x if x.flags.carray else np.require(x, requirements=("C", "A", "W"))
