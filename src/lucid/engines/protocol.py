"""What an engine offers.

An engine is a kind of array, and a namespace ``xp`` of functions over it. Lucid's
operations and their derivatives are written against ``xp`` alone, so an engine is all
that differs between a laptop and an accelerator.

``xp`` follows the Array API standard and adds what the standard lacks and rules need:

- ``scatter_add(values, index=..., shape=...)``: zeros of ``shape`` with ``values`` added at ``index``;
- ``set_at(x, value, index=...)``: a copy of ``x`` in which ``x[index]`` is ``value``;
- ``get_at(x, index=...)``: ``x[index]``.

Read next: ``cpu/namespace.py``, the namespace over NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from lucid.engines.dtypes import DType

Array = Any


class Kernel:
    """A fused operation on raw arrays: its forward function, and the vjp of that.

    Args:
        forward: ``forward(*arrays, **options)`` returns ``(out, residuals)``: an array or a tuple of
            them, and whatever ``vjp`` needs beside it. Or None, where it doesn't fit: then the
            operation's definition runs. An array that the definition may leave out is None.
        vjp: ``vjp(g, out, residuals, *arrays, **options)`` returns a gradient for each array, None, or
            a function that computes it. If its second argument is called ``_out``, the result isn't kept
            for it. Of a primitive, it gets the arrays that the primitive's rule keeps. None for an
            operation that is no function of Tensors, such as an optimizer's step.

    Attributes:
        keeps_output: whether ``vjp`` needs the result.
        serves: whether it can run in this process.
    """

    __slots__ = ("forward", "keeps_output", "serves", "vjp")

    def __init__(self, forward: Callable[..., Any], vjp: Any = None) -> None:
        self.forward = forward
        self.vjp = vjp
        self.keeps_output = vjp is not None and not vjp.__code__.co_varnames[1].startswith("_")
        self.serves = True


class Engine(Protocol):
    """One kind of array, where it lives, and the functions over it."""

    @property
    def name(self) -> str:
        """The engine's name, also the first part of its device names: ``"cpu"``, ``"xla"``."""
        ...

    @property
    def xp(self) -> Any:
        """The namespace of functions over this engine's arrays."""
        ...

    @property
    def depth(self) -> int:
        """How many vmaps its arrays are inside of: 0, but for the engines of ``func.batching``."""
        ...

    def kernel(self, name: str, array: Array) -> Kernel | None:
        """Return the kernel of the operation ``name``, if there is one and ``array`` is large enough."""
        ...

    def devices(self) -> list[str]:
        """Names of the devices that can be used now."""
        ...

    def device_of(self, array: Array) -> str:
        """Name of the device on which ``array`` lives."""
        ...

    def from_numpy(self, array: np.ndarray[Any, Any], device: str, *, copy: bool) -> Array:
        """Return ``array`` on ``device``; with ``copy=False`` it may share memory."""
        ...

    def to_numpy(self, array: Array) -> np.ndarray[Any, Any]:
        """Return ``array`` as a NumPy array, sharing memory where that is possible."""
        ...

    def as_array(self, value: Any) -> Array:
        """Return ``value``, which a function of ``xp`` returned, as an array of this engine."""
        ...

    def detached(self, array: Array) -> Array:
        """Return ``array`` without what it holds of any graph: itself, but under ``vmap``."""
        ...

    def move(self, array: Array, device: str) -> Array:
        """Return ``array``, which is this engine's, on another of its devices."""
        ...

    def uniform(self, key: int, shape: tuple[int, ...], dtype: DType, device: str) -> Array:
        """Floats drawn uniformly from [0, 1), a function of ``key`` (128 bits) alone."""
        ...

    def normal(self, key: int, shape: tuple[int, ...], dtype: DType, device: str) -> Array:
        """Floats drawn from the standard normal distribution, a function of ``key`` alone."""
        ...

    def integers(
        self, key: int, low: int, high: int, shape: tuple[int, ...], dtype: DType, device: str
    ) -> Array:
        """Integers drawn uniformly from ``low`` to ``high - 1``, a function of ``key`` alone."""
        ...

    def bernoulli(self, key: int, p: float, shape: tuple[int, ...], device: str) -> Array:
        """Booleans that are true with probability ``p``, a function of ``key`` alone."""
        ...

    def permutation(self, key: int, n: int, device: str) -> Array:
        """The integers below ``n`` in random order, a function of ``key`` alone."""
        ...
