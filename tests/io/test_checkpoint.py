"""State dicts in files: what goes in comes out, and a crash loses nothing."""

import os

import numpy as np
import pytest

import lucid
import lucid.io
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, StateError


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
    ],
)
def test_every_dtype_comes_back(tmp_path, dtype):
    path = tmp_path / "state.safetensors"
    state = {
        "a": Tensor([0, 1, 1]).astype(dtype),
        "empty": lucid.zeros((0, 2), dtype=dtype),
        "0d": Tensor(1).astype(dtype),
    }
    lucid.io.save(state, path)
    loaded = lucid.io.load(path)
    for name, tensor in state.items():
        assert loaded[name].dtype == tensor.dtype
        assert loaded[name].shape == tensor.shape
        np.testing.assert_array_equal(loaded[name], tensor)


def test_strided_arrays_are_not_scrambled(tmp_path):
    x = lucid.arange(24, dtype="float32").reshape(2, 3, 4)
    state = {
        "t": x.permute_dims(2, 0, 1),
        "s": x[:, ::-2],
        "b": lucid.broadcast_to(Tensor([1.0]), (3, 2)),
        "f": np.asfortranarray(x.numpy()),
    }
    lucid.io.save(state, tmp_path / "x")
    for name, tensor in lucid.io.load(tmp_path / "x").items():
        np.testing.assert_array_equal(tensor, state[name])


def test_order_and_odd_names_are_kept(tmp_path):
    names = ["z", "a", 'params["a.b"]', "ключ", "weight 1", "__metadata__x", "m"]
    state = {
        n: Tensor([float(i)] * (i + 1), dtype="float64" if i % 2 else "int8") if i % 2 else Tensor([i])
        for i, n in enumerate(names)
    }
    lucid.io.save(state, tmp_path / "x")
    assert list(lucid.io.load(tmp_path / "x")) == names


def test_a_file_of_another_program_is_read(tmp_path):
    from safetensors.numpy import save_file

    save_file({"w": np.ones(2, np.float32)}, tmp_path / "other.safetensors")
    assert lucid.io.load(tmp_path / "other.safetensors")["w"].tolist() == [1.0, 1.0]


def test_loading_to_a_device(tmp_path):
    pytest.importorskip("jax")
    lucid.io.save({"w": Tensor([1.0], device="xla:cpu")}, tmp_path / "x")
    assert lucid.io.load(tmp_path / "x", device="xla:cpu")["w"].device == "xla:cpu"
    assert lucid.io.load(tmp_path / "x")["w"].device == "cpu"


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_crash_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step):
    path = tmp_path / "state.safetensors"
    lucid.io.save({"w": Tensor([1.0])}, path)

    def crash(*args, **kwargs):
        raise OSError("no space left")

    if step == "write":
        monkeypatch.setattr(os, "fdopen", crash)
    else:
        monkeypatch.setattr(os, step, crash)
    with pytest.raises(OSError, match="no space left"):
        lucid.io.save({"w": Tensor([2.0])}, path)
    monkeypatch.undo()
    assert lucid.io.load(path)["w"].tolist() == [1.0]
    assert [p.name for p in tmp_path.iterdir()] == ["state.safetensors"]


def test_folders_are_made_and_the_mode_is_the_usual_one(tmp_path):
    path = tmp_path / "a" / "b" / "x"
    lucid.io.save({"w": Tensor([1.0])}, path)
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o600)
    lucid.io.save({"w": Tensor([1.0])}, path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ([1, 2], ArgumentTypeError),
        ({1: Tensor([1.0])}, ArgumentTypeError),
        ({"a": "text"}, ArgumentTypeError),
        ({"a": None}, ArgumentTypeError),
        ({"a": np.array(["x"])}, ArgumentError),
    ],
)
def test_bad_states_write_nothing(tmp_path, state, error):
    with pytest.raises(error, match="save"):
        lucid.io.save(state, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_damaged_and_missing_files(tmp_path):
    path = tmp_path / "x"
    lucid.io.save({"w": lucid.ones(100)}, path)
    whole = path.read_bytes()
    for content in (b"", b"nonsense", whole[:-7], whole[:20], b"\xff" * 64):
        path.write_bytes(content)
        with pytest.raises(StateError, match="damaged"):
            lucid.io.load(path)
    with pytest.raises(FileNotFoundError):
        lucid.io.load(tmp_path / "nothing")
