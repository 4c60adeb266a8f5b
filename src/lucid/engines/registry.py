"""Which engine an array belongs to, and which engine serves a device.

Both questions are asked in every operation, so the answers are kept in dicts.
The XLA engine is imported when a device or an array first asks for it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lucid.engines import dtypes
from lucid.engines.cpu.engine import CPU
from lucid.engines.protocol import Array, Engine
from lucid.errors import ArgumentTypeError, DeviceError, DTypeError

_ALIASES = {"gpu": "xla:gpu", "cuda": "xla:gpu", "tpu": "xla:tpu", "xla": "xla:cpu"}


class _EngineByType(dict[type, Engine]):
    """Engine by array type; a type not seen before is looked up once."""

    def __missing__(self, cls: type) -> Engine:
        jax = sys.modules.get("jax")  # nobody can hold a JAX array without having imported JAX
        if jax is not None and issubclass(cls, (jax.Array, jax.core.Tracer)):
            engine = xla_engine()
        elif issubclass(cls, (np.ndarray, np.generic)):
            engine = CPU
        else:
            raise ArgumentTypeError(f"no engine holds arrays of type {cls.__module__}.{cls.__qualname__}")
        self[cls] = engine
        return engine


# The two tables that `autograd` reads: engine by array type, and its namespace.
engine_by_type: dict[type, Engine] = _EngineByType({np.ndarray: CPU})


def xla_engine() -> Engine:
    """Import the XLA engine, or say how to install it."""
    from lucid.engines.xla.engine import XLA

    return XLA


def engine_of(array: Array) -> Engine:
    """Return the engine that holds ``array``."""
    return engine_by_type[type(array)]


def is_array(value: Any) -> bool:
    """Whether some engine holds arrays of the type of ``value``."""
    try:
        engine_by_type[type(value)]
    except ArgumentTypeError:
        return False
    return True


def resolve_device(device: str | None) -> tuple[Engine, str]:
    """Return the engine that serves ``device``, and the device's full name.

    Raises:
        DeviceError: if there is no such device.
        MissingDependencyError: if the device needs JAX and JAX is not installed.
    """
    if device is None or device == "cpu":
        return CPU, "cpu"
    if not isinstance(device, str):
        raise DeviceError(
            f"device must be a name such as 'cpu' or 'xla:gpu', got {device!r}{_of_dtype(device)}"
        )
    name = _ALIASES.get(device, device)
    if name.split(":")[0] != "xla":
        instead = _of_dtype(device) or ": use 'cpu', 'xla:cpu', 'xla:gpu' or 'xla:tpu'"
        raise DeviceError(f"no device is called {device!r}{instead}")
    engine = xla_engine()
    if name not in engine.devices():
        called = repr(device) if name == device else f"{device!r}, here {name!r},"
        gpu = ": lucid-nn[xla] brings JAX for the CPU alone, for GPUs pip install 'jax[cuda12]'"
        raise DeviceError(
            f"device {called} is not there, JAX offers {', '.join(engine.devices())}"
            f"{gpu if name.startswith('xla:gpu') else ''}"
        )
    return engine, name


def _of_dtype(device: Any) -> str:
    """Return what to write if ``device`` is in truth a data type, as the end of an error message."""
    if not isinstance(device, (str, type, np.dtype)):
        return ""
    try:
        name = dtypes.as_dtype(device).name
    except (DTypeError, ValueError, SyntaxError):  # NumPy has a little language of dtypes
        return ""
    return (
        f", a data type: write x.astype(lucid.{name}) for a Tensor, model.to(dtype=lucid.{name}) for a model"
    )


def transfer(array: Array, device: str) -> Array:
    """Return ``array`` on ``device``, of whichever engine that is."""
    home = engine_of(array)
    engine, name = resolve_device(device)
    if home is engine or home.depth:  # what is inside of vmap stays there, and what it holds moves
        return home.move(array, name)
    return engine.from_numpy(home.to_numpy(array), name, copy=True)


def is_traced(array: Array) -> bool:
    """Whether ``array`` stands for one of a program that is being compiled, and has no values itself."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(array, jax.core.Tracer)
