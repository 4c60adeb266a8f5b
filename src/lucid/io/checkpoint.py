"""Saving and loading named tensors in the safetensors format.

The format holds names, shapes and numbers, and nothing that could be run: a file from a stranger
is safe to open. https://github.com/huggingface/safetensors

Three things it cannot hold are noted in the file's header, which other programs pass over: the
order of the names; which tensors are complex128, stored as pairs of float64; and under which other
name a tensor called ``__metadata__`` is stored, since the header's own entry has that name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lucid.engines.registry import resolve_device
from lucid.errors import ArgumentError, ArgumentTypeError, StateError
from lucid.io import atomic
from lucid.tensor import Tensor

_ORDER = "lucid.order"
_COMPLEX = "lucid.complex128"
_RENAMED = "lucid.metadata"
_RESERVED = "__metadata__"  # the header's own entry: a tensor of that name would spoil the file


def save(state: Any, path: str | Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write named tensors to a safetensors file.

    The file is written under another name, flushed and renamed: a crash leaves the old file or
    the new one.

    Every string is a good name. A tensor called ``__metadata__``, which the format keeps for itself, is
    stored as ``__metadata___``; ``load`` undoes that, and other programs see the other name.

    Args:
        state: Tensors or arrays by name, or an object whose ``state_dict()`` they are: a module.
        path: where to; folders that do not exist are made.
        metadata: text to put into the file's header, for other programs to read.

    Raises:
        ArgumentTypeError: if a name is not a string, a value no Tensor or array, or ``path`` no path.
        ArgumentError: if the format cannot hold a dtype, or a name is no Unicode text.
        IsADirectoryError: if ``path`` is a folder.

    Example:
        >>> lucid.io.save({"w": Tensor([1.0, 2.0])}, "w.safetensors")
        >>> lucid.io.load("w.safetensors")
        {'w': Tensor([1.0, 2.0])}
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save as to_bytes

    path = _path("save", path)
    if not isinstance(state, Mapping) and callable(getattr(state, "state_dict", None)):
        state = state.state_dict()
    if not isinstance(state, Mapping):
        raise ArgumentTypeError(
            f"save: expected a module or named tensors such as model.state_dict(), got {type(state).__name__}"
        )
    arrays = {_name(name): _contiguous(name, value) for name, value in state.items()}
    pairs = [name for name, array in arrays.items() if array.dtype == np.complex128]
    header = {**_texts(metadata), _ORDER: json.dumps(list(arrays))}
    if pairs:
        header[_COMPLEX] = json.dumps(pairs)
        for name in pairs:
            array = arrays[name]
            arrays[name] = array.reshape(*array.shape, 1).view(np.float64)  # (*, 2)
    if _RESERVED in arrays:
        other = _RESERVED + "_"
        while other in arrays:
            other += "_"
        header[_RENAMED] = other
        arrays[other] = arrays.pop(_RESERVED)
    try:
        content = to_bytes(arrays, header)
    except (SafetensorError, KeyError, ValueError) as error:
        raise ArgumentError(f"save: the safetensors format cannot hold these tensors: {error}") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, content)


def load(path: str | Path, device: str | None = None) -> dict[str, Tensor]:
    """Read named tensors from a safetensors file, in the order in which they were saved.

    Args:
        path: the file.
        device: where the tensors shall be, by default the CPU.

    Raises:
        ArgumentTypeError: if ``path`` is no path.
        FileNotFoundError: if there is no such file.
        IsADirectoryError: if ``path`` is a folder.
        StateError: if it is no safetensors file, is damaged, or holds a dtype that NumPy has not.
    """
    from safetensors import SafetensorError, safe_open

    _, place = resolve_device(device)
    path = _path("load", path)
    if not path.is_file():
        raise FileNotFoundError(f"load: there is no file {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            arrays = {name: _read(file, name, path) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except SafetensorError as error:
        raise StateError(f"load: {path} is not a safetensors file, or is damaged: {error}") from error
    if header.get(_RENAMED) in arrays:
        arrays[_RESERVED] = arrays.pop(header[_RENAMED])
    for name in _names(header, _COMPLEX):
        array = arrays.get(name)
        if array is not None and array.dtype == np.float64 and array.shape[-1:] == (2,):
            arrays[name] = array.view(np.complex128)[..., 0]  # (*, 2) -> (*)
    order = _names(header, _ORDER)
    if sorted(order) != sorted(arrays):
        order = list(arrays)  # another program's file
    return {name: Tensor(arrays[name], device=place) for name in order}


def _read(file: Any, name: str, path: Path) -> np.ndarray[Any, Any]:
    try:
        array: np.ndarray[Any, Any] = file.get_tensor(name)
        return array
    except (KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
        dtype = file.get_slice(name).get_dtype()
        raise StateError(f"load: {name!r} in {path} is of dtype {dtype}, which NumPy has not") from error


def _names(header: Mapping[str, str], key: str) -> list[str]:
    """Return the list of names under ``key``; an empty one if anybody else wrote something there."""
    try:
        names = json.loads(header.get(key, "[]"))
    except (ValueError, RecursionError):
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return []
    return names


def _texts(metadata: Any) -> dict[str, str]:
    """Return the caller's part of the header, checked."""
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        raise ArgumentTypeError(f"save: metadata must map strings to strings, got {type(metadata).__name__}")
    for key, value in metadata.items():
        if not (isinstance(key, str) and isinstance(value, str)):
            raise ArgumentTypeError(f"save: metadata must map strings to strings, got {key!r}: {value!r}")
        if key in (_ORDER, _COMPLEX, _RENAMED):
            raise ArgumentError(f"save: Lucid itself writes {key!r} to the header: take another key")
    return dict(metadata)


def _path(function: str, path: Any) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentTypeError(f"{function}: path must be a string or a Path, got {path!r}")
    file = Path(path)
    if file.is_dir():
        raise IsADirectoryError(f"{function}: {file} is a folder: name a file in it")
    return file


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ArgumentTypeError(f"save: a name must be a string, got {value!r}")
    return value


def _contiguous(name: str, value: Any) -> np.ndarray[Any, Any]:
    """Return a copy in row-major order: the library writes the bytes as they lie in memory."""
    if not (isinstance(value, (Tensor, np.ndarray)) or hasattr(value, "__array__")):
        raise ArgumentTypeError(f"save: {name!r} is a {type(value).__name__}, not a Tensor or an array")
    array = np.array(value.numpy() if isinstance(value, Tensor) else value, order="C", copy=True)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
