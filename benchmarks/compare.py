"""Lucid, PyTorch and JAX side by side: training, inference, memory and import.

    python benchmarks/compare.py                          # everything
    python benchmarks/compare.py --quick                  # everything, in fewer rounds
    python benchmarks/compare.py gpt mlp --precision f32  # some of it
    python benchmarks/compare.py --write docs             # everything; the page and the plot go there

Each case is checked before it is measured: from the same weights and the same batch, all frameworks must
find the same gradients, as far as PyTorch's in float64 say what those are. PyTorch runs eagerly; where it
may be quicker another way (channels_last memory; for bfloat16 autocast, or float32 products that may be
rounded) all are tried, and its quickest counts. JAX runs a compiled step. See ``harness.py`` for how the
times are taken.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import report
from harness import Cases, in_fresh_process, measure
from overhead import import_seconds
from problems import PROBLEMS, largest_difference
from report import Line, Report

FRAMEWORKS = ("lucid", "torch", "jax")
PRECISIONS = ("f32", "bf16")
TOKENS = 32
# How much further than the others' Lucid's gradients may be from those in float64. It is a matter of luck
# which ReLUs have an argument so close to 0 that its sign is rounding: in ResNet-18 some have, and a few of
# them make differences of half a percent. Everything else is rounding of the size of NOISE.
ALLOWED = 3.0
NOISE = 1e-5


@dataclass(frozen=True)
class Case:
    """One thing to measure.

    Attributes:
        kind: the function of the models' files that makes it, without ``_cases``.
        problem: a key of ``PROBLEMS``.
        sizes: the problem's, where they are not the usual ones.
        title: for the reader; by default the problem's.
        precisions: those that differ.
    """

    kind: str
    problem: str
    sizes: tuple[tuple[str, int], ...] = ()
    title: str = ""
    precisions: tuple[str, ...] = PRECISIONS


CASES = {
    "page": Case("training", "page", precisions=("f32",)),
    "mlp": Case("training", "mlp"),
    "cnn": Case("training", "cnn"),
    "lstm": Case("training", "lstm"),
    "gpt": Case("training", "gpt"),
    "resnet": Case("training", "resnet"),
    "resnet-1": Case("image", "resnet", (("batch", 1),), "ResNet-18, one image"),
    "resnet-32": Case("image", "resnet", (("batch", 32),), "ResNet-18, 32 images"),
    "tokens": Case("token", "gpt", (("batch", 1),), f"GPT, {TOKENS} tokens one by one"),
    "adamw": Case("optimizer", "resnet", (), "AdamW, 11 million parameters", ("as it comes", "fused")),
}
OTHERS = ("memory", "import", "profile")


def cases_of(framework: str, name: str, precisions: Sequence[str]) -> Cases:
    """Make a case in ``framework``; called in a process of its own."""
    case = CASES[name]
    models = importlib.import_module(f"models_{framework}")
    problem = PROBLEMS[case.problem](**dict(case.sizes))
    extra = (TOKENS,) if case.kind == "token" else ()
    made = getattr(models, f"{case.kind}_cases")(problem, *extra)
    return {key: made[key] for key in case.precisions if key in precisions or case.kind == "optimizer"}


def gradients_of(framework: str, problem: str, precision: str) -> Any:
    """Return the first gradients that ``framework`` finds; called in a process of its own."""
    models = importlib.import_module(f"models_{framework}")
    return models.gradients(PROBLEMS[problem](), precision)


def check(name: str, frameworks: Sequence[str], precisions: Sequence[str]) -> str:
    """Return a sentence on how exact the gradients are; raise if Lucid's are worse than the others'."""
    case = CASES[name]
    if case.kind != "training" or not {"lucid", "torch"} <= set(frameworks):
        return ""
    exact = in_fresh_process(gradients_of, "torch", case.problem, "float64")
    said = []
    for precision, setting in (("f32", "highest"), ("bf16", "medium")):
        if precision not in precisions or precision not in case.precisions:
            continue
        errors = {
            f: largest_difference(in_fresh_process(gradients_of, f, case.problem, setting), exact)
            for f in frameworks
        }
        said.append(f"{precision}: " + ", ".join(f"{f} {e:.1e} ({n})" for f, (e, n) in errors.items()))
        theirs = max(e for f, (e, _) in errors.items() if f != "lucid")
        if not errors["lucid"][0] <= ALLOWED * max(theirs, NOISE):
            raise SystemExit(f"{name}: Lucid's gradients are worse than the others': {said[-1]}")
    return "; ".join(said)


def peak_memory(framework: str, problem: str, steps: int) -> float:
    """Return the most memory in MiB that some steps of training took; called in a process of its own."""
    models = importlib.import_module(f"models_{framework}")
    step = models.train_step(PROBLEMS[problem]())
    for _ in range(steps):
        step()
    status = Path("/proc/self/status")
    if status.exists():  # Linux hands ru_maxrss down from the process that began this one
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def profile(problem: str, precision: str) -> Any:
    """Return where Lucid's time goes; called in a process of its own."""
    import profiler

    return profiler.profile(problem, precision)


