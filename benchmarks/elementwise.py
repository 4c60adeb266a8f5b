"""What Lucid adds to NumPy's own time on large arrays: nothing, within 3 %.

    python benchmarks/elementwise.py --rounds 100

Lucid's arrays on the CPU are NumPy's, so the two libraries are given the very same memory and do the same
arithmetic; what is measured is what stands around it. They take turns within one process: between
two, where the arrays happen to lie makes a greater difference than the one that is looked for. A
turn of one is compared with the turn of the other next to it, and the median of those ratios is what the
claim is about: the best time says what luck can do, and a busy machine slows both.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np

import lucid
from harness import Samples, table

SIZES = {"1e6": 10**6, "1e7": 10**7}
SIDE = 1000  # of the matrices of matmul
ALLOWED = 1.03
SECONDS_PER_TURN = 0.005
SECONDS_PER_CASE = 6.0  # the slow ones have fewer rounds

Function = Callable[[], Any]


def numbers(size: int, seed: int) -> Any:
    """Return ``size`` normal float32 numbers."""
    return np.random.default_rng(seed).standard_normal(size, np.float32)


def pairs() -> Iterator[tuple[str, Function, Function]]:
    """Yield the name of each case, what Lucid runs, and what NumPy runs."""
    functions: dict[str, Callable[..., Any]] = {
        "add": lambda xp, x, y, _: xp.add(x, y),
        "add, operator": lambda xp, x, y, _: x + y,
        "multiply": lambda xp, x, y, _: xp.multiply(x, y),
        "exp": lambda xp, x, y, _: xp.exp(x),
        "sum": lambda xp, x, y, _: xp.sum(x),
        "where": lambda xp, x, y, positive: xp.where(positive, x, y),
        "sort": lambda xp, x, y, _: xp.sort(x, stable=False),
    }
    for size_name, size in SIZES.items():
        arrays = [numbers(size, 0), numbers(size, 1)]
        arrays.append(arrays[0] > 0)
        tensors = [lucid.asarray(a) for a in arrays]  # shares their memory
        for name, f in functions.items():
            yield f"{name}, {size_name}", partial(f, lucid, *tensors), partial(f, np, *arrays)
    x, y = arrays[:2]
    tracked = lucid.Tensor(x, requires_grad=True)
    yield "add, 1e7, tracked", lambda: tracked + tensors[1], lambda: x + y
    matrix = numbers(SIDE * SIDE, 2).reshape(SIDE, SIDE)
    tensor = lucid.asarray(matrix)
    yield f"matmul, {SIDE}x{SIDE}", lambda: tensor @ tensor, lambda: matrix @ matrix


def turn(function: Function, calls: int) -> float:
    """Return the seconds per call of ``calls`` calls."""
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


def take_turns(ours: Function, theirs: Function, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds per call of both functions, round by round."""
    turn(ours, 1)
    seconds = turn(theirs, 1)
    calls = max(1, int(SECONDS_PER_TURN / seconds))
    rounds = min(rounds, max(5, int(SECONDS_PER_CASE / (2 * calls * seconds))))
    times: tuple[list[float], list[float]] = ([], [])
    for i in range(rounds):
        for which in (i % 2, 1 - i % 2):  # who goes first changes
            times[which].append(turn((ours, theirs)[which], calls))
    return times


def main() -> None:
    """Measure, print the table, and say whether the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100, help="most turns of each (default: 100)")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    versions = [f"{name} {version(name)}" for name in ("lucid-nn", "numpy")]
    print(*versions, f"Python {platform.python_version()}", f"{os.cpu_count()} cores", sep=", ", end="\n\n")
    samples: Samples = {"lucid": {}, "numpy": {}}
    ratios: dict[str, float] = {}
    for case, ours, theirs in pairs():
        samples["lucid"][case], samples["numpy"][case] = times = take_turns(ours, theirs, options.rounds)
        ratios[case] = statistics.median(a / b for a, b in zip(*times, strict=True))
    print(table(samples, "lucid", "numpy", unit=1e-3, name="ms"), end="\n\n")
    print("Median of the ratios of neighbouring turns:\n")
    for case, ratio in ratios.items():
        print(f"    {case:<20} {ratio:.3f}{'   more than 3 % above' if ratio > ALLOWED else ''}")


if __name__ == "__main__":
    main()
