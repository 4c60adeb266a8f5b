"""State dicts in files: what goes in comes out, and a crash loses nothing."""

import io
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save as to_bytes

import lucid
import lucid.io
from lucid import Tensor, nn
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
        "complex64",
        "complex128",
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
    names = ["z", "a", 'params["a.b"]', "ключ", "weight 1", "__metadata__x", "", "m"]
    # The format sorts by dtype first: of several dtypes, the order is Lucid's own doing.
    dtypes = ["int8", "float64", "complex128"]
    state = {n: lucid.ones(i + 1, dtype=dtypes[i % 3]) for i, n in enumerate(names)}
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


def test_modules_and_shared_parameters_come_back(tmp_path):
    weight = nn.Parameter([1.0, 2.0])
    lucid.io.save(nn.ParameterDict({"a": weight, "b": weight}), tmp_path / "x")
    loaded = lucid.io.load(tmp_path / "x")
    assert list(loaded) == ["a", "b"]
    other = nn.Parameter([0.0, 0.0])
    again = nn.ParameterDict({"a": other, "b": other})
    again.load_state_dict(loaded)
    assert again["a"] is again["b"] is other
    assert other.tolist() == [1.0, 2.0]


def test_metadata_is_for_other_programs_to_read(tmp_path):
    from safetensors import safe_open

    lucid.io.save({"w": Tensor([1.0])}, tmp_path / "x", metadata={"epoch": "3"})
    with safe_open(tmp_path / "x", framework="numpy") as file:
        assert file.metadata()["epoch"] == "3"


@pytest.mark.parametrize("order", ["{bad", "3", '["w", "w"]', '[["w"]]', '["v"]', "null"])
def test_a_header_that_another_program_wrote_does_not_matter(tmp_path, order):
    from safetensors.numpy import save_file

    header = {"lucid.order": order, "lucid.complex128": order}
    save_file({"w": np.ones(3), "b": np.ones(2)}, tmp_path / "x", metadata=header)
    loaded = lucid.io.load(tmp_path / "x")
    assert {name: t.tolist() for name, t in loaded.items()} == {"w": [1.0] * 3, "b": [1.0] * 2}


def test_bytes_in_the_other_order_are_turned(tmp_path):
    state = {"f": np.array([1.0, 2.0], ">f4"), "c": np.array([1 + 2j], ">c16")}
    lucid.io.save(state, tmp_path / "x")
    for name, tensor in lucid.io.load(tmp_path / "x").items():
        np.testing.assert_array_equal(tensor, state[name])


def test_what_is_loaded_belongs_to_the_caller(tmp_path):
    lucid.io.save({"w": Tensor([1.0])}, tmp_path / "x")
    lucid.io.load(tmp_path / "x")["w"][0] = 5.0
    assert lucid.io.load(tmp_path / "x")["w"].tolist() == [1.0]


class FullDisk(io.FileIO):
    """A file that takes the first bytes, and then no more."""

    def write(self, content):
        super().write(content[:10])
        raise OSError("no space left")


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step):
    path = tmp_path / "state.safetensors"
    lucid.io.save({"w": Tensor([1.0])}, path)

    def fail(*args, **kwargs):
        raise OSError("no space left")

    if step == "write":
        monkeypatch.setattr(lucid.io.atomic, "open", FullDisk, raising=False)
    else:
        monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="no space left"):
        lucid.io.save({"w": Tensor([2.0])}, path)
    monkeypatch.undo()
    assert lucid.io.load(path)["w"].tolist() == [1.0]
    assert [p.name for p in tmp_path.iterdir()] == ["state.safetensors"]


