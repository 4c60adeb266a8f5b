"""Timing frameworks fairly: each in a process of its own, and round by round in turn.

A machine's speed drifts while a benchmark runs. So the frameworks don't run one after the other:
each one lives in its own process for the whole time, sharing no thread pool and no allocator with the
others, and the parent has them run one short round after another, in turn. What slows the machine
then slows all. Reported are the best round, which says what the code can do, and the median,
which says what it mostly does.

A benchmark gives one function per framework that makes its cases:

    def lucid_cases():
        import lucid
        x = lucid.ones((4, 4))
        return {"4x4 addition": lambda: x + x}

    measured = measure({"lucid": lucid_cases, "torch": torch_cases}, rounds=100)
    print(table(measured.samples, "lucid", "torch"))

A case may have several ways to do the same, by name, where it isn't known which one a framework does
best: then all are tried, and the quickest is measured.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import statistics
import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

Case = Callable[[], Any]
Cases = dict[str, Case | dict[str, Case]]
Samples = dict[str, dict[str, list[float]]]  # framework -> case -> seconds per call, one a round

SECONDS_PER_TURN = 0.01  # of one case in one round: long against the clock, short against the drift
SECONDS_BETWEEN_TURNS = 0.01  # until the threads of the one before have ceased to look for work
FEWEST_ROUNDS = 5
TRIALS = 3  # of each way, to find the quickest


class Measured(NamedTuple):
    """What a measurement found: the times, and which way was the quickest where there were several."""

    samples: Samples
    ways: dict[str, dict[str, str]]  # framework -> case -> the name of the way


def measure(
    frameworks: Mapping[str, Callable[[], Cases]], rounds: int, seconds: float = math.inf
) -> Measured:
    """Run the cases of all ``frameworks`` in turn for ``rounds`` rounds, and return the times.

    Args:
        frameworks: by name, functions of no arguments that return the cases. Each is called in its
            own process, so it must stand at the top of a module and import its framework itself.
        rounds: how often each framework has its turn.
        seconds: after so many the rounds end, but not before ``FEWEST_ROUNDS``.
    """
    workers = {name: _Process(_serve, make_cases) for name, make_cases in frameworks.items()}
    try:
        ways = {name: worker.ask("cases") for name, worker in workers.items()}
        samples: Samples = {name: {case: [] for case in ways[name]} for name in workers}
        start = time.perf_counter()
        for i in range(rounds):
            if i >= FEWEST_ROUNDS and time.perf_counter() - start > seconds:
                break
            # Who goes first changes, so that none always finds the caches as the same other left them.
            order = list(workers) if i % 2 else list(reversed(workers))
            for case in dict.fromkeys(itertools.chain(*ways.values())):
                for name in order:
                    if case in samples[name]:
                        time.sleep(SECONDS_BETWEEN_TURNS)
                        samples[name][case].append(workers[name].ask(case))
    finally:
        for worker in workers.values():
            worker.stop()
    return Measured(samples, ways)


def in_fresh_process(function: Callable[..., Any], *args: Any) -> Any:
    """Return ``function(*args)`` of a new interpreter; the function stands at the top of a module."""
    process = _Process(_call, function, args)
    try:
        return process.answer()
    finally:
        process.stop()


class _Process:
    """A new interpreter that runs ``target(*args, connection)``."""

    def __init__(self, target: Callable[..., None], *args: Any) -> None:
        # Spawned and not forked: a fork would share what the parent has loaded.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=target, args=(*args, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, question: str) -> Any:
        self.connection.send(question)
        return self.answer()

    def answer(self) -> Any:
        answer = self.connection.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def stop(self) -> None:
        self.connection.close()
        self.process.join(timeout=10)


def _call(function: Callable[..., Any], args: tuple[Any, ...], connection: Connection) -> None:
    """Send what ``function`` returns."""
    try:
        connection.send(function(*args))
    except Exception:
        connection.send(RuntimeError(traceback.format_exc()))


def _serve(make_cases: Callable[[], Cases], connection: Connection) -> None:
    """Answer the parent's questions until it hangs up."""
    cases: dict[str, Case] = {}
    calls: dict[str, int] = {}
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        try:
            if question == "cases":
                ways = {}
                for name, made in make_cases().items():
                    way, cases[name] = _quickest(made) if isinstance(made, dict) else ("", made)
                    calls[name] = _calibrate(cases[name])
                    ways[name] = way
                connection.send(ways)
            else:
                connection.send(_time(cases[question], calls[question]) / calls[question])
        except Exception:
            connection.send(RuntimeError(traceback.format_exc()))


def _quickest(ways: dict[str, Case]) -> tuple[str, Case]:
    """Return the name of the quickest of several ways, and the way."""
    calls = {name: _calibrate(way) for name, way in ways.items()}
    best = dict.fromkeys(ways, math.inf)
    for _ in range(TRIALS):
        for name, way in ways.items():
            best[name] = min(best[name], _time(way, calls[name]) / calls[name])
    name = min(best, key=lambda name: best[name])
    return name, ways[name]


def _time(case: Case, calls: int) -> float:
    """Return the seconds that ``calls`` calls take. The garbage collector stays on, as in real use."""
    times = itertools.repeat(None, calls)
    start = time.perf_counter()
    for _ in times:
        case()
    return time.perf_counter() - start


def _calibrate(case: Case) -> int:
    """Warm ``case`` up, and return how many calls fill its turn."""
    case()  # what is made at the first call doesn't count
    calls = 1
    while (seconds := _time(case, calls)) < SECONDS_PER_TURN:
        calls = max(calls + 1, min(10 * calls, int(calls * SECONDS_PER_TURN / max(seconds, 1e-9))))
    return calls


def table(samples: Samples, ours: str, theirs: str, unit: float = 1e-6, name: str = "µs") -> str:
    """Return the times as a Markdown table: best and median of each framework, and their ratios."""
    lines = [
        f"| {name}, best / median | {ours} | {theirs} | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for case, our_times in samples[ours].items():
        numbers = [(min(t) / unit, statistics.median(t) / unit) for t in (our_times, samples[theirs][case])]
        cells = [f"{best:.2f} / {median:.2f}" for best, median in numbers]
        ratios = " / ".join(f"{a / b:.2f}" for a, b in zip(*numbers, strict=True))
        lines.append(f"| {case} | {' | '.join(cells)} | {ratios} |")
    return "\n".join(lines)
