"""How many threads kernels use, and how these wait.

oneDNN and Numba share one OpenMP, libgomp. Between two kernels its threads spin for a while, which makes
the next one start at once, and then sleep, so that others may use the core.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any

from lucid.engines.settings import settings

# How often a waiting thread looks for work before it sleeps. OpenMP's own default spins for milliseconds:
# fastest on a quiet machine, and up to a hundred times slower where others want the core.
SPINS = 1000

_applied = threading.local()


class _State:
    """What a process knows of OpenMP.

    Attributes:
        numba: the module, once all of it is loaded.
        openmp: whether OpenMP may have started its threads.
        most: how many threads there can be.
    """

    numba: Any = None
    openmp = False
    most = 2**31 - 1


def before_openmp() -> None:
    """Set what OpenMP reads as it loads. What the user has set stays."""
    _State.openmp = True
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


def with_numba(module: Any) -> None:
    """Set Numba's number of threads, too, from now on."""
    _State.numba = module


def count() -> int:
    """Return how many threads a kernel uses: as many as the settings say, and there can be."""
    return min(settings.threads, _State.most)


def prepare() -> None:
    """Let this thread's next kernel, and primitives that it makes, use as many threads as they may."""
    wanted = (settings.threads, _State.most, _State.numba is None)
    if getattr(_applied, "wanted", None) != wanted:
        _apply(count())
        _applied.wanted = wanted


def _apply(n: int) -> None:
    numba = _State.numba
    if numba is not None:
        # First, as it may start its threads only now, and then sets OpenMP's number to its own.
        numba.set_num_threads(min(n, numba.config.NUMBA_NUM_THREADS))
    openmp = _openmp()
    if openmp is not None:
        openmp.omp_set_num_threads(n)


def _after_fork() -> None:
    """Run kernels in one thread: the others stayed in the parent process, and waiting for them has no end."""
    if _State.openmp:
        _State.most = 1
        _State.numba = None
        _applied.wanted = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _openmp() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libgomp.so.1")
    except OSError:
        return None
