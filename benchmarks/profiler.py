"""Where the time of a training step goes, operation by operation.

    python benchmarks/profiler.py gpt
    python benchmarks/profiler.py resnet --precision medium
    python benchmarks/profiler.py cnn --functions        # by Python functions instead, with cProfile

Each operation, forward and backward, is timed without the operations that it calls itself. What is left
over is the walk of the tape (sums of gradients among it), and what modules, checks and the rest of Python
take. The times are medians over the steps, so they needn't add up to the median of the whole.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from problems import PROBLEMS

SECONDS = 2.0
FEWEST_STEPS, MOST_STEPS = 5, 200


class Row(NamedTuple):
    """What one operation takes in one step: how many calls, how many seconds."""

    name: str
    calls: int
    seconds: float


class Timer:
    """Times functions, each without the timed functions that it calls."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self.inside = [0.0]  # for each function now running: what its timed callees took

    def run(self, name: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Return ``function(*args, **options)``, and count its time for ``name``."""
        self.inside.append(0.0)
        start = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            whole = time.perf_counter() - start
            self.seconds[name] += whole - self.inside.pop()
            self.calls[name] += 1
            self.inside[-1] += whole


def watch(timer: Timer) -> None:
    """Have ``timer`` time all operations, the walk back and the optimizer from now on."""
    from lucid import Tensor, recording
    from lucid.fused import Fused
    from lucid.optim.optimizer import Optimizer

    for cls in (recording.Primitive, recording.BinaryPrimitive, Fused):
        cls.__call__ = _timed_call(timer, cls.__call__)  # type: ignore[method-assign]
    for p in gc.get_objects():
        if isinstance(p, recording.Primitive) and p.rule is not None:
            p.rule = _timed_rule(timer, p.name, p.rule)
    for cls, method, name in (
        (Tensor, "backward", "(the tape)"),
        (Optimizer, "step", "(optimizer)"),
        (Optimizer, "zero_grad", "(optimizer)"),
    ):
        setattr(cls, method, _timed_method(timer, name, getattr(cls, method)))


def _timed_call(timer: Timer, call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args, **options: timer.run(self.name, call, self, *args, **options)


def _timed_method(timer: Timer, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args, **options: timer.run(name, method, self, *args, **options)


def _timed_rule(timer: Timer, name: str, rule: Callable[..., Any]) -> Callable[..., Any]:
    name = f"{name}, backward"

    def later(gradient: Any) -> Any:  # some gradients are functions, called if they are wanted
        return (lambda: timer.run(name, gradient)) if callable(gradient) else gradient

    def timed(*args: Any, **options: Any) -> Any:
        gradients = timer.run(name, rule, *args, **options)
        return tuple(map(later, gradients)) if isinstance(gradients, tuple) else gradients

    return timed


def profile(case: str, precision: str = "highest") -> tuple[float, list[Row]]:
    """Return the seconds of a training step of ``case``, and its operations, the slowest first.

    Call it in a process of its own: the timers stay.
    """
    import models_lucid

    step = models_lucid.train_step(PROBLEMS[case](), precision)
    step()
    step()
    timer = Timer()
    watch(timer)
    steps: list[dict[str, float]] = []
    start = time.perf_counter()
    while len(steps) < FEWEST_STEPS or (len(steps) < MOST_STEPS and time.perf_counter() - start < SECONDS):
        timer.seconds.clear()
        timer.calls.clear()
        timer.run("(modules and Python)", step)
        steps.append(dict(timer.seconds))
    names = {name for seconds in steps for name in seconds}
    rows = [Row(name, timer.calls[name], min(seconds.get(name, 0.0) for seconds in steps)) for name in names]
    rows.sort(key=lambda row: -row.seconds)
    return sum(row.seconds for row in rows), rows


def table(rows: list[Row], whole: float, most: int = 12) -> str:
    """Return the slowest operations as a Markdown table."""
    lines = ["| operation | calls | ms | share |", "| --- | --- | --- | --- |"]
    for row in rows[:most]:
        lines.append(f"| {row.name} | {row.calls} | {1e3 * row.seconds:.2f} | {row.seconds / whole:.0%} |")
    rest = sum(row.seconds for row in rows[most:])
    if rest:
        lines.append(f"| {len(rows) - most} others | | {1e3 * rest:.2f} | {rest / whole:.0%} |")
    return "\n".join(lines)


def by_functions(case: str, precision: str) -> None:
    """Print what cProfile finds in some steps."""
    import cProfile
    import pstats

    import models_lucid

    step = models_lucid.train_step(PROBLEMS[case](), precision)
    step()
    step()
    profiler = cProfile.Profile()
    start, count = time.perf_counter(), 0
    while count < FEWEST_STEPS or (count < MOST_STEPS and time.perf_counter() - start < SECONDS):
        profiler.runcall(step)
        count += 1
    print(f"{count} steps")
    pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


def main() -> None:
    """Profile what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", choices=list(PROBLEMS))
    parser.add_argument("--precision", choices=["highest", "high", "medium"], default="highest")
    parser.add_argument("--functions", action="store_true", help="Python functions, by cProfile")
    parser.add_argument("--most", type=int, default=25, help="rows of the table (default: 25)")
    options = parser.parse_args()
    if options.functions:
        by_functions(options.case, options.precision)
        return
    whole, rows = profile(options.case, options.precision)
    print(f"{PROBLEMS[options.case]().title}: {1e3 * whole:.2f} ms a step\n")
    print(table(rows, whole, options.most))


if __name__ == "__main__":
    main()
