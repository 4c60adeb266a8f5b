"""What a small operation costs beside its arithmetic, against PyTorch.

    python benchmarks/overhead.py --rounds 100

The tensors here are so small that their arithmetic takes no time. What is measured is what the
framework adds: the calls, the recording, the walk back. Both get the same work, and first of all
both must arrive at the same gradients. See ``harness.py`` for how the times are taken.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from typing import Any

from harness import Cases, measure, table

PARAMETERS = {
    "weight1": [[1.0, 2.0], [3.0, 4.0]],
    "bias1": [1.0, 2.0],
    "weight2": [[5.0, 6.0], [7.0, 8.0]],
    "bias2": [3.0, 4.0],
}
INPUT = [[1.0, 2.0]]
MATRIX = [[float(4 * i + j) for j in range(4)] for i in range(4)]


def lucid_model() -> tuple[Any, Any]:
    """Return the model of the README in Lucid, and an input."""
    import lucid.nn as nn
    from lucid import Tensor

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.params = nn.ParameterDict({k: nn.Parameter(Tensor(v)) for k, v in PARAMETERS.items()})

        def forward(self, x: Any) -> Any:
            x = x @ self.params["weight1"] + self.params["bias1"]
            x = nn.ReLU()(x)
            return x @ self.params["weight2"] + self.params["bias2"]

    return Model(), Tensor(INPUT, requires_grad=True)


def torch_model() -> tuple[Any, Any]:
    """Return the same model in PyTorch, and an input."""
    import torch
    from torch import nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.params = nn.ParameterDict({k: nn.Parameter(torch.tensor(v)) for k, v in PARAMETERS.items()})

        def forward(self, x: Any) -> Any:
            x = x @ self.params["weight1"] + self.params["bias1"]
            x = nn.ReLU()(x)
            return x @ self.params["weight2"] + self.params["bias2"]

    return Model(), torch.tensor(INPUT, requires_grad=True)


def lucid_cases() -> Cases:
    """The cases in Lucid."""
    import lucid
    from lucid import Tensor

    model, x = lucid_model()
    plain, tracked = Tensor(MATRIX), Tensor(MATRIX, requires_grad=True)

    def without_grad() -> None:
        with lucid.no_grad():
            model(x)

    return {
        "model, forward and backward": lambda: model(Tensor(INPUT, requires_grad=True)).sum().backward(),
        "the same, input made before": lambda: model(x).sum().backward(),
        "model, forward under no_grad": without_grad,
        "4x4 addition": lambda: plain + plain,
        "4x4 addition, tracked": lambda: tracked + plain,
    }


def torch_cases() -> Cases:
    """The same cases in PyTorch."""
    import torch

    model, x = torch_model()
    plain, tracked = torch.tensor(MATRIX), torch.tensor(MATRIX, requires_grad=True)

    def without_grad() -> None:
        with torch.no_grad():
            model(x)

    return {
        "model, forward and backward": lambda: (
            model(torch.tensor(INPUT, requires_grad=True)).sum().backward()
        ),
        "the same, input made before": lambda: model(x).sum().backward(),
        "model, forward under no_grad": without_grad,
        "4x4 addition": lambda: plain + plain,
        "4x4 addition, tracked": lambda: tracked + plain,
    }


def check_gradients() -> None:
    """Raise unless both frameworks arrive at the same output and gradients."""
    results = []
    for model, x in (lucid_model(), torch_model()):
        output = model(x)
        output.sum().backward()
        gradients = {name: p.grad.tolist() for name, p in model.named_parameters()}
        results.append((output.tolist(), x.grad.tolist(), gradients))
    if results[0] != results[1]:
        raise SystemExit(f"the frameworks disagree:\nlucid {results[0]}\ntorch {results[1]}")


def import_seconds(module: str) -> float:
    """Return how long a fresh interpreter takes to import ``module``."""
    code = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    return float(subprocess.check_output([sys.executable, "-c", code], text=True))


def import_table(rounds: int) -> str:
    """Return the times of ``import lucid`` and of ``import numpy``, taken in turn, as a Markdown table."""
    times: dict[str, list[float]] = {"lucid": [], "numpy": []}
    for module in times:
        import_seconds(module)  # so that all files are in memory, and compiled
    for _ in range(rounds):
        for module, seconds in times.items():
            seconds.append(1000 * import_seconds(module))
    best = {module: min(ms) for module, ms in times.items()}
    median = {module: statistics.median(ms) for module, ms in times.items()}
    rows = [f"| import {m} | {best[m]:.0f} | {median[m]:.0f} |" for m in times]
    difference = (
        f"| the difference | {best['lucid'] - best['numpy']:.0f} | {median['lucid'] - median['numpy']:.0f} |"
    )
    return "\n".join(["| ms | best | median |", "| --- | --- | --- |", *rows, difference])


def main() -> None:
    """Check, measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100, help="rounds of each framework (default: 100)")
    parser.add_argument("--imports", type=int, default=20, help="fresh imports of each (default: 20)")
    options = parser.parse_args()
    if options.rounds < 1 or options.imports < 1:
        parser.error("--rounds and --imports must be 1 or more")
    if importlib.util.find_spec("torch") is None:
        raise SystemExit("this compares with PyTorch, which is not installed: pip install 'lucid-nn[parity]'")
    if importlib.util.find_spec("lucid") is None:
        raise SystemExit("Lucid itself is not installed here: pip install -e .")
    check_gradients()
    versions = [f"{name} {version(name)}" for name in ("lucid-nn", "numpy", "torch")]
    print(*versions, f"Python {platform.python_version()}", f"{os.cpu_count()} cores", sep=", ", end="\n\n")
    samples = measure({"lucid": lucid_cases, "torch": torch_cases}, options.rounds).samples
    print(table(samples, "lucid", "torch"), end="\n\n")
    print(import_table(options.imports))


if __name__ == "__main__":
    main()
