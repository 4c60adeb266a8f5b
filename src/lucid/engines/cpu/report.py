"""What serves the CPU engine's operations here, and why something does not."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from lucid.engines.cpu import memory
from lucid.engines.cpu.kernels import table
from lucid.engines.cpu.onednn import library
from lucid.engines.settings import settings

# Bits of `Library.isa`, the newest first.
_INSTRUCTIONS = {0x1FEF: "AMX with fp16", 0xFEF: "AMX", 0x1EF: "AVX-512 with fp16", 0xE7: "AVX-512 with bf16"}
_INSTRUCTIONS |= {0x67: "AVX-512 with VNNI", 0x27: "AVX-512", 0x7: "AVX2", 0x1: "SSE 4.1"}

VARIABLES = ("LUCID_KERNELS", "LUCID_MEMORY", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def describe() -> dict[str, str]:
    """Return what serves products and convolutions, loops, memory and so on, by name. It loads all of it."""
    return {
        "products, convolutions": _onednn(),
        "loops": _numba(),
        "everything else": f"NumPy with {_blas()}",
        "threads": str(settings.threads),
        "float32 precision": settings.precision,
        "memory": "the pages of freed arrays are kept" if memory.kept() else "as the C library does it",
        **{name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def _onednn() -> str:
    found = library.search()
    if isinstance(found, str):
        return f"NumPy; no oneDNN: {found}"
    names = (name for bits, name in _INSTRUCTIONS.items() if found.isa & bits == bits)
    version = ".".join(map(str, found.version))
    return f"oneDNN {version} with {next(names, 'no vector instructions')}, {found.path}"


def _numba() -> str:
    if not table.allowed("numba"):
        return "NumPy; no Numba: turned off by LUCID_KERNELS"
    try:
        from lucid.engines.cpu.kernels import loops
    except ImportError as error:
        return f"NumPy; no Numba: {error}: pip install numba"
    return (
        f"Numba {loops.numba.__version__}, {'OpenMP' if loops.PARALLEL else 'one thread: it has no OpenMP'}"
    )


def _blas() -> str:
    config: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
    blas = config.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'its own loops')} {blas.get('version', '')}".strip()
