"""What the Array API calls inspection: which devices and data types there are, and the defaults."""

from __future__ import annotations

from typing import Any

from lucid.engines import dtypes
from lucid.engines.dtypes import DType
from lucid.engines.registry import resolve_device, xla_engine
from lucid.errors import ArgumentError, MissingDependencyError

__all__ = ["NamespaceInfo", "__array_api_version__", "__array_namespace_info__"]

__array_api_version__ = "2025.12"


class NamespaceInfo:
    """What ``lucid.__array_namespace_info__()`` returns.

    Example:
        >>> info = lucid.__array_namespace_info__()
        >>> info.default_dtypes()["real floating"]
        dtype('float32')
        >>> sorted(info.dtypes(kind="signed integer"))
        ['int16', 'int32', 'int64', 'int8']
    """

    def capabilities(self) -> dict[str, Any]:
        """Return what Lucid can do: index with booleans, and return shapes that depend on values."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Return the device on which arrays are made unless another one is named."""
        return "cpu"

    def devices(self) -> list[str]:
        """Return the devices that can be used now; those of JAX if it is installed, which it imports."""
        try:
            others = xla_engine().devices()
        except MissingDependencyError:
            others = []
        return ["cpu", *others]

    def default_dtypes(self, *, device: str | None = None) -> dict[str, DType]:
        """Return the dtypes of arrays that are made without one; they are the same on every device.

        Raises:
            DeviceError: if there is no such device.
        """
        resolve_device(device)
        return {
            "real floating": dtypes.default_float,
            "complex floating": dtypes.complex64,
            "integral": dtypes.default_int,
            "indexing": dtypes.default_int,
        }

    def dtypes(
        self, *, device: str | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, DType]:
        """Return the standard's dtypes by name; they are the same on every device.

        Args:
            device: a device.
            kind: one of the kinds that ``lucid.isdtype`` knows, or a tuple of them; None for all.

        Raises:
            ArgumentError: if there is no such kind.
            DeviceError: if there is no such device.
        """
        resolve_device(device)
        kinds = ("bool", "numeric") if kind is None else kind if isinstance(kind, tuple) else (kind,)
        unknown = [k for k in kinds if k not in dtypes.KINDS]
        if unknown:
            raise ArgumentError(f"dtypes: kind must be one of {', '.join(dtypes.KINDS)}, got {unknown[0]!r}")
        return {dtype.name: dtype for k in kinds for dtype in dtypes.KINDS[k]}


def __array_namespace_info__() -> NamespaceInfo:
    """Return an object that says what this namespace offers, as the Array API has it."""
    return NamespaceInfo()
