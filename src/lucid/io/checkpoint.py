"""Saving and loading named tensors in the safetensors format.

The format holds names, shapes and numbers, and nothing that could be run: a file from a stranger
is safe to open. https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lucid.engines.registry import resolve_device
from lucid.errors import ArgumentError, ArgumentTypeError, StateError
from lucid.io import atomic
from lucid.tensor import Tensor

_ORDER = "lucid.order"  # the format sorts tensors its own way: the header keeps the names in ours


def save(state: Mapping[str, Any], path: str | Path) -> None:
    """Write named tensors to a safetensors file.

    The file is written under another name, flushed and renamed: a crash leaves the old file or
    the new one.

    Args:
        state: Tensors or arrays by name, such as ``model.state_dict()``.
        path: where to; folders that do not exist are made.

    Raises:
        ArgumentTypeError: if a name is not a string, or a value no Tensor or array.
        ArgumentError: if the format has no such dtype.

    Example:
        >>> lucid.io.save({"w": Tensor([1.0, 2.0])}, "w.safetensors")
        >>> lucid.io.load("w.safetensors")
        {'w': Tensor([1.0, 2.0])}
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save as to_bytes

    if not isinstance(state, Mapping):
        raise ArgumentTypeError(
            f"save expects named tensors such as model.state_dict(), got {type(state).__name__}"
        )
    arrays = {_name(name): _contiguous(name, value) for name, value in state.items()}
    try:
        content = to_bytes(arrays, {_ORDER: json.dumps(list(arrays))})
    except (SafetensorError, KeyError, ValueError) as error:
        raise ArgumentError(f"save: the safetensors format cannot hold these tensors: {error}") from error
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, content)


def load(path: str | Path, *, device: str | None = None) -> dict[str, Tensor]:
    """Read named tensors from a safetensors file, in the order in which they were saved.

    Args:
        path: the file.
        device: where the tensors shall be, by default the CPU.

    Raises:
        FileNotFoundError: if there is no such file.
        StateError: if it is no safetensors file, or is damaged.
    """
    from safetensors import SafetensorError, safe_open

    _, name = resolve_device(device)
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (it is no mapping)
            order = json.loads((file.metadata() or {}).get(_ORDER, "[]"))
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise StateError(f"{path} is not a safetensors file, or is damaged: {error}") from error
    names = order if set(order) == set(arrays) else arrays
    return {key: Tensor(arrays[key], device=name) for key in names}


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ArgumentTypeError(f"save: a name must be a string, got {value!r}")
    return value


def _contiguous(name: str, value: Any) -> np.ndarray[Any, Any]:
    """Return a copy in row-major order: the library writes the bytes as they lie in memory."""
    if not (isinstance(value, (Tensor, np.ndarray)) or hasattr(value, "__array__")):
        raise ArgumentTypeError(f"save: {name!r} is a {type(value).__name__}, not a Tensor or an array")
    return np.array(value, order="C", copy=True)
