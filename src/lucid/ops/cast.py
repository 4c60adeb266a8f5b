"""Changing an array's data type."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid import recording
from lucid.engines.dtypes import as_dtype, promote
from lucid.errors import DTypeError, RangeError
from lucid.recording import primitive


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: str | None = None) -> Any:
    """Return ``x`` with another dtype; the gradient is cast back.

    A cast from floats to integers cuts the graph: integers have no gradient.

    Args:
        x: a Tensor.
        dtype: the data type of the result.
        copy: return another Tensor also if ``x`` has the dtype already; with False, ``x`` itself.
        device: where the result is to be, by default where ``x`` is.

    Raises:
        DTypeError: if complex numbers were to become real ones: write ``lucid.real(x)``.
        DeviceError: if there is no such device.

    Example:
        >>> lucid.astype(lucid.Tensor([1.7]), "int64")
        Tensor([1])
    """
    wanted = as_dtype(dtype)
    if not isinstance(x, recording.Tensor) or x.dtype != wanted:
        result = cast(x, dtype=wanted)
    else:
        result = another(x) if copy else x
    return result if device is None else result.to(device)


def another(x: Any) -> Any:
    """Return another Tensor of the value of ``x``, so that writing to one leaves the other alone."""
    if isinstance(x, recording.Tensor) and (x._node is None or x._node.parents):
        return recording.wrap(x._array, x._node)
    return recording.namespace.positive(x)  # a leaf has its own node, where its gradient is gathered


def alongside(*values: Any) -> list[Any]:
    """Return ``values`` as Tensors: what is none is copied, to the device of the first that is one.

    Copied, since a graph holds on to its arrays, and a NumPy array is its owner's to write to.
    """
    device = next((v.device for v in values if isinstance(v, recording.Tensor)), None)
    return [v if isinstance(v, recording.Tensor) else recording.Tensor(v, device=device) for v in values]


@primitive
def cast(xp: Any, x: Any, *, dtype: Any) -> Any:
    """Return ``x`` with the dtype ``dtype``, which must be a ``numpy.dtype``; see ``astype``."""
    return xp.astype(x, dtype)


cast.name = "astype"  # in messages


@cast.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, dtype: Any) -> Any:
    return (cast_back(xp, g, _x.dtype),)


def cast_back(xp: Any, g: Any, dtype: Any) -> Any:
    """Return ``g`` as the gradient of what was cast from ``dtype``; a real number had no imaginary part."""
    return xp.astype(g if dtype.kind == "c" else xp.real(g), dtype)


def common_dtype(*values: Any, device: str | None = None) -> list[Any]:
    """Return Tensors and numbers as Tensors of the dtype in which they meet.

    What is no Tensor goes to the device of the first one, or to ``device`` if there is none.

    Example:
        >>> a, b = common_dtype(lucid.Tensor([1]), 0.5)
        >>> a, b
        (Tensor([1.0]), Tensor(0.5))
    """
    # numpy.float64 is a float, and weak like one.
    values = tuple(
        complex(v) if isinstance(v, complex) else float(v) if isinstance(v, float) else v for v in values
    )
    tensors = [v for v in values if isinstance(v, recording.Tensor)]
    others = [v for v in values if not isinstance(v, recording.Tensor)]
    scalars = [v for v in others if type(v) in (bool, int, float, complex)]
    arrays = [recording.Tensor(v) for v in others if type(v) not in (bool, int, float, complex)]
    if tensors or arrays:
        dtype = promote([a.dtype for a in tensors + arrays], scalars)
    else:
        dtype = promote([recording.Tensor(v).dtype for v in scalars])
    device = tensors[0].device if tensors else device
    return [
        astype(v, dtype, copy=False)
        if isinstance(v, recording.Tensor)
        else recording.Tensor(v, dtype=dtype, device=device)
        for v in values
    ]


def as_written(value: Any, dtype: Any, device: str, what: str) -> Any:
    """Return what is written into a Tensor, ``what`` says by which operation, as a Tensor of ``dtype``.

    Python's integers are weak: they take any integer dtype that they fit.

    Raises:
        DTypeError: if the cast would drop a fraction or an imaginary part.
        RangeError: if an integer is out of range.
    """
    if not isinstance(value, recording.Tensor):
        weak = isinstance(value, int) and dtype.kind in "iu"
        value = recording.Tensor(value, device=device)  # a copy: an array is its owner's to write to
        if weak:
            limits = np.iinfo(dtype)
            if not limits.min <= value.item() <= limits.max:
                raise RangeError(
                    f"{what}: {value.item()} is out of range for {dtype.name}, "
                    f"which goes from {limits.min} to {limits.max}"
                )
            return astype(value, dtype, copy=False)
    if not np.can_cast(value.dtype, dtype, "same_kind"):
        raise DTypeError(
            f"{what} would turn {value.dtype.name} into {dtype.name} and lose information: "
            f"cast the value with .astype(lucid.{dtype.name}), or the tensor first"
        )
    return astype(value, dtype, copy=False)
