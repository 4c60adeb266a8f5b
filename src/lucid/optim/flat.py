"""All parameters of an optimizer as one vector, for optimizers that step along one direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lucid.autograd import enable_grad
from lucid.engines.protocol import Array
from lucid.engines.registry import engine_of, transfer
from lucid.errors import ArgumentTypeError, DeviceError
from lucid.nn.parameter import Parameter
from lucid.optim.parameters import has_gradient
from lucid.tensor import Tensor


class Flat:
    """All parameters of an optimizer as one vector, and what is computed with such vectors.

    Half precision is computed with in float32.
    """

    def __init__(self, optimizer: str, named: list[tuple[str, Parameter]]) -> None:
        self.optimizer, self.named = optimizer, named
        devices = {p.device for _, p in named}
        if len(devices) > 1:
            raise DeviceError(
                f"{optimizer} moves all parameters along one direction: they must be on one device, "
                f"got {', '.join(sorted(devices))}"
            )
        (self.device,) = devices
        wide = any(p.dtype == np.float64 for _, p in named)
        self.dtype = np.dtype(np.float64 if wide else np.float32)
        self.engine = engine_of(named[0][1]._array)
        self.xp = self.engine.xp
        self.size = sum(p.size for _, p in named)

    def arrays(self) -> list[Array]:
        """Return the parameters' arrays."""
        return [p._array for _, p in self.named]

    def evaluate(self, closure: Callable[[], Any]) -> tuple[Any, float, Array]:
        """Return what ``closure`` returns, this as a number, and the gradient."""
        with enable_grad():
            result = closure()
        try:
            loss = float(result.item() if isinstance(result, Tensor) else result)
        except (TypeError, ValueError) as error:
            raise ArgumentTypeError(
                f"{self.optimizer}.step expects the closure to return the loss, got {type(result).__name__}"
            ) from error
        xp, pieces = self.xp, []
        for name, p in self.named:
            known = has_gradient(self.optimizer, name, p)
            g = p._grad._array if known and p._grad is not None else xp.zeros_like(p._array)
            pieces.append(xp.astype(xp.reshape(g, (-1,)), self.dtype, copy=False))
        return result, loss, xp.concat(pieces)

    def move(self, where: list[Array], t: float, d: Array) -> None:
        """Set the parameters to ``where + t * d``."""
        xp, begin = self.xp, 0
        for (_, p), start in zip(self.named, where, strict=True):
            piece = xp.reshape(d[begin : begin + p.size], p.shape)
            begin += p.size
            p._array = self.engine.as_array(xp.astype(start + t * piece, p.dtype, copy=False))

    def dot(self, a: Array, b: Array) -> float:
        """Return the sum of the products."""
        return float(self.xp.vecdot(a, b))

    def largest(self, a: Array) -> float:
        """Return the largest size of a number in ``a``."""
        return float(self.xp.max(self.xp.abs(a))) if self.size else 0.0

    def read(self, value: Any) -> Array:
        """Return what a state dict has as an array of one's own; None if it is none."""
        if not (isinstance(value, Tensor) or hasattr(value, "__array__")):
            return None
        tensor = value.detach() if isinstance(value, Tensor) else Tensor(value)
        return self.xp.asarray(tensor.to(self.device)._array, dtype=self.dtype, copy=True)

    def at_home(self, array: Array) -> Array:
        """Return a vector on the device, and of the dtype, that the parameters may have gone to."""
        if engine_of(array).device_of(array) != self.device:
            array = transfer(array, self.device)
        return self.xp.astype(array, self.dtype, copy=False)
