"""``python -m lucid info``: what runs here."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

import lucid
from lucid.engines.registry import xla_engine
from lucid.errors import MissingDependencyError


def info() -> str:
    """Return versions, engines, kernels in use and cores, one to a line."""
    rows = [
        ("lucid", lucid.__version__),
        ("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        *((name, _version(name)) for name in ("numpy", "safetensors", "tqdm", "jax", "matplotlib")),
        ("engine cpu", f"NumPy arrays; kernels: NumPy with {_blas()}"),
        ("engine xla", _xla()),
        ("cores", _cores()),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


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


def _blas() -> str:
    config: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
    blas = config.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'its own loops')} {blas.get('version', '')}".strip()


def _cores() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{usable} usable of {os.cpu_count()}"
