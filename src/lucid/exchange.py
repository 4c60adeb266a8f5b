"""What becomes of a Tensor outside Lucid: Python numbers, NumPy arrays, arrays of other libraries."""

from __future__ import annotations

import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lucid.engines.dtypes import DType
from lucid.engines.registry import engine_of
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError
from lucid.grad_mode import is_recording

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")  # of the Array API, each one wider


class Exchange:
    """Conversions to numbers and lists, NumPy, DLPack and the Array API: a part of ``Tensor``."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Tensor has
        _array: Any
        _node: Any

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def dtype(self) -> DType: ...

    # ------------------------------------------------------------- numbers and lists

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise ArgumentError(
                f"a tensor of shape {self.shape} is neither true nor false: use .any(), .all() or .size > 0"
            )
        return bool(self.item())

    def __float__(self) -> float:
        return float(self._real_item("float"))

    def __int__(self) -> int:
        return int(self._real_item("int"))

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self._array.ndim or self.dtype.kind not in "iu":
            raise ArgumentTypeError(
                f"only a 0-d integer tensor can be an index, got {self.shape} {self.dtype.name}"
            )
        return operator.index(self.item())

    def _real_item(self, what: str) -> Any:
        if self.dtype.kind == "c":
            raise DTypeError(f"{what}() of {self.dtype.name} would drop the imaginary part: write x.real")
        return self.item()

    def item(self) -> Any:
        """Return the only element as a Python number."""
        if self._array.size != 1:
            raise ArgumentError(
                f"item() needs a tensor of one element, this one has shape {self.shape}: use .tolist()"
            )
        return self._numpy().item()

    def tolist(self) -> Any:
        """Return the values as nested lists of Python numbers."""
        return self._numpy().tolist()

    # ------------------------------------------------------------- NumPy

    def _numpy(self) -> np.ndarray[Any, Any]:
        return engine_of(self._array).to_numpy(self._array)

    def numpy(self) -> np.ndarray[Any, Any]:
        """Return the values as a read-only NumPy array that shares memory on the CPU.

        No gradient flows through it. For an array to write to, take ``.numpy().copy()``.
        """
        view = self._numpy().view()
        view.flags.writeable = False
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if self._node is not None and is_recording():
            raise GradientError(
                "NumPy would drop the gradient of a tensor that tracks one: write x.numpy() or x.detach()"
            )
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    # ------------------------------------------------------------- other libraries

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        if api_version is not None and api_version not in VERSIONS:
            raise ArgumentError(
                f"api_version {api_version!r} of the Array API is none of {', '.join(VERSIONS)}"
            )
        return sys.modules["lucid"]

    def __dlpack__(
        self,
        /,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[Any, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        # A copy, since a Tensor is a value, and whoever receives it may write to it. With copy=False
        # it is the memory itself. It is marked as read-only, if the receiver knows DLPack 1.0, which can
        # say so; another one must know by itself not to write to it.
        if self._node is not None:
            raise GradientError("a tensor that tracks gradients can't be exported: write x.detach()")
        if stream is not None and self.__dlpack_device__()[0] == 1:
            raise ArgumentError(f"__dlpack__: the CPU has no streams, got stream={stream!r}")
        array = self._array
        versioned = max_version is not None and max_version >= (1, 0)
        if copy is False and versioned and isinstance(array, np.ndarray):
            array = self.numpy()
        try:
            return array.__dlpack__(
                stream=stream, max_version=max_version, dl_device=dl_device, copy=copy is not False
            )
        except RuntimeError as error:  # JAX's, where the standard asks for a BufferError
            raise BufferError(f"this tensor can't be exported to device {dl_device}: {error}") from error

    def __dlpack_device__(self) -> tuple[int, int]:
        kind, number = self._array.__dlpack_device__()
        return int(kind), int(number)
