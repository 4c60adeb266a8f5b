"""What the benchmarks found, as tables and as a plot for the documentation."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import profiler

NAMES = {"lucid": "Lucid", "torch": "PyTorch", "jax": "JAX", "numpy": "NumPy"}
PACKAGES = {"Lucid": "lucid-nn", "PyTorch": "torch", "JAX": "jax", "NumPy": "numpy", "Numba": "numba"}
HEADINGS = {
    ("training", "f32"): "A training step, float32",
    ("training", "bf16"): "A training step, bfloat16 products",
    ("image", "f32"): "Inference, float32",
    ("image", "bf16"): "Inference, bfloat16 products",
    ("optimizer", "as it comes"): "The optimizer alone",
}
# What stands between these is written anew each time; the rest of the page is the reader's and the writer's.
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Line:
    """The times of one case in one precision, in seconds, and the quickest way where there were several."""

    kind: str
    title: str
    precision: str
    times: dict[str, list[float]]
    ways: dict[str, str]


@dataclass
class Report:
    """All that was found."""

    lines: list[Line] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    imports: dict[str, list[float]] = field(default_factory=dict)
    profiles: dict[str, Any] = field(default_factory=dict)


def short(line: Line) -> str:
    """Return a line of text: best times, and Lucid's share of the others'."""
    best = {f: 1e3 * min(t) for f, t in line.times.items()}
    said = ", ".join(
        f"{f} {ms:.3g} ms" + (f" ({line.ways[f]})" if line.ways[f] else "") for f, ms in best.items()
    )
    ratios = [f"{ratio(line, f)} of {f}" for f in best if f != "lucid" and "lucid" in best]
    return f"{line.precision}: {said}; lucid takes {', '.join(ratios)}"


def ratio(line: Line, framework: str) -> str:
    """Return Lucid's time divided by that of ``framework``, by best and by median."""
    ours, theirs = line.times["lucid"], line.times[framework]
    return f"{min(ours) / min(theirs):.2f} / {statistics.median(ours) / statistics.median(theirs):.2f}"


# ----------------------------------------------------------------- tables


def tables(result: Report) -> str:
    """Return everything as Markdown."""
    return "\n\n".join(_parts(result))


def _parts(result: Report) -> Iterator[str]:
    yield machine()
    groups: dict[str, list[Line]] = {}
    for line in result.lines:
        kind = "image" if line.kind == "token" else line.kind
        precision = "as it comes" if kind == "optimizer" else line.precision
        groups.setdefault(HEADINGS[kind, precision], []).append(line)
    for heading in HEADINGS.values():
        if heading in groups:
            yield f"### {heading}"
            yield times_table(groups[heading])
    if result.memory:
        yield "### Peak memory of a fresh process that trains five steps, float32"
        yield _plain_table(
            "MiB", {t: {f: f"{m:.0f}" for f, m in row.items()} for t, row in result.memory.items()}
        )
    if result.imports:
        yield "### Import"
        both = {
            f: f"{1e3 * min(t):.0f} / {1e3 * statistics.median(t):.0f}" for f, t in result.imports.items()
        }
        yield _plain_table("ms, best / median", {"import": both})
    if result.checks:
        yield "### The same gradients"
        yield (
            "The first gradients of each framework against PyTorch's in float64: the largest |a - b| / |b| "
            "of any parameter, and the parameter. In ResNet-18, a few ReLUs fall to the other side of 0."
        )
        yield "\n".join(f"- {title}: {said}." for title, said in result.checks.items())
    for title, (whole, rows) in result.profiles.items():
        if next(iter(result.profiles)) == title:
            yield "### Where Lucid's time goes"
        yield f"{title}: {1e3 * whole:.2f} ms a step by best, the timers included."
        yield profiler.table(rows, whole)


def machine() -> str:
    """Return what was measured on, in general words."""
    versions = ", ".join(f"{name} {version(package)}" for name, package in PACKAGES.items())
    where = f"{processor()}, {len(_usable())} cores, {platform.system()}"
    return f"On {where}. Python {platform.python_version()}, {versions}."


