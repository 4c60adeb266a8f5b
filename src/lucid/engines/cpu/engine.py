"""The CPU engine: NumPy arrays."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from lucid.engines.cpu import memory, namespace, packing
from lucid.engines.cpu.kernels import table
from lucid.engines.dtypes import DType
from lucid.engines.protocol import Kernel

# log(0) is -inf and 0/0 is nan, as IEEE 754 says; NumPy also warns about it. Lucid follows
# PyTorch and JAX and doesn't. The filter is for warnings raised from Lucid's own code alone:
# it costs nothing per call, where numpy.errstate would double the time of a small operation.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"lucid\.")

memory.keep_pages()

NumPyArray = np.ndarray[Any, Any]


class CPUEngine:
    """NumPy arrays in memory. See ``protocol.Engine`` for what each method promises."""

    name = "cpu"
    xp = namespace
    depth = 0

    def kernel(self, name: str, array: NumPyArray) -> Kernel | None:
        return table.find(name) if table.pays(name, array.size) else None

    def devices(self) -> list[str]:
        return ["cpu"]

    def device_of(self, array: NumPyArray) -> str:
        return "cpu"

    def from_numpy(self, array: NumPyArray, device: str, *, copy: bool) -> NumPyArray:
        # order="K" keeps the memory layout; a subclass such as numpy.matrix becomes a plain array.
        if copy:
            return np.array(array, copy=True, order="K", subok=False)
        array = np.asarray(array)
        if array.size >= packing.SMALLEST:
            packing.share(array)
        return array

    def to_numpy(self, array: NumPyArray) -> NumPyArray:
        return array

    def as_array(self, value: Any) -> NumPyArray:
        return np.asarray(value)

    def detached(self, array: Any) -> Any:
        return array

    def move(self, array: NumPyArray, device: str) -> NumPyArray:
        return array

    def uniform(self, key: int, shape: tuple[int, ...], dtype: DType, device: str) -> NumPyArray:
        return _floats(dtype, lambda native: np.asarray(_stream(key).random(shape, native)))

    def normal(self, key: int, shape: tuple[int, ...], dtype: DType, device: str) -> NumPyArray:
        return _floats(dtype, lambda native: np.asarray(_stream(key).standard_normal(shape, native)))

    def integers(
        self, key: int, low: int, high: int, shape: tuple[int, ...], dtype: DType, device: str
    ) -> NumPyArray:
        return np.asarray(_stream(key).integers(low, high, shape, dtype))

    def bernoulli(self, key: int, p: float, shape: tuple[int, ...], device: str) -> NumPyArray:
        # Sixteen bits are compared, and where they tie, sixteen more: as good as 32, in half the time.
        n = math.prod(shape)
        high, low = divmod(round(p * 2**32), 2**16)
        draws = _raw(key, -(-n // 4)).astype("<u8", copy=False).view("<u2")[:n]
        hits: NumPyArray = draws < high
        if low:
            ties = np.flatnonzero(draws == high)
            more = np.random.Philox(key=key, counter=2**128)  # far from where those came from
            hits[ties] = (more.random_raw(ties.size) & 0xFFFF) < low
        return hits.reshape(shape)

    def permutation(self, key: int, n: int, device: str) -> NumPyArray:
        return _stream(key).permutation(n)


def _stream(key: int) -> np.random.Generator:
    # Philox is counter-based: its 128-bit key is all that a stream depends on.
    return np.random.Generator(np.random.Philox(key=key))


def _raw(key: int, count: int) -> NumPyArray:
    """Return ``count`` random numbers of 64 bits."""
    kernel = table.find("philox") if count >= table.SMALLEST else None
    if kernel is not None:
        found: NumPyArray = kernel.forward(key, count)
        return found
    return np.asarray(np.random.Philox(key=key).random_raw(count))


def _floats(dtype: DType, draw: Any) -> NumPyArray:
    """Call ``draw`` with a dtype that NumPy's generators have, and cast to ``dtype``."""
    native = np.float64 if dtype == np.float64 else np.float32
    result: NumPyArray = draw(native).astype(dtype, copy=False)
    return result


CPU = CPUEngine()
