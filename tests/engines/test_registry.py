"""Which engine holds an array and which serves a device."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.engines.registry import engine_of, is_array, resolve_device, transfer, xla_engine
from lucid.errors import ArgumentTypeError, DeviceError
from lucid.testing import DEVICES


@pytest.mark.parametrize(("name", "full_name"), [(None, "cpu"), ("cpu", "cpu"), ("xla", "xla:cpu")])
def test_a_device_by_its_short_name(name: str | None, full_name: str) -> None:
    engine, resolved = resolve_device(name)
    assert resolved == full_name
    assert engine.name == full_name.split(":")[0]
    assert full_name in engine.devices()


@pytest.mark.parametrize("name", ["", "cuda:x", "CPU", "cpu:0", "xla:abacus", "xla:cpu:99", 7, 1.5, b"cpu"])
def test_a_device_that_is_not_there(name: Any) -> None:
    with pytest.raises(DeviceError, match="device"):
        resolve_device(name)
    with pytest.raises(DeviceError, match="device"):
        lucid.zeros(2, device=name)


def test_what_holds_an_array() -> None:
    assert engine_of(np.zeros(2)).name == "cpu"
    assert engine_of(np.float32(1)).name == "cpu"
    assert engine_of(np.ma.zeros(2)).name == "cpu"
    assert engine_of(lucid.zeros(2, device="xla:cpu")._array).name == "xla"
    assert is_array(np.zeros(2))
    for value in (1.0, [1.0], "a", None, lucid.zeros(2)):
        assert not is_array(value)
    with pytest.raises(ArgumentTypeError, match=r"builtins\.list"):
        engine_of([1.0])


def test_a_subclass_of_numpy_arrays_becomes_a_plain_array() -> None:
    matrix = np.array([[1.0, 2.0]]).view(type("Special", (np.ndarray,), {}))
    assert type(lucid.asarray(matrix)._array) is np.ndarray
    assert type(lucid.Tensor(matrix)._array) is np.ndarray


@pytest.mark.parametrize("source", DEVICES)
@pytest.mark.parametrize("target", DEVICES)
def test_moving(source: str, target: str) -> None:
    x = lucid.asarray(np.arange(6, dtype=np.int16).reshape(2, 3).T, device=source)
    moved = transfer(x._array, target)
    assert engine_of(moved).device_of(moved) == target
    assert engine_of(moved).to_numpy(moved).tolist() == x.tolist()
    assert moved.dtype == np.int16


def test_what_was_moved_shares_no_memory_with_what_it_was_moved_from() -> None:
    array = np.zeros(3)
    x = lucid.asarray(array)
    there = x.to("xla:cpu")
    back = there.to("cpu")
    array[0] = 1.0
    assert there.tolist() == [0.0, 0.0, 0.0]
    assert back.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("dtype", ["float64", lucid.float64])
def test_a_dtype_is_no_device(dtype: Any) -> None:
    with pytest.raises(
        DeviceError, match=r"a data type: write x.astype\(lucid.float64\) .* model.to\(dtype="
    ):
        Tensor([1.0]).to(dtype)


def test_where_gpus_come_from() -> None:
    pytest.importorskip("jax")
    if "xla:gpu" in xla_engine().devices():
        pytest.skip("there is one")
    with pytest.raises(DeviceError, match=r"'cuda', here 'xla:gpu', is not there, .*lucid-nn\[xla\]"):
        Tensor([1.0]).to("cuda")


def test_devices_do_not_mix() -> None:
    x, y = lucid.ones(2), lucid.ones(2, device="xla:cpu")
    for mix in (
        lambda: x + y,
        lambda: lucid.where(x > 0, y, y),
        lambda: lucid.matmul(x, y),
        lambda: lucid.concat([x, y]),
        lambda: lucid.einsum("i,i->", x, y),
        lambda: lucid.clip(x, y),
    ):
        with pytest.raises(DeviceError, match=r"cpu and xla:cpu.*\.to\(device\)"):
            mix()
    assert (x + y.to("cpu")).tolist() == [2.0, 2.0]


def test_numbers_and_numpy_arrays_follow_the_tensors_that_they_meet() -> None:
    y = lucid.ones(2, device="xla:cpu")
    for result in (y + 1, 2 * y, y + np.ones(2, np.float32), lucid.where(y > 0, y, 0), lucid.clip(y, 0, 1)):
        assert result.device == "xla:cpu"
        assert result.dtype == lucid.float32


def test_without_jax_the_error_says_how_to_install_it() -> None:
    code = """
import sys
sys.modules["jax"] = None  # what an import of it then raises is what a missing module raises
import lucid
from lucid import Tensor
assert lucid.ones(2).sum().item() == 2.0
try:
    lucid.ones(2, device="xla:cpu")
except lucid.errors.MissingDependencyError as error:
    assert isinstance(error, ImportError)
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'lucid-nn[xla]'" in done.stdout
