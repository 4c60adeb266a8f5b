"""``lucid.show_config()``: what runs here."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from lucid.engines.cpu import report
from lucid.engines.registry import xla_engine
from lucid.engines.settings import usable_cores
from lucid.errors import ArgumentError, MissingDependencyError

__all__ = ["show_config"]

_PACKAGES = ("lucid-nn", "numpy", "numba", "onednn-cpu-gomp", "safetensors", "tqdm", "jax", "matplotlib")


def show_config(mode: str = "stdout") -> dict[str, str] | None:
    """Print versions, engines, and which kernels serve; where one does not, why.

    It loads all there is, so it takes a second or two. ``python -m lucid info`` prints the same.

    Args:
        mode: ``"stdout"`` to print, ``"dict"`` to return a dict instead.

    Raises:
        ArgumentError: if ``mode`` is neither.

    Example:
        >>> config = lucid.show_config("dict")
        >>> config["float32 precision"]
        'highest'
    """
    if mode not in ("stdout", "dict"):
        raise ArgumentError(f"show_config expects mode to be 'stdout' or 'dict', got {mode!r}")
    rows = {
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        **{name: _version(name) for name in _PACKAGES},
        "engine cpu": "NumPy arrays",
        **{f"  {name}" if mode == "stdout" else name: value for name, value in report.describe().items()},
        "engine xla": _xla(),
        "cores": f"{usable_cores()} usable of {os.cpu_count()}",
    }
    if mode == "dict":
        return rows
    width = max(map(len, rows))
    print("\n".join(f"{name:<{width}}  {value}" for name, value in rows.items()))
    return None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _xla() -> str:
    try:
        return "JAX arrays on " + ", ".join(xla_engine().devices())
    except MissingDependencyError:
        return "not there: pip install 'lucid-nn[xla]'"
    except RuntimeError as error:  # an accelerator in use, or parts of JAX that do not fit together
        return "JAX does not start: " + " ".join(str(error).split())