def run(options: argparse.Namespace) -> Report:
    """Measure what the command line asks for."""
    result = Report()
    for name in options.cases:
        if name not in CASES:
            continue
        case = CASES[name]
        title = case.title or PROBLEMS[case.problem]().title
        print(f"{name}: {title}", flush=True)
        if not options.unchecked:
            sentence = check(name, options.frameworks, options.precision)
            if sentence:
                print(f"    {sentence}", flush=True)
                result.checks[title] = sentence
        makers = {f: partial(cases_of, f, name, options.precision) for f in options.frameworks}
        measured = measure(makers, options.rounds, options.seconds)
        for key in case.precisions:
            times = {f: s[key] for f, s in measured.samples.items() if key in s}
            if times:
                ways = {f: measured.ways[f][key] for f in times}
                result.lines.append(Line(case.kind, title, key, times, ways))
                print(f"    {report.short(result.lines[-1])}", flush=True)
    if "memory" in options.cases:
        for problem in ("gpt", "resnet"):
            title = PROBLEMS[problem]().title
            for framework in options.frameworks:
                in_fresh_process(peak_memory, framework, problem, 1)  # so that its kernels are compiled
                memory = in_fresh_process(peak_memory, framework, problem, 5)
                result.memory.setdefault(title, {})[framework] = memory
            print(f"memory, MiB: {title}: {result.memory[title]}", flush=True)
    if "import" in options.cases:
        for module in ("numpy", *options.frameworks):
            import_seconds(module)  # so that all files are in memory, and compiled
            times = [import_seconds(module) for _ in range(5 if options.quick else 20)]
            result.imports[module] = times
            print(f"import {module}: {1e3 * min(times):.0f} ms", flush=True)
    if "profile" in options.cases:
        for name, case in CASES.items():
            if case.kind == "training":
                for precision in case.precisions:
                    if precision in options.precision:
                        setting = {"f32": "highest", "bf16": "medium"}[precision]
                        found = in_fresh_process(profile, case.problem, setting)
                        result.profiles[f"{PROBLEMS[name]().title}, {precision}"] = found
    return result


def main() -> None:
    """Measure, print the tables, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    everything = [*CASES, *OTHERS]
    parser.add_argument("cases", nargs="*", metavar="case", help=f"of {', '.join(everything)}; default: all")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--rounds", type=int, help="turns of each framework (default: 60; quick: 8)")
    parser.add_argument("--seconds", type=float, help="for the rounds of a case (default: 60; quick: 10)")
    parser.add_argument("--unchecked", action="store_true", help="don't compare gradients first")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write benchmarks.md and .svg there")
    options = parser.parse_args()
    unknown = set(options.cases) - set(everything)
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(everything)}")
    if options.write and options.cases:
        parser.error("--write is for everything: a page with some of the cases would replace the whole one")
    options.cases = options.cases or everything
    options.rounds = options.rounds or (8 if options.quick else 60)
    options.seconds = options.seconds or (10.0 if options.quick else 60.0)
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    for framework in options.frameworks:
        if importlib.util.find_spec(framework) is None:
            raise SystemExit(f"{framework} is not installed here: pip install -e '.[bench]'")
    result = run(options)
    print("\n" + report.tables(result))
    if options.write:
        for path in report.write(result, options.write):
            print(f"written: {path}")


if __name__ == "__main__":
    main()
