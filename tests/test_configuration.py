"""``lucid.show_config()`` says what serves, and why something does not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import lucid
from lucid import configuration
from lucid.errors import ArgumentError, MissingDependencyError


def in_another_process(code: str, **environment: str) -> str:
    """Run ``code``, which must succeed, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return done.stdout.strip()


def test_it_names_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert lucid.show_config() is None
    text = capsys.readouterr().out
    for word in ("lucid-nn", "numpy", "python", "engine cpu", "engine xla", "convolutions", "loops", "cores"):
        assert word in text


@pytest.mark.parametrize("error", [MissingDependencyError("no JAX"), RuntimeError("no TPU\nat all")])
def test_it_does_not_need_jax(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(configuration, "xla_engine", fail)
    config = lucid.show_config("dict")
    assert config is not None
    expected = "pip install" if isinstance(error, ImportError) else "does not start: no TPU at all"
    assert expected in config["engine xla"]


def test_unknown_modes_are_refused() -> None:
    with pytest.raises(ArgumentError, match="'stdout' or 'dict', got 'dicts'"):
        lucid.show_config("dicts")


def test_kernels_can_be_turned_off() -> None:
    code = (
        "import sys, lucid; from lucid.engines.cpu import report; d = report.describe();"
        "print(d['products, convolutions'], '|', d['loops'], '|', d['memory'], '|', 'numba' in sys.modules);"
        "x = lucid.ones((256, 256)); print(float((x @ x).sum()))"
    )
    text = in_another_process(code, LUCID_KERNELS="numpy", LUCID_MEMORY="system")
    off, loops, memory, numba, total = text.replace("\n", " | ").split(" | ")
    assert off == "NumPy; no oneDNN: turned off by LUCID_KERNELS"
    assert loops == "NumPy; no Numba: turned off by LUCID_KERNELS"
    assert memory == "as the C library does it"
    assert numba == "False"
    assert float(total) == 256.0**3


def test_what_is_not_installed_is_done_without() -> None:
    code = (
        "import sys, numpy as np; sys.modules['numba'] = None; import lucid;"
        "from lucid.engines.cpu.onednn import library; library._candidates = lambda: iter(['/nowhere.so']);"
        "from lucid.engines.cpu import report; d = report.describe();"
        "print(d['products, convolutions'], '|', d['loops']);"
        "x = lucid.ones((256, 256)); print(float((x @ x).sum()))"
    )
    text = in_another_process(code)
    products, loops, total = text.replace("\n", " | ").split(" | ")
    if "turned off" not in products:
        assert "no oneDNN: /nowhere.so" in products
        assert "pip install numba" in loops
    assert float(total) == 256.0**3