def processor() -> str:
    """Return the processor's model, and the instructions that matter here."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return platform.processor() or platform.machine()
    text = path.read_text()
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = set((re.search(r"^flags\s*: (.*)$", text, re.MULTILINE) or [0, ""])[1].split())
    known = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "AVX-512 bf16", "amx_bf16": "AMX bf16"}
    listed = ", ".join(name for flag, name in known.items() if flag in flags)
    return f"{model[1] if model else platform.machine()} ({listed or 'no vector instructions known'})"


def _usable() -> Any:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


def times_table(lines: list[Line]) -> str:
    """Return best and median times in ms, and the ratios, as a Markdown table."""
    frameworks = list(lines[0].times)
    others = [f for f in frameworks if f != "lucid" and "lucid" in frameworks]
    named = any(line.ways.get("torch") for line in lines)
    header = ["ms, best / median", *(NAMES[f] for f in frameworks), *(f"Lucid / {NAMES[f]}" for f in others)]
    header += ["PyTorch's quickest way"] if named else []
    rows = [header, ["---"] * len(header)]
    for line in lines:
        title = line.title + (", PyTorch's fused" if line.precision == "fused" else "")
        cells = [
            f"{_number(min(t))} / {_number(statistics.median(t))}"
            for t in (line.times[f] for f in frameworks)
        ]
        row = [title, *cells, *(ratio(line, f) for f in others)]
        rows.append(row + ([line.ways.get("torch", "") or "as it comes"] if named else []))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _number(seconds: float) -> str:
    ms = 1e3 * seconds
    return f"{ms:.3f}" if ms < 1 else f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{ms:.0f}"


def _plain_table(unit: str, rows: dict[str, dict[str, str]]) -> str:
    columns = list(dict.fromkeys(c for row in rows.values() for c in row))
    lines = [[unit, *(NAMES[c] for c in columns)], ["---"] * (len(columns) + 1)]
    lines += [[title, *(row.get(c, "") for c in columns)] for title, row in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# ----------------------------------------------------------------- files


def write(result: Report, folder: Path) -> list[Path]:
    """Write the tables into ``benchmarks.md`` between the marks, and the plot beside it; return the files."""
    page = folder / "benchmarks.md"
    text = page.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{page} must hold {BEGIN} and {END} once each")
    written, shown = [page], tables(result)
    if any("lucid" in line.times and "torch" in line.times for line in result.lines):
        picture = plot(result, folder / "benchmarks.svg")
        written.append(picture)
        shown = f"![best times, as shares of PyTorch's]({picture.name})\n\n{shown}"
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    page.write_text(f"{before}{BEGIN}\n\n{shown}\n\n{after}", encoding="utf-8")
    return written


def plot(result: Report, path: Path) -> Path:
    """Draw each framework's best time as a share of PyTorch's: one bar for each, one group for each case."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.hashsalt"] = "lucid"  # the same picture gives the same file
    matplotlib.rcParams["svg.fonttype"] = "none"
    lines = [line for line in result.lines if "torch" in line.times]
    figure = Figure(figsize=(9, 0.42 * len(lines) + 1.2), layout="constrained")
    FigureCanvasSVG(figure)
    axis = figure.subplots()
    colors = {"lucid": "#dd8452", "torch": "#8c8c8c", "jax": "#4c72b0"}
    shown = [f for f in colors if any(f in line.times for line in lines)]
    height = 0.8 / len(shown)
    most = 2.0
    for i, framework in enumerate(shown):
        ys = [row + i * height - 0.4 + height / 2 for row in range(len(lines))]
        shares = [_share(line, framework) for line in lines]
        bars = [min(s, most) for s in shares]
        axis.barh(ys, bars, height, color=colors[framework], label=NAMES[framework])
        for y, share in zip(ys, shares, strict=True):
            if framework != "torch" and share:
                axis.text(min(share, most) + 0.01, y, f"{share:.2f}", va="center", fontsize=7)
    axis.set_yticks(range(len(lines)), [f"{line.title}, {line.precision}" for line in lines], fontsize=8)
    axis.set_xlim(0, most + 0.15)
    axis.axvline(1, color="black", linewidth=0.8)
    axis.invert_yaxis()
    axis.set_xlabel("best time, as a share of PyTorch's (shorter is quicker; cut off at 2)")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, loc="lower right", fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    return path


def _share(line: Line, framework: str) -> float:
    times = line.times.get(framework)
    return min(times) / min(line.times["torch"]) if times else 0.0
