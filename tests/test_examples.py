"""The programs in examples/ run, and arrive where they should."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(autouse=True)
def _in_a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(name: str) -> dict[str, Any]:
    """Return what the program defines, without running its ``main``."""
    return runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name=name)


def test_linear_regression(capsys: pytest.CaptureFixture[str]) -> None:
    weight, bias = load("linear_regression")["main"]()
    # 200 points with noise of 0.1: the estimates stray by 0.1 / sqrt(200) = 0.007.
    assert weight.tolist() == pytest.approx([2.0, -1.0, 0.5], abs=0.04)
    assert bias.item() == pytest.approx(4.0, abs=0.04)
    assert "step   0: loss" in capsys.readouterr().out


def test_custom_operation(capsys: pytest.CaptureFixture[str]) -> None:
    slopes = load("custom_operation")["main"]()
    assert "agrees with differences" in capsys.readouterr().out
    assert abs(slopes["huber"] - 3) < abs(slopes["squares"] - 3)


def test_digits(capsys: pytest.CaptureFixture[str]) -> None:
    accuracy = load("digits")["main"](epochs=3)
    assert accuracy > 0.9
    assert "epoch 3" in capsys.readouterr().out


def test_every_example_has_a_test() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested
