"""What loops compile to is taken from disk, unless something that it was made of has changed."""

from __future__ import annotations

import importlib.util
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lucid.engines.cpu.kernels import table

if not table.allowed("numba"):
    pytest.skip("kernels are turned off", allow_module_level=True)
numba = pytest.importorskip("numba")
kept = pytest.importorskip("lucid.engines.cpu.kernels.loops").kept

HELPER = """
from lucid.engines.cpu.kernels import kept

def number(x):
    return x + {number}

number = kept.compiled(number)
"""

USER = """
from kept_helper import number

def more(x):
    return number(x)
"""

WHOLE = numba.types.int64(numba.types.int64)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for programs, with another one in it for what they compile to."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # an edit within the same second would be missed
    return tmp_path


def program(folder: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that calls another file's, which adds ``number``, as a new process would load it."""
    (folder / "kept_helper.py").write_text(HELPER.format(number=number))
    (folder / "kept_user.py").write_text(USER)
    monkeypatch.setattr(kept, "SOURCES", kept.stamp_of(folder))
    for name in ("kept_helper", "kept_user"):
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
    return module.more


def test_a_function_is_compiled_again_if_one_that_it_calls_has_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, from_disk in ((1, 0), (1, 1), (2, 0)):
        more = kept.compiled(program(folder, number, monkeypatch))
        assert more(10) == 10 + number
        assert sum(more.stats.cache_hits.values()) == from_disk


def test_a_callback_is_compiled_again_if_a_function_that_it_calls_has_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, from_disk in ((1, 0), (1, 1), (2, 0)):
        more = kept.callback(program(folder, number, monkeypatch), WHOLE)
        assert more.ctypes(10) == 10 + number
        assert more.cache_hits == from_disk


def test_a_function_is_compiled_again_for_other_options(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = program(folder, 1, monkeypatch)
    for options in ({"error_model": "numpy"}, {"error_model": "python"}):
        compiled = kept.compiled(function, **options)
        assert compiled(10) == 11
        assert not compiled.stats.cache_hits


def test_a_stamp_covers_names_and_contents_also_in_a_zip_file(tmp_path: Path) -> None:
    stamps = set()
    for a, b in (("1", "2"), ("12", ""), ("2", "1")):
        (tmp_path / "a.py").write_text(a)
        (tmp_path / "b.py").write_text(b)
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as file:
            file.write(tmp_path / "b.py", "b.py")
            file.write(tmp_path / "a.py", "a.py")
        stamp = kept.stamp_of(tmp_path)
        assert kept.stamp_of(zipfile.Path(tmp_path / "all.zip")) == stamp
        stamps.add(stamp)
    assert len(stamps) == 3


def test_where_nothing_can_be_kept_functions_are_compiled_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = program(folder, 1, monkeypatch)
    monkeypatch.setattr(kept.CompileResultCacheImpl, "_locator_classes", [])  # as if none could be written to
    compiled = kept.compiled(function)
    assert compiled(10) == 11
    assert compiled.stats.cache_path is None


def test_everything_that_is_compiled_is_kept_this_way() -> None:
    for file in Path(kept.__file__).parent.glob("*.py"):
        if file.name != "kept.py":
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"numba\.(jit|njit|cfunc|vectorize|guvectorize)|cache=True", text), file
