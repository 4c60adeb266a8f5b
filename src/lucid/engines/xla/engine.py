"""The XLA engine: ``jax.numpy`` arrays, for GPUs and TPUs, and to keep rules honest.

Importing it turns on JAX's 64-bit types: Lucid's dtypes mean the same on every engine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.dtypes import DType
from lucid.errors import MissingDependencyError

try:
    import jax
except ImportError as error:
    raise MissingDependencyError(
        "the XLA engine needs JAX, which is not installed: pip install 'lucid-nn[xla]' (or pip install jax)"
    ) from error

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

from lucid.engines.xla import namespace  # noqa: E402  (after the 64-bit types are on)

JaxArray = Any


class XLAEngine:
    """Arrays of ``jax.numpy``. See ``protocol.Engine`` for what each method promises."""

    name = "xla"
    xp = namespace
    depth = 0

    def kernel(self, name: str, array: Any) -> None:
        return None  # XLA fuses for itself

    def devices(self) -> list[str]:
        # The CPU is always there, and not among jax.devices() where an accelerator is.
        return list(dict.fromkeys([*(_name(d) for d in jax.devices()), "xla:cpu"]))

    def device_of(self, array: JaxArray) -> str:
        device = getattr(array, "device", None)
        return _name(device) if isinstance(device, jax.Device) else f"xla:{jax.default_backend()}"

    def from_numpy(self, array: np.ndarray[Any, Any], device: str, *, copy: bool) -> JaxArray:
        # JAX may go on reading a NumPy array after this returns, or never copy it at all, and
        # its arrays never change: so always give it a copy of its own.
        return jax.device_put(np.array(array), _device(device))

    def to_numpy(self, array: JaxArray) -> np.ndarray[Any, Any]:
        return np.asarray(array)

    def as_array(self, value: Any) -> JaxArray:
        return jax.numpy.asarray(value)

    def detached(self, array: Any) -> Any:
        return array

    def move(self, array: JaxArray, device: str) -> JaxArray:
        return jax.device_put(array, _device(device))

    def uniform(self, key: int, shape: tuple[int, ...], dtype: DType, device: str) -> JaxArray:
        with jax.default_device(_device(device)):
            return jax.random.uniform(_key(key), shape, dtype)

    def normal(self, key: int, shape: tuple[int, ...], dtype: DType, device: str) -> JaxArray:
        with jax.default_device(_device(device)):
            return jax.random.normal(_key(key), shape, dtype)

    def integers(
        self, key: int, low: int, high: int, shape: tuple[int, ...], dtype: DType, device: str
    ) -> JaxArray:
        with jax.default_device(_device(device)):
            return jax.random.randint(_key(key), shape, low, high, dtype)

    def bernoulli(self, key: int, p: float, shape: tuple[int, ...], device: str) -> JaxArray:
        return self.uniform(key, shape, np.dtype(np.float32), device) < p

    def permutation(self, key: int, n: int, device: str) -> JaxArray:
        with jax.default_device(_device(device)):
            return jax.random.permutation(_key(key), n)


def _key(key: int) -> JaxArray:
    # threefry's key is two 32-bit words: fold the 128 bits into the 64 that there is room for.
    return jax.random.key((key ^ (key >> 64)) & (2**63 - 1), impl="threefry2x32")


def _device(name: str) -> Any:
    platform, _, number = name.removeprefix("xla:").partition(":")
    return jax.devices(platform)[int(number or 0)]


def _name(device: Any) -> str:
    platform = "gpu" if device.platform in ("cuda", "rocm") else device.platform
    return f"xla:{platform}" if device.id == 0 else f"xla:{platform}:{device.id}"


XLA = XLAEngine()
