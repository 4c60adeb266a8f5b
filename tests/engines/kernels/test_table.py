"""Every kernel has its tests."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from lucid.engines.cpu.kernels import table

TESTS = {path.name: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")}

# What is no function of Tensors, or is a primitive whose rule calls it: these have no vjp of their own.
WITHOUT_VJP = {"masked_scale", "philox", "total_norm", "clipped"}
WITHOUT_VJP |= {name for name, file in table.FILES.items() if file.startswith("optimizers")}


@pytest.mark.parametrize("name", table.FILES)
def test_a_kernel_is_there_and_has_tests(name: str) -> None:
    if table.find(name) is None:
        pytest.skip(f"no kernel serves {name} here")
    module = importlib.import_module(f"lucid.engines.cpu.kernels.{table.FILES[name]}")
    assert callable(getattr(module, name))
    assert hasattr(module, f"{name}_vjp") is (name not in WITHOUT_VJP)
    assert any(name in text for text in TESTS.values()), f"no test in tests/engines/kernels drives {name}"