@pytest.mark.skipif(os.name != "posix", reason="kills itself by a POSIX signal")
@pytest.mark.parametrize(("step", "left"), [("fsync", 1.0), ("replace", 1.0), ("_sync_folder", 2.0)])
def test_a_process_that_dies_leaves_the_old_file_or_the_new_one(tmp_path, step, left):
    path = tmp_path / "x"
    lucid.io.save({"w": Tensor([1.0])}, path)
    code = (
        "import os, lucid.io; from lucid.io import atomic\n"
        f"owner = atomic if hasattr(atomic, {step!r}) else os\n"
        f"setattr(owner, {step!r}, lambda *_: os.kill(os.getpid(), 9))\n"
        f"lucid.io.save({{'w': lucid.Tensor([2.0])}}, {str(path)!r})"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert lucid.io.load(path)["w"].tolist() == [left]
    lucid.io.save({"w": Tensor([3.0])}, path)
    assert lucid.io.load(path)["w"].tolist() == [3.0]


def test_a_link_stays_a_link(tmp_path):
    path, link = tmp_path / "x", tmp_path / "latest"
    link.symlink_to(path)
    lucid.io.save({"w": Tensor([1.0])}, link)
    lucid.io.save({"w": Tensor([2.0])}, link)
    assert link.is_symlink()
    assert lucid.io.load(path)["w"].tolist() == [2.0]


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
        ({"a": np.ones(1, "datetime64[D]")}, ArgumentError),
        ({"\ud800": Tensor([1.0])}, ArgumentError),
    ],
)
def test_bad_states_write_nothing(tmp_path, state, error):
    with pytest.raises(error, match="save"):
        lucid.io.save(state, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_the_name_that_the_format_keeps_for_itself_comes_back(tmp_path, dtype):
    def params(value):
        names = ["a", "__metadata__", "__metadata___", "b"]
        return {name: Tensor([value + i], dtype=dtype) for i, name in enumerate(names)}

    path = tmp_path / "x"
    lucid.io.save(params(0), path)
    lucid.io.save(params(7), path, metadata={"note": "text"})
    loaded = lucid.io.load(path)
    assert {n: t.item() for n, t in loaded.items()} == {n: t.item() for n, t in params(7).items()}
    assert list(loaded) == list(params(7))
    with safe_open(path, framework="numpy") as file:
        assert set(file.keys()) == {"a", "__metadata____", "__metadata___", "b"}


def test_every_key_of_a_parameter_dict_can_be_saved(tmp_path):
    module = nn.ParameterDict({"__metadata__": nn.Parameter([1.0])})
    lucid.io.save(module, tmp_path / "x")
    other = nn.ParameterDict({"__metadata__": nn.Parameter([0.0])})
    other.load_state_dict(lucid.io.load(tmp_path / "x"))
    assert other["__metadata__"].item() == 1.0


@pytest.mark.parametrize("note", ["lucid.order", "lucid.complex128", "lucid.metadata"])
@pytest.mark.parametrize("text", ["5", "null", '[["a"]]', '[{"a": 1}]', "{", '["x"]', "[" * 100000, "a b"])
def test_what_others_wrote_into_our_notes_is_passed_over(tmp_path, note, text):
    content = to_bytes({"b": np.ones(2), "a": np.zeros(2)}, {note: text})
    (tmp_path / "x").write_bytes(content)
    loaded = lucid.io.load(tmp_path / "x")
    assert {name: t.tolist() for name, t in loaded.items()} == {"a": [0.0, 0.0], "b": [1.0, 1.0]}


@pytest.mark.parametrize(
    ("metadata", "error"),
    [(3, ArgumentTypeError), ({"epoch": 3}, ArgumentTypeError), ({"lucid.order": "[]"}, ArgumentError)],
)
def test_bad_metadata_writes_nothing(tmp_path, metadata, error):
    with pytest.raises(error, match="save"):
        lucid.io.save({}, tmp_path / "x", metadata=metadata)
    assert list(tmp_path.iterdir()) == []


def test_bad_paths(tmp_path):
    for path in (None, 3):
        with pytest.raises(ArgumentTypeError, match="path"):
            lucid.io.save({}, path)
        with pytest.raises(ArgumentTypeError, match="path"):
            lucid.io.load(path)
    with pytest.raises(IsADirectoryError, match=r"save: .* is a folder"):
        lucid.io.save({}, tmp_path)
    with pytest.raises(IsADirectoryError, match=r"load: .* is a folder"):
        lucid.io.load(tmp_path)
    with pytest.raises(FileNotFoundError):
        lucid.io.load(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_a_dtype_that_numpy_has_not_is_named(tmp_path):
    header = b'{"w":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}'
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    with pytest.raises(StateError, match=r"'w' in .* is of dtype F8_E4M3"):
        lucid.io.load(tmp_path / "x")


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


def test_no_damage_gets_past(tmp_path):
    path = tmp_path / "x"
    lucid.io.save({"w": lucid.ones((2, 3)), "c": Tensor([1 + 2j], dtype="complex128")}, path)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(StateError):
            lucid.io.load(path)
    choose = random.Random(0)
    for _ in range(500):
        damaged = bytearray(whole)
        damaged[choose.randrange(len(whole))] = choose.randrange(256)
        path.write_bytes(damaged)
        with suppress(StateError):  # a changed number or name cannot be noticed
            lucid.io.load(path)
