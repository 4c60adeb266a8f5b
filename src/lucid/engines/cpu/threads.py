"""How many threads kernels use, and how these wait.

oneDNN and Numba share one OpenMP, libgomp. Between two kernels its threads spin for a while, which makes
the next one start at once, and then sleep, so that others may use the core.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading

from lucid.engines.settings import settings

# How often a waiting thread looks for work before it sleeps. OpenMP's own default spins for milliseconds:
# fastest on a quiet machine, and up to a hundred times slower where others want the core.
SPINS = 1000

_applied = threading.local()


def before_openmp() -> None:
    """Set what OpenMP reads as it loads. What the user has set stays."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


def prepare() -> None:
    """Let this thread's next kernel use as many threads as the settings say."""
    wanted = (settings.threads, "numba" in sys.modules)
    if getattr(_applied, "wanted", None) != wanted:
        _apply(settings.threads)
        _applied.wanted = wanted


def _apply(n: int) -> None:
    numba = sys.modules.get("numba")
    if (
        numba is not None
    ):  # first, as it starts its threads now, and sets OpenMP's number to that of the cores
        numba.set_num_threads(min(n, numba.config.NUMBA_NUM_THREADS))
    openmp = _openmp()
    if openmp is not None:
        openmp.omp_set_num_threads(n)


def _after_fork() -> None:
    """Run kernels in one thread: the others stayed in the parent process, and waiting for them has no end."""
    settings.threads = 1
    _applied.wanted = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _openmp() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libgomp.so.1")
    except OSError:
        return None
