"""What a program may set once for all that runs: threads, and the precision of products."""

from __future__ import annotations

import os
import threading

from lucid.errors import ArgumentError, ArgumentTypeError

PRECISIONS = ("highest", "high", "medium")


class Lowered(threading.local):
    """What each thread has for itself: the engines whose products ``lucid.amp.autocast`` lowers.

    A node of the tape remembers them, so that the way back is computed as the way forward was.

    Attributes:
        engines: those lowered now.
        before: what they were outside of each ``lowering`` that the running code is inside of.
    """

    engines: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.before: list[tuple[str, ...]] = []

    def enter(self, engines: tuple[str, ...]) -> None:
        """Lower just these from now on, until ``leave``."""
        settings.lowers = True
        self.before.append(self.engines)
        self.engines = engines

    def leave(self) -> None:
        """Lower again what was before ``enter``."""
        self.engines = self.before.pop()


lowered = Lowered()


class lowering:
    """Lower the products of just these engines inside a ``with``, in this thread."""

    def __init__(self, engines: tuple[str, ...]) -> None:
        self.engines = engines

    def __enter__(self) -> None:
        lowered.enter(self.engines)

    def __exit__(self, *error: object) -> None:
        lowered.leave()


class Settings:
    """The current settings.

    Attributes:
        threads: how many threads a kernel may use.
        precision: of float32 products, one of ``PRECISIONS``.
        lowers: whether a thread has ever lowered products. Until then nobody need ask, which takes a while.
    """

    def __init__(self) -> None:
        self.threads = first_threads()
        self.precision = "highest"
        self.lowers = False


def usable_cores() -> int:
    """Return how many cores this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def first_threads() -> int:
    """Return how many threads to begin with: the usable cores, or fewer where ``OMP_NUM_THREADS`` says so."""
    cores = usable_cores()
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(wanted)) if wanted.isdigit() and int(wanted) else cores


settings = Settings()


def precision_of(engine: str) -> str:
    """Return the precision of float32 products on ``engine``, as set for all or lowered for this thread."""
    return "medium" if engine in lowered.engines else settings.precision


def set_num_threads(n: int) -> None:
    """Let each operation of the CPU engine use ``n`` threads; at first it is all cores there are.

    It is asked for again in every call, so any thread may change it, for all.

    Raises:
        ArgumentError: if ``n`` is not a positive integer.

    Example:
        >>> before = lucid.get_num_threads()
        >>> lucid.set_num_threads(1)
        >>> lucid.get_num_threads()
        1
        >>> lucid.set_num_threads(before)
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise ArgumentTypeError(f"set_num_threads expects an integer, got {n!r}")
    if n < 1:
        raise ArgumentError(f"set_num_threads expects a positive number of threads, got {n}")
    settings.threads = n


def get_num_threads() -> int:
    """Return how many threads each operation of the CPU engine may use."""
    return settings.threads


def set_float32_matmul_precision(precision: str) -> None:
    """Say how exactly products of float32 matrices, and convolutions, are to be computed.

    Storage stays float32, and sums are float32 always. Only the factors may be rounded:

    - ``"highest"``, the default: not at all. 24 bits of mantissa.
    - ``"high"``: to two bfloat16 numbers each, together 16 bits, where that is faster.
    - ``"medium"``: to one bfloat16 number, 8 bits, where the processor multiplies those. A convolution may
      round sums of a few pixels, or of elements of its kernel, in their place: that takes fewer products.

    Args:
        precision: one of the three.

    Raises:
        ArgumentError: if it is none of them.

    Example:
        >>> lucid.set_float32_matmul_precision("medium")
        >>> lucid.get_float32_matmul_precision()
        'medium'
        >>> lucid.set_float32_matmul_precision("highest")

    Henry, Tang and Heinecke, Leveraging the bfloat16 Artificial Intelligence Datatype For
    Higher-Precision Computations, 2019 (two and three parts).
    """
    if not isinstance(precision, str) or precision not in PRECISIONS:
        listed = ", ".join(map(repr, PRECISIONS))
        raise ArgumentError(f"set_float32_matmul_precision expects one of {listed}, got {precision!r}")
    settings.precision = precision


def get_float32_matmul_precision() -> str:
    """Return what ``set_float32_matmul_precision`` has set."""
    return settings.precision
