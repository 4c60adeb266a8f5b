"""Timing two frameworks fairly: each in a process of its own, and round by round in turn.

A machine's speed drifts while a benchmark runs. So the frameworks don't run one after the other:
each one lives in its own process for the whole time, sharing no thread pool and no allocator with the
other, and the parent has them run one short round after another, in turn. What slows the machine
then slows both. Reported are the best round, which says what the code can do, and the median,
which says what it mostly does.

A benchmark gives one function per framework that makes its cases:

    def lucid_cases():
        import lucid
        x = lucid.ones((4, 4))
        return {"4x4 addition": lambda: x + x}

    samples = measure({"lucid": lucid_cases, "torch": torch_cases}, rounds=100)
    print(table(samples, "lucid", "torch"))
"""

from __future__ import annotations

import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

Cases = dict[str, Callable[[], Any]]
Samples = dict[str, dict[str, list[float]]]  # framework -> case -> seconds per call, one a round

SECONDS_PER_TURN = 0.01  # of one case in one round: long against the clock, short against the drift


def measure(frameworks: Mapping[str, Callable[[], Cases]], rounds: int) -> Samples:
    """Run the cases of all ``frameworks`` in turn for ``rounds`` rounds, and return the times.

    Args:
        frameworks: by name, functions of no arguments that return the cases. Each is called in its
            own process, so it must stand at the top of a module and import its framework itself.
        rounds: how often each framework has its turn.
    """
    workers = {name: _Worker(make_cases) for name, make_cases in frameworks.items()}
    try:
        cases = {name: worker.ask("cases") for name, worker in workers.items()}
        samples: Samples = {name: {case: [] for case in cases[name]} for name in workers}
        for i in range(rounds):
            # Who goes first changes, so that neither always finds the caches as the other left them.
            order = list(workers) if i % 2 else list(reversed(workers))
            for case in dict.fromkeys(itertools.chain(*cases.values())):
                for name in order:
                    if case in samples[name]:
                        samples[name][case].append(workers[name].ask(case))
    finally:
        for worker in workers.values():
            worker.stop()
    return samples


class _Worker:
    """A process that holds one framework's cases and times one when asked to."""

    def __init__(self, make_cases: Callable[[], Cases]) -> None:
        # Spawned and not forked: a fork would share what the parent has loaded.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(make_cases, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, question: str) -> Any:
        self.connection.send(question)
        answer = self.connection.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def stop(self) -> None:
        self.connection.close()
        self.process.join(timeout=10)


def _serve(make_cases: Callable[[], Cases], connection: Connection) -> None:
    """Answer the parent's questions until it hangs up."""
    cases: Cases = {}
    calls: dict[str, int] = {}
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        try:
            if question == "cases":
                cases = make_cases()
                calls = {name: _calibrate(case) for name, case in cases.items()}
                connection.send(list(cases))
            else:
                connection.send(_time(cases[question], calls[question]) / calls[question])
        except Exception as error:
            connection.send(error)


def _time(case: Callable[[], Any], calls: int) -> float:
    """Return the seconds that ``calls`` calls take. The garbage collector stays on, as in real use."""
    times = itertools.repeat(None, calls)
    start = time.perf_counter()
    for _ in times:
        case()
    return time.perf_counter() - start


def _calibrate(case: Callable[[], Any]) -> int:
    """Warm ``case`` up, and return how many calls fill its turn."""
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
